# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/probe_test.sh: features --probe: that it is right, in places where something is missing too, and leaves nothing.

probe()
{
	cruet features --probe --format json >"$T/probe.json"
}

# "true REMEDY" or "false REMEDY" of one line.
answer() # AREA NAME
{
	jq -r --arg area "$1" --arg name "$2" '.[] | select(.area == $area and .name == $name) | "\(.works) \(.remedy)"' "$T/probe.json"
}

# What this very suite stands on works here.
test_probe_works()
{
	local name

	probe
	for name in clone3 pidfd openat2 close_range; do
		expect "true " "$(answer "system calls" "$name")"
	done
	for name in mount pid network ipc uts cgroup user; do
		expect "true " "$(answer namespaces "$name")"
	done
	expect "true " "$(answer mounts "new file systems by fd")"
	expect "true " "$(answer mounts pivot_root)"
	expect "true " "$(answer "mounts in a user namespace" proc)"
	expect "true " "$(answer seccomp "notification listeners")"
	expect "true " "$(answer cgroups hierarchy)"
	expect "true " "$(answer cgroups "our own can be divided")"
	# nothing works and wants a remedy
	expect 0 "$(jq '[.[] | select(.works and .remedy != "")] | length' "$T/probe.json")"
}

# As the files say.
test_probe_of_cgroups()
{
	local name there

	probe
	for name in cpu memory pids rdma; do
		there=false
		if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
			grep -qw "$name" /sys/fs/cgroup/cgroup.controllers && there=true
		else
			grep -qE ":([a-z_]*,)*$name(,[a-z_]*)*:" /proc/self/cgroup && there=true
			cat /sys/fs/cgroup/*/cgroup.controllers 2>/dev/null | grep -qw "$name" && there=true
		fi
		expect "$there" "$(answer cgroups "$name" | cut -d' ' -f1)"
	done
}

test_probe_of_file_systems()
{
	mkdir x
	mount -t tmpfs x x
	mkdir x/lower x/upper x/work x/merged
	mount -t overlay -o lowerdir=x/lower,upperdir=x/upper,workdir=x/work o x/merged || skip "no overlay here"
	probe
	umount x/merged x
	expect "true " "$(answer "idmapped mounts" tmpfs)"
	# until some kernel can: where it cannot, it says so
	case $(answer "idmapped mounts" overlay) in
	"true " | "false "*ext4*) ;;
	*) die "overlay: $(answer "idmapped mounts" overlay)" ;;
	esac
}

test_probe_leaves_nothing()
{
	local before

	before=$(cat /proc/self/mountinfo /proc/filesystems /proc/sys/kernel/hostname; find /sys/fs/cgroup -type d | wc -l; pgrep -c .)
	probe
	[ "$before" = "$(cat /proc/self/mountinfo /proc/filesystems /proc/sys/kernel/hostname; find /sys/fs/cgroup -type d | wc -l; pgrep -c .)" ] ||
		die "something is left"
}

# Where something is missing: a user namespace that may have no others below it.
test_probe_without_user_namespaces()
{
	unshare --user --map-root-user --mount sh -c 'echo 0 >/proc/sys/user/max_user_namespaces &&
		"$0" --root "$1" features --probe --format json' "$RUNTIME" "$ROOT" >probe.json
	case $(answer namespaces user) in
	"false sysctl user.max_user_namespaces"*) ;;
	*) die "user: $(answer namespaces user)" ;;
	esac
	case $(answer "mounts in a user namespace" tmpfs) in
	"false sysctl "*) ;;
	*) die "tmpfs: $(answer "mounts in a user namespace" tmpfs)" ;;
	esac
}

# And a kernel that is too old for some calls, as a filter plays it.
test_probe_of_an_old_kernel()
{
	writable
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [ { names: ["clone3", "openat2", "fsopen", "close_range",
		"mount_setattr"], action: "SCMP_ACT_ERRNO", errnoRet: 38 } ] }
		| .mounts += [{ destination: "/usr", source: "/usr", type: "bind", options: ["rbind", "ro"] }]'
	ldd "$RUNTIME" | grep -q 'not a dynamic' || config '.process.env += ["LD_LIBRARY_PATH=/usr/lib:/usr/lib/x86_64-linux-gnu"]'
	ln -s usr/lib "$B/rootfs/lib"
	ln -s usr/lib64 "$B/rootfs/lib64"
	cp "$RUNTIME" "$B/rootfs/cruet"
	args /cruet --root /tmp features --probe --format json
	cruet run --bundle "$B" "$ID" >probe.json
	expect "false Linux 5.3 or newer" "$(answer "system calls" clone3)"
	expect "false Linux 5.6 or newer" "$(answer "system calls" openat2)"
	expect "false Linux 5.11 or newer" "$(answer "system calls" close_range)"
	expect "true " "$(answer "system calls" pidfd)"
	contains "false " "$(answer mounts "new file systems by fd")"
}

test_probe_of_a_user()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$RUNTIME" --root "$T" features --probe --format json >probe.json
	expect "false ask as root" "$(answer namespaces network)"
	expect "true " "$(answer "system calls" openat2)"
}

# Aligned; plain in a pipe, coloured on a terminal, unless somebody does not want it.
test_probe_table()
{
	local escape

	escape=$(printf '\033')
	cruet features --probe >table
	! grep -q "$escape" table || die "colours in a pipe"
	! grep -q ' $' table || die "blanks at the end of lines"
	expect 1 "$(sed -n 's/^\(.*\)WORKS.*/\1/p' table | wc -l)"
	expect 0 "$(awk 'NR == 1 { at = index($0, "WORKS"); next } substr($0, at, 3) !~ /^(yes|no )/' table | wc -l)"
	# list has the same writer, and is quick
	bundle
	cruet create --bundle "$B" "$ID"
	cruet start "$ID"
	TERM=xterm python3 "$HERE/helpers/on_tty.py" 24 200 "" "$RUNTIME" --root "$ROOT" list >coloured
	grep -q "$escape\[1mSTATUS$escape\[0m" coloured || die "no colours on a terminal"
	TERM=xterm NO_COLOR=1 python3 "$HERE/helpers/on_tty.py" 24 200 "" "$RUNTIME" --root "$ROOT" list >plain
	! grep -q "$escape" plain || die "NO_COLOR is not honoured"
	TERM=dumb python3 "$HERE/helpers/on_tty.py" 24 200 "" "$RUNTIME" --root "$ROOT" list >plain
	! grep -q "$escape" plain || die "a dumb terminal gets colours"
}
