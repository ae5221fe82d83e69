# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/vm/engines/podman_test.sh: podman as root, with both cgroup managers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run()
{
	podman run --rm --network none "$@"
}

test_podman_statuses()
{
	contains "$RUNTIME" "$(podman info --format '{{.Host.OCIRuntime.Path}}')"
	exits 7 run $IMAGE sh -c 'exit 7'
	exits 127 run $IMAGE /nope
	exits 127 run $IMAGE nope
	exits 126 run $IMAGE /etc/passwd
	expect hello "$(podman run --rm -i --network none $IMAGE cat <<<hello)"
}

test_podman_constrained()
{
	local out

	out=$(run --read-only --ulimit nofile=100:200 --cap-drop all --cap-add chown --security-opt no-new-privileges \
		--sysctl kernel.msgmax=4096 --tmpfs /t:size=1m --hostname hh --user 1000:1000 --group-add 5 $IMAGE sh -c '
			ulimit -n; hostname; id -G; cat /proc/sys/kernel/msgmax; grep -E "CapEff|NoNew|Seccomp:" /proc/self/status
			touch /x 2>&1; touch /t/x && echo written; cat /proc/self/attr/current')
	contains "100
hh
1000 5
4096
CapEff:	0000000000000001
NoNewPrivs:	1
Seccomp:	2
touch: /x: Read-only file system
written
containers-default" "$out"
}

# life MANAGER: one container from its creation to its end
life()
{
	local p=(podman --cgroup-manager "$1") id=life-$1 pid

	"${p[@]}" run -d --name "$id" --network none -m 64m --health-cmd 'test -e /tmp' --health-interval disable \
		$IMAGE sleep 1000
	pid=$(podman inspect -f '{{.State.Pid}}' "$id")
	case $1 in
	systemd) contains "machine.slice/libpod-" "$(cat "/proc/$pid/cgroup")" ;;
	cgroupfs) contains "libpod_parent/libpod-" "$(cat "/proc/$pid/cgroup")" ;;
	esac
	expect "uid=1000(user) gid=1000(user) groups=1000(user) /tmp b" \
		"$("${p[@]}" exec -u 1000:1000 -w /tmp -e A=b "$id" sh -c 'echo $(id) $PWD $A')"
	contains /dev/pts/0 "$("${p[@]}" exec -t "$id" tty)"
	exits 127 "${p[@]}" exec "$id" nope
	exits 5 "${p[@]}" exec "$id" sh -c 'exit 5'
	"${p[@]}" healthcheck run "$id"
	"${p[@]}" update -m 100m "$id"
	expect 104857600 "$("${p[@]}" exec "$id" cat /sys/fs/cgroup/memory.max)"
	contains "104.9MB" "$("${p[@]}" stats --no-stream --format '{{.MemUsage}}' "$id")"
	"${p[@]}" pause "$id"
	grep -q 'frozen 1' "$(cgroup_dir "$pid" freezer)/cgroup.events"
	"${p[@]}" unpause "$id"
	"${p[@]}" stop -t 0 "$id"
	expect 137 "$(podman inspect -f '{{.State.ExitCode}}' "$id")"
	"${p[@]}" start "$id"
	"${p[@]}" rm -f -t 0 "$id"
	[ ! -e "/run/$NAME/$id" ]
}

test_podman_life_cgroupfs()
{
	life cgroupfs
}

test_podman_life_systemd()
{
	life systemd
}

# Who is killed is a child: conmon may hear of the end of init before it hears why.
test_podman_oom()
{
	exits 137 podman run --name oom --network none -m 20m --memory-swap 20m $IMAGE sh -c 'tail /dev/zero; s=$?; sleep 2; exit $s'
	expect true "$(podman inspect -f '{{.State.OOMKilled}}' oom)"
	podman rm oom
}

test_podman_init_fds_and_no_cgroup()
{
	contains "/run/podman-init" "$(run --init $IMAGE ps)"
	expect hello "$(run --preserve-fd 9 $IMAGE cat /proc/self/fd/9 9<<<hello)"
	run --cgroups disabled $IMAGE true
	podman run --rm --network host --pid host --ipc host --uts host $IMAGE true
}

test_podman_privileged()
{
	local out

	out=$(run --privileged $IMAGE sh -c 'grep CapEff /proc/self/status; readlink /dev/ptmx; ls /dev/loop-control
		cat /proc/self/attr/current; mount -t tmpfs x /mnt && echo mounted; mkdir /sys/fs/cgroup/x && echo made')
	expect "$(all_caps)" "$(caps_of <<<"$out")"
	contains "pts/ptmx
/dev/loop-control
unconfined
mounted
made" "$out"
}

test_podman_user_namespaces()
{
	local out

	expect "0 1000000 1024" "$(run --userns=auto $IMAGE sh -c 'echo $(cat /proc/self/uid_map)')"
	out=$(run --uidmap 0:200000:1000 --gidmap 0:200000:1000 -v /tmp/rootfs/etc:/v:idmap $IMAGE sh -c '
		echo $(cat /proc/self/uid_map) $(stat -c %u:%g /v/passwd); cat /proc/self/attr/current')
	contains "0 200000 1000 0:0
containers-default" "$out"
	out=$(run --privileged --userns=auto $IMAGE sh -c 'cat /proc/self/attr/current; ls /dev/loop-control; mount -t tmpfs x /mnt && echo ok')
	contains "/dev/loop-control
ok" "$out"
}

test_podman_build()
{
	mkdir "$T/build"
	cp /tmp/rootfs.tar "$T/build"
	cat >"$T/build/Containerfile" <<-'FILE'
		FROM scratch
		ADD rootfs.tar /
		RUN id -u > /made
		CMD cat /made
	FILE
	podman build --quiet --layers=false --network none -t built "$T/build"
	expect 0 "$(run built)"
	podman rmi built
}

# A pod's containers share the namespaces of its first one. Where that is the pid namespace, too, SIGKILL must reach all that
# a container has started.
test_podman_pod()
{
	local one two name

	podman pod create --name pod --network none --hostname podhost --share net,ipc,uts,pid --infra-image $IMAGE \
		--infra-command 'sleep 77777'
	podman run -d --pod pod --name one $IMAGE sleep 100000
	podman run -d --pod pod --name two $IMAGE sh -c 'sleep 88888 & exec sleep 99999'
	read -r one two <<<"$(podman inspect -f '{{.State.Pid}}' one two | xargs)"
	for name in net ipc uts pid; do
		expect "$(readlink "/proc/$one/ns/$name")" "$(readlink "/proc/$two/ns/$name")"
	done
	contains "sleep 77777" "$(podman exec one sh -c '[ "$(hostname)" = podhost ] && ps')"
	podman pod pause pod
	grep -q 'frozen 1' "$(cgroup_dir "$two" freezer)/cgroup.events"
	podman pod unpause pod
	podman stop -t 0 two
	wait_until 20 sh -c '! pgrep -f "sleep 8888[8]"'
	podman pod rm -f -t 0 pod
	expect "" "$(ls "/run/$NAME")"
}

# The check is an exec that a timer of systemd's starts.
test_podman_health_timer()
{
	podman run -d --name healthy --network none --health-cmd 'test -e /tmp/well' --health-interval 5s --health-retries 1 $IMAGE
	podman exec healthy touch /tmp/well
	wait_until 60 sh -c 'podman inspect -f "{{.State.Health.Status}}" healthy | grep -qx healthy'
	podman exec healthy rm /tmp/well
	wait_until 60 sh -c 'podman inspect -f "{{.State.Health.Status}}" healthy | grep -qx unhealthy'
	podman rm -f -t 0 healthy
}

# In place, and from a file as a container of another name.
test_podman_checkpoint()
{
	local before

	modprobe -q tun || :
	podman run -d --name dump --network none $IMAGE sh -c "$COUNTER"
	wait_until 60 podman exec dump test -s /n
	podman container checkpoint dump
	expect "exited true" "$(podman inspect -f '{{.State.Status}} {{.State.Checkpointed}}' dump)"
	podman container restore dump
	before=$(podman exec dump tail -n 1 /n)
	podman container checkpoint --leave-running --export "$T/dump.tar.gz" dump
	podman container restore --import "$T/dump.tar.gz" --name copy
	[ "$(podman exec copy tail -n 1 /n)" -gt "$before" ]
	[ "$(podman exec dump tail -n 1 /n)" -gt "$before" ]
	podman rm -f -t 0 dump copy
}

# pod NAME: its manifest, with the lines of standard input after the usual ones
pod()
{
	cat <<-YAML
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $1}
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		  - name: c
		    image: $IMAGE
		    imagePullPolicy: Never
		    command: [sleep, "100000"]
	YAML
	cat
}

test_podman_kube_play()
{
	local out

	{
		pod mapped <<<"  hostUsers: false"
		pod privileged <<<"    securityContext: {privileged: true}"
		pod restricted <<-'YAML'
			    securityContext:
			      runAsUser: 1000
			      runAsGroup: 1000
			      runAsNonRoot: true
			      allowPrivilegeEscalation: false
			      readOnlyRootFilesystem: true
			      capabilities: {drop: [ALL]}
			      seccompProfile: {type: RuntimeDefault}
		YAML
	} >"$T/pods.yaml"
	podman kube play --network none "$T/pods.yaml"
	out=$(podman exec mapped-c sh -c 'echo $(cat /proc/self/uid_map) $(stat -c %u /bin/busybox); cat /proc/self/attr/current')
	contains "0 1000000 " "$out"
	out=$(podman exec privileged-c sh -c 'grep CapEff /proc/self/status; mount -t tmpfs x /mnt && echo mounted')
	expect "$(all_caps) mounted" "$(caps_of <<<"$out") $(tail -n 1 <<<"$out")"
	out=$(podman exec restricted-c sh -c 'id -u; id -g; grep -E "Cap(Bnd|Eff)|NoNew|Seccomp:" /proc/1/status; touch /x' 2>&1 || :)
	contains "1000
1000
CapEff:	0000000000000000
CapBnd:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
touch: /x: Read-only file system" "$out"
	podman kube down "$T/pods.yaml"
	expect "" "$(ls "/run/$NAME")"
}
