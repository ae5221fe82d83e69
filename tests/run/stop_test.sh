# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# stop: asked, waited for, and then nobody is left.

# trapping SIGNAL: a container that notes the signal and ends with 3
trapping()
{
	writable
	args sh -c "trap 'echo $1 >/got; exit 3' $1; echo ready >/ready; while :; do sleep 0.05; done"
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 test -s "$B/rootfs/ready"
}

test_stop_asks()
{
	trapping TERM
	cruet stop "$ID" >out 2>&1 || die "$(cat out)"
	[ ! -s out ] || die "printed: $(cat out)"
	expect stopped "$(status_of "$ID")"
	expect TERM "$(cat "$B/rootfs/got")"
	cruet stop "$ID"
	cruet delete "$ID"
	fails "does not exist" cruet stop "$ID"
}

test_stop_signal()
{
	trapping USR1
	cruet stop --signal usr1 "$ID"
	expect USR1 "$(cat "$B/rootfs/got")"
	fails "FROB" cruet stop --signal FROB "$ID"
}

test_stop_signal_of_the_image()
{
	writable
	config '.annotations["org.opencontainers.image.stopSignal"] = "SIGQUIT"'
	args sh -c "trap 'echo QUIT >/got; exit 3' QUIT; echo ready >/ready; while :; do sleep 0.05; done"
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 test -s "$B/rootfs/ready"
	cruet stop "$ID"
	expect QUIT "$(cat "$B/rootfs/got")"
}

# Deaf to what it is asked.
test_stop_grace()
{
	local from

	bundle
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID"
	from=$(date +%s%N)
	cruet stop --timeout 500ms "$ID"
	expect stopped "$(status_of "$ID")"
	[ $((($(date +%s%N) - from) / 1000000)) -ge 500 ] || die "it had no time"
}

test_stop_kill_at_once()
{
	bundle
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID"
	timeout 8 "$RUNTIME" --root "$ROOT" stop --signal KILL "$ID" || die "it was asked"
	expect stopped "$(status_of "$ID")"
}

test_stop_of_created_and_paused()
{
	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID"
	cruet stop "$ID"
	expect stopped "$(status_of "$ID")"
	cruet delete "$ID"
	rm -rf "$B"
	trapping TERM
	cruet pause "$ID"
	cruet stop "$ID"
	expect stopped "$(status_of "$ID")"
	expect TERM "$(cat "$B/rootfs/got")"
}

# Init ends as it should, and leaves others behind: they end, too.
test_stop_leaves_nobody()
{
	local other

	writable
	config '.linux.namespaces |= map(select(.type != "pid"))'
	args sh -c "trap 'exit 0' TERM; setsid sleep 1000 & echo \$! >/other; while :; do sleep 0.05; done"
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 test -s "$B/rootfs/other"
	cruet exec --detach "$ID" sh -c 'trap "" TERM; sleep 1000; true'
	other=$(cat "$B/rootfs/other")
	kill -0 "$other"
	cruet stop "$ID"
	if kill -0 "$other" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$other/status"; then die "$other survived"; fi
	expect null "$(cruet ps -f json "$ID")"
	# and where init has been dead for long
	cruet delete "$ID"
	rm "$B/rootfs/other"
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 test -s "$B/rootfs/other"
	cruet kill "$ID" TERM
	wait_until 10 status_is "$ID" stopped
	[ "$(cruet ps -f json "$ID")" != null ] || die "nobody was left to be stopped"
	cruet stop "$ID"
	expect null "$(cruet ps -f json "$ID")"
}

test_stop_notes_the_end()
{
	kernel_is 6 15 || skip "Linux 6.15 tells, this is $(uname -r)"
	trapping TERM
	cruet stop "$ID"
	expect 3 "$(cruet wait "$ID")"
}
