# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/systemd_test.sh: the systemd cgroup manager: which unit a container is, what systemd and the kernel say of its
# limits, that nothing of it stays, and that a bus that is silent or dead holds nobody up. Needs a systemd, so it runs in the
# guest:
#   tests/vm/vm.sh run -- sh -c 'install cruet /usr/local/bin && tests/run/run.sh /usr/local/bin/cruet systemd'

. "${BASH_SOURCE[0]%/*}/look.sh"

systemd_here()
{
	[ -d /run/systemd/system ] && [ -S /run/dbus/system_bus_socket ] || skip "no systemd"
	cgroup_v2 || skip "no cgroup v2"
}

scruet()
{
	cruet --systemd-cgroup "$@"
}

property()
{
	systemctl show -p "$2" --value "$1"
}

active()
{
	systemctl show -p ActiveState --value "$1"
}

gone()
{
	expect "not-found" "$(property "$1" LoadState)"
	[ -z "$(find /sys/fs/cgroup -depth -type d -name "$1")" ] || die "cgroup left: $1"
}

test_scope_of_three_words()
{
	systemd_here
	bundle
	args sleep 1000
	config '.linux.cgroupsPath = "kubepods-burstable.slice:cri-containerd:" + $id' --arg id "$ID"
	scruet create --bundle "$B" "$ID"
	unit=cri-containerd-$ID.scope
	expect "0::/kubepods.slice/kubepods-burstable.slice/$unit" "$(cat "/proc/$(pid_of "$ID")/cgroup")"
	expect active "$(active "$unit")"
	expect kubepods-burstable.slice "$(property "$unit" Slice)"
	expect yes "$(property "$unit" Delegate)"
	cruet start "$ID"
	expect "0::/" "$(cruet exec "$ID" cat /proc/self/cgroup)"
	cruet kill "$ID" KILL
	wait_until 20 status_is "$ID" stopped
	cruet delete "$ID"
	gone "$unit"
}

test_default_scope()
{
	systemd_here
	bundle
	args sleep 1000
	scruet create --bundle "$B" "$ID"
	expect "0::/system.slice/cruet-$ID.scope" "$(cat "/proc/$(pid_of "$ID")/cgroup")"
	# the manager is remembered: delete is not told
	cruet delete --force "$ID"
	gone "cruet-$ID.scope"
}

# The same words again at once: nothing of the first is in the way of the second.
test_same_id_again()
{
	systemd_here
	bundle
	for _ in 1 2 3; do
		scruet run --bundle "$B" "$ID"
	done
	gone "cruet-$ID.scope"
}

test_limits()
{
	systemd_here
	bundle
	args sleep 1000
	config '.linux.resources = {memory: {limit: 67108864, swap: 67108864, reservation: 33554432},
		cpu: {shares: 512, quota: 25500, period: 100000, cpus: "0"}, pids: {limit: 42},
		unified: {"memory.high": "60000000", "memory.oom.group": "1"}}'
	scruet create --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	dir=$(cgroup_dir "$(pid_of "$ID")" memory)
	expect 67108864 "$(property "$unit" MemoryMax)"
	expect 33554432 "$(property "$unit" MemoryLow)"
	expect 0 "$(property "$unit" MemorySwapMax)"
	expect 60000000 "$(property "$unit" MemoryHigh)"
	expect 42 "$(property "$unit" TasksMax)"
	expect 0 "$(property "$unit" AllowedCPUs)"
	expect 260ms "$(property "$unit" CPUQuotaPerSecUSec)"
	expect kill "$(property "$unit" OOMPolicy)"
	expect 67108864 "$(cat "$dir/memory.max")"
	expect "25500 100000" "$(cat "$dir/cpu.max")"
	expect 42 "$(cat "$dir/pids.max")"
	expect 1 "$(cat "$dir/memory.oom.group")"
	# what systemd writes anew is what is there
	systemctl daemon-reload
	expect 67108864 "$(cat "$dir/memory.max")"
	expect 42 "$(cat "$dir/pids.max")"
	cruet delete --force "$ID"
	gone "$unit"
}

test_hugetlb_that_systemd_leaves_alone()
{
	systemd_here
	bundle
	grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers || skip "no hugetlb"
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 0}]'
	args sleep 1000
	scruet create --bundle "$B" "$ID"
	expect 0 "$(cat "$(cgroup_dir "$(pid_of "$ID")" hugetlb)/hugetlb.2MB.max")"
	cruet delete --force "$ID"
}

test_annotations()
{
	systemd_here
	bundle
	args sleep 1000
	config '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 12000000",
		"org.systemd.property.CollectMode": "'"'inactive-or-failed'"'", "org.systemd.property.KillSignal": "15",
		"org.systemd.property.After": "['"'network.target'"']"}'
	scruet create --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	expect 12s "$(property "$unit" TimeoutStopUSec)"
	expect inactive-or-failed "$(property "$unit" CollectMode)"
	expect 15 "$(property "$unit" KillSignal)"
	contains network.target "$(property "$unit" After)"
	cruet delete --force "$ID"
	for name in ExecStart ExecStartPre ExecStop User Delegate Slice PIDs DeviceAllow BindPaths; do
		config '.annotations = {("org.systemd.property." + $n): "true"}' --arg n "$name"
		fails "org.systemd.property.$name" scruet create --bundle "$B" "$ID"
	done
}

test_a_unit_of_another_stays()
{
	systemd_here
	bundle
	systemd-run --quiet --scope --unit "cruet-$ID.scope" sleep 1000 &
	wait_until 20 systemctl is-active "cruet-$ID.scope"
	fails "$ID" scruet create --bundle "$B" "$ID"
	expect active "$(active "cruet-$ID.scope")"
	systemctl stop "cruet-$ID.scope"
	wait
}

# A failed create takes its unit with it.
test_failure_leaves_nothing()
{
	systemd_here
	bundle
	args /nowhere
	fails nowhere scruet create --bundle "$B" "$ID"
	gone "cruet-$ID.scope"
}

test_exec_and_subgroups()
{
	systemd_here
	bundle
	args sleep 1000
	scruet run --detach --bundle "$B" "$ID"
	dir=$(cgroup_dir "$(pid_of "$ID")" memory)
	cruet exec "$ID" sleep 1000 &
	wait_until 20 sh -c "[ \$(wc -l <$dir/cgroup.procs) = 2 ]"
	cruet delete --force "$ID"
	wait || :
	gone "cruet-$ID.scope"
}

# Sees neither the system's bus nor another: in a mount namespace of its own. The command must end long before the test does.
with_bus()
{
	local socket=$1

	shift
	unshare -m sh -c 'mount --make-rprivate / && mount --bind "$1" /run/dbus/system_bus_socket && shift && exec "$@"' sh \
		"$socket" "$@"
}

test_dead_bus()
{
	systemd_here
	bundle
	: >"$T/socket"
	fails "cruet-$ID.scope" with_bus "$T/socket" "$RUNTIME" --root "$ROOT" --systemd-cgroup create --bundle "$B" "$ID"
	fails "does not exist" cruet state "$ID"
}

test_silent_bus()
{
	local start=$SECONDS

	systemd_here
	command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate"
	bundle
	systemd-socket-activate -l "$T/socket" sleep 1000 2>/dev/null &
	wait_until 20 test -S "$T/socket"
	fails "cruet-$ID.scope" with_bus "$T/socket" "$RUNTIME" --root "$ROOT" --systemd-cgroup create --timeout 2s \
		--bundle "$B" "$ID"
	kill $!
	[ $((SECONDS - start)) -lt 40 ] || die "took $((SECONDS - start)) s"
	cruet delete --force "$ID"
}
