# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What build-image.sh and vm.sh both need: the cache, the mirror, the host's packages, QEMU. Sourced, never run.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_cache=${CRUET_CACHE:-/var/cache/cruet}/vm
vm_multiarch=x86_64-linux-gnu

say() { printf 'vm: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }

# Every address comes from the machine's own apt sources (or CRUET_MIRROR, where the machine is no Debian):
# the machine knows which mirror it may reach, the project does not.
mirror() {
	local all

	if [ -n "${CRUET_MIRROR:-}" ]; then
		echo "$CRUET_MIRROR"
		return
	fi
	all=$(
		sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null || :
		sed -n 's/^deb[[:space:]]\+\(\[[^]]*\][[:space:]]*\)\?\([^[:space:]]*\).*/\2/p' \
			/etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || :
	)
	# A security or third-party archive may stand first: the main one is the one that ends in /debian.
	{ grep '/debian/*$' <<<"$all" || printf '%s\n' "$all"; } | head -n 1
}

# Installs on this machine the packages whose command is missing: deps COMMAND=PACKAGE...
deps() {
	local pair missing=()

	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing on this machine: ${missing[*]}"
	apt-get update -qq >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# The options of apt that make fetching quick and robust, as mmdebstrap takes them.
apt_options() {
	local proxy=

	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	[ -z "$proxy" ] || echo "--aptopt=Acquire::http::Proxy \"$proxy\""
	# The Release files of testing and unstable in a snapshot are past their date.
	echo '--aptopt=Acquire::Check-Valid-Until "false"'
	echo '--aptopt=Acquire::Retries "5"'
	echo '--aptopt=Acquire::Languages "none"'
	echo '--aptopt=Apt::Install-Recommends "false"'
	echo '--aptopt=APT::Sandbox::User "root"'
}

# One builder at a time for each thing in the cache; the others wait and find it done.
cache_lock() {
	mkdir -p "$vm_cache"
	exec 9>"$vm_cache/$1.lock"
	flock 9
}

# QEMU of a newer Debian than this machine's, unpacked beside it and run through its own dynamic loader: process-heavy
# work in the guest is 2.5-3 times faster in QEMU 10 than in bookworm's 7.2.
qemu_suite=trixie

qemu_unpack() {
	local options tmp=$vm_cache/qemu-$qemu_suite.new.$$

	mapfile -t options < <(apt_options)
	rm -rf "$tmp"
	# The log is shown only if it failed.
	if ! mmdebstrap --mode=root --variant=extract "${options[@]}" \
		--include=qemu-system-x86,qemu-utils,virtiofsd,seabios "$qemu_suite" "$tmp" "$(mirror)" >"$tmp.log" 2>&1; then
		tail -n 5 "$tmp.log" >&2
		rm -rf "$tmp" "$tmp.log"
		return 1
	fi
	rm -f "$tmp.log"
	mv -T "$tmp" "$vm_cache/qemu-$qemu_suite"
}

# Sets qemu=(command...), virtiofsd=(command...), read_only (virtiofsd's option, if it has one) and qemu_is.
qemu_find() {
	local root=$vm_cache/qemu-$qemu_suite lib loader

	read_only=''
	lib=$root/usr/lib/$vm_multiarch
	loader=("$lib/ld-linux-x86-64.so.2" --library-path "$lib")
	if [ ! -d "$root" ] && ! (cache_lock qemu; deps mmdebstrap=mmdebstrap; [ -d "$root" ] || qemu_unpack); then
		say "no QEMU of $qemu_suite: using this machine's"
	fi
	if [ -d "$root" ] && "${loader[@]}" "$root/usr/bin/qemu-system-x86_64" --version >/dev/null 2>&1; then
		qemu=(env "QEMU_MODULE_DIR=$lib/qemu" "${loader[@]}" "$root/usr/bin/qemu-system-x86_64"
			-L "$root/usr/share/qemu" -L "$root/usr/share/seabios")
		virtiofsd=("${loader[@]}" "$root/usr/libexec/virtiofsd")
		read_only=--readonly
	else
		deps qemu-system-x86_64=qemu-system-x86
		qemu=(qemu-system-x86_64)
		host_virtiofsd
	fi
	qemu_is=$("${qemu[@]}" --version | sed -n 's/^QEMU emulator version \([^ ]*\).*/\1/p')
}

# Debian 12's virtiofsd is the old one in C, later ones are the one in Rust: only the latter can refuse writes itself
# (the guest mounts the share read-only in any case).
host_virtiofsd() {
	local path

	for path in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd; do
		[ -x "$path" ] || continue
		virtiofsd=("$path")
		if "$path" --help 2>&1 | grep -q -e '--readonly'; then
			read_only=--readonly
		fi
		return
	done
	die "no virtiofsd on this machine (package virtiofsd or qemu-system-common)"
}
