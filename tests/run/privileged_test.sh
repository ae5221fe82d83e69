# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/privileged_test.sh: --privileged: the same program with and without, seen from inside and from outside.

# One line a fact: its name, and what it is. Written by the program itself, so all shell and busybox. It may do much where
# it is privileged, so it changes nothing that is not its own: a sysctl is opened, not written.
LOOK='
say() { name=$1; shift; echo "$name: $*"; }
can() { name=$1; shift; if why=$("$@" 2>&1 >/dev/null); then say "$name" yes; else say "$name" no; echo "# $name: $why"; fi; }
field() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
say capabilities $(field CapEff) $(field CapPrm) $(field CapBnd)
say inheritable $(field CapInh) $(field CapAmb)
say no_new_privs $(field NoNewPrivs)
say seccomp $(field Seccomp)
say label $(cat /proc/self/attr/current 2>/dev/null | tr -d "\000")
say masked $(grep -c " /proc/[^ ]* \(tmpfs\|devtmpfs\|overlay\|ext4\)\| /sys/firmware " /proc/self/mounts)
say readonly_paths $(grep -c "^proc /proc/.* ro," /proc/self/mounts)
say sysfs $(sed -n "s/^[^ ]* \/sys sysfs \(r[ow]\),.*/\1/p" /proc/self/mounts)
say cgroup $(sed -n "s/^[^ ]* \/sys\/fs\/cgroup [^ ]* \(r[ow]\),.*/\1/p" /proc/self/mounts)
say cgroup_namespace $(readlink /proc/self/ns/cgroup)
say namespaces $(for n in pid net ipc uts mnt; do readlink /proc/self/ns/$n; done | grep -c :)
say devices $(find /dev -type b -o -type c | grep -c -v "^/dev/\(pts/.*\|null\|zero\|full\|random\|urandom\|tty\|console\)$")
can node mknod /tmp/mem c 1 1
can open_device head -c 1 /tmp/mem
can mount mount -t tmpfs none /mnt
can sysctl sh -c ": >>/proc/sys/vm/stat_interval"
say user $(id -u)
say hostname $(hostname)
say root $(sed -n "s/^[^ ]* \/ [^ ]* \(r[ow]\),.*/\1/p" /proc/self/mounts | tail -n 1)
say pid $$
touch /tmp/done
exec sleep 1000'

look_bundle()
{
	writable
	config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "none", options: ["dev"]}]'
	args sh -c "$LOOK"
}

# start ID OPTION...: its facts go to $T/ID
start()
{
	local id=$1

	shift
	cruet run --detach "$@" --bundle "$B" "$id" >"$T/$id" 2>&1 || die "$(cat "$T/$id")"
	wait_until 60 grep -q ^pid "$T/$id"
}

# fact ID NAME
fact()
{
	sed -n "s/^$2: *//p" "$T/$1"
}

# differs NAME CONSTRAINED PRIVILEGED; same NAME
differs()
{
	expect "$1: $2" "$1: $(fact small "$1")"
	expect "$1: $3" "$1: $(fact large "$1")"
}

same()
{
	[ -n "$(fact small "$1")" ] || die "no $1"
	expect "$(fact small "$1")" "$(fact large "$1")"
}

own()
{
	sed -n "s/^$1:[[:space:]]*//p" /proc/self/status
}

# of the process of ID, by the kernel
outside()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$(pid_of "$1")/status"
}

selinux_on()
{
	[ -e /sys/fs/selinux/enforce ]
}

test_privileged_side_by_side_inside()
{
	look_bundle
	start small
	start large --privileged
	local all few=0000000020000420

	all=$(own CapBnd)
	differs capabilities "$few $few $few" "$all $all $all"
	same inheritable
	differs no_new_privs 1 0
	differs seccomp 2 0
	[ "$(fact small masked)" -gt 0 ] || die "nothing is masked"
	expect 0 "$(fact large masked)"
	[ "$(fact small readonly_paths)" -gt 0 ] || die "no read-only paths"
	expect 0 "$(fact large readonly_paths)"
	differs sysfs ro rw
	differs cgroup ro rw
	expect "$(readlink /proc/self/ns/cgroup)" "$(fact large cgroup_namespace)"
	[ "$(fact small cgroup_namespace)" != "$(fact large cgroup_namespace)" ] || die "the host's cgroup namespace"
	expect 0 "$(fact small devices)"
	[ "$(fact large devices)" -gt 0 ] || die "no host devices"
	differs node no yes
	differs mount no yes
	differs sysctl no yes
	[ ! -c /dev/mem ] || ! head -c 1 /dev/mem >/dev/null 2>&1 || differs open_device no yes
	for f in namespaces user hostname root pid; do same $f; done
}

test_privileged_side_by_side_outside()
{
	local f pid small large

	look_bundle
	start small
	start large --privileged
	for f in CapEff CapPrm CapBnd; do
		expect 0000000020000420 "$(outside small $f)"
		expect "$(own CapBnd)" "$(outside large $f)"
	done
	expect "1 2" "$(outside small NoNewPrivs) $(outside small Seccomp)"
	expect "0 0" "$(outside large NoNewPrivs) $(outside large Seccomp)"
	small=$(pid_of small) large=$(pid_of large)
	expect "$(readlink /proc/self/ns/cgroup)" "$(readlink "/proc/$large/ns/cgroup")"
	for f in pid net ipc uts mnt; do
		[ "$(readlink "/proc/$small/ns/$f")" != "$(readlink "/proc/self/ns/$f")" ] || die "small: the host's $f"
		[ "$(readlink "/proc/$large/ns/$f")" != "$(readlink "/proc/self/ns/$f")" ] || die "large: the host's $f"
	done
	grep -q ' /proc/sys ' "/proc/$small/mountinfo" || die "small: /proc/sys can be written"
	! grep -q ' /proc/' "/proc/$large/mountinfo" || die "large: something is mounted in /proc"
	if ! cgroup_v2 && [ -d "$(cgroup_dir "$small" devices)" ]; then
		expect "" "$(grep '^a' "$(cgroup_dir "$small" devices)/devices.list" || :)"
		grep -q '^a \*:\* rwm$\|^[bc] \*:\* rwm$' "$(cgroup_dir "$large" devices)/devices.list" || die "not all devices"
	fi
	if selinux_on; then
		contains :unconfined_t: "$(tr -d '\0' <"/proc/$large/attr/current")"
	fi
	# all nodes of the host, each as it is there
	for pid in $(find /dev -xdev \( -type b -o -type c \) ! -name ptmx ! -name console ! -path '/dev/pts/*' | head -n 40); do
		expect "$pid $(stat -c '%t:%T %a %u:%g' "$pid")" "$pid $(stat -c '%t:%T %a %u:%g' "/proc/$large/root$pid")"
	done
}

# A program name for a RuntimeClass
test_privileged_by_name()
{
	look_bundle
	ln -s "$RUNTIME" "$T/cruet-privileged"
	(RUNTIME=$T/cruet-privileged && start large)
	expect "$(own CapBnd)" "$(outside large CapEff)"
	expect 0 "$(fact large seccomp)"
	# the container is what it is, whoever looks
	expect "$(own CapBnd)" "$(cruet exec large sh -c 'sed -n "s/^CapEff:[[:space:]]*//p" /proc/self/status')"
	"$T/cruet-privileged" --root "$ROOT" exec large true
	"$T/cruet-privileged" --root "$ROOT" delete --force large
}

test_privileged_exec()
{
	local show='sed -n "s/^\(CapEff\|NoNewPrivs\|Seccomp\):[[:space:]]*//p" /proc/self/status'

	look_bundle
	start small
	expect "0000000020000420 1 2" "$(cruet exec small sh -c "$show" | xargs)"
	expect "$(own CapBnd) 0 0" "$(cruet exec --privileged small sh -c "$show" | xargs)"
	jq '.process' "$B/config.json" | jq --arg s "$show" '.args = ["sh", "-c", $s]' >"$T/process.json"
	expect "0000000020000420 1 2" "$(cruet exec --process "$T/process.json" small | xargs)"
	expect "$(own CapBnd) 0 0" "$(cruet exec --privileged --process "$T/process.json" small | xargs)"
	# the container itself stays as it is
	expect 0000000020000420 "$(outside small CapEff)"
	cruet exec --privileged small sh -c '! touch /sys/kernel/x 2>/dev/null; [ "$(sed -n "s/^[^ ]* \/sys sysfs \(r[ow]\),.*/\1/p" /proc/mounts)" = ro ]'
}

# It is no more than the caller has.
test_privileged_of_a_caller_with_few_capabilities()
{
	look_bundle
	setpriv --bounding-set -sys_module,-sys_rawio,-mac_admin "$RUNTIME" --root "$ROOT" run --detach --privileged --bundle "$B" large \
		>"$T/large" 2>&1 || die "$(cat "$T/large")"
	wait_until 60 grep -q ^pid "$T/large"
	printf -v want '%016x' $((0x$(own CapBnd) & ~(1 << 16 | 1 << 17 | 1 << 33)))
	expect "$want $want $want" "$(fact large capabilities)"
}

# Never by the configuration.
test_privileged_not_by_annotation()
{
	local key

	look_bundle
	for key in privileged io.podman.annotations.privileged org.cruet.privileged run.oci.privileged run.oci.handler; do
		config '.annotations[$k] = "TRUE"' --arg k "$key"
	done
	config '.privileged = true | .process.privileged = true | .linux.privileged = true'
	start small
	expect "0000000020000420 0000000020000420 0000000020000420" "$(fact small capabilities)"
	expect 2 "$(fact small seccomp)"
	contains "seccomp: a filter" "$(cruet create --dry-run --bundle "$B" x)"
}

test_privileged_dry_run()
{
	look_bundle
	cruet create --dry-run --bundle "$B" x >"$T/small"
	cruet create --dry-run --privileged --bundle "$B" x >"$T/large"
	expect "" "$(cruet list -q)"
	! grep ^privileged: "$T/small" || die "not asked for"
	contains "privileged: yes" "$(cat "$T/large")"
	contains "seccomp: unconfined" "$(cat "$T/large")"
	lacks "masked path" "$(cat "$T/large")"
	lacks "read-only path" "$(cat "$T/large")"
	contains "device rule: allow a" "$(cat "$T/large")"
	contains "namespace cgroup: the caller's" "$(cat "$T/large")"
}

# `spec --privileged` writes what --privileged would make of `spec`.
test_privileged_spec()
{
	look_bundle
	cruet create --dry-run --privileged --bundle "$B" x | grep -v '^privileged:\|^search path\|^program\|^environment\|^mount /tmp\|^root:\|^hostname\|^terminal' >"$T/rewritten"
	mv "$B/config.json" "$T/old.json"
	(cd "$B" && "$RUNTIME" spec --privileged)
	cruet create --dry-run --bundle "$B" x | grep -v '^search path\|^program\|^environment\|^root:\|^hostname\|^terminal' >"$T/written"
	diff "$T/rewritten" "$T/written" || die "they differ"
	config '.process.terminal = false'
	config '.process.args = ["sh", "-c", $s] | .root.readonly = false' --arg s "$LOOK"
	start large
	expect "$(own CapBnd)" "$(outside large CapEff)"
}

# With a user namespace it is all of that namespace's, and nothing of the host's.
test_privileged_user_namespace()
{
	look_bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$B/rootfs"
	start large --privileged
	expect "$(own CapBnd) $(own CapBnd) $(own CapBnd)" "$(fact large capabilities)"
	expect yes "$(fact large mount)"
	expect no "$(fact large node)"
	expect no "$(fact large sysctl)"
	expect 0 "$(fact large masked)"
	[ "$(fact large devices)" -gt 0 ] || die "no devices"
	expect 100000 "$(stat -c %u "/proc/$(pid_of large)")"
}

# An unprivileged caller gets the root of his own user namespace, as without.
test_privileged_unprivileged_caller()
{
	local as="setpriv --reuid 1000 --regid 1000 --clear-groups"

	look_bundle
	chmod 755 "$T" "${T%/*}"
	cp "$RUNTIME" "$T/cruet"
	mkdir -p "$T/run"
	$as unshare -U true 2>/dev/null || skip "users may not make user namespaces here"
	rm "$B/config.json"
	chown -R 1000:1000 "$B" "$T/run"
	(cd "$B" && $as "$T/cruet" spec --rootless)
	config '.process.terminal = false | .process.args = ["sh", "-c", $s] | .root.readonly = false
		| .mounts += [{destination: "/tmp", type: "tmpfs", source: "none"}]' --arg s "${LOOK%exec*}
		cat /etc/hosts.secret 2>&1; dd if=/dev/sda of=/dev/null count=1 2>&1; ls -ln /dev | head -n 3"
	echo secret >"$B/rootfs/etc/hosts.secret"
	chmod 600 "$B/rootfs/etc/hosts.secret"
	chown 0:0 "$B/rootfs/etc/hosts.secret"
	chown 1000:1000 "$B/config.json"
	$as env XDG_RUNTIME_DIR="$T/run" "$T/cruet" run --privileged --bundle "$B" "$ID" >"$T/large" 2>&1 || die "$(cat "$T/large")"
	expect no "$(fact large node)"
	expect no "$(fact large sysctl)"
	lacks secret "$(grep -v denied "$T/large" | grep -v No)"
	contains 0 "$(fact large user)"
}

# Within a user namespace that a user has made he is root, and gets what that root has: nothing of the host's.
test_privileged_in_an_outer_user_namespace()
{
	local as="setpriv --reuid 1000 --regid 1000 --clear-groups"

	look_bundle
	chmod 755 "$T" "${T%/*}"
	cp "$RUNTIME" "$T/cruet"
	mkdir -p "$T/run"
	$as unshare -U true 2>/dev/null || skip "users may not make user namespaces here"
	echo secret >"$B/rootfs/etc/hosts.secret"
	chmod 600 "$B/rootfs/etc/hosts.secret"
	chown -R 1000:1000 "$B" "$T/run"
	chown 0:0 "$B/rootfs/etc/hosts.secret"
	config 'del(.linux.resources) | del(.mounts[] | select(.type == "cgroup")) | .mounts |= map(if .options then .options -= ["gid=5"] else . end) | .process.args = ["sh", "-c", $s] | .mounts += [{destination: "/tmp", type: "tmpfs", source: "none"}]' \
		--arg s "${LOOK%exec*}
		cat /etc/hosts.secret 2>&1; head -c 1 /dev/kmsg 2>&1; cat /proc/self/uid_map"
	chown 1000:1000 "$B/config.json"
	$as unshare -Urm "$T/cruet" --root "$T/run/cruet" --rootless=true run --privileged --bundle "$B" "$ID" >"$T/large" 2>&1 || die "$(cat "$T/large")"
	expect no "$(fact large node)"
	expect no "$(fact large sysctl)"
	# what the kernel gives to everybody in a user namespace that he makes, and counts there only
	expect "$($as unshare -Ur sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)" "$(fact large capabilities | cut -d' ' -f1)"
	lacks secret "$(grep -v denied "$T/large")"
	# the only id that there is
	expect "0 1000 1" "$(tail -n 1 "$T/large" | xargs)"
	contains denied "$(grep secret "$T/large")"
}
