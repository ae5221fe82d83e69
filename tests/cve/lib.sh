# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cve/lib.sh: what the attacks share, on top of tests/run/lib.sh. They are fair to any runtime: that it refuses a
# container is as good as that the attack leads nowhere, in whatever words.
#
#   fell WHY            the attack succeeded
#   attack RUN...       run the runtime, whatever comes of it: RAN is yes or no, $T/out what was printed
#   must_run RUN...     the same, but it has to work: else the test would prove nothing
#   canary              make $CANARY, outside of every rootfs; canary_unchanged: nothing of it was touched
#   every_point A B RUN...   at every system call of the runtime, or $POINTS of them, exchange the names A and B, once a run

# shellcheck source=../run/look.sh
. "$HERE/look.sh"

POINTS=${POINTS:-16}
CANARY=$T/canary
export HOST_SECRET=canary-content

fell()
{
	echo "# FELL: $*" >&2
	exit 9
}

attack()
{
	RAN=yes
	timeout 30 "$RUNTIME" --root "$ROOT" "$@" >"$T/out" 2>&1 </dev/null || RAN=no
	[ "$RAN" = yes ] || [ -n "${PEER:-}" ] || nothing_left
}

must_run()
{
	attack "$@"
	[ "$RAN" = yes ] || die "the container should run: $(tail -n 3 "$T/out")"
}

# The container goes on: it must not hold our stdout.
background()
{
	cruet create --bundle "$B" "$ID" >"$T/create.out" 2>&1 </dev/null || die "create: $(cat "$T/create.out")"
	cruet start "$ID" >"$T/start.out" 2>&1 </dev/null || die "start: $(cat "$T/start.out")"
}

prints()
{
	case $(cat "$T/out") in
	*"$1"*) ;;
	*) return 1 ;;
	esac
}

with_attacker()
{
	bundle
	cp "$TOOLS/attacker" "$B/rootfs/bin/attacker"
	config '.root.readonly = false'
}

# What the attacker leaves in the root where it was executed under another name.
no_mark_in()
{
	[ -z "$(find "$1" -maxdepth 1 -name 'ran-*')" ]
}

canary()
{
	mkdir -p "$CANARY/dir"
	echo canary-content >"$CANARY/file"
	: >"$CANARY/ptmx"
	touch -d @1000000000 "$CANARY/file" "$CANARY/ptmx" "$CANARY/dir" "$CANARY"
	canary_looks >"$T/canary.before"
}

canary_looks()
{
	find "$CANARY" -printf '%p %i %T@ %m %U:%G %s %y\n' | sort
	cat "$CANARY/file"
}

canary_unchanged()
{
	canary_looks >"$T/canary.now"
	cmp -s "$T/canary.before" "$T/canary.now" || fell "the host was changed: $(diff "$T/canary.before" "$T/canary.now" | tail -n 1)"
	! grep -q " $CANARY" /proc/self/mountinfo || fell "something is mounted on the host's directory"
}

# Inside, as the mount table in FILE says: nothing of the canary, and not the root of its file system.
no_canary_mounted()
{
	! awk -v c="$CANARY" 'index($4, c) == 1 && $4 !~ "/(v|b|dev)/"' "$1" | grep -q . || fell "the host is mounted inside: $(grep "$CANARY" "$1")"
}

swapped_back()
{
	[ ! -L "$1" ] && [ ! -e "$1/.swapped" ] || "$TOOLS/attacker" swap "$1" "$2"
}

# The first of the two is the good one: a plain directory or file without ".swapped".
every_point()
{
	local a=$1 b=$2 total first at

	shift 2
	"$TOOLS/point" count "$TRACED" --root "$ROOT" "$@" 3>"$T/count" >"$T/out" 2>&1 </dev/null || die "count: $(cat "$T/out")"
	read -r total first <"$T/count"
	POINT_RUNS=0 POINT_RAN=0
	for ((at = first; at <= total; at += total / POINTS + 1)); do
		RAN=yes STATUS=0
		timeout 20 "$TOOLS/point" "swap:$a:$b" "$at" "$TRACED" --root "$ROOT" "$@" 3>/dev/null >"$T/out" 2>&1 </dev/null || STATUS=$?
		[ "$STATUS" = 0 ] || RAN=no
		POINT_RUNS=$((POINT_RUNS + 1))
		[ "$RAN" = no ] || POINT_RAN=$((POINT_RAN + 1))
		"${CHECK:-canary_unchanged}"
		cruet delete --force "$ID" >/dev/null 2>&1 || :
		swapped_back "$a" "$b"
	done
	[ "$POINT_RAN" -gt 0 ] || die "no container was made in $POINT_RUNS runs: $(tail -n 2 "$T/out")"
	echo "# $POINT_RAN of $POINT_RUNS were made, of $total system calls"
}

# The runtime's own file is part of every test.
runtime_unchanged()
{
	cmp -s "$PROGRAM" "$TOOLS/original" || {
		cat "$TOOLS/original" >"$PROGRAM"
		return 9
	}
}
[ -e "$TOOLS/original" ] || cp "$PROGRAM" "$TOOLS/original"

eval "tidy_up() $(declare -f cleanup | sed 1d)"
cleanup()
{
	local left=0

	[ ! -e "$T/pids" ] || while read -r pid; do kill -KILL "$pid" 2>/dev/null || :; done <"$T/pids"
	tidy_up >/dev/null 2>"$T/left" || left=1
	if ! runtime_unchanged; then
		echo "# FELL: the runtime's own file was overwritten" >&2
		exit 9
	fi
	if [ -n "${PEER:-}" ]; then
		"$RUNTIME" --root "$ROOT" delete --force "$ID" >/dev/null 2>&1 || :
		rm -rf "$ROOT" || :
		return 0
	fi
	[ "$left" = 0 ] || cat "$T/left" >&2
	return "$left"
}
