# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/vm/engines/lib.sh: what the tests of the engines share, in addition to tests/run/lib.sh. NAME is the runtime's name as
# the engines know it: cruet, or a peer in its place. setup.sh has configured them and made the images.

: "${RUNTIME:?the runtime under test}"
NAME=$(basename "$RUNTIME")
export NAME
export IMAGE=localhost/busybox:latest

# exits WANT COMMAND...: the exit status
exits()
{
	local want=$1 status=0

	shift
	"$@" >"$T/exits.out" 2>&1 || status=$?
	[ "$status" -eq "$want" ] || die "'$*' ended with $status, not with $want: $(cat "$T/exits.out")"
}

# What a constrained and a privileged container say of themselves.
caps_of()
{
	awk '/^CapEff/ { print $2 }'
}

all_caps()
{
	caps_of </proc/self/status
}

# What a container runs that is to be dumped: it counts in the last line of /n. Nothing that it does makes a process: criu
# cannot stop a shell that waits, in vfork, for a child that has been stopped already.
export COUNTER='mkfifo /fifo; exec 3<>/fifo >>/n; while :; do i=$((i + 1)); echo $i; read -t 0.1 -u 3 x; done'
