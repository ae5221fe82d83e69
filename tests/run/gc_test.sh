# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/gc_test.sh: gc: what dead commands left goes, and nothing else.

. "${BASH_SOURCE[0]%/*}/look.sh"

cgroups_of() # ID
{
	find /sys/fs/cgroup -depth -type d -name "*$1*"
}

# A create that is killed while its hook runs: record, cgroup and init are there, and nobody who would wait for them.
killed_create() # ID
{
	local pid

	rm -f "$T/hook-runs"
	cat >"$T/hook" <<-END
		#!/bin/sh
		echo \$\$ >$T/hook-runs
		exec sleep 1000
	END
	chmod +x "$T/hook"
	config '.hooks.createRuntime = [{path: $hook, timeout: 60}]' --arg hook "$T/hook"
	"$RUNTIME" --root "$ROOT" create --bundle "$B" "$1" </dev/null >/dev/null 2>&1 &
	pid=$!
	wait_until 10 test -s "$T/hook-runs"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || :
	config 'del(.hooks)'
}

test_nothing_to_collect()
{
	bundle
	expect "" "$(cruet gc)"
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "" "$(cruet gc)"
	expect "" "$(cruet gc --dry-run)"
	expect created "$(status_of "$ID")"
	cruet start "$ID"
	expect "" "$(cruet gc)"
	expect running "$(status_of "$ID")"
	# who has ended is his owner's
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	expect "" "$(cruet gc)"
	expect stopped "$(status_of "$ID")"
}

test_killed_create()
{
	bundle
	args sleep 1000
	cruet create --bundle "$B" "other-$ID"
	killed_create "$ID"
	[ -n "$(cgroups_of "$ID")" ] || die "no cgroup was left"
	expect "would remove container $ID: its create died" "$(cruet gc -n)"
	[ -d "$ROOT/$ID" ] || die "a dry run removed it"
	expect "removed container $ID: its create died" "$(cruet gc)"
	fails "does not exist" cruet state "$ID"
	expect "" "$(cgroups_of "$ID" | grep -v other || :)"
	expect created "$(status_of "other-$ID")"
	expect "" "$(cruet gc)"
}

# One that is under way is nobody's garbage.
test_create_under_way()
{
	bundle
	args sleep 1000
	cat >"$T/hook" <<-END
		#!/bin/sh
		: >$T/hook-runs
		until test -e $T/go; do sleep 0.05; done
	END
	chmod +x "$T/hook"
	config '.hooks.createRuntime = [{path: $hook, timeout: 60}]' --arg hook "$T/hook"
	cruet create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1 &
	wait_until 10 test -e "$T/hook-runs"
	expect "" "$(cruet gc)"
	: >"$T/go"
	wait $!
	expect created "$(status_of "$ID")"
}

test_directories()
{
	bundle
	cruet create --bundle "$B" "$ID"
	mkdir -p "$ROOT/.new.0123/notify" "$ROOT/.del.4567" "$ROOT/.new.held"
	: >"$ROOT/.new.0123/record.json"
	: >"$ROOT/.new.0123/notify/notify.sock"
	exec 8<"$ROOT/.new.held"
	flock 8
	expect "would remove directory .del.4567: its delete died
would remove directory .new.0123: its create died" "$(cruet gc --dry-run | sort)"
	expect "removed directory .del.4567: its delete died
removed directory .new.0123: its create died" "$(cruet gc | sort)"
	[ -d "$ROOT/.new.held" ] || die "one that somebody holds was removed"
	exec 8<&-
	expect "removed directory .new.held: its create died" "$(cruet gc)"
	expect "$ID" "$(ls -A "$ROOT")"
}

# What a record of another boot names now may be anybody's.
test_another_boot()
{
	local record pid sum

	command -v python3 >/dev/null || skip "needs python3"

	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	pid=$(pid_of "$ID")
	record=$(head -n 1 "$ROOT/$ID/record.json" | sed 's/"bootId":"[^"]*"/"bootId":"00000000-0000-0000-0000-000000000000"/')
	# FNV-1a, as the record has it
	sum=$(printf %s "$record" | python3 -c 'import functools, sys; print("%016x" % functools.reduce(
		lambda h, c: (h ^ c) * 0x100000001b3 % 2**64, sys.stdin.buffer.read(), 0xcbf29ce484222325))')
	printf '%s\n#%s\n' "$record" "$sum" >"$ROOT/$ID/record.json"
	# its cgroup is marked as ours, and has somebody in it
	fails "it has processes, but no container has it" cruet gc
	contains "removed container $ID: it is of another boot" "$(cat "$T/fails.out")"
	fails "does not exist" cruet state "$ID"
	[ -d "/proc/$pid" ] || die "a process was killed that no record names"
	kill -KILL "$pid"
	wait_until 10 test ! -d "/proc/$pid"
	contains "removed cgroup" "$(cruet gc)"
	expect "" "$(cgroups_of "$ID")"
}

# The record was taken away by hand; the cgroup says whose it was.
test_cgroup_without_a_record()
{
	local path other=/run/cruet-test-gc-other

	bundle
	args sleep 1000
	for root in "$ROOT" "$other"; do
		"$RUNTIME" --root "$root" create --bundle "$B" "${root##*/}-$ID"
		"$RUNTIME" --root "$root" kill "${root##*/}-$ID" KILL
	done
	cruet create --bundle "$B" "$ID"
	wait_until 10 status_is "${ROOT##*/}-$ID" stopped
	rm -r "${ROOT:?}/${ROOT##*/}-$ID" "$other"
	mkdir -m 700 "$other"
	path=$(cgroups_of "${ROOT##*/}-$ID" | head -n 1)
	[ -n "$path" ] || die "no cgroup was left"
	# a cgroup below may be the container's own work
	for path in $(cgroups_of "${ROOT##*/}-$ID"); do
		mkdir "$path/below"
	done
	contains "would remove cgroup /" "$(cruet gc --dry-run)"
	[ -d "$path/below" ] || die "a dry run removed it"
	contains "${ROOT##*/}-$ID: no container has it" "$(cruet gc)"
	expect "" "$(cgroups_of "${ROOT##*/}-$ID")"
	expect created "$(status_of "$ID")"
	[ -n "$(cgroups_of "${other##*/}-$ID")" ] || die "another root's cgroup was removed"
	expect "" "$(cruet gc)"
	contains "${other##*/}-$ID: no container has it" "$("$RUNTIME" --root "$other" gc)"
	expect "" "$(cgroups_of "${other##*/}-$ID")"
	rmdir "$other"
}

# A record that cannot be read: it is told, its cgroup stays, and what can be removed is.
test_damaged_record()
{
	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	mkdir "$ROOT/.new.1"
	cp "$ROOT/$ID/record.json" "$T/record.json"
	echo '{}' >"$ROOT/$ID/record.json"
	fails "could not remove container $ID: the container's record" cruet gc
	contains "removed directory .new.1" "$(cat "$T/fails.out")"
	[ -n "$(cgroups_of "$ID")" ] || die "its cgroup was removed"
	cp "$T/record.json" "$ROOT/$ID/record.json"
	expect created "$(status_of "$ID")"
}

test_poststop_of_a_dead_create()
{
	bundle
	cat >"$T/poststop" <<-END
		#!/bin/sh
		cat >$T/poststop.state
	END
	chmod +x "$T/poststop"
	config '.hooks.poststop = [{path: $hook}]' --arg hook "$T/poststop"
	killed_create "$ID"
	cruet gc
	expect "$ID stopped" "$(jq -r '"\(.id) \(.status)"' "$T/poststop.state")"
}

# Beside commands that come and go it takes nothing from them.
test_beside_other_commands()
{
	local i

	bundle
	args true
	(while ! [ -e "$T/stop" ]; do cruet gc || exit 1; done) >"$T/gc.out" 2>&1 &
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		cruet create --bundle "$B" "$ID-$i" </dev/null >/dev/null
		cruet start "$ID-$i"
		[ $((i % 3)) -ne 0 ] || cruet delete --force "$ID-$i"
	done
	: >"$T/stop"
	wait $! || die "$(cat "$T/gc.out")"
	# a directory that nobody had locked yet: its maker makes another
	expect "" "$(grep -v '^removed directory .new' "$T/gc.out" || :)"
	expect 8 "$(cruet list -q | wc -l)"
}

test_no_root_no_garbage()
{
	expect "" "$(cruet gc)"
	[ ! -e "$ROOT" ] || die "gc made a state root"
}
