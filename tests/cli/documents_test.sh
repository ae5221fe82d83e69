# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# spec and features.

top=$here/../..

test_spec_is_the_example()
{
	mkdir b
	bare spec --bundle b
	cmp b/config.json "$top/config.json.example"
	bare spec
	cmp config.json "$top/config.json.example"
	bare spec -f - | cmp - "$top/config.json.example"
	bare spec -b b --file other.json
	cmp b/other.json "$top/config.json.example"
	jq -e '.ociVersion and .process.args == ["sh"]' config.json
}

test_spec_keeps_what_is_there()
{
	echo mine >config.json
	fails "File config.json exists. Remove it first" bare spec
	expect mine "$(cat config.json)"
	ln -s /nowhere link
	fails "File link exists" bare spec --file link
	fails "cannot open bundle '/nowhere'" bare spec -b /nowhere
	fails "cannot make 'sub/x'" bare spec -f sub/x
}

test_spec_rootless()
{
	bare spec --rootless
	jq -e --argjson uid "$(id -u)" --argjson gid "$(id -g)" '
		.linux.uidMappings == [{containerID: 0, hostID: $uid, size: 1}] and
		.linux.gidMappings == [{containerID: 0, hostID: $gid, size: 1}] and
		([.linux.namespaces[].type] | index("user") != null and index("network") == null) and
		.linux.resources == null' config.json
}

test_spec_umask()
{
	(umask 077 && bare spec)
	expect 600 "$(stat -c %a config.json)"
}

test_features_shape()
{
	bare features >f.json
	expect '    "ociVersionMin": "1.0.0",' "$(sed -n 2p f.json)"
	jq -e '.ociVersionMin and .ociVersionMax and .linux' f.json
	expect "$(jq -r .ociVersionMax f.json)" "$(bare --version | sed -n 's/^spec: //p')"
	expect "$(jq -r '.annotations["org.cruet.version"]' f.json)" "$(bare --version | sed -n 's/^cruet version //p')"
	expect "$(jq -r '.annotations["org.cruet.commit"]' f.json)" "$(bare --version | sed -n 's/^commit: //p')"
	expect '["createContainer","createRuntime","poststart","poststop","prestart","startContainer"]' \
		"$(jq -c '.hooks | sort' f.json)"
	expect '["cgroup","ipc","mount","network","pid","time","user","uts"]' "$(jq -c '.linux.namespaces | sort' f.json)"
	jq -e '[.hooks, .mountOptions, .linux.namespaces, .linux.capabilities | (unique | length) == length] | all' f.json
}

test_features_for_engines()
{
	bare features >f.json
	jq -e '(.mountOptions | index("rro")) and (.linux.namespaces | index("user")) and
		.linux.mountExtensions.idmap.enabled' f.json
	jq -e '.linux | has("cgroup") and has("seccomp") and has("apparmor") and has("selinux") and has("intelRdt") and
		has("netDevices") and has("memoryPolicy")' f.json
}

# All that change what is done, whoever reads them: an engine keeps them from whom it does not trust.
test_features_unsafe_annotations()
{
	expect '["org.criu.config","org.systemd.property.","run.oci.keep_original_groups","run.oci.mount_context_type"]' \
		"$(bare features | jq -c '.potentiallyUnsafeConfigAnnotations | sort')"
}

test_features_seccomp()
{
	bare features | jq '.linux.seccomp' >s.json
	jq -e '.enabled and (.actions | index("SCMP_ACT_ERRNO")) and (.operators | length == 7) and
		(.supportedFlags - .knownFlags == []) and (.knownFlags | length == 4)' s.json
	[ "$(uname -m)" != x86_64 ] ||
		expect '["SCMP_ARCH_X32","SCMP_ARCH_X86","SCMP_ARCH_X86_64"]' "$(jq -c '.archs | map(select(test("X"))) | sort' s.json)"
	bare features | jq -e '.annotations["io.github.seccomp.libseccomp.version"] | test("^2\\.[0-9]+\\.[0-9]+$")'
}

test_features_mount_options()
{
	local word

	bare features | jq -r '.mountOptions[]' >words
	for word in async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec \
		noiversion nolazytime norelatime nostrictatime nosuid private rbind relatime remount ro rprivate rshared rslave \
		runbindable rw shared silent slave strictatime suid sync unbindable rro rrw rnosuid rsuid rnodev rdev rnoexec \
		rexec rnodiratime rdiratime rrelatime rnorelatime rnoatime ratime rstrictatime rnostrictatime rnosymfollow \
		rsymfollow nosymfollow symfollow mand nomand tmpcopyup idmap ridmap; do
		grep -qx "$word" words || die "no $word"
	done
}

test_features_capabilities()
{
	local last

	last=$(cat /proc/sys/kernel/cap_last_cap)
	bare features | jq -e --argjson last "$last" '.linux.capabilities |
		(length > 30 and length <= $last + 1) and .[0] == "CAP_CHOWN" and all(startswith("CAP_"))'
}

# What features has, create takes, if this host has it: $1 features' words, $2 a change of the
# configuration that asks for it; what follows are options.
agrees()
{
	local acts error

	acts=$(bare features | jq "$1")
	jq "$2" b/config.json >b/asks.json
	error=$(cruet "${@:3}" create --dry-run -b b -f b/asks.json x 2>&1 >/dev/null) || :
	case $acts,$error in
	true, | true,*"is not enabled on this host"*) ;;
	*) die "features says $1 is $acts, create says '$error'" ;;
	esac
}

test_features_agrees_with_create()
{
	bundle
	[ "$(id -u)" = 0 ] || { rm b/config.json; bare spec --rootless -f - | jq '.process.terminal = false' >b/config.json; }
	agrees .linux.seccomp.enabled '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
	agrees '.linux.seccomp.actions | index("SCMP_ACT_NOTIFY") != null' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		listenerPath: "/run/s", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
	agrees .linux.apparmor.enabled '.process.apparmorProfile = "x"'
	agrees .linux.selinux.enabled '.process.selinuxLabel = "a:b:c:s0"'
	agrees .linux.selinux.enabled '.linux.mountLabel = "a:b:c:s0"'
	agrees .linux.intelRdt.enabled '.linux.intelRdt = {closID: "x"}'
	agrees .linux.cgroup.systemd . --systemd-cgroup
	agrees 'true' .
}
