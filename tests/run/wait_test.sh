# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# wait: how a container ended, told to who is not its parent.

# Everything below that waits for a reaped container needs a kernel that tells.
needs_pidfd_info()
{
	pidfd_tells || skip "Linux 6.15 tells, this is $(uname -r)"
}

# A container that runs until the test says how to end.
ready()
{
	writable
	args sh -c 'while [ ! -e /go ]; do sleep 0.05; done; . /go'
	cruet run --detach --bundle "$B" "$ID"
}

go()
{
	echo "$1" >"$B/rootfs/go.new"
	mv "$B/rootfs/go.new" "$B/rootfs/go"
}

test_wait_exit_status()
{
	needs_pidfd_info
	ready
	"$RUNTIME" --root "$ROOT" wait "$ID" >waited 2>&1 &
	waits "$!"
	go 'exit 42'
	wait "$!" || die "$(cat waited)"
	expect 42 "$(cat waited)"
	# kept until delete
	expect 42 "$(cruet wait "$ID")"
	cruet wait --format json "$ID" >ended.json
	expect "[\"$ID\",42,null]" "$(jq -c '[.id,.exitCode,.signal]' ended.json)"
	jq -e '.ended | test("^20.*Z$")' ended.json >/dev/null || die "$(cat ended.json)"
	cruet delete "$ID"
	fails "does not exist" cruet wait "$ID"
}

test_wait_signal()
{
	needs_pidfd_info
	ready
	"$RUNTIME" --root "$ROOT" wait -f json "$ID" >waited 2>&1 &
	waits "$!"
	cruet kill "$ID" KILL
	wait "$!" || die "$(cat waited)"
	expect '[137,9]' "$(jq -c '[.exitCode,.signal]' waited)"
	expect 137 "$(cruet wait "$ID")"
}

test_wait_of_two_at_once()
{
	local first

	needs_pidfd_info
	ready
	"$RUNTIME" --root "$ROOT" wait "$ID" >one 2>&1 &
	first=$!
	"$RUNTIME" --root "$ROOT" wait "$ID" >two 2>&1 &
	waits "$first"
	waits "$!"
	go 'exit 7'
	wait "$first" && wait "$!" || die "$(cat one two)"
	expect "7 7" "$(cat one) $(cat two)"
}

# Deleted under the eyes of who waits: he is told all the same.
test_wait_and_delete_force()
{
	needs_pidfd_info
	ready
	"$RUNTIME" --root "$ROOT" wait "$ID" >waited 2>&1 &
	waits "$!"
	cruet delete --force "$ID"
	wait "$!" || die "$(cat waited)"
	expect 137 "$(cat waited)"
}

test_wait_timeout()
{
	ready
	fails "has not ended" cruet wait --timeout 200ms "$ID"
	cruet delete --force "$ID"
}

# Its parent has not asked yet: it is a zombie, and every kernel tells.
test_wait_of_a_zombie()
{
	ready
	go 'exit 3'
	python3 - "$RUNTIME" --root "$ROOT" run --detach --bundle "$B" "$ID-z" <<-'END' || die "python"
		import ctypes, subprocess, sys, time
		ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # a subreaper that does not reap
		subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
		time.sleep(0.5)
		out = subprocess.run([sys.argv[1], "--root", sys.argv[3], "wait", sys.argv[-1]], check=True, capture_output=True, text=True)
		assert out.stdout == "3\n", out.stdout
	END
	expect 3 "$(cruet wait "$ID-z")"
}

test_wait_too_late()
{
	ready
	go 'exit 5'
	wait_until 10 status_is "$ID" stopped
	wait_until 10 reaped
	fails "not known" cruet wait "$ID"
	expect null "$(cruet wait --format json "$ID" | jq .exitCode)"
	jq -e .id <(cruet wait --format json "$ID") >/dev/null
}

reaped()
{
	[ ! -d "/proc/$(jq -r '.pid' <(sed '$d' "$ROOT/$ID/record.json"))" ]
}

test_wait_after_run_keep()
{
	local status=0

	bundle
	args sh -c 'exit 9'
	cruet run --keep --bundle "$B" "$ID" || status=$?
	expect 9 "$status"
	expect 9 "$(cruet wait "$ID")"
	cruet delete "$ID"
	args sh -c 'kill -TERM $$'
	status=0
	cruet run --keep --bundle "$B" "$ID" || status=$?
	# the init of a pid namespace takes no TERM from its own: it goes on to its end
	expect "$status" "$(cruet wait "$ID")"
}

test_wait_tells_oom_and_peaks()
{
	needs_pidfd_info
	if cgroup_v2; then
		grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "no controller memory"
	else
		[ -d /sys/fs/cgroup/memory ] || skip "no controller memory"
	fi
	writable
	config '.linux.resources.memory = {"limit":25165824,"swap":25165824}'
	cgroup_v2 || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || config 'del(.linux.resources.memory.swap)'
	args sh -c 'while [ ! -e /go ]; do sleep 0.05; done; exec tail -c 60000000 /dev/zero'
	cruet run --detach --bundle "$B" "$ID"
	"$RUNTIME" --root "$ROOT" wait -f json "$ID" >waited 2>&1 &
	waits "$!"
	touch "$B/rootfs/go"
	wait "$!" || die "$(cat waited)"
	expect '[137,9,true]' "$(jq -c '[.exitCode,.signal,.oomKilled]' waited)"
	jq -e '(.memoryPeak // 25000000) > 20000000 and .cpuUsage > 0' waited >/dev/null || die "$(cat waited)"
}

test_wait_of_created()
{
	needs_pidfd_info
	bundle
	args sh -c 'exit 4'
	cruet create --bundle "$B" "$ID"
	"$RUNTIME" --root "$ROOT" wait "$ID" >waited 2>&1 &
	waits "$!"
	cruet start "$ID"
	wait "$!" || die "$(cat waited)"
	expect 4 "$(cat waited)"
}
