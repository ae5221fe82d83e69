#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# selftest.sh [--suite SUITE] [--flavour FLAVOUR] [LSM...]: asks the guest whether it is what the tests take it for, once
# for each security module (apparmor, selinux, selinux-permissive, none). Prints TAP.
#
# With --in-guest LSM it is the half that runs there.
# shellcheck disable=SC2016  # scripts for a shell in the guest
set -euo pipefail
dir=$(cd "$(dirname "$0")" && pwd)

number=0
failed=0

check() {
	local what=$1 start=${EPOCHREALTIME/./} mark=ok output
	shift

	number=$((number + 1))
	if ! output=$(set -e; "$@" 2>&1); then
		mark='not ok'
		failed=$((failed + 1))
	fi
	printf '%s %d - %s # %d ms\n' "$mark" "$number" "$what" $(((${EPOCHREALTIME/./} - start) / 1000))
	[ "$mark" = ok ] || printf '%s\n' "$output" | sed 's/^/# /'
}

# A set of assertions stops at the first that fails, also in the condition of an if: every line ends in || return.
has_controllers() {
	local controller

	for controller in cpu memory io pids cpuset; do
		grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers || { echo "no $controller"; return 1; }
	done
}

is_running() {
	[ "$(systemctl is-system-running)" = running ] || { systemctl --failed; return 1; }
}

has_shared_root() { [ "$(findmnt -no PROPAGATION /)" = shared ]; }

has_systemd_run() {
	local found

	found=$(systemd-run --quiet --pipe --wait -p MemoryMax=64M -p Slice=cruet.slice sh -c \
		'cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max') || return
	[ "$found" = 67108864 ] || { echo "memory.max is $found"; return 1; }
}

has_shares() {
	[ -f /mnt/cruet/tests/vm/selftest.sh ] || return
	! touch /mnt/cruet/tests/vm/written 2>/dev/null || return
	echo yes >/mnt/out/written
}

# configure FILTER [ARGUMENT...]
configure() {
	jq --args "$1" -- "${@:2}" <"$bundle/config.json" >"$bundle/new" || return
	mv "$bundle/new" "$bundle/config.json"
}

# Makes $bundle: busybox and a configuration for COMMAND.
make_bundle() {
	local applet

	bundle=$(mktemp -d /tmp/bundle.XXXXXX)
	mkdir -p "$bundle/rootfs/"{bin,dev,proc,sys,tmp} || return
	cp /bin/busybox "$bundle/rootfs/bin/" || return
	for applet in sh cat id; do
		ln -s busybox "$bundle/rootfs/bin/$applet"
	done
	chmod 755 "$bundle"
	(cd "$bundle" && crun spec "${spec_options[@]}") || return
	configure '.process.terminal = false | .process.args = $ARGS.positional' "$@"
}

runs_container() {
	local spec_options=() found

	make_bundle sh -c 'echo hello from $$' || return
	found=$("$1" run -b "$bundle" selftest) || { echo "$found"; return 1; }
	[ "$found" = 'hello from 1' ] || { echo "$found"; return 1; }
}

runs_systemd_cgroup() {
	local spec_options=() found

	make_bundle cat /proc/self/cgroup || return
	configure '.linux.cgroupsPath = "system.slice:selftest:one" | .linux.namespaces -= [{"type": "cgroup"}]' || return
	found=$(crun --systemd-cgroup run -b "$bundle" selftest) || { echo "$found"; return 1; }
	[[ $found == *system.slice/selftest-one.scope* ]] || { echo "$found"; return 1; }
}

runs_rootless() {
	local spec_options=(--rootless) found

	make_bundle id -u || return
	chown -R tester: "$bundle"
	found=$(as-tester crun --systemd-cgroup run -b "$bundle" selftest) || { echo "$found"; return 1; }
	[ "$found" = 0 ] || { echo "$found"; return 1; }
}

# idmapped MAKE-FS: on a file system of its own, a file of root's belongs to 10000 in the mapped view.
idmapped() {
	local base

	base=$(mktemp -d /var/tmp/idmap.XXXXXX)
	mkdir "$base/fs" "$base/view"
	if [ "$1" = tmpfs ]; then
		mount -t tmpfs none "$base/fs" || return
	else
		truncate -s 400M "$base/image"
		"mkfs.$1" -q "$base/image" >/dev/null || return
		mount -o loop "$base/image" "$base/fs" || return
	fi
	touch "$base/fs/file"
	mount -o bind,X-mount.idmap=b:0:10000:65536 "$base/fs" "$base/view" || return
	[ "$(stat -c %u "$base/view/file")" = 10000 ] || return
	umount "$base/view" "$base/fs"
}

confines_apparmor() {
	[ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ] || return
	cat >/tmp/profile <<-'PROFILE'
		abi <abi/4.0>,
		include <tunables/global>
		profile cruet-selftest flags=(attach_disconnected) {
		  include <abstractions/base>
		  file,
		  deny /etc/hostname r,
		}
	PROFILE
	apparmor_parser -r /tmp/profile || return
	[ "$(aa-exec -p cruet-selftest -- cat /proc/self/attr/current)" = 'cruet-selftest (enforce)' ] || return
	! aa-exec -p cruet-selftest -- cat /etc/hostname || return
	aa-exec -p cruet-selftest -- cat /etc/hosts
}

labels_selinux() {
	local found

	[ "$(getenforce)" = "$1" ] || return
	found=$(id -Z)
	[[ $found == unconfined_u:unconfined_r:unconfined_t:* ]] || { echo "$found"; return 1; }
	found=$(stat -c %C /usr/bin/crun)
	[[ $found == *:container_engine_exec_t:* ]] || { echo "$found"; return 1; }
	cp /bin/busybox /usr/local/bin/cruet && restorecon /usr/local/bin/cruet || return
	found=$(stat -c %C /usr/local/bin/cruet)
	[[ $found == *:container_engine_exec_t:* ]] || { echo "$found"; return 1; }
	cp /bin/busybox /tmp/busybox && chcon -t container_file_t /tmp/busybox || return
	found=$(runcon system_u:system_r:container_t:s0 /tmp/busybox cat /proc/self/attr/current | tr -d '\0') || return
	[ "$found" = system_u:system_r:container_t:s0 ] || { echo "$found"; return 1; }
}

# In enforcing mode a container may not read the host's secrets, in permissive mode it may.
confines_selinux() {
	local spec_options=() found want

	make_bundle sh -c 'cat /proc/self/attr/current; cat /secret 2>/dev/null' || return
	echo hidden >"$bundle/rootfs/secret"
	chcon -R -t container_file_t "$bundle/rootfs" || return
	chcon -t shadow_t "$bundle/rootfs/secret" || return
	configure '.process.selinuxLabel = "system_u:system_r:container_t:s0"' || return
	configure '.linux.mountLabel = "system_u:object_r:container_file_t:s0"' || return
	found=$(crun run -b "$bundle" selftest | tr -d '\0') || :
	want='system_u:system_r:container_t:s0'
	[ "$1" = Enforcing ] || want+=hidden
	[ "$(tr -d '\n' <<<"$found")" = "$want" ] || { echo "$found"; return 1; }
}

# Makes /tmp/busybox.tar, an image that every engine can take in, and has podman import it.
import_image() {
	local spec_options=()

	make_bundle sh || return
	tar -C "$bundle/rootfs" -cf /tmp/rootfs.tar . || return
	podman import --quiet /tmp/rootfs.tar localhost/busybox:latest || return
	podman save --quiet -o /tmp/busybox.tar localhost/busybox
}

says_hi() {
	local found

	found=$("$@") || { echo "$found"; return 1; }
	[ "$found" = hi ] || { echo "$found"; return 1; }
}

runs_podman_rootless() {
	as-tester podman import --quiet /tmp/rootfs.tar localhost/busybox:latest || return
	says_hi as-tester podman --runtime crun run --rm --network none localhost/busybox sh -c 'echo hi'
}

runs_containerd() {
	systemctl start containerd || return
	ctr images import /tmp/busybox.tar || return
	says_hi ctr run --rm --runc-binary /usr/bin/crun localhost/busybox:latest selftest sh -c 'echo hi'
}

runs_docker() {
	systemctl start docker || return
	docker load -i /tmp/busybox.tar || return
	says_hi docker run --rm --runtime crun --network none localhost/busybox sh -c 'echo hi'
}

check_engines() {
	command -v podman >/dev/null || return 0
	check 'podman imports an image' import_image
	check 'podman runs a container with crun' \
		says_hi podman --runtime crun run --rm --network none localhost/busybox sh -c 'echo hi'
	check 'rootless podman runs a container with crun' runs_podman_rootless
	check 'containerd runs a container with crun' runs_containerd
	check 'docker runs a container with crun' runs_docker
}

in_guest() {
	. /etc/os-release
	echo "# ${PRETTY_NAME:-Debian}, kernel $(uname -r), systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'), $1"
	check 'cgroup v2 has all controllers' has_controllers
	check 'systemd is running' is_running
	check '/ is shared' has_shared_root
	check 'systemd-run sets a limit' has_systemd_run
	check 'the project is read-only, /mnt/out is not' has_shares
	check 'crun runs a container' runs_container crun
	check 'runc runs a container' runs_container runc
	check 'crun runs a container in a scope' runs_systemd_cgroup
	check 'crun runs a rootless container' runs_rootless
	for fs in tmpfs ext4 xfs btrfs; do
		check "idmapped mounts on $fs" idmapped "$fs"
	done
	check 'criu works' sh -c 'modprobe tun; criu check'
	case $1 in
	apparmor) check 'AppArmor confines' confines_apparmor ;;
	selinux) mode=Enforcing ;;
	selinux-permissive) mode=Permissive ;;
	esac
	if [ -n "${mode:-}" ]; then
		check "SELinux is $mode and has labels" labels_selinux "$mode"
		check "SELinux in $mode mode and a container" confines_selinux "$mode"
	fi
	check_engines
	echo "1..$number"
	[ "$failed" -eq 0 ]
}

on_host() {
	local suite=trixie flavour=minimal lsm start bad=0 out

	while [ $# -gt 0 ]; do
		case $1 in
		--suite) suite=$2 && shift 2 ;;
		--flavour) flavour=$2 && shift 2 ;;
		*) break ;;
		esac
	done
	[ $# -gt 0 ] || set -- apparmor selinux selinux-permissive none
	out=$(mktemp -d)
	for lsm; do
		start=$SECONDS
		echo "# $flavour of $suite, --lsm $lsm"
		rm -f "$out/written"
		"$dir/vm.sh" run --flavour "$flavour" --suite "$suite" --lsm "$lsm" --out "$out" --timeout 300 -- \
			bash /mnt/cruet/tests/vm/selftest.sh --in-guest "$lsm" || bad=1
		[ -e "$out/written" ] || { echo '# nothing came out of /mnt/out'; bad=1; }
		echo "# $((SECONDS - start)) s"
	done
	rm -rf "$out"
	host_checks || bad=1
	exit "$bad"
}

# What vm.sh itself promises: the status, the streams, the deadline.
host_checks() {
	local status=0 found

	found=$("$dir/vm.sh" run --env 'GREETING=a b' -- sh -c 'printf "%s" "$GREETING"; echo error >&2; exit 7' 2>/dev/null) || status=$?
	[ "$status $found" = '7 a b' ] || { echo "# status $status, output $found"; return 1; }
	status=0
	"$dir/vm.sh" run --timeout 2 -- sleep 60 >/dev/null 2>&1 || status=$?
	[ "$status" -eq 124 ] || { echo "# a command out of time gives $status"; return 1; }
	echo '# vm.sh: status, output and deadline are right'
}

if [ "${1:-}" = --in-guest ]; then
	in_guest "$2"
else
	on_host "$@"
fi
