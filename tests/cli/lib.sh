# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cli/lib.sh: what the tests of the command line share. A test is a function test_NAME in a file of this directory; it
# runs in a subshell and a directory ($T) of its own, with `set -eu`. It fails by a command that fails or by `die WHY`.
#
#   cruet WORD...          the program, with a state root of the test's own
#   bare WORD...           the program without it
#   expect WANT GOT        equal, or die
#   contains WORD TEXT     TEXT has WORD in it, or die
#   fails WANT CMD...      the command fails with status 1 ($FAILURE if set), prints nothing, and its error has WANT in it:
#                          one line
#   same FILE FILE         equal, or die with the difference
#   bundle                 a directory $T/b with a config.json that needs no terminal

: "${RUNTIME:?the program under test}" "${T:?}" "${here:?}"

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

bare()
{
	"$RUNTIME" "$@"
}

cruet()
{
	mkdir -p "$T/root"
	"$RUNTIME" --root "$T/root" "$@"
}

expect()
{
	[ "$1" = "$2" ] || die "wanted '$1', got '$2'"
}

contains()
{
	case $2 in
	*"$1"*) ;;
	*) die "no '$1' in: $2" ;;
	esac
}

fails()
{
	local want=$1 status=0

	shift
	"$@" >"$T/out" 2>"$T/err" || status=$?
	[ "$status" -eq "${FAILURE:-1}" ] || die "status $status of: $*"
	[ ! -s "$T/out" ] || die "printed something: $*"
	[ "$(wc -l <"$T/err")" -eq 1 ] || die "not one line of error: $* ($(cat "$T/err"))"
	contains "$want" "$(cat "$T/err")"
	contains "cruet: " "$(cat "$T/err")"
}

same()
{
	diff -u "$1" "$2" >&2 || die "$1 and $2 differ"
}

bundle()
{
	mkdir -p "$T/b/rootfs"
	bare spec --file - | jq '.process.terminal = false' >"$T/b/config.json"
}

commands()
{
	bare --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}
