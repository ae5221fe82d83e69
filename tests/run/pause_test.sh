# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# pause and resume: nobody in the container gets time, and it goes on where it was.

counting()
{
	writable
	args sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/count; sleep 0.01; done'
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 test -s "$B/rootfs/count"
}

counts_on()
{
	[ "$1" != "$(cat "$B/rootfs/count")" ]
}

test_pause_and_resume()
{
	local before

	counting
	cruet pause "$ID"
	expect paused "$(status_of "$ID")"
	before=$(cat "$B/rootfs/count")
	sleep 0.3
	expect "$before" "$(cat "$B/rootfs/count")"
	cruet resume "$ID"
	expect running "$(status_of "$ID")"
	wait_until 10 counts_on "$before"
	cruet delete --force "$ID"
}

test_pause_in_each_state()
{
	fails "does not exist" cruet pause "$ID"
	fails "does not exist" cruet resume "$ID"
	bundle
	args sleep 100
	cruet create --bundle "$B" "$ID"
	fails "container not running" cruet pause "$ID"
	fails "container not paused" cruet resume "$ID"
	cruet start "$ID"
	fails "container not paused" cruet resume "$ID"
	cruet pause "$ID"
	fails "container not running" cruet pause "$ID"
	cruet resume "$ID"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	fails "container not running" cruet pause "$ID"
	fails "container not paused" cruet resume "$ID"
}

test_pause_holds_exec_back()
{
	bundle
	args sleep 100
	cruet run --detach --bundle "$B" "$ID"
	cruet pause "$ID"
	fails "paused" cruet exec "$ID" true
	cruet resume "$ID"
	cruet exec "$ID" true
	cruet delete --force "$ID"
}

# Signals wait in a frozen process, but KILL must not.
test_pause_does_not_keep_from_killing()
{
	bundle
	args sleep 100
	cruet run --detach --bundle "$B" "$ID"
	cruet pause "$ID"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
}

test_pause_and_delete_force()
{
	counting
	cruet pause "$ID"
	cruet delete --force "$ID"
	fails "does not exist" cruet state "$ID"
}

# Without a pid namespace the others live on: what is left must be able to end.
test_resume_where_init_is_gone()
{
	local dir pid

	writable
	config '.linux.namespaces |= map(select(.type != "pid"))'
	args sh -c 'sleep 1000 & echo $! >/other; wait'
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 test -s "$B/rootfs/other"
	pid=$(pid_of "$ID")
	dir=$(cgroup_dir "$pid" freezer)
	kill -KILL "$pid"
	wait_until 10 status_is "$ID" stopped
	if cgroup_v2; then echo 1 >"$dir/cgroup.freeze"; else echo FROZEN >"$dir/freezer.state"; fi
	cruet resume "$ID"
	fails "container not paused" cruet resume "$ID"
	cruet kill --all "$ID" KILL
	cruet delete "$ID"
}

# What froze below, as a container in the container does when it is paused: init cannot end before it.
test_delete_with_frozen_below()
{
	local dir below file=cgroup.freeze frozen=1

	bundle
	args sh -c 'sleep 1000 & wait'
	cruet run --detach --bundle "$B" "$ID"
	dir=$(cgroup_dir "$(pid_of "$ID")" freezer)
	cgroup_v2 || file=freezer.state frozen=FROZEN
	mkdir "$dir/below"
	wait_until 10 sh -c '[ "$(wc -l <"$1")" = 2 ]' sh "$dir/cgroup.procs"
	below=$(grep -vx "$(pid_of "$ID")" "$dir/cgroup.procs")
	echo "$below" >"$dir/below/cgroup.procs"
	echo $frozen >"$dir/below/$file"
	expect running "$(status_of "$ID")"
	cruet delete --force "$ID" || die "it cannot be deleted"
	[ ! -d "/proc/$below" ] && [ ! -d "$dir" ]
}
