# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/mounts_cmd_test.sh: mounts add and mounts remove: mounts that a container gets, and loses, while it runs.

. "${BASH_SOURCE[0]%/*}/look.sh"

# A container that goes on, with a root that can be written; `running [FILTER]` changes its configuration before.
running()
{
	writable
	config "${1:-.}"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/run.out" 2>&1 </dev/null || die "$(cat "$T/run.out")"
}

# mount_words DESTINATION TYPE SOURCE [OPTION...]: one as FILE has it
mount_words()
{
	jq -nc '$ARGS.positional as $m | {destination: $m[0], type: $m[1], source: $m[2], options: $m[3:]} | with_entries(select(.value != "" and .value != []))' --args -- "$@"
}

# file MOUNT...: $T/mounts.json with these
file()
{
	printf '%s\n' "$@" | jq -s . >"$T/mounts.json"
}

add()
{
	cruet mounts add "$ID" "$T/mounts.json"
}

remove()
{
	cruet mounts remove "$ID" "$T/mounts.json"
}

inside()
{
	cruet exec "$ID" "$@"
}

# As it is inside now; $T/mountinfo is what look.sh reads.
table()
{
	cat "/proc/$(pid_of "$ID")/mountinfo" >"$T/mountinfo"
}

mounted()
{
	table
	[ -n "$(line_of "$1")" ] || die "nothing is mounted at $1"
}

not_mounted()
{
	table
	[ -z "$(line_of "$1")" ] || die "mounted at $1: $(line_of "$1")"
}

# What is there now, to be compared later.
points()
{
	cut -d' ' -f5- "/proc/$(pid_of "$ID")/mountinfo" | sort
}

test_add_binds()
{
	local before

	running
	volume "$T/v"
	echo one >"$T/one"
	mkdir "$B/vol"
	echo relative >"$B/vol/f"
	before=$(host_mounts)
	file "$(mount_words /mnt bind "$T/v" bind nosuid)" "$(mount_words /a/b/all none "$T/v" rbind rro)" \
		"$(mount_words /a/one "" "$T/one" bind ro)" "$(mount_words rel/ bind vol)"
	add
	expect "top top sub one relative" "$(inside cat /mnt/file /a/b/all/file /a/b/all/sub/file /a/one /rel/f | paste -sd' ')"
	table
	has_option /mnt nosuid
	has_option /a/one ro
	all_readonly /a/b/all
	lacks_option /mnt ro
	inside sh -c 'echo in >/mnt/new && ! echo no >/a/b/all/new && ! echo no >/a/b/all/sub/new && ! echo no >/a/one' 2>/dev/null
	expect in "$(cat "$T/v/new")"
	expect "$before" "$(host_mounts)"
	expect "755 0:0" "$(stat -c '%a %u:%g' "$B/rootfs/a/b")"
}

# A mount in the one before it; propagation is as when a container is made.
test_add_nested_and_propagation()
{
	running
	mkdir -p "$T/v/deep"
	mount -t tmpfs t "$T/v"
	mount --make-shared "$T/v"
	mkdir -m 750 "$T/v/dir"
	file "$(mount_words /data bind "$T/v" rbind)" "$(mount_words /data/dir tmpfs t size=1m)" \
		"$(mount_words /data/made tmpfs t)" "$(mount_words /private bind "$T/v" rbind rprivate)" \
		"$(mount_words /own bind "$T/v" bind rshared)"
	add
	table
	contains "master:" "$(line_of /data)"
	expect "private" "$(line_of /private | cut -d' ' -f2)"
	contains "shared:" "$(line_of /own)"
	expect "750 1777" "$(inside stat -c %a /data/dir /data/made | paste -sd' ')"
	# none of it is on the host; what the host mounts arrives where it shall
	expect "" "$(awk -v t="$T/v/" 'index($5, t) == 1' /proc/self/mountinfo)"
	mkdir "$T/v/later"
	mount -t tmpfs later "$T/v/later"
	mounted /data/later
	not_mounted /private/later
}

test_add_file_systems()
{
	running
	mkdir -m 711 "$B/rootfs/scratch"
	file "$(mount_words /scratch tmpfs t size=1m nodev)" "$(mount_words /moded tmpfs t mode=700)" \
		"$(mount_words /fixed tmpfs t ro noexec)" "$(mount_words /fixed/inner tmpfs t)" \
		"$(mount_words /p proc p ro)" "$(mount_words /s sysfs "" ro nosuid)" "$(mount_words /q mqueue q)" \
		"$(mount_words /pts devpts "" newinstance ptmxmode=0666)" "$(mount_words /r ramfs r)"
	add
	table
	has_option /scratch nodev
	contains "size=1024k" "$(line_of /scratch)"
	expect "711 700" "$(inside stat -c %a /scratch /moded | paste -sd' ')"
	has_option /fixed ro
	has_option /fixed noexec
	inside sh -c 'touch /fixed/inner/x && ! touch /fixed/x' 2>/dev/null
	expect "proc sysfs mqueue devpts ramfs" "$(for at in /p /s /q /pts /r; do line_of $at | cut -d' ' -f3; done | paste -sd' ')"
	# they are those of the container's namespaces
	expect "sleep lo" "$(inside sh -c 'cat /p/1/comm; ls /s/class/net' | paste -sd' ')"
	inside test -c /pts/ptmx
	remove
	expect "" "$(points | grep -E '^/(scratch|moded|fixed|p|s|q|pts|r)( |/)')"
}

test_add_cgroup()
{
	running
	file "$(mount_words /cg cgroup c ro)"
	if ! cgroup_v2; then
		fails "mounts[0] /cg: the hierarchies of cgroup v1 are several mounts" add
		return
	fi
	add
	table
	has_option /cg ro
	inside test -e /cg/cgroup.procs
	expect "$(inside cat /sys/fs/cgroup/cgroup.procs | wc -l)" "$(inside cat /cg/cgroup.procs | wc -l)"
}

# A disk is the host's: its path means nothing inside.
test_add_disk()
{
	on ext4
	echo on disk >"$T/fs/f"
	running
	file "$(mount_words /disk ext4 "$(awk -v at="$T/fs" '$5 == at { print $(NF - 1) }' /proc/self/mountinfo)" nosuid)"
	add
	expect "on disk" "$(inside cat /disk/f)"
	mapped_container
	fails "mounts[0] /disk: a file system of type 'ext4' cannot be added to a running container in a user namespace" add
}

mapped_container()
{
	cruet delete --force "$ID"
	mapped
	cruet run --detach --bundle "$B" "$ID" >"$T/run.out" 2>&1 </dev/null || die "$(cat "$T/run.out")"
}

test_created_and_paused()
{
	writable
	args sh -c 'cat /data/f; sleep 1000'
	mkdir "$T/v"
	echo here >"$T/v/f"
	file "$(mount_words /data bind "$T/v")"
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null
	add
	cruet start "$ID"
	wait_until 10 grep -q here "$T/out"
	cruet pause "$ID"
	remove
	not_mounted /data
	add
	# a namespace is joined that has all of its processes frozen
	file "$(mount_words /p proc p)"
	add
	expect paused "$(status_of "$ID")"
	cruet resume "$ID"
	expect here "$(inside cat /data/f)"
}

test_stdin_and_errors()
{
	running
	mount_words /data tmpfs t | jq -s . | cruet mounts add "$ID" -
	mounted /data
	mount_words /data "" "" | jq -s . | cruet mounts remove "$ID" -
	not_mounted /data
	echo '{"destination": "/data"}' >"$T/mounts.json"
	fails "'$T/mounts.json'" add
	echo '[{"destination": "/data", "type": "tmpfs"' >"$T/mounts.json"
	fails "'$T/mounts.json'" add
	echo '[{"destination": "/data", "type": 5}]' >"$T/mounts.json"
	fails "[0].type: expected a string" add
	echo '[{"type": "tmpfs"}]' >"$T/mounts.json"
	fails "destination" add
	echo '[]' >"$T/mounts.json"
	fails "no mounts are named" add
	file "$(mount_words /data bind "$T/none")"
	fails "mounts[0] /data: cannot bind '$T/none': No such file or directory" add
	expect 1 "$(wc -l <"$T/fails.out")"
	file "$(mount_words /data nonsense "")"
	fails "mounts[0] /data: cannot use file system type 'nonsense'" add
	file "$(mount_words /data tmpfs "" size=much)"
	fails "mounts[0] /data: " add
	fails "unknown action 'replace': add or remove" cruet mounts replace "$ID" "$T/mounts.json"
	fails "$T/nothing" cruet mounts add "$ID" "$T/nothing"
	not_mounted /data
}

test_not_running()
{
	running
	file "$(mount_words /data tmpfs t)"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	fails "cannot add mounts to the container '$ID': it is stopped (container not running)" add
	fails "cannot remove mounts of the container '$ID': it is stopped (container not running)" remove
	cruet delete "$ID"
	fails "container does not exist" add
	rm -r "$B"
	writable
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/run.out" 2>&1 </dev/null || die "$(cat "$T/run.out")"
	fails "has no mount namespace of its own" add
}

# What was attached before the one that fails is gone again, wherever it fails.
test_all_or_none()
{
	local before

	running
	before=$(points)
	mkdir -p "$T/v/sub"
	echo one >"$T/one"
	ln -s /proc/sys "$B/rootfs/into-proc"
	# a source, a file system, a target of the wrong kind, one that the runtime refuses, a flag that this kernel has not
	for last in "$(mount_words /x bind "$T/none")" "$(mount_words /x tmpfs t nonsense=1)" \
		"$(mount_words /etc bind "$T/one")" "$(mount_words /into-proc/fs tmpfs t)"; do
		file "$(mount_words /b1 bind "$T/v" rbind ro)" "$(mount_words /t1 tmpfs t)" "$(mount_words /t1/b2 bind "$T/one")" "$last"
		fails "mounts[3]" add
		expect "$before" "$(points)"
	done
	# and what was there before stays
	file "$(mount_words /t1 tmpfs mine)"
	add
	before=$(points)
	file "$(mount_words /t1 tmpfs other)" "$(mount_words /etc bind "$T/one")"
	fails "mounts[1] /etc" add
	expect "$before" "$(points)"
}

# A lookup that never ends: the time limit ends it, and nothing of it stays.
test_time_limit()
{
	local before pid

	[ -c /dev/fuse ] || skip "no /dev/fuse"
	command -v python3 >/dev/null || skip "needs python3"
	running
	mkdir "$B/rootfs/silent"
	before=$(points)
	python3 "$HERE/helpers/silent_fuse.py" "$(pid_of "$ID")" /silent >"$T/fuse.out" 2>&1 &
	pid=$!
	wait_until 10 grep -q . "$T/fuse.out"
	grep -q mounted "$T/fuse.out" || skip "no FUSE here: $(cat "$T/fuse.out")"
	file "$(mount_words /before tmpfs t)" "$(mount_words /b2 bind "$T")" "$(mount_words /silent/x tmpfs t)"
	fails "init did not get past step 'attach'" cruet mounts --timeout 1s add "$ID" "$T/mounts.json"
	not_mounted /before
	not_mounted /b2
	expect "" "$(pgrep -f '^cruet:\[init\]' || :)"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || :
	file "$(mount_words /silent "" "")"
	remove
	expect "$before" "$(points)"
}

# The container's root is the mount's owner, and a mount point's that had to be made; the host's files stay the host's.
test_userns()
{
	writable
	mapped
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/run.out" 2>&1 </dev/null || die "$(cat "$T/run.out")"
	mkdir -m 755 "$T/v"
	chmod 711 "$T"
	echo of root >"$T/v/f"
	chmod 700 "$T/v" # only the host's root can get there
	file "$(mount_words /data/made bind "$T/v/f" ro)" "$(mount_words /t tmpfs t size=1m)" "$(mount_words /q mqueue "")"
	add
	expect "of root" "$(inside cat /data/made)"
	expect "65534:65534 0:0 0:0" "$(inside stat -c %u:%g /data/made /t /data | paste -sd' ')"
	expect 100000:100000 "$(stat -c %u:%g "$B/rootfs/data")"
	inside sh -c 'echo x >/t/x && ! echo x >/data/made' 2>/dev/null
	remove
	not_mounted /data/made
	# those of its own namespaces, as its own root
	file "$(mount_words /p proc p)" "$(mount_words /s sysfs s)"
	add
	expect "sleep lo" "$(inside sh -c 'cat /p/1/comm; ls /s/class/net' | paste -sd' ')"
}

id_mapped()
{
	on "$1"
	mkdir -p "$T/fs/v/sub"
	echo of root >"$T/fs/v/root"
	echo of a user >"$T/fs/v/user"
	chown 1000:2000 "$T/fs/v/user"
	writable
	mapped
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/run.out" 2>&1 </dev/null || die "$(cat "$T/run.out")"
	file "$(mount_words /as-it-is bind "$T/fs/v" rbind)" "$(mount_words /option bind "$T/fs/v" rbind idmap)" \
		"$(mount_words /mapped bind "$T/fs/v" rbind | jq -c '.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .gidMappings = .uidMappings')" \
		"$(mount_words /other bind "$T/fs/v" bind | jq -c '.uidMappings = [{containerID: 1000, hostID: 100005, size: 1}, {containerID: 0, hostID: 100000, size: 1}] | .gidMappings = [{containerID: 2000, hostID: 100006, size: 1}]')"
	add
	expect "65534:65534 65534:65534" "$(inside stat -c %u:%g /as-it-is/root /as-it-is/user | paste -sd' ')"
	expect "0:0 1000:2000" "$(inside stat -c %u:%g /option/root /option/user | paste -sd' ')"
	expect "0:0 1000:2000" "$(inside stat -c %u:%g /mapped/root /mapped/user | paste -sd' ')"
	expect "5:6" "$(inside stat -c %u:%g /other/user)"
	inside touch /mapped/new
	expect 0:0 "$(stat -c %u:%g "$T/fs/v/new")"
}

test_idmap_tmpfs()
{
	id_mapped tmpfs
	# below it as well, or not
	mount -t tmpfs below "$T/fs/v/sub"
	file "$(mount_words /top bind "$T/fs/v" rbind idmap)" "$(mount_words /all bind "$T/fs/v" rbind ridmap)"
	add
	expect "65534 0" "$(inside stat -c %u /top/sub /all/sub | paste -sd' ')"
	umount "$T/fs/v/sub"
}

test_idmap_ext4()
{
	id_mapped ext4;
}

test_idmap_refused()
{
	local before

	running
	before=$(points)
	mkdir "$T/fs"
	mount -t ramfs none "$T/fs"
	file "$(mount_words /t tmpfs t)" "$(mount_words /data bind "$T/fs" | jq -c '.uidMappings = [{containerID: 0, hostID: 5, size: 1}] | .gidMappings = .uidMappings')"
	fails "mounts[1] /data: file system 'ramfs' does not support id-mapped mounts" add
	expect "$before" "$(points)"
}

test_remove()
{
	local before

	running
	before=$(points)
	mkdir -p "$T/v/sub"
	file "$(mount_words /data bind "$T/v")" "$(mount_words /data/sub tmpfs t)" "$(mount_words /file bind "$T/mounts.json")"
	add
	remove
	expect "$before" "$(points)"
	# in any order; and all or nothing
	add
	file "$(mount_words /data/sub "" "")" "$(mount_words /data "" "")" "$(mount_words /nothing "" "")"
	fails "mounts[2] /nothing: nothing is mounted there" remove
	mounted /data/sub
	jq '.[0:2]' "$T/mounts.json" >"$T/m" && mv "$T/m" "$T/mounts.json"
	remove
	file "$(mount_words /file "" "")"
	remove
	expect "$before" "$(points)"
	# the uppermost, with what is below it, also in use
	file "$(mount_words /data tmpfs lower)"
	add
	file "$(mount_words /data tmpfs upper)" "$(mount_words /data/sub tmpfs t)"
	add
	inside sh -c 'cd /data/sub && sleep 1000' &
	wait_until 10 pgrep -f 'sleep 1000'
	file "$(mount_words /data "" "")"
	remove
	expect "tmpfs lower" "$(table; line_of /data | cut -d' ' -f3,4)"
	remove
	expect "$before" "$(points)"
	# one of the configuration
	file "$(mount_words /dev/shm "" "")"
	remove
	not_mounted /dev/shm
}

test_remove_refuses()
{
	local before

	running
	before=$(points)
	for at in / /proc /sys /proc/keys /proc/sys; do
		file "$(mount_words "$at" "" "")"
		fails "mounts[0] $at" remove
	done
	for at in /proc/self/fd /etc /bin/busybox /nothing /proc/sys/kernel; do
		file "$(mount_words "$at" "" "")"
		fails "mounts[0] $at: nothing is mounted there" remove
	done
	for at in /proc /sys /proc/keys /sys/firmware; do
		file "$(mount_words "$at" bind "$T")"
		fails "mounts[0] $at" add
	done
	expect "$before" "$(points)"
}

# The container would have us take away a mask: by a symlink that looks like the mount which is to go.
test_remove_by_a_symlink()
{
	local before

	running
	before=$(points)
	file "$(mount_words /data "" "")"
	for at in /proc/keys /sys/firmware /proc/sys /dev/shm ../../proc/keys; do
		inside ln -sfn "$at" /data
		fails "mounts[0] /data: nothing is mounted there" remove
	done
	inside ln -sfn /proc /d
	file "$(mount_words /d/keys "" "")"
	fails "mounts[0] /d/keys: nothing is mounted there" remove
	expect "$before" "$(points)"
}

canary()
{
	mkdir -p "$T/canary/dir"
	echo canary >"$T/canary/file"
	find "$T/canary" -printf '%p %i %T@ %m %s\n' | sort >"$T/canary.before"
}

canary_unchanged()
{
	find "$T/canary" -printf '%p %i %T@ %m %s\n' | sort | cmp -s - "$T/canary.before" || die "the host was changed"
	! grep -q " $T/canary" /proc/self/mountinfo || die "something is mounted on the host's directory"
}

# A symlink of the container's that leads to the host is one inside: what is missing there is made inside.
test_hostile_symlinks()
{
	local up=../../../../../../../../../../..

	running
	canary
	mkdir "$T/v"
	echo added >"$T/v/f"
	inside ln -s "$up$T/canary/dir" /up
	inside ln -s "$T/canary" /absolute
	inside ln -s "/proc/1/root$T/canary" /magic
	inside ln -s "/proc/self/cwd" /cwd
	file "$(mount_words /up/new bind "$T/v")"
	fails "mounts[0] /up/new: " add
	canary_unchanged
	inside mkdir -p "$T/canary/dir"
	add
	canary_unchanged
	mounted "$T/canary/dir/new"
	file "$(mount_words /absolute bind "$T/v" ro)"
	add
	mounted "$T/canary"
	for at in /magic/dir /cwd/x /cwd; do
		file "$(mount_words "$at" bind "$T/v")"
		fails "mounts[0] $at: " add
	done
	canary_unchanged
	[ ! -e "$T/canary/f" ] || die "mounted on the host"
}

# The same while it changes under us: what is added is where it was asked for inside, or nowhere.
test_hostile_race()
{
	local i added=0 before pid

	running
	command -v python3 >/dev/null || skip "needs python3"
	canary
	mkdir -p "$T/v" "$B/rootfs/a/dir/sub"
	ln -s "../../../../../../../../../..$T/canary" "$B/rootfs/a/link"
	before=$(points)
	pid=$(pid_of "$ID")
	python3 "$HERE/helpers/swap.py" "$B/rootfs/a/dir" "$B/rootfs/a/link" >"$T/swap.out" 2>&1 &
	i=$!
	wait_until 10 grep -q . "$T/swap.out"
	file "$(mount_words /t tmpfs t)" "$(mount_words /a/dir/sub/new bind "$T/v")" "$(mount_words /a/dir/dir tmpfs t)"
	for _ in $(seq 20); do
		if add >"$T/out" 2>&1; then
			added=$((added + 1))
			kill -STOP "$i"
			wait_until 5 grep -q '^State:.T' "/proc/$i/status"
			cut -d' ' -f5- "/proc/$pid/mountinfo" | sort >"$T/points"
			! grep -q "^$T/canary" "$T/points" || die "not where it was asked for: $(cat "$T/points")"
			grep -qE '^/a/(dir|link)/dir ' "$T/points" || die "not there: $(cat "$T/points")"
			# by its own name, whatever that is now
			for at in /t $(grep -oE '^/a/[a-z]+/(sub/new|dir) ' "$T/points"); do
				nsenter -t "$pid" -m umount -l "$at"
			done
			kill -CONT "$i"
		fi
		canary_unchanged
		expect "$before" "$(cut -d' ' -f5- "/proc/$pid/mountinfo" | sort)"
	done
	kill -KILL "$i"
	wait "$i" 2>/dev/null || :
	echo "# $added of 20 were added"
}

# Nothing that the container could see or signal goes in, unless a procfs is added; and no memory or fd of ours can be had.
test_unseen()
{
	running '.process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_KILL"]'
	inside sh -c 'while :; do for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != "[init]" ] && [ "$(readlink $p/exe)" != "/memfd:cruet-init (deleted)" ] || echo "seen $p"; done; done' >"$T/seen" 2>/dev/null &
	sleep 0.2
	file "$(mount_words /t tmpfs t)" "$(mount_words /s sysfs s ro)"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		add
		remove
	done
	expect "" "$(cat "$T/seen")"
}

# One command at a time works on a container.
test_locked()
{
	running
	file "$(mount_words /t tmpfs t)"
	for _ in 1 2 3 4 5 6; do
		add &
	done
	wait
	expect 6 "$(points | grep -c '^/t ')"
}

# Without privilege: what the user may bind is what he can reach.
test_rootless()
{
	local before pid

	# shellcheck source=rootless_test.sh
	. "$HERE/rootless_test.sh"
	users_bundle
	users_config '.root.readonly = false | .process.args = ["sleep", "1000"]'
	user "$T/cruet" run --detach --bundle "$B" "$ID" >"$T/run.out" 2>&1 </dev/null || die "$(cat "$T/run.out")"
	pid=$(user "$T/cruet" state "$ID" | jq .pid)
	mkdir "$T/home/v" "$T/closed"
	echo his >"$T/home/v/f"
	chown -R 1000:1000 "$T/home/v"
	chmod 700 "$T/closed"
	before=$(cut -d' ' -f5- "/proc/$pid/mountinfo" | sort)
	file "$(mount_words /a/data bind "$T/home/v" bind ro)" "$(mount_words /t tmpfs t size=1m)" "$(mount_words /p proc p)"
	user "$T/cruet" mounts add "$ID" - <"$T/mounts.json"
	expect "his sleep" "$(user "$T/cruet" exec "$ID" cat /a/data/f /p/1/comm | paste -sd' ')"
	user "$T/cruet" exec "$ID" sh -c 'touch /t/x && ! touch /a/data/x' 2>/dev/null
	expect 1000:1000 "$(stat -c %u:%g "$B/rootfs/a")"
	user "$T/cruet" mounts remove "$ID" - <"$T/mounts.json"
	expect "$before" "$(cut -d' ' -f5- "/proc/$pid/mountinfo" | sort)"
	file "$(mount_words /a/data bind "$T/home/v" bind ro)" "$(mount_words /x bind "$T/closed/x")"
	fails "mounts[1] /x: cannot bind '$T/closed/x': Permission denied" user "$T/cruet" mounts add "$ID" - <"$T/mounts.json"
	file "$(mount_words /a/data bind "$T/home/v" bind ro)" "$(mount_words /etc bind "$T/home/v/f")"
	fails "mounts[1] /etc: " user "$T/cruet" mounts add "$ID" - <"$T/mounts.json"
	file "$(mount_words /x bind "$T/home/v" idmap)"
	fails "mounts[0] /x: only root can map the ids of a mount" user "$T/cruet" mounts add "$ID" - <"$T/mounts.json"
	expect "$before" "$(cut -d' ' -f5- "/proc/$pid/mountinfo" | sort)"
	user "$T/cruet" delete --force "$ID"
}
