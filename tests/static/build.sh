#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/static/build.sh: builds the outside libraries with musl, for `make LINK=static`, from the sources of the Debian that
# this machine runs, security updates included, or of a newer one where no mirror has these.
#
# usage: build.sh        (cache: ${CRUET_CACHE:-/var/cache/cruet}/musl)
#
# Prints the directory with include/ and lib/, and nothing else, on stdout. What is in the cache is used as it is: no
# network and not even root is needed then. Its name holds a hash of what decides its content.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
packages="libseccomp libcap2 yajl apparmor libmnl"
libraries="libseccomp.a libcap.a libyajl_s.a libapparmor.a libmnl.a"
other_suites="trixie forky sid"

say() { echo "static/build: $*" >&2; }
die() { say "$*"; exit 1; }
# shellcheck source=../apt-source.sh
. "$here/../apt-source.sh"

# Position independent, and hardened as the rest. musl has none of Linux' own headers.
compiler() {
	flags="-O2 -fPIC -fstack-protector-strong -fstack-clash-protection -D_GNU_SOURCE"
	flags="$flags -idirafter /usr/include -idirafter /usr/include/$(cc -print-multiarch)"
}

# What of $packages is not there yet, from one list of archives ("URI SUITE COMPONENT" a line).
fetch_from() { # LABEL < ARCHIVES
	sed "s|^|deb-src [signed-by=$keyring] |" >"$work/apt/sources.list"
	[ -s "$work/apt/sources.list" ] || die "apt knows no archive of Debian here: apt-get update"
	retry private_apt update || return 0
	for package in $packages; do
		source_of "$package" >/dev/null || (cd "$work" && private_apt source "$package") 2>>"$work/log" ||
			say "no source of $package in $1"
	done
}

fetch() {
	keyring=$(keyring)
	archives | fetch_from "this machine's Debian"
	for suite in $other_suites; do
		! all_fetched || return 0
		archives | grep -v security | cut -d' ' -f1 | sort -u | sed "s/\$/ $suite main/" | fetch_from "$suite"
	done
	all_fetched || { tail -n 20 "$work/log" >&2; die "no mirror gave the sources"; }
}

# But for libmnl: there is what we use of it in mnl.c, for mirrors that do not have it.
all_fetched() {
	for package in $packages; do
		[ "$package" = libmnl ] || source_of "$package" >/dev/null || return 1
	done
}

source_of() { # PACKAGE
	for dir in "$work/$1"-[0-9]*/; do
		[ -d "$dir" ] && echo "$dir" && return 0
	done
	return 1
}

# Few files, and no need for their build systems: compile all, archive.
archive() { # LIBRARY INCLUDE-FLAGS SOURCE...
	library=$1 include=$2
	shift 2
	mkdir "$work/objects"
	for file; do
		# shellcheck disable=SC2086 # lists of words
		musl-gcc $flags $include -c -o "$work/objects/$(basename "$file" .c).o" "$file"
	done
	ar rcs "$out/lib/$library" "$work"/objects/*.o
	rm -r "$work/objects"
}

build_libseccomp() {
	cd "$(source_of libseccomp)"
	./configure --quiet --host="$(uname -m)-linux-musl" CC=musl-gcc CFLAGS="$flags" --disable-shared --enable-static
	make -s -C include
	make -s -C src libseccomp.la
	cp src/.libs/libseccomp.a "$out/lib/"
	cp include/seccomp.h include/seccomp-syscalls.h "$out/include/"
}

build_libcap() {
	cd "$(source_of libcap2)"
	make -s -C libcap CC=musl-gcc BUILD_CC=cc COPTS="$flags" SHARED=no PTHREADS=no libcap.a
	cp libcap/libcap.a "$out/lib/"
	mkdir -p "$out/include/sys"
	cp libcap/include/sys/capability.h "$out/include/sys/"
}

build_yajl() {
	cd "$(source_of yajl)"
	mkdir "$out/include/yajl"
	cp src/api/yajl_*.h "$out/include/yajl/"
	version() { sed -n "s/^SET *(YAJL_$1 \\([0-9]*\\)).*/\\1/p" CMakeLists.txt; }
	sed -e "s/\${YAJL_MAJOR}/$(version MAJOR)/" -e "s/\${YAJL_MINOR}/$(version MINOR)/" -e "s/\${YAJL_MICRO}/$(version MICRO)/" \
		src/api/yajl_version.h.cmake >"$out/include/yajl/yajl_version.h"
	archive libyajl_s.a "-I$out/include" src/*.c
}

# The part that asks the kernel: no parser of policies or logs.
build_apparmor() {
	cd "$(source_of apparmor)/libraries/libapparmor"
	cp include/sys/apparmor.h "$out/include/sys/"
	archive libapparmor.a "-Iinclude -Isrc" src/kernel.c src/private.c
}

build_libmnl() {
	if dir=$(source_of libmnl); then
		cd "$dir"
		cp -r include/libmnl "$out/include/"
		archive libmnl.a "-Iinclude -Isrc" src/*.c
	else
		cp -r /usr/include/libmnl "$out/include/"
		say "no mirror gave the source of libmnl: mnl.c stands in for it"
		archive libmnl.a "-I$out/include" "$here/mnl.c"
	fi
}

build() {
	compiler
	mkdir -p "$out/lib" "$out/include"
	for name in libseccomp libcap yajl apparmor libmnl; do
		say "building $name"
		("build_$name") >"$work/log" 2>&1 & # in the background: a list with || would not stop at an error
		wait $! || { tail -n 20 "$work/log" >&2; die "cannot build $name"; }
	done
	for name in $libraries; do
		[ -s "$out/lib/$name" ] || die "no $name was made"
	done
}

main() {
	cache=${CRUET_CACHE:-/var/cache/cruet}/musl
	key=$(cat "$here/build.sh" "$here/mnl.c" "$here/../apt-source.sh" | sha256sum | cut -c1-12)
	done=$cache/$(uname -m)-$key
	if [ ! -d "$done" ]; then
		mkdir -p "$cache" 2>/dev/null || die "cannot make $cache: as root once, or set CRUET_CACHE"
		cache=$(CDPATH='' cd -- "$cache" && pwd)
		exec 9>"$cache/lock"
		flock 9 # two builders: the second finds what the first made
	fi
	if [ ! -d "$done" ]; then
		"$here/../deps.sh" build static
		work=$(mktemp -d "$cache/build.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		trap 'exit 130' INT TERM HUP
		out=$work/out
		mkdir "$work/apt"
		fetch
		build
		rm -rf "$cache/$(uname -m)"-*
		chmod -R a+rX "$out"
		mv "$out" "$done"
	fi
	echo "$done"
}

main
