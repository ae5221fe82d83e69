# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2119,SC2120 # bundle has an argument that may be left out
# tests/run/lib.sh: what the root tests share. A test is a function test_NAME in a file of this directory; it runs in a
# subshell of its own, in a directory of its own ($T), with a state root of its own ($ROOT), `set -eu`, and a time limit.
# It fails by any command that fails, or by `die WHY`; `skip WHY` says why it cannot run here.
#
#   bundle [DIR]            a bundle: a busybox rootfs and a config that runs `true`; sets B to it (default $T/b)
#   writable                a bundle whose root can be written
#   config FILTER [ARG...]  change $B/config.json by a jq filter (jq arguments after it)
#   args WORD...            process.args
#   cruet WORD...           the runtime under test, with --root $ROOT
#   run_sh SCRIPT           run $B with `sh -c SCRIPT` to its end, as container $ID
#   expect WANT GOT         equal, or die
#   contains WORD TEXT      TEXT has WORD in it, or die
#   fails WANT CMD...       the command fails, and its output has WANT in it
# What a test leaves running or mounted is cleaned up behind it: its containers are deleted, so a leak is a failure.

: "${RUNTIME:?the runtime under test}"

die()
{
	echo "# $*" >&2
	exit 1
}

skip()
{
	echo "$*" >"$T/skipped"
	exit 77
}

cruet()
{
	"$RUNTIME" --root "$ROOT" "$@"
}

# One rootfs for all tests of a run, made once, copied by hard links never written through: tests get their own copy.
rootfs_make()
{
	local dir=$1 name

	mkdir -p "$dir"/{bin,dev,proc,sys,etc,tmp,root,mnt}
	cp /bin/busybox "$dir/bin/busybox"
	for name in $(/bin/busybox --list); do
		[ -e "$dir/bin/$name" ] || ln -s busybox "$dir/bin/$name"
	done
}

bundle()
{
	B=${1:-$T/b}
	mkdir -p "$B"
	cp -a "$ROOTFS" "$B/rootfs"
	if [ -n "${SPEC:-}" ]; then cp "$SPEC" "$B/config.json"; else (cd "$B" && "$RUNTIME" spec); fi
	config '.process.terminal = false | .process.args = ["true"] | .hostname = "test"
		| .process.env = ["PATH=/bin:/usr/bin", "TERM=xterm"]'
}

# The container can leave notes in its root, for the test to read.
writable()
{
	bundle
	config '.root.readonly = false'
}

config()
{
	local filter=$1

	shift
	jq "$filter" "$B/config.json" "$@" >"$B/config.json.new" || die "jq: $filter"
	mv "$B/config.json.new" "$B/config.json"
}

args()
{
	config '.process.args = $ARGS.positional' --args -- "$@"
}

run_sh()
{
	args sh -c "$1"
	cruet run --bundle "$B" "$ID"
}

expect()
{
	[ "$1" = "$2" ] || die "wanted '$1', got '$2'"
}

contains()
{
	case $2 in
	*"$1"*) ;;
	*) die "wanted '$1' in: $2" ;;
	esac
}

lacks()
{
	case $2 in
	*"$1"*) die "did not want '$1' in: $2" ;;
	esac
}

# Into a file, not a pipe: should it succeed against all expectation, what it started would hold the pipe open.
fails()
{
	local want=$1 out

	shift
	if "$@" >"$T/fails.out" 2>&1; then
		die "'$*' should have failed with '$want', but printed: $(cat "$T/fails.out")"
	fi
	out=$(cat "$T/fails.out")
	contains "$want" "$out"
}

status_of()
{
	cruet state "$1" | jq -r .status
}

pid_of()
{
	cruet state "$1" | jq -r .pid
}

# wait_until SECONDS CMD...: poll a condition; the bound is for a slow machine, not a measure
wait_until()
{
	local left=$(($1 * 20))

	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || die "did not come true: $*"
		sleep 0.05
	done
}

# waits PID: that `cruet wait` has found whom to wait for
waits()
{
	wait_until 20 holds_pidfd "$1"
}

holds_pidfd()
{
	find "/proc/$1/fd" -lname 'anon_inode:\[pidfd\]' -o -lname 'pidfd:*' | grep -q .
}

# kernel_is MAJOR MINOR: that version or a newer one
kernel_is()
{
	local major minor

	IFS=.- read -r major minor _ < <(uname -r)
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

# Whether a pidfd tells how a process ended that its parent has reaped; elsewhere who waits must be faster than the parent.
pidfd_tells()
{
	kernel_is 6 15
}

status_is()
{
	[ "$(status_of "$1")" = "$2" ]
}

cgroup_v2()
{
	[ -f /sys/fs/cgroup/cgroup.controllers ]
}

# The value that process PID's cgroup of a controller has in FILE (v1: of that hierarchy).
cgroup_dir()
{
	local pid=$1 controller=$2

	if cgroup_v2; then
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")"
	else
		echo "/sys/fs/cgroup/$controller$(awk -F: -v c="$controller" '{ n = split($2, a, ","); for (i = 1; i <= n; i++) if (a[i] == c || a[i] == "name=" c) print $3 }' "/proc/$pid/cgroup")"
	fi
}

# Delete what the test left, and fail it where something stays behind.
cleanup()
{
	local id left=0

	for id in $("$RUNTIME" --root "$ROOT" list -q 2>/dev/null); do
		"$RUNTIME" --root "$ROOT" delete --force "$id" || left=1
	done
	awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | tac | xargs -r umount -l || left=1
	rmdir "$ROOT" 2>/dev/null || [ ! -e "$ROOT" ] || { ls -la "$ROOT" >&2; left=1; }
	return "$left"
}
