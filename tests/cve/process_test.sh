# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cve/process_test.sh: attacker B, the process in the container: it waits for the runtime to come in, looks for what was
# left open, and uses what it was given by mistake.

. "${BASH_SOURCE[0]%/*}/lib.sh"

EXECS=${EXECS:-20}

hunting()
{
	with_attacker
	canary
	args sh -c "attacker hunt $CANARY/file /stop >/found 2>&1"
	background
	wait_until 10 grep -q hunting "$B/rootfs/found"
}

hunt_ends() # FINDING: only those count
{
	: >"$B/rootfs/stop"
	wait_until 20 grep -q hunted "$B/rootfs/found"
	! grep -vE '^hunt(ing|ed) ' "$B/rootfs/found" | grep -- "${1:-}" | sort | uniq -c >"$T/findings" || fell "$(tr '\n' ';' <"$T/findings")"
	canary_unchanged
}

# A program "/proc/self/exe", or a script with it as its interpreter, is the runtime itself, executed inside: libraries of the
# image are its libraries, and /proc/PID/exe is its file, to be written when it is not busy. Fails where the attacker could write
# to what a runtime's process executes (every test looks at the runtime's own file as well).
test_cve_2019_5736_runtime_binary()
{
	local i

	hunting
	printf '#!/proc/self/exe\n' >"$B/rootfs/bin/script"
	chmod 755 "$B/rootfs/bin/script"
	for ((i = 0; i < EXECS / 4; i++)); do
		cruet exec "$ID" /proc/self/exe </dev/null >/dev/null 2>&1 || :
		cruet exec "$ID" /bin/script </dev/null >/dev/null 2>&1 || :
	done
	# who executes it is the image's program, and may be attached to
	hunt_ends wrote
}

test_cve_2019_5736_as_the_containers_program()
{
	with_attacker
	printf '#!/proc/self/exe\n' >"$B/rootfs/bin/script"
	chmod 755 "$B/rootfs/bin/script"
	args /proc/self/exe
	attack run --bundle "$B" "$ID"
	args /bin/script
	attack run --bundle "$B" "$ID"
}

# exec comes in while processes of the container look at every new one: before it is a program of the image it has fds, a
# directory and an environment of the host's. Fails where one of them is in reach, or the process can be attached to.
test_cve_2016_9962_exec_is_watched()
{
	local i

	hunting
	for ((i = 0; i < EXECS; i++)); do
		cruet exec "$ID" true </dev/null >/dev/null 2>&1 || die "exec"
	done
	hunt_ends
}

# The same without a race: a container that joins the pid namespace of a pod waits, created, for its start.
test_cve_2016_9962_created_in_a_pod()
{
	local pod=$ID

	hunting
	ID=$ID-2
	pid=$(pid_of "$pod")
	found=$B/rootfs/found stop=$B/rootfs/stop
	bundle "$T/second"
	config '.linux.namespaces |= map(if .type == "pid" then .path = $p else . end)' --arg p "/proc/$pid/ns/pid"
	args sleep 1000
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	sleep 0.5
	: >"$stop"
	wait_until 20 grep -q hunted "$found"
	cruet delete --force "$ID"
	ID=$pod
	! grep -vE '^hunt(ing|ed) ' "$found" | sort | uniq -c >"$T/findings" || fell "$(tr '\n' ';' <"$T/findings")"
}

# A directory of the host is open in the runtime while it goes to its working directory, or looks for its program: cwd and program
# name it by its number. The caller's own files (9, 40 to 60) are such ones in any case. Fails where the canary is reached.
test_cve_2024_21626_working_directory_by_fd()
{
	local n

	with_attacker
	canary
	for n in 3 4 5 6 7 8 9 10 11 12 15 40 60; do
		config '.process.cwd = $c' --arg c "/proc/self/fd/$n"
		args sh -c "cat ../../../../../../../../../..$CANARY/file file 2>/dev/null; exit 0"
		attack run --bundle "$B" "$ID" 9<"$CANARY" 40<"$CANARY" 60</
		! prints canary-content || fell "the working directory /proc/self/fd/$n leads out"
	done
	config '.process.cwd = "/"'
	for n in 3 4 5 6 7 8 9 10 12 40 60; do
		args "/proc/self/fd/$n/../../../../../../../../..$TOOLS/attacker"
		attack run --bundle "$B" "$ID" 9<"$CANARY" 40<"$CANARY" 60</
		[ "$RAN" = no ] || fell "a program of the host is executed by /proc/self/fd/$n"
	done
	args attacker fds "$CANARY/file"
	must_run run --bundle "$B" "$ID" 9<"$CANARY" 40<"$CANARY" 60</
	! prints open || fell "left open: $(cat "$T/out")"
}

test_cve_2024_21626_exec_by_fd()
{
	local n

	with_attacker
	canary
	args sleep 1000
	background
	for n in 3 4 5 6 7 8 9 10 11 12 15 40 60; do
		RAN=yes
		cruet exec --cwd "/proc/self/fd/$n" "$ID" sh -c "cat ../../../../../../../../../..$CANARY/file file 2>/dev/null; exit 0" \
			>"$T/out" 2>&1 </dev/null 9<"$CANARY" 40<"$CANARY" 60</ || :
		! prints canary-content || fell "exec --cwd /proc/self/fd/$n leads out"
	done
	cruet exec "$ID" attacker fds "$CANARY/file" >"$T/out" 2>&1 </dev/null 9<"$CANARY" 40<"$CANARY" 60</
	prints counted || die "$(cat "$T/out")"
	! prints open || fell "left open by exec: $(cat "$T/out")"
}

# The caller's terminal is the container's stdin: what is pushed into it the caller's shell reads when the container has ended.
# Fails where the terminal is a controlling one inside, or takes a byte.
test_cve_2016_10124_terminal_of_the_caller()
{
	command -v python3 >/dev/null || skip "needs python3"
	with_attacker
	args attacker tiocsti
	python3 "$HERE/helpers/on_tty.py" 24 80 "" "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" >"$T/out" 2>&1 || die "$(cat "$T/out")"
	prints "pushing is over" || die "$(cat "$T/out")"
	! prints "controlling terminal" && ! prints pushed || fell "$(tr '\n' ' ' <"$T/out")"
}

CAPS='.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN", "CAP_KILL"]}'

cap_is() # NAME VALUE
{
	local got

	got=$(awk -v name="Cap$1:" '$1 == name { sub(/^0+/, "", $2); print $2 == "" ? 0 : $2 }' "$T/out")
	[ -n "$got" ] || die "$(cat "$T/out")"
	[ "$got" = "$2" ] || fell "Cap$1 is $got: $3"
}

# A user other than root gets what the container's root might have: by the ambient set, or by inheritable ones and a program with
# file capabilities. Fails where a set holds what was not asked for.
test_cve_2016_8867_capabilities_of_a_user()
{
	bundle
	config "$CAPS"' | .process.user = {uid: 1000, gid: 1000} | .process.args = ["grep", "^Cap", "/proc/self/status"]'
	must_run run --bundle "$B" "$ID"
	cap_is Eff 0 run
	cap_is Amb 0 run
	cap_is Inh 0 run
	cap_is Prm 0 run
}

test_cve_2022_29162_inheritable_capabilities()
{
	bundle
	config "$CAPS"' | .process.args = ["grep", "^Cap", "/proc/self/status"]'
	must_run run --bundle "$B" "$ID"
	cap_is Inh 0 run
	args sleep 1000
	background
	for option in "" "--cap CAP_NET_ADMIN" "--user 1000:1000" "--user 1000:1000 --cap CAP_NET_ADMIN"; do
		# shellcheck disable=SC2086 # options
		cruet exec $option "$ID" grep ^Cap /proc/self/status >"$T/out" 2>&1 </dev/null || die "exec $option: $(cat "$T/out")"
		cap_is Inh 0 "exec $option"
		case $option in *cap*) ;; *) cap_is Amb 0 "exec $option" ;; esac
	done
	command -v setpriv >/dev/null || return 0
	cruet delete --force "$ID"
	args grep ^Cap /proc/self/status
	setpriv --inh-caps +chown,+kill --ambient-caps +chown "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	cap_is Inh 0 "the caller's"
	cap_is Amb 0 "the caller's"
}

# Supplementary groups: the caller's stay where setgroups(2) is not called, and give what a negative ACL was to take.
test_cve_2022_2995_groups_of_the_caller()
{
	bundle
	command -v setpriv >/dev/null || skip "no setpriv"
	for user in '{uid: 1000, gid: 1000}' '{uid: 0, gid: 0}' '{uid: 1000, gid: 1000, additionalGids: [4242]}'; do
		config ".process.user = $user"
		args grep ^Groups /proc/self/status
		setpriv --groups 5,6,7 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
		case "$(tr -s '\t ' ' ' <"$T/out")" in
		"Groups: " | "Groups:" | "Groups: 4242 " | "Groups: 4242") ;;
		*) fell "$user: $(cat "$T/out")" ;;
		esac
	done
}

# A user's own namespace must not let him drop a group (a negative ACL holds it against him).
test_cve_2014_8989_setgroups_of_a_user()
{
	command -v setpriv >/dev/null || skip "no setpriv"
	setpriv --reuid 1000 --regid 1000 --clear-groups unshare -U true 2>/dev/null || skip "users may not make user namespaces here"
	bundle
	chmod 711 "$T" "${T%/*}"
	config '.linux.namespaces |= (map(select(.type != "network" and .type != "cgroup")) + [{type: "user"}]) | del(.linux.resources)
		| .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(select(.type != "cgroup" and .type != "mqueue" and .destination != "/sys") | if .type == "devpts" then .options -= ["gid=5"] else . end)'
	args cat /proc/self/setgroups
	mkdir -p "$T/run"
	chown -R 1000:1000 "$B" "$T/run"
	env -i PATH="$PATH" XDG_RUNTIME_DIR="$T/run" setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
		"$PROGRAM" --root "$T/run/r" run --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || {
		[ -n "${PEER:-}" ] && skip "makes no such container here: $(tail -n 1 "$T/out")"
		die "$(cat "$T/out")"
	}
	prints deny || fell "setgroups is allowed: $(cat "$T/out")"
}

# Without a cgroup namespace a container in a user namespace sees the host's hierarchy; a read-only bind that is not recursive
# leaves what is mounted in it writable. Fails where a cgroup can be made.
test_cve_2023_25809_cgroups_can_be_written()
{
	bundle
	chmod 711 "$T" "${T%/*}"
	mapped
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .linux.cgroupsPath = "/cve-25809"
		| .mounts |= map(if .type == "cgroup" then {destination: "/sys/fs/cgroup", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "ro"]} else . end)'
	args sh -c 'find /sys/fs/cgroup -maxdepth 3 -type d | while read -r d; do mkdir "$d/made-inside" 2>/dev/null && echo made "$d"; done; echo tried'
	attack run --bundle "$B" "$ID"
	find /sys/fs/cgroup -name made-inside -exec rmdir {} + 2>/dev/null
	! prints "made " || fell "$(head -n 1 "$T/out")"
	config '.mounts |= map(select(.destination != "/sys/fs/cgroup")
		| if .destination == "/sys" then {destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "ro"]} else . end)'
	attack run --bundle "$B" "$ID"
	find /sys/fs/cgroup -name made-inside -exec rmdir {} + 2>/dev/null
	! prints "made " || fell "$(head -n 1 "$T/out")"
	[ "$RAN" = yes ] || [ -n "${PEER:-}" ] || prints "cannot open rootfs" || prints "recursive" || die "$(cat "$T/out")"
}

# No list of devices is no rule, and no rule is a deny: an empty list that was read as "all but these" opened every disk.
test_ghsa_g54h_m393_cpwq_no_device_rules()
{
	[ -f /sys/fs/cgroup/cgroup.controllers ] || [ -d /sys/fs/cgroup/devices ] || skip "no devices cgroup"
	bundle
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"]) | del(.linux.seccomp) | del(.linux.resources)'
	args sh -c 'mknod /dev/x c 10 111 && { dd if=/dev/x of=/dev/null bs=1 count=0 2>&1 | grep -q "not permitted" && echo refused || echo passed; }'
	attack run --bundle "$B" "$ID"
	! prints passed || fell "without rules: $(cat "$T/out")"
	config '.linux.resources = {devices: []}'
	attack run --bundle "$B" "$ID"
	! prints passed || fell "with an empty list: $(cat "$T/out")"
}

# The kernel's own holes begin with a namespace that nobody asked for: the bundled profile refuses unshare, and the calls that
# were needed next, to who has no CAP_SYS_ADMIN.
test_cve_2022_0185_unshare_by_profile()
{
	bundle
	args sh -c 'for w in -U -m -n -i -u -p -C -Ur -Um; do unshare $w true 2>/dev/null && echo made $w; done; mount -t tmpfs t /mnt 2>/dev/null && echo mounted; echo tried'
	must_run run --bundle "$B" "$ID"
	prints tried || die "$(cat "$T/out")"
	! prints made && ! prints mounted || fell "$(cat "$T/out")"
}

# An abstract socket is reached from the host's network namespace, which containers may share. Fails where one more is there.
test_cve_2020_15257_abstract_sockets()
{
	bundle
	config '.linux.namespaces |= map(select(.type != "network")) | .mounts |= map(select(.type != "sysfs"))'
	awk '$8 ~ /^@/ { print $8 }' /proc/net/unix | sort >"$T/before"
	args sleep 1000
	cruet create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || die "$(cat "$T/out")"
	awk '$8 ~ /^@/ { print $8 }' /proc/net/unix | sort >"$T/after"
	cmp -s "$T/before" "$T/after" || fell "created: $(comm -13 "$T/before" "$T/after")"
	cruet start "$ID" </dev/null >/dev/null 2>&1
	awk '$8 ~ /^@/ { print $8 }' /proc/net/unix | sort >"$T/after"
	cmp -s "$T/before" "$T/after" || fell "started: $(comm -13 "$T/before" "$T/after")"
}
