#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/cve/run.sh [--without ENOSYS|EPERM] [--peer] [--life] RUNTIME [NAME...]
#
# Attack a runtime: the tests of this directory, all or the named ones (files or functions), each named by the CVE that it
# repeats. Any OCI runtime will do; what each attack is about and whom it hit stands in cves.tsv. To be run inside
# tests/oci/isolate.sh. The tests get a copy of the runtime: one of them tries to overwrite it.
#
#   --without   openat2, the new mount API and close_range fail with that error, for the runtime and all below it (R16)
#   --peer      another runtime: only whether attacks succeed is of interest, not what it leaves behind
#   --life      not the attacks, but the life of containers as tests/run has it: for --without
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
without='' dir=$here
while :; do
	case ${1:-} in
	--without) without=$2; shift 2 ;;
	--peer) export PEER=yes; shift ;;
	--life) dir=$top/tests/run; shift ;;
	*) break ;;
	esac
done
given=$(realpath "$(command -v "$1")")
shift
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
# as a runtime lies on a host, for users that try to reach it
chmod 755 "$tools"

cp "$given" "$tools/runtime" || exit 1
PROGRAM=$tools/runtime
if [ -n "$without" ]; then
	${CC:-cc} -O2 -DERRNO_ANSWER="$without" -DPROGRAM="\"$PROGRAM\"" -o "$tools/without" "$here/without.c" || exit 1
	RUNTIME=$tools/without TRACED=$tools/traced
	# without close_range 65536 fcntl calls take its place: too many to stop at each
	${CC:-cc} -O2 -DERRNO_ANSWER="$without" -DPROGRAM="\"$PROGRAM\"" -DWITH_CLOSE_RANGE -o "$TRACED" "$here/without.c" || exit 1
else
	RUNTIME=$PROGRAM TRACED=$PROGRAM
fi
${MUSL_CC:-musl-gcc} -static -O2 -o "$tools/attacker" "$here/attacker.c" || exit 1
${CC:-cc} -O2 -o "$tools/point" "$top/tests/fault/point.c" || exit 1
# one config for all of them: the bundled profile, masks and devices, in words that old runtimes know
maker=$(realpath "${CRUET:-$top/cruet}")
(cd "$tools" && "$maker" spec && sed -i 's/"ociVersion": "[^"]*"/"ociVersion": "1.0.0"/' config.json) || exit 1

# without the new mount API the root of a user namespace has to get at the rootfs by its path
export WORK_MODE=711
export PROGRAM TRACED TOOLS=$tools TESTS=$dir SPEC=$tools/config.json LABEL="cve${without:+-$without}"
[ "$dir" = "$here" ] || export LABEL="life${without:+-$without}"
"$top/tests/run/run.sh" "$RUNTIME" "$@"
