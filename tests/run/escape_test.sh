# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/escape_test.sh: images and volumes that are made to reach out of the container. All of them aim at a canary: a
# directory outside, of which nothing may change, and nothing may be seen inside.

. "${BASH_SOURCE[0]%/*}/look.sh"

ROUNDS=25

# The canary, and what it looks like
canary()
{
	mkdir -p "$T/canary/dir"
	echo canary-content >"$T/canary/file"
	touch -d @1000000000 "$T/canary/file" "$T/canary/dir" "$T/canary"
	canary_looks >"$T/canary.before"
}

canary_looks()
{
	find "$T/canary" -printf '%p %i %T@ %m %U:%G %s %y\n' | sort
	cat "$T/canary/file"
}

canary_unchanged()
{
	canary_looks | diff "$T/canary.before" - || die "the canary was changed"
	# nothing is mounted on it
	! grep -q " $T/canary" /proc/self/mountinfo || die "a mount on the canary"
}

# Exchange two names while the test runs; `stop_swapping` ends it.
swap()
{
	[ -x /usr/bin/python3 ] || skip "no python3"
	"$HERE/helpers/swap.py" "$1" "$2" >"$T/swap.out" 2>&1 &
	SWAPPER=$!
	wait_until 10 grep -q . "$T/swap.out"
	grep -q swapping "$T/swap.out" || skip "names cannot be exchanged here: $(cat "$T/swap.out")"
}

stop_swapping()
{
	kill -KILL "$SWAPPER"
	wait "$SWAPPER" 2>/dev/null || :
}

# ---- the image's own /proc, /sys and /dev -------------------------------------------------------------------------------------

# CVE-2019-19921, CVE-2023-27561, CVE-2023-28642
test_proc_and_sys_are_symlinks()
{
	local name target

	bundle
	canary
	for name in proc sys; do
		for target in "$T/canary/dir" /bad "../../../../../../..$T/canary/dir" /tmp; do
			rm -rf "${B:?}/rootfs/$name"
			ln -s "$target" "$B/rootfs/$name"
			mkdir -p "$B/rootfs/bad" "$B/rootfs$T/canary/dir"
			fails "must be a directory" cruet run --bundle "$B" "$ID"
			contains "/$name" "$(cat "$T/fails.out")"
			nothing_left
			canary_unchanged
		done
		rm "$B/rootfs/$name"
		: >"$B/rootfs/$name"
		fails "/$name" cruet run --bundle "$B" "$ID"
		rm "$B/rootfs/$name"
		mkdir "$B/rootfs/$name"
	done
}

test_parents_are_symlinks()
{
	bundle
	canary
	config '.root.readonly = false'
	ln -s "$T/canary" "$B/rootfs/link"
	ln -s "../../../../../../../../../../..$T/canary" "$B/rootfs/up"
	add_mount /link/made/deep tmpfs t
	add_mount /up/other tmpfs t
	add_mount /link/file2 bind /etc/hostname
	config '.linux.devices = [{path: "/link/null2", type: "c", major: 1, minor: 3}] | .process.cwd = "/up/cwd"
		| .linux.maskedPaths = ["/link/dir"] | .linux.readonlyPaths = ["/up"]'
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
	canary_unchanged
}

test_dev_entries_are_symlinks()
{
	local name

	bundle
	canary
	config '.mounts |= map(select(.destination != "/dev")) | .root.readonly = false'
	for name in null pts shm mqueue fd ptmx console; do
		rm -rf "$B/rootfs/dev"
		mkdir "$B/rootfs/dev"
		ln -s "$T/canary/file" "$B/rootfs/dev/$name"
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
		canary_unchanged
		ln -sfn "$T/canary/dir" "$B/rootfs/dev/$name"
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
		canary_unchanged
		ln -sfn "$T/canary/not-there" "$B/rootfs/dev/$name"
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
		canary_unchanged
	done
}

# A volume that lies where the runtime looks for its procfs: nothing that it writes may land in it.
test_magic_links_are_not_followed()
{
	bundle
	canary
	config '.root.readonly = false'
	ln -s /proc/self/root "$B/rootfs/selfroot"
	ln -s /proc/1/root "$B/rootfs/oneroot"
	ln -s /proc/self/cwd "$B/rootfs/cwd"
	ln -s /proc/self/exe "$B/rootfs/exe"
	for target in "/selfroot$T/canary/dir" "/oneroot$T/canary/dir" /cwd/x /exe; do
		bundle_mounts=$(jq -c .mounts "$B/config.json")
		add_mount "$target" bind "$T/canary/file"
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
		config '.mounts = $m' --argjson m "$bundle_mounts"
		canary_unchanged
	done
}

# ---- races on a shared volume (CVE-2021-30465, CVE-2024-45310) ------------------------------------------------------------------

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

	swap "$T/v/dir" "$T/v/link"
	for i in $(seq "$ROUNDS"); do
		if cruet run --bundle "$B" "$ID" >"$T/out" 2>&1; then
			made=$((made + 1))
			lacks canary-content "$(cat "$T/out")"
			# the root of the host's file system, or the canary, mounted inside
			! awk -v c="$T/canary" -v d="$(stat -c %Hd:%Ld / 2>/dev/null)" '$3 == d && ($4 == "/" || index($4, c) == 1) { found = 1 } END { exit !found }' "$T/out" ||
				die "the host is mounted inside: $(cat "$T/out")"
		fi
		canary_unchanged
	done
	stop_swapping
	canary_unchanged
	expect "$before" "$(host_mounts)"
	echo "# $made of $ROUNDS were made"
	[ "$made" -gt 0 ] || die "no container was made at all: $(cat "$T/out")"
}

test_race_for_a_mount()
{
	bundle
	canary
	racing_volume "$T/canary"
	for i in $(seq 20); do
		add_mount "/mnt/dir/$i" tmpfs "t$i"
	done
	before=$(host_mounts)
	args sh -c 'cat /proc/self/mountinfo; cat /mnt/dir/file 2>/dev/null; exit 0'
	race
}

test_race_for_missing_directories()
{
	bundle
	canary
	racing_volume "../../../../../../../../../../..$T/canary"
	add_mount /mnt/dir/one/two/three tmpfs t
	add_mount /mnt/dir/four/file bind /etc/hostname
	config '.linux.devices = [{path: "/mnt/dir/node", type: "c", major: 1, minor: 3}] | .process.cwd = "/mnt/dir/cwd"'
	before=$(host_mounts)
	args cat /proc/self/mountinfo
	race
}

test_race_for_masks()
{
	bundle
	canary
	racing_volume "$T/canary"
	echo secret >"$T/v/dir/file"
	config '.linux.maskedPaths += ["/mnt/dir/file", "/mnt/dir"] | .linux.readonlyPaths += ["/mnt/dir"]'
	before=$(host_mounts)
	args sh -c 'cat /mnt/dir/file; cat /proc/self/mountinfo'
	race
}

# The root of the image itself, in which /proc is a directory in one moment and a symlink in the next.
test_race_for_proc()
{
	bundle
	canary
	config '.root.readonly = false'
	ln -s "$T/canary/dir" "$B/rootfs/link"
	before=$(host_mounts)
	swap "$B/rootfs/proc" "$B/rootfs/link"
	for i in $(seq "$ROUNDS"); do
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
		canary_unchanged
	done
	stop_swapping
	expect "$before" "$(host_mounts)"
}

# ---- what init leaves open -----------------------------------------------------------------------------------------------------

# No directory of the host is in reach through what is inherited (CVE-2024-21626), and none by name.
test_no_host_directory_by_fd()
{
	local n

	bundle
	canary
	for n in 3 4 5 6 7 8 9 10 12 15 20; do
		config '.process.cwd = $c' --arg c "/proc/self/fd/$n"
		args sh -c 'cat ../../../../../../../../../..$0 2>/dev/null; cat $0 2>/dev/null; exit 0' "$T/canary/file"
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 9<"$T/canary" || nothing_left
		lacks canary-content "$(cat "$T/out")"
		config '.process.cwd = "/"'
		args "/proc/self/fd/$n/../../../../../../../../bin/busybox"
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 9<"$T/canary" || nothing_left
	done
	config '.process.cwd = "/"'
	args sh -c 'ls -l /proc/self/fd'
	lacks "$T" "$(cruet run --bundle "$B" "$ID" 9<"$T/canary" 2>&1)"
}
