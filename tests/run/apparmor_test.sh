# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/apparmor_test.sh: profiles: which one a process has, seen from inside and outside, and what it does.

CONTRIB=$HERE/../../contrib/apparmor

apparmor()
{
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "AppArmor is not on"
	command -v apparmor_parser >/dev/null || skip "no apparmor_parser"
	[ -d /sys/kernel/security/apparmor ] || mount -t securityfs none /sys/kernel/security
}

# load [-C]: a program may read and execute, but not write any file
load_readonly()
{
	apparmor_parser --skip-cache -r "$@" <<-'PROFILE'
		abi <abi/3.0>,
		profile cruet-test-readonly flags=(attach_disconnected,mediate_deleted) {
		  capability,
		  network,
		  signal,
		  ptrace,
		  mount,
		  /** rixmk,
		  /dev/null rw,
		}
	PROFILE
}

load_default()
{
	apparmor_parser --skip-cache -r "$@" "$CONTRIB/cruet-default"
}

profile()
{
	config '.process.apparmorProfile = $p' --arg p "$1"
}

all_capabilities()
{
	config '["CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_DAC_OVERRIDE", "CAP_SYS_RAWIO", "CAP_MAC_ADMIN"] as $c
		| .process.capabilities = {bounding: $c, effective: $c, permitted: $c} | .process.noNewPrivileges = false
		| del(.linux.seccomp) | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .linux.resources.devices = [{allow: true, access: "rwm"}]
		| (.mounts[] | select(.destination == "/sys") | .options) -= ["ro"]'
}

test_apparmor_off()
{
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] || skip "AppArmor is on"
	bundle
	profile cruet-default
	fails "process.apparmorProfile: AppArmor is not enabled on this host" cruet create --bundle "$B" "$ID"
	profile unconfined
	cruet run --bundle "$B" "$ID"
	profile ""
	cruet run --bundle "$B" "$ID"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	fails "AppArmor is not enabled" cruet exec --apparmor cruet-default "$ID" true
	cruet exec --apparmor unconfined "$ID" true
}

test_apparmor_profile_of_the_process()
{
	local pid

	apparmor
	load_readonly
	bundle
	profile cruet-test-readonly
	args sh -c 'cat /proc/self/attr/current; exec sleep 1000'
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1
	pid=$(pid_of "$ID")
	expect "cruet-test-readonly (enforce)" "$(cat "/proc/$pid/attr/apparmor/exec")"
	cruet start "$ID"
	wait_until 20 grep -q readonly "$T/out"
	expect "cruet-test-readonly (enforce)" "$(cat "$T/out")"
	expect "cruet-test-readonly (enforce)" "$(cat "/proc/$pid/attr/current")"
}

test_apparmor_enforce()
{
	apparmor
	load_readonly
	writable
	profile cruet-test-readonly
	fails "Permission denied" run_sh 'cat /bin/busybox >/dev/null && echo text >/tmp/file'
	[ ! -s "$B/rootfs/tmp/file" ] || die "the file was written"
	# of a user, and with or without no_new_privs
	chmod 777 "$B/rootfs/tmp"
	config '.process.user = {uid: 1000, gid: 1000}'
	fails "Permission denied" run_sh 'echo text >/tmp/file2'
	config '.process.noNewPrivileges = false'
	fails "Permission denied" run_sh 'echo text >/tmp/file2'
	profile unconfined
	run_sh 'echo text >/tmp/file2'
}

# podman unmounts AppArmor's files before it calls us for a container with mappings.
test_apparmor_without_its_files()
{
	apparmor
	load_readonly
	bundle
	profile cruet-test-readonly
	args cat /proc/self/attr/current
	unshare --mount sh -c 'umount -R /sys/kernel/security && "$@"' sh "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" >"$T/out"
	expect "cruet-test-readonly (enforce)" "$(cat "$T/out")"
}

test_apparmor_complain()
{
	apparmor
	load_readonly -C
	writable
	profile cruet-test-readonly
	expect "cruet-test-readonly (complain)" "$(run_sh 'cat /proc/self/attr/current; echo text >/tmp/file')"
	expect text "$(cat "$B/rootfs/tmp/file")"
	load_readonly
}

test_apparmor_not_loaded()
{
	apparmor
	bundle
	profile cruet-no-such-profile
	fails "AppArmor profile 'cruet-no-such-profile' is not loaded" cruet create --bundle "$B" "$ID"
	expect "" "$(cruet list -q)"
	fails "is not loaded" cruet run --bundle "$B" "$ID"
	expect "" "$(cruet list -q)"
}

test_apparmor_unconfined()
{
	apparmor
	bundle
	profile unconfined
	expect unconfined "$(run_sh 'cat /proc/self/attr/current')"
	config 'del(.process.apparmorProfile)'
	expect unconfined "$(run_sh 'cat /proc/self/attr/current')"
}

# A profile for /bin/sh of the host would take hold of the container's, where nothing is said.
test_apparmor_unconfined_against_attached_profile()
{
	apparmor
	bundle
	apparmor_parser --skip-cache -r <<-'PROFILE'
		abi <abi/3.0>,
		profile cruet-test-attached /bin/busybox flags=(attach_disconnected) {
		  file,
		  capability,
		}
	PROFILE
	args cat /proc/self/attr/current
	expect "cruet-test-attached (enforce)" "$(cruet run --bundle "$B" "$ID")"
	profile unconfined
	expect unconfined "$(cruet run --bundle "$B" "$ID")"
	config 'del(.process.apparmorProfile)'
	expect unconfined "$(cruet run --privileged --bundle "$B" "$ID")"
	echo 'profile cruet-test-attached /bin/busybox {}' | apparmor_parser -R
}

# Both hold, whatever the other allows.
test_apparmor_stack()
{
	apparmor
	load_readonly
	load_default
	writable
	profile 'cruet-default//&cruet-test-readonly'
	contains cruet-default "$(run_sh 'cat /proc/self/attr/current' | tee "$T/stack")"
	contains cruet-test-readonly "$(cat "$T/stack")"
	fails "Permission denied" run_sh 'echo text >/tmp/file'
}

test_apparmor_exec()
{
	apparmor
	load_readonly
	load_default
	bundle
	profile cruet-default
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	expect "cruet-default (enforce)" "$(cruet exec "$ID" cat /proc/self/attr/current)"
	expect "cruet-test-readonly (enforce)" "$(cruet exec --apparmor cruet-test-readonly "$ID" cat /proc/self/attr/current)"
	expect unconfined "$(cruet exec --apparmor unconfined "$ID" cat /proc/self/attr/current)"
	expect unconfined "$(cruet exec --privileged "$ID" cat /proc/self/attr/current)"
	fails "is not loaded" cruet exec --apparmor cruet-no-such-profile "$ID" true
}

# CVE-2019-16884, CVE-2025-52881: what is mounted over /proc does not catch the label.
test_apparmor_fake_proc()
{
	apparmor
	load_readonly
	writable
	profile cruet-test-readonly
	mkdir -p "$T/fake/self/attr/apparmor" "$T/fake/thread-self/attr/apparmor"
	touch "$T"/fake/{self,thread-self}/attr/{current,exec} "$T"/fake/{self,thread-self}/attr/apparmor/exec
	config '.hooks.createContainer = [{path: "/bin/mount", args: ["mount", "--bind", $fake, $proc]}]' \
		--arg fake "$T/fake" --arg proc "$B/rootfs/proc"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	expect "cruet-test-readonly (enforce)" "$(cat "/proc/$(pid_of "$ID")/attr/current")"
	expect "" "$(cat "$T"/fake/*/attr/exec "$T"/fake/*/attr/apparmor/exec)"
	expect "cruet-test-readonly (enforce)" \
		"$(cruet exec --detach --pid-file "$T/pid" "$ID" sleep 1000 >/dev/null 2>&1; cat "/proc/$(cat "$T/pid")/attr/current")"
}

# What Docker's and containerd's profiles deny, each with all capabilities and nothing else in the way.
denied()
{
	run_sh "$1" >"$T/denied" 2>&1 && die "allowed: $1"
	grep -qi 'denied' "$T/denied" || die "$1: $(cat "$T/denied")"
}

test_apparmor_default_denies()
{
	local act

	apparmor
	load_default
	writable
	all_capabilities
	mkdir -p "$B/rootfs/mnt"
	profile cruet-default
	expect "cruet-default (enforce)" "$(run_sh 'cat /proc/self/attr/current')"
	# opened for writing, not written: should it be allowed, nothing happens
	for act in 'mount -t tmpfs none /mnt' 'mount --bind /tmp /mnt' ': >>/proc/sysrq-trigger' 'head -c 1 /proc/kcore' \
		': >>/proc/sys/kernel/core_pattern' ': >>/proc/sys/vm/overcommit_memory' ': >>/proc/sys/net/ipv4/ip_forward' \
		': >>/proc/irq/default_smp_affinity' ': >>/sys/kernel/profiling' ': >>/sys/module/printk/parameters/time' \
		'ls /sys/firmware/acpi'; do
		denied "$act"
	done
	# and what it leaves
	run_sh 'echo 65536 >/proc/sys/kernel/shmmax'
	run_sh 'echo text >/tmp/file; cat /proc/meminfo /sys/devices/system/cpu/online >/dev/null; sleep 100 & kill $!'
	# without it all of that goes: it is the profile that denies
	profile unconfined
	run_sh 'mount -t tmpfs none /mnt && : >>/proc/sys/kernel/core_pattern && : >>/sys/kernel/profiling'
	# complaining lets go what no rule allows; what a rule denies stays denied
	load_default -C
	profile cruet-default
	expect "cruet-default (complain)" "$(run_sh 'cat /proc/self/attr/current')"
	denied 'mount -t tmpfs none /mnt'
	load_default
}

test_apparmor_user_namespace()
{
	apparmor
	load_readonly
	writable
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$B/rootfs"
	profile cruet-test-readonly
	expect "cruet-test-readonly (enforce)" "$(run_sh 'cat /proc/self/attr/current')"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	expect "cruet-test-readonly (enforce)" "$(cruet exec "$ID" cat /proc/self/attr/current)"
}
