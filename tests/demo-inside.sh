#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/demo-inside.sh: what demo.sh runs in the container: tells what confines it. busybox sh; HOST holds the host's namespaces.

title() { printf '\n%s\n' "$*"; }
field() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }

# Tell what a command that must not succeed is refused with.
refused() { # WHAT COMMAND...
	what=$1
	shift
	if said=$("$@" 2>&1); then
		printf '  %-34s %s\n' "$what" "ALLOWED"
	else
		printf '  %-34s %s\n' "$what" "refused: ${said##*: }"
	fi
}

number() { # the number of a namespace: "pid:[4026531836]"
	n=${1#*\[}
	echo "${n%]}"
}

title "namespaces        in here      outside"
for outside in $HOST; do
	name=${outside%%:*}
	inside=$(number "$(readlink "/proc/self/ns/$name")")
	outside=$(number "$outside")
	own=own
	[ "$inside" != "$outside" ] || own=shared
	printf '  %-15s %s   %s   %s\n' "$name" "$inside" "$outside" "$own"
done
echo "  hostname $(hostname), pid $$, network interfaces: $(cd /sys/class/net && echo *)"

title "ids"
echo "  uid $(id -u), gid $(id -g); the map (in here, outside, how many):$(tr -s ' ' </proc/self/uid_map)"

title "capabilities"
for set in CapEff CapPrm CapBnd CapInh CapAmb; do
	printf '  %-8s %s\n' "$set" "$(field "$set")"
done
echo "  (20000420 is AUDIT_WRITE, NET_BIND_SERVICE, KILL; a full set is 1ffffffffff)"
echo "  no_new_privs $(field NoNewPrivs)"

title "seccomp"
echo "  mode $(field Seccomp) (2: a filter), filters $(field Seccomp_filters)"

title "mounts"
awk '{ split($0, half, " - "); split(half[2], fs, " "); printf "  %-26s %-8s %s\n", $5, fs[1], $6 }' /proc/self/mountinfo

title "cgroup"
for limit in memory.max pids.max memory/memory.limit_in_bytes pids/pids.max; do
	[ ! -r "/sys/fs/cgroup/$limit" ] || printf '  %-34s %s\n' "$limit" "$(cat "/sys/fs/cgroup/$limit")"
done
grep -E '::|memory|pids' /proc/self/cgroup | sed 's/^/  as seen in here: /'

title "attempts"
refused "write to /" touch /file
refused "write to /proc/sys" sh -c 'echo 1 >/proc/sys/kernel/hostname'
refused "read /proc/kcore" sh -c 'test -s /proc/kcore || { echo ": it is empty"; false; }'
refused "mount a tmpfs" mount -t tmpfs tmpfs /tmp
refused "make the node of the host's memory" mknod /dev/mem c 1 1
refused "change the host name" hostname other
refused "leave for another namespace" unshare -n true
refused "change the cgroup's limits" sh -c 'echo 1 >/sys/fs/cgroup/pids.max || echo 1 >/sys/fs/cgroup/pids/pids.max'
echo

exec sleep 1000 >/dev/null 2>&1 # the reader of our output sees its end
