# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/privilege_test.sh: what the process may do: capabilities, no_new_privs, and what its user has of it.

run()
{
	cruet run --bundle "$B" "$ID"
}

# The five sets and no_new_privs as the process itself sees them: "Inh Prm Eff Bnd Amb".
caps_config()
{
	[ -d "$T/b" ] || bundle
	config '.process.capabilities = ({bounding: [], effective: [], permitted: [], inheritable: [], ambient: []} + ($c | fromjson))
		| .process.args = ["grep", "^Cap", "/proc/self/status"]' --arg c "$1"
}

caps()
{
	awk '{ sub(/^0+/, "", $2); printf "%s%s", sep, $2 == "" ? 0 : $2; sep = " " } END { print "" }'
}

# chown 0, net_bind_service 10 (0x400), kill 5 (0x20), net_raw 13 (0x2000)

test_capabilities_of_root()
{
	caps_config '{"bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], "permitted": ["CAP_CHOWN", "CAP_KILL"],
		"effective": ["CAP_CHOWN"]}'
	expect "0 21 21 2021 0" "$(run | caps)"
	# without no_new_privs execve gives root all of the bounding set
	config '.process.noNewPrivileges = false'
	expect "0 2021 2021 2021 0" "$(run | caps)"
}

test_capabilities_none()
{
	bundle
	config 'del(.process.capabilities) | .process.args = ["grep", "^Cap", "/proc/self/status"]'
	expect "0 0 0 0 0" "$(run | caps)"
	caps_config '{}'
	expect "0 0 0 0 0" "$(run | caps)"
}

test_capabilities_of_a_user()
{
	caps_config '{"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN", "CAP_KILL"]}'
	config '.process.user = {uid: 1000, gid: 1000}'
	# execve takes what is not ambient
	expect "0 0 0 21 0" "$(run | caps)"
	caps_config '{"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN", "CAP_KILL"],
		"inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}'
	config '.process.user = {uid: 1000, gid: 1000}'
	expect "20 20 20 21 20" "$(run | caps)"
}

# runAsNonRoot as a kubelet has it written: the engine's usual sets and a user. They bound what he could ever get, and he has
# none, neither the container's program nor one that is executed in it; privileged or not.
test_run_as_non_root_keeps_no_capability()
{
	local none="0 0 0" what

	caps_config "$(jq -nc '["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
		"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"] as $c
		| {bounding: $c, effective: $c, permitted: $c}')"
	config '.process.user = {uid: 65532, gid: 65532} | .process.noNewPrivileges = false'
	expect "0 0 0 a80425fb 0" "$(run | caps)"
	for what in "" --privileged; do
		expect "$none 0" "$(cruet run $what --bundle "$B" "$ID" | caps | cut -d' ' -f1-3,5)"
	done
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	expect "$none 0" "$(cruet exec "$ID" grep ^Cap /proc/self/status | caps | cut -d' ' -f1-3,5)"
	expect "$none 0" "$(cruet exec --privileged "$ID" grep ^Cap /proc/self/status | caps | cut -d' ' -f1-3,5)"
	# to ask for one is to have it
	expect "20 20 20" "$(cruet exec --process - "$ID" <<<'{"args": ["grep", "^Cap", "/proc/self/status"], "cwd": "/", "user": {"uid": 65532, "gid": 65532},
		"capabilities": {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}}' | caps | cut -d' ' -f1-3)"
}

# Ambient ones can be used, without any help of the program.
test_ambient_capability_works()
{
	caps_config '{"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"],
		"inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}'
	config '.process.user = {uid: 1000, gid: 1000} | .root.readonly = false'
	touch "$B/rootfs/etc/file"
	args chown 1234 /etc/file
	run
	expect 1234 "$(stat -c %u "$B/rootfs/etc/file")"
	config '.process.capabilities.ambient = []'
	! run 2>/dev/null || die "chown without the capability"
}

# The specification: a warning, not an error; and by default a warning is not heard.
test_unknown_capability()
{
	caps_config '{"bounding": ["CAP_CHOWN", "CAP_OF_TOMORROW"], "permitted": ["CAP_CHOWN", "CAP_OF_TOMORROW"], "effective": ["CAP_CHOWN"]}'
	expect "0 1 1 1 0" "$(run 2>"$T/err" | caps)"
	expect "" "$(cat "$T/err")"
	cruet --log "$T/log" --log-level warning run --bundle "$B" "$ID" >/dev/null
	contains CAP_OF_TOMORROW "$(cat "$T/log")"
}

# The same of what the kernel grants only together with another set: the rest is had.
test_capabilities_that_contradict()
{
	caps_config '{"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_CHOWN", "CAP_KILL"]}'
	expect "0 20 20 21 0" "$(run 2>"$T/err" | caps)"
	caps_config '{"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}'
	expect "0 1 1 1 0" "$(run 2>>"$T/err" | caps)"
	expect "" "$(cat "$T/err")"
	cruet --log "$T/log" --log-level warning run --bundle "$B" "$ID" >/dev/null
	contains "capabilities.ambient: not in permitted and inheritable as well, left out: CAP_CHOWN" "$(cat "$T/log")"
}

# What the caller's bounding set lacks cannot be given: said, and left out.
test_capability_that_the_caller_lacks()
{
	caps_config '{"bounding": ["CAP_CHOWN", "CAP_NET_RAW"], "permitted": ["CAP_CHOWN", "CAP_NET_RAW"], "effective": ["CAP_CHOWN"]}'
	expect "0 1 1 1 0" "$(setpriv --bounding-set -net_raw "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | caps)"
}

# CVE-2022-29162, CVE-2022-24769: nothing is inheritable that was not asked for, whatever the caller has.
test_inheritable_of_the_caller_is_not_passed_on()
{
	caps_config '{"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]}'
	expect "0 1 1 1 0" "$(setpriv --inh-caps +chown,+kill "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | caps)"
	expect "0 1 1 1 0" \
		"$(setpriv --inh-caps +chown,+kill --ambient-caps +chown,+kill "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | caps)"
}

# While it waits at the gate it already is what it will be: another process could ptrace or look.
test_init_at_the_gate_is_confined()
{
	local pid

	caps_config '{"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]}'
	config '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]} | .process.noNewPrivileges = true'
	cruet create --bundle "$B" "$ID" >/dev/null
	pid=$(pid_of "$ID")
	expect "0 1 1 1 0" "$(grep ^Cap "/proc/$pid/status" | caps)"
	expect "1000 1000 1000 1000" "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "/proc/$pid/status")"
	expect 5 "$(awk '/^Groups/ { print $2 }' "/proc/$pid/status")"
	expect 1 "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$pid/status")"
	expect 0 "$(stat -c %u "/proc/$pid/mem")" # not dumpable: its files are root's
	# CVE-2019-5736: no file of the host's to write to
	contains "memfd:" "$(readlink "/proc/$pid/exe")"
}

# CVE-2016-9962: nothing of the host's is open in it.
test_init_at_the_gate_has_no_host_files()
{
	local pid

	bundle
	args sleep 1000
	cruet create --bundle "$B" "$ID" >/dev/null 2>&1
	pid=$(pid_of "$ID")
	# stdio, the gate, and its own root
	find "/proc/$pid/fd" -type l -printf '%f %l\n' | awk '$1 > 2 && $2 !~ /^socket:/ { print $1 }' >"$T/fds"
	while read -r fd; do
		expect "$(stat -c %d:%i "$B/rootfs")" "$(stat -L -c %d:%i "/proc/$pid/fd/$fd")"
	done <"$T/fds"
	! grep -E "$RUNTIME|libc|ld-" "/proc/$pid/maps" || die "host files are mapped"
	[ "$(stat -L -c %i "/proc/$pid/cwd/.")" != "$(stat -L -c %i /proc/self/cwd/.)" ] || die "the caller's directory"
}

test_no_new_privileges()
{
	bundle
	args grep NoNewPrivs /proc/self/status
	config '.process.noNewPrivileges = true'
	expect "NoNewPrivs:1" "$(run | tr -d '\t')"
	config '.process.noNewPrivileges = false'
	expect "NoNewPrivs:0" "$(run | tr -d '\t')"
}

test_process_is_not_dumpable_before_and_dumpable_after_exec()
{
	bundle
	# its own files in /proc are its user's: a program can read them
	config '.process.user = {uid: 1000, gid: 1000} | .process.args = ["sh", "-c", "stat -c %u /proc/self/environ; cat /proc/self/environ >/dev/null"]'
	expect 1000 "$(run)"
}
