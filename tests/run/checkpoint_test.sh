# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# checkpoint and restore. With the real criu where this kernel lets it run (in the guest it does); what criu is told, and
# what becomes of one that misbehaves, with helpers/criu.py in its place.

. "${BASH_SOURCE[0]%/*}/look.sh"

needs_criu()
{
	command -v criu >/dev/null || skip "no criu"
	modprobe -q tun 2>/dev/null || :
	criu check >"$T/criu.out" 2>&1 || skip "criu cannot run on this kernel: $(grep -m1 'vdso' "$T/criu.out" || tail -n1 "$T/criu.out")"
}

# criu_is MAJOR MINOR: that version or a newer one
criu_is()
{
	printf '%s\n' "$1.$2" "$(criu --version | sed -n 's/^Version: //p')" | sort -C -V
}

# counter: a bundle whose program counts in the last line of /tmp/n. It makes no processes: criu cannot stop a shell that
# waits, in vfork, for a child that has been stopped already.
counter()
{
	bundle
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}]'
	args sh -c 'mkfifo /tmp/fifo; exec 3<>/tmp/fifo >>/tmp/n; while :; do i=$((i + 1)); echo $i; read -t 0.1 -u 3 x; done'
}

# 0 before the first line is there
count()
{
	local n

	n=$(cruet exec "$1" sh -c '[ ! -e /tmp/n ] || tail -n 1 /tmp/n') || return
	echo "${n:-0}"
}

counts_on()
{
	local before

	before=$(count "$1")
	wait_until 20 count_is_above "$1" "$before"
}

count_is_above()
{
	[ "$(count "$1")" -gt "$2" ]
}

run_detached()
{
	cruet run --detach --bundle "$B" "$ID" </dev/null >"$T/out" 2>&1 || die "$(cat "$T/out")"
}

checkpoint()
{
	cruet checkpoint --image-path "$T/images" "$@" "$ID" >"$T/said" 2>&1 || die "checkpoint $*: $(cat "$T/said")"
	expect "" "$(cat "$T/said")"
}

restore()
{
	cruet restore --image-path "$T/images" --detach --bundle "$B" "$@" </dev/null >"$T/said" 2>&1 ||
		die "restore $*: $(cat "$T/said"); $(tail -n 15 "$T/images/restore.log" 2>/dev/null)"
}

no_state()
{
	expect "" "$(cruet list -q)"
	expect "" "$(find /sys/fs/cgroup -depth -type d -name "*$ID*" 2>/dev/null)"
}

# ---- with criu -----------------------------------------------------------------------------------------------------------

# It goes on where it was, and every command works on it as on one that was started.
test_checkpoint_and_restore()
{
	local n

	needs_criu
	counter
	run_detached
	wait_until 20 count_is_above "$ID" 10
	checkpoint
	no_state
	restore --pid-file "$T/pid" "$ID"
	n=$(count "$ID")
	[ "$n" -gt 10 ] || die "it began anew: $n"
	expect "$(pid_of "$ID")" "$(cat "$T/pid")"
	expect running "$(status_of "$ID")"
	counts_on "$ID"
	contains "$(pid_of "$ID")" "$(cruet ps --format json "$ID")"
	expect "$ID" "$(cruet events --stats "$ID" | jq -r .id)"
	cruet pause "$ID"
	expect paused "$(status_of "$ID")"
	cruet resume "$ID"
	fails "cannot start" cruet start "$ID"
	# once more, from paused
	cruet pause "$ID"
	checkpoint --timeout 60s
	no_state
	restore "$ID-2"
	[ "$(status_of "$ID-2")" = running ] || cruet resume "$ID-2"
	counts_on "$ID-2"
	"$RUNTIME" --root "$ROOT" wait "$ID-2" >"$T/wait" 2>&1 &
	waits $!
	cruet kill "$ID-2" KILL
	wait $! || ! pidfd_tells || die "$(cat "$T/wait")"
	! pidfd_tells || expect 137 "$(cat "$T/wait")"
	wait_until 10 status_is "$ID-2" stopped
	cruet delete "$ID-2"
	no_state
}

test_checkpoint_leaves_running()
{
	needs_criu
	counter
	run_detached
	checkpoint --leave-running --work-path "$T/logs"
	[ -s "$T/logs/dump.log" ] || die "no log in --work-path"
	[ ! -e "$T/images/dump.log" ]
	expect running "$(status_of "$ID")"
	counts_on "$ID"
	fails "already exists" cruet restore --image-path "$T/images" --detach --bundle "$B" "$ID"
	expect running "$(status_of "$ID")"
	# the default directory
	(cd "$T" && cruet checkpoint --leave-running "$ID")
	[ -e "$T/checkpoint/inventory.img" ]
}

# Confinement is the container's at create: criu brings back what is the process's, cruet what is the host's.
test_restored_confinement()
{
	needs_criu
	counter
	mkdir "$T/volume"
	echo hello >"$T/volume/file"
	config '.mounts += [{destination: "/mnt", type: "bind", source: $v, options: ["rbind", "ro"]}]
		| .linux.maskedPaths += ["/proc/uptime", "/proc/tty"]
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}] | .hostname = "kept"
		| .linux.resources += {pids: {limit: 33}}' --arg v "$T/volume"
	run_detached
	confinement >"$T/before"
	checkpoint
	restore "$ID"
	confinement >"$T/after"
	diff "$T/before" "$T/after" || die "not as it was"
	grep -q hello "$T/after"
	grep -q kept "$T/after"
	expect 33 "$(cat "$(cgroup_dir "$(pid_of "$ID")" pids)/pids.max")"
	# a rule of the host's: no block device is one of the defaults
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"] | unique)'
	fails "not permitted" cruet exec --cap CAP_MKNOD "$ID" sh -c 'mknod /tmp/d b 7 0 && head -c 1 /tmp/d'
	fails "Read-only" cruet exec "$ID" sh -c 'echo x >/mnt/file'
}

confinement()
{
	cruet exec "$ID" sh -c 'grep -E "^(Cap|NoNewPrivs|Seccomp:|Uid|Gid|Groups)" /proc/1/status; grep files /proc/1/limits
		hostname; cat /mnt/file; wc -c </proc/uptime; ls -A /proc/tty | wc -l; [ -w /proc/sys/kernel/domainname ] || echo ro
		cut -d" " -f5,6 /proc/self/mountinfo | sort'
}

# The other ends of pipes, and files of the host's, are those of whoever restores.
test_restored_stdio()
{
	needs_criu
	bundle
	args sh -c 'while read -r line; do echo "got $line"; echo "err $line" >&2; done; echo ended'
	mkfifo "$T/in" "$T/in2"
	sleep 100 >"$T/in" &
	(cruet run --bundle "$B" "$ID" <"$T/in" | cat >"$T/out1") 2>"$T/err" &
	echo one >"$T/in"
	wait_until 20 grep -q "got one" "$T/out1"
	contains "err one" "$(cat "$T/err")"
	checkpoint
	sleep 100 >"$T/in2" &
	holder=$!
	# a file is taken up where it was left
	(cruet restore --image-path "$T/images" --bundle "$B" "$ID" <"$T/in2" | cat >"$T/out2"; echo "status ${PIPESTATUS[0]}" >"$T/status") 2>>"$T/err" &
	wait_until 30 status_is "$ID" running
	echo two >"$T/in2"
	wait_until 20 grep -q "got two" "$T/out2"
	expect "err one err two" "$(xargs <"$T/err")"
	kill $holder %1
	wait_until 20 grep -q ended "$T/out2"
	wait_until 20 grep -q "status 0" "$T/status"
	no_state
}

# listen NAME: a peer that takes a terminal, types "NAME", and writes what it shows to $T/NAME
listen()
{
	python3 "$HERE/helpers/receive.py" "$T/$1.sock" "$T/$1" "$1\n" 2>"$T/$1.err" &
	wait_until 10 test -e "$T/$1.sock.ready"
}

test_restored_terminal()
{
	needs_criu
	bundle
	config '.process.terminal = true'
	args sh -c 'while :; do echo "ask"; read -r line && echo "[$line]"; done'
	listen first
	cruet run --detach --console-socket "$T/first.sock" --bundle "$B" "$ID"
	wait_until 20 grep -q "\[first\]" "$T/first"
	checkpoint
	listen second
	restore --console-socket "$T/second.sock" "$ID"
	cruet exec "$ID" sh -c 'echo hello >/dev/console'
	wait_until 20 grep -q "\[second\]" "$T/second"
	expect running "$(status_of "$ID")"
	fails "console-socket" cruet restore --image-path "$T/images" --detach --bundle "$B" "$ID-2"
}

# Only what has changed since is in the second set of images.
test_pre_dump()
{
	needs_criu
	counter
	run_detached
	if ! cruet checkpoint --pre-dump --image-path "$T/pre" "$ID" >"$T/said" 2>&1; then
		contains "criu" "$(cat "$T/said")"
		skip "this kernel does not track memory: $(cat "$T/said")"
	fi
	expect running "$(status_of "$ID")"
	counts_on "$ID"
	fails "relative" cruet checkpoint --image-path "$T/images" --parent-path "$T/pre" "$ID"
	fails "parent-path" cruet checkpoint --image-path "$T/images" --parent-path ../none "$ID"
	checkpoint --parent-path ../pre
	[ -L "$T/images/parent" ] || die "no link to the parent"
	restore "$ID"
	counts_on "$ID"
}

# A namespace with a path stays where it is, and is joined again.
# has_own_network PID: it has left ours
has_own_network()
{
	[ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$1/ns/net")" ]
}

test_restored_namespaces()
{
	local holder

	needs_criu
	counter
	unshare --net --ipc --uts sleep 1000 &
	holder=$!
	wait_until 10 has_own_network $holder
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/\($p)/ns/net" else . end)' --arg p "$holder"
	run_detached
	checkpoint
	restore "$ID"
	expect "$(readlink "/proc/$holder/ns/net")" "$(readlink "/proc/$(pid_of "$ID")/ns/net")"
	counts_on "$ID"
	cruet delete --force "$ID"
	kill -KILL $holder
}

test_restored_hooks()
{
	needs_criu
	counter
	config '.hooks = {prestart: [{path: "/bin/sh", args: ["sh", "-c", "cat >>$0/state; echo >>$0/state", $t]}],
		createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "readlink /proc/$(jq .pid)/ns/net >$0/net", $t]}],
		poststop: [{path: "/bin/sh", args: ["sh", "-c", "echo gone >>$0/gone", $t]}]}' --arg t "$T"
	run_detached
	checkpoint
	expect gone "$(cat "$T/gone")"
	restore "$ID"
	expect 2 "$(wc -l <"$T/state")"
	expect "$(pid_of "$ID")" "$(tail -n 1 "$T/state" | jq .pid)"
	expect creating "$(tail -n 1 "$T/state" | jq -r .status)"
	expect "$(readlink "/proc/$(pid_of "$ID")/ns/net")" "$(cat "$T/net")"
	cruet delete --force "$ID"
	# one that fails: no container
	config '.hooks.prestart = [{path: "/bin/false"}]'
	fails "hooks.prestart" cruet restore --image-path "$T/images" --detach --bundle "$B" "$ID"
	no_state
}

# On another machine there is another root file system, in which nothing was ever mounted.
test_restored_elsewhere()
{
	needs_criu
	counter
	mkdir "$T/volume"
	echo hello >"$T/volume/file"
	config '.mounts += [{destination: "/a/b", type: "bind", source: $v, options: ["bind"]},
		{destination: "/c/file", type: "bind", source: ($v + "/file"), options: ["bind"]}]' --arg v "$T/volume"
	run_detached
	checkpoint
	cp "$B/config.json" "$T/config.json"
	bundle "$T/elsewhere"
	mv "$T/config.json" "$B/config.json"
	restore --no-pivot "$ID-3"
	counts_on "$ID-3"
	expect hello "$(cruet exec "$ID-3" cat /a/b/file)"
	expect hello "$(cruet exec "$ID-3" cat /c/file)"
	expect "$T/elsewhere" "$(cruet state "$ID-3" | jq -r .bundle)"
}

# What criu must be told to allow.
test_checkpoint_switches()
{
	local lock=()

	needs_criu
	bundle
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
	ldd /usr/bin/flock | grep -o '/[^ ]*' | xargs -I{} cp -L --parents {} "$B/rootfs"
	rm -f "$B/rootfs/bin/flock"
	cp /usr/bin/flock "$B/rootfs/bin/flock"
	# a sleep that criu interrupts ends early
	printf '#!/bin/sh\nwhile :; do sleep 1; done\n' >"$B/rootfs/bin/idle"
	chmod 755 "$B/rootfs/bin/idle"
	args sh -c 'exec 9>/tmp/lock; flock 9; nc -l -p 7 -e idle & sleep 1; idle | nc 127.0.0.1 7 & sleep 1; echo >/tmp/ready; idle'
	run_detached
	wait_until 30 cruet exec "$ID" test -e /tmp/ready
	fails "dump.log" cruet checkpoint --image-path "$T/images" --tcp-established "$ID"
	expect running "$(status_of "$ID")"
	cruet exec "$ID" true
	fails "dump.log" cruet checkpoint --image-path "$T/images" --file-locks "$ID"
	expect running "$(status_of "$ID")"
	! criu_is 3 18 || lock=(--network-lock skip)
	checkpoint --tcp-established --file-locks --ext-unix-sk --link-remap --tcp-skip-in-flight --manage-cgroups-mode full "${lock[@]}"
	fails "restore.log" cruet restore --image-path "$T/images" --detach --bundle "$B" "$ID"
	no_state
	restore --tcp-established --file-locks --manage-cgroups-mode full "${lock[@]}" "$ID"
	expect running "$(status_of "$ID")"
	fails "" cruet exec "$ID" flock -n /tmp/lock true
}

test_checkpoint_empty_network()
{
	needs_criu
	counter
	run_detached
	checkpoint --leave-running
	[ -n "$(find "$T/images" -name 'netdev-*')" ] || die "the network is left out unasked"
	rm -r "$T/images"
	checkpoint --empty-ns network --manage-cgroups-mode ignore
	expect "" "$(find "$T/images" -name 'netdev-*')"
	restore --empty-ns network --manage-cgroups-mode ignore "$ID"
	counts_on "$ID"
	contains "$ID" "$(cgroup_dir "$(pid_of "$ID")" pids)"
}

# The scope is made again, around what was in it.
test_restored_scope()
{
	local cgroup

	needs_criu
	cgroup_v2 && [ -d /run/systemd/system ] && [ -S /run/dbus/system_bus_socket ] || skip "no systemd"
	counter
	cruet --systemd-cgroup run --detach --bundle "$B" "$ID" </dev/null >"$T/out" 2>&1 || die "$(cat "$T/out")"
	cgroup=$(sed -n 's/^0:://p' "/proc/$(pid_of "$ID")/cgroup")
	contains "$ID.scope" "$cgroup"
	checkpoint
	expect not-found "$(systemctl show -p LoadState --value "${cgroup##*/}")"
	cruet --systemd-cgroup restore --image-path "$T/images" --detach --bundle "$B" "$ID" </dev/null >"$T/said" 2>&1 ||
		die "restore: $(cat "$T/said")"
	expect "$cgroup" "$(sed -n 's/^0:://p' "/proc/$(pid_of "$ID")/cgroup")"
	expect active "$(systemctl show -p ActiveState --value "${cgroup##*/}")"
	counts_on "$ID"
	cruet delete --force "$ID"
	expect not-found "$(systemctl show -p LoadState --value "${cgroup##*/}")"
}

# Memory comes from where the container was, when it is used.
test_lazy_pages()
{
	local dumping daemon

	needs_criu
	criu check --feature uffd-noncoop >/dev/null 2>&1 || skip "no userfaultfd"
	counter
	run_detached
	counts_on "$ID"
	mkfifo "$T/ready"
	"$RUNTIME" --root "$ROOT" checkpoint --image-path "$T/images" --lazy-pages --page-server 127.0.0.1:27277 --status-fd 3 \
		"$ID" 3>"$T/ready" >"$T/said" 2>&1 &
	dumping=$!
	expect 1 "$(timeout 60 head -c 1 "$T/ready" | wc -c)"
	criu lazy-pages --page-server --address 127.0.0.1 --port 27277 -D "$T/images" -W "$T/images" >"$T/daemon" 2>&1 &
	daemon=$!
	wait_until 10 test -S "$T/images/lazy-pages.socket"
	restore --lazy-pages "$ID-2"
	counts_on "$ID-2"
	wait $daemon || die "criu lazy-pages: $(tail -n 3 "$T/daemon")"
	wait $dumping || die "checkpoint: $(cat "$T/said")"
}

test_checkpoint_states()
{
	bundle
	args sleep 1000
	fails "does not exist" cruet checkpoint --image-path "$T/images" "$ID"
	cruet create --bundle "$B" "$ID"
	fails "it is created (container not running)" cruet checkpoint --image-path "$T/images" "$ID"
	cruet start "$ID"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	fails "it is stopped (container not running)" cruet checkpoint --image-path "$T/images" "$ID"
	fails "already exists" cruet restore --image-path "$T" --detach --bundle "$B" "$ID"
	[ ! -e "$T/images" ] || die "images were made for nothing"
	cruet delete "$ID"
	fails "cruet checkpoint" cruet restore --image-path "$T/none" --detach --bundle "$B" "$ID"
	fails "descriptors.json" cruet restore --image-path "$T" --detach --bundle "$B" "$ID"
	no_state
}

# ---- with a stand-in for criu --------------------------------------------------------------------------------------------

# stand_in DOES: from here on criu is a helper that writes to $T/told what it is told
stand_in()
{
	mkdir -p "$T/bin"
	printf '#!/bin/sh\nexec python3 %s "$@"\n' "$HERE/helpers/criu.py" >"$T/bin/criu"
	chmod 755 "$T/bin/criu"
	export PATH="$T/bin:$PATH" CRIU_DOES=$1 CRIU_TOLD=$T/told
}

told()
{
	grep -qxF -- "$1" "$T/told" || die "criu was not told '$1', but: $(tr '\n' ' ' <"$T/told")"
}

not_told()
{
	! grep -q -- "^$1" "$T/told" || die "criu was told '$1'"
}

test_what_criu_is_told()
{
	counter
	run_detached
	stand_in succeed
	mkdir -p "$T/pre"
	checkpoint --leave-running --tcp-established --tcp-skip-in-flight --ext-unix-sk --shell-job --lazy-pages \
		--page-server 10.0.0.1:4711 --file-locks --empty-ns network --auto-dedup --link-remap --parent-path ../pre \
		--work-path "$T/logs" --manage-cgroups-mode strict --network-lock nftables
	told "type 1"
	for option in leave_running ext_unix_sk tcp_established shell_job file_locks track_mem auto_dedup link_remap \
		tcp_skip_in_flight lazy_pages notify_scripts orphan_pts_master; do
		told "$option 1"
	done
	told "parent_img ../pre"
	told "ps 10.0.0.1 4711"
	told "empty_ns 1073741824"
	told "manage_cgroups_mode 5"
	told "network_lock 2"
	told "pid $(pid_of "$ID")"
	told "log_file dump.log"
	told "images $T/images"
	told "work $T/logs"
	told "ext_mnt /proc/interrupts /dev/null"
	grep -qE "^external file\[[0-9a-f]+:[0-9a-f]+\]$" "$T/told" || die "stdin is the host's /dev/null"
	if cgroup_v2; then
		told "freeze_cgroup /sys/fs/cgroup/cruet-$ID"
	elif [ -d /sys/fs/cgroup/freezer ]; then
		contains /sys/fs/cgroup/freezer "$(grep ^freeze_cgroup "$T/told")"
	fi
	checkpoint --leave-running
	for option in tcp_established shell_job file_locks parent_img ps empty_ns track_mem lazy_pages network_lock; do
		not_told $option
	done
	told "manage_cgroups_mode 3"
	checkpoint --pre-dump --manage-cgroups-mode ignore
	told "type 4"
	told "track_mem 1"
	told "manage_cgroups_mode 0"
	not_told ext_mnt
	expect running "$(status_of "$ID")"
}

test_what_criu_is_told_to_restore()
{
	counter
	run_detached
	stand_in succeed
	checkpoint --leave-running
	cruet delete --force "$ID"
	fails "did not tell the pid" cruet restore --image-path "$T/images" --bundle "$B" --detach --tcp-established --tcp-close \
		--ext-unix-sk --shell-job --file-locks --lazy-pages --auto-dedup --link-remap --empty-ns network --no-pivot \
		--lsm-profile apparmor:other --lsm-mount-context system_u:object_r:x_t:s0 --manage-cgroups-mode full \
		--network-lock iptables "$ID"
	told "type 2"
	told "network_lock 1"
	for option in ext_unix_sk tcp_established tcp_close shell_job file_locks auto_dedup link_remap lazy_pages \
		notify_scripts orphan_pts_master rst_sibling; do
		told "$option 1"
	done
	told "lsm_profile apparmor:other"
	told "lsm_mount_context system_u:object_r:x_t:s0"
	told "manage_cgroups_mode 4"
	told "root $ROOT/$ID/criu-root"
	told "ext_mnt /dev/null /dev/null"
	told "images $T/images"
	grep -q "^inherit_fd file\[" "$T/told" || die "no stdio"
	grep -q "^cg_root .*$ID" "$T/told" || die "no cgroup"
	no_state
	fails "lsm-profile" cruet restore --image-path "$T/images" --bundle "$B" --detach --lsm-profile other "$ID"
	no_state
}

test_criu_config_file()
{
	counter
	config '.annotations["org.criu.config"] = "/etc/some.conf"'
	run_detached
	stand_in succeed
	checkpoint --leave-running
	told "config_file /etc/some.conf"
	cruet delete --force "$ID"
	config '.annotations["org.criu.config"] = ""'
	run_detached
	checkpoint --leave-running
	not_told config_file
}

# Whatever criu does, the container runs on, and the failure says why.
test_criu_that_misbehaves()
{
	local does what limit

	counter
	run_detached
	while read -r does what; do
		stand_in "$does"
		# a slow machine needs its time to start it
		limit=60s
		[ "$does" != hang ] || limit=2s
		fails "$what" cruet checkpoint --image-path "$T/images" --timeout $limit "$ID"
		expect running "$(status_of "$ID")"
		counts_on "$ID"
	done <<-'TEXT'
		fail Error (criu/x.c:1): it does not like it; its log is
		errno Permission denied
		die ended without an answer
		early criu does not start: it ended without an answer: Error: an early end
		hang it was killed
		garbage cannot understand criu
		old criu is of version 3.15, needed is 3.16
	TEXT
	stand_in freeze
	fails "it was killed" cruet checkpoint --image-path "$T/images" --timeout 2s "$ID"
	expect running "$(status_of "$ID")"
	counts_on "$ID"
	fails "in PATH: install criu" env PATH="$T/none" "$RUNTIME" --root "$ROOT" checkpoint --image-path "$T/images" "$ID"
	stand_in fail
	cruet delete --force "$ID"
	for does in fail die hang; do
		stand_in "$does"
		fails criu cruet restore --image-path "$T/images" --timeout 2s --detach --bundle "$B" "$ID"
		no_state
	done
}

test_checkpoint_mistakes()
{
	counter
	run_detached
	stand_in succeed
	fails "empty-ns" cruet checkpoint --empty-ns ipc --image-path "$T/images" "$ID"
	fails "page-server" cruet checkpoint --page-server 1234 --image-path "$T/images" "$ID"
	fails "page-server" cruet checkpoint --page-server host:0 --image-path "$T/images" "$ID"
	fails "manage-cgroups-mode" cruet checkpoint --manage-cgroups-mode some --image-path "$T/images" "$ID"
	fails "network-lock" cruet checkpoint --network-lock some --image-path "$T/images" "$ID"
	fails "criu is of version 3.17, needed is 3.18 for --network-lock skip" \
		cruet checkpoint --network-lock skip --image-path "$T/images" "$ID"
	fails "status-fd" cruet checkpoint --status-fd 77 --image-path "$T/images" "$ID"
	fails "image-path" cruet checkpoint --image-path "$T/no/where" "$ID"
	expect running "$(status_of "$ID")"
}

# Files would belong to others after it.
test_checkpoint_mapped_mounts()
{
	bundle
	config '.mounts += [{destination: "/mnt", type: "bind", source: $t, options: ["bind", "idmap"],
		uidMappings: [{containerID: 0, hostID: 1000, size: 1}], gidMappings: [{containerID: 0, hostID: 1000, size: 1}]}]' --arg t "$T"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" </dev/null >"$T/out" 2>&1 || skip "no mapped mounts here: $(cat "$T/out")"
	fails "mapped ids" cruet checkpoint --image-path "$T/images" "$ID"
	expect running "$(status_of "$ID")"
}
