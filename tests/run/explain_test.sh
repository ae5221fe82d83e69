# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/explain_test.sh: cruet explain, of bundles, of running containers, and of two.

explain()
{
	cruet explain --format json "$@"
}

# A bundle that names a profile where there is AppArmor: without one a container is unconfined.
profiled()
{
	bundle
	[ ! -e /sys/kernel/security/apparmor ] || config '.process.apparmorProfile = "cruet-default"'
}

# is JQ-FILTER: it is true of what explain says of $B
is()
{
	explain --bundle "$B" >"$T/explained"
	jq -e "$1" "$T/explained" >/dev/null || die "$1 is not so: $(cat "$T/explained")"
}

# What the bundle says and what the kernel says of it when it runs are the same.
test_explain_bundle_and_container_agree()
{
	local keys='del(.subject, .maskedPaths, .readonlyPaths, .seccompRefuses, .seccompRefusesInPart, .devices, .deviceRule)'

	bundle
	args sleep 1000
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6]}'
	# an effective set of a user's process is empty once it has executed
	config '.process.capabilities.effective = []'
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	# without a label it is the policy that says which, and its unconfined ones meet no standard
	[ ! -e /sys/fs/selinux/enforce ] || keys="$keys | del(.selinux, .failsBaseline, .podSecurityStandard)"
	explain --bundle "$B" | jq -S "$keys" >"$T/bundle"
	explain "$ID" | jq -S "$keys" >"$T/container"
	diff "$T/bundle" "$T/container" || die "they differ"
	explain "$ID" >"$T/container"
	contains "container $ID, running" "$(jq -r .subject "$T/container")"
	jq -e '.readonlyPaths | index("/proc/sys")' "$T/container" >/dev/null || die "no read-only /proc/sys"
	[ ! -e /proc/kcore ] || jq -e '.maskedPaths | index("/proc/kcore")' "$T/container" >/dev/null || die "no masked /proc/kcore"
	jq -e '.user == "1000:1001" and .hostUser == "1000:1001" and .groups == ["5", "6"]' "$T/container" >/dev/null || die "$(cat "$T/container")"
}

test_explain_what_the_kernel_says()
{
	bundle
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	# what became of the configuration since is no matter
	config '.process.capabilities = {} | .linux.namespaces = []'
	explain "$ID" >"$T/container"
	expect '["CAP_KILL","CAP_NET_BIND_SERVICE","CAP_AUDIT_WRITE"]' "$(jq -c .capabilitiesBounding "$T/container")"
	jq -e '.namespaces == {user: "host", mnt: "own", pid: "own", net: "own", ipc: "own", uts: "own", cgroup: "own", time: "host"}' \
		"$T/container" >/dev/null || die "$(jq -c .namespaces "$T/container")"
	jq -e '.seccomp == "filter" and .noNewPrivileges == "yes" and .rootReadonly == "yes" and .writableKernel == [] and .exposedKernel == []' \
		"$T/container" >/dev/null || die "$(cat "$T/container")"
	# a mask that somebody takes off is seen
	nsenter -t "$(pid_of "$ID")" -m umount /proc/sys
	explain "$ID" | jq -e '.writableKernel | index("/proc/sys")' >/dev/null || die "/proc/sys can be written"
}

test_explain_user_namespace()
{
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 7, gid: 8}'
	chown -R 100000:100000 "$B/rootfs"
	is '.user == "7:8" and .hostUser == "100007:100008" and .namespaces.user == "own"'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	explain "$ID" | jq -e '.user == "7:8" and .hostUser == "100007:100008" and .namespaces.user == "own"' >/dev/null || die "$(explain "$ID")"
}

test_explain_shared_namespaces()
{
	local pid

	bundle
	args sleep 1000
	cruet run --detach --bundle "$B" one >/dev/null 2>&1
	pid=$(pid_of one)
	bundle "$T/second"
	config '(.linux.namespaces[] | select(.type == "ipc")).path = $p' --arg p "/proc/$pid/ns/ipc"
	config '.linux.namespaces |= map(select(.type != "uts")) | del(.hostname)'
	is '.namespaces.ipc == "shared" and .namespaces.uts == "host"'
	args sleep 1000
	cruet run --detach --bundle "$B" two >/dev/null 2>&1
	explain two | jq -e '.namespaces.ipc == "shared" and .namespaces.uts == "host" and .namespaces.pid == "own"' >/dev/null || die "$(explain two)"
}

# Each control of the Pod Security Standards, alone.
test_explain_pod_security_baseline()
{
	profiled
	is '.podSecurityStandard == "baseline" and .failsBaseline == []'
	cp "$B/config.json" "$T/good.json"
	breaks()
	{
		cp "$T/good.json" "$B/config.json"
		config "$2"
		is '.podSecurityStandard == "privileged" and (.failsBaseline | length) == 1'
		contains "$1" "$(jq -r '.failsBaseline[0]' "$T/explained")"
	}
	breaks "Host Namespaces: the network" 'del(.linux.namespaces[] | select(.type == "network")) | del(.mounts[] | select(.type == "sysfs"))'
	breaks "Host Namespaces: the pid" 'del(.linux.namespaces[] | select(.type == "pid"))'
	breaks "Host Namespaces: the ipc" 'del(.linux.namespaces[] | select(.type == "ipc")) | del(.mounts[] | select(.type == "mqueue"))'
	breaks "Privileged Containers: every device" '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	breaks "Privileged Containers: /sys can be written" '(.mounts[] | select(.destination == "/sys") | .options) -= ["ro"]'
	breaks "Capabilities: CAP_SYS_ADMIN" '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
	breaks "HostPath Volumes: /etc at /host" '.mounts += [{destination: "/host", type: "bind", source: "/etc", options: ["rbind", "ro"]}]'
	breaks "/proc Mount Type" '.linux.maskedPaths = []'
	breaks "Seccomp" 'del(.linux.seccomp)'
	breaks "Sysctls: kernel.msgmax" '.linux.sysctl = {"kernel.msgmax": "65536"}'
	cp "$T/good.json" "$B/config.json"
	config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "0"}'
	is '.failsBaseline == []'
}

test_explain_pod_security_restricted()
{
	profiled
	config '.process.capabilities = {bounding: ["CAP_NET_BIND_SERVICE"]} | .process.user = {uid: 1000, gid: 1000}'
	is '.podSecurityStandard == "restricted" and .failsRestricted == []'
	config '.process.noNewPrivileges = false'
	is '.podSecurityStandard == "baseline" and (.failsRestricted | length) == 1 and (.failsRestricted[0] | startswith("Privilege Escalation"))'
	config '.process.noNewPrivileges = true | .process.user.uid = 0'
	is '.podSecurityStandard == "baseline" and (.failsRestricted[0] | startswith("Running as Non-root"))'
	config '.process.user.uid = 1 | .process.capabilities.bounding += ["CAP_KILL"]'
	is '.podSecurityStandard == "baseline" and (.failsRestricted[0] | contains("CAP_KILL"))'
}

# What the filter refuses is what it refuses.
test_explain_seccomp()
{
	bundle
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: [], syscalls: [
		{names: ["sethostname", "mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"},
		{names: ["personality"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]}]}'
	is '.seccomp == "filter" and (.seccompRefuses | sort) == ["mkdir", "mkdirat", "sethostname"] and .seccompRefusesInPart == ["personality"]'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	explain "$ID" | jq -e '(.seccompRefuses | sort) == ["mkdir", "mkdirat", "sethostname"]' >/dev/null || die "$(explain "$ID")"
	config 'del(.linux.seccomp)'
	is '.seccomp == "unconfined" and .seccompRefuses == []'
}

test_explain_side_by_side()
{
	profiled
	explain --bundle "$B" --against-privileged >"$T/two"
	jq -e '.left.podSecurityStandard == "baseline" and .right.podSecurityStandard == "privileged"' "$T/two" >/dev/null || die "$(cat "$T/two")"
	for key in capabilitiesBounding seccomp noNewPrivileges maskedPaths readonlyPaths deviceRule devices writableKernel exposedKernel namespaces; do
		jq -e --arg k $key '.differs | index($k)' "$T/two" >/dev/null || die "no $key: $(jq -c .differs "$T/two")"
	done
	for key in user groups rootReadonly; do
		jq -e --arg k $key '.differs | index($k) | not' "$T/two" >/dev/null || die "$key differs"
	done
	cruet explain --bundle "$B" --against-privileged >"$T/table"
	grep -q '^\*seccomp  *filter  *unconfined' "$T/table" || die "$(cat "$T/table")"
	grep -q '^ user  *0:0  *0:0' "$T/table" || die "$(cat "$T/table")"
	# two bundles, and two containers: constrained and privileged
	args sleep 1000
	config 'del(.process.apparmorProfile)'
	cruet run --detach --bundle "$B" small >/dev/null 2>&1
	cruet run --detach --privileged --bundle "$B" large >/dev/null 2>&1
	explain small large | jq -e '(.left.failsBaseline | map(select(test("^(SELinux|AppArmor)") | not)) == []) and .right.podSecurityStandard == "privileged"
		and .right.seccomp == "unconfined" and (.right.writableKernel | index("/sys")) and .right.namespaces.cgroup == "host"' >/dev/null ||
		die "$(explain small large)"
	explain --bundle "$B" --bundle "$B" | jq -e '.differs == []' >/dev/null || die "a bundle differs from itself"
}

test_explain_table()
{
	profiled
	cruet explain --bundle "$B" >"$T/table"
	grep -q '^meets  *baseline$' "$T/table" || die "$(cat "$T/table")"
	! grep -nE '.{81}' "$T/table" || die "more than 80 columns"
	! grep -n ' $' "$T/table" || die "blanks at the end"
}

test_explain_mistakes()
{
	bundle
	fails "does not exist" cruet explain nothing
	fails "name one container or bundle" cruet explain
	fails "name one container or bundle" cruet explain --bundle "$B" --bundle "$B" --bundle "$B"
	fails "--against-privileged compares one bundle" cruet explain --bundle "$B" --bundle "$B" --against-privileged
	cruet create --bundle "$B" "$ID" >/dev/null 2>&1
	# it waits for its start: what its program will have
	explain "$ID" | jq -e '.seccomp == "filter" and (.seccompRefuses | index("unshare"))' >/dev/null || die "$(explain "$ID")"
	fails "--privileged is for bundles" cruet explain --privileged "$ID"
	cruet kill "$ID" KILL
	wait_until 20 status_is "$ID" stopped
	fails "there is no process to look at" cruet explain "$ID"
	expect "$ID" "$(cruet list -q)"
}
