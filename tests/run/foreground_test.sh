# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/foreground_test.sh: `run` while its container runs: signals, children, --detach, --keep, --no-subreaper.

# The pid of the command itself, not of a shell around it.
in_background()
{
	"$RUNTIME" --root "$ROOT" run --bundle "$B" "$@" "$ID" </dev/null >"$T/out" 2>"$T/err" &
	RUN=$!
}

# In this shell: only the parent of a process can wait for it. WANT is a pattern.
run_ends_with()
{
	local status=0

	wait "$RUN" || status=$?
	[[ "$status" =~ ^($1)$ ]] || die "run ended with $status, not $1"
}

gone()
{
	fails "does not exist" cruet state "$ID"
	expect "" "$(find /sys/fs/cgroup -type d -name "*$ID*")"
}

trapping()
{
	writable
	args sh -c 'for s in TERM HUP USR1 USR2 INT QUIT WINCH; do trap "echo $s" $s; done; trap "exit 42" ALRM; : >/tmp/ready
		while :; do sleep 1000 & wait; done'
}

test_signals_are_forwarded()
{
	local word

	trapping
	in_background
	wait_until 10 test -e "$B/rootfs/tmp/ready"
	for word in TERM HUP USR1 USR2 INT QUIT WINCH; do
		kill -s "$word" "$RUN"
		wait_until 10 grep -qx "$word" "$T/out"
	done
	expect "TERM HUP USR1 USR2 INT QUIT WINCH" "$(paste -sd ' ' "$T/out")"
	kill -s ALRM "$RUN"
	run_ends_with 42
	expect "" "$(cat "$T/err")"
	gone
}

# What is about the command's own files and children is not the container's.
test_own_signals_are_not_forwarded()
{
	trapping
	args sh -c 'trap "echo PIPE" PIPE; trap "echo URG" URG; trap "exit 42" ALRM; : >/tmp/ready; while :; do sleep 1000 & wait; done'
	in_background
	wait_until 10 test -e "$B/rootfs/tmp/ready"
	kill -s PIPE "$RUN"
	kill -s URG "$RUN"
	kill -s ALRM "$RUN"
	run_ends_with 42
	expect "" "$(cat "$T/out")"
}

# Signals that were on their way while the container was made are not lost, and do not leave it behind.
test_term_at_any_time_leaves_nothing()
{
	local delay

	bundle
	args sleep 1000
	for delay in 0 0.002 0.004 0.006 0.008 0.012; do
		in_background
		sleep "$delay"
		kill -s TERM "$RUN" 2>/dev/null || :
		sleep 0.02
		# init ignores TERM: it has no handler
		cruet delete --force "$ID"
		run_ends_with "1|137|143"
		cruet delete --force "$ID"
		gone
	done
}

test_killed_run_leaves_a_container_to_delete()
{
	local pid

	bundle
	args sleep 1000
	in_background
	wait_until 10 status_is "$ID" running
	pid=$(pid_of "$ID")
	kill -KILL "$RUN"
	wait "$RUN" || :
	expect running "$(status_of "$ID")"
	cruet delete --force "$ID"
	wait_until 10 test ! -d "/proc/$pid"
	gone
}

test_run_of_what_another_deletes()
{
	bundle
	args sleep 1000
	in_background
	wait_until 10 status_is "$ID" running
	cruet delete --force "$ID"
	run_ends_with 137
	expect "" "$(cat "$T/err")"
}

test_detach()
{
	bundle
	args sleep 1000
	timeout 20 "$RUNTIME" --root "$ROOT" run --detach --bundle "$B" "$ID" >"$T/out" 2>&1
	expect "" "$(cat "$T/out")"
	expect running "$(status_of "$ID")"
	# its parent is who adopts orphans, not a process of ours
	! pgrep -x cruet >/dev/null || die "a process of the runtime's is left"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
	gone
}

test_keep()
{
	local status=0 dir

	bundle
	args sh -c 'exit 3'
	cruet run --keep --bundle "$B" "$ID" || status=$?
	expect 3 "$status"
	expect stopped "$(status_of "$ID")"
	expect 0 "$(pid_of "$ID")"
	# buildkit reads its cgroup's files now
	dir=$(find /sys/fs/cgroup -type d -name "*$ID*" | head -n 1)
	[ -n "$dir" ] || die "the cgroup is gone"
	cruet delete "$ID"
	gone
}

# Processes that outlive init: in a pid namespace of the caller's they are adopted, reaped and killed by run.
test_orphans_do_not_outlive_run()
{
	local pid

	writable
	config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc"))'
	args sh -c 'sleep 1000 & echo $! >/tmp/child; exit 4'
	in_background
	run_ends_with 4
	pid=$(cat "$B/rootfs/tmp/child")
	wait_until 10 test ! -d "/proc/$pid"
	gone
}

adopted() # the parent of an orphan of the container is the command
{
	expect "$1" "$([ "$(awk '/^PPid/ { print $2 }' "/proc/$(cat "$B/rootfs/tmp/child")/status")" = "$RUN" ] && echo yes || echo no)"
}

test_subreaper_or_not()
{
	writable
	config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc"))'
	args sh -c '(sleep 1000 & echo $! >/tmp/child); : >/tmp/ready; exec sleep 1000'
	in_background
	wait_until 10 test -e "$B/rootfs/tmp/ready"
	adopted yes
	cruet kill "$ID" KILL
	run_ends_with 137
	rm "$B/rootfs/tmp/ready"
	in_background --no-subreaper
	wait_until 10 test -e "$B/rootfs/tmp/ready"
	adopted no
	cruet kill "$ID" KILL
	run_ends_with 137
	gone
}

test_exit_status_of_a_failure()
{
	local status=0

	bundle
	args /no/such/program
	cruet run --bundle "$B" "$ID" 2>/dev/null || status=$?
	expect 1 "$status"
	gone
}
