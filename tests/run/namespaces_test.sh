# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/namespaces_test.sh: namespaces that are made, and those that are joined by their path.

. "${BASH_SOURCE[0]%/*}/look.sh"

KINDS="mnt pid net ipc uts cgroup"

unset_ns()
{
	config '.linux.namespaces |= map(select(.type != $t))' --arg t "$1"
}

join_ns()
{
	unset_ns "$1"
	config '.linux.namespaces += [{type: $t, path: $p}]' --arg t "$1" --arg p "$2"
}

make_ns()
{
	unset_ns "$1"
	config '.linux.namespaces += [{type: $t}]' --arg t "$1"
}

# A process of this test's in new namespaces: `holder UNSHARE-OPTION...` sets HOLDER to its pid. It dies with the test.
holder()
{
	unshare "$@" sh -c 'echo up; exec sleep 1000' >"$T/holder" &
	HOLDER=$!
	HOLDERS="${HOLDERS:-} $HOLDER"
	wait_until 10 grep -q up "$T/holder"
}

stop_holders()
{
	# shellcheck disable=SC2086 # a list
	kill -KILL $HOLDERS
}

# The pod: a container that others join.
pod()
{
	bundle "$T/pod"
	args sleep 1000
	cruet create --bundle "$B" "$ID-pod"
	cruet start "$ID-pod"
	POD=$(pid_of "$ID-pod")
}

ns_of()
{
	readlink "/proc/$1/ns/$2"
}

test_new_namespaces()
{
	local kind

	bundle
	config '.linux.namespaces += [{type: "time"}]'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	for kind in $KINDS time; do
		[ "$(ns_of "$pid" "$kind")" != "$(ns_of self "$kind")" ] || die "$kind is the host's"
	done
	expect "$(ns_of self user)" "$(ns_of "$pid" user)"
	expect 1 "$(awk '/^NSpid:/ { print $NF }' "/proc/$pid/status")"
}

test_no_namespaces_but_mount()
{
	bundle
	config '.linux.namespaces = [{type: "mount"}] | del(.hostname) | .mounts |= map(select(.type != "mqueue"))'
	config '(.mounts[] | select(.type == "sysfs")) |= {destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "ro"]}'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	for kind in pid net ipc uts cgroup user; do
		expect "$(ns_of self "$kind")" "$(ns_of "$pid" "$kind")"
	done
	[ "$(ns_of "$pid" mnt)" != "$(ns_of self mnt)" ]
}

# net, ipc and uts of the pod; the rest is its own.
test_pod()
{
	local kind

	pod
	bundle
	join_ns network "/proc/$POD/ns/net"
	join_ns ipc "/proc/$POD/ns/ipc"
	join_ns uts "/proc/$POD/ns/uts"
	config 'del(.hostname)'
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	for kind in net ipc uts; do
		expect "$(ns_of "$POD" "$kind")" "$(ns_of "$pid" "$kind")"
	done
	for kind in mnt pid cgroup; do
		[ "$(ns_of "$POD" "$kind")" != "$(ns_of "$pid" "$kind")" ] || die "$kind is the pod's"
	done
}

test_joined_pid()
{
	pod
	bundle
	join_ns pid "/proc/$POD/ns/pid"
	args sh -c 'echo $$; cat /proc/1/cmdline | tr "\0" " "'
	out=$(cruet run --bundle "$B" "$ID")
	contains "sleep 1000" "$out"
	[ "$(echo "$out" | head -n 1)" -gt 1 ]
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	expect "$(ns_of "$POD" pid)" "$(ns_of "$pid" pid)"
	cruet start "$ID"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	[ -d "/proc/$POD" ] || die "the pod died as well"
}

# All that there are, at once; each is what its path leads to.
test_joined_all()
{
	local kind type

	holder -m -p -n -i -u -C -T --fork --kill-child
	child=$(pgrep -P "$HOLDER")
	bundle
	config 'del(.hostname) | .mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	while read -r type kind; do
		join_ns "$type" "/proc/$child/ns/$kind"
	done <<-END
		mount mnt
		pid pid
		network net
		ipc ipc
		uts uts
		cgroup cgroup
		time time
	END
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	pid=$(pid_of "$ID")
	for kind in $KINDS time; do
		expect "$kind $(ns_of "$child" "$kind")" "$kind $(ns_of "$pid" "$kind")"
	done
	cruet start "$ID"
	cruet delete --force "$ID"
	stop_holders
}

test_joined_mount()
{
	holder -m --propagation private
	bundle
	nsenter -t "$HOLDER" -m mount -t tmpfs only-there "$B/rootfs/mnt"
	nsenter -t "$HOLDER" -m touch "$B/rootfs/mnt/only-there"
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	join_ns mount "/proc/$HOLDER/ns/mnt"
	before=$(nsenter -t "$HOLDER" -m cat /proc/self/mountinfo)
	args sh -c 'ls /mnt; ls / | paste -sd" "'
	expect "only-there $(find "$B/rootfs" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd' ')" "$(cruet run --bundle "$B" "$ID" | paste -sd' ')"
	expect "$before" "$(nsenter -t "$HOLDER" -m cat /proc/self/mountinfo)"
	stop_holders
}

test_joined_path_of_a_pinned_namespace()
{
	: >"$T/pinned"
	unshare --net="$T/pinned" true
	bundle
	join_ns network "$T/pinned"
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "net:[$(stat -c %i "$T/pinned")]" "$(ns_of "$(pid_of "$ID")" net)"
	cruet delete --force "$ID"
	umount "$T/pinned"
}

test_wrong_paths()
{
	local type

	bundle
	for type in network ipc uts cgroup pid time; do
		bundle "$T/$type"
		config 'del(.hostname)'
		join_ns "$type" /proc/self/ns/mnt
		fails "/proc/self/ns/mnt" cruet run --bundle "$B" "$ID"
		nothing_left
		join_ns "$type" "$T/$type/config.json"
		fails "$T/$type/config.json" cruet run --bundle "$B" "$ID"
		nothing_left
		join_ns "$type" "$T/none"
		fails "$T/none" cruet run --bundle "$B" "$ID"
		contains "No such file" "$(cat "$T/fails.out")"
		nothing_left
	done
	join_ns user /proc/self/ns/net
	fails "/proc/self/ns/net" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_twice()
{
	bundle
	config '.linux.namespaces += [{type: "uts"}]'
	fails "uts" cruet run --bundle "$B" "$ID"
	config '.linux.namespaces = [{type: "galaxy"}]'
	fails "galaxy" cruet run --bundle "$B" "$ID"
	nothing_left
}

# ---- names -----------------------------------------------------------------------------------------------------------------

test_names()
{
	local host

	host=$(hostname)
	bundle
	config '.hostname = "inside" | .domainname = "example.org"'
	expect "inside example.org" "$(run_sh 'hostname; cat /proc/sys/kernel/domainname' | paste -sd' ')"
	expect "$host" "$(hostname)"
	unset_ns uts
	fails "hostname" cruet run --bundle "$B" "$ID"
	config 'del(.hostname)'
	fails "domainname" cruet run --bundle "$B" "$ID"
	config 'del(.domainname)'
	expect "$host" "$(run_sh hostname)"
}

# A path that leads to the caller's own namespace is the host's: nothing may be set there.
test_own_namespace_by_path()
{
	local host

	host=$(hostname)
	bundle
	join_ns uts /proc/self/ns/uts
	fails "host's own uts namespace" cruet run --bundle "$B" "$ID"
	expect "$host" "$(hostname)"
	nothing_left
	config 'del(.hostname)'
	expect "$host" "$(run_sh hostname)"
	join_ns network /proc/self/ns/net
	config '.linux.sysctl = {"net.ipv4.ip_default_ttl": "33"}'
	before=$(cat /proc/sys/net/ipv4/ip_default_ttl)
	fails "host's own net namespace" cruet run --bundle "$B" "$ID"
	expect "$before" "$(cat /proc/sys/net/ipv4/ip_default_ttl)"
	nothing_left
	bundle "$T/mounts"
	join_ns mount /proc/self/ns/mnt
	before=$(host_mounts)
	fails "host's own mnt namespace" cruet run --bundle "$B" "$ID"
	expect "$before" "$(host_mounts)"
	nothing_left
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	expect test "$(run_sh hostname)"
	expect "$before" "$(host_mounts)"
}

test_name_in_a_joined_namespace()
{
	pod
	bundle
	join_ns uts "/proc/$POD/ns/uts"
	config '.hostname = "renamed"'
	expect renamed "$(run_sh hostname)"
	expect renamed "$(nsenter -t "$POD" -u hostname)"
}

# ---- time ------------------------------------------------------------------------------------------------------------------

test_time_offsets()
{
	local up

	bundle
	make_ns time
	config '.linux.timeOffsets = {monotonic: {secs: 1000, nanosecs: 5}, boottime: {secs: 86400, nanosecs: 0}}'
	up=$(cut -d. -f1 /proc/uptime)
	# shellcheck disable=SC2016 # for the shell inside
	out=$(run_sh 'cat /proc/self/timens_offsets | tr -s " "; cut -d. -f1 /proc/uptime')
	contains "monotonic 1000 5" "$out"
	contains "boottime 86400 0" "$out"
	inside=$(echo "$out" | tail -n 1)
	[ $((inside - up)) -ge 86400 ] && [ $((inside - up)) -lt 86500 ]
	config '.linux.timeOffsets = {monotonic: {secs: -1, nanosecs: 0}} | .linux.namespaces |= map(select(.type != "time"))'
	fails timeOffsets cruet run --bundle "$B" "$ID"
	nothing_left
}

test_time_offset_that_cannot_be()
{
	bundle
	make_ns time
	config '.linux.timeOffsets = {boottime: {secs: -1000000000}}'
	fails timeOffsets cruet run --bundle "$B" "$ID"
	nothing_left
}

test_joined_time()
{
	unshare -T --boottime 5000 sleep 1000 &
	HOLDERS=$!
	wait_until 10 grep -qx sleep "/proc/$HOLDERS/comm"
	bundle
	join_ns time "/proc/$HOLDERS/ns/time"
	up=$(cut -d. -f1 /proc/uptime)
	inside=$(run_sh 'cut -d. -f1 /proc/uptime')
	[ $((inside - up)) -ge 5000 ] && [ $((inside - up)) -lt 5100 ]
	config '.linux.timeOffsets = {boottime: {secs: 1}}'
	fails timeOffsets cruet run --bundle "$B" "$ID"
	nothing_left
	stop_holders
}

# ---- without a mount namespace -----------------------------------------------------------------------------------------------

on_the_host()
{
	bundle
	unset_ns mount
	config '.root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
}

# The container's mounts are the host's then, and go with it.
test_no_mount_namespace()
{
	local before

	on_the_host
	before=$(host_mounts)
	args sh -c 'cat /proc/self/mountinfo >&2; ls /'
	cruet create --bundle "$B" "$ID"
	expect "$(ns_of self mnt)" "$(ns_of "$(pid_of "$ID")" mnt)"
	grep -q " $B/rootfs/proc " /proc/self/mountinfo || die "its procfs should be mounted on the host"
	cruet delete --force "$ID"
	expect "$before" "$(host_mounts)"
	out=$(run_sh 'ls /dev | paste -sd" "')
	contains "null" "$out"
	expect "$before" "$(host_mounts)"
}

test_no_mount_namespace_and_killed()
{
	local before

	on_the_host
	before=$(host_mounts)
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	kill -KILL "$(pid_of "$ID")"
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
	expect "$before" "$(host_mounts)"
	add_mount /mnt nosuchfs x
	fails nosuchfs cruet create --bundle "$B" "$ID"
	expect "$before" "$(host_mounts)"
	nothing_left
}

test_no_mount_namespace_nothing_mounted()
{
	on_the_host
	config '.mounts = []'
	before=$(host_mounts)
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "$before" "$(host_mounts)"
	cruet start "$ID"
	cruet delete --force "$ID"
	expect "$before" "$(host_mounts)"
}

# Other mount namespaces that receive from the host's see nothing of what is mounted in the container, and keep nothing.
test_no_mount_namespace_and_slaves()
{
	on_the_host
	holder -m --propagation slave
	before=$(cut -d' ' -f4- "/proc/$HOLDER/mountinfo")
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	expect "" "$(grep " $B/rootfs/proc " "/proc/$HOLDER/mountinfo")"
	cruet delete --force "$ID"
	expect "$before" "$(cut -d' ' -f4- "/proc/$HOLDER/mountinfo")"
	stop_holders
}

# In a joined mount namespace what is asked for is mounted there, and nowhere else.
test_joined_mount_with_mounts()
{
	holder -m --propagation private
	bundle
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	join_ns mount "/proc/$HOLDER/ns/mnt"
	before=$(host_mounts)
	args sh -c 'cat /proc/self/mountinfo; (: >/etc/x) 2>/dev/null && echo written; ls /dev/null'
	out=$(cruet run --bundle "$B" "$ID")
	contains "$B/rootfs/dev/shm" "$(cat "/proc/$HOLDER/mountinfo")"
	contains /dev/null "$out"
	lacks written "$out"
	expect "$before" "$(host_mounts)"
	stop_holders
}
