#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/run.sh PROGRAM SECONDS: run a libFuzzer target on all configurations of the tests as its corpus. What it finds
# new stays in ${CRUET_CACHE:-/var/cache/cruet}/fuzz for the next run; what crashes it is left there as crash-*.
set -eu

program=$(realpath "$1")
seconds=$2
here=$(cd "$(dirname "$0")/.." && pwd)
cache=${CRUET_CACHE:-/var/cache/cruet}/fuzz
work=$(mktemp -d)
seeds=$work/seeds
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache/corpus" "$seeds"
cp "$here"/plan/*.json "$seeds/"
find "$here/unit/data" -name '*.json' -exec cp {} "$seeds/" \;

# The words of the format: all that stands in quotes in the seeds.
grep -aohE '"[A-Za-z][A-Za-z0-9_/.:-]{1,40}"' "$seeds"/*.json | sort -u >"$work/words"
cd "$cache"
"$program" -dict="$work/words" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
	corpus "$seeds" 2>&1 | grep -vE '(NEW|REDUCE|RELOAD|pulse) +cov:|^(INFO|###|Dictionary|")' || :
if ls crash-* timeout-* oom-* leak-* 2>/dev/null; then
	echo "found, in $cache" >&2
	exit 1
fi
