# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cve/image_test.sh: attacker A, the author of an image: what stands in the rootfs is made to reach out of it. Each of
# these did work on a runtime that handed a path in the rootfs to a system call as a string.

. "${BASH_SOURCE[0]%/*}/lib.sh"

# The control: with the bundles of this suite an ordinary container runs. Without it "refused" would prove nothing.
test_control_container_runs()
{
	with_attacker
	canary
	args attacker fds "$CANARY/file"
	must_run run --bundle "$B" "$ID"
	prints counted || die "$(cat "$T/out")"
	! prints open || fell "more than stdio is open: $(cat "$T/out")"
}

# A mount's target through symlinks, absolute and by "..": mount(2) by string follows them on the host, and mkdir makes what is
# missing there. Fails where anything appears in the canary, or is mounted on it.
test_cve_2019_18837_mount_target_symlinks()
{
	bundle
	canary
	config '.root.readonly = false'
	ln -s "$CANARY" "$B/rootfs/link"
	ln -s "../../../../../../../../../../..$CANARY" "$B/rootfs/up"
	ln -s /proc/self/root "$B/rootfs/selfroot"
	ln -s /proc/1/root "$B/rootfs/oneroot"
	ln -s /proc/self/cwd "$B/rootfs/cwd"
	for target in /link/made/deep /up/other /link/dir "/selfroot$CANARY/dir" "/oneroot$CANARY/dir" /cwd/x; do
		bundle_mounts=$(jq -c .mounts "$B/config.json")
		add_mount "$target" tmpfs t
		attack run --bundle "$B" "$ID"
		canary_unchanged
		config '.mounts[-1] |= (.type = "bind" | .source = "/etc/hostname" | .options = ["bind"])'
		attack run --bundle "$B" "$ID"
		canary_unchanged
		config '.mounts = $m' --argjson m "$bundle_mounts"
	done
	config '.linux.devices = [{path: "/link/null2", type: "c", major: 1, minor: 3}]'
	attack run --bundle "$B" "$ID"
	canary_unchanged
	config '.linux.devices = [] | .linux.maskedPaths = ["/link/dir"] | .linux.readonlyPaths = ["/up"]'
	attack run --bundle "$B" "$ID"
	canary_unchanged
}

# The masks of the default config, seen from inside: a runtime that mounted them elsewhere leaves the real ones open.
test_cve_2015_3630_masks_are_in_place()
{
	bundle
	args sh -c 'for f in /proc/kcore /proc/keys /proc/timer_list; do [ ! -e $f ] || [ ! -s $f ] || head -c 1 $f | wc -c; done
		for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern; do (: >>$f) 2>/dev/null && echo open $f; done
		for d in /proc/acpi /proc/scsi /sys/firmware; do [ ! -d $d ] || [ -z "$(ls -A $d)" ] || echo open $d; done; echo looked'
	must_run run --bundle "$B" "$ID"
	prints looked || die "$(cat "$T/out")"
	! prints open && ! grep -qx 1 "$T/out" || fell "$(cat "$T/out")"
}

# proc or sysfs mounted through a symlink lies elsewhere: the masks and the labels go to a tree of the image's. Fails where
# such a container runs.
test_cve_2019_19921_proc_or_sys_is_a_symlink()
{
	local name target

	bundle
	canary
	mkdir -p "$B/rootfs/bad" "$B/rootfs$CANARY/dir"
	args true
	for name in proc sys; do
		for target in "$CANARY/dir" /bad "../../../../../../..$CANARY/dir"; do
			rm -rf "${B:?}/rootfs/$name"
			ln -s "$target" "$B/rootfs/$name"
			attack run --bundle "$B" "$ID"
			canary_unchanged
			[ "$RAN" = no ] || fell "/$name is a symlink to $target, and the container runs"
		done
		rm "$B/rootfs/$name"
		mkdir "$B/rootfs/$name"
	done
}

# An image's volume at /proc: a plain tree takes the label that the runtime writes, so the container is not confined. And a
# fake /proc/self/fd hides from the runtime which fds it has to close. Fails where the container runs on a fake /proc, or has
# one of the caller's files open.
test_cve_2019_16884_volume_over_proc()
{
	with_attacker
	canary
	mkdir -p "$T/fake/self/attr" "$T/fake/self/fd" "$T/fake/thread-self/attr"
	touch "$T"/fake/{self,thread-self}/attr/{current,exec}
	config '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	cp -a "$T/fake/." "$B/rootfs/proc/"
	args attacker fds "$CANARY/file"
	attack run --bundle "$B" "$ID" 9<"$CANARY" 33</
	! prints canary || fell "no /proc of its own, and a file of the host's is open: $(cat "$T/out")"
	add_mount /proc bind "$T/fake" rbind
	attack run --bundle "$B" "$ID" 9<"$CANARY" 33</
	[ "$RAN" = no ] || [ -z "${PEER:-}" ] || skip "runs on a fake /proc: what became of a label only a security module tells"
	[ "$RAN" = no ] || fell "the container runs with a fake /proc"
}

# /dev of the image leads to the host: nodes, links and ptmx are made, and an old ptmx is removed, there. Fails where the
# canary, which has a ptmx, changes.
test_cve_2026_41579_dev_is_a_symlink()
{
	local target

	bundle
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false'
	for target in "$CANARY" "../../../../../../../../../../..$CANARY" "/proc/1/root$CANARY" "/proc/self/root$CANARY"; do
		rm -rf "$B/rootfs/dev"
		ln -s "$target" "$B/rootfs/dev"
		attack run --bundle "$B" "$ID"
		canary_unchanged
	done
}

# The entries of /dev are symlinks, to what is there and to what is not yet: open(2) with O_CREAT follows them. Fails where the
# canary gets a new file, or its file is opened and changed.
test_cve_2026_88264_dev_entries_are_symlinks()
{
	local name target

	bundle
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false'
	for name in null pts shm mqueue fd ptmx console stdin tty; do
		for target in file dir not-there; do
			rm -rf "$B/rootfs/dev"
			mkdir "$B/rootfs/dev"
			ln -s "$CANARY/$target" "$B/rootfs/dev/$name"
			attack run --bundle "$B" "$ID"
			canary_unchanged
		done
	done
}

# /dev/console with a terminal: the target of a bind, made by name.
test_cve_2026_88264_console_is_a_symlink()
{
	local target

	command -v python3 >/dev/null || skip "needs python3"
	bundle
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.terminal = true | .root.readonly = false
		| .mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]}]'
	mkdir -p "$B/rootfs/dev/pts"
	for target in file not-there "../$(basename "$T")/canary/not-there-either"; do
		ln -sfn "$CANARY/$target" "$B/rootfs/dev/console"
		attack_terminal
		canary_unchanged
		! grep -q canary "$T/mountinfo" || fell "the host's file is mounted: $(cat "$T/mountinfo")"
	done
}

# A detached container with a terminal; what its mount table says.
attack_terminal()
{
	local receiver pid

	rm -f "$T/sock" "$T/sock.ready"
	: >"$T/mountinfo"
	python3 "$HERE/helpers/receive.py" "$T/sock" "$T/tty" 2>/dev/null &
	receiver=$!
	echo "$receiver" >>"$T/pids"
	wait_until 10 test -e "$T/sock.ready"
	args sleep 1000
	attack run --detach --bundle "$B" --console-socket "$T/sock" "$ID"
	if [ "$RAN" = yes ]; then
		pid=$(pid_of "$ID")
		cat "/proc/$pid/mountinfo" >"$T/mountinfo"
		cruet delete --force "$ID" >/dev/null 2>&1
	fi
	kill "$receiver" 2>/dev/null || :
	wait "$receiver" 2>/dev/null || :
}

# The slave of the terminal by its name: /dev/pts/N of the image is a symlink, and what it leads to is bound on /dev/console,
# before the masks. Fails where /dev/console is anything but a pty.
test_cve_2025_52565_console_bound_by_name()
{
	local n

	command -v python3 >/dev/null || skip "needs python3"
	bundle
	canary
	mkdir -p "$T/dev/pts"
	for n in 0 1 2 3 ptmx; do
		ln -s /proc/sys/kernel/domainname "$T/dev/pts/$n"
	done
	mknod "$T/dev/ptmx" c 5 2
	: >"$T/dev/console"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.terminal = true'
	add_mount /dev bind "$T/dev" rbind
	attack_terminal
	canary_unchanged
	awk '$5 == "/dev/console"' "$T/mountinfo" >"$T/console"
	! grep -v ' - devpts ' "$T/console" | grep -q . || fell "/dev/console is $(cat "$T/console")"
}

# What hides a path is bound from the container's own /dev/null: as a symlink it gives out a file instead (and a writable
# one), and where it is missing the mask was left out without a word. Fails where the masked file can be read, or the other.
test_cve_2025_31133_dev_null_of_the_image()
{
	local kind

	bundle
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false | .linux.maskedPaths = ["/mnt/file"]'
	args sh -c 'echo "<$(cat /mnt/file)>"; echo overwritten >/mnt/file; exit 0'
	for kind in symlink procfs dangling regular missing directory; do
		rm -rf "$B/rootfs/dev/null"
		echo secret >"$B/rootfs/mnt/file"
		echo canary-content >"$B/rootfs/canary"
		case $kind in
		symlink) ln -s /canary "$B/rootfs/dev/null" ;;
		procfs) ln -s /proc/sys/kernel/hostname "$B/rootfs/dev/null" ;;
		dangling) ln -s "$CANARY/file" "$B/rootfs/dev/null" ;;
		regular) echo fake >"$B/rootfs/dev/null" ;;
		directory) mkdir "$B/rootfs/dev/null" ;;
		esac
		attack run --bundle "$B" "$ID"
		canary_unchanged
		! prints secret || fell "/dev/null is $kind: the masked file can be read"
		[ "$RAN" = no ] || prints "<>" || fell "/dev/null is $kind: in place of the mask there is $(cat "$T/out")"
		expect canary-content "$(cat "$B/rootfs/canary")"
	done
}

# The same in a /dev that is somebody else's, where the runtime makes nothing.
test_cve_2025_31133_dev_null_of_a_volume()
{
	bundle
	canary
	mkdir "$T/dev"
	echo canary-content >"$B/rootfs/etc/canary"
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .linux.maskedPaths = ["/mnt/file"]'
	add_mount /dev bind "$T/dev" rbind
	args sh -c 'echo "<$(cat /mnt/file)>"'
	echo secret >"$B/rootfs/mnt/file"
	ln -s /etc/canary "$T/dev/null"
	attack run --bundle "$B" "$ID"
	! prints canary-content && ! prints secret || fell "in place of the mask there is $(cat "$T/out")"
	rm "$T/dev/null"
	attack run --bundle "$B" "$ID"
	! prints secret || fell "without a /dev/null there is no mask"
}

# The runtime takes the container's /dev/null as stdin, by name, and gives it to the user. Fails where the canary is chowned.
test_cve_2026_88265_stdio_is_not_the_images()
{
	bundle
	canary
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false
		| .process.user = {uid: 1000, gid: 1000} | .mounts += [{destination: "/mnt", type: "bind", source: $c, options: ["bind"]}]' \
		--arg c "$CANARY"
	args true
	ln -s /mnt/file "$B/rootfs/dev/null"
	attack run --bundle "$B" "$ID" </dev/null
	RAN=yes
	cruet run --bundle "$B" "$ID" <&- >&- 2>&- || RAN=no
	canary_unchanged
}

# "1000:x:0:0" in the image's passwd: a number that is looked up as a name is root; and a passwd that is a FIFO or endless
# holds the runtime up. Fails where the uid is another one, or the runtime does not come to an end.
test_cve_2016_3697_passwd_of_the_image()
{
	bundle
	config '.process.user = {uid: 1000, gid: 1000} | .process.args = ["sh", "-c", "echo $(id -u) $(id -g)"]'
	printf '1000:x:0:0:evil:/root:/bin/sh\nroot:x:1000:1000::/:/bin/sh\n' >"$B/rootfs/etc/passwd"
	printf '1000:x:0:1000\n' >"$B/rootfs/etc/group"
	must_run run --bundle "$B" "$ID"
	[ "$(cat "$T/out")" = "1000 1000" ] || fell "the image says who the user is: $(cat "$T/out")"
}

test_cve_2026_47262_passwd_without_end()
{
	local kind

	! grep -q __asan_init "$PROGRAM" || skip "a sanitizer wants more address space than is allowed here"
	bundle
	config '.process.user = {uid: 1000, gid: 1000} | .process.args = ["true"] | .process.env = ["PATH=/bin"]'
	for kind in fifo zero; do
		rm -f "$B/rootfs/etc/passwd" "$B/rootfs/etc/group"
		case $kind in
		fifo) mkfifo "$B/rootfs/etc/passwd" "$B/rootfs/etc/group" ;;
		zero) mknod "$B/rootfs/etc/passwd" c 1 5 && mknod "$B/rootfs/etc/group" c 1 5 ;;
		esac
		RAN=yes
		(ulimit -v 4000000; timeout -k 1 10 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID") >"$T/out" 2>&1 </dev/null || RAN=no
		[ "$RAN" = yes ] || fell "an /etc/passwd that is a $kind holds the runtime up: $(tail -n 1 "$T/out")"
	done
}

# A program that the runtime needs is searched for in PATH after the root was switched: the image's is executed, with the
# runtime's privilege. Fails where one of them leaves its mark.
test_cve_2026_84042_programs_of_the_image()
{
	local name dir

	with_attacker
	for name in passt pasta newuidmap newgidmap modprobe criu mount umount nft iptables ip sh.real ldconfig systemd-run true.real; do
		for dir in bin sbin usr/bin usr/sbin usr/local/bin; do
			mkdir -p "$B/rootfs/$dir"
			[ -e "$B/rootfs/$dir/$name" ] && rm "$B/rootfs/$dir/$name"
			ln "$B/rootfs/bin/attacker" "$B/rootfs/$dir/$name"
		done
	done
	args true
	must_run run --bundle "$B" "$ID"
	config '.annotations = {"run.oci.handler": "krun", "krun.ram_mib": "128"}'
	attack run --bundle "$B" "$ID"
	config '.annotations = {}'
	mapped
	attack run --bundle "$B" "$ID"
	no_mark_in "$B/rootfs" || fell "the runtime executed a program of the image: $(ls "$B/rootfs")"
}

# A handler's file in the rootfs, written through a symlink.
test_cve_2025_24965_krun_config_symlink()
{
	local file

	bundle
	canary
	config '.root.readonly = false | .annotations = {"run.oci.handler": "krun", "module.wasm.image/variant": "compat"}'
	for file in .krun_config.json krun-sev.json .krun_vm.json; do
		ln -s "$CANARY/file" "$B/rootfs/$file"
	done
	attack run --bundle "$B" "$ID"
	canary_unchanged
}

# A working directory that is missing is made: through the image's symlink that is done on the host. Fails where the canary gets
# an entry, or is where the process stands.
test_cve_2026_55686_working_directory_symlink()
{
	bundle
	canary
	config '.root.readonly = false'
	args sh -c 'cat file 2>/dev/null; cat ../file 2>/dev/null; exit 0'
	ln -s "$CANARY" "$B/rootfs/abs"
	ln -s "../../../../../../../../../../..$CANARY" "$B/rootfs/up"
	for dir in /abs /abs/new /up/new /up/dir "/proc/1/root$CANARY/dir"; do
		config '.process.cwd = $d' --arg d "$dir"
		attack run --bundle "$B" "$ID"
		canary_unchanged
		! prints canary-content || fell "the process stands on the host: $dir"
	done
}
