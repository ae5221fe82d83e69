#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/check.sh guests|engines: what `make check` runs in the guest, whose lines are passed on, so that they are counted.
# guests: the tools, the root tests and the OCI suite under cgroup v2 with all controllers and systemd, and the systemd manager on
# a hybrid host. One boot a security module, and one for that. engines: the callers.
set -u

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
cache=${CRUET_CACHE:-/var/cache/cruet}
suite=${CRUET_SUITE:-trixie}
status=0

# The guest's temporary directory is on its disk: overlay upper directories and file capabilities work there. Tests see a copy
# of /dev: loop devices must be there before it is made.
guest()
{
	local lsm=$1

	shift
	echo "# the guest: Debian $suite, $lsm${append:+, $append}"
	tests/vm/vm.sh run --suite "$suite" --lsm "$lsm" --append "${append:-}" --timeout 3600 --share "$cache/oci:oci" \
		--env CRUET_CACHE=/mnt --env TEST_TIMEOUT=240 -- sh -c "$*" || status=1
}

guests()
{
	local oci

	oci=$(tests/oci/build.sh) && [ -d "$oci" ] || return 1
	guest apparmor '
		install cruet /usr/local/bin/cruet
		modprobe -q loop max_loop=4
		tests/oci/isolate.sh -- tests/unit.sh unit-root
		tests/run/run.sh /usr/local/bin/cruet systemd
		tests/oci/isolate.sh -- tests/run/run.sh /usr/local/bin/cruet
		echo "profile acme_secure_profile { file, capability, mount, umount, pivot_root, signal, ptrace, network, unix, }" | apparmor_parser -r
		cp -a /mnt/oci /tmp/oci
		GODEBUG=asyncpreemptoff=1 CRUET_CACHE=/tmp tests/oci/run.sh /usr/local/bin/cruet --jobs 2'
	# Labels in both modes. contrib's module takes a minute to load, so it is loaded once, and here, since semodule wants none of the
	# tests' namespaces.
	guest selinux '
		install cruet /usr/local/bin/cruet
		restorecon /usr/local/bin/cruet
		semodule -X 300 -i contrib/selinux/cruet.cil || exit 1
		tests/run/run.sh /usr/local/bin/cruet selinux privileged_side_by_side_inside'
	guest selinux-permissive '
		install cruet /usr/local/bin/cruet
		tests/run/run.sh /usr/local/bin/cruet selinux_mode selinux_levels selinux_explained'
	# The systemd manager with the hierarchies of v1, and cgroup2 beside them: of the last suite whose systemd has them (257).
	suite=trixie append='systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1' \
		guest none '
		install cruet /usr/local/bin/cruet
		LABEL=systemd-hybrid tests/run/run.sh /usr/local/bin/cruet systemd'
}

# The callers, of the newest suite that has them all. CRUET_PEER=/usr/bin/crun has a peer in the place of cruet, to tell a
# failure of ours from one of the guest.
engines()
{
	local suite=${CRUET_ENGINES_SUITE:-sid} proto

	proto=$(tests/vm/engines/proto.sh "$suite") || return 1
	echo "# the guest: Debian $suite, engines"
	tests/vm/vm.sh run --flavour engines --suite "$suite" --lsm apparmor --mem 2048 --timeout 3600 --share "$proto:cri" \
		--env TEST_TIMEOUT=400 --env TESTS=/mnt/cruet/tests/vm/engines --env LABEL=engines --env "PEER=${CRUET_PEER:-/usr/local/bin/cruet}" -- sh -c '
		install cruet /usr/local/bin/cruet && ln -s cruet /usr/local/bin/cruet-privileged
		tests/vm/engines/setup.sh "$PEER" && tests/run/run.sh "$PEER"'
}

case ${1:-} in
guests | engines) "$1" || status=1 ;;
*) echo "usage: tests/vm/check.sh guests|engines" >&2 && exit 2 ;;
esac
exit $status
