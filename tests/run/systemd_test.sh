# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/systemd_test.sh: the systemd cgroup manager: which unit a container is, what systemd and the kernel say of its
# limits, that nothing of it stays, and that a bus that is silent or dead holds nobody up. On cgroup v2, v1 and hybrid, whichever
# the systemd has. It needs one, so it runs in the guest:
#   tests/vm/vm.sh run -- sh -c 'install cruet /usr/local/bin && tests/run/run.sh /usr/local/bin/cruet systemd'
# as tests/vm/check.sh does it.

. "${BASH_SOURCE[0]%/*}/look.sh"

# Not in tests/oci/isolate.sh: systemd must see the same pids and mounts.
systemd_here()
{
	[ -d /run/systemd/system ] && [ -S /run/dbus/system_bus_socket ] || skip "no systemd here: in the guest, not isolated"
}

# v2_here, v1_here: v1 is hybrid, too
v2_here()
{
	systemd_here
	cgroup_v2 || skip "no cgroup v2"
}

v1_here()
{
	systemd_here
	cgroup_v2 && skip "cgroup v2"
	:
}

has_v1()
{
	grep -q "[:,]$1[:,]" /proc/self/cgroup
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
	expect "/kubepods.slice/kubepods-burstable.slice/$unit" "$(places_of "$(pid_of "$ID")")"
	expect active "$(active "$unit")"
	expect kubepods-burstable.slice "$(property "$unit" Slice)"
	expect yes "$(property "$unit" Delegate)"
	cruet start "$ID"
	expect "/" "$(cruet exec "$ID" cat /proc/self/cgroup | paths)"
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
	expect "/system.slice/cruet-$ID.scope" "$(places_of "$(pid_of "$ID")")"
	# the manager is remembered: delete is not told
	cruet delete --force "$ID"
	gone "cruet-$ID.scope"
}

# The slices that are missing come with the scope.
test_slices_that_are_missing()
{
	systemd_here
	bundle
	args sleep 1000
	config '.linux.cgroupsPath = "cruettest-a-b.slice::" + $id' --arg id "$ID"
	scruet create --bundle "$B" "$ID"
	expect "/cruettest.slice/cruettest-a.slice/cruettest-a-b.slice/$ID.scope" "$(places_of "$(pid_of "$ID")")"
	cruet delete --force "$ID"
	gone "$ID.scope"
	config '.linux.cgroupsPath = "a.slice:x:y.slice"'
	fails "a scope, not a slice" scruet create --bundle "$B" "$ID"
	config '.linux.cgroupsPath = "/a/b"'
	fails "cannot be the name of a systemd unit" scruet create --bundle "$B" "$ID"
}

# Only create is told who the manager is.
test_every_verb_remembers()
{
	systemd_here
	bundle
	args sleep 1000
	scruet create --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	cruet start "$ID"
	cruet pause "$ID"
	expect paused "$(status_of "$ID")"
	cruet resume "$ID"
	expect "$(pid_of "$ID")" "$(cruet ps --format json "$ID" | jq -r '.[0]')"
	cruet update --pids-limit 9 "$ID"
	expect 9 "$(property "$unit" TasksMax)"
	contains pids "$(cruet events --stats "$ID")"
	cruet exec "$ID" true
	cruet kill "$ID" KILL
	wait_until 20 status_is "$ID" stopped
	cruet delete "$ID"
	gone "$unit"
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
	v2_here
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

# What this kernel has of them (v1's memory and cpuset are options of its own).
test_limits_of_v1()
{
	v1_here
	bundle
	args sleep 1000
	config '.linux.resources = {cpu: {shares: 512, quota: 25500, period: 50000}, pids: {limit: 42}, network: {classID: 1048577}}'
	if has_v1 memory; then config '.linux.resources.memory = {limit: 67108864, reservation: 33554432}'; fi
	if has_v1 cpuset; then config '.linux.resources.cpu.cpus = "0"'; fi
	scruet create --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	pid=$(pid_of "$ID")
	expect "yes yes" "$(property "$unit" CPUAccounting) $(property "$unit" BlockIOAccounting)"
	expect "512 510ms 50ms" "$(property "$unit" CPUShares) $(property "$unit" CPUQuotaPerSecUSec) $(property "$unit" CPUQuotaPeriodUSec)"
	expect 42 "$(property "$unit" TasksMax)"
	# what systemd writes anew is what is there
	for _ in 1 2; do
		dir=$(cgroup_dir "$pid" cpu)
		expect "512 25500 50000" "$(cat "$dir/cpu.shares" "$dir/cpu.cfs_quota_us" "$dir/cpu.cfs_period_us" | xargs)"
		expect 42 "$(cat "$(cgroup_dir "$pid" pids)/pids.max")"
		expect 1048577 "$(cat "$(cgroup_dir "$pid" net_cls)/net_cls.classid")"
		if has_v1 memory; then
			expect 67108864 "$(property "$unit" MemoryLimit)"
			dir=$(cgroup_dir "$pid" memory)
			expect "67108864 33554432" "$(cat "$dir/memory.limit_in_bytes" "$dir/memory.soft_limit_in_bytes" | xargs)"
		fi
		if has_v1 cpuset; then
			dir=$(cgroup_dir "$pid" cpuset)
			expect "0 $(cat /sys/fs/cgroup/cpuset/cpuset.mems)" "$(cat "$dir/cpuset.cpus" "$dir/cpuset.mems" | xargs)"
		fi
		systemctl daemon-reload
	done
	cruet delete --force "$ID"
	gone "$unit"
}

# systemd moves who it thinks is in the wrong cgroup of one of its hierarchies: when a slice gets a first scope, or loses the
# last, or its properties change.
test_stays_in_each_hierarchy()
{
	v1_here
	bundle
	args sleep 1000
	config '.linux.cgroupsPath = "cruettest-stay.slice::" + $id' --arg id "$ID"
	scruet run --detach --bundle "$B" "$ID"
	place=/cruettest.slice/cruettest-stay.slice/$ID.scope
	expect "$place" "$(places_of "$(pid_of "$ID")")"
	systemd-run --quiet --scope --slice cruettest-stay.slice --property DevicePolicy=closed --property CPUShares=100 true
	systemctl set-property --runtime cruettest-stay.slice CPUShares=300 BlockIOAccounting=yes DevicePolicy=auto
	systemctl daemon-reload
	cruet update --cpu-share 77 --pids-limit 7 "$ID"
	systemd-run --quiet --scope --slice cruettest-stay.slice true
	expect "$place" "$(places_of "$(pid_of "$ID")")"
	cruet delete --force "$ID"
	gone "$ID.scope"
}

# A cgroup of that name in a hierarchy that systemd leaves alone: of another, with somebody in it, or empty.
test_v1_cgroup_of_another()
{
	v1_here
	bundle
	args sleep 1000
	other=/sys/fs/cgroup/freezer/system.slice/cruet-$ID.scope
	mkdir -p "$other"
	sleep 1000 &
	echo $! >"$other/cgroup.procs"
	fails "not ours" scruet create --bundle "$B" "$ID"
	expect "not-found" "$(property "cruet-$ID.scope" LoadState)"
	kill $! # which it did not
	wait || :
	scruet create --bundle "$B" "$ID"
	expect "/system.slice/cruet-$ID.scope" "$(places_of "$(pid_of "$ID")")"
	cruet delete --force "$ID"
	gone "cruet-$ID.scope"
}

# Each is in systemd's books and in the kernel's file.
test_io_limits_of_v1()
{
	local device

	v1_here
	bundle
	device=$(for d in /sys/block/*/device; do cat "${d%/device}/dev"; break; done)
	[ -n "$device" ] || skip "no disk"
	args sleep 1000
	config '.linux.resources = {blockIO: {throttleReadBpsDevice: [$d + {rate: 1048576}], throttleWriteIOPSDevice: [$d + {rate: 100}]}}' \
		--argjson d "{\"major\": ${device%:*}, \"minor\": ${device#*:}}"
	scruet create --bundle "$B" "$ID"
	contains " 1048576" "$(property "cruet-$ID.scope" BlockIOReadBandwidth)"
	dir=$(cgroup_dir "$(pid_of "$ID")" blkio)
	for _ in 1 2; do
		expect "$device 1048576" "$(cat "$dir/blkio.throttle.read_bps_device")"
		expect "$device 100" "$(cat "$dir/blkio.throttle.write_iops_device")"
		systemctl daemon-reload
	done
	cruet delete --force "$ID"
}

# Each is in systemd's books and in the kernel's file.
test_io_limits()
{
	local device

	v2_here
	bundle
	grep -qw io /sys/fs/cgroup/cgroup.controllers || skip "no io"
	device=$(for d in /sys/block/*/device; do cat "${d%/device}/dev"; break; done)
	[ -n "$device" ] || skip "no disk"
	args sleep 1000
	config '.linux.resources = {blockIO: {throttleReadBpsDevice: [$d + {rate: 1048576}], throttleWriteIOPSDevice: [$d + {rate: 100}]}}' \
		--argjson d "{\"major\": ${device%:*}, \"minor\": ${device#*:}}"
	scruet create --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	contains " 1048576" "$(property "$unit" IOReadBandwidthMax)"
	contains " 100" "$(property "$unit" IOWriteIOPSMax)"
	dir=$(cgroup_dir "$(pid_of "$ID")" io)
	expect "$device rbps=1048576 wbps=max riops=max wiops=100" "$(cat "$dir/io.max")"
	systemctl daemon-reload
	expect "$device rbps=1048576 wbps=max riops=max wiops=100" "$(cat "$dir/io.max")"
	cruet delete --force "$ID"
}

# Whether the module is there is another question.
may_open()
{
	cruet exec "$ID" sh -c ": <$1" >"$T/opened" 2>&1 || ! grep -q 'not permitted' "$T/opened"
}

# Device rules are a program of ours, which systemd leaves there. On v1 it writes the list that it was told anew.
test_device_rules()
{
	systemd_here
	bundle
	args sleep 1000
	config '.linux.resources.devices = [{allow: false, access: "rwm"}] | .linux.devices = [{path: "/dev/loop-control", type: "c", major: 10, minor: 237}]'
	scruet run --detach --bundle "$B" "$ID"
	if may_open /dev/loop-control; then die "could be opened"; fi
	may_open /dev/zero || die "/dev/zero could not be opened"
	systemctl daemon-reload
	if may_open /dev/loop-control; then die "could be opened"; fi
	cruet update --resources - "$ID" <<<'{"devices": [{"allow": true, "type": "c", "major": 10, "minor": 237, "access": "r"}]}'
	may_open /dev/loop-control || die "could not be opened"
	systemctl daemon-reload
	may_open /dev/loop-control || die "could not be opened"
	may_open /dev/zero || die "/dev/zero could not be opened"
	expect running "$(status_of "$ID")"
	expect "/system.slice/cruet-$ID.scope" "$(places_of "$(pid_of "$ID")")"
	cruet delete --force "$ID"
}

# All devices are a list, too, where systemd would take the cgroup away without one.
test_all_devices()
{
	systemd_here
	bundle
	args sleep 1000
	scruet run --privileged --detach --bundle "$B" "$ID"
	for _ in 1 2; do
		may_open /dev/loop-control || die "could not be opened"
		expect "/system.slice/cruet-$ID.scope" "$(places_of "$(pid_of "$ID")")"
		systemctl daemon-reload
	done
	cruet delete --force "$ID"
	gone "cruet-$ID.scope"
}

test_update_of_v1()
{
	v1_here
	bundle
	args sleep 1000
	config '.linux.resources = {cpu: {shares: 512, quota: 25500, period: 100000}, pids: {limit: 42}}'
	if has_v1 memory; then config '.linux.resources.memory = {limit: 67108864}'; fi
	scruet run --detach --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	pid=$(pid_of "$ID")
	cpu=$(cgroup_dir "$pid" cpu) pids=$(cgroup_dir "$pid" pids)
	cruet update --cpu-quota 30500 --cpu-period 100000 --cpu-share 2048 --pids-limit 0 "$ID"
	expect "2048 310ms 1" "$(property "$unit" CPUShares) $(property "$unit" CPUQuotaPerSecUSec) $(property "$unit" TasksMax)"
	# ours is the last word, where systemd can only say it coarsely
	expect "2048 30500 100000" "$(cat "$cpu/cpu.shares" "$cpu/cpu.cfs_quota_us" "$cpu/cpu.cfs_period_us" | xargs)"
	expect 0 "$(cat "$pids/pids.max")"
	# what was not asked for stays as fine as it was
	cruet update --cpu-share 1024 "$ID"
	expect "1024 30500 100000" "$(cat "$cpu/cpu.shares" "$cpu/cpu.cfs_quota_us" "$cpu/cpu.cfs_period_us" | xargs)"
	cruet update --cpu-quota 15210 --cpu-period 50000 --cpu-share 2048 "$ID"
	cruet update --cpu-quota 20210 "$ID"
	expect "410ms 20210 50000" "$(property "$unit" CPUQuotaPerSecUSec) $(cat "$cpu/cpu.cfs_quota_us" "$cpu/cpu.cfs_period_us" | xargs)"
	if has_v1 memory; then
		cruet update --memory 96m "$ID"
		expect 100663296 "$(property "$unit" MemoryLimit)"
		expect 100663296 "$(cat "$(cgroup_dir "$pid" memory)/memory.limit_in_bytes")"
	fi
	cruet update --pids-limit 7 "$ID"
	# what is refused leaves systemd's books as they were, too
	fails "hugetlb.3MB" cruet update --resources - "$ID" \
		<<<'{"pids": {"limit": 60}, "cpu": {"shares": 100}, "hugepageLimits": [{"pageSize": "3MB", "limit": 1}]}'
	expect "2048 7" "$(property "$unit" CPUShares) $(property "$unit" TasksMax)"
	expect "2048 7" "$(cat "$cpu/cpu.shares" "$pids/pids.max" | xargs)"
	cruet update --cpu-quota -1 --pids-limit -1 "$ID"
	expect "infinity infinity" "$(property "$unit" CPUQuotaPerSecUSec) $(property "$unit" TasksMax)"
	systemctl daemon-reload
	expect "2048 -1 max" "$(cat "$cpu/cpu.shares" "$cpu/cpu.cfs_quota_us" "$pids/pids.max" | xargs)"
	cruet delete --force "$ID"
}

test_update()
{
	v2_here
	bundle
	args sleep 1000
	config '.linux.resources = {memory: {limit: 67108864, swap: 67108864}, cpu: {shares: 512, quota: 25500, period: 100000},
		pids: {limit: 42}}'
	scruet run --detach --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	dir=$(cgroup_dir "$(pid_of "$ID")" memory)
	cruet update --memory 96m --memory-swap 128m --memory-reservation 48m --cpu-quota 30500 --cpu-share 2048 --cpuset-cpus 0 \
		--pids-limit 0 "$ID"
	expect 100663296 "$(property "$unit" MemoryMax)"
	expect 33554432 "$(property "$unit" MemorySwapMax)"
	expect 50331648 "$(property "$unit" MemoryLow)"
	expect 310ms "$(property "$unit" CPUQuotaPerSecUSec)"
	expect 0 "$(property "$unit" AllowedCPUs)"
	expect 1 "$(property "$unit" TasksMax)"
	# ours is the last word, where systemd can only say it coarsely
	expect "30500 100000" "$(cat "$dir/cpu.max")"
	expect 0 "$(cat "$dir/pids.max")"
	expect 100663296 "$(cat "$dir/memory.max")"
	expect 0 "$(cat "$dir/cpuset.cpus")"
	expect "$(property "$unit" CPUWeight)" "$(cat "$dir/cpu.weight")"
	cruet update --cpu-share 1024 "$ID"
	expect "30500 100000" "$(cat "$dir/cpu.max")"
	# one of the two alone: the property stands for both
	cruet update --cpu-period 50000 "$ID"
	expect "30500 50000" "$(cat "$dir/cpu.max")"
	expect "610ms 50ms" "$(property "$unit" CPUQuotaPerSecUSec) $(property "$unit" CPUQuotaPeriodUSec)"
	cruet update --cpu-quota 20000 "$ID"
	expect "20000 50000" "$(cat "$dir/cpu.max")"
	expect "400ms 50ms" "$(property "$unit" CPUQuotaPerSecUSec) $(property "$unit" CPUQuotaPeriodUSec)"
	cruet update --pids-limit 7 "$ID"
	# systemd writes its properties to the files again
	systemctl daemon-reload
	expect "20000 50000" "$(cat "$dir/cpu.max")"
	expect 100663296 "$(cat "$dir/memory.max")"
	expect 7 "$(cat "$dir/pids.max")"
	cruet update --memory -1 --memory-swap -1 --cpu-quota -1 --pids-limit -1 "$ID"
	for name in MemoryMax MemorySwapMax CPUQuotaPerSecUSec TasksMax; do
		expect infinity "$(property "$unit" "$name")"
	done
	expect max "$(cat "$dir/memory.max")"
	cruet delete --force "$ID"
}

test_update_idle()
{
	v2_here
	bundle
	args sleep 1000
	config '.linux.resources = {cpu: {shares: 512}}'
	scruet run --detach --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	dir=$(cgroup_dir "$(pid_of "$ID")" cpu)
	cruet update --cpu-idle 1 "$ID"
	expect "idle 1" "$(property "$unit" CPUWeight) $(cat "$dir/cpu.idle")"
	cruet update --cpu-idle 0 "$ID"
	expect "[not set] 0" "$(property "$unit" CPUWeight) $(cat "$dir/cpu.idle")"
	cruet delete --force "$ID"
}

# What is refused leaves systemd's books as they were, too.
test_update_is_all_or_none()
{
	v2_here
	bundle
	args sleep 1000
	config '.linux.resources = {memory: {limit: 67108864, checkBeforeUpdate: true}, pids: {limit: 42}}'
	scruet run --detach --bundle "$B" "$ID"
	unit=cruet-$ID.scope
	dir=$(cgroup_dir "$(pid_of "$ID")" memory)
	fails "memory.nonsense" cruet update --resources - "$ID" <<<'{"pids": {"limit": 60}, "cpu": {"cpus": "0"}, "unified": {"memory.nonsense": "1"}}'
	expect 42 "$(property "$unit" TasksMax)"
	expect "" "$(property "$unit" AllowedCPUs)"
	expect 42 "$(cat "$dir/pids.max")"
	fails "linux.resources.memory" cruet update --resources - "$ID" <<<'{"pids": {"limit": 60}, "memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	expect "67108864 42" "$(property "$unit" MemoryMax) $(property "$unit" TasksMax)"
	expect "67108864 42" "$(cat "$dir/memory.max") $(cat "$dir/pids.max")"
	expect running "$(status_of "$ID")"
	systemctl daemon-reload
	expect "67108864 42" "$(cat "$dir/memory.max") $(cat "$dir/pids.max")"
	# no bus: nothing is changed
	: >"$T/socket"
	fails "cruet-$ID.scope" with_bus "$T/socket" "$RUNTIME" --root "$ROOT" update --pids-limit 50 "$ID"
	expect 42 "$(cat "$dir/pids.max")"
	cruet delete --force "$ID"
}

test_hugetlb_that_systemd_leaves_alone()
{
	systemd_here
	bundle
	if cgroup_v2; then grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers; else has_v1 hugetlb; fi || skip "no hugetlb"
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 0}]'
	args sleep 1000
	scruet create --bundle "$B" "$ID"
	dir=$(cgroup_dir "$(pid_of "$ID")" hugetlb)
	if cgroup_v2; then expect 0 "$(cat "$dir/hugetlb.2MB.max")"; else expect 0 "$(cat "$dir/hugetlb.2MB.limit_in_bytes")"; fi
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

# One of the same name elsewhere: the kernel sees two cgroups, systemd one unit.
test_a_unit_of_another_slice_stays()
{
	systemd_here
	bundle
	systemd-run --quiet --scope --slice cruettest.slice --unit "cruet-$ID.scope" sleep 1000 &
	wait_until 20 systemctl is-active "cruet-$ID.scope"
	fails "cruet-$ID.scope" scruet create --bundle "$B" "$ID"
	fails "does not exist" cruet state "$ID"
	expect active "$(active "cruet-$ID.scope")"
	systemctl stop "cruet-$ID.scope"
	wait
}

# A unit that has failed keeps its name: not longer than until it is wanted.
test_name_of_one_that_has_failed()
{
	systemd_here
	bundle
	systemd-run --quiet --scope --property RuntimeMaxSec=1 --unit "cruet-$ID.scope" sleep 1000 || :
	wait_until 20 sh -c "systemctl is-failed cruet-$ID.scope"
	scruet run --bundle "$B" "$ID"
	gone "cruet-$ID.scope"
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
	dir=$(cgroup_dir "$(pid_of "$ID")" pids)
	cruet exec "$ID" sleep 1000 &
	wait_until 20 sh -c "[ \$(wc -l <$dir/cgroup.procs) = 2 ]"
	for pid in $(cat "$dir/cgroup.procs"); do
		expect "/system.slice/cruet-$ID.scope" "$(places_of "$pid")"
	done
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

# Pids mean nothing to a manager of another pid namespace; it would put other processes into the scope.
test_another_pid_namespace()
{
	systemd_here
	bundle
	fails "another pid namespace" unshare --fork --pid --mount-proc --kill-child "$RUNTIME" --root "$ROOT" --systemd-cgroup \
		run --bundle "$B" "$ID"
	gone "cruet-$ID.scope"
}

# ---- a user's own manager ----

# user WORD...: as tester, in a service of his manager
user()
{
	as-tester "$@" <"${input:-/dev/null}" >"$T/user.out" 2>&1 || { cat "$T/user.out"; return 1; }
	cat "$T/user.out"
}

users_bundle()
{
	systemd_here
	command -v as-tester >/dev/null || skip "no user with a manager of his own"
	command -v "${RUNTIME##*/}" >/dev/null || skip "the runtime is not where a user can reach it"
	bundle
	rm "$B/config.json"
	chmod 755 "$T" "${T%/*}"
	chown -R tester: "$B"
	user "$RUNTIME" spec --rootless --bundle "$B"
	config '.process.terminal = false | .process.env = ["PATH=/bin"]'
	args sleep 1000
	chown -R tester: "$B"
}

# His manager has nothing of v1 to give.
test_user_on_v1()
{
	v1_here
	users_bundle
	fails "cgroups are those of version 1" as-tester "$RUNTIME" --root "/run/user/1000/$ID" --systemd-cgroup run --bundle "$B" "$ID"
}

test_user_without_a_bus()
{
	v2_here
	users_bundle
	fails "cruet-$ID.scope" as-tester env XDG_RUNTIME_DIR=/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus \
		"$RUNTIME" --root "/run/user/1000/$ID" --systemd-cgroup run --bundle "$B" "$ID"
	[ ! -d "/run/user/1000/$ID/$ID" ] || die "the record is left"
}
