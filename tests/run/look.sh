# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/look.sh: for the tests that look at a container's file system, namespaces and cgroups; sourced by them.

# The paths in a /proc/PID/cgroup (stdin), of those hierarchies that are mounted here.
paths()
{
	if cgroup_v2; then
		sed -n 's/^0:://p'
	elif [ -d /sys/fs/cgroup/unified ]; then
		cut -d: -f3-
	else
		sed '/^0::/d' | cut -d: -f3-
	fi | sort -u
}

places_of()
{
	paths <"/proc/$1/cgroup"
}

# add_mount DESTINATION TYPE SOURCE [OPTION...]
add_mount()
{
	config '.mounts += [{destination: $m[0], type: $m[1], source: $m[2], options: $m[3:]} | with_entries(select(.value != ""))]' \
		--argjson m "$(jq -nc '$ARGS.positional' --args -- "$@")"
}

# What /proc/self/mountinfo inside says of one mount point: OPTIONS PROPAGATION TYPE SOURCE SUPER_OPTIONS
line_of()
{
	awk -v at="$1" '$5 == at { o = $6; p = ""; for (i = 7; $i != "-"; i++) p = p $i; l = o " " (p == "" ? "private" : p) " " $(i + 1) " " $(i + 2) " " $(i + 3) } END { print l }' "$T/mountinfo"
}

options_of()
{
	line_of "$1" | cut -d' ' -f1
}

has_option()
{
	contains ",$2," ",$(options_of "$1"),"
}

lacks_option()
{
	[ -n "$(options_of "$1")" ] || die "no mount at $1"
	lacks ",$2," ",$(options_of "$1"),"
}

# A mount and every one below it.
all_readonly()
{
	[ -n "$(options_of "$1")" ] || die "no mount at $1"
	expect "" "$(awk -v top="$1" '($5 == top || index($5, top "/") == 1) && $6 !~ /^ro(,|$)/' "$T/mountinfo")"
}

# Run, and keep what mountinfo said.
look()
{
	run_sh 'cat /proc/self/mountinfo' >"$T/mountinfo" || die "$(cat "$T/mountinfo" "$T/log" 2>/dev/null)"
}

# A source with a mount below it, both private to this test: `volume DIR`
volume()
{
	mkdir -p "$1"
	mount -t tmpfs volume "$1"
	mount --make-private "$1"
	mkdir "$1/sub"
	mount -t tmpfs submount "$1/sub"
	mount --make-private "$1/sub"
	echo top >"$1/file"
	echo sub >"$1/sub/file"
}

host_mounts()
{
	cut -d' ' -f3- /proc/self/mountinfo | sort
}

# A container in a user namespace whose root is 100000 outside; root.path is made its own.
mapped()
{
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$B/rootfs"
}

# Nothing of a container that could not be made is left.
nothing_left()
{
	[ ! -e "$ROOT/$ID" ] || die "$ROOT/$ID is there"
	expect "" "$(find /sys/fs/cgroup -name "*$ID*")"
}

# on FILESYSTEM: a new one at $T/fs
on()
{
	local size=64M make="mkfs.$1 -q"

	mkdir -p "$T/fs"
	case $1 in
	tmpfs | ramfs)
		mount -t "$1" none "$T/fs"
		return
		;;
	overlay)
		mkdir -p "$T"/{low,up,work}
		mount -t overlay -o "lowerdir=$T/low,upperdir=$T/up,workdir=$T/work" none "$T/fs"
		return
		;;
	btrfs) make="mkfs.btrfs -q --mixed" ;;
	xfs) size=320M ;;
	esac
	command -v "mkfs.$1" >/dev/null || skip "no mkfs.$1"
	[ -e /dev/loop-control ] || modprobe loop
	# by name: the kernel loads its module, if it has one
	truncate -s "$size" "$T/image"
	$make "$T/image" >"$T/mkfs.out" 2>&1 || die "$(cat "$T/mkfs.out")"
	mount -t "$1" -o loop "$T/image" "$T/fs" 2>"$T/mount.out" || {
		! grep -q "loop device" "$T/mount.out" || skip "no loop devices here"
		modprobe -q "$1" 2>/dev/null || grep -qw "$1" /proc/filesystems || skip "this kernel has no $1"
		die "$(cat "$T/mount.out")"
	}
}
