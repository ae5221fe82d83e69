# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/filesystems_test.sh: mounts of each type, with what the runtime adds to the kernel's: where they may go, what is
# copied, mapped, remounted, refused.

. "${BASH_SOURCE[0]%/*}/look.sh"

# ---- where a mount goes ------------------------------------------------------------------------------------------------

test_destination_forms()
{
	bundle
	config '.root.readonly = false'
	add_mount relative/deep tmpfs t
	add_mount /made/of//many/./parts/ tmpfs t
	look
	expect tmpfs "$(line_of /relative/deep | cut -d' ' -f3)"
	expect tmpfs "$(line_of /made/of/many/parts | cut -d' ' -f3)"
	expect 755 "$(stat -c %a "$B/rootfs/made/of")"
	config '.mounts |= map(select(.type != "tmpfs" or .source != "t"))'
	# by name, before any symlink is looked at, and never above the root
	ln -s /mnt "$B/rootfs/link"
	add_mount /../up/../../over tmpfs t
	add_mount /link/../beside tmpfs t
	look
	expect tmpfs "$(line_of /over | cut -d' ' -f3)"
	expect tmpfs "$(line_of /beside | cut -d' ' -f3)"
	[ ! -e "$B/over" ] && [ ! -e "$B/rootfs/up" ] || die "made elsewhere"
	add_mount /mnt/../proc/../proc/self tmpfs t
	fails "nothing may be mounted inside /proc" cruet run --bundle "$B" "$ID"
	config '.mounts |= .[:-1]'
	add_mount /mnt/.. tmpfs t
	fails "a mount over the root" cruet run --bundle "$B" "$ID"
	nothing_left
}

# What a symlink says is meant below the container's root (CVE-2019-18837).
test_symlinked_destinations()
{
	local before

	bundle
	config '.root.readonly = false'
	mkdir "$T/outside"
	ln -s "$T/outside" "$B/rootfs/absolute"
	ln -s ../../../../../..//tmp/climbed "$B/rootfs/dots"
	ln -s /mnt "$B/rootfs/link"
	mkdir -p "$B/rootfs$T/outside" "$B/rootfs/tmp/climbed"
	add_mount /absolute/x tmpfs one
	add_mount /dots tmpfs two
	add_mount /link/y tmpfs three
	before=$(host_mounts)
	look
	expect one "$(line_of "$T/outside/x" | cut -d' ' -f4)"
	expect two "$(line_of /tmp/climbed | cut -d' ' -f4)"
	expect three "$(line_of /mnt/y | cut -d' ' -f4)"
	expect "" "$(ls "$T/outside")"
	expect "$before" "$(host_mounts)"
}

test_dangling_destination()
{
	bundle
	config '.root.readonly = false'
	ln -s "$T/nowhere" "$B/rootfs/file"
	ln -s "$T/nowhere/dir" "$B/rootfs/dir"
	echo x >"$T/src"
	add_mount /file bind "$T/src"
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
	[ ! -e "$T/nowhere" ] || die "made outside"
	config '.mounts |= map(select(.destination != "/file"))'
	add_mount /dir tmpfs t
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
	[ ! -e "$T/nowhere" ] || die "made outside"
}

test_file_on_directory_and_the_other_way()
{
	bundle
	echo x >"$T/file"
	mkdir "$T/dir"
	add_mount /mnt bind "$T/file"
	fails "mounts[7] /mnt" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.mounts |= map(select(.destination != "/mnt"))'
	add_mount /bin/busybox bind "$T/dir"
	fails "mounts[7] /bin/busybox" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_mounts_cover_each_other()
{
	bundle
	add_mount /mnt tmpfs first mode=700
	add_mount /mnt/below tmpfs second
	add_mount /mnt tmpfs third
	out=$(run_sh 'ls /mnt; grep -c " /mnt" /proc/self/mountinfo')
	expect 3 "$out"
}

# ---- types -------------------------------------------------------------------------------------------------------------

test_tmpfs_mode()
{
	bundle
	chmod 1751 "$B/rootfs/mnt"
	chmod 700 "$B/rootfs/tmp"
	add_mount /mnt tmpfs t
	add_mount /tmp tmpfs t mode=1777,size=64k
	out=$(run_sh 'stat -c %a /mnt /tmp; df -k /tmp | tail -n 1 | awk "{ print \$2 }"')
	expect "1751 1777 64" "$(echo "$out" | paste -sd' ')"
}

test_other_file_systems()
{
	bundle
	add_mount /mnt ramfs r mode=711
	add_mount /tmp proc p
	config '.mounts += [{destination: "/root", type: "tmpfs", options: ["size=8k", "nr_inodes=10", "mode=0700", "uid=5", "gid=6"]}]'
	look
	expect ramfs "$(line_of /mnt | cut -d' ' -f3)"
	expect proc "$(line_of /tmp | cut -d' ' -f3)"
	contains "size=8k,nr_inodes=10,mode=700,uid=5,gid=6" "$(line_of /root)"
}

# What the kernel says of an option it does not know is in the error.
test_unknown_options()
{
	bundle
	add_mount /mnt tmpfs t nosuchoption=1
	fails "nosuchoption" cruet run --bundle "$B" "$ID"
	contains "mounts[7] /mnt" "$(cat "$T/fails.out")"
	contains "nknown parameter" "$(cat "$T/fails.out")"
	nothing_left
	config '.mounts |= map(select(.destination != "/mnt"))'
	add_mount /mnt nosuchfs t
	fails "nosuchfs" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.mounts |= map(select(.destination != "/mnt"))'
	add_mount /mnt tmpfs t size=1x1
	fails "size" cruet run --bundle "$B" "$ID"
	nothing_left
}

overlay_dirs()
{
	mkdir -p "$T/o" "$T/ovl"
	mount -t tmpfs o "$T/o"
	mkdir -p "$T/o/"{upper,work}
}

test_overlay()
{
	bundle
	overlay_dirs
	mkdir "$T/o/"{l1,l2}
	echo one >"$T/o/l1/f"
	echo two >"$T/o/l2/f"
	echo two >"$T/o/l2/g"
	add_mount /mnt overlay overlay "lowerdir=$T/o/l1:$T/o/l2" "upperdir=$T/o/upper" "workdir=$T/o/work"
	out=$(run_sh 'cat /mnt/f /mnt/g; echo new >/mnt/n')
	expect "one two" "$(echo "$out" | paste -sd' ')"
	expect new "$(cat "$T/o/upper/n")"
}

# Longer than fsconfig(2) takes: podman and containerd make them.
test_overlay_of_many_layers()
{
	local i lower=

	bundle
	overlay_dirs
	for i in $(seq 40); do
		mkdir "$T/o/layer-with-a-long-name-$i"
		echo "$i" >"$T/o/layer-with-a-long-name-$i/f$i"
		lower=$lower:$T/o/layer-with-a-long-name-$i
	done
	[ ${#lower} -gt 1500 ]
	add_mount /mnt overlay overlay "lowerdir=${lower#:}" "upperdir=$T/o/upper" "workdir=$T/o/work" nodev
	out=$(run_sh 'ls /mnt | wc -l; cat /mnt/f40; echo n >/mnt/n; cat /proc/self/mountinfo >&2' 2>"$T/mountinfo") || die "$out $(cat "$T/mountinfo")"
	expect "40 40" "$(echo "$out" | paste -sd' ')"
	has_option /mnt nodev
	expect n "$(cat "$T/o/upper/n")"
	grep -q "scratch" "$T/mountinfo" && die "the scratch mount is still there"
	return 0
}

# ---- tmpcopyup ---------------------------------------------------------------------------------------------------------

test_tmpcopyup()
{
	local tree=$T/b/rootfs/mnt

	bundle
	mkdir -p "$tree/d/e"
	chmod 2751 "$tree/d"
	echo content >"$tree/d/f"
	chmod 4640 "$tree/d/f"
	chown 12:34 "$tree/d/f" "$tree/d/e"
	head -c 3000000 /dev/urandom >"$tree/big"
	: >"$tree/empty"
	ln -s /etc/target "$tree/l"
	ln -s ../up "$tree/d/up"
	mkfifo "$tree/p"
	touch -d @1000000 "$tree/d/f"
	chmod 1771 "$tree"
	add_mount /mnt tmpfs t tmpcopyup
	args sh -c 'cd /mnt && find . -exec stat -c "%n %a %u %g %F %N" {} + | sort; md5sum </mnt/big; stat -c %Y d/f; echo x >/mnt/new; rm empty'
	cruet run --bundle "$B" "$ID" >"$T/inside"
	(cd "$tree" && find . -exec "$B/rootfs/bin/busybox" stat -c "%n %a %u %g %F %N" {} + | sort; md5sum <big; stat -c %Y d/f) >"$T/outside"
	diff "$T/outside" "$T/inside"
	[ ! -e "$tree/new" ] && [ -e "$tree/empty" ]
}

test_tmpcopyup_xattrs()
{
	command -v setfattr >/dev/null || skip "no setfattr (package attr)"
	bundle
	mkdir "$B/rootfs/mnt/d"
	echo x >"$B/rootfs/mnt/f"
	setfattr -n trusted.cruet -v one "$B/rootfs/mnt/f" || skip "no extended attributes here"
	setfattr -n trusted.cruet -v two "$B/rootfs/mnt/d"
	setfattr -n security.capability -v 0x0000000200040000000000000000000000000000 "$B/rootfs/mnt/f"
	add_mount /mnt tmpfs t tmpcopyup
	args sleep 100
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	expect one "$(getfattr --only-values -n trusted.cruet "/proc/$pid/root/mnt/f")"
	expect two "$(getfattr --only-values -n trusted.cruet "/proc/$pid/root/mnt/d")"
	contains 0x0000000200040000 "$(getfattr --absolute-names -e hex -n security.capability "/proc/$pid/root/mnt/f")"
}

test_tmpcopyup_readonly_and_missing()
{
	bundle
	config '.root.readonly = false'
	echo x >"$B/rootfs/mnt/f"
	add_mount /mnt tmpfs t tmpcopyup ro
	add_mount /not/there tmpfs t tmpcopyup
	fails "Read-only" run_sh 'cat /mnt/f; ls /not/there; : >/mnt/new'
	contains x "$(cat "$T/fails.out")"
}

# ---- remount -----------------------------------------------------------------------------------------------------------

test_remount()
{
	bundle
	add_mount /mnt tmpfs t
	add_mount /mnt "" "" remount ro nosuid
	add_mount /tmp tmpfs t size=4k
	add_mount /tmp tmpfs "" remount size=8k
	look
	has_option /mnt ro
	has_option /mnt nosuid
	lacks_option /tmp ro
	contains size=8k "$(line_of /tmp)"
	add_mount /nothing "" "" remount ro
	fails "/nothing" cruet run --bundle "$B" "$ID"
	nothing_left
}

# ---- id-mapped mounts ----------------------------------------------------------------------------------------------------

# A directory on a file system that can map ids; files of owners 0, 1000 and 100000.
owned()
{
	mkdir -p "$1"
	[ "${2:-}" ] && mount -t tmpfs owned "$1"
	mkdir -p "$1/sub"
	for id in 0 1000 100000; do
		: >"$1/$id"
		chown "$id:$id" "$1/$id"
	done
	return 0
}

owners()
{
	run_sh 'stat -c "%n:%u:%g" /mnt/* | sed "s,/mnt/,,"' | grep -v ^sub | sort -n | paste -sd' '
}

test_idmap_of_its_own()
{
	local fs

	bundle
	for fs in "" tmpfs; do
		owned "$T/v$fs" $fs
		config '.mounts |= map(select(.destination != "/mnt")) | .mounts += [{destination: "/mnt", type: "bind", source: $s, options: ["rbind"],
			uidMappings: [{containerID: 0, hostID: 5000, size: 10}, {containerID: 1000, hostID: 7000, size: 1}],
			gidMappings: [{containerID: 0, hostID: 6000, size: 10}, {containerID: 1000, hostID: 8000, size: 1}]}]' --arg s "$T/v$fs"
		expect "0:5000:6000 1000:7000:8000 100000:65534:65534" "$(owners)"
	done
	expect "0 1000" "$(stat -c %u "$T/v/0" "$T/v/1000" | paste -sd' ')"
}

test_idmap_writes_back()
{
	bundle
	mapped
	owned "$T/v" tmpfs
	chown 0:0 "$T/v"
	add_mount /mnt bind "$T/v" rbind idmap
	expect "0:0:0 1000:1000:1000 100000:65534:65534" "$(owners)"
	run_sh ': >/mnt/new' || die "cannot write"
	expect 0:0 "$(stat -c %u:%g "$T/v/new")"
	config '.mounts |= map(select(.destination != "/mnt"))'
	add_mount /mnt bind "$T/v" rbind
	expect "0:65534:65534 1000:65534:65534 100000:0:0" "$(owners | sed 's/ new:[^ ]*//; s/^new:[^ ]* //')"
}

test_idmap_recursive()
{
	bundle
	mapped
	owned "$T/v" tmpfs
	mount -t tmpfs below "$T/v/sub"
	: >"$T/v/sub/0"
	mkdir "$B/rootfs/mnt/"{one,all}
	add_mount /mnt/one bind "$T/v" rbind idmap
	add_mount /mnt/all bind "$T/v" rbind ridmap
	expect "0 65534 0 0" "$(run_sh 'stat -c %u /mnt/one/0 /mnt/one/sub/0 /mnt/all/0 /mnt/all/sub/0' | paste -sd' ')"
}

test_idmap_text()
{
	bundle
	owned "$T/v" tmpfs
	add_mount /mnt bind "$T/v" "idmap=uids=0-5000-10#1000-7000-1;gids=0-6000-10"
	expect "0:5000:6000 1000:7000:65534 100000:65534:65534" "$(owners)"
}

test_idmap_errors()
{
	bundle
	owned "$T/v" tmpfs
	add_mount /mnt bind "$T/v" idmap
	fails "user namespace" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.mounts[-1] |= (.options = [] | .uidMappings = [{containerID: 0, hostID: 5, size: 1}])'
	fails "gidMappings" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.mounts[-1] |= (.source = "/proc/self" | .gidMappings = .uidMappings)'
	fails "proc" cruet run --bundle "$B" "$ID"
	contains "mounts[7] /mnt" "$(cat "$T/fails.out")"
	nothing_left
}

# ---- locked flags ------------------------------------------------------------------------------------------------------

# In a user namespace the flags of the host's mounts are locked: they stay unless the configuration clears one, which is an
# error. containerd's /dev/shm is such a mount.
test_locked_flags()
{
	bundle
	mapped
	mkdir "$T/v"
	mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 v "$T/v"
	add_mount /mnt bind "$T/v" rbind rprivate rw
	look
	for word in nosuid nodev noexec rw; do
		has_option /mnt "$word"
	done
	mount -o remount,bind,ro,nosuid,nodev,noexec "$T/v"
	config '.mounts[-1].options = ["rbind", "nosuid"]'
	look
	has_option /mnt ro
	# what the host's root opens may be cleared: nothing is locked for it
	config '.mounts[-1].options = ["rbind", "rw"]'
	look
	has_option /mnt rw
	mount -o remount,bind,rw "$T/v"
}

# ---- /proc ---------------------------------------------------------------------------------------------------------------

# A fake tree would take what the runtime, or a security module's label, writes there (CVE-2019-16884).
test_fake_proc()
{
	local target

	bundle
	mkdir -p "$T/fake/self/attr"
	: >"$T/fake/self/attr/current"
	config '.mounts |= map(select(.destination != "/proc"))'
	add_mount /proc bind "$T/fake" rbind
	fails "not a procfs" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.mounts[-1] |= (.type = "tmpfs" | .source = "t" | .options = [])'
	fails "/proc" cruet run --bundle "$B" "$ID"
	nothing_left
	bundle "$T/c"
	for target in /proc/self /proc/sys/kernel /proc/1/attr /proc//sysrq-trigger /proc/cpuinfo/x; do
		config '.mounts |= map(select(.source != $s))' --arg s "$T/fake/self/attr/current"
		add_mount "$target" bind "$T/fake/self/attr/current"
		fails "inside /proc" cruet run --bundle "$B" "$ID"
		nothing_left
	done
	ln -s /proc "$B/rootfs/procfs"
	config '.mounts |= map(select(.source != $s))' --arg s "$T/fake/self/attr/current"
	add_mount /procfs/self/attr/current bind "$T/fake/self/attr/current"
	fails "leads into a procfs" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_allowed_inside_proc()
{
	bundle
	echo faked >"$T/f"
	for name in cpuinfo diskstats meminfo stat swaps uptime loadavg; do
		add_mount "/proc/$name" bind "$T/f" ro
	done
	expect 7 "$(run_sh 'cd /proc && cat cpuinfo diskstats meminfo stat swaps uptime loadavg' | grep -c faked)"
}

test_proc_bound_from_the_host()
{
	bundle
	config '(.mounts[] | select(.destination == "/proc")) |= {destination: "/proc", type: "bind", source: "/proc", options: ["rbind", "nosuid"]}
		| .linux.namespaces |= map(select(.type != "pid"))'
	look
	expect proc "$(line_of /proc | cut -d' ' -f3)"
	contains nosuid "$(options_of /proc)"
}

# ---- many ----------------------------------------------------------------------------------------------------------------

test_two_hundred_mounts()
{
	bundle
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}] + [range(200) | {destination: "/mnt/\(.)", type: "tmpfs", source: "many"}]'
	began=$(date +%s%N)
	look
	expect 200 "$(grep -c ' many ' "$T/mountinfo")"
	[ $((($(date +%s%N) - began) / 1000000)) -lt 5000 ] || die "200 mounts took $((($(date +%s%N) - began) / 1000000)) ms"
}
