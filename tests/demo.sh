#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/demo.sh RUNTIME: makes a bundle (rootfs: Debian's busybox-static, configuration: `RUNTIME spec`, tightened), runs a
# container in it, has it show from inside what confines it, and deletes it. `make demo` calls it, as root. The bundle is
# kept in build/demo for the next time.
set -eu

runtime=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
dir=${DEMO:-$here/../build/demo}
id=demo-$$

say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
die() { echo "demo: $*" >&2; exit 1; }

colours() {
	bold='' plain=''
	if [ -t 1 ]; then
		bold=$(printf '\033[1m') plain=$(printf '\033[0m')
	fi
}

make_rootfs() {
	rootfs=$dir/rootfs
	[ ! -x "$rootfs/bin/busybox" ] || return 0
	rm -rf "$dir"
	mkdir -p "$rootfs/bin" "$rootfs/dev" "$rootfs/etc" "$rootfs/proc" "$rootfs/sys" "$rootfs/tmp"
	for name in $(/bin/busybox --list); do
		[ "$name" = busybox ] || ln -s busybox "$rootfs/bin/$name"
	done
	cp /bin/busybox "$rootfs/bin/busybox" # the last: what a killed run left is made again
}

# What `spec` writes is strict already; on top of it an unprivileged root (a user namespace), limits and a filter.
make_config() {
	rm -f "$dir/config.json"
	"$runtime" spec --bundle "$dir"
	jq --arg userns "$1" --arg host "$(host_namespaces)" --arg controllers "$(controllers)" '
		.process.terminal = false | .process.args = ["/bin/show"] | .process.env += ["HOST=" + $host]
		| if $controllers | contains("memory") then .linux.resources.memory = { limit: 67108864 } else . end
		| if $controllers | contains("pids") then .linux.resources.pids = { limit: 32 } else . end
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [ { action: "SCMP_ACT_ERRNO",
			names: ["unshare", "setns", "mount", "bpf", "ptrace", "keyctl", "add_key", "sethostname"] } ] }
		| if $userns == "yes" then
			.linux.namespaces += [{ type: "user" }]
			| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
			| .linux.gidMappings = .linux.uidMappings
		else . end' "$dir/config.json" >"$dir/config.json.new"
	mv "$dir/config.json.new" "$dir/config.json"
}

host_namespaces() {
	for ns in cgroup ipc mnt net pid user uts; do
		readlink "/proc/self/ns/$ns"
	done | tr '\n' ' '
}

# Some hosts, and some guests, have cgroups without controllers.
controllers() {
	cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null || ls /sys/fs/cgroup
}

# Some hosts forbid user namespaces: there the container's root is the host's, less its capabilities.
has_userns() {
	if unshare --user true 2>/dev/null; then echo yes; else echo no; fi
}

clean_up() {
	"$runtime" delete --force "$id" 2>/dev/null || :
	rm -f "$dir/out"
}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

main() {
	[ "$(id -u)" = 0 ] || die "a demonstration with a cgroup of its own needs root"
	colours
	make_rootfs
	cp "$here/demo-inside.sh" "$dir/rootfs/bin/show"
	chmod 755 "$dir/rootfs/bin/show"
	make_config "$(has_userns)"
	trap clean_up EXIT
	trap 'exit 130' INT TERM HUP
	rm -f "$dir/out"
	mkfifo "$dir/out"

	say "$ cruet create --bundle build/demo $id; cruet start $id"
	cat "$dir/out" &
	reader=$!
	began=$(milliseconds)
	"$runtime" create --bundle "$dir" --pid-file "$dir/pid" "$id" >"$dir/out" 2>&1 </dev/null
	"$runtime" start "$id"
	took=$(($(milliseconds) - began))
	wait "$reader"

	say "$ cruet list"
	"$runtime" list
	echo
	say "from outside: pid $(cat "$dir/pid") of uid $(stat -c %u "/proc/$(cat "$dir/pid")"), in the cgroup"
	sed 's/^/  /' "/proc/$(cat "$dir/pid")/cgroup" | grep -E '::|memory|pids'
	echo
	say "$ cruet delete --force $id"
	"$runtime" delete --force "$id"
	! "$runtime" list --quiet | grep -qx "$id" || die "the container is still there"
	echo "created and started in $took ms, deleted; the bundle stays in build/demo"
}

main
