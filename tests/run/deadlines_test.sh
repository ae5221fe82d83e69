# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/deadlines_test.sh: --timeout: whatever a command waits for, it gives up in time, says what it waited for, and what
# it gave up does not happen later.

. "${BASH_SOURCE[0]%/*}/look.sh"

# The command fails with WANT, and not much later than --timeout 1s says.
gives_up() # WANT CMD...
{
	local began=$SECONDS

	fails "$@"
	[ $((SECONDS - began)) -le 8 ] || die "it took $((SECONDS - began)) s: $*"
}

hook() # POINT: one that does not end, without a timeout of its own
{
	config '.hooks[$point] = [{path: "/bin/sleep", args: ["sleep", "1000"]}]' --arg point "$1"
}

noting() # a program that leaves a note that it ran
{
	writable
	args sh -c ': >/tmp/ran; sleep 1000'
}

test_create_and_hooks()
{
	bundle
	for point in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		hook "$point"
		gives_up "" cruet create --timeout 1s --bundle "$B" "$ID"
		nothing_left
		gives_up "" cruet run --timeout 1s --bundle "$B" "$ID"
		nothing_left
	done
}

test_start_and_hooks()
{
	noting
	hook startContainer
	config '.hooks.startContainer[0].path = "/bin/sleep"'
	cruet create --bundle "$B" "$ID"
	gives_up "init did not execute the program" cruet start --timeout 1s "$ID"
	wait_until 10 status_is "$ID" stopped
	[ ! -e "$B/rootfs/tmp/ran" ] || die "it ran all the same"
	cruet delete "$ID"
	config 'del(.hooks)'
	hook poststart
	cruet create --bundle "$B" "$ID"
	gives_up "hooks.poststart[0]" cruet start --timeout 1s "$ID"
	wait_until 10 status_is "$ID" stopped
}

# A start hook may take as long as it says, where nothing else was asked for.
test_start_waits_for_hooks()
{
	bundle
	config '.hooks.startContainer = [{path: "/bin/sleep", args: ["sleep", "1"]}]'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	expect running "$(status_of "$ID")"
}

# The container is gone by then: that is what counts.
test_delete_and_hooks()
{
	local began=$SECONDS

	bundle
	hook poststop
	cruet create --bundle "$B" "$ID"
	cruet --log "$T/log" --log-level warning delete --timeout 1s "$ID"
	[ $((SECONDS - began)) -le 8 ] || die "it took $((SECONDS - began)) s"
	contains "hooks.poststop[0]" "$(cat "$T/log")"
	nothing_left
}

# A peer that listens, but takes nobody.
silent_peer()
{
	command -v python3 >/dev/null || skip "needs python3"
	python3 - "$T/sock" <<-'END' &
		import socket, sys, time
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.bind(sys.argv[1])
		s.listen(0)
		others = []
		while True:
		    c = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		    c.setblocking(False)
		    try:
		        c.connect(sys.argv[1])
		    except BlockingIOError:
		        break
		    others.append(c)
		open(sys.argv[1] + ".full", "w").close()
		time.sleep(60)
	END
	PEER=$!
	wait_until 10 test -e "$T/sock.full"
}

test_silent_peers()
{
	bundle
	silent_peer
	args sleep 1000
	gives_up "--pidfd-socket" cruet create --timeout 1s --pidfd-socket "$T/sock" --bundle "$B" "$ID"
	nothing_left
	config '.process.terminal = true'
	gives_up "--console-socket" cruet create --timeout 1s --console-socket "$T/sock" --bundle "$B" "$ID"
	nothing_left
	config '.process.terminal = false'
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null
	cruet start "$ID"
	gives_up "--console-socket" cruet exec --timeout 1s --detach --tty --console-socket "$T/sock" "$ID" true
	expect "$(pid_of "$ID")" "$(cruet ps --format json "$ID" | tr -d '[]')"
	kill "$PEER"
}

test_stuck_init()
{
	local pid

	noting
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null
	pid=$(pid_of "$ID")
	kill -STOP "$pid"
	gives_up "init did not execute the program" cruet start --timeout 1s "$ID"
	kill -CONT "$pid" 2>/dev/null || :
	wait_until 10 status_is "$ID" stopped
	[ ! -e "$B/rootfs/tmp/ran" ] || die "it ran all the same"
}

freeze() # yes|no
{
	local dir

	dir=$(cgroup_dir "$PID" freezer)
	if cgroup_v2; then
		[ "$1" = yes ] && echo 1 >"$dir/cgroup.freeze" || echo 0 >"$dir/cgroup.freeze"
	else
		[ "$1" = yes ] && echo FROZEN >"$dir/freezer.state" || echo THAWED >"$dir/freezer.state"
	fi
}

test_frozen_init()
{
	noting
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null
	PID=$(pid_of "$ID")
	freeze yes
	gives_up "init did not execute the program" cruet start --timeout 1s "$ID"
	[ ! -d "/proc/$PID" ] || freeze no
	wait_until 10 status_is "$ID" stopped
	[ ! -e "$B/rootfs/tmp/ran" ] || die "it ran all the same"
}

# --ignore-paused asks to wait for the container to go on.
test_exec_in_a_paused_container()
{
	writable
	args sleep 1000
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null
	cruet start "$ID"
	cruet pause "$ID"
	gives_up "" cruet exec --timeout 1s --ignore-paused "$ID" touch /tmp/ran
	cruet resume "$ID"
	wait_until 10 status_is "$ID" running
	cruet exec "$ID" true
	[ ! -e "$B/rootfs/tmp/ran" ] || die "it ran all the same"
	wait_until 10 test "$(pid_of "$ID")" = "$(cruet ps --format json "$ID" | tr -d '[]')"
}

test_busy_container()
{
	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null
	exec 8<"$ROOT/$ID"
	flock 8
	gives_up "is busy" cruet start --timeout 1s "$ID"
	gives_up "is busy" cruet delete --timeout 1s --force "$ID"
	exec 8<&-
	expect created "$(status_of "$ID")"
}

# Who is to be notified has a patience of its own; with --timeout it is ours.
test_never_ready()
{
	command -v python3 >/dev/null || skip "needs python3"
	bundle
	args sleep 1000
	python3 -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); time.sleep(30)' "$T/notify" &
	PEER=$!
	wait_until 10 test -S "$T/notify"
	export NOTIFY_SOCKET=$T/notify
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null
	gives_up "has not said that it is ready" cruet start --timeout 1s "$ID"
	expect running "$(status_of "$ID")"
	kill "$PEER"
}

# A stage that cannot come back.
test_frozen_stage()
{
	bundle
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	PID=$(pid_of "$ID")
	freeze yes
	gives_up "did not get past step" cruet exec --timeout 1s --ignore-paused "$ID" true
	freeze no
	cruet exec "$ID" true
}
