# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/fds_test.sh: the files that the process has open: stdio, --preserve-fds, and nothing else.

run()
{
	"$RUNTIME" --root "$ROOT" run --bundle "$B" "$@" "$ID"
}

# A config that lists the process's own fds, all of them on one line. Not from the shell, which opens some.
list_fds()
{
	bundle
	# "ls" opens the directory: the highest one is its own
	args ls /proc/self/fd
}

open_fds()
{
	tr '\n' ' ' | sed 's/ $//'
}

# All numbers from 3 to 64 are open in the caller, without close-on-exec.
with_many()
{
	(
		for fd in $(seq 10 64); do
			eval "exec $fd</etc/passwd"
		done
		exec 3</ 4</etc 5>"$T/five" 6</proc/self 7</dev/null 8</dev/zero 9<&0
		"$@"
	)
}

test_nothing_but_stdio()
{
	list_fds
	expect "0 1 2 3" "$(run | open_fds)"
	expect "0 1 2 3" "$(with_many run | open_fds)"
	expect "0 1 2 3" "$(cd "$B" && with_many "$RUNTIME" --root "$ROOT" --log "$T/log" run --pid-file "$T/pid" "$ID" | open_fds)"
}

test_nothing_but_stdio_after_create()
{
	writable
	args sh -c 'ls /proc/self/fd >/fds'
	with_many "$RUNTIME" --root "$ROOT" create --bundle "$B" "$ID" >/dev/null
	with_many "$RUNTIME" --root "$ROOT" start "$ID"
	wait_until 10 status_is "$ID" stopped
	expect "0 1 2 3" "$(open_fds <"$B/rootfs/fds")"
}

test_preserved_fds()
{
	list_fds
	expect "0 1 2 3 4 5" "$(with_many run --preserve-fds 2 | open_fds)"
	expect "0 1 2 3 4 5 6" "$(with_many run --preserve-fds=3 | open_fds)"
	args sh -c 'cat <&3; echo written >&4'
	(exec 3<<<"read" 4>"$T/four"; run --preserve-fds 2 >"$T/out")
	expect "read written" "$(cat "$T/out" "$T/four" | paste -sd ' ')"
}

# podman: 3 and 9 of 3 to 9. What is closed stays closed, and none of the runtime's own takes its number.
test_preserved_fds_with_holes()
{
	list_fds
	expect "0 1 2 3 4 9" "$(exec 4<&- 5<&- 6<&- 7<&- 8<&- 3</dev/null 9</dev/zero; run --preserve-fds 7 | open_fds)"
	expect "0 1 2 3 40" "$(exec 40</dev/zero 10<&-; run --preserve-fds 38 | sort -n | open_fds)"
	args sh -c 'readlink /proc/self/fd/9'
	expect /dev/zero "$(exec 9</dev/zero; run --preserve-fds 7)"
}

test_preserved_fds_through_create()
{
	writable
	args sh -c 'ls /proc/self/fd >/fds; cat <&3 >/three'
	(exec 3<<<"handed over" 5</dev/zero
	"$RUNTIME" --root "$ROOT" create --bundle "$B" --preserve-fds 1 "$ID" >/dev/null)
	cruet start "$ID"
	wait_until 10 status_is "$ID" stopped
	expect "handed over" "$(cat "$B/rootfs/three")"
	expect "0 1 2 3 4" "$(open_fds <"$B/rootfs/fds")"
}

test_preserve_too_many()
{
	list_fds
	fails "preserve-fds" cruet create --bundle "$B" --preserve-fds 99999999 "$ID"
	fails "preserve-fds" cruet create --bundle "$B" --preserve-fds x "$ID"
	fails "preserve-fds" cruet create --bundle "$B" --preserve-fds -1 "$ID"
}

test_listen_fds()
{
	bundle
	args sh -c 'echo "$LISTEN_FDS $LISTEN_PID $$"; cat <&3; cat <&4'
	expect "2 1 1,three,four" "$(listening | paste -sd ,)"
	# not passed, or to another process
	args sh -c 'echo "<$LISTEN_FDS$LISTEN_PID>"; ls /proc/self/fd'
	expect "<>,0,1,2,3" "$(run | paste -sd ,)"
	expect "<>,0,1,2,3" "$(LISTEN_FDS=20 LISTEN_PID=1 run | paste -sd ,)"
}

listening()
{
	exec 3<<<"three" 4<<<"four"
	LISTEN_FDS=${1:-2} LISTEN_PID=$BASHPID exec "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
}

# More are announced than there are: none of the runtime's own takes their place.
test_listen_fds_that_are_not_there()
{
	list_fds
	expect "0 1 2 3 4 5" "$(listening 40 10<&- | sort -n | open_fds)"
	expect "0 1 2 3" "$(listening 99999999999 | open_fds)"
}

test_closed_stdio()
{
	local out

	writable
	args sh -c 'for fd in 0 1 2; do readlink /proc/self/fd/$fd; done >/links; cat </dev/stdin >/in; echo x >&2 && echo done >>/links'
	run 0<&- 1>&- 2>&-
	expect "/dev/null /links /dev/null done" "$(paste -sd ' ' "$B/rootfs/links")"
	expect "" "$(cat "$B/rootfs/in")"
	out=$(run 0<&- 2>&-)
	expect "" "$out"
	"$RUNTIME" --root "$ROOT" create --bundle "$B" "$ID" 0<&- 1>&- 2>&-
	"$RUNTIME" --root "$ROOT" start "$ID" 0<&- 1>&- 2>&-
	wait_until 10 status_is "$ID" stopped
	expect 4 "$(wc -l <"$B/rootfs/links")"
}

test_stdio_passes_through()
{
	bundle
	args sh -c 'cat; echo err >&2'
	expect "in err" "$(echo in | run 2>&1 | paste -sd ' ')"
	run </dev/null >"$T/out" 2>"$T/err"
	expect ":err" "$(cat "$T/out"):$(cat "$T/err")"
}

# Pipes are given to the user, so that it can open /dev/stdout; the host's /dev/null is not.
test_stdio_belongs_to_the_user()
{
	local before after

	bundle
	config '.process.user = {uid: 1234, gid: 1234}
		| .process.args = ["sh", "-c", "stat -L -c %u /proc/self/fd/0 /proc/self/fd/1; echo again >>/proc/self/fd/1; echo err >>/proc/self/fd/2"]'
	before=$(stat -c '%u %g %a' /dev/null)
	expect "0 1234 again" "$(run </dev/null 2>/dev/null | paste -sd ' ')"
	after=$(stat -c '%u %g %a' /dev/null)
	expect "$before" "$after"
	echo x >"$T/in"
	run <"$T/in" >"$T/out" 2>"$T/err"
	expect "1234 1234 again" "$(paste -sd ' ' "$T/out")"
	expect "err" "$(cat "$T/err")"
}

test_stdio_that_cannot_be_given_away()
{
	bundle
	config '.process.user = {uid: 1234, gid: 1234} | .process.args = ["cat"]'
	mkdir ro
	echo readonly >ro/file
	mount --bind ro ro
	mount -o remount,bind,ro ro
	expect readonly "$(run <ro/file)"
	umount ro
}
