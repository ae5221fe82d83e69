# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/lifecycle_test.sh: the verbs in each state, right and wrong: what they do, print and return.

sleeper()
{
	bundle
	args sleep 1000
}

create()
{
	cruet create --bundle "$B" "$@" >"$T/create.out" 2>"$T/create.err"
}

# A verb that succeeds says nothing: callers read stdout and stderr as one.
silent()
{
	"$@" >"$T/silent.out" 2>&1 || die "'$*' failed: $(cat "$T/silent.out")"
	[ ! -s "$T/silent.out" ] || die "'$*' printed: $(cat "$T/silent.out")"
}

# The exit status of every failure of the runtime's own is 1.
status_one()
{
	local status=0

	"$@" >/dev/null 2>&1 || status=$?
	expect 1 "$status"
}

gone()
{
	fails "container does not exist" cruet state "$1"
	[ ! -e "$ROOT/$1" ] || die "$ROOT/$1 is still there"
}

test_life_of_a_container()
{
	local pid

	sleeper
	silent cruet create --bundle "$B" "$ID"
	expect created "$(status_of "$ID")"
	pid=$(pid_of "$ID")
	[ "$pid" -gt 0 ]
	silent cruet start "$ID"
	expect running "$(status_of "$ID")"
	expect "$pid" "$(pid_of "$ID")"
	wait_until 10 grep -qx sleep "/proc/$pid/comm"
	silent cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	expect 0 "$(pid_of "$ID")"
	silent cruet delete "$ID"
	gone "$ID"
}

# The parent may end before init has run another instruction.
test_init_outlives_create()
{
	sleeper
	for i in $(seq 20); do
		create "$ID"
		expect "created $i" "$(status_of "$ID") $i"
		cruet delete "$ID"
	done
}

test_create_of_a_taken_id()
{
	local pid

	sleeper
	create "$ID"
	pid=$(pid_of "$ID")
	fails "container with given ID already exists" cruet create --bundle "$B" "$ID"
	status_one cruet create --bundle "$B" "$ID"
	fails "container with given ID already exists" cruet run --bundle "$B" "$ID"
	expect created "$(status_of "$ID")"
	expect "$pid" "$(pid_of "$ID")"
	cruet start "$ID"
	fails "container with given ID already exists" cruet create --bundle "$B" "$ID"
	expect running "$(status_of "$ID")"
}

test_start_in_each_state()
{
	sleeper
	fails "container does not exist" cruet start "$ID"
	status_one cruet start "$ID"
	create "$ID"
	cruet start "$ID"
	fails "it is running, not created" cruet start "$ID"
	expect running "$(status_of "$ID")"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	fails "cannot start a container that has stopped" cruet start "$ID"
	status_one cruet start "$ID"
}

test_start_of_a_killed_init()
{
	sleeper
	create "$ID"
	kill -KILL "$(pid_of "$ID")"
	wait_until 10 status_is "$ID" stopped
	fails "cannot start a container that has stopped" cruet start "$ID"
	silent cruet delete "$ID"
	gone "$ID"
}

test_kill_in_each_state()
{
	sleeper
	fails "container does not exist" cruet kill "$ID" KILL
	fails "container does not exist" cruet kill --all "$ID" 9
	create "$ID"
	fails "NOSUCH" cruet kill "$ID" NOSUCH
	fails "99" cruet kill "$ID" 99
	expect created "$(status_of "$ID")"
	silent cruet kill "$ID" 9
	wait_until 10 status_is "$ID" stopped
	fails "container not running" cruet kill "$ID" KILL
	status_one cruet kill "$ID"
	silent cruet kill --all "$ID" 9
}

test_kill_signal_words()
{
	local word

	writable
	args sh -c 'for s in TERM HUP USR1 USR2 INT; do trap "echo $s >>/tmp/got" $s; done; : >/tmp/ready
		while :; do sleep 1000 & wait; done'
	create "$ID"
	cruet start "$ID"
	wait_until 10 test -e "$B/rootfs/tmp/ready"
	for word in "" HUP SIGUSR1 12 2; do
		: >"$B/rootfs/tmp/got"
		# shellcheck disable=SC2086 # no word at all is a case
		silent cruet kill "$ID" $word
		wait_until 10 test -s "$B/rootfs/tmp/got"
		echo "${word:-none} $(cat "$B/rootfs/tmp/got")" >>"$T/words"
	done
	expect "none TERM,HUP HUP,SIGUSR1 USR1,12 USR2,2 INT" "$(paste -sd, "$T/words")"
}

test_delete_in_each_state()
{
	sleeper
	fails "container does not exist" cruet delete "$ID"
	create "$ID"
	silent cruet delete "$ID"
	gone "$ID"
	create "$ID"
	cruet start "$ID"
	fails "cannot delete container '$ID' that is not stopped" cruet delete "$ID"
	status_one cruet delete "$ID"
	expect running "$(status_of "$ID")"
	silent cruet delete --force "$ID"
	gone "$ID"
	silent cruet delete --force "$ID"
}

# Without a pid namespace of its own, what init started does not die with it.
shared_pid_namespace()
{
	config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc"))'
}

# Nothing of it is left in any hierarchy.
no_cgroup()
{
	local found

	found=$(find /sys/fs/cgroup -depth -type d -name "*$1*" 2>/dev/null | head -n 1)
	[ -z "$found" ] || die "left behind: $found"
}

test_delete_ends_what_init_left()
{
	local pid

	writable
	shared_pid_namespace
	args sh -c 'sleep 1000 & echo $! >/tmp/child; exit 0'
	create "$ID"
	cruet start "$ID"
	wait_until 10 status_is "$ID" stopped
	pid=$(cat "$B/rootfs/tmp/child")
	[ -d "/proc/$pid" ] || die "the child should be alive"
	silent cruet delete "$ID"
	wait_until 10 test ! -d "/proc/$pid"
	no_cgroup "$ID"
}

test_kill_all_reaches_what_init_left()
{
	local pid

	writable
	shared_pid_namespace
	args sh -c 'sleep 1000 & echo $! >/tmp/child; exit 0'
	create "$ID"
	cruet start "$ID"
	wait_until 10 status_is "$ID" stopped
	pid=$(cat "$B/rootfs/tmp/child")
	silent cruet kill --all "$ID" 9
	wait_until 10 test ! -d "/proc/$pid"
}

# KILL of a container that shares a pid namespace is for all of it.
test_kill_of_a_shared_pid_namespace()
{
	local pid

	writable
	shared_pid_namespace
	args sh -c 'sleep 1000 & echo $! >/tmp/child; wait'
	create "$ID"
	cruet start "$ID"
	wait_until 10 test -s "$B/rootfs/tmp/child"
	pid=$(cat "$B/rootfs/tmp/child")
	silent cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	wait_until 10 test ! -d "/proc/$pid"
}

test_ids()
{
	local id long

	sleeper
	for id in ../x . .. a/b "a b" "a;b" 'a\b' 'ä' "" /abs "$(printf 'a\nb')" "$(head -c 1100 /dev/zero | tr '\0' a)"; do
		fails "container id" cruet create --bundle "$B" "$id"
		fails "container id" cruet state "$id"
		fails "container id" cruet delete --force "$id"
	done
	[ ! -e "$ROOT" ] || expect "" "$(ls -A "$ROOT")"
	long=$(head -c 200 /dev/zero | tr '\0' b)
	for id in help h version a.b_c+d-9 .hidden "$long" list; do
		create "$id" || die "$id: $(cat "$T/create.err")"
		expect created "$(status_of "$id")"
		cruet delete "$id"
	done
}

# Options are never looked for behind the id: an id cannot become one.
test_options_end_at_the_id()
{
	sleeper
	status_one cruet create "$ID" --bundle "$B"
	gone "$ID"
	create "$ID"
	cruet start "$ID"
	status_one cruet delete "$ID" --force
	expect running "$(status_of "$ID")"
}

test_config_is_a_snapshot()
{
	writable
	config '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "echo first >$0", $f]}]' --arg f "$T/stopped"
	args sh -c 'echo first >/tmp/said'
	create "$ID"
	args sh -c 'echo second >/tmp/said'
	config '.hooks.poststop = []'
	cruet start "$ID"
	wait_until 10 status_is "$ID" stopped
	expect first "$(cat "$B/rootfs/tmp/said")"
	cruet delete "$ID"
	expect first "$(cat "$T/stopped")"
}

test_no_process()
{
	bundle
	config 'del(.process)'
	create "$ID" || die "$(cat "$T/create.err")"
	expect created "$(status_of "$ID")"
	fails "no process" cruet start "$ID"
	silent cruet delete --force "$ID"
	gone "$ID"
	fails "no process" cruet run --bundle "$B" "$ID"
	gone "$ID"
}

# When start has said that it failed, the container has stopped: delete needs no force, whoever is faster.
test_failed_start_has_stopped()
{
	local i

	bundle
	config 'del(.process)'
	for i in $(seq 20); do
		create "$ID-$i" || die "$(cat "$T/create.err")"
		fails "no process" cruet start "$ID-$i"
		silent cruet delete "$ID-$i"
	done
}

test_bundle_errors()
{
	bundle
	fails "No such file or directory" cruet create --bundle "$T/none" "$ID"
	rm "$B/config.json"
	fails "config.json" cruet create --bundle "$B" "$ID"
	gone "$ID"
	echo '{' >"$B/config.json"
	status_one cruet create --bundle "$B" "$ID"
	gone "$ID"
}

test_bundle_defaults_to_cwd()
{
	sleeper
	(cd "$B" && cruet create "$ID")
	expect "$(realpath "$B")" "$(cruet state "$ID" | jq -r .bundle)"
	cruet delete "$ID"
	cruet create --bundle b "$ID"
	expect "$(realpath "$B")" "$(cruet state "$ID" | jq -r .bundle)"
}

test_config_option()
{
	bundle
	jq '.process.args = ["sh", "-c", "echo other"]' "$B/config.json" >"$T/other.json"
	expect other "$(cruet run --bundle "$B" --config "$T/other.json" "$ID")"
}
