# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/vm/engines/docker_test.sh: Docker with the runtime as its default, in scopes of systemd.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run()
{
	docker run --rm --network none "$@"
}

test_docker_statuses()
{
	expect "$NAME" "$(docker info --format '{{.DefaultRuntime}}')"
	exits 7 run $IMAGE sh -c 'exit 7'
	exits 127 run $IMAGE nope
	exits 126 run $IMAGE /etc
	expect hello "$(docker run -i --rm --network none $IMAGE cat <<<hello)"
	# crun's words for it are not those that the client knows
	[ "$NAME" = crun ] || exits 127 run $IMAGE /nope
}

test_docker_constrained()
{
	expect "uid=1000(user) gid=1000(user) groups=1000(user)
99
CapEff:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
docker-default (enforce)
written" "$(run --read-only --cap-drop all --security-opt no-new-privileges --user 1000 --tmpfs /t:mode=1777 \
		--ulimit nofile=99 --device /dev/loop-control $IMAGE sh -c 'id; ulimit -n
		grep -E "CapEff|NoNew|Seccomp:" /proc/self/status; cat /proc/self/attr/current; touch /t/x && echo written')"
}

test_docker_life()
{
	local pid

	docker run -d --name life --network none -m 64m $IMAGE
	pid=$(docker inspect -f '{{.State.Pid}}' life)
	contains "system.slice/docker-" "$(cat "/proc/$pid/cgroup")"
	expect "1000 /tmp" "$(docker exec -u 1000 -w /tmp life sh -c 'echo $(id -u) $PWD')"
	contains /dev/pts/0 "$(docker exec -t life tty)"
	exits 127 docker exec life nope
	exits 3 docker exec life sh -c 'exit 3'
	contains "/ 64MiB" "$(docker stats --no-stream --format '{{.MemUsage}}' life)"
	docker update -m 100m --memory-swap 200m --cpus 0.5 --pids-limit 77 life
	expect "104857600 50000 100000 77" "$(docker exec life sh -c 'cd /sys/fs/cgroup; echo $(cat memory.max cpu.max pids.max)')"
	docker pause life
	expect paused "$(docker inspect -f '{{.State.Status}}' life)"
	docker unpause life
	docker restart -t 0 life
	docker kill life
	expect 137 "$(docker wait life)"
	docker rm life
}

test_docker_oom_and_restart()
{
	# a child, so that the event can be heard before the cgroup is gone
	exits 137 docker run --name oom --network none -m 20m --memory-swap 20m $IMAGE sh -c 'tail /dev/zero; code=$?; sleep 5; exit $code'
	expect true "$(docker inspect -f '{{.State.OOMKilled}}' oom)"
	docker run -d --name again --network none --restart on-failure:1 $IMAGE sh -c 'exit 4'
	wait_until 60 sh -c '[ "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" again)" = "1 exited" ]'
	docker run -d --name always --network none --restart always $IMAGE sh -c 'sleep 1; exit 3'
	wait_until 60 sh -c '[ "$(docker inspect -f "{{.RestartCount}}" always)" -ge 2 ]'
	docker stop -t 0 always
	expect "exited" "$(docker inspect -f '{{.State.Status}}' always)"
	docker rm oom again always
}

test_docker_privileged()
{
	local out

	out=$(run --privileged $IMAGE sh -c 'grep CapEff /proc/self/status; readlink /dev/ptmx; ls /dev/loop-control
		cat /proc/self/attr/current; mount -t tmpfs x /mnt && echo mounted')
	expect "$(all_caps)" "$(caps_of <<<"$out")"
	contains "pts/ptmx
/dev/loop-control
unconfined
mounted" "$out"
}

# The runtime by the name that makes everything privileged: what the engine says is overruled.
test_docker_cruet_privileged()
{
	[ "$NAME" = cruet ] || skip "a peer has no such name"
	expect "$(all_caps)" "$(run --runtime cruet-privileged --cap-drop all $IMAGE cat /proc/self/status | caps_of)"
}

test_docker_build()
{
	mkdir "$T/build"
	cp /tmp/rootfs.tar "$T/build"
	printf 'FROM scratch\nADD rootfs.tar /\nRUN id -u > /made\n' >"$T/build/Dockerfile"
	docker build --quiet --network none -t built "$T/build" 2>/dev/null
	expect 0 "$(run built cat /made)"
}

# Last in the file: the daemon starts again with another store.
test_docker_userns_remap()
{
	jq '."userns-remap" = "containers"' /etc/docker/daemon.json >"$T/daemon.json"
	cp "$T/daemon.json" /etc/docker/daemon.json
	systemctl restart docker
	docker load --quiet -i /tmp/busybox.tar
	expect "0 1000000 4194304 0" "$(run $IMAGE sh -c 'echo $(cat /proc/self/uid_map) $(stat -c %u /bin/busybox)')"
	docker run -d --name remapped --network none $IMAGE
	expect 0 "$(docker exec remapped id -u)"
	docker rm -f remapped
}
