# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/mounts_test.sh: what is mounted in a container, looked at from inside, and that nothing of it is seen outside.

. "${BASH_SOURCE[0]%/*}/look.sh"

test_default_mounts()
{
	bundle
	look
	expect "proc proc" "$(line_of /proc | cut -d' ' -f3,4)"
	expect "rw,nosuid" "$(options_of /dev)"
	expect "tmpfs tmpfs" "$(line_of /dev | cut -d' ' -f3,4)"
	contains "size=65536k" "$(line_of /dev)"
	contains "mode=755" "$(line_of /dev)"
	expect "rw,nosuid,noexec,relatime private devpts devpts rw,gid=5,mode=620,ptmxmode=666" "$(line_of /dev/pts)"
	expect "rw,nosuid,nodev,noexec,relatime private tmpfs shm" "$(line_of /dev/shm | cut -d' ' -f1-4)"
	expect "rw,nosuid,nodev,noexec,relatime private mqueue mqueue" "$(line_of /dev/mqueue | cut -d' ' -f1-4)"
	expect "ro,nosuid,nodev,noexec,relatime private sysfs sysfs" "$(line_of /sys | cut -d' ' -f1-4)"
	expect "ro,nosuid,nodev,noexec,relatime" "$(options_of /sys/fs/cgroup)"
	expect private "$(awk '{ for (i = 7; $i != "-"; i++) print $i }' "$T/mountinfo" | sort -u | grep -v '^master:' | grep . || echo private)"
	expect "proc:1" "$(run_sh 'stat -c proc:%i /proc')"
}

test_bind_file_and_directory()
{
	bundle
	mkdir -p "$T/src/sub"
	echo file >"$T/src/f"
	echo one >"$T/one"
	add_mount /mnt/d none "$T/src" bind
	add_mount /mnt/e bind "$T/src"
	add_mount /etc/one "" "$T/one" rbind ro
	add_mount /a/b/c/made bind "$T/one"
	config '.root.readonly = false'
	out=$(run_sh 'cat /mnt/d/f /mnt/e/f /etc/one /a/b/c/made; echo in >/mnt/d/written; echo no >/etc/one || echo refused') || die "$out"
	expect "file file one one refused" "$(echo "$out" | grep -v read-only | paste -sd' ')"
	expect in "$(cat "$T/src/written")"
	expect one "$(cat "$T/one")"
	expect "755 0" "$(stat -c '%a %s' "$B/rootfs/a/b/c" | cut -d' ' -f1) $(stat -c %s "$B/rootfs/a/b/c/made")"
}

test_bind_sources()
{
	bundle
	mkdir "$B/vol"
	echo relative >"$B/vol/f"
	ln -s vol "$B/link"
	add_mount /mnt bind vol ro
	add_mount /tmp bind link ro
	expect "relative relative" "$(run_sh 'cat /mnt/f /tmp/f' | paste -sd' ')"
}

# The error names the mount and the source, and leaves nothing behind: no container, no mount, no cgroup.
test_source_missing()
{
	local before

	bundle
	before=$(host_mounts)
	add_mount /mnt bind "$T/none" rbind
	fails "$T/none" cruet run --bundle "$B" "$ID"
	contains "mounts[7] /mnt" "$(cat "$T/fails.out")"
	contains "No such file or directory" "$(cat "$T/fails.out")"
	expect 1 "$(wc -l <"$T/fails.out")"
	expect "$before" "$(host_mounts)"
	nothing_left
}

test_rbind()
{
	bundle
	volume "$T/v"
	mkdir "$B/rootfs/mnt/"{one,all}
	add_mount /mnt/one none "$T/v" bind
	add_mount /mnt/all none "$T/v" rbind
	out=$(run_sh 'cat /mnt/one/file /mnt/all/file /mnt/all/sub/file; cat /mnt/one/sub/file || echo empty')
	contains "top top sub empty" "$(echo "$out" | grep -v "No such" | paste -sd' ')"
	look
	expect "tmpfs submount" "$(line_of /mnt/all/sub | cut -d' ' -f3,4)"
	expect "" "$(line_of /mnt/one/sub)"
}

# Word by word: WORD MOUNTINFO-SAYS [UNDONE-BY]
test_option_words()
{
	local word says undo n=0

	bundle
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]'
	while read -r word says undo; do
		n=$((n + 1))
		add_mount "/mnt/a$n" tmpfs t "$word"
		add_mount "/mnt/b$n" tmpfs t "$word" "$undo"
		mkdir -p "$T/s$n"
		add_mount "/mnt/c$n" bind "$T/s$n" "$word"
		echo "$n $says" >>"$T/wanted"
	done <<-END
		ro ro rw
		nosuid nosuid suid
		nodev nodev dev
		noexec noexec exec
		noatime noatime atime
		noatime noatime relatime
		nodiratime nodiratime diratime
		nosymfollow nosymfollow symfollow
		rro ro rrw
		rnosuid nosuid rsuid
		rnodev nodev rdev
		rnoexec noexec rexec
		rnoatime noatime ratime
		rnodiratime nodiratime rdiratime
		rnosymfollow nosymfollow rsymfollow
		rro ro rrw
	END
	look
	while read -r n says; do
		has_option "/mnt/a$n" "$says"
		lacks_option "/mnt/b$n" "$says"
		has_option "/mnt/c$n" "$says"
	done <"$T/wanted"
}

test_access_time_words()
{
	local word n=0

	bundle
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]'
	for word in strictatime rstrictatime; do
		add_mount "/mnt/$word" tmpfs t noatime "$word"
	done
	add_mount /mnt/kept tmpfs t noatime norelatime nostrictatime
	for word in relatime atime norelatime nostrictatime rrelatime ratime rnorelatime rnostrictatime defaults; do
		add_mount "/mnt/$word" tmpfs t "$word"
	done
	look
	for word in strictatime rstrictatime; do
		expect rw "$(options_of "/mnt/$word")"
	done
	expect rw,noatime "$(options_of /mnt/kept)"
	for word in relatime atime norelatime nostrictatime rrelatime ratime rnorelatime rnostrictatime defaults; do
		expect rw,relatime "$(options_of "/mnt/$word")"
	done
}

# What is the super block's.
test_super_block_words()
{
	local word

	bundle
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]'
	for word in sync dirsync lazytime; do
		add_mount "/mnt/$word" tmpfs t "$word"
		add_mount "/mnt/no$word" tmpfs t "$word" "$(case $word in sync) echo async ;; dirsync) echo defaults ;; *) echo nolazytime ;; esac)"
	done
	add_mount /mnt/nothing tmpfs t silent loud iversion noiversion mand nomand async nolazytime
	look
	contains sync "$(line_of /mnt/sync | cut -d' ' -f5)"
	contains dirsync "$(line_of /mnt/dirsync | cut -d' ' -f5)"
	contains lazytime "$(line_of /mnt/lazytime | cut -d' ' -f5)"
	lacks sync "$(line_of /mnt/nosync | cut -d' ' -f5)"
	lacks lazytime "$(line_of /mnt/nolazytime | cut -d' ' -f5)"
	lacks sync "$(line_of /mnt/nothing | cut -d' ' -f5)"
}

test_recursive_words()
{
	local word says

	bundle
	volume "$T/v"
	while read -r word says; do
		config '.mounts |= map(select(.destination != "/mnt"))'
		add_mount /mnt none "$T/v" rbind "$word"
		look
		has_option /mnt "$says"
		has_option /mnt/sub "$says"
	done <<-END
		rro ro
		rnosuid nosuid
		rnodev nodev
		rnoexec noexec
		rnoatime noatime
		rnodiratime nodiratime
		rnosymfollow nosymfollow
	END
	for word in ro nosuid; do
		config '.mounts |= map(select(.destination != "/mnt"))'
		add_mount /mnt none "$T/v" rbind "$word"
		look
		has_option /mnt "$word"
		lacks_option /mnt/sub "$word"
	done
	# and not on the host's
	expect "" "$(awk -v v="$T/v" 'index($5, v) == 1 && $6 ~ /(^|,)(ro|nosuid|nodev|noexec|noatime|nosymfollow)(,|$)/' /proc/self/mountinfo)"
}

test_recursive_clear()
{
	bundle
	volume "$T/v"
	mount -o remount,bind,ro "$T/v/sub"
	add_mount /mnt none "$T/v" rbind rrw
	look
	lacks_option /mnt/sub ro
	has_option /mnt/sub rw
	grep -q " $T/v/sub ro" /proc/self/mountinfo || die "the host's mount was changed"
}

test_nosymfollow_acts()
{
	bundle
	mkdir "$T/v"
	echo x >"$T/v/f"
	ln -s f "$T/v/l"
	add_mount /mnt bind "$T/v" nosymfollow
	fails "/mnt/l': Too many levels" run_sh 'cat /mnt/f /mnt/l'
	contains x "$(cat "$T/fails.out")"
}

test_propagation_words()
{
	local word

	bundle
	mkdir "$T/v"
	config '.linux.rootfsPropagation = "rprivate"'
	mount -t tmpfs v "$T/v"
	mount --make-shared "$T/v"
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]'
	for word in private shared slave unbindable rprivate rshared rslave runbindable; do
		add_mount "/mnt/$word" bind "$T/v" "$word"
	done
	add_mount /mnt/later tmpfs t shared private
	add_mount /mnt/both tmpfs t slave shared
	look
	for word in private rprivate later; do
		expect private "$(line_of "/mnt/$word" | cut -d' ' -f2)"
	done
	for word in shared rshared both; do
		contains shared: "$(line_of "/mnt/$word")"
	done
	for word in unbindable runbindable; do
		expect unbindable "$(line_of "/mnt/$word" | cut -d' ' -f2)"
	done
}

# A mount that the host makes in a volume arrives where it was asked for, and only there.
test_propagation_from_the_host()
{
	bundle
	volume "$T/v"
	mount --make-shared "$T/v"
	mkdir "$T/v/later"
	mkdir "$B/rootfs/mnt/"{slave,private}
	add_mount /mnt/slave none "$T/v" rbind rslave
	add_mount /mnt/private none "$T/v" rbind rprivate
	args sleep 100
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	mount -t tmpfs later "$T/v/later"
	touch "$T/v/later/arrived"
	pid=$(pid_of "$ID")
	[ -e "/proc/$pid/root/mnt/slave/later/arrived" ] || die "nothing arrived"
	[ ! -e "/proc/$pid/root/mnt/private/later/arrived" ] || die "arrived in a private mount"
}

# And one made inside leaves only where rshared was asked for (Kubernetes' Bidirectional).
test_propagation_to_the_host()
{
	local word

	bundle
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"]) | del(.linux.seccomp)'
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]'
	for word in slave rslave private rprivate rshared; do
		mkdir "$T/v$word"
		mount -t tmpfs volume "$T/v$word"
		mount --make-shared "$T/v$word"
		mkdir "$T/v$word/x"
		add_mount "/mnt/v$word" none "$T/v$word" rbind "$word"
	done
	config '.linux.rootfsPropagation = "rshared"'
	out=$(run_sh 'for v in /mnt/v*; do mount -t tmpfs inside $v/x && : >$v/x/made; done' 2>&1) || die "$out"
	expect "$T/vrshared/x" "$(awk '/ inside / { print $5 }' /proc/self/mountinfo)"
	umount "$T/vrshared/x"
}

test_nothing_leaves_by_default()
{
	bundle
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"]) | del(.linux.seccomp)'
	volume "$T/v"
	mount --make-rshared "$T/v"
	add_mount /mnt none "$T/v" rbind
	out=$(run_sh 'mount -t tmpfs inside /mnt/sub && : >/mnt/sub/made' 2>&1) || die "$out"
	expect "" "$(awk '/ inside / { print $5 }' /proc/self/mountinfo)"
}

test_nothing_is_seen_outside()
{
	local before

	bundle
	volume "$T/v"
	mount --make-rshared "$T/v"
	add_mount /mnt none "$T/v" rbind rw
	add_mount /mnt/sub/deep tmpfs t
	before=$(host_mounts)
	args sleep 100
	cruet create --bundle "$B" "$ID"
	expect "$before" "$(host_mounts)"
	cruet start "$ID"
	expect "$before" "$(host_mounts)"
	cruet delete --force "$ID"
	expect "$before" "$(host_mounts)"
	add_mount /tmp nosuchfs x
	fails nosuchfs cruet run --bundle "$B" "$ID"
	expect "$before" "$(host_mounts)"
}

test_volume_in_a_user_namespace_stays_outside()
{
	local before

	bundle
	mapped
	config '.root.readonly = false'
	volume "$T/v"
	mount --make-rshared "$T/v"
	mkdir "$T/v/x"
	add_mount /mnt none "$T/v" rbind
	add_mount /mnt/x tmpfs t
	before=$(host_mounts)
	run_sh 'grep -q " /mnt/x " /proc/mounts' || die "no mount"
	expect "$before" "$(host_mounts)"
}
