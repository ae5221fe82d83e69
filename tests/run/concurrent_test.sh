# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/concurrent_test.sh: verbs against each other, and verbs that are killed: exactly one winner, nothing left.

sleeper()
{
	bundle
	args sleep 1000
}

# Processes of this test's containers that are alive: their root is the test's.
survivors()
{
	local exe pid

	for pid in /proc/[0-9]*; do
		exe=$(readlink "$pid/exe" 2>/dev/null) || continue
		case $exe in
		"/memfd:cruet-init"*) echo "${pid#/proc/} init" ;;
		"$T"/*) echo "${pid#/proc/} $exe" ;;
		*/busybox)
			[ "$(tr '\0' ' ' <"$pid/cmdline" 2>/dev/null)" != "sleep 1000 " ] || echo "${pid#/proc/} sleep" ;;
		esac
	done
}

nobody_survives()
{
	[ -z "$(survivors)" ]
}

# No state, no process, no cgroup of a name.
nothing_left()
{
	wait_until 10 nobody_survives
	expect "" "$(ls -A "$ROOT" 2>/dev/null)"
	expect "" "$(find /sys/fs/cgroup -type d -name "*$1*" 2>/dev/null)"
}

try_create()
{
	if cruet create --bundle "$B" "$ID" >/dev/null 2>"$T/err.$1"; then
		echo "$1" >>"$T/winners"
	else
		grep -qE "already exists|busy" "$T/err.$1" || cat "$T/err.$1" >>"$T/odd"
	fi
}

test_parallel_creates_of_one_id()
{
	local round i

	sleeper
	: >"$T/odd"
	for round in $(seq 25); do
		: >"$T/winners"
		for i in 1 2 3 4 5 6; do
			try_create "$i" &
		done
		wait
		expect "round $round: 1" "round $round: $(wc -l <"$T/winners")"
		expect created "$(status_of "$ID")"
		expect 1 "$(survivors | wc -l)"
		cruet delete --force "$ID"
	done
	expect "" "$(cat "$T/odd")"
	nothing_left "$ID"
}

test_parallel_creates_of_many_ids()
{
	local i

	sleeper
	for i in $(seq 12); do
		cruet create --bundle "$B" "$ID-$i" >/dev/null 2>>"$T/err" &
	done
	wait
	expect "" "$(cat "$T/err")"
	expect 12 "$(cruet list -q | wc -l)"
	expect created "$(cruet list --format json | jq -r 'map(.status) | unique | .[]')"
	for i in $(seq 12); do
		cruet delete --force "$ID-$i" &
	done
	wait
	nothing_left "$ID"
}

# Whoever wins: either the container is whole, or nothing of it is left.
test_create_against_delete()
{
	local force

	sleeper
	for force in --force "" --force "" --force "" --force "" --force ""; do
		cruet create --bundle "$B" "$ID" >/dev/null 2>"$T/err" &
		# shellcheck disable=SC2086 # no option at all is a case
		cruet delete $force "$ID" >/dev/null 2>&1 || :
		wait
		if cruet state "$ID" >/dev/null 2>&1; then
			expect created "$(status_of "$ID")"
			expect 1 "$(survivors | wc -l)"
			cruet delete --force "$ID"
		fi
		nothing_left "$ID"
	done
}

test_start_against_kill()
{
	sleeper
	for _ in $(seq 10); do
		cruet create --bundle "$B" "$ID" >/dev/null
		cruet start "$ID" >/dev/null 2>&1 &
		cruet kill "$ID" KILL
		wait || :
		wait_until 10 status_is "$ID" stopped
		cruet delete "$ID"
		nothing_left "$ID"
	done
}

# Two starts: one starts it.
test_start_against_start()
{
	local i

	sleeper
	for _ in $(seq 5); do
		cruet create --bundle "$B" "$ID" >/dev/null
		: >"$T/winners"
		for i in 1 2 3; do
			{ cruet start "$ID" >/dev/null 2>&1 && echo "$i" >>"$T/winners"; } &
		done
		wait || :
		expect 1 "$(wc -l <"$T/winners")"
		expect running "$(status_of "$ID")"
		cruet delete --force "$ID"
	done
	nothing_left "$ID"
}

test_delete_against_delete()
{
	sleeper
	for _ in $(seq 5); do
		cruet run --detach --bundle "$B" "$ID" >/dev/null
		for _ in 1 2 3; do
			cruet delete --force "$ID" >/dev/null 2>>"$T/err" &
		done
		wait
		nothing_left "$ID"
	done
	expect "" "$(cat "$T/err")"
}

# State and list, while containers come and go, never fail for a reason of another's.
test_list_against_everything()
{
	sleeper
	cruet create --bundle "$B" steady >/dev/null
	(for _ in $(seq 15); do
		cruet create --bundle "$B" "$ID" >/dev/null
		cruet delete --force "$ID"
	done) &
	while kill -0 $! 2>/dev/null; do
		cruet list >"$T/list" 2>>"$T/odd" || die "list failed: $(cat "$T/odd")"
		grep -q ^steady "$T/list" || die "steady is missing"
	done
	wait $!
	cruet delete --force steady
	nothing_left "$ID"
}

# ---- killed commands -------------------------------------------------------------------------------------------------

# A fraction of the time that a whole one takes, in steps: a sample of the points at which it can die.
kill_after()
{
	local delay=$1

	shift
	"$RUNTIME" --root "$ROOT" "$@" >/dev/null 2>&1 &
	sleep "$delay"
	kill -KILL $! 2>/dev/null || :
	wait $! 2>/dev/null || :
}

# Some delays, from nothing to beyond the end, in seconds.
delays()
{
	local start end

	start=$(date +%s%N)
	"$RUNTIME" --root "$ROOT" create --bundle "$B" "$ID" >/dev/null
	end=$(date +%s%N)
	cruet delete --force "$ID"
	seq 1 "$1" | awk -v total="$((end - start))" -v n="$1" '{ printf "%.6f\n", total * 1.2 * $1 / n / 1e9 }'
}

test_killed_create()
{
	local delay

	sleeper
	config '.hooks.createRuntime = [{path: "/bin/true"}]'
	for delay in $(delays 30); do
		kill_after "$delay" create --bundle "$B" "$ID"
		cruet delete --force "$ID"
		nothing_left "$ID"
	done
	cruet create --bundle "$B" "$ID" >/dev/null
}

# An uncommitted create leaves no process even before it is deleted: init must not outlive it.
test_killed_create_leaves_no_process()
{
	local delay

	sleeper
	for delay in $(delays 20); do
		kill_after "$delay" create --bundle "$B" "$ID"
		if [ -z "$(cruet state "$ID" 2>/dev/null | jq -r 'select(.status == "created").id')" ]; then
			wait_until 10 nobody_survives
		fi
		cruet delete --force "$ID"
	done
	nothing_left "$ID"
}

test_killed_start()
{
	local delay

	sleeper
	for delay in 0 0.0005 0.001 0.0015 0.002 0.003; do
		cruet create --bundle "$B" "$ID" >/dev/null
		kill_after "$delay" start "$ID"
		# started, or not: but never half
		wait_until 10 settled "$ID"
		cruet delete --force "$ID"
		nothing_left "$ID"
	done
}

settled()
{
	case $(status_of "$1") in
	created | running | stopped) ;;
	*) return 1 ;;
	esac
}

test_killed_delete()
{
	local delay

	sleeper
	for delay in 0 0.0005 0.001 0.0015 0.002 0.003 0.004; do
		cruet run --detach --bundle "$B" "$ID" >/dev/null
		kill_after "$delay" delete --force "$ID"
		cruet delete --force "$ID"
		nothing_left "$ID"
	done
}

# A hook may look its container up, or end it.
test_container_in_the_making()
{
	sleeper
	mkfifo "$T/go"
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", ": >$0/in-hook; cat $0/go", $t]}]' --arg t "$T"
	cruet create --bundle "$B" "$ID" >/dev/null &
	wait_until 10 test -e "$T/in-hook"
	expect creating "$(status_of "$ID")"
	[ "$(pid_of "$ID")" -gt 0 ] || die "a hook may want the pid"
	expect "$ID creating" "$(cruet list --format json | jq -r '.[0] | .id + " " + .status')"
	echo >"$T/go"
	wait $!
	expect created "$(status_of "$ID")"
}

test_kill_of_a_container_in_the_making()
{
	sleeper
	mkfifo "$T/go"
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", ": >$0/in-hook; cat $0/go", $t]}]' --arg t "$T"
	cruet create --bundle "$B" "$ID" >/dev/null 2>"$T/err" &
	wait_until 10 test -e "$T/in-hook"
	cruet kill "$ID" KILL
	echo >"$T/go"
	! wait $! || die "create of a killed init succeeded"
	contains "init" "$(cat "$T/err")"
	nothing_left "$ID"
}

# On v1 all is denied before the rules allow something again: init must not make its devices then.
test_device_rules_against_device_nodes()
{
	bundle
	config '.linux.resources.devices = [range(400) | {allow: true, type: "c", major: 200, minor: ., access: "rw"}]
		| .process.args = ["sh", "-c", "echo x >/dev/null && stat -c %t:%T /dev/null"]'
	for _ in 1 2 3 4 5; do
		expect 1:3 "$(cruet run --bundle "$B" "$ID")"
	done
}
