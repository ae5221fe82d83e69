#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/unit.sh DIR: run the test programs that `make` built from tests/DIR (unit: no root; unit-root: isolated).
set -u

status=0
for program in "${BUILD:-build}/$1"/*; do
	case $program in
	*.d) continue ;;
	esac
	"$program" || {
		status=1
		# a program that dies has printed no line of its own
		[ $? -le 1 ] || echo "not ok $1/$(basename "$program"): died"
	}
done
exit $status
