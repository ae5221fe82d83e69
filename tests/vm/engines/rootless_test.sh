# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016 # scripts for the container's shell
# tests/vm/engines/rootless_test.sh: podman of an ordinary user, with both cgroup managers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# tester FUNCTION [ARGUMENT...]: runs that function of this file as the user, in a session of his own. Each session costs seconds.
# By a file: systemd-run would expand variables in an argument.
tester()
{
	chmod 711 "${T%/*}" "$T"
	install -d -o tester "$T/tester"
	{
		echo 'set -euo pipefail; cd "$T"'
		declare -f
		echo 'load; "$@"'
	} >"$T/script"
	as-tester env T="$T/tester" RUNTIME="$RUNTIME" NAME="$NAME" IMAGE="$IMAGE" bash "$T/script" "$@"
}

load()
{
	podman image exists $IMAGE || podman load --quiet -i /tmp/busybox.tar
	contains "$RUNTIME true" "$(podman info --format '{{.Host.OCIRuntime.Path}} {{.Host.Security.Rootless}}')"
}

run()
{
	podman run --rm --network none "$@"
}

# life MANAGER: one container from its creation to its end
life()
{
	local p=(podman --cgroup-manager "$1") id=life-$1 pid

	"${p[@]}" run -d --name "$id" --network none $IMAGE sleep 1000
	pid=$(podman inspect -f '{{.State.Pid}}' "$id")
	[ -e "$XDG_RUNTIME_DIR/$NAME/$(podman inspect -f '{{.Id}}' "$id")" ]
	case $1 in
	systemd) contains "user@1000.service/user.slice/libpod-" "$(cat "/proc/$pid/cgroup")" ;;
	esac
	expect "uid=1000(user) gid=1000(user) groups=1000(user) /tmp b" \
		"$("${p[@]}" exec -u 1000:1000 -w /tmp -e A=b "$id" sh -c 'echo $(id) $PWD $A')"
	contains /dev/pts/0 "$("${p[@]}" exec -t "$id" tty)"
	exits 127 "${p[@]}" exec "$id" nope
	exits 5 "${p[@]}" exec "$id" sh -c 'exit 5'
	if [ "$1" = systemd ]; then
		"${p[@]}" update -m 100m "$id"
		expect 104857600 "$("${p[@]}" exec "$id" cat /sys/fs/cgroup/memory.max)"
		"${p[@]}" pause "$id"
		grep -q 'frozen 1' "/sys/fs/cgroup$(cut -d: -f3 "/proc/$pid/cgroup")/cgroup.events"
		"${p[@]}" unpause "$id"
	fi
	"${p[@]}" stop -t 0 "$id"
	expect 137 "$(podman inspect -f '{{.State.ExitCode}}' "$id")"
	"${p[@]}" start "$id"
	"${p[@]}" rm -f -t 0 "$id"
	expect "" "$(ls "$XDG_RUNTIME_DIR/$NAME")"
}

namespaces()
{
	local out

	exits 7 run $IMAGE sh -c 'exit 7'
	exits 127 run $IMAGE nope
	expect "0 1000 1 1 100000 65536 0" "$(run $IMAGE sh -c 'echo $(cat /proc/self/uid_map) $(id -u)')"
	mkdir volume
	expect "1000 1000" "$(run --userns=keep-id -v "$T/volume:/v" $IMAGE sh -c 'touch /v/x; echo $(id -u) $(stat -c %u /v/x)')"
	expect 1000 "$(stat -c %u volume/x)"
	out=$(run --userns=auto:size=500 --read-only --cap-drop all --security-opt no-new-privileges $IMAGE \
		sh -c 'cut -c 23- /proc/self/uid_map; grep -E "CapEff|NoNew|Seccomp:" /proc/self/status')
	contains "500
CapEff:	0000000000000000
NoNewPrivs:	1
Seccomp:	2" "$out"
	contains mounted "$(run --privileged $IMAGE sh -c 'mount -t tmpfs x /mnt && echo mounted')"
}

pod()
{
	podman pod create --name pod --infra-image $IMAGE --infra-command 'sleep 100000' --network none
	podman run -d --pod pod --name one $IMAGE sleep 77777
	expect pod "$(podman run --rm --pod pod $IMAGE hostname)"
	podman pod rm -f -t 0 pod
}

build()
{
	cp /tmp/rootfs.tar .
	printf 'FROM scratch\nADD rootfs.tar /\nRUN id -u > /made\n' >Containerfile
	podman build --quiet --layers=false --network none -t built .
	expect 0 "$(run built cat /made)"
	podman rmi built
}

test_rootless_life_systemd()
{
	tester life systemd
}

test_rootless_life_cgroupfs()
{
	tester life cgroupfs
}

test_rootless_namespaces()
{
	tester namespaces
}

test_rootless_pod()
{
	tester pod
}

test_rootless_build()
{
	tester build
}
