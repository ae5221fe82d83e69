# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/idmap_test.sh: file systems whose ids can be mapped, as the root of --userns=auto and as a volume of a pod with
# hostUsers: false; and what is said of those whose ids cannot.

. "${BASH_SOURCE[0]%/*}/look.sh"

# A bundle with its root on $T/fs, which belongs to the host's root, and a volume there with a file of each of two users.
bundle_on()
{
	on "$1"
	bundle
	mkdir -p "$T/fs/v"
	mv "$B/rootfs" "$T/fs/rootfs"
	config '.root = {path: $p} | ["CAP_CHOWN", "CAP_DAC_OVERRIDE"] as $c | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}' \
		--arg p "$T/fs/rootfs"
	echo of root >"$T/fs/v/root"
	echo of a user >"$T/fs/v/user"
	chown 1000:2000 "$T/fs/v/user"
	chmod 600 "$T/fs/v"/*
	mkdir "$T/etc"
	echo containers:1000000:65536 | tee "$T/etc/subuid" >"$T/etc/subgid"
}

auto()
{
	# shellcheck disable=SC2016 # for the shell inside
	unshare -m sh -c 'mount --bind "$1/etc" /etc && shift && exec "$@"' sh "$T" \
		"$RUNTIME" --root "$ROOT" run --userns=auto --bundle "$B" "$ID"
}

maps()
{
	bundle_on "$1"
	# the root
	args sh -c 'stat -c %u:%g /bin/busybox && : >/etc/new && chown 33:34 /etc/new && stat -c %u:%g /etc/new && head -n 1 /proc/self/uid_map | tr -s " "'
	expect "0:0 33:34  0 1000000 65536" "$(auto 2>&1 | paste -sd' ')"
	expect 33:34 "$(stat -c %u:%g "$T/fs/rootfs/etc/new")"
	# a volume: with its ids mapped its files are the container's, and what is written is written as what it is inside
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 131072, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .root.path = $p
		| .mounts += [{destination: "/mnt", type: "bind", source: $v, options: ["rbind"], uidMappings: .linux.uidMappings, gidMappings: .linux.uidMappings}]' \
		--arg p "$ROOTFS" --arg v "$T/fs/v"
	args sh -c 'cat /mnt/root; stat -c %u:%g /mnt/root /mnt/user; : >/mnt/new; chown 5:6 /mnt/new'
	expect "of root 0:0 1000:2000" "$(cruet run --bundle "$B" "$ID" 2>&1 | paste -sd' ')"
	expect 5:6 "$(stat -c %u:%g "$T/fs/v/new")"
	# and without, host files stay the host's
	config '.mounts[-1] |= del(.uidMappings, .gidMappings)'
	args sh -c 'cat /mnt/root; cat /mnt/user; stat -c %u:%g /mnt/root; echo >/mnt/newer; chmod 666 /mnt/root; :'
	cruet run --bundle "$B" "$ID" >"$T/out" 2>&1
	expect "65534:65534" "$(grep -v ': ' "$T/out")"
	expect 4 "$(grep -cE 'Permission denied|not permitted' "$T/out")"
	expect 600 "$(stat -c %a "$T/fs/v/root")"
}

test_idmap_ext4()
{
	maps ext4;
}

test_idmap_tmpfs()
{
	maps tmpfs;
}

test_idmap_xfs()
{
	maps xfs;
}

test_idmap_btrfs()
{
	maps btrfs;
}

# A new file system: its root belongs to whom the map says, the mode is that of what it covers, and what is copied up is mapped too.
test_idmap_new_tmpfs()
{
	kernel_is 6 3 || skip "tmpfs maps no ids before Linux 6.3"
	bundle
	mkdir -m 751 "$B/rootfs/full"
	echo below >"$B/rootfs/full/file"
	config '["CAP_CHOWN", "CAP_DAC_OVERRIDE"] as $c | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}
		| .mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["nosuid", "size=64k", "idmap=uids=0-1000-1#1-0-1;gids=0-2000-1#1-0-1"]},
			{destination: "/full", type: "tmpfs", source: "tmpfs",
				uidMappings: [{containerID: 0, hostID: 7, size: 1}], gidMappings: [{containerID: 0, hostID: 8, size: 1}]}]'
	args sh -c 'stat -c %u:%g /mnt; : >/mnt/new; chown 1000:2000 /mnt/new; stat -c %u:%g /mnt/new; stat -c %a:%u:%g /full'
	expect "1000:2000 1000:2000 751:7:8" "$(cruet run --bundle "$B" "$ID" 2>&1 | paste -sd' ')"
	# with a user namespace the ids are the host's, as for a bind
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 131072, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts += [{destination: "/full", type: "tmpfs", source: "tmpfs", options: ["idmap", "tmpcopyup"]}]
		| .mounts[-3].options = ["idmap"] | .mounts[-2].destination = "/other" | .mounts[-2] |= (.uidMappings[0].hostID = 131079 | .gidMappings[0].hostID = 131080 | .options = [])'
	chown -R 131072:131072 "$B/rootfs"
	args sh -c 'stat -c %u:%g /mnt; : >/mnt/new; stat -c %u:%g /mnt/new; stat -c %u:%g /other; stat -c %a:%u:%g /full /full/file; cat /full/file'
	expect "0:0 0:0 7:8 751:0:0 644:0:0 below" "$(cruet run --bundle "$B" "$ID" 2>&1 | paste -sd' ')"
	config '.mounts[-2].type = "mqueue"'
	fails "/other: file system 'mqueue' does not support id-mapped mounts" cruet run --bundle "$B" "$ID"
	nothing_left
}

# It is named, and nothing is left: of the root, of a volume, and of what is mounted below.
refuses()
{
	bundle_on "$1"
	fails "root.path '$T/fs/rootfs': file system '$1' or one mounted below it does not support id-mapped mounts" auto
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 131072, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .root.path = $p
		| .mounts += [{destination: "/mnt", type: "bind", source: $v, options: ["rbind"], uidMappings: .linux.uidMappings, gidMappings: .linux.uidMappings}]' \
		--arg p "$ROOTFS" --arg v "$T/fs/v"
	fails "/mnt: file system '$1' does not support id-mapped mounts" cruet run --bundle "$B" "$ID"
	nothing_left
}

test_idmap_refused_by_ramfs()
{
	refuses ramfs;
}

# The layers of an overlay are mapped by who mounts it (an engine); the overlay itself cannot be, up to Linux 6.18.
test_idmap_refused_by_overlay()
{
	refuses overlay;
}

test_idmap_layers_of_an_overlay()
{
	mount --help | grep -q X-mount.idmap || mount --version | grep -qE 'util-linux 2\.(39|[4-9][0-9])' || skip "mount(8) maps no ids: older than 2.39"
	bundle
	args sh -c 'stat -c %u:%g /bin/busybox; : >/etc/new; stat -c %u:%g /etc/new'
	config '.root.readonly = false | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 131072, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	# as containerd does it: the image's layers are mapped, the uppermost belongs to the container's root
	mkdir "$T"/{image,low,up,work}
	cp -a "$B/rootfs/." "$T/image"
	mount --bind -o X-mount.idmap=b:0:131072:65536 "$T/image" "$T/low"
	chown 131072:131072 "$T/up"
	mount -t overlay -o "lowerdir=$T/low,upperdir=$T/up,workdir=$T/work" none "$B/rootfs"
	expect "0:0 0:0" "$(cruet run --bundle "$B" "$ID" 2>&1 | paste -sd' ')"
	expect 131072:131072 "$(stat -c %u:%g "$T/up/etc/new")"
}
