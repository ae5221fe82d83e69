#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/link.sh [NAME...]: the three ways to link, each in a build directory of its own: what it is linked to, that it works, and how
# hard it is; then what is installed, and the library as another program uses it. Needs root (a container is run).
# With names only these (what they need must be built then).
# Prints "ok link/NAME" or "not ok link/NAME: WHY" a line.
set -u

cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/cruet-link.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0
only=()

# A test is a function that prints what is wrong and returns 1.
check() { # NAME FUNCTION [ARG...]
	local name=$1

	shift
	[ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " = *" $name "* ]] || return 0
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

# What kernel/net.c asks of libmnl, which is another one here (tests/static/mnl.c where no mirror has its source).
netlink() { # EXE
	tests/oci/isolate.sh --cgroup v2 -- tests/run/run.sh "$1" loopback_is_up net_device net_device_names net_device_errors \
		net_device_in_a_user_namespace >"$work/netlink" || (cat "$work/netlink"; die "$(grep '^not ok' "$work/netlink")") || return 1
	[ "$(grep -c '^ok ' "$work/netlink")" -eq 5 ] || (die "not five tests: $(xargs <"$work/netlink")")
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

# As another program uses it: built by what pkg-config says of the installed files, against which a container is run.
library() { ( # static|shared
	root=$work/lib-$1 static=
	lib=$root/usr/lib
	make -s install-lib DESTDIR="$root" PREFIX=/usr || die "make install-lib failed"
	export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
	if [ "$1" = static ]; then
		rm "$lib"/libcontainer.so*
		static=--static
	fi
	# shellcheck disable=SC2046,SC2086 # lists of words
	cc -Wall -Wextra -Werror -o "$work/user-$1" tests/example/run.c $(pkg-config $static --cflags --libs libcontainer) ||
		die "cannot be built"
	needed "$work/user-$1" | grep -q 'libcontainer\.so\.0' && linked=shared || linked=static
	[ "$linked" = "$1" ] || die "it is linked $linked"
	LD_LIBRARY_PATH=$lib tests/oci/isolate.sh --cgroup v2 -- "$work/user-$1" "$work/bundle" example >"$work/out" || die "no container"
	printf '%s\n' "example is created in $(realpath "$work/bundle")" "pid 1 of cruet, filter 2" "example ended with 0" |
		diff - "$work/out" || die "said something else"
	LD_LIBRARY_PATH=$lib tests/oci/isolate.sh --cgroup v2 -- "$work/user-$1" /nowhere example 2>"$work/err" && die "no error"
	grep -q "^bundle.*/nowhere.*No such file" "$work/err" || die "error: $(cat "$work/err")"
); }

# The interface has a version, and is what the header declares.
interface() { (
	lib=build/libcontainer.so
	make -s lib || die "make lib failed"
	readelf -dW $lib | grep -q 'SONAME.*\[libcontainer\.so\.0\]' || die "no soname"
	nm -D --defined-only --with-symbol-versions $lib | awk '$2 == "T" { print $3 }' | sort >"$work/shown"
	grep -q '^cruet_open@@LIBCONTAINER_0\.1$' "$work/shown" || die "no versions"
	sed 's/@.*//' "$work/shown" | diff - <(tests/lint/lint.sh --declared) || die "shows something else than the header declares"
	echo '#include <libcontainer.h>' | c++ -Wall -Wextra -Werror -Ilibcontainer -fsyntax-only -x c++ - || die "not for C++"
); }

# ---- Debian packages ----------------------------------------------------------------------------------------------------

# The library is the package's reason for a version of its own; the program's is in three places.
packaged() { (
	make -s deb || die "make deb failed"
	version=$(sed -n 's/^VERSION := //p' Makefile)
	for name in cruet libcontainer0 libcontainer-dev; do
		[ "$(dpkg -f build/deb/"$name"_"$version"_*.deb Version)" = "$version" ] || die "no $name of version $version"
	done
	libraries=$(dpkg -f build/deb/cruet_*.deb Depends)
	[[ $libraries = *libseccomp2* && $libraries = *libcap2* && $libraries = *libyajl2* ]] || die "depends on: $libraries"
); }

clean_package() { ( # what lintian says at its usual level is an error
	lintian --no-cfg --allow-root --fail-on error,warning build/deb/*.changes >"$work/lintian" 2>&1 || die "$(head -n 3 "$work/lintian")"
	! grep -E '^[EW]: ' "$work/lintian" || die "lintian complains"
); }

installs() { tests/oci/isolate.sh --cgroup v2 -- tests/link.sh --inside-install "$work/bundle" || (die "not installed"); }

# In the isolation: on a copy of this system that is thrown away, the packages are installed, used, and removed.
inside_install() { # BUNDLE
	local root=/run/root profile=/etc/apparmor.d/cruet-default

	mkdir -p /run/copy $root
	mount --make-rprivate / # the mount around a root must not be a shared one for pivot_root
	mount -t tmpfs copy /run/copy && mkdir /run/copy/{upper,work} || return 1
	mount -t overlay -o lowerdir=/,upperdir=/run/copy/upper,workdir=/run/copy/work root $root || die "no overlay"
	mount --rbind /proc $root/proc && mount --rbind /sys $root/sys && mount --rbind /dev $root/dev || return 1
	cp -a "$1" $root/run/bundle && cp build/deb/*.deb tests/example/run.c $root/run/ || return 1
	chroot $root sh -c 'DEBIAN_FRONTEND=noninteractive dpkg -i /run/*.deb' || die "dpkg -i failed"
	[ -s $root$profile ] || die "no AppArmor profile"
	[ "$(chroot $root /usr/bin/cruet run --bundle /run/bundle deb)" = "pid 1 of cruet, filter 2" ] || die "no container"
	[ "$(chroot $root /usr/bin/cruet-privileged run --bundle /run/bundle deb)" = "pid 1 of cruet, filter 0" ] || die "not privileged"
	chroot $root sh -c 'cc -o /run/example /run/run.c $(pkg-config --cflags --libs libcontainer) && /run/example /run/bundle deb' |
		grep -qx 'deb ended with 0' || die "the library does not serve"
	[ "$(chroot $root bash -c '. /usr/share/bash-completion/completions/cruet; complete -p cruet' | grep -c _cruet)" = 1 ] || die "no completions"
	! grep -rn /usr/local/bin/cruet $root/usr/share/doc/cruet/examples || die "the examples name another place"
	chroot $root sh -c 'man -w cruet-run && man -w cruet-privileged' || die "no man pages"
	chroot $root dpkg --purge cruet libcontainer-dev libcontainer0 || die "cannot be removed"
	[ ! -e $root/usr/bin/cruet ] && [ ! -e $root$profile ] &&
		[ -z "$(find $root/usr/lib -name 'libcontainer.so*')" ] || die "something is left"
}

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
	check static-netlink netlink ./build-static/cruet
	check default-linkage linkage ./cruet libc.so.6
	check shared-linkage linkage ./build-shared/cruet "libapparmor.so.1 libc.so.6 libcap.so.2 libmnl.so.0 libseccomp.so.2 libyajl.so.2"
	check static-linkage linkage ./build-static/cruet ""
	check default-guarded guarded ./cruet fortified
	check shared-guarded guarded ./build-shared/cruet fortified
	check static-guarded guarded ./build-static/cruet
	check init-hard hard build/init
	check init-guarded init_guarded build/init
	check install installed
	check library-interface interface
	check library-static library static
	check library-shared library shared
	check deb-built packaged
	check deb-clean clean_package
	check deb-installs installs
}

case ${1:-} in
--inside) inside "$2" "$3" ;;
--inside-install) inside_install "$2" ;;
*)
	only=("$@")
	main
	exit $failed
	;;
esac
