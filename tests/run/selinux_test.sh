# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/selinux_test.sh: labels of processes, mounts and keys, in permissive and in enforcing mode, with a policy that
# knows container_t, and with the module of contrib/.

PROCESS=system_u:system_r:container_t:s0
FILES=system_u:object_r:container_file_t:s0

selinux()
{
	[ -e /sys/fs/selinux/enforce ] || skip "SELinux is not on"
	command -v chcon >/dev/null || skip "no chcon"
}

enforcing()
{
	[ "$(cat /sys/fs/selinux/enforce)" = 1 ]
}

# A bundle whose root container_t may write, with the labels of process and mounts, at a level: default s0.
labelled()
{
	local level=${1:-s0}

	selinux
	writable
	label "${PROCESS%:s0}:$level" "${FILES%:s0}:$level"
	chcon -R "${FILES%:s0}:$level" "$B/rootfs"
	# what it says goes to a file that it may write: a pipe of the test's has no categories, but the test's type
	touch "$T/out"
	chcon "${FILES%:s0}:$level" "$T/out"
}

label()
{
	config '.process.selinuxLabel = $p | .linux.mountLabel = $m' --arg p "$1" --arg m "$2"
}

# said SCRIPT: what it prints, errors too, without the NUL behind labels
said()
{
	args sh -c "$1"
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || :
	tr -d '\0' <"$T/out"
}

# label_of PID [ATTRIBUTE]
label_of()
{
	tr -d '\0' <"/proc/$1/attr/${2:-current}"
}

test_selinux_off()
{
	[ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is on"
	bundle
	config '.process.selinuxLabel = $p' --arg p "$PROCESS"
	fails "process.selinuxLabel: SELinux is not enabled on this host" cruet create --bundle "$B" "$ID"
	config 'del(.process.selinuxLabel) | .linux.mountLabel = $m' --arg m "$FILES"
	fails "linux.mountLabel: SELinux is not enabled on this host" cruet create --bundle "$B" "$ID"
	config '.linux.mountLabel = "" | .process.selinuxLabel = ""'
	cruet run --bundle "$B" "$ID"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	fails "SELinux is not enabled" cruet exec --process-label "$PROCESS" "$ID" true
}

test_selinux_label_of_the_process()
{
	local pid

	labelled
	args sh -c 'cat /proc/self/attr/current; echo; exec sleep 1000'
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null
	pid=$(pid_of "$ID")
	expect "$PROCESS" "$(label_of "$pid" exec)"
	cruet start "$ID"
	wait_until 60 grep -q container_t "$T/out"
	expect "$PROCESS" "$(tr -d '\0' <"$T/out")"
	expect "$PROCESS" "$(label_of "$pid")"
	expect "$PROCESS" "$(cruet exec "$ID" cat /proc/self/attr/current | tr -d '\0')"
	expect system_u:system_r:spc_t:s0 \
		"$(cruet exec --process-label system_u:system_r:spc_t:s0 "$ID" cat /proc/self/attr/current | tr -d '\0')"
	# with and without no_new_privs, and as a user
	for nnp in true false; do
		config '.process.noNewPrivileges = $n' --argjson n $nnp
		ID=$ID-$nnp said 'cat /proc/self/attr/current'
		expect "$PROCESS" "$(tr -d '\0' <"$T/out")"
	done
	config '.process.user = {uid: 1000, gid: 1000}'
	ID=$ID-user
	expect "$PROCESS" "$(said 'cat /proc/self/attr/current')"
}

# In enforcing mode a container may not read what its type may not, whatever it is else; in permissive mode it may.
test_selinux_mode()
{
	labelled
	config '["CAP_DAC_OVERRIDE"] as $c | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}'
	echo hidden >"$B/rootfs/secret"
	chcon system_u:object_r:shadow_t:s0 "$B/rootfs/secret"
	echo plain >"$B/rootfs/plain"
	chcon "$FILES" "$B/rootfs/plain"
	if enforcing; then
		contains "Permission denied" "$(said 'cat /secret')"
		lacks hidden "$(cat "$T/out")"
	else
		expect hidden "$(said 'cat /secret')"
	fi
	expect plain "$(said 'cat /plain')"
}

test_selinux_mount_label()
{
	local pid dir

	labelled
	config '.mounts += [{destination: "/data", type: "tmpfs", source: "none", options: ["mode=755"]}]
		| .linux.maskedPaths += ["/masked"]'
	mkdir "$B/rootfs/masked"
	chcon "$FILES" "$B/rootfs/masked"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	pid=$(pid_of "$ID")
	for dir in /dev /dev/shm /dev/pts /dev/mqueue /data /masked /dev/null /dev/pts/ptmx; do
		expect "$dir $FILES" "$dir $(stat -c %C "/proc/$pid/root$dir")"
	done
	lacks container_file_t "$(stat -c %C "/proc/$pid/root/proc" "/proc/$pid/root/sys")"
	contains "shm" "$(ls "/proc/$pid/root/dev")"
	expect "" "$(cruet exec "$ID" sh -c 'echo x >/dev/null; echo x >/dev/shm/file; echo x >/data/file; : >/dev/mqueue/q && rm /dev/mqueue/q' 2>&1)"
	cruet delete --force "$ID"
	# what comes of leaving it out
	config 'del(.linux.mountLabel)'
	enforcing || return 0
	contains "Permission denied" "$(said 'echo x >/dev/shm/file; echo x >/dev/null')"
}

test_selinux_mount_context_type()
{
	local pid

	labelled
	config '.annotations["run.oci.mount_context_type"] = "rootcontext"'
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	pid=$(pid_of "$ID")
	expect "$FILES" "$(stat -c %C "/proc/$pid/root/dev/shm")"
	grep -q 'rootcontext=' "/proc/$pid/mountinfo" || die "$(cat "/proc/$pid/mountinfo")"
	config '.annotations["run.oci.mount_context_type"] = "nonsense"'
	fails "none of context, fscontext, defcontext, rootcontext" cruet create --bundle "$B" x
}

test_selinux_unknown_labels()
{
	labelled
	label system_u:system_r:no_such_type_t:s0 "$FILES"
	fails "process.selinuxLabel" cruet create --bundle "$B" "$ID"
	expect "" "$(cruet list -q)"
	label nonsense "$FILES"
	fails "process.selinuxLabel" cruet create --bundle "$B" "$ID"
	label "$PROCESS" system_u:object_r:no_such_file_t:s0
	fails "mountLabel" cruet create --bundle "$B" "$ID"
	label "$PROCESS" "$FILES:c99999"
	fails "mountLabel" cruet create --bundle "$B" "$ID"
	expect "" "$(cruet list -q)"
}

test_selinux_explained()
{
	labelled s0:c1,c2
	args sleep 1000
	cruet explain --format json --bundle "$B" --against-privileged >"$T/two"
	jq -e '.left.selinux == $l and .left.podSecurityStandard == "baseline" and (.right.selinux | endswith(":unconfined_t:s0:c1,c2"))
		and (.right.failsBaseline | index("SELinux: the type unconfined_t"))' --arg l "${PROCESS%:s0}:s0:c1,c2" "$T/two" >/dev/null || die "$(cat "$T/two")"
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null
	expect "${PROCESS%:s0}:s0:c1,c2" "$(cruet explain --format json "$ID" | jq -r .selinux)"
	cruet start "$ID"
	expect "${PROCESS%:s0}:s0:c1,c2 baseline" "$(cruet explain --format json "$ID" | jq -r '.selinux + " " + .podSecurityStandard')"
}

# Two containers of the same type: their categories keep them apart.
test_selinux_levels()
{
	labelled s0:c1,c2
	expect "${PROCESS%:s0}:s0:c1,c2" "$(said 'cat /proc/self/attr/current')"
	# the kernel's own order is no difference
	label "${PROCESS%:s0}:s0:c2,c1" "${FILES%:s0}:s0:c2,c1"
	expect "${PROCESS%:s0}:s0:c1,c2" "$(said 'cat /proc/self/attr/current')"
	mkdir "$B/rootfs/volume"
	echo mine >"$B/rootfs/volume/mine"
	chcon -R "${FILES%:s0}:s0:c1,c2" "$B/rootfs/volume"
	echo other >"$B/rootfs/volume/other"
	chcon "${FILES%:s0}:s0:c3,c4" "$B/rootfs/volume/other"
	expect mine "$(said 'cat /volume/mine')"
	if enforcing; then
		contains "Permission denied" "$(said 'cat /volume/other')"
	else
		expect other "$(said 'cat /volume/other')"
	fi
}

# The session keyring is the container's to SELinux: keyctl(KEYCTL_GET_SECURITY, KEY_SPEC_SESSION_KEYRING)
test_selinux_keyring()
{
	labelled
	[ "$(uname -m)" = x86_64 ] && [ -x /usr/bin/perl ] || skip "no perl"
	# perl and its libraries, as the host has them
	config '.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}] | del(.linux.seccomp)'
	mkdir "$B/rootfs/usr"
	for dir in lib lib64; do ln -s usr/$dir "$B/rootfs/$dir"; done
	# by the shell: the host's programs are no entry to container_t
	cat >"$B/rootfs/look.pl" <<-'PERL'
		$b = "\0" x 200; syscall(250, 17, -3, $b, 200) > 0 or print "error $!"; print unpack("Z*", $b), "\n";
		$b = "\0" x 200; syscall(250, 6, -3, $b, 200) > 0 or print "error $!"; print unpack("Z*", $b), "\n";
	PERL
	chcon "$FILES" "$B/rootfs/look.pl"
	args sh -c '/usr/bin/perl /look.pl'
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1 || die "$(cat "$T/out")"
	contains "_ses.$ID" "$(cat "$T/out")"
	expect "$PROCESS" "$(head -n 1 "$T/out")"
}

# CVE-2019-16884, CVE-2025-52881: what is mounted over /proc does not catch the label.
test_selinux_fake_proc()
{
	labelled
	mkdir -p "$T/fake/self/attr" "$T/fake/thread-self/attr"
	touch "$T"/fake/{self,thread-self}/attr/{current,exec,keycreate}
	chcon -R "$FILES" "$T/fake"
	config '.hooks.createContainer = [{path: "/bin/mount", args: ["mount", "--bind", $fake, $proc]}]' \
		--arg fake "$T/fake" --arg proc "$B/rootfs/proc"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	expect "$PROCESS" "$(label_of "$(pid_of "$ID")")"
	expect "" "$(cat "$T"/fake/*/attr/*)"
}

# contrib's module: a type for containers where the policy has none, and room for privileged ones. Loading it takes half a
# minute in the guest, and semodule none of the namespaces that tests run in: tests/vm/check.sh does.
has_module()
{
	selinux
	touch "$T/probe"
	chcon system_u:object_r:cruet_file_t:s0 "$T/probe" 2>/dev/null || skip "contrib/selinux/cruet.cil is not loaded (semodule -i)"
}

test_selinux_module()
{
	local type=system_u:system_r:cruet_container_t:s0:c1,c2 files=system_u:object_r:cruet_file_t:s0:c1,c2

	has_module
	install /bin/busybox /usr/local/bin/cruet-privileged
	restorecon /usr/local/bin/cruet-privileged
	contains ":container_engine_exec_t:" "$(stat -c %C /usr/local/bin/cruet-privileged)"
	rm /usr/local/bin/cruet-privileged
	labelled
	label "$type" "$files"
	chcon -R "$files" "$B/rootfs"
	chcon "$files" "$T/out"
	echo hidden >"$B/rootfs/secret"
	chcon system_u:object_r:shadow_t:s0 "$B/rootfs/secret"
	expect "$type" "$(said 'cat /proc/self/attr/current')"
	expect "ok" "$(said 'echo x >/dev/null && echo x >/dev/shm/f && echo x >/tmp/f && cat /tmp/f /proc/meminfo /proc/self/status /proc/net/dev \
		/sys/devices/system/cpu/online >/dev/null && ls -l /dev /proc/self/fd >/dev/null && mkfifo /tmp/p && ln -s p /tmp/q &&
		(head -c 1 /dev/urandom | cat >/dev/null) && sleep 100 & kill $! && wait; ps >/dev/null && echo ok')"
	if enforcing; then
		contains "Permission denied" "$(said 'cat /secret')"
		chcon -R "${files%:*}:c3,c4" "$B/rootfs/root"
		contains "denied" "$(said 'ls /root')"
		chcon -R "$files" "$B/rootfs/root"
	fi
	# 3. privileged: the type that is not confined, at the container's level
	args sh -c 'cat /proc/self/attr/current; cat /secret'
	cruet run --privileged --bundle "$B" "$ID" >"$T/out" 2>&1 || die "$(cat "$T/out")"
	expect "unconfined_u:unconfined_r:unconfined_t:s0:c1,c2hidden" "$(tr -d '\0\n' <"$T/out")"
	args sleep 1000
	cruet run --detach --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	expect "$type" "$(label_of "$(pid_of "$ID")")"
	cruet exec --privileged --detach --pid-file "$T/pid" "$ID" sleep 1000 >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	expect "unconfined_u:unconfined_r:unconfined_t:s0:c1,c2" "$(label_of "$(cat "$T/pid")")"
}

# As an engine's: started by init, cruet is container_engine_t.
engine()
{
	systemd-run --wait --quiet --collect -p StandardOutput="truncate:$engine/out" -p StandardError="truncate:$engine/err" \
		/usr/local/bin/cruet --root "$engine/state" "$@" || die "$(cat "$engine/err" "$engine/out")"
}

test_selinux_engine_domain()
{
	local engine=/var/lib/cruet-selinux

	labelled s0:c5,c6
	[ -d /run/systemd/system ] && [ -x /usr/local/bin/cruet ] || skip "no systemd here, or no installed cruet"
	restorecon /usr/local/bin/cruet
	args sh -c 'cat /proc/self/attr/current'
	rm -rf "$engine"
	mkdir -p "$engine"
	chcon system_u:object_r:container_var_lib_t:s0 "$engine"
	mv "$B" "$engine/b"
	chcon system_u:object_r:container_var_lib_t:s0 "$engine/b" "$engine/b/config.json"
	for f in out err; do
		touch "$engine/$f"
		chcon "${FILES%:s0}:s0" "$engine/$f"
	done
	engine run --bundle "$engine/b" "$ID"
	expect "${PROCESS%:s0}:s0:c5,c6" "$(tr -d '\0' <"$engine/out")"
	has_module
	engine run --privileged --bundle "$engine/b" "$ID"
	expect "unconfined_u:unconfined_r:unconfined_t:s0:c5,c6" "$(tr -d '\0' <"$engine/out")"
	rm -r "$engine"
}
