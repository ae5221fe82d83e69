#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/run/run.sh RUNTIME [NAME...]: run the root tests (test_NAME functions of tests/run/*_test.sh), all or the named ones,
# a file or a function each. To be run inside tests/oci/isolate.sh. Prints "ok run/FILE/NAME", "not ok run/FILE/NAME: WHY" or
# "skip run/FILE/NAME: WHY" a line. tests/cve/run.sh has other tests run: those of the directory TESTS, as LABEL/FILE/NAME.
set -u

here=$(cd "$(dirname "$0")" && pwd)
HERE=$here
export HERE # helpers/ is there
RUNTIME=$(realpath "$1")
shift
export RUNTIME
TIMEOUT=${TEST_TIMEOUT:-60}
tests=${TESTS:-$here}
work=$(mktemp -d "${TMPDIR:-/tmp}/cruet-run.XXXXXX")
chmod "${WORK_MODE:-700}" "$work"
trap 'rm -rf "$work"' EXIT
failed=0

# shellcheck source=lib.sh
. "$here/lib.sh"
ROOTFS=$work/rootfs
rootfs_make "$ROOTFS"
export ROOTFS

one()
{
	local file=$1 name=$2

	T=$work/$name ROOT=/run/cruet-test-$name ID=t-$name
	export T ROOT ID
	mkdir -p "$T"
	timeout -k 10 "$TIMEOUT" bash -c '
		set -euo pipefail
		. "$1/lib.sh"
		. "$2"
		cd "$T"
		trap "status=\$?; trap - EXIT; cleanup || { echo \"# left something behind\"; status=1; }; exit \$status" EXIT
		"test_$3"
	' bash "$here" "$file" "$name" </dev/null >"$T/log" 2>&1
}

report()
{
	local label status=$3

	label=${LABEL:-run}/$(basename "$1" _test.sh)/$2

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
	for w; do
		[ "$w" = "$(basename "$file" _test.sh)" ] || [ "$w" = "$name" ] && return 0
	done
	return 1
}

for file in "$tests"/*_test.sh; do
	for name in $(sed -n 's/^test_\([a-z0-9_]*\)()$/\1/p' "$file"); do
		wanted "$file" "$name" "$@" || continue
		one "$file" "$name"
		report "$file" "$name" $?
		rm -rf "${work:?}/$name" 2>/dev/null
	done
done
exit $failed
