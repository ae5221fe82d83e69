# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/root_test.sh: the state root and the records in it: who may have it, and what a broken record costs.

sleeper()
{
	bundle
	args sleep 1000
}

create()
{
	cruet create --bundle "$B" "$@" >"$T/create.out" 2>"$T/create.err"
}

test_root_is_made_private()
{
	sleeper
	rm -rf "$ROOT"
	create "$ID"
	expect "700 0" "$(stat -c '%a %u' "$ROOT")"
	expect "700 0" "$(stat -c '%a %u' "$ROOT/$ID")"
	find "$ROOT" -type f -perm /077 | grep . && die "files that others may read"
	cruet delete "$ID"
}

test_root_that_others_may_write()
{
	sleeper
	mkdir -p "$ROOT"
	chmod 777 "$ROOT"
	fails "can be written by others" cruet create --bundle "$B" "$ID"
	fails "can be written by others" cruet list
	fails "can be written by others" cruet delete --force "$ID"
	chmod 770 "$ROOT"
	fails "can be written by others" cruet create --bundle "$B" "$ID"
	expect "" "$(ls -A "$ROOT")"
	chmod 755 "$ROOT"
	create "$ID" || die "$(cat "$T/create.err")"
	expect 700 "$(stat -c %a "$ROOT")"
}

test_root_of_another_user()
{
	sleeper
	mkdir -p "$ROOT"
	chown 1234 "$ROOT"
	fails "belongs to uid 1234" cruet create --bundle "$B" "$ID"
	chown 0 "$ROOT"
}

test_root_that_cannot_be()
{
	sleeper
	fails "state root" "$RUNTIME" --root / create --bundle "$B" "$ID"
	echo >"$T/file"
	fails "Not a directory" "$RUNTIME" --root "$T/file" create --bundle "$B" "$ID"
	fails "No such file or directory" "$RUNTIME" --root "$T/none" list
	fails "does not exist" "$RUNTIME" --root "$T/none" state x
	[ ! -e "$T/none" ] || die "looking made the root"
}

test_root_by_relative_path()
{
	sleeper
	"$RUNTIME" --root state/deep create --bundle "$B" "$ID" >/dev/null
	expect created "$("$RUNTIME" --root "$T/state/deep" state "$ID" | jq -r .status)"
	"$RUNTIME" --root state/deep delete --force "$ID"
}

# podman calls some verbs with nothing but an empty XDG_RUNTIME_DIR: the same default root must come out.
test_default_root_from_an_empty_environment()
{
	sleeper
	rm -rf /run/cruet
	XDG_RUNTIME_DIR=/tmp/elsewhere "$RUNTIME" create --bundle "$B" "$ID" >/dev/null
	[ -d "/run/cruet/$ID" ]
	env -i "$RUNTIME" state "$ID" >/dev/null
	env -i XDG_RUNTIME_DIR= "$RUNTIME" delete --force "$ID"
	[ ! -e "/run/cruet/$ID" ]
}

test_list()
{
	sleeper
	mkdir -p "$ROOT"
	chmod 700 "$ROOT"
	expect null "$(cruet list --format json)"
	expect "" "$(cruet list -q)"
	create b
	create a
	cruet start a
	expect "a b" "$(cruet list -q | paste -sd ' ')"
	expect "a running,b created" "$(cruet list --format=json | jq -r '.[] | .id + " " + .status' | paste -sd ,)"
	expect root "$(cruet list --format=json | jq -r '.[0].owner')"
	expect "ID PID STATUS BUNDLE CREATED OWNER" "$(cruet list | head -n 1 | tr -s ' ')"
	expect 3 "$(cruet list | wc -l)"
}

# A record that is not whole, foreign, or newer: said so, never acted on, and no obstacle for the others.
broken()
{
	local why=$1

	fails "record" cruet state bad
	fails "record" cruet kill bad KILL
	fails "record" cruet start bad
	fails "record" cruet delete bad
	cruet list >"$T/list" 2>"$T/list.err" || die "$why: list failed"
	expect "ID good" "$(awk '{ print $1 }' "$T/list" | paste -sd ' ')"
	contains "bad:" "$(cat "$T/list.err")"
	expect good "$(cruet list --format json 2>/dev/null | jq -r '.[].id')"
	expect "bad good" "$(cruet list -q | paste -sd ' ')"
	cruet delete --force bad || die "$why: cannot be deleted"
	[ ! -e "$ROOT/bad" ] || die "$why: still there"
}

entry()
{
	mkdir -m 700 "$ROOT/bad"
	cat >"$ROOT/bad/record.json"
}

test_broken_records()
{
	sleeper
	create good
	entry </dev/null
	broken empty
	head -c 100 "$ROOT/good/record.json" | entry
	broken truncated
	sed 's/"good"/"evil"/' "$ROOT/good/record.json" | entry
	broken changed
	entry <"$ROOT/good/record.json"
	broken foreign
	for text in null '{}' '[]' '{"id":"bad"}' '"x"'; do
		echo "$text" | entry
		broken "$text"
	done
	head -c 100000 /dev/urandom | entry
	broken noise
	mkdir -m 700 "$ROOT/bad"
	broken "no record"
	expect created "$(status_of good)"
	[ -d "/proc/$(pid_of good)" ]
}

# Change the record's object by a jq filter, with a checksum that fits.
forge()
{
	python3 - "$ROOT/$ID/record.json" "$(head -n 1 "$ROOT/$ID/record.json" | jq -c "$1")" <<-'END'
		import sys
		text = sys.argv[2].encode()
		h = 0xcbf29ce484222325
		for b in text:
		    h = (h ^ b) * 0x100000001b3 & 0xffffffffffffffff
		open(sys.argv[1], "wb").write(text + b"\n#%016x\n" % h)
	END
}

test_record_of_a_newer_version()
{
	sleeper
	create "$ID"
	forge '.version = 999'
	fails "newer" cruet state "$ID"
	fails "newer" cruet kill "$ID" KILL
	cruet list >/dev/null 2>&1
	forge '.version = 1'
	expect created "$(status_of "$ID")"
}

# A pid that the kernel gave to somebody else in the meantime.
test_reused_pid()
{
	local innocent init

	sleeper
	sleep 1000 &
	innocent=$!
	sleep 0.05 # start times are counted in ticks of 10 ms
	create "$ID"
	init=$(pid_of "$ID")
	forge ".pid = $innocent"
	expect stopped "$(status_of "$ID")"
	fails "container not running" cruet kill "$ID" KILL
	fails "stopped" cruet start "$ID"
	cruet delete --force "$ID"
	[ -d "/proc/$innocent" ] || die "an innocent process was killed"
	wait_until 10 test ! -d "/proc/$init" # found by its cgroup all the same
	kill "$innocent"
}

# After a reboot all pids are somebody else's, whatever their start time.
test_record_of_another_boot()
{
	sleeper
	create "$ID"
	forge '.bootId = "00000000-0000-0000-0000-000000000000"'
	expect stopped "$(status_of "$ID")"
	fails "container not running" cruet kill "$ID" KILL
	cruet delete "$ID"
	[ ! -e "$ROOT/$ID" ]
}

# And the cgroup of its name is, too: nobody in it is signalled, frozen, thawed or listed.
test_cgroup_of_another_boot()
{
	local other dir

	sleeper
	config '.linux.namespaces |= map(select(.type != "pid"))'
	create "$ID"
	other=$(pid_of "$ID")
	dir=$(cgroup_dir "$other" freezer)
	forge '.bootId = "00000000-0000-0000-0000-000000000000"'
	fails "container not running" cruet kill "$ID" KILL
	cruet kill --all "$ID" KILL
	cruet stop "$ID"
	expect null "$(cruet ps --format json "$ID")"
	if cgroup_v2; then echo 1 >"$dir/cgroup.freeze"; else echo FROZEN >"$dir/freezer.state"; fi
	fails "container not paused" cruet resume "$ID"
	if cgroup_v2; then echo 0 >"$dir/cgroup.freeze"; else echo THAWED >"$dir/freezer.state"; fi
	cruet delete "$ID"
	[ -d "/proc/$other" ] || die "a process of another was killed"
	kill -KILL "$other"
	wait_until 10 sh -c '! find /sys/fs/cgroup -depth -type d -name "cruet-$1" -exec rmdir {} + 2>&1 | grep .' sh "$ID"
}

# What dead makers left behind goes with the next create.
test_leftovers_are_swept()
{
	sleeper
	mkdir -p "$ROOT"
	chmod 700 "$ROOT"
	mkdir -m 700 "$ROOT/.new.0123456789abcdef" "$ROOT/.del.0123456789abcdef"
	echo x >"$ROOT/.del.0123456789abcdef/record.json"
	expect "" "$(cruet list -q)"
	create "$ID"
	cruet delete --force "$ID"
	expect "" "$(ls -A "$ROOT")"
}

# A killed init whose parent has not waited for it is a zombie: stopped.
test_zombie_init_is_stopped()
{
	local parent pid

	sleeper
	"$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" >/dev/null 2>&1 &
	parent=$!
	wait_until 10 status_is "$ID" running
	kill -STOP "$parent"
	pid=$(pid_of "$ID")
	cruet kill "$ID" KILL
	wait_until 10 grep -q '^State:.Z' "/proc/$pid/status"
	expect stopped "$(status_of "$ID")"
	expect 0 "$(pid_of "$ID")"
	fails "container not running" cruet kill "$ID" KILL
	kill -CONT "$parent"
	wait "$parent" || :
}

# Its processes are found without the record: by the cgroup that its configuration asked for.
test_forced_delete_without_a_record_ends_it()
{
	local pid

	sleeper
	create "$ID"
	cruet start "$ID"
	pid=$(pid_of "$ID")
	: >"$ROOT/$ID/record.json"
	cruet delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
	wait_until 10 test ! -d "/proc/$pid"
	expect "" "$(find /sys/fs/cgroup -type d -name "*$ID*")"
}
