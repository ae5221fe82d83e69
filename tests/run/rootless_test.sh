# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/rootless_test.sh: containers of who is not root: an ordinary user, and the root of an outer user namespace.

. "${BASH_SOURCE[0]%/*}/look.sh"

# As uid 1000 with a runtime directory of his own, and the program where he can reach it.
user()
{
	env -i PATH="$PATH" HOME="$T/home" XDG_RUNTIME_DIR="$T/run" setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
		env --chdir="$T/home" "$@"
}

# A bundle that belongs to him: `cruet spec --rootless`
users_bundle()
{
	command -v setpriv >/dev/null || skip "no setpriv"
	chmod 755 "$T" "${T%/*}"
	mkdir -p "$T/home/b" "$T/run"
	cp "$RUNTIME" "$T/cruet"
	chmod 755 "$T/cruet"
	cp -a "$ROOTFS" "$T/home/b/rootfs"
	chown -R 1000:1000 "$T/home" "$T/run"
	chmod 700 "$T/run"
	B=$T/home/b
	(cd "$B" && user "$T/cruet" spec --rootless --bundle "$B")
	config '.process.terminal = false | .process.env = ["PATH=/bin"]'
	chown -R 1000:1000 "$B/config.json"
	user unshare -U true 2>/dev/null || skip "users may not make user namespaces here"
}

users_config()
{
	config "$@"
	chown 1000:1000 "$B/config.json"
}

users_run()
{
	users_config '.process.args = ["sh", "-c", $s]' --arg s "$1"
	user "$T/cruet" run --bundle "$B" "$ID"
}

test_run_as_a_user()
{
	users_bundle
	users_config '.root.readonly = false'
	out=$(users_run 'id -u; id -g; tr -s " " </proc/self/uid_map; cat /proc/self/setgroups; hostname; : >/root/new; ls /dev/null /dev/pts/ptmx; echo x >/dev/null && cat /proc/self/mountinfo >&2' 2>"$T/mountinfo") ||
		die "$out $(cat "$T/mountinfo")"
	contains "0 0  0 1000 1 deny" "$(echo "$out" | paste -sd' ')"
	contains "/dev/null" "$out"
	expect 1000:1000 "$(stat -c %u:%g "$B/rootfs/root/new")"
	expect proc "$(line_of /proc | cut -d' ' -f3)"
	[ ! -d "$T/run/cruet/$ID" ] || die "the record is still there"
}

test_life_of_a_users_container()
{
	users_bundle
	users_config '.process.args = ["sleep", "1000"]'
	user "$T/cruet" create --bundle "$B" "$ID" >"$T/out" 2>&1 || die "$(cat "$T/out")"
	expect created "$(user "$T/cruet" state "$ID" | jq -r .status)"
	user "$T/cruet" start "$ID"
	expect 0 "$(user "$T/cruet" exec "$ID" id -u)"
	expect running "$(user "$T/cruet" list --format json | jq -r '.[0].status')"
	pid=$(user "$T/cruet" state "$ID" | jq -r .pid)
	expect 1000 "$(stat -c %u "/proc/$pid")"
	fails "container does not exist" cruet state "$ID"
	user "$T/cruet" kill "$ID" KILL
	wait_until 10 sh -c "! [ -d /proc/$pid ]"
	user "$T/cruet" delete "$ID"
	[ ! -d "$T/run/cruet/$ID" ]
}

test_what_a_user_cannot()
{
	users_bundle
	cp "$B/config.json" "$T/config.json"
	users_config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	fails "spec --rootless" user "$T/cruet" run --bundle "$B" "$ID"
	cp "$T/config.json" "$B/config.json"
	users_config '.process.user.additionalGids = [5]'
	fails "additionalGids" user "$T/cruet" run --bundle "$B" "$ID"
	cp "$T/config.json" "$B/config.json"
	users_config '.linux.resources = {pids: {limit: 10}}'
	fails "" user "$T/cruet" run --bundle "$B" "$ID"
	contains cgroup "$(cat "$T/fails.out")"
	cp "$T/config.json" "$B/config.json"
	users_config '.linux.netDevices = {lo: {}}'
	fails "netDevices" user "$T/cruet" run --bundle "$B" "$ID"
	cp "$T/config.json" "$B/config.json"
	users_config '.linux.uidMappings[0].hostID = 0'
	fails "" user "$T/cruet" run --bundle "$B" "$ID"
	expect "" "$(ls -A "$T/run/cruet" 2>/dev/null)"
}

test_a_users_volume()
{
	users_bundle
	mkdir "$T/home/v" "$T/roots"
	echo mine >"$T/home/v/f"
	chown -R 1000:1000 "$T/home/v"
	chmod 700 "$T/roots"
	users_config '.mounts += [{destination: "/mnt", type: "bind", source: $s, options: ["rbind", "ro"]}]' --arg s "$T/home/v"
	expect mine "$(users_run 'cat /mnt/f')"
	fails "Read-only" users_run ': >/mnt/f'
	users_config '.mounts[-1].source = $s' --arg s "$T/roots/x"
	fails "Permission denied" users_run true
	expect "" "$(ls -A "$T/run/cruet" 2>/dev/null)"
}

# With newuidmap there are more ids than his own.
test_many_ids()
{
	command -v newuidmap >/dev/null || skip "no newuidmap (package uidmap)"
	users_bundle
	echo "1000:200000:65536" >"$T/subid"
	# what the machine has is left alone: our mount namespace is our own
	cp /etc/passwd "$T/passwd"
	grep -q '^[^:]*:[^:]*:1000:' "$T/passwd" || echo "cruettest:x:1000:1000::/:/bin/sh" >>"$T/passwd"
	mount --bind "$T/subid" /etc/subuid
	mount --bind "$T/subid" /etc/subgid
	mount --bind "$T/passwd" /etc/passwd
	users_config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}, {containerID: 1, hostID: 200000, size: 65535}]
		| .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 5, gid: 6, additionalGids: [7]}'
	out=$(users_run 'id -u; id -G; wc -l </proc/self/uid_map; cat /proc/self/setgroups' 2>&1) || :
	users_config '.linux.uidMappings[1].hostID = 300000'
	users_run true >"$T/refused" 2>&1 || :
	umount /etc/subuid /etc/subgid /etc/passwd
	contains newuidmap "$(cat "$T/refused")"
	expect "5 6 7 2 allow" "$(echo "$out" | paste -sd' ')"
	expect "" "$(ls -A "$T/run/cruet" 2>/dev/null)"
}

# The root of an outer user namespace, as in a container that runs containers.
test_in_an_outer_user_namespace()
{
	users_bundle
	rm "$B/config.json"
	(cd "$B" && user "$T/cruet" spec --bundle "$B")
	users_config '.process.terminal = false | .process.env = ["PATH=/bin"] | .process.args = ["sh", "-c", "id -u; hostname; ls /dev/null; cat /proc/self/uid_map | tr -s \" \""] | .hostname = "nested"
		| del(.linux.resources) | (.mounts[] | select(.type == "devpts") | .options) -= ["gid=5"]'
	out=$(user unshare -Ur "$T/cruet" run --bundle "$B" "$ID" 2>&1) || die "$out"
	expect "0 nested /dev/null  0 1000 1" "$(echo "$out" | paste -sd' ')"
}

# What the image ships is never run to set the container up.
test_image_programs_are_not_run()
{
	users_bundle
	mkdir -p "$B/rootfs/usr/bin"
	for name in newuidmap newgidmap; do
		printf '#!/bin/sh\n: >/tmp/ran\n' >"$B/rootfs/usr/bin/$name"
		chmod 755 "$B/rootfs/usr/bin/$name"
	done
	users_config '.root.readonly = false'
	expect 0 "$(users_run 'id -u')"
	[ ! -e "$B/rootfs/tmp/ran" ]
}
