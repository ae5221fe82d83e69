# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/limits_test.sh: linux.resources as the kernel's files have them, and where it can be seen, as they act.

# Is the controller there, and can it be had for a container? On v2 its absence here is this machine's (v1 has it).
needs()
{
	local c

	for c; do
		if cgroup_v2; then
			grep -qw "${c/blkio/io}" /sys/fs/cgroup/cgroup.subtree_control || skip "no controller '${c/blkio/io}' on cgroup v2 here"
		else
			[ -d "/sys/fs/cgroup/$c" ] || skip "no controller '$c' on cgroup v1 here"
		fi
	done
}

# limits JSON: a created container with these resources
limits()
{
	config '.linux.resources = $r | .process.args = ["sleep", "1000"]' --argjson r "$1"
	cruet create --bundle "$B" "$ID" || die "refused: $1"
}

# value CONTROLLER V1-FILE V2-FILE
value()
{
	local dir file=$2

	dir=$(cgroup_dir "$(pid_of "$ID")" "$1")
	cgroup_v2 && file=$3
	cat "$dir/$file"
}

has_file()
{
	local file=$2

	cgroup_v2 && file=$3
	[ -e "$(cgroup_dir "$(pid_of "$ID")" "$1")/$file" ]
}

refused()
{
	config '.linux.resources = $r' --argjson r "$1"
	fails "$2" cruet create --bundle "$B" "$ID"
	[ ! -e "$ROOT/$ID" ]
}

# ---- pids ----------------------------------------------------------------------------------------------------------------------

test_pids_limit()
{
	needs pids
	bundle
	limits '{"pids": {"limit": 42}}'
	expect 42 "$(value pids pids.max pids.max)"
	cruet delete --force "$ID"
	limits '{"pids": {"limit": -1}}'
	expect max "$(value pids pids.max pids.max)"
	cruet delete --force "$ID"
	refused '{"pids": {"limit": -2}}' pids
}

test_pids_limit_acts()
{
	needs pids
	bundle
	config '.linux.resources = {pids: {limit: 5}}'
	fails "can't fork" run_sh 'for i in 1 2 3 4 5 6; do sleep 5 & done; echo all'
	lacks all "$(cat "$T/fails.out")"
	# none at all: what is there runs, and cannot fork
	config '.linux.resources = {pids: {limit: 0}}'
	fails "can't fork" run_sh 'echo started; sleep 5 & echo forked'
	contains started "$(cat "$T/fails.out")"
}

# ---- memory --------------------------------------------------------------------------------------------------------------------

test_memory()
{
	needs memory
	bundle
	limits '{"memory": {"limit": 67108864, "reservation": 33554432}}'
	expect 67108864 "$(value memory memory.limit_in_bytes memory.max)"
	expect 33554432 "$(value memory memory.soft_limit_in_bytes memory.low)"
	cruet delete --force "$ID"
	limits '{"memory": {"limit": -1}}'
	cgroup_v2 && expect max "$(value memory - memory.max)"
	cruet delete --force "$ID"
	limits '{"memory": {"limit": 0}}'
	cruet delete --force "$ID"
	refused '{"memory": {"limit": -5}}' "memory.limit"
	refused '{"memory": {"limit": 67108864, "swap": 33554432}}' "memory.swap"
}

test_memory_swap()
{
	needs memory
	bundle
	limits '{"memory": {"limit": 67108864}}'
	has_file memory memory.memsw.limit_in_bytes memory.swap.max || skip "the kernel does not count swap"
	cruet delete --force "$ID"
	limits '{"memory": {"limit": 67108864, "swap": 100663296}}'
	if cgroup_v2; then
		expect 33554432 "$(value memory - memory.swap.max)"
	else
		expect 100663296 "$(value memory memory.memsw.limit_in_bytes -)"
	fi
	cruet delete --force "$ID"
	limits '{"memory": {"limit": 67108864, "swap": 67108864}}'
	if cgroup_v2; then
		expect 0 "$(value memory - memory.swap.max)"
	else
		expect 67108864 "$(value memory memory.memsw.limit_in_bytes -)"
	fi
}

test_memory_switches_of_v1()
{
	if cgroup_v2; then
		bundle
		refused '{"memory": {"swappiness": 10}}' memory.swappiness
		refused '{"memory": {"disableOOMKiller": true}}' memory.disableOOMKiller
		return
	fi
	needs memory
	bundle
	limits '{"memory": {"swappiness": 10, "disableOOMKiller": true, "limit": 67108864}}'
	expect 10 "$(value memory memory.swappiness -)"
	contains "oom_kill_disable 1" "$(value memory memory.oom_control -)"
}

# Who uses more is killed, not the host.
test_memory_limit_acts()
{
	local status=0

	needs memory
	bundle
	# on v2 without swap.max it would be swapped out where there is swap
	config '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}
		| .mounts |= map(if .destination == "/dev/shm" then .options = ["size=256m"] else . end)'
	args dd if=/dev/zero of=/dev/shm/x bs=1M count=128
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || status=$?
	expect 137 "$status"
}

# ---- cpu -----------------------------------------------------------------------------------------------------------------------

test_cpu()
{
	needs cpu
	bundle
	limits '{"cpu": {"shares": 512, "quota": 50000, "period": 200000}}'
	if cgroup_v2; then
		expect 59 "$(value cpu - cpu.weight)"
		expect "50000 200000" "$(value cpu - cpu.max)"
	else
		expect 512 "$(value cpu cpu.shares -)"
		expect 50000 "$(value cpu cpu.cfs_quota_us -)"
		expect 200000 "$(value cpu cpu.cfs_period_us -)"
	fi
	cruet delete --force "$ID"
	limits '{"cpu": {"quota": -1, "period": 50000}}'
	if cgroup_v2; then
		expect "max 50000" "$(value cpu - cpu.max)"
	else
		expect "-1" "$(value cpu cpu.cfs_quota_us -)"
		expect 50000 "$(value cpu cpu.cfs_period_us -)"
	fi
}

test_cpu_burst_and_idle()
{
	needs cpu
	bundle
	limits '{"cpu": {"quota": 50000, "period": 100000}}'
	has_file cpu cpu.cfs_burst_us cpu.max.burst || skip "the kernel has no burst (5.14)"
	cruet delete --force "$ID"
	limits '{"cpu": {"quota": 50000, "period": 100000, "burst": 20000}}'
	expect 20000 "$(value cpu cpu.cfs_burst_us cpu.max.burst)"
	cruet delete --force "$ID"
	limits '{"cpu": {"idle": 1}}'
	expect 1 "$(value cpu cpu.idle cpu.idle)"
	cruet delete --force "$ID"
	refused '{"cpu": {"idle": 2}}' cpu.idle
	refused '{"cpu": {"quota": 50000, "period": 1}}' cpu
}

test_cpuset()
{
	local all

	needs cpuset
	bundle
	limits '{}'
	all=$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$(pid_of "$ID")/status")
	cruet delete --force "$ID"
	limits "{\"cpu\": {\"cpus\": \"${all%%[-,]*}\", \"mems\": \"0\"}}"
	expect "${all%%[-,]*}" "$(value cpuset cpuset.cpus cpuset.cpus)"
	expect 0 "$(value cpuset cpuset.mems cpuset.mems)"
	expect "${all%%[-,]*}" "$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$(pid_of "$ID")/status")"
	cruet delete --force "$ID"
	refused '{"cpu": {"cpus": "5000"}}' cpu.cpus
	refused '{"cpu": {"cpus": "0\n1"}}' cpu.cpus
}

# ---- the others ----------------------------------------------------------------------------------------------------------------

# A disk of this machine that can be throttled.
disk()
{
	local d

	for d in /sys/block/*/dev; do
		case $d in
		*/loop* | */ram* | */zram*) continue ;;
		esac
		cat "$d"
		return
	done
	skip "no disk"
}

test_block_io_throttle()
{
	local d

	needs blkio
	d=$(disk)
	[ -n "$d" ] || skip "no disk"
	bundle
	limits "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${d%:*}, \"minor\": ${d#*:}, \"rate\": 1048576}],
		\"throttleWriteIOPSDevice\": [{\"major\": ${d%:*}, \"minor\": ${d#*:}, \"rate\": 100}]}}"
	if cgroup_v2; then
		contains "$d rbps=1048576 wbps=max riops=max wiops=100" "$(value blkio - io.max)"
	else
		contains "$d 1048576" "$(value blkio blkio.throttle.read_bps_device -)"
		contains "$d 100" "$(value blkio blkio.throttle.write_iops_device -)"
	fi
	cruet delete --force "$ID"
	refused '{"blockIO": {"throttleReadBpsDevice": [{"major": 4095, "minor": 1, "rate": 1}]}}' blockIO
}

test_hugepages()
{
	needs hugetlb
	bundle
	limits '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	expect 4194304 "$(value hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max)"
	has_file hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max || return 0
	expect 4194304 "$(value hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max)"
}

test_unified()
{
	bundle
	if ! cgroup_v2; then
		refused '{"unified": {"memory.max": "67108864"}}' unified
		return
	fi
	for key in ../x a/b "" .. memory; do
		config '.linux.resources = {unified: {($k): "1"}}' --arg k "$key"
		fails unified cruet create --bundle "$B" "$ID"
		[ ! -e "$ROOT/$ID" ]
	done
	limits '{"unified": {"cgroup.max.depth": "5"}}'
	expect 5 "$(value - - cgroup.max.depth)"
	cruet delete --force "$ID"
	refused '{"unified": {"nosuch.max": "1"}}' nosuch
}

# What is said in unified counts more than what was converted.
test_unified_wins()
{
	cgroup_v2 || skip "unified is for cgroup v2"
	needs memory
	bundle
	limits '{"memory": {"limit": 67108864}, "unified": {"memory.max": "50331648", "memory.oom.group": "1"}}'
	expect 50331648 "$(value memory - memory.max)"
	expect 1 "$(value memory - memory.oom.group)"
}

test_controller_that_is_missing()
{
	bundle
	if cgroup_v2; then
		! grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "every controller is here"
		refused '{"memory": {"limit": 67108864}}' memory
	else
		[ ! -d /sys/fs/cgroup/hugetlb ] || skip "every controller is here"
		refused '{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}' hugetlb
	fi
}

# Limits hold from the first instruction of the container's program on.
test_limits_before_the_program()
{
	needs pids
	bundle
	config '.linux.resources = {pids: {limit: 33}} | (.mounts[] | select(.type == "cgroup") | .options) = ["ro"]'
	expect 33 "$(run_sh 'cd /sys/fs/cgroup; [ -d pids ] && cd pids; cat pids.max')"
}
