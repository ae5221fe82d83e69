# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# linux.intelRdt. Without the hardware: the error that a machine without resctrl must give; and everything else with a program
# that is cruet but for where its resctrl is, a directory (tests/unit-root/resctrl.h says what that can show, and what not).

# A bundle whose linux.intelRdt is this.
rdt()
{
	[ -d "$T/b" ] || bundle
	B=$T/b
	args sleep 1000
	config ".linux.intelRdt = $1"
}

# The other program, and its directory in place of resctrl: $R
stand_in()
{
	local dir

	dir=$(dirname "$RUNTIME")
	for RUNTIME in "$dir/cruet-resctrl" "$dir/build/cruet-resctrl"; do
		[ ! -x "$RUNTIME" ] || break
	done
	[ -x "$RUNTIME" ] || skip "no $RUNTIME: make tests"
	R=$T/resctrl
	export CRUET_TEST_RESCTRL=$R
	cruet features >/dev/null
	[ -f "$R/schemata" ] || die "no stand-in"
}

# The groups that are there, and the monitoring groups in them.
groups()
{
	(cd "$R" && find . -mindepth 1 -maxdepth 3 -type d ! -path './info*' ! -path '*mon_data*' ! -name mon_groups | sort | tr '\n' ' ')
}

start_it()
{
	cruet run --detach --bundle "$B" "$ID"
}

# ---- as it is ----

test_rdt_missing()
{
	! grep -qw resctrl /proc/filesystems || skip "this machine has resctrl"
	rdt '{}'
	fails "linux.intelRdt: there is no resctrl file system" start_it
	contains "mount -t resctrl resctrl /sys/fs/resctrl" "$(cat fails.out)"
	expect 1 "$(grep -c . fails.out)"
	fails "does not exist" cruet state "$ID"
	for config in '{closID: "x"}' '{closID: "/", enableMonitoring: true}' '{schemata: ["L3:0=f"]}'; do
		rdt "$config"
		fails "linux.intelRdt: " cruet create --bundle "$B" "$ID"
	done
	cruet create --dry-run --bundle "$B" "$ID" >plan
	contains "resctrl group: $ID, made for the container" "$(cat plan)"
	# what is there in its place is none: a tmpfs, even by that name
	mount -t tmpfs resctrl /sys/fs/resctrl 2>/dev/null || mount -t tmpfs -o size=1m resctrl "$T/b/rootfs/mnt"
	fails "linux.intelRdt: there is no resctrl file system" start_it
	umount /sys/fs/resctrl 2>/dev/null || umount "$T/b/rootfs/mnt"
	config 'del(.linux.intelRdt)'
	start_it
	fails "has no group of resctrl" cruet update --l3-cache-schema L3:0=f "$ID"
	expect '{}' "$(cruet events --stats "$ID" | jq -c .data.intel_rdt)"
}

test_rdt_probe()
{
	! grep -qw resctrl /proc/filesystems || skip "this machine has resctrl"
	cruet features --probe --format json >probe
	expect '[["groups",false],["monitoring",false]]' "$(jq -c '[.[] | select(.area == "resctrl") | [.name, .works]]' probe)"
	contains "mount -t resctrl" "$(jq -r '.[] | select(.area == "resctrl") | .remedy' probe)"
	expect '{"enabled":true,"schemata":true,"monitoring":true}' "$(cruet features | jq -c .linux.intelRdt)"
}

# ---- with a directory in its place ----

test_rdt_own_group()
{
	stand_in
	rdt '{l3CacheSchema: "L3:0=f;1=f0\nMB:0=10", memBwSchema: "MB:0=20;1=70", schemata: ["L2:0=3"], enableMonitoring: true}'
	cruet create --bundle "$B" "$ID"
	expect "./$ID ./$ID/mon_groups/$ID " "$(groups)"
	expect "L3:0=f;1=f0 MB:0=20;1=70 L2:0=3" "$(tr '\n' ' ' <"$R/$ID/schemata" | sed 's/ $//')"
	expect "$(pid_of "$ID")" "$(cat "$R/$ID/tasks")"
	expect "$(pid_of "$ID")" "$(cat "$R/$ID/mon_groups/$ID/tasks")"
	expect "" "$(cat "$R/tasks")"
	cruet start "$ID"
	cruet delete --force "$ID"
	expect "" "$(groups)"
}

# Each process that is not of the container's own group is moved by its own pid, before it can start others.
test_rdt_exec()
{
	stand_in
	rdt '{enableMonitoring: true}'
	start_it
	cruet exec --detach --pid-file pid "$ID" sleep 1000
	expect "$(cat pid)" "$(cat "$R/$ID/tasks")"
	expect "$(cat pid)" "$(cat "$R/$ID/mon_groups/$ID/tasks")"
	[ "$(cat pid)" != "$(pid_of "$ID")" ] || die "that is init"
	rm -r "${R:?}/$ID"
	fails "linux.intelRdt, group '$ID'" cruet exec "$ID" true
}

test_rdt_closid()
{
	stand_in
	rdt '{closID: "gold"}'
	fails "linux.intelRdt.closID: resctrl has no group 'gold'" start_it
	rdt '{closID: "gold", schemata: ["L3:0=00f;1=0ff"], enableMonitoring: true}'
	start_it
	expect "./gold ./gold/mon_groups/$ID " "$(groups)"
	expect "$(pid_of "$ID")" "$(cat "$R/gold/tasks")"
	# another one in the same: the numbers count, not how they are written
	rdt '{closID: "gold", l3CacheSchema: "L3:1=FF"}'
	cruet run --detach --bundle "$B" "$ID-2"
	rdt '{closID: "gold"}'
	cruet run --detach --bundle "$B" "$ID-3"
	rdt '{closID: "gold", schemata: ["L3:0=f", "L3:1=1ff"]}'
	fails "linux.intelRdt.closID 'gold': its schemata are not 'L3:1=1ff'" cruet run --bundle "$B" "$ID-4"
	rdt '{closID: "gold", memBwSchema: "MB:0=10"}'
	fails "its schemata are not 'MB:0=10'" cruet run --bundle "$B" "$ID-4"
	fails "does not exist" cruet state "$ID-4"
	expect "L3:0=00f;1=0ff" "$(cat "$R/gold/schemata")"
	# who leaves takes his monitoring group, and nothing else
	cruet delete --force "$ID"
	expect "./gold " "$(groups)"
	cruet delete --force "$ID-2"
	cruet delete --force "$ID-3"
	expect "./gold " "$(groups)"
}

test_rdt_default_group()
{
	local before

	stand_in
	before=$(cat "$R/schemata")
	rdt '{closID: "/", enableMonitoring: true, schemata: ["L3:0=fffff"]}'
	start_it
	expect "./mon_groups/$ID " "$(groups)"
	expect "$(pid_of "$ID")" "$(cat "$R/tasks")"
	expect "$(pid_of "$ID")" "$(cat "$R/mon_groups/$ID/tasks")"
	fails "default group, which is the whole machine's" cruet update --l3-cache-schema L3:0=f "$ID"
	cruet delete --force "$ID"
	expect "" "$(groups)"
	expect "$before" "$(cat "$R/schemata")"
	rdt '{closID: "/", schemata: ["L3:0=f"]}'
	fails "closID '/': its schemata are not 'L3:0=f'" start_it
}

# A group, or a monitoring group, that was there before is another's: it is not used, and never removed.
test_rdt_anothers()
{
	stand_in
	mkdir -p "$R/$ID" "$R/gold/mon_groups/$ID"
	rdt '{}'
	fails "resctrl has a group '$ID' already" start_it
	cruet delete --force "$ID"
	rdt '{closID: "gold", enableMonitoring: true}'
	fails "has a monitoring group '$ID' already" start_it
	cruet delete --force "$ID"
	expect "./gold ./gold/mon_groups/$ID ./$ID " "$(groups)"
}

test_rdt_failures_leave_nothing()
{
	stand_in
	touch "$R/full"
	rdt '{schemata: ["L3:0=f"]}'
	echo "Out of CLOSIDs" >"$R/info/last_cmd_status"
	fails "cannot make the resctrl group '$ID' (Out of CLOSIDs): No space left on device" start_it
	rm "$R/full"
	touch "$R/broken"
	for config in '{schemata: ["L3:0=f"]}' '{closID: "gold", schemata: ["L3:0=f"], enableMonitoring: true}'; do
		rdt "$config"
		fails "cannot set the resctrl schemata 'L3:0=f" start_it
		expect "" "$(groups)"
		fails "does not exist" cruet state "$ID"
	done
	rm "$R/broken"
	# the program is not there: all is made, and all goes
	rdt '{schemata: ["L3:0=f"], enableMonitoring: true}'
	args /nowhere
	fails "/nowhere" start_it
	expect "" "$(groups)"
	# but not what others are in
	rdt '{closID: "gold", schemata: ["L3:0=f"], enableMonitoring: true}'
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	mkdir -p "$R/gold/mon_groups"
	echo 1 >"$R/gold/tasks"
	echo L3:0=f >"$R/gold/schemata"
	fails "createRuntime" start_it
	expect "./gold " "$(groups)"
}

# Killed when the group had been made and nothing of it was said yet: the intent has it.
test_rdt_killed_create()
{
	stand_in
	for config in '{enableMonitoring: true}' '{closID: "gold", schemata: ["L3:0=f"]}'; do
		rdt "$config"
		touch "$R/deadly"
		! cruet create --bundle "$B" "$ID" 2>/dev/null || die "it should have been killed"
		[ -n "$(groups)" ] || die "no group was made"
		rm "$R/deadly"
		cruet delete --force "$ID"
		expect "" "$(groups)"
		rdt "$config"
		start_it
		cruet delete --force "$ID"
		rm -rf "$R/gold"
	done
	# a record that is none: the configuration as it was at create says where
	rdt '{enableMonitoring: true}'
	start_it
	echo "{}" >"$ROOT/$ID/record.json"
	cruet delete --force "$ID"
	expect "" "$(groups)"
}

test_rdt_update()
{
	stand_in
	rdt '{schemata: ["L3:0=1"]}'
	start_it
	cruet update --l3-cache-schema 'L3:0=ff;1=ff' --mem-bw-schema MB:0=50 "$ID"
	expect "L3:0=ff;1=ff MB:0=50 " "$(tr '\n' ' ' <"$R/$ID/schemata")"
	echo '{}' | cruet update --resources - --mem-bw-schema 'MB:0=20;1=20;2=20;3=20;4=20' "$ID"
	expect "MB:0=20;1=20;2=20;3=20;4=20" "$(head -n 1 "$R/$ID/schemata")"
	fails "memBwSchema: 'L3:0=1' is not a line" cruet update --mem-bw-schema L3:0=1 "$ID"
	# all or nothing: what is refused last takes the rest back
	rm "$R/$ID/schemata"
	if [ -e "$(cgroup_dir "$(pid_of "$ID")" pids)/pids.max" ]; then
		cruet update --pids-limit 77 "$ID"
		fails "resctrl group '$ID'" cruet update --pids-limit 50 --l3-cache-schema L3:0=1 "$ID"
		expect 77 "$(cat "$(cgroup_dir "$(pid_of "$ID")" pids)/pids.max")"
	fi
	fails "resctrl group '$ID'" cruet update --l3-cache-schema L3:0=1 "$ID"
}

# The bytes are runc's: types/events.go.
test_rdt_events()
{
	local l3='"l3_cache_info":{"cbm_mask":"fffff","min_cbm_bits":1,"num_closids":16},"l3_cache_schema_root":"L3:0=fffff;1=fffff"'
	local mb='"mem_bw_info":{"bandwidth_gran":10,"delay_linear":1,"min_bandwidth":10,"num_closids":8},"mem_bw_schema_root":"MB:0= 100;1= 100"'
	local own='"l3_cache_schema":"L3:0=f","mem_bw_schema":"MB:0=20","schemata":["L3:0=f","MB:0=20"]'
	local mbm='"mbm_stats":[{"mbm_total_bytes":300,"mbm_local_bytes":200},{"mbm_total_bytes":7,"mbm_local_bytes":0}]'
	local cmt='"cmt_stats":[{"llc_occupancy":4096},{"llc_occupancy":0}]'

	stand_in
	rdt '{schemata: ["L3:0=f", "MB:0=20"], enableMonitoring: true}'
	start_it
	echo 8192 >"$R/$ID/mon_data/mon_L3_00/llc_occupancy"
	cruet events --stats "$ID" >stats
	own=${own/,\"mem_bw/,$mb,\"mem_bw}
	contains "\"intel_rdt\":{$l3,$own,$mbm,$cmt},\"network_interfaces\":null" "$(cat stats)"
	# a machine with less says less
	rm -r "$R/info/MB" "$R/info/L3_MON"
	cruet events --stats "$ID" >stats
	expect "$(echo "{$l3,\"l3_cache_schema\":\"L3:0=f\",\"schemata\":[\"L3:0=f\",\"MB:0=20\"]}" | jq -c .)" "$(jq -c .data.intel_rdt stats)"
	rm -r "$R"
	expect '{}' "$(cruet events --stats "$ID" | jq -c .data.intel_rdt)"
	cruet delete --force "$ID"
}

# criu is in the group before it makes anything; helpers/criu.py stands in for it, and hangs.
test_rdt_restore()
{
	stand_in
	mkdir bin
	printf '#!/bin/sh\nexec python3 %s "$@"\n' "$HERE/helpers/criu.py" >bin/criu
	chmod 755 bin/criu
	export PATH="$T/bin:$PATH" CRIU_DOES=succeed CRIU_TOLD=$T/told
	rdt '{schemata: ["L3:0=f"], enableMonitoring: true}'
	start_it
	cruet checkpoint --leave-running --image-path image "$ID"
	cruet delete --force "$ID"
	fails "did not tell the pid" cruet restore --detach --image-path image --bundle "$B" "$ID"
	expect "" "$(groups)"
	fails "does not exist" cruet state "$ID"
	rm told
	CRIU_DOES=hang cruet restore --timeout 30 --detach --image-path image --bundle "$B" "$ID" >log 2>&1 &
	wait_until 20 [ -s told ]
	expect "./$ID ./$ID/mon_groups/$ID " "$(groups)"
	expect "L3:0=f" "$(cat "$R/$ID/schemata")"
	contains criu.py "$(tr '\0' ' ' <"/proc/$(cat "$R/$ID/tasks")/cmdline")"
	expect "$(cat "$R/$ID/tasks")" "$(cat "$R/$ID/mon_groups/$ID/tasks")"
	# $! is the shell around the runtime
	kill -KILL "$(sed 's/.*) . //' "/proc/$(cat "$R/$ID/tasks")/stat" | cut -d' ' -f1)"
	wait || :
	cruet delete --force "$ID"
	expect "" "$(groups)"
}
