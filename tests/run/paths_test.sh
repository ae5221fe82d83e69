# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/paths_test.sh: masked and read-only paths, and the root file system itself.

. "${BASH_SOURCE[0]%/*}/look.sh"

# ---- masked ------------------------------------------------------------------------------------------------------------------

test_masked_paths()
{
	bundle
	mkdir "$B/rootfs/mnt/secret"
	echo secret >"$B/rootfs/mnt/secret/f"
	echo secret >"$B/rootfs/mnt/file"
	ln -s file "$B/rootfs/mnt/link"
	config '.linux.maskedPaths += ["/mnt/secret", "/mnt/link", "/not/there", "/mnt/file/not-a-directory", "/proc/uptime"] | .root.readonly = false'
	out=$(run_sh 'ls -a /mnt/secret; wc -c </mnt/file; wc -c </proc/uptime; stat -c %F:%t:%T /mnt/file; touch /mnt/secret/x; rm -f /mnt/secret; echo $?' 2>&1)
	expect ". .. 0 0 character special file:1:3 touch: /mnt/secret/x: Read-only file system 1" \
		"$(echo "$out" | grep -v '^rm:' | paste -sd' ')"
	expect secret "$(cat "$B/rootfs/mnt/file")"
	[ ! -e "$B/rootfs/not" ] || die "made what was to be masked"
}

test_default_masks()
{
	bundle
	out=$(run_sh 'for p in /proc/kcore /proc/keys /proc/timer_list; do [ -e $p ] && [ "$(stat -c %t:%T $p)" != 1:3 ] && echo "$p $(stat -c %t:%T $p)"; done
		for p in /proc/acpi /proc/scsi /sys/firmware; do [ -d $p ] && [ "$(ls -A $p)" ] && echo $p; done; exit 0')
	expect "" "$out"
}

# The masks are of the host's /dev/null: what the image has there is not trusted (CVE-2025-31133).
test_masks_do_not_trust_dev_null()
{
	local kind

	bundle
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false | .linux.maskedPaths = ["/mnt/file"]'
	echo secret >"$B/rootfs/mnt/file"
	echo canary >"$T/canary"
	echo canary >"$B/rootfs/canary"
	for kind in symlink dangling regular missing directory; do
		rm -rf "$B/rootfs/dev/null"
		case $kind in
		symlink) ln -s /canary "$B/rootfs/dev/null" ;;
		dangling) ln -s "$T/canary" "$B/rootfs/dev/null" ;;
		regular) echo fake >"$B/rootfs/dev/null" ;;
		directory) mkdir "$B/rootfs/dev/null" ;;
		esac
		# it may be refused, as the default device cannot be made; it may not show anything
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || { nothing_left; [ "$kind" != missing ] || die "$(cat "$T/out")"; }
		args cat /mnt/file
		cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || nothing_left
		lacks secret "$(cat "$T/out")"
		lacks canary "$(cat "$T/out")"
		expect canary "$(cat "$T/canary")"
	done
}

# The same where nothing is made in /dev, because it is somebody else's.
test_masks_with_a_bound_dev()
{
	bundle
	mkdir "$T/dev"
	ln -s /etc/canary "$T/dev/null"
	echo canary >"$B/rootfs/etc/canary"
	echo secret >"$B/rootfs/mnt/file"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .linux.maskedPaths = ["/mnt/file"]'
	add_mount /dev bind "$T/dev"
	expect "0 1:3" "$(run_sh 'wc -c </mnt/file; stat -c %t:%T /mnt/file' | paste -sd' ')"
	expect canary "$(cat "$B/rootfs/etc/canary")"
}

test_mask_wins_over_a_mount()
{
	bundle
	mkdir "$T/v"
	echo secret >"$T/v/f"
	add_mount /mnt bind "$T/v"
	config '.linux.maskedPaths = ["/mnt"]'
	expect "" "$(run_sh 'ls /mnt')"
	config '.linux.maskedPaths = ["/mnt/f"]'
	expect "" "$(run_sh 'cat /mnt/f')"
	expect secret "$(cat "$T/v/f")"
}

test_masked_symlink_stays_inside()
{
	bundle
	mkdir "$T/outside"
	echo outside >"$T/outside/f"
	mkdir -p "$B/rootfs$T/outside"
	echo inside >"$B/rootfs$T/outside/f"
	ln -s "$T/outside/f" "$B/rootfs/mnt/l"
	ln -s "../../../../../../../../../..$T/outside/f" "$B/rootfs/mnt/up"
	config '.linux.maskedPaths = ["/mnt/l"]'
	expect "" "$(run_sh "cat $T/outside/f")"
	config '.linux.maskedPaths = ["/mnt/up"]'
	expect "" "$(run_sh "cat $T/outside/f")"
	expect outside "$(cat "$T/outside/f")"
}

test_many_masks_share_one_file_system()
{
	bundle
	mkdir "$B/rootfs/mnt/"{1..50}
	config '.linux.maskedPaths = [range(1; 51) | "/mnt/\(.)"]'
	look
	expect 50 "$(grep -c ' /mnt/[0-9]* ro' "$T/mountinfo")"
	expect 1 "$(awk '$5 ~ "^/mnt/" { print $3 }' "$T/mountinfo" | sort -u | wc -l)"
	contains "nr_inodes=" "$(line_of /mnt/7)"
}

# ---- read-only ---------------------------------------------------------------------------------------------------------------

test_readonly_paths()
{
	bundle
	mkdir "$B/rootfs/mnt/d"
	echo x >"$B/rootfs/mnt/f"
	mkdir "$T/v"
	mount -t tmpfs -o nosuid,nodev v "$T/v"
	add_mount /tmp none "$T/v" bind
	config '.root.readonly = false | .linux.readonlyPaths += ["/mnt/d", "/mnt/f", "/not/there", "/tmp"]'
	out=$(run_sh 'for f in /mnt/d/x /mnt/f /tmp/x /proc/sys/kernel/shmmax; do (: >>$f) 2>/dev/null && echo $f; done; : >/mnt/ok && echo written')
	expect written "$out"
	look
	for word in ro nosuid nodev; do
		has_option /tmp "$word"
	done
	has_option /proc/sys ro
	expect x "$(cat "$B/rootfs/mnt/f")"
	[ ! -e "$B/rootfs/not" ] || die "made it"
}

# What is mounted below is read-only as well: a bind that is not recursive would leave it out, or leave it writable.
test_readonly_path_with_mounts_below()
{
	bundle
	volume "$T/v"
	add_mount /mnt none "$T/v" rbind
	config '.linux.readonlyPaths += ["/mnt"]'
	out=$(run_sh 'cat /mnt/sub/file; (: >/mnt/x) 2>/dev/null && echo top; exit 0')
	expect sub "$out"
	look
	has_option /mnt ro
}

test_readonly_path_through_symlink()
{
	bundle
	config '.root.readonly = false | .linux.readonlyPaths += ["/mnt/l"]'
	mkdir "$B/rootfs/mnt/d"
	ln -s /mnt/d "$B/rootfs/mnt/l"
	fails "Read-only" run_sh ': >/mnt/d/x'
}

test_paths_in_a_user_namespace()
{
	bundle
	mapped
	config '.root.readonly = false'
	echo secret >"$B/rootfs/mnt/file"
	mkdir -m 755 "$B/rootfs/mnt/d"
	chown 100000:100000 "$B/rootfs/mnt/d"
	mkdir "$T/v"
	mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 v "$T/v"
	add_mount /tmp none "$T/v" bind
	config '.linux.maskedPaths += ["/mnt/file"] | .linux.readonlyPaths += ["/mnt/d", "/tmp"]'
	out=$(run_sh 'wc -c </mnt/file; for f in /mnt/d/x /tmp/x; do (: >$f) 2>/dev/null && echo $f; done; : >/mnt/x && echo written')
	expect "0 written" "$(echo "$out" | paste -sd' ')"
}

# ---- the root ---------------------------------------------------------------------------------------------------------------

test_root_readonly()
{
	local before

	bundle
	mkdir "$T/v"
	add_mount /mnt bind "$T/v"
	before=$(stat -c %y "$B/rootfs/etc")
	out=$(run_sh '(: >/etc/x) 2>/dev/null && echo root; : >/mnt/x && : >/dev/shm/x && echo volumes')
	expect volumes "$out"
	look
	has_option / ro
	expect "$before" "$(stat -c %y "$B/rootfs/etc")"
	config '.root.readonly = false'
	run_sh ': >/etc/x' && [ -e "$B/rootfs/etc/x" ]
	grep -q " $B/rootfs " /proc/self/mountinfo && die "the rootfs is mounted outside"
	return 0
}

test_root_path_forms()
{
	bundle
	args sh -c 'echo $0 here; pwd' x
	config '.root.path = $p' --arg p "$B/rootfs"
	contains here "$(cruet run --bundle "$B" "$ID")"
	mv "$B/rootfs" "$T/elsewhere"
	ln -s "$T/elsewhere" "$B/rootfs"
	config '.root.path = "./rootfs/"'
	contains here "$(cruet run --bundle "$B" "$ID")"
	config '.root.path = "none"'
	fails "root.path '$B/none'" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.root.path = "/"'
	fails "root.path" cruet run --bundle "$B" "$ID"
	config '.root.path = "config.json"'
	fails "Not a directory" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_root_with_mounts_of_the_host()
{
	bundle
	mount -t tmpfs hosts "$B/rootfs/mnt"
	: >"$B/rootfs/mnt/from-the-host"
	expect from-the-host "$(run_sh 'ls /mnt')"
	umount "$B/rootfs/mnt"
}

test_nothing_of_the_host_below_the_root()
{
	bundle
	look
	expect "" "$(awk -v t="$T" 'index($5, t) || $5 ~ "old" || $5 ~ "scratch"' "$T/mountinfo")"
	expect / "$(awk 'NR == 1 { print $5 }' "$T/mountinfo")"
}

test_root_propagation()
{
	local word

	bundle
	while read -r word says; do
		config '.linux.rootfsPropagation = $w' --arg w "$word"
		look
		got=$(line_of / | cut -d' ' -f2)
		case $got in
		"$says"*) ;;
		*) die "$word: $got" ;;
		esac
	done <<-END
		private private
		rprivate private
		shared shared:
		rshared shared:
		unbindable unbindable
		runbindable unbindable
		slave master:
		rslave master:
	END
	config '.linux.rootfsPropagation = "sideways"'
	fails rootfsPropagation cruet run --bundle "$B" "$ID"
}

# With one volume shared both ways, containerd and CRI-O ask for rshared: the other volumes stay as they said.
test_root_propagation_leaves_the_mounts()
{
	bundle
	volume "$T/v"
	mount --make-rshared "$T/v"
	config '.linux.rootfsPropagation = "rshared"'
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]'
	add_mount /mnt/shared none "$T/v" rbind rshared
	add_mount /mnt/private none "$T/v" rbind rprivate
	add_mount /mnt/slave none "$T/v" rbind rslave
	look
	contains shared: "$(line_of /mnt/shared)"
	expect private "$(line_of /mnt/private | cut -d' ' -f2)"
	expect private "$(line_of /mnt/private/sub | cut -d' ' -f2)"
	lacks shared: "$(line_of /mnt/slave)"
	contains master: "$(line_of /mnt/slave)"
}

test_no_pivot()
{
	bundle
	args sh -c 'ls /; cat /proc/self/mountinfo >&2; (: >/etc/x) 2>/dev/null && echo written; exit 0'
	cruet run --no-pivot --bundle "$B" "$ID" >"$T/out" 2>"$T/mountinfo"
	expect "$(find "$B/rootfs" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd' ')" "$(paste -sd' ' "$T/out")"
	has_option / ro
	expect proc "$(line_of /proc | cut -d' ' -f3)"
}

# A host file must not be in reach by climbing, with or without pivot_root.
test_no_way_up()
{
	bundle
	echo outside >"$T/outside"
	for option in "" --no-pivot; do
		args sh -c "cd ..; cd ../../../..; cat .$T/outside /proc/1/root$T/outside /proc/self/cwd/../../../..$T/outside 2>/dev/null; ls -d \$PWD"
		# shellcheck disable=SC2086 # an option or none
		expect / "$(cruet run $option --bundle "$B" "$ID")"
	done
}
