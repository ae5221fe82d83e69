#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016  # hooks, which mmdebstrap's shell expands
# build-image.sh [--suite SUITE] [--force] FLAVOUR
#
# Builds the disk image of the guest and prints the directory that holds it (root.img, vmlinuz, about). Everything comes
# from the machine's Debian mirror by apt. The directory is in the cache, named by a hash of all that went into it, and
# appears whole or not at all.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage() {
	echo "usage: build-image.sh [--suite trixie|forky|sid|...] [--force] minimal|engines" >&2
	exit 125
}

parse() {
	suite=trixie force=''
	while [ $# -gt 0 ]; do
		case $1 in
		--suite) suite=${2:?} && shift ;;
		--force) force=yes ;;
		-*) usage ;;
		*) break ;;
		esac
		shift
	done
	[ $# -eq 1 ] || usage
	[ -f "$vm_dir/packages.$1" ] || usage
	flavour=$1
}

name_image() {
	local key

	lists=("$vm_dir/packages.minimal")
	[ "$flavour" = minimal ] || lists+=("$vm_dir/packages.$flavour")
	key=$(cat "$vm_dir/build-image.sh" "$vm_dir"/image/* "${lists[@]}" | sha256sum | cut -c1-12)
	image=$vm_cache/$flavour-$suite-$key
	debs=$vm_cache/debs/$suite
}

packages() {
	cat "${lists[@]}" | sed 's/#.*//' | tr -s '[:space:]' ',' | sed 's/^,//; s/,$//'
}

# Runs inside the new tree, called by mmdebstrap while apt still works there. The kernel is unpacked, not installed: its
# scripts would bring an initramfs, which the guest does not need. The name of the kernel's package is known to the meta
# package alone, and some suites split it into several. The SELinux policy is unpacked too: its scripts fail in a chroot.
fetch_script() {
	cat <<-'SCRIPT'
		set -eu
		cd /var/cache/apt/archives
		kernel=linux-image-cloud-amd64 all=
		while [ -n "$kernel" ]; do
			all="$all $kernel"
			kernel=$(apt-cache depends $kernel |
				sed -n 's/^ *|\?\(Pre\)\?-\?Depends: \(linux-\(image\|binary\|modules\|base\)-[0-9].*\)/\2/p' | sort -u)
		done
		apt-get download -qq $all selinux-policy-default
		for package in $all selinux-policy-default; do
			for deb in ${package}_*.deb; do
				dpkg-deb --fsys-tarfile "$deb" | tar -C / -x --keep-directory-symlink
			done
		done
	SCRIPT
}

# The packages of earlier builds are at hand, by hard links where the file system allows; what the mirror has no longer goes.
bootstrap() {
	local options

	mapfile -t options < <(apt_options)
	mkdir -p "$debs"
	fetch_script >"$work/fetch.sh"
	mmdebstrap --mode=root --variant=apt "${options[@]}" --include="$(packages)" \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		--setup-hook="mkdir -p \"\$1/var/cache/apt/archives\"; cp -lf $debs/*.deb \"\$1/var/cache/apt/archives/\" 2>/dev/null || :" \
		--skip=download/empty --skip=essential/unlink \
		--customize-hook="chroot \"\$1\" sh -s <$work/fetch.sh" \
		--customize-hook='chroot "$1" apt-get autoclean' \
		--customize-hook="rm -f $debs/*.deb; cd \"\$1/var/cache/apt/archives\"; cp -lf ./*.deb $debs/ || cp -f ./*.deb $debs/" \
		"$suite" "$tree" "$(mirror)"
}

# Debian compiles about a hundred AppArmor profiles at boot (16 s in the guest) and starts much that no test needs.
trim() {
	find "$tree/etc/apparmor.d" -maxdepth 1 -type f -delete
	rm -rf "$tree"/etc/apparmor.d/{disable,force-complain,local,apparmor}/* "$tree"/var/cache/apt/*.bin
	while read -r unit; do
		case $unit in '' | '#'*) continue ;; esac
		ln -sf /dev/null "$tree/etc/systemd/system/$unit"
	done <"$vm_dir/image/masked-units"
}

configure() {
	local kernel

	kernel=$(basename "$tree"/usr/lib/modules/*)
	chroot "$tree" depmod -a "$kernel"
	# An empty machine-id would make this a first boot, which presets all units.
	echo 00000000000000000000000000c0ffee >"$tree/etc/machine-id"
	echo cruet-vm >"$tree/etc/hostname"
	printf '127.0.0.1 localhost cruet-vm\n::1 localhost\n' >"$tree/etc/hosts"
	rm -f "$tree/etc/resolv.conf"
	: >"$tree/etc/resolv.conf"
	echo '/dev/nvme0n1 / ext4 rw,relatime 0 1' >"$tree/etc/fstab"
	chroot "$tree" useradd --uid 1000 --user-group --create-home --shell /bin/bash tester
	# podman's --userns=auto takes its ranges from a user of this name.
	chroot "$tree" useradd --system --no-create-home --shell /usr/sbin/nologin containers
	printf 'tester:100000:65536\ncontainers:1000000:4194304\n' | tee "$tree/etc/subuid" >"$tree/etc/subgid"
	install -D -m 644 "$vm_dir/image/cruet-job.service" "$tree/etc/systemd/system/cruet-job.service"
	install -m 755 "$vm_dir/image/as-tester" "$tree/usr/local/bin/as-tester"
	mkdir -p "$tree/etc/systemd/system/multi-user.target.wants" "$tree/mnt/cruet" "$tree/mnt/out"
	ln -sf ../cruet-job.service "$tree/etc/systemd/system/multi-user.target.wants/"
	ln -sf multi-user.target "$tree/etc/systemd/system/default.target"
}

# Tests start the daemons that they need: each costs seconds of every boot.
configure_engines() {
	[ "$flavour" = engines ] || return 0
	chroot "$tree" systemctl --quiet disable containerd.service docker.service docker.socket netavark-dhcp-proxy.socket
	install -D -m 644 "$vm_dir/image/docker.json" "$tree/etc/docker/daemon.json"
}

# The policy is compiled here, not in the guest, where a single module takes half a minute; the modules are kept
# uncompressed for the same reason.
selinux() {
	sed -i 's/^SELINUX=.*/SELINUX=permissive/; s/^SELINUXTYPE=.*/SELINUXTYPE=default/' "$tree/etc/selinux/config"
	printf '%s\n' bzip-blocksize=0 save-previous=false >>"$tree/etc/selinux/semanage.conf"
	cp "$vm_dir/image/cruet_test.cil" "$tree/usr/share/selinux/default/"
	chroot "$tree" sh -c 'cd /usr/share/selinux/default && semodule -n -s default -X 100 -i ./*.pp.bz2 -X 400 -i cruet_test.cil'
	rm -rf "$tree/usr/share/selinux/default"
	# Sessions without all categories, like the job itself: else no container of a rootless user can write to its pipe.
	sed -i '/unconfined_u/s/:s0-s0:c0.c1023/:s0-s0/' "$tree/etc/selinux/default/seusers" "$tree"/var/lib/selinux/default/active/seusers*
}

# Labels are extended attributes: harmless where SELinux is off, so one image serves every security module.
label() {
	chroot "$tree" setfiles -F /etc/selinux/default/contexts/files/file_contexts / 2>&1 | tail -n 5 >&2
}

# Older packages have it in /boot, newer ones beside the modules.
take_kernel() {
	local file

	for file in "$tree"/boot/vmlinuz-* "$tree"/usr/lib/modules/*/vmlinuz; do
		[ ! -f "$file" ] || mv "$file" "$work/done/vmlinuz"
	done
	[ -f "$work/done/vmlinuz" ]
}

make_image() {
	local kib

	kib=$(du -sk "$tree" | cut -f1)
	truncate -s "$((kib / 1024 + 4096))M" "$work/done/root.img"
	# No journal and no checksums: the image is never written, only a throw-away layer over it.
	mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -E lazy_itable_init=1,root_owner=0:0 -N 200000 \
		-d "$tree" "$work/done/root.img"
}

# Whatever happened, no half of an image stays; a failure shows its log.
build_ended() {
	rm -rf "$work"
	[ "$1" -eq 0 ] && return
	tail -n 20 "$vm_cache/$flavour-$suite.log" >&2
	say "cannot build the $flavour image of $suite"
	exit 125
}

build() {
	local start=$SECONDS

	deps mmdebstrap=mmdebstrap mke2fs=e2fsprogs
	say "building the $flavour image of $suite (log: $vm_cache/$flavour-$suite.log)"
	work=$vm_cache/new.$flavour-$suite.$$
	tree=$work/tree
	trap 'build_ended $?' EXIT
	trap 'exit 130' INT TERM HUP
	mkdir -p "$work/done"
	{
		bootstrap
		trim
		configure
		configure_engines
		selinux
		label
		take_kernel
		make_image
	} >"$vm_cache/$flavour-$suite.log" 2>&1 9>&-
	echo "$flavour image of Debian $suite" >"$work/done/about"
	rm -rf "$image"
	mv -T "$work/done" "$image"
	say "built the $flavour image of $suite in $((SECONDS - start)) s"
}

# Images of other scripts go when nobody has booted them for a day.
prune() {
	find "$vm_cache" -maxdepth 1 -type d -name '*-*-????????????' -mtime +0 ! -path "$image" -exec rm -rf {} +
}

main() {
	parse "$@"
	name_image
	cache_lock "$flavour-$suite"
	if [ -n "$force" ] || [ ! -f "$image/about" ]; then
		build
		prune
	fi
	touch "$image"
	echo "$image"
}

main "$@"
