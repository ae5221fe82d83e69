#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/deps.sh SET...: installs the Debian packages of the named sets, those that are missing. Takes milliseconds when
# none is. Sets: build (what `make` needs), demo, test (the tests), static (sources for LINK=static), fuzz, deb (packages).
set -eu

build="gcc libc6-dev linux-libc-dev make pkg-config musl-tools libseccomp-dev libcap-dev libyajl-dev libapparmor-dev libmnl-dev"
demo="busybox-static jq"
test="binutils btrfs-progs criu busybox-static clang-format diffutils e2fsprogs fish g++ git iproute2 jq libcap2-bin libsystemd-dev lintian procps python3 shellcheck
	universal-ctags util-linux xfsprogs xz-utils zsh"
static="dpkg-dev debian-archive-keyring gperf xz-utils"
fuzz="clang"
deb="debhelper dh-apparmor dpkg-dev fakeroot"

say() { echo "deps: $*" >&2; }
die() { say "$*"; exit 1; }

packages_of() { # SET
	case $1 in
	build) echo "$build" ;;
	demo) echo "$demo" ;;
	test) echo "$test" ;;
	static) echo "$static" ;;
	fuzz) echo "$fuzz" ;;
	deb) echo "$deb" ;;
	*) die "no set '$1': build, demo, test, static, fuzz, deb" ;;
	esac
}

missing() { # PACKAGE...
	for package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
	done
}

# One question for all of them: the usual case, where nothing is missing.
all_there() { # PACKAGE...
	! dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null | grep -qvx installed &&
		dpkg-query -W "$@" >/dev/null 2>&1
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o Dpkg::Use-Pty=0 "$@" >&2
}

# The package lists may be missing, or older than the mirror; and a mirror is allowed to fail now and then.
install() { # PACKAGE...
	for pause in 0 2 10 30; do
		sleep "$pause"
		apt install -y --no-install-recommends "$@" && return 0
		apt update || :
	done
	apt install -y --no-install-recommends "$@"
}

[ $# -gt 0 ] || die "usage: deps.sh SET..."
sets=$*
wanted=
for set in $sets; do
	wanted="$wanted $(packages_of "$set")"
done
# shellcheck disable=SC2086 # a list of words
set -- $wanted
all_there "$@" && exit 0
command -v dpkg-query >/dev/null || die "this is not Debian; what is needed, under Debian's names: $*"
# shellcheck disable=SC2046 # a list of words
set -- $(missing "$@")
[ "$(id -u)" = 0 ] || die "missing: $* (only root can install: sudo tests/deps.sh $sets)"
say "installing $*"
install "$@" || die "cannot install the packages"
