#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the validation suite of OCI runtime-tools from Debian's source package.
#
# usage: build.sh [CACHE_DIR]        (default: ${CRUET_CACHE:-/var/cache/cruet}/oci)
#
# Prints the directory of the finished suite, and nothing else, on stdout:
#   bin/NAME           one program a test
#   runtimetest        static; the tests copy it into their bundles
#   rootfs-ARCH.tar.gz the root file system of every bundle
# A suite that is there is used as it is: no network, no package, not even root is
# needed then. Its name holds a hash of what decides its content.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source_package=golang-github-opencontainers-runtime-tools
import_path=github.com/opencontainers/runtime-tools
suites="trixie forky sid"
build_depends="
	golang-go
	golang-github-blang-semver-dev
	golang-github-google-uuid-dev
	golang-github-hashicorp-go-multierror-dev
	golang-github-mrunalp-fileutils-dev
	golang-github-opencontainers-selinux-dev
	golang-github-opencontainers-specs-dev
	golang-github-sirupsen-logrus-dev
	golang-github-urfave-cli-dev
	golang-github-xeipuuv-gojsonschema-dev
	golang-gocapability-dev
	golang-golang-x-sys-dev"

say() { echo "oci/build: $*" >&2; }
die() { say "$*"; exit 1; }

# shellcheck source=../apt-source.sh
. "$here/../apt-source.sh"

# The mirrors that this machine itself uses, one a line.
mirrors() {
	archives | grep -v security | cut -d' ' -f1 | sort -u
}

fetch_from() { # MIRROR SUITE; leaves the tarball in $work/apt
	echo "deb-src [signed-by=$keyring] $1 $2 main" >"$work/apt/sources.list"
	private_apt update &&
		(cd "$work/apt" && private_apt source --download-only --tar-only "$source_package")
}

fetch_from_any() {
	for suite in $suites; do
		for mirror in $(mirrors); do
			fetch_from "$mirror" "$suite" && return 0
		done
	done
	return 1
}

fetch_source() {
	keyring=$(keyring)
	mkdir -p "$work/apt"
	retry fetch_from_any || die "no mirror gave the source package $source_package"
	mkdir -p "$tree"
	tar -xf "$work/apt/$source_package"_*.tar.* -C "$tree" --strip-components=1
}

missing_packages() {
	for package in $build_depends; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
	done
}

machine_apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 \
		-o Acquire::Check-Valid-Until=false -o Acquire::Retries=5 "$@" >&2
}

install_packages() { # PACKAGE...
	# The lists may be older than the mirror, or missing.
	machine_apt install -y --no-install-recommends "$@" || {
		machine_apt update
		machine_apt install -y --no-install-recommends "$@"
	}
}

provide_packages() {
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086 # a list of words, here and below
	say "installing" $missing
	# shellcheck disable=SC2086
	retry install_packages $missing || die "cannot install the build dependencies"
}

# GOPATH mode, and nothing may be fetched: Debian's -dev packages are the only libraries.
# Without cgo every program is static, so the suite runs in any guest.
go_build() {
	(cd "$tree" && env HOME="$work" GO111MODULE=off GOFLAGS='' GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0 \
		GOCACHE="$work/go-cache" GOPATH="$work/gopath:/usr/share/gocode" go build "$@" >&2)
}

compile() {
	tap=$work/gopath/src/github.com/mndrix/tap-go
	mkdir -p "$tap" "$work/out/bin"
	cp "$here/tap/tap.go" "$tap/"
	go_build -tags "netgo osusergo" -ldflags "-s -w -X main.version=$(cat "$tree/VERSION")" \
		-o "$work/out/runtimetest" ./cmd/runtimetest
	programs=$(cd "$tree" && find ./validation -mindepth 1 -maxdepth 1 -type d ! -name util)
	# shellcheck disable=SC2086 # a list of words
	go_build -ldflags "-s -w" -o "$work/out/bin/" $programs
	cp "$tree"/rootfs-*.tar.gz "$work/out/"
}

main() {
	cache=${1:-${CRUET_CACHE:-/var/cache/cruet}/oci}
	mkdir -p "$cache"
	cache=$(CDPATH='' cd -- "$cache" && pwd)
	key=$(cat "$here/build.sh" "$here/tap/tap.go" "$here/../apt-source.sh" | sha256sum | cut -c1-12)
	done=$cache/suite-$(uname -m)-$key
	if [ ! -d "$done" ]; then
		exec 9>"$cache/lock"
		flock 9 # two builders: the second finds what the first made
	fi
	if [ ! -d "$done" ]; then
		work=$(mktemp -d "$cache/build.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		trap 'exit 130' INT TERM HUP
		tree=$work/gopath/src/$import_path
		provide_packages
		fetch_source
		say "building"
		compile
		rm -rf "$cache"/suite-"$(uname -m)"-* # made by an older build.sh
		mv "$work/out" "$done"
	fi
	echo "$done"
}

main "$@"
