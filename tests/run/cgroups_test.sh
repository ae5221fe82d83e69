# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/cgroups_test.sh: which cgroup a container is in, when, what it sees of it, and that nothing of it stays. Runs on
# v1, v2 and hybrid views of the machine.

. "${BASH_SOURCE[0]%/*}/look.sh"

unset_ns()
{
	config '.linux.namespaces |= map(select(.type != $t))' --arg t "$1"
}

# A hierarchy that every machine has: its mount point
any_root()
{
	if cgroup_v2; then
		echo /sys/fs/cgroup
	else
		echo /sys/fs/cgroup/pids
	fi
}

no_cgroup()
{
	local found

	found=$(find /sys/fs/cgroup -depth -type d -name "*$1*" 2>/dev/null | head -n 1)
	[ -z "$found" ] || die "left behind: $found"
}

# In each hierarchy of the host, but for those that the runtime may leave alone (v1's without a mount).
test_default_path()
{
	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	for line in $(places_of "$pid"); do
		contains "cruet-$ID" "$line"
	done
	cruet delete --force "$ID"
	no_cgroup "$ID"
}

test_absolute_path()
{
	bundle
	config '.linux.cgroupsPath = "/one-\($ENV.ID)//two/./three/"'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "/one-$ID/two/three" "$(places_of "$(pid_of "$ID")")"
	cruet delete --force "$ID"
	[ ! -d "$(any_root)/one-$ID/two/three" ] || die "still there"
	find /sys/fs/cgroup -depth -type d -path "*/one-$ID*" -exec rmdir {} +
}

test_relative_path()
{
	bundle
	config '.linux.cgroupsPath = "rel-\($ENV.ID)/two"'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	contains "/rel-$ID/two" "$(places_of "$(pid_of "$ID")")"
	expect 1 "$(places_of "$(pid_of "$ID")" | sort -u | wc -l)"
	cruet delete --force "$ID"
	find /sys/fs/cgroup -depth -type d -path "*/rel-$ID*" -exec rmdir {} +
}

test_paths_that_leave()
{
	local path before

	bundle
	before=$(find /sys/fs/cgroup -type d | wc -l)
	for path in .. /.. a/../.. /../x ../../tmp/x / . ./ "../$ID"; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		fails "linux.cgroupsPath" cruet run --bundle "$B" "$ID"
		nothing_left
		expect "$before" "$(find /sys/fs/cgroup -type d | wc -l)"
	done
}

# Nothing of the container's runs outside: not its first instruction, not a hook in its namespaces, not a fork.
test_in_it_from_the_first_instruction()
{
	writable
	unset_ns cgroup
	config '.linux.cgroupsPath = "/first-\($ENV.ID)"
		| .hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/cgroup >$0", $t + "/createContainer"]}]
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/cgroup >/tmp/startContainer"]}]' --arg t "$T"
	mkdir -p "$B/rootfs/tmp"
	run_sh 'cat /proc/self/cgroup >/tmp/init; cat /proc/1/cgroup >/tmp/one'
	for file in "$B/rootfs/tmp/init" "$B/rootfs/tmp/one" "$B/rootfs/tmp/startContainer" "$T/createContainer"; do
		expect "/first-$ID" "$(paths <"$file")"
	done
	no_cgroup "first-$ID"
}

test_exec_is_in_it()
{
	bundle
	unset_ns cgroup
	config '.linux.cgroupsPath = "/exec-\($ENV.ID)"'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	expect "/exec-$ID" "$(cruet exec "$ID" cat /proc/self/cgroup | paths)"
}

# --cgroup: what is below the container's cgroup; on v1 in all hierarchies, or in those of the controllers that are named.
test_exec_below()
{
	local sub=/below-$ID/sub dir

	bundle
	unset_ns cgroup
	config '.linux.cgroupsPath = "/below-\($ENV.ID)"'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID"
	expect "/below-$ID" "$(cruet exec --cgroup / "$ID" cat /proc/self/cgroup | paths)"
	fails "has no '/sub' below it" cruet exec --cgroup sub "$ID" true
	fails "contains '..'" cruet exec --cgroup "../below-$ID" "$ID" true
	fails "controller 'whatever' has no hierarchy" cruet exec --cgroup whatever:/ "$ID" true
	fails "a controller has no name" cruet exec --cgroup :/ "$ID" true
	fails "has to be the only one" cruet exec --cgroup / --cgroup / "$ID" true
	# where it is missing in one hierarchy the process would stay outside of the container there
	dir=$(cgroup_dir "$(pid_of "$ID")" pids)
	mkdir "$dir/sub"
	if cgroup_v2; then
		expect "$sub" "$(cruet exec --cgroup sub "$ID" cat /proc/self/cgroup | paths)"
		fails "has no hierarchy" cruet exec --cgroup pids:sub "$ID" true
		return
	fi
	fails "has no '/sub' below it" cruet exec --cgroup sub "$ID" true
	cruet exec --cgroup pids:sub "$ID" cat /proc/self/cgroup >cgroups
	expect "$sub" "$(grep -E '[:,]pids[:,]' cgroups | cut -d: -f3)"
	expect "/below-$ID" "$(grep -vE '[:,]pids[:,]' cgroups | paths)"
	fails "has no '/sub' below it" cruet exec --cgroup pids,memory:sub "$ID" true
	fails "are to be the cgroup" cruet exec --cgroup pids:sub --cgroup pids:/ "$ID" true
	dir=$(cgroup_dir "$(pid_of "$ID")" memory)
	mkdir "$dir/other"
	cruet exec --cgroup pids:/sub --cgroup memory:other "$ID" cat /proc/self/cgroup >cgroups
	expect "$sub" "$(grep -E '[:,]pids[:,]' cgroups | cut -d: -f3)"
	expect "/below-$ID/other" "$(grep -E '[:,]memory[:,]' cgroups | cut -d: -f3)"
}

# ---- refusals ------------------------------------------------------------------------------------------------------------------

# A cgroup in which somebody is: delete would kill him.
test_used_cgroup()
{
	local dir

	bundle
	dir=$(any_root)/used-$ID
	mkdir "$dir"
	sleep 1000 &
	echo $! >"$dir/cgroup.procs"
	config '.linux.cgroupsPath = "/used-\($ENV.ID)"'
	fails "linux.cgroupsPath '/used-$ID'" cruet run --bundle "$B" "$ID"
	[ ! -e "$ROOT/$ID" ]
	[ -d "/proc/$!" ] || die "the process was killed"
	mkdir -p "$dir/below"
	echo $! >"$dir/below/cgroup.procs"
	fails "linux.cgroupsPath '/used-$ID'" cruet run --bundle "$B" "$ID"
	[ -d "/proc/$!" ] || die "the process was killed"
	kill -KILL $!
	wait_until 10 sh -c "! grep -q . '$dir/below/cgroup.procs'"
	rmdir "$dir/below"
	args true
	cruet run --bundle "$B" "$ID"
	[ ! -d "$dir" ] || die "an empty one is taken over, and removed"
}

test_frozen_cgroup()
{
	local dir file

	bundle
	if cgroup_v2; then
		dir=/sys/fs/cgroup/frozen-$ID file=cgroup.freeze on=1 off=0
	else
		dir=/sys/fs/cgroup/freezer/frozen-$ID file=freezer.state on=FROZEN off=THAWED
	fi
	mkdir "$dir"
	[ -e "$dir/$file" ] || { rmdir "$dir"; skip "the kernel cannot freeze a cgroup"; }
	echo $on >"$dir/$file"
	config '.linux.cgroupsPath = "/frozen-\($ENV.ID)/below"'
	fails "linux.cgroupsPath" timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
	config '.linux.cgroupsPath = "/frozen-\($ENV.ID)"'
	fails "linux.cgroupsPath" timeout 20 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
	echo $off >"$dir/$file"
	find /sys/fs/cgroup -depth -type d -path "*/frozen-$ID*" -exec rmdir {} +
	[ ! -e "$ROOT/$ID" ]
}

test_two_containers_one_cgroup()
{
	bundle
	config '.linux.cgroupsPath = "/same-\($ENV.ID)"'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	fails "linux.cgroupsPath" cruet create --bundle "$B" "$ID-2"
	expect created "$(status_of "$ID")"
	[ ! -e "$ROOT/$ID-2" ]
}

# ---- the end -------------------------------------------------------------------------------------------------------------------

# What the container made below its own goes with it, in every hierarchy.
test_nested_cgroups_are_removed()
{
	bundle
	config '.linux.cgroupsPath = "/nest-\($ENV.ID)" | (.mounts[] | select(.type == "cgroup") | .options) = ["nosuid"]'
	args sh -c 'cd /sys/fs/cgroup; for h in . pids memory cpu systemd unified; do [ -e $h/cgroup.procs ] && mkdir -p $h/a/b/c $h/d; done
		[ -e cgroup.procs ] && h=. || h=pids
		sleep 1000 & echo $! >$h/a/b/cgroup.procs && echo ready; sleep 1000'
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1
	cruet start "$ID"
	wait_until 10 grep -q ready "$T/out"
	[ -d "$(any_root)/nest-$ID/a/b/c" ]
	cruet delete --force "$ID"
	no_cgroup "nest-$ID"
}

test_removed_after_a_failure()
{
	bundle
	config '.linux.cgroupsPath = "/fail-\($ENV.ID)/x"'
	args /no/such/program
	fails "/no/such/program" cruet run --bundle "$B" "$ID"
	[ ! -d "$(any_root)/fail-$ID/x" ] || die "left behind"
	find /sys/fs/cgroup -depth -type d -path "*/fail-$ID*" -exec rmdir {} + 2>/dev/null || :
}

# ---- what is seen inside -------------------------------------------------------------------------------------------------------

test_seen_with_a_namespace()
{
	bundle
	config '.linux.cgroupsPath = "/seen-\($ENV.ID)"'
	expect / "$(run_sh 'cat /proc/self/cgroup' | paths)"
	look
	has_option /sys/fs/cgroup ro
	if cgroup_v2; then
		expect cgroup2 "$(line_of /sys/fs/cgroup | cut -d' ' -f3)"
		expect 1 "$(run_sh 'cat /sys/fs/cgroup/cgroup.procs' | head -n 1)"
		return
	fi
	expect tmpfs "$(line_of /sys/fs/cgroup | cut -d' ' -f3)"
	for dir in /sys/fs/cgroup/*/; do
		[ -L "${dir%/}" ] && continue
		[ -n "$(line_of "${dir%/}")" ] || die "no mount at ${dir%/}"
		has_option "${dir%/}" ro
	done
	expect 1 "$(run_sh 'cat /sys/fs/cgroup/pids/cgroup.procs' | head -n 1)"
	find /sys/fs/cgroup -maxdepth 1 -type l | while read -r link; do
		expect "$(readlink "$link")" "$(run_sh "readlink $link")"
	done
}

# Without one: the container's own directories on v1, the host's mount on v2. Read-only is all of it (CVE-2023-25809).
test_seen_without_a_namespace()
{
	bundle
	unset_ns cgroup
	config '.linux.cgroupsPath = "/open-\($ENV.ID)"'
	expect "/open-$ID" "$(run_sh 'cat /proc/self/cgroup' | paths)"
	look
	has_option /sys/fs/cgroup ro
	if cgroup_v2; then
		contains 1 "$(run_sh "cat /sys/fs/cgroup/open-$ID/cgroup.procs | head -n 1")"
		fails "Read-only" run_sh "mkdir /sys/fs/cgroup/open-$ID/x"
	else
		expect 1 "$(run_sh 'cat /sys/fs/cgroup/pids/cgroup.procs' | head -n 1)"
		fails "Read-only" run_sh 'mkdir /sys/fs/cgroup/pids/x'
		fails "Read-only" run_sh 'mkdir /sys/fs/cgroup/x'
	fi
	no_cgroup "open-$ID"
}

test_seen_in_a_user_namespace()
{
	local with

	for with in cgroup nothing; do
		bundle "$T/$with"
		mapped
		[ "$with" = cgroup ] || unset_ns cgroup
		config '.linux.cgroupsPath = "/user-\($ENV.ID)"'
		look
		has_option /sys/fs/cgroup ro
		all_readonly /sys/fs/cgroup
		fails "Read-only" run_sh 'cd /sys/fs/cgroup; [ -d pids ] && cd pids; mkdir x'
	done
}

test_writable_mount()
{
	bundle
	config '.linux.cgroupsPath = "/rw-\($ENV.ID)" | (.mounts[] | select(.type == "cgroup") | .options) = ["nosuid", "rw"]'
	run_sh 'cd /sys/fs/cgroup; [ -d pids ] && cd pids; mkdir x && rmdir x' || die "cannot write"
}

# The container's user owns it where it is delegated: v2, a user namespace, its own cgroup namespace and a writable mount.
test_delegated()
{
	local dir

	cgroup_v2 || skip "delegation is for cgroup v2"
	bundle
	mapped
	config '.process.user.uid = 1000 | .process.args = ["sleep", "1000"] | .linux.cgroupsPath = "/dele-\($ENV.ID)"
		| (.mounts[] | select(.type == "cgroup") | .options) = ["nosuid", "rw"]'
	cruet create --bundle "$B" "$ID"
	dir=/sys/fs/cgroup/dele-$ID
	expect 101000 "$(stat -c %u "$dir")"
	expect 101000 "$(stat -c %u "$dir/cgroup.procs")"
	expect 101000 "$(stat -c %u "$dir/cgroup.subtree_control")"
	[ ! -e "$dir/memory.max" ] || expect 0 "$(stat -c %u "$dir/memory.max")"
	expect 0 "$(stat -c %u "$dir/cgroup.max.depth")"
	cruet start "$ID"
	cruet exec --user 1000 "$ID" mkdir /sys/fs/cgroup/mine
	cruet delete --force "$ID"
	no_cgroup "dele-$ID"
	config '(.mounts[] | select(.type == "cgroup") | .options) = ["nosuid", "ro"]'
	cruet create --bundle "$B" "$ID"
	expect 0 "$(stat -c %u "$dir")"
}

test_no_manager()
{
	bundle
	config '.mounts |= map(select(.type != "cgroup")) | del(.linux.resources)'
	unset_ns cgroup
	args sleep 1000
	cruet --cgroup-manager disabled create --bundle "$B" "$ID"
	expect "$(cat /proc/self/cgroup)" "$(cat "/proc/$(pid_of "$ID")/cgroup")"
	no_cgroup "$ID"
	config '.linux.resources = {pids: {limit: 10}}'
	fails "linux.resources" cruet --cgroup-manager disabled create --bundle "$B" "$ID-2"
}
