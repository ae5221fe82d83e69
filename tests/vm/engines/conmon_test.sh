# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/vm/engines/conmon_test.sh: conmon alone: the pid-file, the console, the exit status and the OOM file.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# create [OPTION...]: has conmon make $ID of the bundle $B, and waits for its pid
create()
{
	mkdir -p "$T/exits"
	(cd "$B" && conmon --api-version 1 --full-attach -c "$ID" -u "$ID" -r "$RUNTIME" -b "$B" -p "$T/pid" --conmon-pidfile "$T/conmon" \
		--exit-dir "$T/exits" --persist-dir "$B" -l "k8s-file:$T/log" --runtime-arg --root --runtime-arg "$ROOT" "$@")
	wait_until 20 test -s "$T/pid"
}

# The runtime's spec is cruet's in every case: the peers' differ.
bundle_of()
{
	RUNTIME=/usr/local/bin/cruet bundle
	args "$@"
}

ended()
{
	cruet start "$ID"
	wait_until 30 test -s "$T/exits/$ID"
	expect "$1" "$(cat "$T/exits/$ID")"
	cruet delete "$ID"
}

test_conmon_contract()
{
	bundle_of sh -c 'echo out; echo err >&2; exit 7'
	create
	expect "$(pid_of "$ID")" "$(cat "$T/pid")"
	expect "$(cat "$T/conmon")" "$(ps -o ppid= -p "$(cat "$T/pid")" | tr -d ' ')"
	expect created "$(status_of "$ID")"
	ended 7
	grep -q 'stdout F out$' "$T/log"
	grep -q 'stderr F err$' "$T/log"
}

test_conmon_console()
{
	bundle_of sh -c 'tty; stty size; exit 9'
	config '.process.terminal = true | .process.consoleSize = {height: 20, width: 70}'
	create -t
	ended 9
	grep -q '/dev/pts/0' "$T/log"
	grep -q '20 70' "$T/log"
}

test_conmon_oom()
{
	# a child: conmon may hear of the end of init before it hears why
	bundle_of sh -c 'tail /dev/zero; s=$?; sleep 2; exit $s'
	config '.linux.resources.memory = {limit: 20000000, swap: 20000000}'
	create
	ended 137
	[ -e "$B/oom" ]
}

test_conmon_failed_create()
{
	bundle_of /nope
	mkdir "$T/exits"
	(cd "$B" && conmon --api-version 1 --full-attach -c "$ID" -u "$ID" -r "$RUNTIME" -b "$B" -p "$T/pid" --exit-dir "$T/exits" \
		-l "k8s-file:$T/log" --sync --runtime-arg --root --runtime-arg "$ROOT") >"$T/out" 2>&1 || :
	[ ! -s "$T/pid" ]
	cruet delete --force "$ID"
}
