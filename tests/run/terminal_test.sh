# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/terminal_test.sh: process.terminal, over a console socket and in the foreground.

helpers=$(dirname "${BASH_SOURCE[0]}")/helpers

terminal()
{
	command -v python3 >/dev/null || skip "needs python3"
	bundle
	config '.process.terminal = true'
}

listen() # WORDS...: what is typed
{
	python3 "$helpers/receive.py" "$T/sock" "$T/out" "$@" 2>"$T/receive.err" &
	wait_until 10 test -e "$T/sock.ready"
}

# A whole life with the terminal received by a peer; what it showed.
over_socket()
{
	local receiver

	listen "$@"
	receiver=$!
	cruet create --bundle "$B" --console-socket "$T/sock" "$ID"
	cruet start "$ID"
	wait "$receiver" || die "$(cat "$T/receive.err")"
	tr -d '\r' <"$T/out"
}

test_console_socket()
{
	terminal
	args sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo all three'
	expect "/dev/pts/0,all three" "$(over_socket | paste -sd ,)"
	expect /dev/pts/0 "$(cat "$T/out.name")"
}

# Engines accept after the command has ended: nothing may wait for them.
test_console_socket_accepted_late()
{
	terminal
	args echo late
	python3 - "$T/sock" <<-'END'
		import socket, subprocess, sys, os
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.bind(sys.argv[1])
		s.listen(1)
		env = os.environ
		run = [env["RUNTIME"], "--root", env["ROOT"]]
		bundle = os.path.dirname(sys.argv[1]) + "/b"
		subprocess.run(run + ["create", "--bundle", bundle, "--console-socket", sys.argv[1], env["ID"]], check=True, timeout=30)
		peer = s.accept()[0]
		data, fds, flags, _ = socket.recv_fds(peer, 4096, 4)
		assert len(fds) == 1 and data, (data, fds)
		subprocess.run(run + ["start", env["ID"]], check=True, timeout=30)
		said = b""
		while not said.endswith(b"\n"): said += os.read(fds[0], 100)
		assert said == b"late\r\n", said
	END
}

# With a terminal the caller's pipes are not the container's: they end with the command.
test_terminal_holds_no_pipe()
{
	terminal
	args sleep 1000
	listen
	timeout 20 bash -c '"$@" 2>&1 | cat' bash "$RUNTIME" --root "$ROOT" create --bundle "$B" --console-socket "$T/sock" "$ID"
	expect created "$(status_of "$ID")"
}

test_console_size()
{
	terminal
	config '.process.consoleSize = {height: 31, width: 117} | .process.args = ["stty", "size"]'
	expect "31 117" "$(over_socket)"
}

test_typed_words_arrive()
{
	terminal
	args sh -c 'echo ready; read x; echo "got $x"'
	contains "got hello" "$(over_socket 'hello\n')"
}

# The terminal is the controlling one of a session of its own: ^C is a signal.
test_controlling_terminal()
{
	terminal
	args sh -c 'trap "echo interrupted; exit" INT; awk "{ print \"tty\", (\$7 != 0), \$6 }" /proc/1/stat; while :; do sleep 1000 & wait; done'
	contains "interrupted" "$(over_socket '\x03')"
	contains "tty 1 1" "$(tr -d '\r' <"$T/out")"
}

test_dev_tty_and_dev_console()
{
	terminal
	# shellcheck disable=SC2016 # the container's shell expands
	args sh -c 'echo by tty >/dev/tty; echo by console >/dev/console; [ "$(stat -c %t:%T /dev/console)" = "$(stat -c %t:%T /dev/pts/0)" ] && echo same; grep -c " /dev/console " /proc/mounts'
	expect "by tty,by console,same,1" "$(over_socket | paste -sd ,)"
}

test_terminal_belongs_to_the_user()
{
	terminal
	config '.process.user = {uid: 1234, gid: 1234} | .process.args = ["sh", "-c", "stat -c \"%u %g %a\" /dev/pts/0; echo opened >/dev/pts/0; echo c >/dev/console"]'
	expect "1234 5 620,opened,c" "$(over_socket | paste -sd ,)"
}

test_console_socket_and_terminal_go_together()
{
	terminal
	fails "console-socket" cruet create --bundle "$B" "$ID"
	fails "console-socket" cruet run --detach --bundle "$B" "$ID"
	config '.process.terminal = false'
	fails "console-socket" cruet create --bundle "$B" --console-socket "$T/sock" "$ID"
	fails "does not exist" cruet state "$ID"
}

test_console_socket_that_is_not_there()
{
	terminal
	fails "console-socket" cruet create --bundle "$B" --console-socket "$T/none" "$ID"
	echo >"$T/file"
	fails "Connection refused" cruet create --bundle "$B" --console-socket "$T/file" "$ID"
	fails "console-socket" cruet create --bundle "$B" --console-socket "$T/$(head -c 200 /dev/zero | tr '\0' l)" "$ID"
	fails "does not exist" cruet state "$ID"
}

test_terminal_without_devpts()
{
	terminal
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	fails "devpts" cruet create --bundle "$B" --console-socket "$T/none" "$ID"
}

# CVE-2025-52565: names that the image placed lead nowhere.
test_hostile_console()
{
	terminal
	config '.mounts |= map(select(.destination | startswith("/dev") | not))
		+ [{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]}]
		| .process.args = ["true"]'
	mkdir -p "$B/rootfs/dev/pts"
	echo precious >"$T/precious"
	ln -s "$T/precious" "$B/rootfs/dev/console"
	listen
	cruet run --detach --bundle "$B" --console-socket "$T/sock" "$ID" >"$T/run.out" 2>&1 || :
	expect precious "$(cat "$T/precious")"
	! grep -q precious /proc/self/mounts
	kill $! 2>/dev/null || :
}

test_pidfd_socket()
{
	bundle
	command -v python3 >/dev/null || skip "needs python3"
	args sleep 1000
	python3 "$helpers/receive.py" "$T/sock" - >"$T/pidfd" &
	wait_until 10 test -e "$T/sock.ready"
	cruet create --bundle "$B" --pidfd-socket "$T/sock" "$ID" >/dev/null
	wait $!
	contains "standard" "$(cat "$T/pidfd")"
	expect "$(pid_of "$ID")" "$(awk '{ print $NF }' "$T/pidfd")"
}

# ---- in the foreground -----------------------------------------------------------------------------------------------

foreground() # TYPED
{
	python3 "$helpers/on_tty.py" 33 99 "$1" "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | tr -d '\r'
}

test_foreground_terminal()
{
	local status=0

	terminal
	args sh -c 'stty size; tty; read x; echo "got $x"; exit 9'
	foreground 'hello\n' >"$T/out" || status=$?
	expect 9 "$status"
	# what is typed is echoed as soon as it arrives: between the two lines, perhaps
	expect "33 99" "$(head -n 1 "$T/out" | tr -d '\r')"
	contains "/dev/pts/0" "$(cat "$T/out")"
	contains "got hello" "$(cat "$T/out")"
	fails "does not exist" cruet state "$ID"
}

test_foreground_control_c()
{
	terminal
	args sh -c 'trap "echo interrupted; exit 5" INT; echo ready; while :; do sleep 1000 & wait; done'
	foreground '\x03' >"$T/out" && die "the exit status was lost"
	contains "interrupted" "$(cat "$T/out")"
}

test_foreground_long_output()
{
	terminal
	args seq 1 20000
	foreground '' >"$T/out"
	expect "20000 20000" "$(wc -l <"$T/out") $(tail -n 1 "$T/out")"
}

# No terminal of its own, but a container's: run from a pipe.
test_foreground_without_a_terminal()
{
	terminal
	args tty
	expect "/dev/pts/0" "$(cruet run --bundle "$B" "$ID" </dev/null | tr -d '\r')"
}

# A terminal cannot be closed for its reader: the end of the command's input is a character there, or two in a line.
test_foreground_end_of_input()
{
	terminal
	args sh -c 'stty -echo; : >/mnt/ready; cat; echo end'
	config '.mounts += [{destination: "/mnt", type: "bind", source: $t, options: ["bind"]}]' --arg t "$T"
	typed() # after the echo is off
	{
		wait_until 10 test -e "$T/ready"
		rm "$T/ready"
		printf '%s' "$1"
	}
	expect "end" "$(typed '' | timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | tr -d '\r')"
	expect "one two end" "$(typed $'one\ntwo\n' | timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | tr -d '\r' | xargs)"
	expect "one twoend" "$(typed $'one\ntwo' | timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | tr -d '\r' | xargs)"
	args sleep 1000
	config '.process.terminal = false'
	cruet run --detach --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	expect "exec end" "$(typed $'exec\n' | timeout 20 "$RUNTIME" --root "$ROOT" exec --tty "$ID" sh -c 'stty -echo; : >/mnt/ready; cat; echo end' | tr -d '\r' | xargs)"
}

# Without lines it is as if it were typed.
test_foreground_end_of_raw_input()
{
	terminal
	args sh -c 'stty raw -echo; head -c 1 | od -An -tx1'
	expect "04" "$(timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" < <(sleep 1) | xargs)"
}
