# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/userns_test.sh: user namespaces as the callers use them: hostUsers false of containerd and CRI-O, podman's.

. "${BASH_SOURCE[0]%/*}/look.sh"

# A user namespace with the maps of mapped(), and in it a network namespace: PODNS is the pid of who holds them.
pod_namespaces()
{
	# the maps by hand: what --map-users=A,B,C means has changed between versions of unshare
	unshare -U -n sh -c 'sleep 1000' &
	PODNS=$!
	wait_until 10 sh -c "[ \$(readlink /proc/$PODNS/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo "0 100000 65536" >"/proc/$PODNS/uid_map"
	echo "0 100000 65536" >"/proc/$PODNS/gid_map"
}

join_ns()
{
	config '.linux.namespaces |= map(select(.type != $t)) + [{type: $t, path: $p}]' --arg t "$1" --arg p "$2"
}

ns_of()
{
	readlink "/proc/$1/ns/$2"
}

test_new_user_namespace()
{
	bundle
	mapped
	config '.root.readonly = false'
	# shellcheck disable=SC2016 # for the shell inside
	out=$(run_sh 'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; cat /proc/self/setgroups; id -u; id -g; : >/etc/new; stat -c %u:%g /etc/new /bin/busybox')
	expect " 0 100000 65536, 0 100000 65536,allow,0,0,0:0,0:0" "$(echo "$out" | paste -sd,)"
	expect 100000:100000 "$(stat -c %u:%g "$B/rootfs/etc/new")"
}

# All other namespaces belong to it, so that its root rules them.
test_namespaces_belong_to_it()
{
	bundle
	mapped
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]) | .linux.readonlyPaths = [] | del(.linux.seccomp)'
	out=$(run_sh 'hostname other && hostname; ifconfig lo 127.0.0.2 && echo net; mount -t tmpfs t /mnt && echo mnt; echo 1000 >/proc/sys/kernel/shmmni && echo ipc' 2>&1)
	expect "other net mnt ipc" "$(echo "$out" | paste -sd' ')"
}

test_other_users()
{
	bundle
	mapped
	config '.process.user = {uid: 1000, gid: 2000, additionalGids: [5, 3000]}'
	expect "1000 2000 2000 5 3000" "$(run_sh 'id -u; id -g; id -G' | paste -sd' ')"
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "101000 102000" "$(awk '/^[UG]id:/ { print $2 }' "/proc/$(pid_of "$ID")/status" | paste -sd' ')"
}

test_many_ranges()
{
	bundle
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1}, {containerID: 1, hostID: 0, size: 1}, {containerID: 2, hostID: 200000, size: 60000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 1000, hostID: 300000, size: 1}]'
	chown -R 100000:100000 "$B/rootfs"
	mkdir "$T/v"
	: >"$T/v/host-root"
	add_mount /mnt bind "$T/v"
	expect "3 2 1:65534" "$(run_sh 'wc -l </proc/self/uid_map; wc -l </proc/self/gid_map; stat -c %u:%g /mnt/host-root' | paste -sd' ')"
	config '.linux.uidMappings = [range(250) | {containerID: ., hostID: (100000 + .), size: 1}] | .linux.gidMappings = .linux.uidMappings'
	expect 250 "$(run_sh 'wc -l </proc/self/uid_map')"
	config '.linux.uidMappings = [range(341) | {containerID: ., hostID: (100000 + .), size: 1}]'
	fails "uidMappings" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_unmapped_ids()
{
	bundle
	mapped
	config '.process.user.uid = 65536'
	fails "process.user.uid" cruet run --bundle "$B" "$ID"
	config '.process.user = {uid: 0, gid: 70000}'
	fails "process.user.gid" cruet run --bundle "$B" "$ID"
	config '.process.user = {uid: 0, gid: 0, additionalGids: [65535, 65536]}'
	fails "additionalGids[1]" cruet run --bundle "$B" "$ID"
	config '.process.user = {uid: 0, gid: 0} | .linux.uidMappings = [{containerID: 0, hostID: 1, size: 10}, {containerID: 5, hostID: 100, size: 10}]'
	fails "" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.linux.uidMappings = []'
	fails "uidMappings" cruet run --bundle "$B" "$ID"
	mapped
	config '.linux.namespaces |= map(select(.type != "user"))'
	fails "user" cruet run --bundle "$B" "$ID"
	nothing_left
}

# ---- joined ------------------------------------------------------------------------------------------------------------------

test_joined_user_namespace()
{
	pod_namespaces
	bundle
	mapped
	join_ns user "/proc/$PODNS/ns/user"
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "$(ns_of "$PODNS" user)" "$(ns_of "$(pid_of "$ID")" user)"
	cruet delete --force "$ID"
	config '.linux.uidMappings[0].size = 65535'
	fails "differ" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.linux.uidMappings[0].size = 65536 | .linux.gidMappings[0].hostID = 100001'
	fails "differ" cruet run --bundle "$B" "$ID"
	nothing_left
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	expect "0 100000 65536" "$(run_sh 'cat /proc/self/uid_map' | tr -s ' ' | sed 's/^ //')"
	kill -KILL "$PODNS"
}

# podman: a new user namespace, and a network namespace that the host's root made before.
test_new_user_and_the_hosts_network()
{
	unshare -n sleep 1000 &
	HOLDER=$!
	wait_until 10 grep -qx sleep "/proc/$HOLDER/comm"
	bundle
	mapped
	join_ns network "/proc/$HOLDER/ns/net"
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	expect "$(ns_of "$HOLDER" net)" "$(ns_of "$pid" net)"
	[ "$(ns_of self user)" != "$(ns_of "$pid" user)" ]
	cruet delete --force "$ID"
	# its sysfs is not ours to mount: read-only it is the host's, writable it cannot be
	look
	has_option /sys ro
	all_readonly /sys
	config '(.mounts[] | select(.destination == "/sys") | .options) = ["nosuid"]'
	fails "/sys" cruet run --bundle "$B" "$ID"
	nothing_left
	kill -KILL "$HOLDER"
}

# ---- hostUsers: false, as containerd does it ---------------------------------------------------------------------------------

same_maps()
{
	jq -nc '[{containerID: 0, hostID: 100000, size: 65536}]'
}

# mount from the kubelet: below directories that only the host's root may enter, with the pod's maps
kubelet_volume()
{
	mkdir -p "$T/kubelet/pods"
	chmod 700 "$T/kubelet" "$T/kubelet/pods"
	mkdir -p "$T/kubelet/pods/volume" "$T/kubelet/pods/secret"
	echo 10.0.0.1 >"$T/kubelet/pods/etc-hosts"
	echo token >"$T/kubelet/pods/secret/token"
	chown 1000:1000 "$T/kubelet/pods/volume"
}

kubelet_mount()
{
	config '.mounts += [{destination: $d, type: "bind", source: $s, options: ["rbind", "rprivate", $w], uidMappings: $m, gidMappings: $m}]' \
		--arg d "$1" --arg s "$T/kubelet/pods/$2" --arg w "$3" --argjson m "$(same_maps)"
}

test_host_users_false()
{
	pod_namespaces
	mkdir "$T/shm"
	mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 shm "$T/shm"
	kubelet_volume

	# the pause container: its network namespace and its user namespace exist
	bundle "$T/pause"
	mapped
	chown 0:100000 "$B" && chmod 710 "$B"
	join_ns user "/proc/$PODNS/ns/user"
	join_ns network "/proc/$PODNS/ns/net"
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .mounts |= map(select(.destination != "/dev/shm" and .destination != "/sys/fs/cgroup"))
		| .linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "0"} | .process.oomScoreAdj = 100'
	add_mount /dev/shm bind "$T/shm" rbind ro nosuid nodev noexec
	args sleep 1000
	cruet create --bundle "$B" "$ID-pause"
	cruet start "$ID-pause"
	PAUSE=$(pid_of "$ID-pause")
	expect 0 "$(nsenter -t "$PAUSE" -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
	expect 100 "$(cat "/proc/$PAUSE/oom_score_adj")"

	# the container: network, ipc, uts and user namespace of the pause container
	bundle "$T/app"
	mapped
	chown 0:100000 "$B" && chmod 710 "$B"
	for type in network:net ipc:ipc uts:uts user:user; do
		join_ns "${type%:*}" "/proc/$PAUSE/ns/${type#*:}"
	done
	config 'del(.hostname) | .mounts |= map(select(.destination != "/dev/shm")) | .root.readonly = false'
	add_mount /dev/shm bind "$T/shm" rbind rprivate rw
	kubelet_mount /etc/hosts etc-hosts rw
	kubelet_mount /mnt volume rw
	kubelet_mount /tmp secret ro
	config '.process.user = {uid: 1000, gid: 1000}'
	out=$(run_sh 'cat /etc/hosts /tmp/token; : >/mnt/new; stat -c %u:%g /mnt /mnt/new /etc/hosts; : >/dev/shm/x; (: >/tmp/x) 2>/dev/null || echo ro; cat /proc/self/mountinfo >&2' 2>"$T/mountinfo") ||
		die "$(cat "$T/mountinfo")"
	expect "10.0.0.1 token 1000:1000 1000:1000 0:0 ro" "$(echo "$out" | paste -sd' ')"
	expect 1000:1000 "$(stat -c %u:%g "$T/kubelet/pods/volume/new")"
	expect 101000:101000 "$(stat -c %u:%g "$T/shm/x")"
	for word in nosuid nodev noexec; do
		has_option /dev/shm "$word"
	done
	expect sysfs "$(line_of /sys | cut -d' ' -f3)"
	expect mqueue "$(line_of /dev/mqueue | cut -d' ' -f3)"
	cruet delete --force "$ID-pause"
	kill -KILL "$PODNS"
}

# hostNetwork with hostUsers false: the runtime makes the user namespace; network and uts are the host's.
test_host_users_false_host_network()
{
	bundle "$T/pause"
	mapped
	config '.linux.namespaces |= map(select(.type != "network" and .type != "uts")) | del(.hostname)
		| (.mounts[] | select(.destination == "/sys")) |= {destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rro", "nosuid", "nodev", "noexec"]}
		| .mounts |= map(select(.destination != "/sys/fs/cgroup"))'
	args sleep 1000
	cruet create --bundle "$B" "$ID-pause"
	cruet start "$ID-pause"
	PAUSE=$(pid_of "$ID-pause")
	expect "$(ns_of self net)" "$(ns_of "$PAUSE" net)"
	cp "$B/config.json" "$T/config.json"
	bundle "$T/app"
	mapped
	jq '.process.terminal = false' "$T/config.json" >"$B/config.json"
	for type in network:net ipc:ipc uts:uts user:user; do
		join_ns "${type%:*}" "/proc/$PAUSE/ns/${type#*:}"
	done
	expect "$(ns_of self net) $(hostname)" "$(run_sh 'readlink /proc/self/ns/net; hostname' | paste -sd' ')"
	look
	all_readonly /sys
}

test_joined_pid_of_the_pod()
{
	bundle "$T/pause"
	mapped
	args sleep 1000
	cruet create --bundle "$B" "$ID-pause"
	cruet start "$ID-pause"
	PAUSE=$(pid_of "$ID-pause")
	bundle "$T/app"
	mapped
	for type in pid:pid ipc:ipc network:net user:user; do
		join_ns "${type%:*}" "/proc/$PAUSE/ns/${type#*:}"
	done
	contains sleep "$(run_sh 'cat /proc/1/comm')"
}

# A pid namespace of the host's root has a procfs that only that one may mount: said, not half done.
test_joined_pid_of_the_host()
{
	unshare -p --fork --kill-child sleep 1000 &
	HOLDER=$!
	wait_until 10 pgrep -P "$HOLDER"
	bundle
	mapped
	join_ns pid "/proc/$(pgrep -P "$HOLDER")/ns/pid"
	fails "mounts[0] /proc" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.mounts[0] = {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]}'
	contains sleep "$(run_sh "cat /proc/$(pgrep -P "$HOLDER")/comm")"
	kill -KILL "$HOLDER"
}
