# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# update: each limit set by create and by update, read back from the kernel, and seen to act where it can be.

# needs CONTROLLER: of v1, and the same in v2 (blkio is io there)
needs()
{
	local c=$1

	if cgroup_v2; then
		[ "$c" != blkio ] || c=io
		grep -qw "$c" /sys/fs/cgroup/cgroup.controllers || skip "no controller $c"
	else
		[ -d "/sys/fs/cgroup/$c" ] || skip "no controller $c"
	fi
}

# The value of a file of the container's cgroup: CONTROLLER V1-FILE V2-FILE
value()
{
	local dir

	dir=$(cgroup_dir "$(pid_of "$ID")" "$1")
	if cgroup_v2; then cat "$dir/$3"; else cat "$dir/$2"; fi
}

# for_v V1 V2: the one that this host's version says
for_v()
{
	if cgroup_v2; then echo "$2"; else echo "$1"; fi
}

# resources JSON: a running container with these limits
resources()
{
	bundle
	config ".linux.resources += $1"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID"
}

update()
{
	cruet update "$@" "$ID" >"$T/update.out" 2>&1 || die "update $*: $(cat "$T/update.out")"
	[ ! -s "$T/update.out" ] || die "update printed: $(cat "$T/update.out")"
}

saved()
{
	jq -c "$1" "$ROOT/$ID/resources.json"
}

test_update_memory()
{
	needs memory
	resources '{"memory":{"limit":67108864,"reservation":33554432}}'
	expect 67108864 "$(value memory memory.limit_in_bytes memory.max)"
	expect 33554432 "$(value memory memory.soft_limit_in_bytes memory.low)"
	update --memory 96m
	expect 100663296 "$(value memory memory.limit_in_bytes memory.max)"
	expect 33554432 "$(value memory memory.soft_limit_in_bytes memory.low)"
	update --memory-reservation 48M
	expect 50331648 "$(value memory memory.soft_limit_in_bytes memory.low)"
	expect 100663296 "$(value memory memory.limit_in_bytes memory.max)"
	expect '[100663296,50331648]' "$(saved '[.memory.limit,.memory.reservation]')"
	update --memory -1
	expect "$(for_v 9223372036854771712 max)" "$(value memory memory.limit_in_bytes memory.max)"
	update --memory 1.5GiB
	expect 1610612736 "$(value memory memory.limit_in_bytes memory.max)"
	fails "--memory '1x'" cruet update --memory 1x "$ID"
	fails "--memory '-2'" cruet update --memory=-2 "$ID"
}

test_update_memory_acts()
{
	needs memory
	resources '{"memory":{"limit":268435456}}'
	update --memory 24m --memory-swap 24m 2>/dev/null || update --memory 24m
	if cruet exec "$ID" sh -c 'head -c 60000000 /dev/zero | tail -c 60000000 >/dev/null'; then
		die "60 MB fit into 24 MB"
	fi
	update --memory 256m --memory-swap 256m 2>/dev/null || update --memory 256m
	cruet exec "$ID" sh -c 'head -c 30000000 /dev/zero | tail -c 30000000 >/dev/null'
}

# What callers write for "as it is" does not take the place of what is; and no limit on memory is none on both.
test_update_zeros_are_not_recorded()
{
	needs memory
	needs cpu
	resources '{"memory":{"limit":67108864,"swap":134217728},"cpu":{"shares":512,"quota":50000,"period":100000,"cpus":"0"}}'
	echo '{"memory":{"limit":0,"swap":0},"cpu":{"shares":0,"quota":0,"period":0,"cpus":""},"blockIO":{"weight":0}}' >r
	update -r r
	expect '[67108864,134217728,512,50000,100000,"0"]' \
		"$(saved '[.memory.limit,.memory.swap,.cpu.shares,.cpu.quota,.cpu.period,.cpu.cpus]')"
	# the sum of both as it acts: v1 keeps it, v2 keeps what of it is swap
	update --memory 32m
	expect "$(for_v 134217728 67108864)" "$(value memory memory.memsw.limit_in_bytes memory.swap.max)"
	expect "[33554432,$(for_v 134217728 100663296)]" "$(saved '[.memory.limit,.memory.swap]')"
	update --memory-swap 128m
	expect "$(for_v 134217728 100663296)" "$(value memory memory.memsw.limit_in_bytes memory.swap.max)"
	update --memory -1
	expect "$(for_v 9223372036854771712 max)" "$(value memory memory.memsw.limit_in_bytes memory.swap.max)"
	expect '[-1,-1]' "$(saved '[.memory.limit,.memory.swap]')"
	update --pids-limit 30
}

test_update_swap()
{
	needs memory
	[ -e "$(for_v /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes /sys/fs/cgroup)" ] || skip "no swap accounting"
	resources '{"memory":{"limit":67108864,"swap":134217728}}'
	[ "$(value memory memory.memsw.limit_in_bytes memory.swap.max)" = "$(for_v 134217728 67108864)" ]
	update --memory-swap 192m
	expect "$(for_v 201326592 134217728)" "$(value memory memory.memsw.limit_in_bytes memory.swap.max)"
	expect 67108864 "$(value memory memory.limit_in_bytes memory.max)"
	# beyond what was before, in one go
	update --memory 256m --memory-swap 300m
	expect 268435456 "$(value memory memory.limit_in_bytes memory.max)"
	expect "$(for_v 314572800 46137344)" "$(value memory memory.memsw.limit_in_bytes memory.swap.max)"
	# and below
	update --memory 32m --memory-swap 32m
	expect 33554432 "$(value memory memory.limit_in_bytes memory.max)"
	expect "$(for_v 33554432 0)" "$(value memory memory.memsw.limit_in_bytes memory.swap.max)"
	fails "" cruet update --memory 64m --memory-swap 32m "$ID"
	expect 33554432 "$(value memory memory.limit_in_bytes memory.max)"
}

test_update_memory_check_before()
{
	needs memory
	writable
	config '.linux.resources += {"memory":{"limit":268435456}}'
	args sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=20 2>/dev/null; echo ready >/ready; sleep 1000'
	cruet run --detach --bundle "$B" "$ID"
	wait_until 20 test -s "$B/rootfs/ready"
	echo '{"pids":{"limit":77},"memory":{"limit":10485760,"checkBeforeUpdate":true}}' >r
	fails "above the new limit" cruet update --resources r "$ID"
	expect 268435456 "$(value memory memory.limit_in_bytes memory.max)"
	[ "$(value pids pids.max pids.max)" != 77 ] || die "half of it was written"
	echo '{"memory":{"limit":134217728,"checkBeforeUpdate":true}}' >r
	update -r r
	expect 134217728 "$(value memory memory.limit_in_bytes memory.max)"
	# from now on it holds for every update that does not say otherwise, as where create was told
	fails "above the new limit" cruet update --memory 10m "$ID"
	expect 134217728 "$(value memory memory.limit_in_bytes memory.max)"
}

test_update_memory_switches()
{
	needs memory
	if cgroup_v2; then
		resources '{}'
		echo '{"memory":{"swappiness":10}}' >r
		fails "memory.swappiness" cruet update -r r "$ID"
		fails "memory.kernel" cruet update --kernel-memory 10m "$ID"
		fails "memory.kernelTCP" cruet update --kernel-memory-tcp 10m "$ID"
		return
	fi
	resources '{"memory":{"swappiness":20,"disableOOMKiller":true}}'
	expect 20 "$(value memory memory.swappiness -)"
	contains "oom_kill_disable 1" "$(value memory memory.oom_control -)"
	echo '{"memory":{"swappiness":30,"disableOOMKiller":false}}' >r
	update -r r
	expect 30 "$(value memory memory.swappiness -)"
	contains "oom_kill_disable 0" "$(value memory memory.oom_control -)"
	update --kernel-memory-tcp 16m
	expect 16777216 "$(value memory memory.kmem.tcp.limit_in_bytes -)"
	# since 5.16 the kernel takes a limit of its memory, and forgets it
	update --kernel-memory 16m
	[ "$(value memory memory.kmem.limit_in_bytes -)" = 16777216 ] ||
		contains "memory.kernel: this kernel does not keep a limit" "$(cruet --log-level warning update --kernel-memory 16m "$ID" 2>&1)"
}

test_update_cpu()
{
	needs cpu
	resources '{"cpu":{"shares":512,"quota":50000,"period":100000}}'
	expect "$(for_v 512 59)" "$(value cpu cpu.shares cpu.weight)"
	expect "$(for_v 50000 "50000 100000")" "$(value cpu cpu.cfs_quota_us cpu.max)"
	update --cpu-share 1024
	expect "$(for_v 1024 100)" "$(value cpu cpu.shares cpu.weight)"
	expect "$(for_v 50000 "50000 100000")" "$(value cpu cpu.cfs_quota_us cpu.max)"
	update --cpu-quota 20000
	expect "$(for_v 20000 "20000 100000")" "$(value cpu cpu.cfs_quota_us cpu.max)"
	update --cpu-period 50000
	expect "$(for_v 50000 "20000 50000")" "$(value cpu cpu.cfs_period_us cpu.max)"
	update --cpu-quota 10000 --cpu-burst 5000
	expect 5000 "$(value cpu cpu.cfs_burst_us cpu.max.burst)"
	update --cpu-burst 0 --cpu-quota -1
	expect "$(for_v -1 "max 50000")" "$(value cpu cpu.cfs_quota_us cpu.max)"
	expect '[1024,-1,50000,0]' "$(saved '[.cpu.shares,.cpu.quota,.cpu.period,.cpu.burst]')"
	fails "linux.resources.cpu.quota" cruet update --cpu-quota 5 "$ID"
}

# One CPU for a tenth of the time: a busy loop gets about that.
test_update_cpu_acts()
{
	needs cpu
	resources '{}'
	update --cpu-quota 10000 --cpu-period 100000
	cruet exec --detach "$ID" sh -c 'while :; do :; done'
	wait_until 20 throttled_above "$(throttled)"
}

throttled_above()
{
	[ "$(throttled)" -gt "$1" ]
}

throttled()
{
	value cpu cpu.stat cpu.stat | sed -n 's/^nr_throttled //p'
}

test_update_cpu_idle()
{
	needs cpu
	resources '{}'
	[ -e "$(cgroup_dir "$(pid_of "$ID")" cpu)/cpu.idle" ] || skip "no cpu.idle"
	update --cpu-share 512
	update --cpu-idle 1
	expect 1 "$(value cpu cpu.idle cpu.idle)"
	expect '[1,null]' "$(saved '[.cpu.idle,.cpu.shares]')"
	# an idle cgroup has no weight: the kernel refuses one, and then idle stays
	fails "cpu.shares" cruet update --cpu-share 2048 "$ID"
	expect 1 "$(value cpu cpu.idle cpu.idle)"
	update --cpu-idle 0 --cpu-share 256
	expect 0 "$(value cpu cpu.idle cpu.idle)"
	expect "$(for_v 256 35)" "$(value cpu cpu.shares cpu.weight)"
	fails "cpu-idle" cruet update --cpu-idle x "$ID"
}

test_update_cpu_realtime()
{
	needs cpu
	resources '{}'
	if cgroup_v2; then
		fails "cpu.realtimeRuntime" cruet update --cpu-rt-runtime 10000 "$ID"
		return
	fi
	[ -e "$(cgroup_dir "$(pid_of "$ID")" cpu)/cpu.rt_runtime_us" ] || skip "a kernel without RT_GROUP_SCHED"
	update --cpu-rt-period 900000 --cpu-rt-runtime 1000
	expect 900000 "$(value cpu cpu.rt_period_us -)"
	expect 1000 "$(value cpu cpu.rt_runtime_us -)"
}

test_update_cpuset()
{
	needs cpuset
	resources '{"cpu":{"cpus":"0","mems":"0"}}'
	expect 0 "$(value cpuset cpuset.cpus cpuset.cpus)"
	[ "$(nproc --all)" -gt 1 ] || skip "one CPU"
	update --cpuset-cpus 1
	expect 1 "$(value cpuset cpuset.cpus cpuset.cpus)"
	expect 1 "$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$(pid_of "$ID")/status")"
	update --cpuset-cpus 0-1 --cpuset-mems 0
	expect 0-1 "$(value cpuset cpuset.cpus cpuset.cpus)"
	fails "cpu.cpus" cruet update --cpuset-cpus 4000 "$ID"
	expect 0-1 "$(value cpuset cpuset.cpus cpuset.cpus)"
}

test_update_pids()
{
	needs pids
	resources '{"pids":{"limit":20}}'
	expect 20 "$(value pids pids.max pids.max)"
	update --pids-limit 2
	expect 2 "$(value pids pids.max pids.max)"
	if cruet exec "$ID" sh -c 'sleep 0 & wait'; then die "a third process"; fi
	update --pids-limit -1
	expect max "$(value pids pids.max pids.max)"
	cruet exec "$ID" sh -c 'sleep 0 & wait'
	update --pids-limit 0
	expect 0 "$(value pids pids.max pids.max)"
}

test_update_block_io()
{
	local dev

	needs blkio
	dev=$(cat /sys/block/*/dev 2>/dev/null | sed -n 1p)
	[ -n "$dev" ] || skip "no block device"
	resources "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":1048576}]}}"
	contains "$(for_v "$dev 1048576" "$dev rbps=1048576")" "$(value blkio blkio.throttle.read_bps_device io.max)"
	echo "{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":2097152}],
		\"throttleReadIOPSDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":100}]}}" >r
	update -r r
	contains "$(for_v "$dev 1048576" "$dev rbps=1048576 wbps=2097152 riops=100")" "$(value blkio blkio.throttle.read_bps_device io.max)"
	cgroup_v2 || contains "$dev 2097152" "$(value blkio blkio.throttle.write_bps_device -)"
	# what is refused takes the rest of it back
	echo "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":4096},
		{\"major\":4001,\"minor\":7,\"rate\":4096}]}}" >r
	fails "throttleReadBpsDevice" cruet update -r r "$ID"
	contains "$(for_v "$dev 1048576" "$dev rbps=1048576")" "$(value blkio blkio.throttle.read_bps_device io.max)"
}

test_update_block_io_weight()
{
	local dir

	needs blkio
	resources '{}'
	dir=$(cgroup_dir "$(pid_of "$ID")" blkio)
	[ -e "$dir/$(for_v blkio.bfq.weight io.bfq.weight)" ] || [ -e "$dir/$(for_v blkio.weight io.weight)" ] || {
		fails "blockIO.weight" cruet update --blkio-weight 500 "$ID"
		return
	}
	update --blkio-weight 500
	grep -qE '500|4950' "$dir"/*weight || die "no weight: $(cat "$dir"/*weight)"
	fails "blockIO.weight" cruet update --blkio-weight 5 "$ID"
}

test_update_hugetlb()
{
	local size

	needs hugetlb
	size=$(find /sys/kernel/mm/hugepages -name 'hugepages-2048kB' | grep -c .)
	[ "$size" -gt 0 ] || skip "no pages of 2MB"
	resources '{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}'
	expect 4194304 "$(value hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max)"
	expect 4194304 "$(value hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max)"
	echo '{"hugepageLimits":[{"pageSize":"2MB","limit":8388608}]}' >r
	update -r r
	expect 8388608 "$(value hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max)"
	expect 8388608 "$(value hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max)"
	expect '[{"pageSize":"2MB","limit":8388608}]' "$(saved .hugepageLimits)"
}

test_update_network()
{
	needs net_cls
	resources '{"network":{"classID":1048577}}'
	expect 1048577 "$(value net_cls net_cls.classid -)"
	echo '{"network":{"classID":1048578,"priorities":[{"name":"lo","priority":5}]}}' >r
	[ -d /sys/fs/cgroup/net_prio ] || echo '{"network":{"classID":1048578}}' >r
	update -r r
	expect 1048578 "$(value net_cls net_cls.classid -)"
	[ ! -d /sys/fs/cgroup/net_prio ] || contains "lo 5" "$(value net_prio net_prio.ifpriomap -)"
}

test_update_rdma()
{
	needs rdma
	resources '{}'
	echo '{"rdma":{"nodev0":{"hcaHandles":3}}}' >r
	fails "linux.resources.rdma" cruet update -r r "$ID"
}

test_update_unified()
{
	resources '{}'
	if ! cgroup_v2; then
		echo '{"unified":{"pids.max":"9"}}' >r
		fails "unified" cruet update -r r "$ID"
		return
	fi
	needs pids
	needs memory
	echo '{"unified":{"pids.max":"9","memory.high":"100000000"}}' >r
	update -r r
	expect 9 "$(value - - pids.max)"
	expect 99999744 "$(value - - memory.high)"
	expect '{"pids.max":"9","memory.high":"100000000"}' "$(saved .unified)"
	# the last is refused: the first is as it was
	echo '{"unified":{"pids.max":"11","memory.high":"much"}}' >r
	fails "memory.high" cruet update -r r "$ID"
	expect 9 "$(value - - pids.max)"
}

# May the container open the character device MAJOR:MINOR? That there is no such device is no refusal.
may_open()
{
	cruet exec "$ID" sh -c "[ -e /dev/test-$1-$2 ] || mknod /dev/test-$1-$2 c $1 $2; head -c 0 /dev/test-$1-$2 2>&1 || :" >opened
	! grep -q 'not permitted' opened
}

# 10:237 is loop-control: no default device.
test_update_devices()
{
	cgroup_v2 || needs devices # bpf programs need no controller
	bundle
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"] | unique)'
	args sh -c 'while :; do head -c 1 /dev/zero >/dev/null || echo lost >>/dev/shm/lost; done'
	cruet run --detach --bundle "$B" "$ID"
	if may_open 10 237; then die "loop-control could be opened"; fi
	jq '.linux.resources.devices += [{"allow":true,"type":"c","major":10,"minor":237,"access":"rwm"}] | .linux.resources' \
		"$B/config.json" >r
	update -r r
	may_open 10 237 || die "loop-control could not be opened"
	# the same again, many times, as containerd sends it with every update: nothing that was allowed is ever refused
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		update -r r
	done
	may_open 10 237 || die "loop-control could not be opened"
	jq .linux.resources "$B/config.json" >r
	update -r r
	if may_open 10 237; then die "loop-control could be opened again"; fi
	cruet exec "$ID" sh -c '[ ! -e /dev/shm/lost ]' || die "there was a gap"
}

# containerd sends the rules of its own configuration with every update; a privileged container has all devices all the same.
test_update_devices_of_privileged()
{
	cgroup_v2 || needs devices
	bundle
	config '.root.readonly = false'
	args sleep 1000
	cruet run --privileged --detach --bundle "$B" "$ID"
	may_open 10 237 || die "loop-control could not be opened"
	jq .linux.resources "$B/config.json" >r
	update -r r
	may_open 10 237 || die "the update took a device away"
}

test_update_all_or_nothing()
{
	needs memory
	needs pids
	resources '{"memory":{"limit":67108864},"pids":{"limit":20},"cpu":{"shares":512}}'
	echo '{"memory":{"limit":134217728},"cpu":{"shares":1024},"pids":{"limit":30},"hugepageLimits":[{"pageSize":"7KB","limit":1}]}' >r
	fails "hugepageLimits" cruet update -r r "$ID"
	expect 67108864 "$(value memory memory.limit_in_bytes memory.max)"
	expect 20 "$(value pids pids.max pids.max)"
	expect "$(for_v 512 59)" "$(value cpu cpu.shares cpu.weight)"
	[ ! -e "$ROOT/$ID/resources.json" ] || die "recorded"
}

test_update_in_each_state()
{
	needs pids
	fails "does not exist" cruet update --pids-limit 5 "$ID"
	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	update --pids-limit 50
	expect 50 "$(value pids pids.max pids.max)"
	cruet start "$ID"
	cruet pause "$ID"
	echo '{"pids":{"limit":60}}' | update --resources=-
	expect 60 "$(value pids pids.max pids.max)"
	cruet resume "$ID"
	fails "nothing to update" cruet update "$ID"
	fails "no group of resctrl" cruet update --l3-cache-schema L3:0=f "$ID"
	fails "no group of resctrl" cruet update --mem-bw-schema MB:0=10 "$ID"
	fails "No such file" cruet update -r /nowhere "$ID"
	echo '{"pids":{"limit":"x"}}' >r
	fails "pids.limit" cruet update -r r "$ID"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	fails "container not running" cruet update --pids-limit 5 "$ID"
}

# What acts is recorded, what create was told stays.
test_update_is_recorded()
{
	needs pids
	resources '{"pids":{"limit":20}}'
	update --pids-limit 50
	expect 50 "$(saved .pids.limit)"
	expect 20 "$(jq .linux.resources.pids.limit "$ROOT/$ID/config.json")"
	needs cpu
	update --cpu-share 300
	expect '[50,300]' "$(saved '[.pids.limit,.cpu.shares]')"
	expect "$(jq -c '.linux.resources.devices[0].allow' "$B/config.json")" "$(saved '.devices[0].allow')"
}
