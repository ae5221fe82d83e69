#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/bench/systemd.sh RUNTIME...: the time of create and delete with --systemd-cgroup, on a host with systemd: in rounds, of each
# runtime the median. In the guest:
#   tests/vm/vm.sh run --flavour engines --suite sid --mem 1536 -- sh -c 'install cruet /usr/local/bin; tests/bench/systemd.sh cruet crun runc'
set -euo pipefail

rounds=15
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/b/rootfs/{bin,proc,dev,sys,tmp}
cp /bin/busybox "$work/b/rootfs/bin/true"
cd "$work/b"

# the same words for everybody
configure() # SCOPE
{
	cruet spec -f - | jq --arg path "system.slice:bench:$1" '.process.terminal = false | .process.args = ["/bin/true"]
		| del(.linux.seccomp) | .linux.cgroupsPath = $path
		| .linux.resources += {memory: {limit: 100000000}, pids: {limit: 100}}' >config.json
}

micros()
{
	local began=${EPOCHREALTIME/./}

	"$@" >/dev/null 2>>"$work/errors" </dev/null
	echo $((${EPOCHREALTIME/./} - began))
}

for ((round = 0; round < rounds; round++)); do
	configure "r$round"
	for runtime; do
		create=$(micros "$runtime" --systemd-cgroup create --bundle . "bench-$runtime")
		"$runtime" start "bench-$runtime"
		sleep 0.2
		echo "$runtime $create $(micros "$runtime" delete --force "bench-$runtime")"
	done
done >"$work/times" || { cat "$work/errors" >&2; exit 1; }

for runtime; do
	for column in 2 3; do
		grep "^$runtime " "$work/times" | sort -n -k $column,$column | awk -v at=$((rounds / 2 + 1)) -v column=$column 'NR == at { print $column }'
	done | paste -sd ' ' | while read -r create delete; do
		echo "$runtime: create $create us, delete $delete us"
	done
done
