# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/vm/engines/containerd_test.sh: containerd through ctr.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# run OPTION... -- COMMAND...: a container $ID that goes away
run()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	ctr run --runc-binary "$RUNTIME" --rm ${options[@]+"${options[@]}"} $IMAGE "$ID" "$@"
}

# task_is STATUS
task_is()
{
	ctr tasks ls | grep -q "^$ID .*$1"
}

# Kills and removes $ID; nothing is left.
remove()
{
	ctr tasks kill -s SIGKILL "$ID"
	wait_until 60 task_is STOPPED
	ctr tasks rm "$ID" || :
	ctr containers rm "$ID"
	expect "" "$(ls /run/containerd/runc/default)"
}

test_containerd_run()
{
	expect "0 0::/default/$ID" "$(run -- sh -c 'echo $(id -u) $(cat /proc/self/cgroup)')"
	exits 7 run -- sh -c 'exit 7'
	exits 1 run -- /nope
	contains "no such file or directory" "$(tr '[:upper:]' '[:lower:]' <"$T/exits.out")"
	expect "" "$(ls /run/containerd/runc/default)"
}

test_containerd_tty()
{
	python3 - ctr run --runc-binary "$RUNTIME" --rm --tty $IMAGE "$ID" sh -c 'tty; stty size' >"$T/out" <<-'PYTHON'
		import pty, sys
		sys.exit(pty.spawn(sys.argv[1:]))
	PYTHON
	contains /dev/pts/0 "$(cat "$T/out")"
}

test_containerd_task()
{
	ctr run --runc-binary "$RUNTIME" --detach $IMAGE "$ID" sleep 1000
	exits 5 ctr tasks exec --exec-id e1 "$ID" sh -c 'exit 5'
	exits 1 ctr tasks exec --exec-id e2 "$ID" nope
	contains 'executable file' "$(cat "$T/exits.out")"
	ctr tasks exec --detach --exec-id e3 "$ID" sleep 1000
	expect 3 "$(ctr tasks ps "$ID" | wc -l)"
	contains memory.usage "$(ctr tasks metrics "$ID")"
	ctr tasks pause "$ID"
	task_is PAUSED
	ctr tasks resume "$ID"
	task_is RUNNING
	remove
}

test_containerd_systemd_cgroup()
{
	expect "0::/system.slice/ctr-$ID.scope" "$(run --runc-systemd-cgroup --cgroup "system.slice:ctr:$ID" -- cat /proc/self/cgroup)"
}

test_containerd_privileged()
{
	expect "$(all_caps)" "$(run --privileged -- cat /proc/self/status | caps_of)"
}

test_containerd_user_namespace()
{
	expect "0 200000 65536 0" "$(run --uidmap 0:200000:65536 --gidmap 0:200000:65536 -- \
		sh -c 'echo $(cat /proc/self/uid_map) $(stat -c %u /bin/busybox)')"
}

test_containerd_seccomp_and_apparmor()
{
	contains "Seccomp:	2" "$(run --seccomp -- cat /proc/self/status)"
	expect "ctr-default (enforce)" "$(run --apparmor-default-profile ctr-default -- cat /proc/self/attr/current)"
}

test_containerd_oom()
{
	exits 137 run --memory-limit 20000000 -- tail /dev/zero
}

count()
{
	ctr tasks exec --exec-id "count$RANDOM" "$ID" tail -n 1 /n | grep .
}

# To a directory, and to an image, from which another container takes up the count.
test_containerd_checkpoint()
{
	local before after

	modprobe -q tun || :
	ctr run --runc-binary "$RUNTIME" --detach $IMAGE "$ID" sh -c "$COUNTER"
	wait_until 60 count
	mkdir "$T/logs"
	ctr tasks checkpoint --image-path "$T/images" --work-path "$T/logs" "$ID"
	[ -e "$T/images/inventory.img" ]
	contains "Dumping finished" "$(cat "$T/logs/dump.log")"
	before=$(count)
	ctr containers checkpoint --rw --task "$ID" "$T/image"
	after=$(count)
	[ "$after" -gt "$before" ] || die "it did not go on: $before, then $after"
	remove
	[ "$NAME" != crun ] || skip "crun's restore does not know containerd's -no-subreaper"
	ctr containers restore --rw --live "$ID" "$T/image" >"$T/restore" 2>&1 || die "$(cat "$T/restore")"
	task_is RUNNING
	after=$(count)
	[ "$after" -gt "$before" ] || die "it began anew: $before, then $after"
	contains running "$("$RUNTIME" --root /run/containerd/runc/default state "$ID")"
	remove
	ctr images rm "$T/image"
}
