# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cve/config_test.sh: attacker C, who has a say in config.json: trusted for what it asks for, not for being well formed,
# for paths that stay where they belong, or for numbers that are what they seem.

. "${BASH_SOURCE[0]%/*}/lib.sh"

# What is not quite a number, or does not fit, becomes 0, which is root. Fails where anything but 1 and 1:2 is taken for an id, or
# an id becomes another.
test_cve_2026_30892_ids_of_exec()
{
	local id

	bundle
	args sleep 1000
	background
	for id in 1 1:2; do
		cruet exec --user "$id" "$ID" sh -c 'echo $(id -u):$(id -g)' >"$T/out" 2>&1 </dev/null || die "exec -u $id: $(cat "$T/out")"
		case "$id=$(cat "$T/out")" in
		1=1:0 | 1:2=1:2) ;;
		*) fell "-u $id is $(cat "$T/out")" ;;
		esac
	done
	for id in -1 4294967295 4294967296 18446744073709551616 0x1 01x ' 1' '+1' '' 1x 1: :1 1:-1 1:4294967296; do
		if cruet exec --user "$id" "$ID" sh -c 'echo $(id -u):$(id -g)' >"$T/out" 2>&1 </dev/null; then
			case "$id=$(cat "$T/out")" in
			1:=1:0 | :1=0:1) ;; # understood, if generously
			*) fell "-u '$id' is taken for $(cat "$T/out")" ;;
			esac
		fi
	done
}

test_cve_2024_40635_ids_of_the_config()
{
	local id key

	bundle
	args id -u
	for id in -1 4294967295 4294967296 18446744073709551616 1.5 '"1000"' 1e3; do
		for key in uid gid; do
			config '.process.user = {uid: 7, gid: 7}'
			sed -i "s/\"$key\": 7/\"$key\": $id/" "$B/config.json"
			grep -q "\"$key\": $id" "$B/config.json" || die "not in the config"
			attack run --bundle "$B" "$ID"
			[ "$RAN" = no ] || { [ "$id" = '"1000"' ] && prints 1000; } || fell "$key $id is taken for $(cat "$T/out")"
			cp "$SPEC" "$B/config.json"
			config '.process.terminal = false | .process.args = ["id", "-u"]'
		done
	done
}

# Lengths that do not fit 16 bits of a netlink attribute: what follows is read as attributes of its own. Fails where a container
# runs that has another map than the config.
test_cve_2021_43784_long_maps_and_paths()
{
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range(20000) | {containerID: ., hostID: (100000 + .), size: 1}]
		| .linux.gidMappings = .linux.uidMappings'
	args cat /proc/self/uid_map
	attack run --bundle "$B" "$ID"
	[ "$RAN" = no ] || [ "$(wc -l <"$T/out")" = 20000 ] || fell "20000 lines became $(wc -l <"$T/out")"
	bundle "$T/c"
	head -c 70000 /dev/zero | tr '\0' a >"$T/long"
	config '.linux.namespaces |= map(if .type == "network" then .path = ("/" + $l) else . end)' --rawfile l "$T/long"
	attack run --bundle "$B" "$ID"
	[ "$RAN" = no ] || fell "the path of a namespace was cut"
}

cgroups_of()
{
	find /sys/fs/cgroup -mindepth 1 -type d | sort
}

# Keys of resources.unified are files of the cgroup: by ".." those of another. Fails where a value is written, or nothing is said.
test_ghsa_5g49_rx9x_qfc6_names_of_unified()
{
	local key

	[ -f /sys/fs/cgroup/cgroup.controllers ] || skip "unified is for cgroup v2"
	bundle
	mkdir -p /sys/fs/cgroup/cve-victim
	args true
	for key in ../cve-victim/cgroup.max.depth a/../../cve-victim/cgroup.max.depth ./cgroup.max.depth /cve-victim/cgroup.max.depth .. ""; do
		config '.linux.cgroupsPath = "/cve-mine" | .linux.resources = {unified: {($k): "3"}}' --arg k "$key"
		attack run --bundle "$B" "$ID"
		[ "$(cat /sys/fs/cgroup/cve-victim/cgroup.max.depth)" = max ] || fell "'$key' wrote to another's cgroup"
		[ "$RAN" = no ] || fell "'$key' is taken for a name"
	done
	rmdir /sys/fs/cgroup/cve-victim
}

# A cgroup path that leaves the hierarchy, and a cgroup that is joined because its name begins like ours. (No CVE: hardening of
# crun, and of runc 1.5.2.)
test_hardening_cgroup_paths()
{
	local path before

	bundle
	canary
	before=$(cgroups_of)
	args true
	for path in .. /.. ../x /a/../../x "../../../../../../../..$CANARY/cg"; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		attack run --bundle "$B" "$ID"
		canary_unchanged
	done
	[ "$(find "$T" /sys/fs -maxdepth 2 -newer "$T/canary.before" -name x 2>/dev/null)" = "" ] || fell "made outside of the hierarchy"
	config '.linux.cgroupsPath = "/cve-a"'
	args sleep 1000
	background
	for path in ../cve-a-evil /../cve-a-evil .. ../.. "../../../../..$CANARY"; do
		if cruet exec --cgroup "$path" "$ID" cat /proc/self/cgroup >"$T/out" 2>&1 </dev/null; then
			! prints evil && ! prints '/\.\.' || fell "exec --cgroup $path went to $(head -n 1 "$T/out")"
		fi
		[ -z "$(find /sys/fs/cgroup -name '*evil*')" ] || fell "exec --cgroup $path made it"
	done
	[ -n "${PEER:-}" ] || {
		cruet delete --force "$ID"
		expect "$before" "$(cgroups_of)"
	}
}

# A line break in a value, or a "+", sets a second sysctl; one that is not of a namespace is the host's. Fails where the host's
# value changes, or the container runs.
test_cve_2022_0811_sysctl_injection()
{
	local pair before

	bundle
	args true
	before=$(cat /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness)
	for pair in 'kernel.shm_rmid_forced=1+kernel.core_pattern=x' 'kernel.core_pattern=|/x' 'vm.swappiness=1' 'kernel/shmmax/../core_pattern=x' \
		'net/../kernel/hostname=x' 'net.ipv4.../../kernel/hostname=x' $'kernel.domainname=a\nkernel.hostname=x'; do
		config '.linux.sysctl = {($k): $v}' --arg k "${pair%%=*}" --arg v "${pair#*=}"
		attack run --bundle "$B" "$ID"
		[ "$before" = "$(cat /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness)" ] || fell "$pair changed the host"
		case $pair in
		*+*) [ "$RAN" = no ] || fell "$pair was taken" ;;
		esac
	done
}

# An annotation is data, also where an image's label becomes one: none picks a program, a file of the host's or more privilege.
# Fails where the canary changes, a mark is left, or the process has what it was not given.
test_cve_2026_53488_annotations_are_data()
{
	with_attacker
	canary
	config '.annotations = ({
		"run.oci.handler": "wasm", "module.wasm.image/variant": "compat", "run.oci.delegate-cgroup": "../../delegated",
		"run.oci.seccomp_bpf_file": "/dev/null", "run.oci.seccomp_bpf_data": "BgAAAAAA/38=", "run.oci.systemd.force_cgroup_v1": "/sys/fs/cgroup/systemd",
		"org.systemd.property.ExecStart": "[(\"/bin/attacker\", [\"x\"], false)]",
		"org.cruet.privileged": "true", "io.kubernetes.cri-o.Privileged": "true", "io.containerd.runc.v2.binary": "/bin/attacker",
		"cdi.k8s.io/x": "vendor.com/device=all", "io.kubernetes.cri-o.LogPath": ($c + "/log"), "containerd.io/restart.loguri": "binary:///bin/attacker",
		"nativeBpf": "x", "org.criu.config": ($c + "/criu")}) | .hooks = {createRuntime: [{path: "/bin/true"}]}' --arg c "$CANARY"
	args grep -E '^(CapEff|Seccomp|NoNewPrivs):' /proc/self/status
	attack run --bundle "$B" "$ID"
	canary_unchanged
	no_mark_in "$B/rootfs" || fell "an annotation had a program executed: $(ls "$B/rootfs")"
	cp "$T/out" "$T/with"
	config '.annotations = {}'
	must_run run --bundle "$B" "$ID"
	[ "$RAN" = no ] || [ ! -s "$T/with" ] || ! grep -q CapEff "$T/with" || cmp -s "$T/with" "$T/out" || fell "with annotations $(cat "$T/with")"
}

# Annotations of crun's that name files of the host's, for hooks to write to: crun leaves it to its caller to take them out. Fails
# where the canary gets one of them.
test_hardening_annotations_that_name_files()
{
	bundle
	canary
	config '.annotations = {"run.oci.hooks.stdout": ($c + "/out"), "run.oci.hooks.stderr": ($c + "/err"), "run.oci.seccomp.receiver": ($c + "/socket"),
		"run.oci.seccomp.plugins": ($c + "/plugin.so"), "run.oci.pidfd_receiver": ($c + "/pidfd")}
		| .hooks = {createRuntime: [{path: "/bin/true"}]}' --arg c "$CANARY"
	args true
	attack run --bundle "$B" "$ID"
	canary_unchanged
}

# A hook that does not say its environment gets the runtime's, or the container's LD_PRELOAD: a library of the image's in a host's
# program. Fails where a hook before the container's own sees either, or stands in the rootfs.
test_cve_2025_23266_environment_of_hooks()
{
	local point

	bundle
	canary
	mkdir -p "$B/rootfs$T"
	config '.mounts += [{destination: $t, source: $t, type: "bind", options: ["bind", "rw"]}]
		| .process.env += ["LD_PRELOAD=/evil.so", "OF_THE_PROCESS=1"] | .process.args = ["true"]' --arg t "$T"
	for point in prestart createRuntime createContainer startContainer poststart poststop; do
		# shellcheck disable=SC2016 # for the hook's shell
		config '.hooks[$p] = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/environ >\($t)/env.\($p); pwd >\($t)/cwd.\($p)"]}]' --arg p "$point" --arg t "$T"
	done
	attack run --bundle "$B" "$ID"
	for point in prestart createRuntime createContainer startContainer poststart poststop; do
		[ -e "$T/env.$point" ] || continue
		! grep -q HOST_SECRET "$T/env.$point" || fell "the $point hook has the runtime's environment"
		[ "$point" = startContainer ] || ! grep -q LD_PRELOAD "$T/env.$point" || fell "the $point hook has the container's environment"
	done
	[ "$(cat "$T/cwd.createContainer" 2>/dev/null)" != "$B/rootfs" ] || fell "createContainer hooks stand in the rootfs"
	[ -e "$T/env.createRuntime" ] || die "no hook ran: $(cat "$T/out")"
}

# What the caller has in its environment is not the container's.
test_cve_2026_57231_environment_of_the_caller()
{
	bundle
	args env
	must_run run --bundle "$B" "$ID"
	! prints HOST_SECRET || fell "the container sees the caller's environment"
	args sleep 1000
	background
	cruet exec "$ID" env >"$T/out" 2>&1 </dev/null || die exec
	! prints HOST_SECRET || fell "exec passes the caller's environment on"
	tr '\0' '\n' <"/proc/$(pid_of "$ID")/environ" >"$T/out"
	! prints HOST_SECRET || fell "the first process has it"
}

# The process is in the cgroup that was asked for before its program runs, with and without a user namespace.
test_cve_2025_47291_cgroup_of_a_user_namespace()
{
	local pid

	bundle
	chmod 711 "$T" "${T%/*}"
	mapped
	config '.linux.cgroupsPath = "/cve-47291"'
	args sleep 1000
	background
	pid=$(pid_of "$ID")
	grep -q '/cve-47291$' "/proc/$pid/cgroup" || fell "it is in $(cat "/proc/$pid/cgroup")"
	cruet exec "$ID" sleep 1000 </dev/null >/dev/null 2>&1 &
	echo $! >>"$T/pids"
	wait_until 10 sh -c "grep -l cve-47291 /proc/[0-9]*/cgroup 2>/dev/null | wc -l | grep -qv '^1\$'"
}
