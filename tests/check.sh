#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/check.sh: run the suites and count. Each suite is a command that prints "ok NAME", "not ok NAME: WHY" or
# "skip NAME: WHY" a line; a suite that fails without such a line is a failure itself. Ends with the plain line
# "N passed, N failed, N skipped". `make check` calls it without arguments (all suites); with suite names, only those.
set -u

cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log" "$log.lock"' EXIT

# the program under test: `make asan` has another one
exe=${CRUET:-./cruet}

# Lane, name, then the command. A suite keeps one processor busy, the guest that it boots included: the two lanes run beside each
# other. What is in "b" takes long, and is shown as it goes on; the others tell what they have to tell in one piece.
suites=(
	"a lint        tests/lint/lint.sh"
	"a unit        tests/unit.sh unit"
	"a cli         tests/cli/run.sh $exe"
	"a link        tests/link.sh"
	"a unit-root   tests/oci/isolate.sh -- tests/unit.sh unit-root"
	"a run-v1      tests/oci/isolate.sh --cgroup v1 -- tests/run/run.sh $exe"
	"a run-v2      tests/oci/isolate.sh --cgroup v2 -- tests/run/run.sh $exe"
	"a cve         tests/oci/isolate.sh --cgroup v2 -- tests/cve/run.sh $exe"
	"a cve-enosys  tests/oci/isolate.sh --cgroup v1 -- tests/cve/run.sh --without ENOSYS $exe image volume process"
	"a cve-eperm   tests/oci/isolate.sh --cgroup v2 -- tests/cve/run.sh --without EPERM $exe image volume process"
	"a life-enosys tests/oci/isolate.sh --cgroup v2 -- tests/cve/run.sh --without ENOSYS --life $exe hooks network"
	"a life-eperm  tests/oci/isolate.sh --cgroup v1 -- tests/cve/run.sh --without EPERM --life $exe lifecycle namespaces privilege"
	"a run-hybrid  tests/oci/isolate.sh --cgroup hybrid -- tests/run/run.sh $exe cgroups"
	"a oci-v1      tests/oci/run.sh $exe --cgroup v1"
	"a fault       tests/oci/isolate.sh --cgroup v2 -- tests/fault/sweep.sh $exe --budget 300"
	"a engines     tests/vm/check.sh engines"
	"b vm          tests/vm/check.sh guests"
)

# A shell has what it runs in the background ignore INT and QUIT, and that is inherited: not by what is tested.
run_suite()
{
	local lane=$1 name=$2 out=$3 status start=$SECONDS

	shift 3
	if [ "$lane" = b ]; then
		env --default-signal=INT,QUIT "$@" 2>&1 | tee "$out"
		status=${PIPESTATUS[0]}
	else
		env --default-signal=INT,QUIT "$@" >"$out" 2>&1
		status=$?
	fi
	if [ "$status" -ne 0 ] && ! grep -q '^not ok ' "$out"; then
		echo "not ok $name: exit status $status" >>"$out"
	elif ! grep -qE '^(ok|not ok|skip) ' "$out"; then
		echo "not ok $name: no test ran" >>"$out"
	fi
	echo "== $name: $((SECONDS - start)) s" >>"$out"
}

only=("$@")
wanted()
{
	[ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " = *" $1 "* ]]
}

# What has been shown already is not shown again.
tell()
{
	local lane=$1 name=$2 out=$3

	if [ "$lane" = b ]; then tail -n 1 "$out"; else cat "$out"; fi
	# one name may run in several suites: the suite is part of it
	grep -E '^(ok|not ok|skip) ' "$out" | sed "s|\$| [$name]|" >>"$log"
}

run_lane()
{
	local lane=$1 suite words out

	out=$(mktemp)
	for suite in "${suites[@]}"; do
		read -r -a words <<<"$suite"
		[ "${words[0]}" = "$lane" ] && wanted "${words[1]}" || continue
		echo "== ${words[1]}"
		run_suite "$lane" "${words[1]}" "$out" "${words[@]:2}"
		{ flock 9 && tell "$lane" "${words[1]}" "$out"; } 9>"$log.lock"
	done
	rm -f "$out"
}

lanes=()
trap 'kill "${lanes[@]}" 2>/dev/null; exit 130' INT TERM
for lane in a b; do
	run_lane $lane &
	lanes+=($!)
done
wait

echo
grep -E '^(not ok|skip) ' "$log"
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
skipped=$(grep -c '^skip ' "$log")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
