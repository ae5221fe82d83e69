#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/fault/sweep.sh RUNTIME [--budget SECONDS | --every N] [--verbs "create start ..."] [--faults "kill kill-parent 12 ..."]
#
# At every system call of each verb in turn a fault: the whole process tree is killed, or only the command, or the call fails
# with an errno (ENOMEM 12, EMFILE 24, ENOSPC 28, EPERM 1, EINTR 4, EIO 5, ENOSYS 38). After each point: the verb ended in
# time and not by a signal of its own, `delete --force` returns 0 and leaves no process, cgroup, mount or state, and the same
# id can be created again. With a budget the points are a sample, spread evenly, that fits the time; with --every each N-th. To
# be run inside tests/oci/isolate.sh. One line a verb and fault: "ok fault/VERB/FAULT (N of M points)"; each bad point is a line before it.
# The runtime may be crun or runc, too, to compare.
set -u

here=$(cd "$(dirname "$0")" && pwd)
runtime=$(realpath "$(command -v "$1")")
shift
budget=0 every=1 verbs="create start exec update delete" faults="kill kill-parent 12 24 28 1 4 5 38"
# not every runtime has it
! "$runtime" mounts --help >/dev/null 2>&1 || verbs="$verbs mounts"
while [ $# -gt 0 ]; do
	case $1 in
	--budget) budget=$2 ;;
	--every) every=$2 ;;
	--verbs) verbs=$2 ;;
	--faults) faults=$2 ;;
	*) echo "unknown: $1" >&2; exit 2 ;;
	esac
	shift 2
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=/run/fault
id=swept
bad=0
${CC:-cc} -O2 -o "$work/point" "$here/point.c" || exit 1

make_bundle()
{
	mkdir -p "$work/b/rootfs"/{bin,proc,dev,sys,tmp}
	cp /bin/busybox "$work/b/rootfs/bin/"
	ln -s busybox "$work/b/rootfs/bin/sleep"
	ln -s busybox "$work/b/rootfs/bin/true"
	(cd "$work/b" && "$runtime" spec)
	jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .process.env = ["PATH=/bin"]
		| .root.readonly = false | .hooks.createRuntime = [{path: "/bin/true"}]' "$work/b/config.json" >"$work/c" && mv "$work/c" "$work/b/config.json"
	# what update writes: device rules are there in every view, limits where there are controllers
	if [ -e /sys/fs/cgroup/pids ]; then limits='"pids": {"limit": 100}, "memory": {"limit": 100000000},'; else limits=; fi
	echo "{$limits \"devices\": [{\"allow\": false, \"access\": \"rwm\"}, {\"allow\": true, \"type\": \"c\", \"major\": 10,
		\"minor\": 200, \"access\": \"rw\"}]}" >"$work/resources"
	jq -n --arg w "$work" '[{destination: "/added/a", type: "bind", source: "\($w)/b", options: ["rbind", "ro"]},
		{destination: "/added/b", type: "tmpfs", options: ["ro"]}, {destination: "/added/b/c", type: "proc"}]' >"$work/mounts.json"
}

rt()
{
	"$runtime" --root $root "$@"
}

quiet()
{
	"$@" >"$work/out" 2>&1 </dev/null
}

# What a verb needs to be there before, and the verb itself.
prepare()
{
	case $1 in
	create) ;;
	start) quiet rt create --bundle "$work/b" $id ;;
	exec | update | delete | mounts) quiet rt run --detach --bundle "$work/b" $id ;;
	esac
}

words()
{
	case $1 in
	create) echo "create --bundle $work/b $id" ;;
	start) echo "start $id" ;;
	exec) echo "exec $id true" ;;
	update) echo "update --resources $work/resources $id" ;;
	mounts) echo "mounts add $id $work/mounts.json" ;;
	delete) echo "delete --force $id" ;;
	esac
}

# How many of these mounts the container has.
added()
{
	local pid

	[ "$verb" = mounts ] || return 0
	pid=$(rt state $id 2>/dev/null | jq .pid)
	grep -c ' /added' "/proc/$pid/mountinfo" 2>/dev/null
}

processes()
{
	local p exe n=0

	for p in /proc/[0-9]*; do
		exe=$(readlink "$p/exe" 2>/dev/null) || continue
		case $exe in
		*/bash) ;; # this script and its subshells
		*) n=$((n + 1)) ;;
		esac
	done
	echo $n
}

# Others' mounts below temporary directories come from the host, and go when their mount points do.
mounts()
{
	awk -v own="$work/" '{ at = $5 "/" } at !~ "^/(tmp|var)/" || index(at, own) == 1' /proc/self/mountinfo | wc -l
}

traces()
{
	echo "mounts $(mounts) cgroups $(find /sys/fs/cgroup -type d | wc -l) state $(find $root -mindepth 1 2>/dev/null | wc -l)"
}

# After a point: what is wrong, or nothing.
verify()
{
	local status=$1 tries

	[ "$status" -ne 124 ] || { echo "did not end in time"; return; }
	case $fault:$status in
	kill*:*) ;;
	*:139 | *:134 | *:135 | *:136) echo "crashed (status $status)"; return ;;
	esac
	# mounts add: all or none of them, unless the command itself was killed
	case $verb:$fault:$status:$(added) in
	mounts:kill*:* | mounts:*:0:3 | mounts:*:[1-9]*:0) ;;
	mounts:*) echo "status $status, but $(added) of 3 mounts are there: $(tail -n 1 "$work/out")" ;;
	esac
	if ! timeout 20 "$runtime" --root $root delete --force $id >"$work/del" 2>&1; then
		echo "delete --force failed: $(tail -n 1 "$work/del")"
		return
	fi
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(processes)" -le "$processes_before" ] && break
		sleep 0.02
	done
	[ "$tries" -lt 10 ] || { echo "processes are left: $(ps -eo args | tail -n 3 | tr '\n' ';')"; return; }
	[ "$(traces)" = "$before" ] || { echo "left behind: $(traces), before: $before"; return; }
	if ! timeout 20 "$runtime" --root $root create --bundle "$work/b" $id >"$work/again" 2>&1 </dev/null; then
		echo "cannot be created again: $(tail -n 1 "$work/again")"
		return
	fi
	timeout 20 "$runtime" --root $root delete --force $id >"$work/del" 2>&1 || echo "delete after the second create failed"
}

# Put the world right again, so that one bad point does not spoil the next.
mend()
{
	local p

	for p in /proc/[0-9]*; do
		case $(tr '\0' ' ' <"$p/cmdline" 2>/dev/null) in
		"cruet:[init]"* | "sleep 1000 "* | "$runtime"*) kill -KILL "${p#/proc/}" 2>/dev/null ;;
		esac
	done
	sleep 0.1
	rm -rf ${root:?}
	find /sys/fs/cgroup -depth -type d -name "*$id*" -exec rmdir {} + 2>/dev/null
	settle
}

# What is there before a point: what a whole cycle without a fault leaves (crun keeps a directory of its own).
settle()
{
	quiet rt create --bundle "$work/b" $id && quiet rt delete --force $id || return 1
	before=$(traces) processes_before=$(processes)
}

one_point()
{
	local verb=$1 k=$2 status wrong

	prepare "$verb"
	# shellcheck disable=SC2046  # words
	timeout -k 5 30 "$work/point" "$fault" "$k" "$runtime" --root $root $(words "$verb") >"$work/out" 2>&1 </dev/null 3>"$work/call"
	status=$?
	[ "$status" -ne 200 ] || { quiet rt delete --force $id; return 1; }
	wrong=$(verify $status)
	if [ -n "$wrong" ]; then
		echo "not ok fault/$verb/$fault/$k (call $(cut -d' ' -f1 "$work/call")): $wrong"
		bad=$((bad + 1))
		mend
	fi
}

sweep()
{
	local verb=$1 total first stride k done=0 bad_before=$bad end=$((SECONDS + share))

	prepare "$verb"
	# shellcheck disable=SC2046
	"$work/point" count "$runtime" --root $root $(words "$verb") >"$work/out" 2>&1 </dev/null 3>"$work/count"
	read -r total first <"$work/count"
	# a fault in the loader or the C library before main() is theirs to survive, and nothing has been done yet
	case $fault in kill*) first=1 ;; esac
	quiet rt delete --force $id
	stride=$every
	if [ "$budget" -gt 0 ]; then # some 8 points a second
		stride=$((total / (share * 6 + 1) + 1))
	fi
	# a start of its own for each fault, so that all of them together see more calls
	for ((k = first + (offset++ * 7) % stride; k <= total; k += stride)); do
		[ "$budget" -eq 0 ] || [ $SECONDS -lt $end ] || break
		one_point "$verb" "$k" || break
		done=$((done + 1))
	done
	[ $bad -gt $bad_before ] || echo "ok fault/$verb/$fault ($done of $total points)"
	[ $bad -eq $bad_before ] || echo "# fault/$verb/$fault: $((bad - bad_before)) of $done points are bad"
}

make_bundle
mkdir -p $root
settle || { cat "$work/out"; exit 1; }
# shellcheck disable=SC2086
share=$((budget / $(set -- $verbs; echo $#) / $(set -- $faults; echo $#)))
offset=0
for verb in $verbs; do
	for fault in $faults; do
		sweep "$verb"
	done
done
[ $bad -eq 0 ]
