# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/network_test.sh: network devices that are moved into a container, the loopback, and sysctls.

. "${BASH_SOURCE[0]%/*}/look.sh"

needs_veth()
{
	command -v ip >/dev/null || skip "no ip (package iproute2)"
	ip link add "$1" type veth peer name "$2" 2>/dev/null || needs_dummy "$1" "$2"
}

# A pair of any kind: veth, or two taps where the kernel has none.
needs_dummy()
{
	{ ip tuntap add "$1" mode tap 2>/dev/null && ip tuntap add "$2" mode tap; } || skip "the kernel has neither veth nor tap devices"
}

remove_device()
{
	ip link del "$1" 2>/dev/null || :
}

# What `ip` says in the container's network namespace.
ip_of()
{
	nsenter -t "$(pid_of "$ID")" -n ip "$@"
}

test_loopback_is_up()
{
	bundle
	contains "LOOPBACK" "$(run_sh 'ifconfig lo')"
	contains "UP " "$(run_sh 'ifconfig lo')"
	expect 0 "$(run_sh 'ping -c 1 -W 2 127.0.0.1 >/dev/null 2>&1 || ifconfig lo | grep -q 127.0.0.1; echo $?')"
	mapped
	contains "UP " "$(run_sh 'ifconfig lo')"
}

test_net_device()
{
	needs_veth c0 c1
	bundle
	args sleep 1000
	ip link set c1 mtu 1400
	ip addr add 10.1.2.3/24 brd 10.1.2.255 dev c1
	ip addr add 10.9.9.9/32 dev c1
	ip -6 addr add fd00:1::7/64 dev c1 2>/dev/null || :
	config '.linux.netDevices = {c1: {name: "eth0"}}'
	cruet create --bundle "$B" "$ID"
	ip link show c1 2>/dev/null && die "c1 is still here"
	out=$(ip_of addr show eth0)
	contains "inet 10.1.2.3/24 brd 10.1.2.255" "$out"
	contains "inet 10.9.9.9/32" "$out"
	contains ",UP" "$out"
	contains "mtu 1400" "$out"
	[ ! -d /proc/sys/net/ipv6 ] || contains "inet6 fd00:1::7/64" "$out"
	cruet start "$ID"
	expect 10.1.2.3 "$(cruet exec "$ID" ip addr show eth0 | awk '/inet 10.1/ { sub("/.*", "", $2); print $2 }')"
	cruet delete --force "$ID"
	remove_device c0
}

test_net_device_names()
{
	needs_veth c0 c1
	bundle
	args sleep 1000
	config '.linux.netDevices = {c0: {}, c1: {name: "net%d"}}'
	cruet create --bundle "$B" "$ID"
	contains "c0" "$(ip_of -o link)"
	contains "net0" "$(ip_of -o link)"
	cruet delete --force "$ID"
	remove_device c0
}

test_net_device_errors()
{
	needs_veth c0 c1
	bundle
	config '.linux.netDevices = {"not-there": {}}'
	fails "linux.netDevices.not-there" cruet run --bundle "$B" "$ID"
	nothing_left
	config '.linux.netDevices = {c0: {name: "lo"}}'
	fails "linux.netDevices.c0" cruet run --bundle "$B" "$ID"
	nothing_left
	ip link show c0 >/dev/null || die "c0 is gone"
	for name in "a/b" "a b" "0123456789abcdef" ".." "a:b"; do
		config '.linux.netDevices = {c0: {name: $n}}' --arg n "$name"
		fails "netDevices" cruet run --bundle "$B" "$ID"
		nothing_left
	done
	config '.linux.netDevices = {c0: {}} | .linux.namespaces |= map(select(.type != "network"))'
	fails "netDevices" cruet run --bundle "$B" "$ID"
	nothing_left
	ip link show c0 >/dev/null || die "c0 is gone"
	remove_device c0
	remove_device c1
}

test_net_device_in_a_user_namespace()
{
	needs_veth c0 c1
	bundle
	mapped
	args sleep 1000
	ip addr add 10.1.2.3/24 dev c1
	config '.linux.netDevices = {c1: {name: "eth0"}}'
	cruet create --bundle "$B" "$ID"
	contains "inet 10.1.2.3/24" "$(ip_of addr show eth0)"
	cruet delete --force "$ID"
	remove_device c0
}

# ---- sysctls -----------------------------------------------------------------------------------------------------------------

test_sysctls()
{
	local before

	bundle
	before=$(cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max)
	config '.linux.sysctl = {"net.ipv4.ip_default_ttl": "33", "net/ipv4/ip_local_port_range": "2000\t3000", "kernel.shmmni": "100", "fs.mqueue.msg_max": "11",
		"kernel.domainname": "example.org", "kernel.sem": "250 32000 32 128", "net.ipv4.conf.lo.forwarding": "1"}'
	expect "33 2000	3000 100 11 example.org 1" "$(run_sh 'cd /proc/sys; cat net/ipv4/ip_default_ttl net/ipv4/ip_local_port_range kernel/shmmni fs/mqueue/msg_max kernel/domainname net/ipv4/conf/lo/forwarding' | paste -sd' ')"
	expect "$before" "$(cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max)"
}

# The name of a device may have a dot in it.
test_sysctl_of_a_device_with_a_dot()
{
	command -v ip >/dev/null || skip "no ip (package iproute2)"
	unshare -n sleep 1000 &
	HOLDER=$!
	wait_until 10 grep -qx sleep "/proc/$HOLDER/comm"
	nsenter -t "$HOLDER" -n ip tuntap add a.b mode tap || nsenter -t "$HOLDER" -n ip link add a.b type veth || skip "the kernel has neither veth nor tap devices"
	bundle
	config '.linux.namespaces |= map(select(.type != "network")) + [{type: "network", path: $p}]' --arg p "/proc/$HOLDER/ns/net"
	config '.linux.sysctl = {"net.ipv4.conf.a/b.forwarding": "1"}'
	expect 1 "$(run_sh 'cat /proc/sys/net/ipv4/conf/a.b/forwarding')"
	config '.linux.sysctl = {"net/ipv4/conf/a.b/forwarding": "0"}'
	expect 0 "$(run_sh 'cat /proc/sys/net/ipv4/conf/a.b/forwarding')"
	kill -KILL "$HOLDER"
}

test_refused_sysctls()
{
	local key

	bundle
	for key in kernel.core_pattern kernel.hostname vm.swappiness fs.file-max kernel.panic net "" . ../x net.. \
		"net/../kernel/core_pattern" "net.ipv4.//x" "kernel.shmmax/../core_pattern" "kernel/core_pattern" user.max_user_namespaces; do
		config '.linux.sysctl = {($k): "1"}' --arg k "$key"
		fails sysctl cruet run --bundle "$B" "$ID"
		nothing_left
	done
	config '.linux.sysctl = {"kernel.shmmni": "1\n2"}'
	fails kernel.shmmni cruet run --bundle "$B" "$ID"
	config '.linux.sysctl = {"kernel.shmmni": "many"}'
	fails "'kernel.shmmni' to 'many'" cruet run --bundle "$B" "$ID"
	config '.linux.sysctl = {"net.no.such": "1"}'
	fails "net.no.such" cruet run --bundle "$B" "$ID"
	nothing_left
	for pair in network:net.ipv4.ip_default_ttl ipc:kernel.shmmni ipc:fs.mqueue.msg_max uts:kernel.domainname; do
		bundle "$T/${pair#*:}"
		config 'del(.hostname) | .linux.namespaces |= map(select(.type != $t)) | .linux.sysctl = {($k): "1"}' --arg t "${pair%:*}" --arg k "${pair#*:}"
		fails "${pair#*:}" cruet run --bundle "$B" "$ID"
		nothing_left
	done
}

test_sysctls_in_a_user_namespace()
{
	bundle
	mapped
	config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "0", "kernel.shmmni": "100", "user.max_mnt_namespaces": "7"}'
	expect "0 100 7" "$(run_sh 'cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start kernel/shmmni user/max_mnt_namespaces' | paste -sd' ')"
}

# What a container can put over /proc/sys in a shared volume is not where the runtime writes (CVE-2025-52881).
test_sysctl_is_written_to_the_kernel()
{
	bundle
	mkdir -p "$T/v"
	: >"$T/v/uptime"
	add_mount /proc/uptime bind "$T/v/uptime"
	config '.linux.sysctl = {"kernel.domainname": "trap"}'
	expect trap "$(run_sh 'cat /proc/sys/kernel/domainname')"
	expect "" "$(cat "$T/v/uptime")"
}
