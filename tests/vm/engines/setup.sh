#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/vm/engines/setup.sh [RUNTIME]: makes the engines of the guest use RUNTIME (/usr/local/bin/cruet), by the very files
# of contrib/, and makes their one image from busybox, without a network. A peer (/usr/bin/crun) stands in under its own name.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
project=$here/../../..
runtime=${1:-/usr/local/bin/cruet}
name=$(basename "$runtime")

# The snippets say /usr/local/bin; a peer has no program that makes everything privileged.
snippet()
{
	sed -e "s|/usr/local/bin/cruet-privileged|$runtime|; s|/usr/local/bin/cruet|$runtime|" -e "s/cruet/$name/g" "$project/contrib/$1"
}

[ "$name" != cruet ] || snippet() { cat "$project/contrib/$1"; }

make_image()
{
	local root=/tmp/rootfs

	mkdir -p $root/{bin,dev,proc,sys,tmp,etc,root,mnt}
	cp /bin/busybox $root/bin/
	chroot $root /bin/busybox --install -s /bin
	printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n' >$root/etc/passwd
	printf 'root:x:0:\nuser:x:1000:\n' >$root/etc/group
	tar -C $root -cf /tmp/rootfs.tar .
	chmod 644 /tmp/rootfs.tar
	# what runs without a command is what holds a pod; crun finds no program without a PATH
	podman import --quiet --change 'ENV PATH=/bin' --change 'CMD ["sleep", "100000"]' /tmp/rootfs.tar localhost/busybox:latest
	rm -f /tmp/busybox.tar
	podman save --quiet -o /tmp/busybox.tar localhost/busybox
}

configure()
{
	mkdir -p /etc/containers/containers.conf.d /etc/docker /etc/containerd /etc/cni/net.d
	snippet podman/cruet.conf >/etc/containers/containers.conf.d/50-"$name.conf"
	# the guest has no network
	snippet docker/daemon.json | jq '. + {iptables: false, ip6tables: false, bridge: "none"}' >/etc/docker/daemon.json
	{
		snippet containerd/config-v3.toml
		# the same once more, for a kubelet whose cgroupDriver is cgroupfs
		cat <<-TOML

			[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.$name-cgroupfs]
			  runtime_type = 'io.containerd.runc.v2'
			  options = {BinaryName = '$runtime', SystemdCgroup = false}
		TOML
		cat <<-'TOML'

			[plugins.'io.containerd.cri.v1.runtime'.cni]
			  bin_dirs = ['/usr/lib/cni']
			  conf_dir = '/etc/cni/net.d'
			[plugins.'io.containerd.cri.v1.images'.pinned_images]
			  sandbox = 'localhost/busybox:latest'
		TOML
	} >/etc/containerd/config.toml
	cat >/etc/cni/net.d/10-test.conflist <<-'JSON'
		{"cniVersion": "1.0.0", "name": "test", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.99.0.0/24"}}]}
	JSON
}

start_daemons()
{
	systemctl start containerd docker
	ctr --namespace default images import /tmp/busybox.tar
	ctr --namespace k8s.io images import /tmp/busybox.tar
	docker load --quiet -i /tmp/busybox.tar
}

# The messages of the CRI are shared by check.sh. protoc may be older than an option that is about printing them.
make_messages()
{
	mkdir -p /tmp/cri
	sed 's/ *\[ *debug_redact *= *true *\]//' /mnt/cri/api.proto >/tmp/cri/api.proto
	protoc --proto_path=/tmp/cri --python_out=/tmp/cri api.proto
}

configure
make_image >/dev/null
make_messages
start_daemons >/dev/null
