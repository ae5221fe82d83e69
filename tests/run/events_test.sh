# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# events: the numbers, held against the kernel's files; out of memory; and that it ends with the container.

needs()
{
	if cgroup_v2; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers || skip "no controller $1"
	else
		[ -d "/sys/fs/cgroup/$1" ] || skip "no controller $1"
	fi
}

sleeper()
{
	bundle
	config '.linux.resources += {"memory":{"limit":134217728},"pids":{"limit":50}}'
	cgroup_v2 && ! grep -qw memory /sys/fs/cgroup/cgroup.controllers && config 'del(.linux.resources.memory,.linux.resources.pids)'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID"
}

stats()
{
	cruet events --stats "$ID" >stats || die "no stats"
	expect 1 "$(wc -l <stats)"
	jq -e --arg id "$ID" '.type == "stats" and .id == $id' stats >/dev/null || die "$(cat stats)"
}

file()
{
	local dir

	dir=$(cgroup_dir "$(pid_of "$ID")" "$1")
	cat "$dir/$2"
}

# The numbers of a paused container stand still, but for pages that the kernel takes back late: stats between two equal ones,
# which are in `steady` then.
steady_stats() # CONTROLLER FILE
{
	local tries

	for ((tries = 0; tries < 50; tries++)); do
		steady=$(file "$1" "$2")
		stats
		[ "$steady" != "$(file "$1" "$2")" ] || return 0
	done
	die "$2 does not stand still"
}

test_events_stats_shape()
{
	sleeper
	stats
	expect '["type","id","data"]' "$(jq -c keys_unsorted stats)"
	expect '["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]' "$(jq -c '.data | keys_unsorted' stats)"
	expect '["usage","swap","kernel","kernelTCP"]' "$(jq -c '.data.memory | keys_unsorted - ["cache","raw","psi"]' stats)"
	expect '[{},null]' "$(jq -c '[.data.intel_rdt,.data.network_interfaces]' stats)"
	jq -e '.data.cpuset.sched_load_balance | type == "number"' stats >/dev/null || die "no cpuset"
	# what is 0 is absent, and no number is written with a point that has none
	lacks '"value":0}' "$(cat stats)"
	lacks '.0' "$(tr -d '"' <stats | grep -oE ':[0-9.]+' | grep -E '\.0$' || :)"
}

test_events_stats_numbers()
{
	needs memory
	needs pids
	sleeper
	cruet pause "$ID"
	if cgroup_v2; then steady_stats memory memory.current; else steady_stats memory memory.usage_in_bytes; fi
	expect "$(jq .data.memory.usage.limit stats)" 134217728
	expect "$(jq .data.pids.limit stats)" 50
	expect 1 "$(jq .data.pids.current stats)"
	if cgroup_v2; then
		expect "$steady" "$(jq .data.memory.usage.usage stats)"
		[ ! -e "$(cgroup_dir "$(pid_of "$ID")" memory)/memory.peak" ] ||
			expect "$(file memory memory.peak)" "$(jq .data.memory.usage.max stats)"
		expect "$(file memory memory.stat | wc -l)" "$(jq '.data.memory.raw | length' stats)"
		expect "$(($(file cpu cpu.stat | sed -n 's/^usage_usec //p') * 1000))" "$(jq .data.cpu.usage.total stats)"
		[ ! -e "$(cgroup_dir "$(pid_of "$ID")" memory)/memory.pressure" ] || {
			expect '["some","full"]' "$(jq -c '.data.memory.psi | keys_unsorted' stats)"
			expect '["avg10","avg60","avg300","total"]' "$(jq -c '.data.cpu.psi.some | keys_unsorted' stats)"
			expect "$(file memory memory.pressure | sed -n 's/^some.*total=//p')" "$(jq .data.memory.psi.some.total stats)"
		}
	else
		expect "$steady" "$(jq .data.memory.usage.usage stats)"
		expect "$(file memory memory.max_usage_in_bytes)" "$(jq .data.memory.usage.max stats)"
		expect "$(file memory memory.stat | wc -l)" "$(jq '.data.memory.raw | length' stats)"
		expect "$(file cpuacct cpuacct.usage)" "$(jq .data.cpu.usage.total stats)"
		expect "$(file cpuacct cpuacct.usage_percpu | wc -w)" "$(jq '.data.cpu.usage.percpu | length' stats)"
		expect 134217728 "$(file memory memory.limit_in_bytes)"
	fi
	expect "$(jq -c '.data.memory.raw | keys' stats)" "$(jq -c '.data.memory.raw | keys_unsorted' stats)"
	cruet resume "$ID"
}

# The kernel keeps it for every cgroup2, whatever controllers there are.
test_events_pressure()
{
	local dir kind where

	cgroup_v2 || skip "v1 knows no pressure"
	sleeper
	stats
	dir=$(cgroup_dir "$(pid_of "$ID")" cpu)
	for kind in cpu memory io; do
		where=$kind
		[ $kind != io ] || where=blkio
		if cat "$dir/$kind.pressure" >/dev/null 2>&1; then
			expect "$kind: [\"some\",\"full\"]" "$kind: $(jq -c ".data.$where.psi | keys_unsorted" stats)"
		else
			expect "$kind: null" "$kind: $(jq -c ".data.$where.psi" stats)"
		fi
	done
}

# The same names at the same places as the peer has them: bytes of one configuration in both.
test_events_stats_as_runc()
{
	command -v runc >/dev/null || skip "no runc"
	needs memory
	sleeper
	stats
	runc --root "$T/runc" run --detach --bundle "$B" "$ID-runc" >/dev/null 2>&1 || skip "runc cannot run it"
	runc --root "$T/runc" events --stats "$ID-runc" >runc-stats || :
	runc --root "$T/runc" delete --force "$ID-runc"
	[ -s runc-stats ] || skip "runc has no stats here"
	for f in stats runc-stats; do
		# numbers that happen to be 0 are absent; pressure came with 1.2
		jq -c '.data | del(.memory.raw, .blkio, .cpu.throttling, .cpu.psi, .memory.psi, .memory.cache, .memory.swap, .memory.kernel, .memory.kernelTCP, .hugetlb)
			| [paths | map(tostring) | join(".")]' "$f" >"$f.shape"
	done
	expect "$(cat runc-stats.shape)" "$(cat stats.shape)"
	expect "$(jq -c '.data.memory.raw | keys_unsorted' runc-stats)" "$(jq -c '.data.memory.raw | keys_unsorted' stats)"

}

test_events_interval_and_end()
{
	local pid

	sleeper
	cruet events --interval 200ms "$ID" >told 2>errors &
	pid=$!
	wait_until 10 lines_are told 3
	cruet kill "$ID" KILL
	wait "$pid" || die "events failed: $(cat errors)"
	[ ! -s errors ] || die "$(cat errors)"
	expect '"stats"' "$(jq -c .type told | sort -u)"
}

lines_are()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# The one who is killed is a child of init.
test_events_oom()
{
	local pid

	needs memory
	bundle
	config '.linux.resources.memory = {"limit":25165824,"swap":25165824}'
	cgroup_v2 || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || config 'del(.linux.resources.memory.swap)'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID"
	"$RUNTIME" --root "$ROOT" events --interval 1h "$ID" >told 2>errors &
	pid=$!
	wait_until 10 watching "$pid"
	# the kernel may think init, or the exec's shell, the better victim
	cruet exec "$ID" sh -c 'echo 1000 >/proc/self/oom_score_adj
		head -c 60000000 /dev/zero | tail -c 60000000 >/dev/null' >/dev/null 2>&1 || :
	wait_until 10 grep -q oom told
	expect "{\"type\":\"oom\",\"id\":\"$ID\"}" "$(sed -n 1p told)"
	cruet kill "$ID" KILL
	wait "$pid" || die "events failed: $(cat errors)"
}

watching()
{
	readlink "/proc/$1"/fd/* | grep -E 'eventfd|inotify' >/dev/null
}

# The race of the peers: init itself is killed, and the end must not hide why.
test_events_oom_of_init()
{
	local pid

	needs memory
	writable
	config '.linux.resources.memory = {"limit":25165824,"swap":25165824}'
	cgroup_v2 || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || config 'del(.linux.resources.memory.swap)'
	args sh -c 'while [ ! -e /go ]; do sleep 0.05; done; exec tail -c 60000000 /dev/zero'
	cruet run --detach --bundle "$B" "$ID"
	"$RUNTIME" --root "$ROOT" events --interval 1h "$ID" >told 2>errors &
	pid=$!
	wait_until 10 watching "$pid"
	touch "$B/rootfs/go"
	wait "$pid" || die "events failed: $(cat errors)"
	contains '"oom"' "$(cat told)"
}

test_events_in_each_state()
{
	fails "does not exist" cruet events --stats "$ID"
	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	stats
	cruet start "$ID"
	cruet pause "$ID"
	stats
	cruet resume "$ID"
	fails "interval" cruet events --interval 0 "$ID"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	fails "container not running" cruet events --stats "$ID"
	fails "container not running" cruet events "$ID"
}

# Who reads goes away: then so does the writer, with an error.
test_events_reader_gone()
{
	sleeper
	fails "standard output" bash -c '"$RUNTIME" --root "$ROOT" events --interval 50ms "$ID" | sed -n 1q; exit "${PIPESTATUS[0]}"'
}

test_events_hugetlb()
{
	needs hugetlb
	[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "no pages of 2MB"
	sleeper
	stats
	expect 0 "$(jq '.data.hugetlb["2MB"].failcnt' stats)"
}
