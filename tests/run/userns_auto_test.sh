# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/userns_auto_test.sh: --userns=auto: whose ids a container gets, that nobody else has them, and what they mean on
# its root file system.

. "${BASH_SOURCE[0]%/*}/look.sh"

# subids LINES [LINES OF SUBGID]: what stands in /etc/subuid and /etc/subgid where cruet runs
subids()
{
	mkdir -p "$T/etc"
	echo "$1" | tr ' ' '\n' >"$T/etc/subuid"
	echo "${2:-$1}" | tr ' ' '\n' >"$T/etc/subgid"
}

cruet()
{
	# shellcheck disable=SC2016 # for the shell inside
	unshare -m sh -c 'mount --bind "$1/etc" /etc && shift && exec "$@"' sh "$T" "$RUNTIME" --root "$ROOT" "$@"
}

auto_bundle()
{
	bundle "$@"
	config '.root.readonly = false'
	subids containers:1000000:262144
	args sleep 1000
}

auto()
{
	local id=$1

	shift
	cruet run --detach --userns=auto "$@" --bundle "$B" "$id" >"$T/$id.out" 2>&1 </dev/null || die "$(cat "$T/$id.out")"
}

# The host id that is root in a container, and how many it has.
range_of()
{
	awk '{ print $2 ":" $3 }' "/proc/$(pid_of "$1")/uid_map" "/proc/$(pid_of "$1")/gid_map" | uniq | paste -sd' '
}

test_auto_ids_and_files()
{
	local pid

	auto_bundle
	echo user >"$B/rootfs/etc/users"
	chown 1000:2000 "$B/rootfs/etc/users"
	chmod 600 "$B/rootfs/etc/users"
	config '["CAP_CHOWN", "CAP_DAC_OVERRIDE"] as $c | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}'
	args sh -c 'id -u; stat -c %u:%g /bin/busybox /etc/users; : >/etc/new; chown 33:34 /etc/new; mkdir /etc/dir; stat -c %u:%g /etc/new /etc/dir; exec sleep 1000'
	auto "$ID"
	pid=$(pid_of "$ID")
	wait_until 20 grep -q 33:34 "$T/$ID.out"
	wait_until 20 test -d "$B/rootfs/etc/dir"
	expect "0 0:0 1000:2000 33:34 0:0" "$(paste -sd' ' "$T/$ID.out")"
	# on the disk they are what they are inside; the processes are not
	expect "33:34 0:0 0:0" "$(stat -c %u:%g "$B/rootfs/etc/new" "$B/rootfs/etc/dir" "$B/rootfs/bin/busybox" | paste -sd' ')"
	expect 1000000:65536 "$(range_of "$ID")"
	expect "1000000 1000000" "$(stat -c '%u %g' "/proc/$pid")"
	# one more process is in it, too, as another user
	expect "1000" "$(cruet exec --user 1000:2000 "$ID" sh -c 'cat /etc/users >/dev/null && id -u')"
	expect '"1000000:1000000"' "$(cruet explain --format json "$ID" | jq -c .hostUser)"
}

# What the host's root alone may read it does not read, neither in its root nor in a volume.
test_auto_host_files_stay_unreadable()
{
	auto_bundle
	mkdir "$T/v"
	echo secret >"$T/v/host"
	chmod 600 "$T/v/host"
	echo mine >"$B/rootfs/etc/mine"
	chmod 600 "$B/rootfs/etc/mine"
	add_mount /mnt bind "$T/v" bind
	config '["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_CHOWN", "CAP_FOWNER"] as $c | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}'
	args sh -c 'cat /etc/mine; stat -c %u /mnt/host; cat /mnt/host; chown 0 /mnt/host; chmod 644 /mnt/host; :'
	cruet run --userns=auto --bundle "$B" "$ID" >"$T/out" 2>&1
	contains "mine" "$(cat "$T/out")"
	contains "65534" "$(cat "$T/out")"
	lacks "secret" "$(cat "$T/out")"
	expect 3 "$(grep -cE 'Permission denied|not permitted' "$T/out")"
	expect "600 0" "$(stat -c '%a %u' "$T/v/host")"
}

test_auto_ranges_never_overlap()
{
	auto_bundle
	auto one
	auto two
	auto three
	expect "1000000:65536 1065536:65536 1131072:65536" "$(range_of one) $(range_of two) $(range_of three)"
	auto four
	fails "no 65536 subordinate ids of user 'containers' in a row are free" cruet run --detach --userns=auto --bundle "$B" five
	expect "four one three two" "$(cruet list -q | sort | paste -sd' ')"
	# one that has ended has them still; one that is deleted has not
	cruet kill two KILL
	wait_until 20 status_is two stopped
	fails "are free" cruet create --userns=auto --bundle "$B" five
	cruet delete two
	auto five
	expect 1065536:65536 "$(range_of five)"
}

test_auto_concurrent_creates()
{
	local i

	auto_bundle
	subids containers:2000000:1000000
	for i in 1 2 3 4 5 6 7 8; do
		auto "c$i" &
	done
	wait
	for i in 1 2 3 4 5 6 7 8; do
		range_of "c$i"
	done | sort >"$T/ranges"
	expect 8 "$(uniq "$T/ranges" | grep -c :65536)"
	expect "2000000:65536 2458752:65536" "$(sed -n '1p;$p' "$T/ranges" | paste -sd' ')"
}

test_auto_size_and_user()
{
	auto_bundle
	subids "containers:1000000:1000 others:5000000:200000"
	auto one --userns=auto:size=1000
	expect 1000000:1000 "$(range_of one)"
	auto two --userns=auto:size=70000,user=others
	expect 5000000:70000 "$(range_of two)"
	fails "user 'containers' has no 65536 subordinate ids in a row, the same in /etc/subuid and /etc/subgid, only 1000" \
		cruet create --userns=auto --bundle "$B" x
	fails "user 'nobody' has no subordinate ids here: add a line like 'nobody:1000000:4194304' to both" \
		cruet create --userns=auto:user=nobody --bundle "$B" x
	for words in automatic auto:size=0 auto:size=x auto:user= host auto,size=3; do
		fails "it can be auto, auto:size=NUMBER" cruet create "--userns=$words" --bundle "$B" x
	done
	# ids that the range does not have
	config '.process.user = {uid: 1000, gid: 0}'
	fails "process.user.uid: 1000 is not in" cruet create --userns=auto:size=1000,user=others --bundle "$B" x
	expect "one two" "$(cruet list -q | sort | paste -sd' ')"
	# uids and gids are the same numbers: where only one of them is given to the user, neither is taken
	subids containers:1000000:65536 containers:1060000:65536
	fails "has no 65536 subordinate ids in a row" cruet create --userns=auto --bundle "$B" x
	config 'del(.process.user)'
	auto three --userns=auto:size=5000
	expect 1060000:5000 "$(range_of three)"
}

# A create that is killed leaves a record, and in it the ids, until it is deleted.
test_auto_create_that_died()
{
	auto_bundle
	# shellcheck disable=SC2016 # for the hook's shell
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo $PPID >$0; exec sleep 1000", $f]}]' --arg f "$T/pid"
	cruet create --userns=auto --bundle "$B" dead >/dev/null 2>&1 &
	wait_until 20 test -s "$T/pid"
	kill -KILL "$(cat "$T/pid")"
	wait || :
	config 'del(.hooks)'
	auto next
	expect 1065536:65536 "$(range_of next)"
	cruet delete --force dead
	auto again
	expect 1000000:65536 "$(range_of again)"
}

# What others have: a process in a user namespace of another engine, another user of the files, and other state roots.
test_auto_others()
{
	local other

	auto_bundle
	unshare -U sleep 1000 &
	other=$!
	wait_until 10 sh -c "[ \$(readlink /proc/$other/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo "0 1000010 10" >"/proc/$other/uid_map"
	auto one
	expect 1000020:65536 "$(range_of one)"
	subids "containers:1000000:262144 somebody:1065556:100000"
	auto two
	expect 1165556:65536 "$(range_of two)"
	ROOT=$ROOT-other auto three --userns=auto:size=1000
	expect 1231092:1000 "$(ROOT=$ROOT-other range_of three)"
	ROOT=$ROOT-other cruet delete --force three
	rmdir "$ROOT-other"
	kill "$other"
}

test_auto_errors()
{
	auto_bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	fails "is a user namespace already" cruet create --userns=auto --bundle "$B" x
	auto_bundle "$T/second"
	config 'del(.linux.namespaces[] | select(.type == "mount")) | .mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	fails "in a mount namespace of its own" cruet create --userns=auto --bundle "$B" x
	# a file system without id maps is named
	auto_bundle "$T/third"
	mount -t ramfs ramfs "$B/rootfs"
	cp -a "$ROOTFS/." "$B/rootfs"
	fails "root.path '$B/rootfs': file system 'ramfs' or one mounted below it does not support id-mapped mounts" \
		cruet create --userns=auto --bundle "$B" x
	expect "" "$(cruet list -q)"
}

test_auto_dry_run()
{
	auto_bundle
	contains "uid map: 0 is 1000000 outside, 65536 of them" "$(cruet create --dry-run --userns=auto --bundle "$B" "$ID")"
	contains "its ids those of the user namespace" "$(cruet create --dry-run --userns=auto --bundle "$B" "$ID")"
	[ ! -e "$ROOT" ] || die "the state root was made"
}

# Privileged in a user namespace of its own: nothing of the host's.
test_auto_privileged()
{
	auto_bundle
	args sh -c 'mount -t tmpfs none /mnt && echo mounted; mknod /tmp/sda b 8 0 || echo none; echo 1 >/proc/sys/kernel/panic || echo none'
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "none"}]'
	cruet run --privileged --userns=auto --bundle "$B" "$ID" >"$T/out" 2>&1
	expect "mounted none none" "$(grep -v ': ' "$T/out" | paste -sd' ')"
}
