# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cve/volume_test.sh: attacker B with a volume that a container being made shares: names are exchanged under the runtime.
# every_point does it at one system call after the other, so that the gap between a check and a use, where there is one, is met
# and not left to luck; the races beside it are for what happens between two processes.

. "${BASH_SOURCE[0]%/*}/lib.sh"

ROUNDS=${ROUNDS:-5}

# A volume in which "dir" is a directory in one moment and leads to the canary in the next.
racing_volume()
{
	mkdir -p "$T/v/dir"
	ln -s "$1" "$T/v/link"
	add_mount /mnt bind "$T/v" rbind
}

race()
{
	local i made=0

	command -v python3 >/dev/null || skip "needs python3"
	python3 "$HERE/helpers/swap.py" "$1" "$2" >"$T/swap.out" 2>&1 &
	echo $! >>"$T/pids"
	wait_until 10 grep -q . "$T/swap.out"
	shift 2
	# luck has a say: more rounds, until the runtime came through once
	for ((i = 0; i < ROUNDS || (made == 0 && i < 100); i++)); do
		attack run --bundle "$B" "$ID"
		[ "$RAN" = no ] || made=$((made + 1))
		"${CHECK:-canary_unchanged}"
	done
	kill -KILL "$(tail -n 1 "$T/pids")"
	[ "$made" -gt 0 ] || [ -n "${PEER:-}" ] || die "no container was made at all: $(cat "$T/out")"
}

# What the container printed is its mount table: neither the canary nor the host's root is in it.
not_the_host()
{
	canary_unchanged
	! prints canary-content || fell "the host's file can be read inside"
	! awk -v c="$CANARY" -v d="$(stat -c %Hd:%Ld / 2>/dev/null)" '$3 == d && ($4 == "/" || index($4, c) == 1) { found = 1 } END { exit !found }' "$T/out" ||
		fell "the host is mounted inside: $(grep "$CANARY\| / / " "$T/out" | head -n 1)"
}

# The mount's target is looked up, and mounted on by its name: between the two it became a symlink. Fails where the container gets
# a mount of the host's tree, or the host a mount.
test_cve_2021_30465_mount_target_is_exchanged()
{
	bundle
	canary
	racing_volume "$CANARY"
	add_mount /mnt/dir/sub tmpfs t
	add_mount /mnt/dir bind "$T/v" rbind
	mkdir "$CANARY/sub" "$T/v/dir/sub"
	canary_looks >"$T/canary.before"
	args sh -c 'cat /proc/self/mountinfo; cat /mnt/dir/file 2>/dev/null; exit 0'
	CHECK=not_the_host every_point "$T/v/dir" "$T/v/link" run --bundle "$B" "$ID"
	CHECK=not_the_host race "$T/v/dir" "$T/v/link"
}

# What is missing is made, by its path: directories, files for binds, device nodes, the working directory. Fails where the canary
# gets an entry.
test_cve_2024_45310_missing_directories()
{
	bundle
	canary
	racing_volume "../../../../../../../../../../..$CANARY"
	add_mount /mnt/dir/one/two/three tmpfs t
	add_mount /mnt/dir/four/file bind /etc/hostname
	config '.linux.devices = [{path: "/mnt/dir/node", type: "c", major: 1, minor: 3}] | .process.cwd = "/mnt/dir/cwd"'
	args true
	every_point "$T/v/dir" "$T/v/link" run --bundle "$B" "$ID"
	race "$T/v/dir" "$T/v/link"
}

# The masks while their target is exchanged, and the volume that holds it. A file that is masked in the one moment must not be
# readable by its name, nor the canary be masked.
test_cve_2025_31133_mask_target_is_exchanged()
{
	bundle
	canary
	racing_volume "$CANARY"
	echo "file of the volume" >"$T/v/dir/file"
	config '.linux.maskedPaths += ["/mnt/dir/file", "/mnt/dir"] | .linux.readonlyPaths += ["/mnt/dir"]'
	args sh -c 'cat /mnt/dir/file 2>/dev/null; cat /proc/self/mountinfo'
	CHECK=not_the_host every_point "$T/v/dir" "$T/v/link" run --bundle "$B" "$ID"
}

# The source of the masks, the container's /dev/null, is exchanged for a symlink when it was looked at.
test_cve_2025_31133_dev_null_is_exchanged()
{
	bundle
	canary
	mkdir "$T/dev"
	mknod "$T/dev/null" c 1 3
	ln -s /etc/canary "$T/dev/link"
	echo canary-content >"$B/rootfs/etc/canary"
	echo secret >"$B/rootfs/mnt/file"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .linux.maskedPaths = ["/mnt/file"]'
	add_mount /dev bind "$T/dev" rbind
	args sh -c 'echo "<$(cat /mnt/file)>"'
	CHECK=mask_is_one every_point "$T/dev/null" "$T/dev/link" run --bundle "$B" "$ID"
}

mask_is_one()
{
	! prints secret || fell "the masked file can be read"
	! prints canary-content || fell "in place of the mask there is another file"
}

# The root's own /proc, exchanged for a symlink into the image while the container is made, by who can write to the rootfs (two
# containers that share one). Wherever procfs lies in the end, it is masked: fails where a procfs without its masks is left.
test_cve_2023_27561_proc_is_exchanged()
{
	bundle
	canary
	config '.root.readonly = false'
	mkdir "$B/rootfs/bad"
	ln -s bad "$B/rootfs/link"
	args cat /proc/self/mountinfo
	args sh -c 'cat /proc/self/mountinfo || cat /link/self/mountinfo || cat /bad/self/mountinfo'
	CHECK=procfs_is_masked every_point "$B/rootfs/proc" "$B/rootfs/link" run --bundle "$B" "$ID"
}

procfs_is_masked()
{
	local at

	canary_unchanged
	[ "$RAN" = yes ] || return 0
	for at in $(awk '/ - proc / && $4 == "/" { print $5 }' "$T/out"); do
		for name in keys timer_list; do
			[ ! -e "/proc/$name" ] || grep -q " $at/$name " "$T/out" || fell "procfs at $at without the mask of $name"
		done
		awk -v at="$at/sys" '$5 == at && $6 ~ /^ro/ { found = 1 } END { exit !found }' "$T/out" || fell "procfs at $at with a writable sys"
	done
}

# A shared mount covers what the runtime writes to in its own /proc: the label goes to a file that takes anything, a sysctl to
# another file (the real attack: core_pattern, sysrq-trigger). Here createContainer hooks stand for who shares the mounts: they
# run at the last moment at which another can. Fails where the trap holds what was written, or the container runs without it.
test_cve_2025_52881_procfs_is_covered()
{
	local over

	bundle
	canary
	mkdir -p "$T/fake/sys/kernel" "$T/fake/self/attr" "$T/fake/thread-self/attr"
	touch "$T"/fake/{self,thread-self}/attr/{current,exec,keycreate} "$T/fake/sys/kernel/domainname"
	config '.linux.sysctl = {"kernel.domainname": "trapped"}'
	args sh -c 'umount -l /proc 2>/dev/null; cat /proc/sys/kernel/domainname; exit 0'
	for over in "$T/fake /" "$T/fake/sys /sys" "$T/fake/sys/kernel/domainname /sys/kernel/domainname" \
		"/proc/sys/kernel/hostname /sys/kernel/domainname" "/proc/self/sched /self/sched"; do
		config '.hooks.createContainer = [{path: "/bin/mount", args: ["mount", "--bind", $what, $at]}]' \
			--arg what "${over% *}" --arg at "$B/rootfs/proc${over#* }"
		before=$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)
		attack run --bundle "$B" "$ID"
		[ -z "$(cat "$T"/fake/*/attr/* "$T/fake/sys/kernel/domainname")" ] || fell "written to what lay over ${over#* }"
		[ "$before" = "$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)" ] || fell "the host's own value was changed"
	done
}

# The same by words of the configuration: a volume below /proc. Nothing but a few files that engines fake may be mounted there.
test_cve_2025_52881_volume_below_proc()
{
	local target

	bundle
	: >"$T/trap"
	config '.linux.sysctl = {"kernel.domainname": "trapped"}'
	args true
	for target in /proc/self/attr/current /proc/thread-self/attr/exec /proc/sys/kernel/domainname /proc/1/attr/exec /proc/sysrq-trigger; do
		bundle_mounts=$(jq -c .mounts "$B/config.json")
		add_mount "$target" bind "$T/trap"
		attack run --bundle "$B" "$ID"
		[ "$RAN" = no ] || fell "a volume was mounted on $target"
		[ ! -s "$T/trap" ] || fell "written to the volume on $target: $(cat "$T/trap")"
		config '.mounts = $m' --argjson m "$bundle_mounts"
	done
}

# A file that is copied into a tmpfs becomes a fifo when it was looked at: to open it is to wait for ever. Fails where the runtime
# has to be killed. (No CVE: found by reading our own code.)
test_hardening_copied_file_is_exchanged()
{
	local status=0

	bundle
	mkdir "$B/rootfs/mnt/d"
	echo copied >"$B/rootfs/mnt/d/the-file"
	mkfifo "$B/rootfs/mnt/fifo"
	config '.mounts += [{destination: "/mnt/d", type: "tmpfs", source: "t", options: ["tmpcopyup"]}]'
	args true
	timeout 20 "$TOOLS/point" "swap:$B/rootfs/mnt/d/the-file:$B/rootfs/mnt/fifo" openat=the-file "$TRACED" --root "$ROOT" \
		run --bundle "$B" "$ID" 3>/dev/null >"$T/out" 2>&1 </dev/null || status=$?
	[ "$status" != 200 ] || { [ -n "${PEER:-}" ] && skip "it knows no tmpcopyup, or opens no such name"; } || die "nothing was exchanged"
	[ "$status" != 124 ] || fell "the runtime waits for a fifo"
	[ "$status" != 0 ] || [ -n "${PEER:-}" ] || die "it should have been noticed"
}
