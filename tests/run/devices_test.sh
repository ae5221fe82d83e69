# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/devices_test.sh: the nodes and links in /dev, and which devices may be opened.

. "${BASH_SOURCE[0]%/*}/look.sh"

may_make_nodes()
{
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"]) | del(.linux.seccomp)'
}

# PATH MODE MAJOR:MINOR UID:GID TYPE of each
nodes()
{
	run_sh "stat -c '%n %a %t:%T %u:%g %F' $*"
}

test_default_devices()
{
	bundle
	cat >"$T/wanted" <<-END
		/dev/null 666 1:3 0:0 character special file
		/dev/zero 666 1:5 0:0 character special file
		/dev/full 666 1:7 0:0 character special file
		/dev/random 666 1:8 0:0 character special file
		/dev/urandom 666 1:9 0:0 character special file
		/dev/tty 666 5:0 0:0 character special file
	END
	(umask 077 && nodes /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty) >"$T/got"
	diff "$T/wanted" "$T/got"
	expect "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero" "$(run_sh 'ls /dev' | paste -sd' ')"
	expect "/proc/self/fd /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/kcore pts/ptmx" \
		"$(run_sh 'cd /dev; for l in fd stdin stdout stderr core ptmx; do readlink $l; done' | paste -sd' ')"
	expect "0 8 ok" "$(run_sh 'wc -c </dev/null; head -c 8 /dev/urandom | wc -c; echo x >/dev/full || echo ok; : <>/dev/ptmx' 2>/dev/null | paste -sd' ')"
}

test_listed_devices()
{
	bundle
	config '.linux.devices = [
		{path: "/dev/c", type: "c", major: 10, minor: 229, fileMode: 416, uid: 3, gid: 4},
		{path: "/dev/u", type: "u", major: 10, minor: 230},
		{path: "/dev/deep/er/b", type: "b", major: 7, minor: 1, fileMode: 0},
		{path: "/dev/p", type: "p", fileMode: 3},
		{path: "/dev/s", type: "c", major: 10, minor: 231, fileMode: 8630, uid: 1}]'
	cat >"$T/wanted" <<-END
		/dev/c 640 a:e5 3:4 character special file
		/dev/u 666 a:e6 0:0 character special file
		/dev/deep/er/b 0 7:1 0:0 block special file
		/dev/p 3 0:0 0:0 fifo
		/dev/s 666 a:e7 1:0 character special file
	END
	nodes /dev/c /dev/u /dev/deep/er/b /dev/p /dev/s >"$T/got"
	diff "$T/wanted" "$T/got"
}

# podman, containerd and Docker list all nodes of the host for a privileged container, its /dev/ptmx too.
test_listed_ptmx_gives_way_to_the_link()
{
	bundle
	config '.linux.devices = [{path: "/dev/ptmx", type: "c", major: 5, minor: 2, fileMode: 438, uid: 0, gid: 5}]'
	expect pts/ptmx "$(run_sh 'readlink /dev/ptmx')"
}

# One that replaces a default: what the configuration says of it counts.
test_listed_default()
{
	bundle
	config '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 384, uid: 7, gid: 8}]'
	expect "/dev/null 600 1:3 7:8 character special file" "$(nodes /dev/null)"
}

# In a /dev of the image what is there already may stay, if it is the same.
test_existing_devices()
{
	bundle
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false'
	mknod "$B/rootfs/dev/null" c 1 3
	chmod 600 "$B/rootfs/dev/null"
	ln -s /proc/self/fd "$B/rootfs/dev/fd"
	expect "/dev/null 600 1:3 0:0 character special file" "$(nodes /dev/null)"
	rm "$B/rootfs/dev/zero"
	: >"$B/rootfs/dev/zero"
	fails "/dev/zero" cruet run --bundle "$B" "$ID"
	nothing_left
	rm "$B/rootfs/dev/zero"
	mknod "$B/rootfs/dev/zero" c 1 3
	fails "/dev/zero" cruet run --bundle "$B" "$ID"
	rm "$B/rootfs/dev/zero"
	ln -s null "$B/rootfs/dev/zero"
	fails "/dev/zero" cruet run --bundle "$B" "$ID"
	rm "$B/rootfs/dev/zero" "$B/rootfs/dev/fd"
	: >"$B/rootfs/dev/fd"
	fails "/dev/fd" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_no_such_device()
{
	bundle
	config '.linux.devices = [{path: "/dev/x", type: "d", major: 1, minor: 3}]'
	fails "linux.devices[0].type" cruet run --bundle "$B" "$ID"
	config '.linux.devices = [{path: "/dev/x", type: "c"}]'
	fails "linux.devices[0]" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_devices_in_a_user_namespace()
{
	local before

	bundle
	mapped
	[ -c /dev/kmsg ] || mknod /dev/kmsg c 1 11
	mknod /dev/cruet-test c 1 5
	chmod 644 /dev/cruet-test
	config '.linux.devices = [{path: "/dev/cruet-test", type: "c", major: 1, minor: 5}, {path: "/dev/p", type: "p", fileMode: 384, uid: 1, gid: 2}]'
	before=$(stat -c '%a %u %i' /dev/null /dev/cruet-test)
	cat >"$T/wanted" <<-END
		/dev/null 666 1:3 65534:65534 character special file
		/dev/cruet-test 644 1:5 65534:65534 character special file
		/dev/p 600 0:0 1:2 fifo
	END
	nodes /dev/null /dev/cruet-test /dev/p >"$T/got"
	diff "$T/wanted" "$T/got"
	expect "0 4" "$(run_sh 'wc -c </dev/null; head -c 4 /dev/cruet-test | wc -c; echo x >/dev/null' | paste -sd' ')"
	expect "$before" "$(stat -c '%a %u %i' /dev/null /dev/cruet-test)"
	config '.linux.devices[0].minor = 7'
	fails "/dev/cruet-test" cruet run --bundle "$B" "$ID"
	config '.linux.devices[0] |= (.path = "/dev/not-there" | .minor = 5)'
	fails "/dev/not-there" cruet run --bundle "$B" "$ID"
	rm /dev/cruet-test
	nothing_left
}

# Somebody else's /dev is not touched.
test_dev_bound()
{
	local before

	bundle
	mkdir "$T/dev"
	mknod "$T/dev/null" c 1 3
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	add_mount /dev bind "$T/dev" rbind
	before=$(stat -c '%i %y' "$T/dev" "$T/dev/null")
	expect null "$(run_sh 'ls /dev')"
	expect "$before" "$(stat -c '%i %y' "$T/dev" "$T/dev/null")"
}

test_dev_readonly()
{
	bundle
	config '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]'
	fails "Read-only file system" run_sh 'ls -la /dev/null /dev/fd >&2; : >/dev/new'
	contains /proc/self/fd "$(cat "$T/fails.out")"
	look
	has_option /dev ro
	lacks_option /dev/shm ro
}

# /dev as a symlink of the image: nodes and links stay inside the root (CVE-2026-41579, CVE-2026-47766).
test_dev_symlink()
{
	local before

	bundle
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false'
	mkdir "$T/canary"
	: >"$T/canary/ptmx"
	rmdir "$B/rootfs/dev"
	ln -s "$T/canary" "$B/rootfs/dev"
	before=$(stat -c '%i %y %Y' "$T/canary" "$T/canary/ptmx")
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
	mkdir -p "$B/rootfs$T/canary"
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || die "$(cat "$T/out")"
	[ -c "$B/rootfs$T/canary/null" ] || die "no nodes inside"
	rm "$B/rootfs/dev"
	ln -s "../../../../../../../../../../..$T/canary" "$B/rootfs/dev"
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1
	expect "$before" "$(stat -c '%i %y %Y' "$T/canary" "$T/canary/ptmx")"
	expect ptmx "$(ls "$T/canary")"
}

# ---- which may be opened ---------------------------------------------------------------------------------------------------

# For each of "b 7 0" ... make a node and open it to read: "open", "refused" (by the cgroup) or "absent" (nobody has it)
try_devices()
{
	may_make_nodes
	args sh -c 'n=0; while [ $# -gt 0 ]; do n=$((n + 1)); mknod /dev/t$n $1 $2 $3 || exit 1
		out=$(dd if=/dev/t$n of=/dev/null bs=1 count=0 2>&1) && echo open ||
			case $out in *"not permitted"*) echo refused ;; *) echo absent ;; esac
		shift 3; done' sh "$@"
	cruet run --bundle "$B" "$ID" | paste -sd' '
}

needs_device_cgroup()
{
	cgroup_v2 || [ -d /sys/fs/cgroup/devices ] || skip "no devices cgroup"
}

test_no_rules_refuse_all()
{
	needs_device_cgroup
	bundle
	config 'del(.linux.resources)'
	expect "refused open open refused" "$(try_devices b 7 0 c 1 3 c 1 5 c 10 111)"
	config '.linux.resources.devices = []'
	expect "refused refused" "$(try_devices b 7 0 c 10 111)"
}

# 10:111 is nobody's: who may open it finds nothing.
test_device_rules()
{
	needs_device_cgroup
	bundle
	config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
	expect "refused open refused" "$(try_devices c 10 111 c 1 9 c 10 112)"
	config '.linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 111, access: "r"}]'
	expect "absent refused refused" "$(try_devices c 10 111 c 10 112 b 10 111)"
	config '.linux.resources.devices += [{allow: false, type: "c", major: 10, minor: 111, access: "r"}]'
	expect refused "$(try_devices c 10 111)"
	config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, access: "rw"}]'
	expect "absent absent refused" "$(try_devices c 10 111 c 10 112 c 9 111)"
	config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	lacks refused "$(try_devices b 7 0 c 10 111 c 10 112)"
	config '.linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 10, minor: 111, access: "rwm"}]'
	expect "refused absent" "$(try_devices c 10 111 c 10 112)"
}

test_read_and_write_apart()
{
	local read='dd if=/dev/k of=/dev/null count=0' write='dd if=/dev/zero of=/dev/k count=1'

	needs_device_cgroup
	bundle
	may_make_nodes
	config '.linux.resources.devices = [{allow: true, type: "c", major: 10, minor: 111, access: "r"}]'
	fails "No such device" run_sh "mknod /dev/k c 10 111 && $read"
	fails "not permitted" run_sh "mknod /dev/k c 10 111 && $write"
	config '.linux.resources.devices[0].access = "w"'
	fails "not permitted" run_sh "mknod /dev/k c 10 111 && $read"
	fails "No such device" run_sh "mknod /dev/k c 10 111 && $write"
}

# exec'ed processes are under the same rules.
test_device_rules_of_exec()
{
	needs_device_cgroup
	bundle
	may_make_nodes
	args sh -c 'mknod /dev/k c 10 111; sleep 100'
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	wait_until 10 cruet exec "$ID" test -c /dev/k
	fails "not permitted" cruet exec "$ID" dd if=/dev/k of=/dev/null count=0
}

# ---- what the runtime itself may open ------------------------------------------------------------------------------------

loop_device() # a file system with the file "inside" on $LOOP, as long as this shell lives
{
	command -v mkfs.ext4 >/dev/null || skip "needs mkfs.ext4"
	mkdir "$T/fs"
	echo data >"$T/fs/inside"
	truncate -s 4M "$T/image"
	mkfs.ext4 -q -O ^has_journal -d "$T/fs" "$T/image"
	LOOP=$(losetup --find --show "$T/image") || skip "no loop device"
	exec 9<"$LOOP"
	losetup -d "$LOOP" # when it is closed
}

# The rules are the container's, not init's, which mounts what the configuration names. Several times: they must not come
# beside the mounts, either.
test_block_device_mounted()
{
	local minor

	needs_device_cgroup
	bundle
	loop_device
	minor=$((0x$(stat -c %T "$LOOP")))
	may_make_nodes
	add_mount /mnt ext4 "$LOOP" ro
	args sh -c 'cat /mnt/inside; mknod /dev/k b 7 '"$minor"'; dd if=/dev/k of=/dev/null count=0'
	for _ in 1 2 3 4 5; do
		fails "not permitted" cruet run --bundle "$B" "$ID"
		contains data "$(cat "$T/fails.out")"
	done
	config '.hooks.createRuntime = [{path: "/bin/true"}]'
	fails "not permitted" cruet run --bundle "$B" "$ID"
	contains data "$(cat "$T/fails.out")"
}

# A node that no rule allows can be there all the same.
test_listed_devices_that_no_rule_allows()
{
	needs_device_cgroup
	bundle
	config '.linux.devices = [{path: "/dev/c", type: "c", major: 10, minor: 229}]
		| .linux.resources.devices = [{allow: false, access: "rwm"}]'
	for _ in 1 2 3 4 5; do
		expect "/dev/c a:e5" "$(run_sh 'stat -c "%n %t:%T" /dev/c')"
	done
	fails "not permitted" run_sh 'dd if=/dev/c of=/dev/null count=0'
}

# A hook finds the rules in force, and what it allows besides is allowed; v2 has no list that it could add to.
test_hook_allows_a_device()
{
	local wanted=absent

	needs_device_cgroup
	bundle
	cat >"$T/hook" <<-'END'
		#!/bin/sh
		pid=$(sed 's/.*"pid" *: *\([0-9]*\).*/\1/')
		dir=/sys/fs/cgroup/devices$(sed -n 's/^[0-9]*:devices://p' "/proc/$pid/cgroup")
		[ -f "$dir/devices.list" ] || exit 0
		grep -q '^a' "$dir/devices.list" && exit 1
		echo "c 10:111 rm" >"$dir/devices.allow"
	END
	chmod +x "$T/hook"
	config '.hooks.createRuntime = [{path: $hook}]' --arg hook "$T/hook"
	cgroup_v2 && wanted=refused
	expect "$wanted refused" "$(try_devices c 10 111 c 10 112)"
}
