#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/link.sh: the three ways to link, each in a build directory of its own: what it is linked to, that it works, and how
# hard it is; then what is installed, and the library as another program uses it. Needs root (a container is run).
# Prints "ok link/NAME" or "not ok link/NAME: WHY" a line.
set -u

cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/cruet-link.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

# A test is a function that prints what is wrong and returns 1.
check() { # NAME FUNCTION [ARG...]
	local name=$1

	shift
	if "$@" >"$work/log" 2>&1 </dev/null; then
		echo "ok link/$name"
	else
		sed 's/^/# /' "$work/log" | tail -n 20
		echo "not ok link/$name: $(tail -n 1 "$work/log" | cut -c1-200)"
		failed=1
	fi
}

die() { # WHY: inside a test
	echo "$*"
	exit 1
}

# ---- linked to what -----------------------------------------------------------------------------------------------------

needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | xargs; }

linkage() { # EXE WANTED
	local got

	got=$(needed "$1")
	[ "$got" = "$2" ] || (die "linked to '$got', not to '$2'")
}

# ---- how hard -----------------------------------------------------------------------------------------------------------

# As checksec does: PIE, full RELRO, NX, no RPATH, no text relocations.
hard() { ( # EXE
	headers=$(readelf -hlW "$1")
	dynamic=$(readelf -dW "$1")
	grep -q 'Type: *DYN' <<<"$headers" || die "$1: not position independent"
	grep -q 'FLAGS_1.*PIE' <<<"$dynamic" || die "$1: not a position independent executable"
	grep -q GNU_RELRO <<<"$headers" || die "$1: no RELRO"
	grep -qE '\(FLAGS_1\).* NOW|BIND_NOW' <<<"$dynamic" || die "$1: bound late, so RELRO only in part"
	grep -q 'GNU_STACK .* RW ' <<<"$headers" || die "$1: the stack can be executed"
	! grep -q 'LOAD .* RWE ' <<<"$headers" || die "$1: memory that can be written and executed"
	! grep -qE 'RPATH|RUNPATH' <<<"$dynamic" || die "$1: a search path for libraries"
	! grep -q TEXTREL <<<"$dynamic" || die "$1: text relocations"
); }

# The compiler's own guards show as the functions that they call. musl has no fortified functions.
guarded() { ( # EXE [fortified]
	symbols=$(nm -a "$1" 2>/dev/null; nm -D "$1" 2>/dev/null)
	grep -q '__stack_chk_fail' <<<"$symbols" || die "$1: no stack protector"
	[ $# -lt 2 ] || grep -qE '__(memcpy|snprintf|vsnprintf|read|fdelt|realpath|readlinkat|openat)_(chk|2)' <<<"$symbols" ||
		die "$1: nothing is fortified"
); }

# Stripped: its guard is the message-less trap of musl; what is left to look at is the canary's place in the thread's block.
init_guarded() { ( # INIT
	[ "$(uname -m)" != x86_64 ] || objdump -d "$1" | grep -q '%fs:0x28' || die "$1: no stack protector"
	[ "$(stat -c %s "$1")" -le 102400 ] || die "$1: more than 100 KB"
	! readelf -lW "$1" | grep -q INTERP || die "$1: asks for a dynamic loader"
); }

# ---- does it work -------------------------------------------------------------------------------------------------------

smoke() { # EXE
	"$1" --version | grep -q '^cruet version ' || (die "no version") || return 1
	"$1" features | grep -q '"ociVersionMax"' || (die "no features") || return 1
	tests/oci/isolate.sh --cgroup v2 -- tests/link.sh --inside "$1" "$work/bundle" || (die "no container")
}

# In the isolation: one container, to its end.
inside() { # EXE BUNDLE
	local out

	out=$("$1" run --bundle "$2" link-test) && [ "$out" = "pid 1 of cruet, filter 2" ] && [ -z "$("$1" list --quiet)" ] && return 0
	echo "the container said '$out'"
	return 1
}

bundle() {
	local rootfs=$work/bundle/rootfs

	mkdir -p "$rootfs"/{bin,dev,proc,sys}
	cp /bin/busybox "$rootfs/bin/"
	ln -s busybox "$rootfs/bin/sh"
	./cruet spec --bundle "$work/bundle" || return 1
	jq '.process.terminal = false
		| .process.args = ["sh", "-c", "echo pid $$ of $(busybox hostname), filter $(busybox awk \"/^Seccomp:/ { print \\$2 }\" /proc/self/status)"]
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [ { names: ["reboot"], action: "SCMP_ACT_ERRNO" } ] }' \
		"$work/bundle/config.json" >"$work/config.json" && mv "$work/config.json" "$work/bundle/"
}

# ---- installed ----------------------------------------------------------------------------------------------------------

installed() { (
	make -s install install-lib DESTDIR="$work/root" PREFIX=/usr || die "make install failed"
	[ "$("$work/root/usr/bin/cruet" --version | head -n 1)" = "$(./cruet --version | head -n 1)" ] || die "not our cruet"
	for page in docs/man/*.8; do
		cmp -s "$page" "$work/root/usr/share/man/man8/$(basename "$page")" || die "no $page"
	done
	[ "$(readlink "$work/root/usr/bin/cruet-privileged")" = cruet ] || die "no cruet-privileged"
	share=$work/root/usr/share
	./cruet completion bash | cmp - "$share/bash-completion/completions/cruet" || die "no completions for bash"
	./cruet completion zsh | cmp - "$share/zsh/site-functions/_cruet" || die "no completions for zsh"
	./cruet completion fish | cmp - "$share/fish/vendor_completions.d/cruet.fish" || die "no completions for fish"
	make -s uninstall DESTDIR="$work/root" PREFIX=/usr || die "make uninstall failed"
	left=$(find "$work/root" ! -type d)
	[ -z "$left" ] || die "left behind: $left"
); }

library() { ( # static|shared
	lib=$work/lib/usr/lib
	make -s install-lib DESTDIR="$work/lib" PREFIX=/usr || die "make install-lib failed"
	cat >"$work/user.c" <<-'END'
		#include <libcontainer.h>
		#include <stdio.h>

		int main(void)
		{
			return puts(cruet_version()) < 0;
		}
	END
	if [ "$1" = static ]; then
		cc -o "$work/user" -I"$work/lib/usr/include" "$work/user.c" "$lib/libcontainer.a" \
			-l:libseccomp.a -l:libcap.a -l:libyajl_s.a -l:libapparmor.a -lmnl || die "cannot link"
	else
		cc -o "$work/user" -I"$work/lib/usr/include" "$work/user.c" -L"$lib" -lcontainer || die "cannot link"
		others=$(nm -D --defined-only "$lib/libcontainer.so" | awk '$3 !~ /^cruet_/ { print $3 }' | xargs)
		[ -z "$others" ] || die "shows other functions as well: $others"
	fi
	./cruet --version | grep -qF "$(LD_LIBRARY_PATH=$lib "$work/user")" || die "not our version"
); }

# ---- all ----------------------------------------------------------------------------------------------------------------

built() { # LINK
	make -s -j"$(nproc)" LINK="$1" all
}

main() {
	local way exe

	check default-build built default
	bundle || exit 1
	for way in default shared static; do
		exe=./build-$way/cruet
		[ "$way" = default ] && exe=./cruet
		[ "$way" = default ] || check $way-build built $way
		check $way-works smoke "$exe"
		check $way-hard hard "$exe"
	done
	check default-linkage linkage ./cruet "libc.so.6 libmnl.so.0"
	check shared-linkage linkage ./build-shared/cruet "libapparmor.so.1 libc.so.6 libcap.so.2 libmnl.so.0 libseccomp.so.2 libyajl.so.2"
	check static-linkage linkage ./build-static/cruet ""
	check default-guarded guarded ./cruet fortified
	check shared-guarded guarded ./build-shared/cruet fortified
	check static-guarded guarded ./build-static/cruet
	check init-hard hard build/init
	check init-guarded init_guarded build/init
	check install installed
	check library-static library static
	check library-shared library shared
}

case ${1:-} in
--inside) inside "$2" "$3" ;;
*)
	main
	exit $failed
	;;
esac
