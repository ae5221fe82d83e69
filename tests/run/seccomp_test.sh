# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Filters of real containers: that they act, when they are loaded, and the listener.

agent_start()
{
	python3 "$HERE/helpers/seccomp_agent.py" "$T/agent.sock" "$T/state.json" &
	wait_until 5 test -S "$T/agent.sock"
}

notify_mkdir()
{
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path, listenerMetadata: "meta",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}' --arg path "$T/agent.sock"
}

test_errno()
{
	bundle
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	fails "Operation not supported" run_sh "mkdir /tmp/x"
}

# Without no_new_privs only CAP_SYS_ADMIN can load a filter; the container must not be left with it.
test_without_no_new_privs()
{
	bundle
	config '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000} | .linux.seccomp = {
		defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["chroot"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	out=$(run_sh "cat /proc/self/status")
	contains "Seccomp:	2" "$out"
	contains "NoNewPrivs:	0" "$out"
	contains "CapEff:	0000000000000000" "$out"
}

# The profile need not allow what cruet itself does before the program: only execve and capset.
test_profile_without_setup_calls()
{
	bundle
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["setgroups",
		"setresuid", "setresgid", "close_range", "chdir", "umask", "setsid", "sendmsg", "recvmsg", "accept4"],
		action: "SCMP_ACT_KILL_PROCESS"}]}'
	for nnp in true false; do
		config '.process.noNewPrivileges = $v' --argjson v $nnp
		expect hello "$(run_sh "echo hello")"
	done
}

test_exec_is_filtered()
{
	bundle
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	args sleep 100
	cruet run --detach --bundle "$B" "$ID"
	fails "Operation not supported" cruet exec "$ID" mkdir /tmp/x
}

test_listener_run()
{
	bundle
	notify_mkdir
	agent_start
	fails "Operation not supported" run_sh "mkdir /tmp/x"
	expect meta "$(jq -r .metadata "$T/state.json")"
	expect '["seccompFd"]' "$(jq -c .fds "$T/state.json")"
	expect "$ID creating" "$(jq -r '"\(.state.id) \(.state.status)"' "$T/state.json")"
	expect "$(jq .pid "$T/state.json")" "$(jq .state.pid "$T/state.json")"
	expect "$("$RUNTIME" --version | sed -n 's/^spec: //p')" "$(jq -r '[.ociVersion, .state.ociVersion] | unique[]' "$T/state.json")"
	wait
}

test_listener_create_start()
{
	bundle
	notify_mkdir
	args sh -c 'mkdir /tmp/x 2>/tmp/err; sleep 100'
	config '.root.readonly = false'
	agent_start
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	wait_until 5 grep -q "not supported" "$B/rootfs/tmp/err"
	expect "$(pid_of "$ID")" "$(jq .pid "$T/state.json")"
	cruet delete --force "$ID"
	wait
}

test_listener_exec()
{
	bundle
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
	args sleep 100
	cruet run --detach --bundle "$B" "$ID"
	notify_mkdir
	agent_start
	# the snapshot has no listener: what the container was made with counts
	cruet exec "$ID" mkdir /tmp || :
	[ ! -e "$T/state.json" ] || die "exec went by a changed config.json"
	cruet delete --force "$ID"
	cruet run --detach --bundle "$B" "$ID"
	wait
	rm -f "$T/agent.sock" "$T/state.json"
	agent_start
	fails "Operation not supported" cruet exec "$ID" mkdir /tmp/x
	expect running "$(jq -r .state.status "$T/state.json")"
	# the state is the container's, so the pid in it is that of its init
	expect "$(pid_of "$ID")" "$(jq .state.pid "$T/state.json")"
	[ "$(jq .pid "$T/state.json")" -gt 1 ] && [ "$(jq .pid "$T/state.json")" != "$(pid_of "$ID")" ] || die "$(cat "$T/state.json")"
	cruet delete --force "$ID"
	wait
}

test_listener_missing()
{
	bundle
	notify_mkdir
	fails "linux.seccomp.listenerPath: cannot connect" run_sh true
	cruet create --bundle "$B" "$ID"
	fails "linux.seccomp.listenerPath: cannot connect" cruet start "$ID"
	expect stopped "$(status_of "$ID")"
	cruet delete "$ID"
}
