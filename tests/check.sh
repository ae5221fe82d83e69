#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/check.sh: run the suites and count. Each suite is a command that prints "ok NAME", "not ok NAME: WHY" or
# "skip NAME: WHY" a line; a suite that fails without such a line is a failure itself. Ends with the plain line
# "N passed, N failed, N skipped". `make check` calls it without arguments (all suites); with suite names, only those.
set -u

cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# the program under test: `make asan` has another one
exe=${CRUET:-./cruet}

# name, then the command
suites=(
	"lint        tests/lint/lint.sh"
	"unit        tests/unit.sh unit"
	"cli         tests/cli/run.sh $exe"
	"link        tests/link.sh"
	"unit-root   tests/oci/isolate.sh -- tests/unit.sh unit-root"
	"run-v1      tests/oci/isolate.sh --cgroup v1 -- tests/run/run.sh $exe"
	"run-v2      tests/oci/isolate.sh --cgroup v2 -- tests/run/run.sh $exe"
	"cve         tests/oci/isolate.sh --cgroup v2 -- tests/cve/run.sh $exe"
	"cve-enosys  tests/oci/isolate.sh --cgroup v1 -- tests/cve/run.sh --without ENOSYS $exe image volume process"
	"cve-eperm   tests/oci/isolate.sh --cgroup v2 -- tests/cve/run.sh --without EPERM $exe image volume process"
	"life-enosys tests/oci/isolate.sh --cgroup v2 -- tests/cve/run.sh --without ENOSYS --life $exe hooks network"
	"life-eperm  tests/oci/isolate.sh --cgroup v1 -- tests/cve/run.sh --without EPERM --life $exe lifecycle namespaces privilege"
	"run-hybrid  tests/oci/isolate.sh --cgroup hybrid -- tests/run/run.sh $exe cgroups"
	"oci-v1      tests/oci/run.sh $exe --cgroup v1"
	"fault       tests/oci/isolate.sh --cgroup v2 -- tests/fault/sweep.sh $exe --budget 300"
	"vm          tests/vm/check.sh"
)

run_suite()
{
	local name=$1 status start=$SECONDS out

	shift
	echo "== $name"
	out=$(mktemp)
	"$@" 2>&1 | tee "$out"
	status=${PIPESTATUS[0]}
	# one name may run in several suites: the suite is part of it
	grep -E '^(ok|not ok|skip) ' "$out" | sed "s|\$| [$name]|" >>"$log"
	if [ "$status" -ne 0 ] && ! grep -q '^not ok ' "$out"; then
		echo "not ok $name: exit status $status" | tee -a "$log"
	elif ! grep -qE '^(ok|not ok|skip) ' "$out"; then
		echo "not ok $name: no test ran" | tee -a "$log"
	fi
	rm -f "$out"
	echo "== $name: $((SECONDS - start)) s"
}

only=("$@")
wanted()
{
	[ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " = *" $1 "* ]]
}

for suite in "${suites[@]}"; do
	read -r -a words <<<"$suite"
	wanted "${words[0]}" && run_suite "${words[@]}"
done

echo
grep -E '^(not ok|skip) ' "$log"
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
skipped=$(grep -c '^skip ' "$log")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
