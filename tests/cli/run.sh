#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/cli/run.sh RUNTIME [NAME...]: run the tests of the command line (test_NAME functions of tests/cli/*_test.sh), all or
# the named ones, a file or a function each. They need no root and make no container. Prints "ok cli/FILE/NAME",
# "not ok cli/FILE/NAME: WHY" or "skip cli/FILE/NAME: WHY" a line.
set -u

here=$(cd "$(dirname "$0")" && pwd)
RUNTIME=$(realpath "$1")
shift
export RUNTIME here
work=$(mktemp -d "${TMPDIR:-/tmp}/cruet-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

one()
{
	local file=$1 name=$2

	T=$work/$name
	export T
	mkdir -p "$T"
	# shellcheck disable=SC2016 # for the inner shell
	timeout -k 5 30 bash -c '
		set -euo pipefail
		. "$here/lib.sh"
		. "$1"
		cd "$T"
		"test_$2"
	' bash "$file" "$name" </dev/null >"$T/log" 2>&1
}

report()
{
	local label status=$3

	label=cli/$(basename "$1" _test.sh)/$2
	case $status in
	0) echo "ok $label" ;;
	77) echo "skip $label: $(cat "$T/skipped")" ;;
	*)
		echo "not ok $label: $(grep -v '^$' "$T/log" | tail -n 1 | cut -c1-200) (status $status)"
		sed 's/^/#   /' "$T/log" | tail -n 15
		failed=1
		;;
	esac
}

wanted()
{
	local file=$1 name=$2 w

	shift 2
	[ $# -gt 0 ] || return 0
	for w in "$@"; do
		[ "$w" = "$(basename "$file" _test.sh)" ] || [ "$w" = "$name" ] && return 0
	done
	return 1
}

for file in "$here"/*_test.sh; do
	for name in $(sed -n 's/^test_\([a-z0-9_]*\)()$/\1/p' "$file"); do
		wanted "$file" "$name" "$@" || continue
		one "$file" "$name"
		report "$file" "$name" $?
	done
done
exit $failed
