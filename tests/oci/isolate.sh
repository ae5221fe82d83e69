#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command where a container runtime cannot harm the machine, and cleans up.
#
# usage: isolate.sh [--cgroup v1|v2|hybrid] [--] COMMAND [ARG...]
#
# The command gets its own mount, pid, network, UTS, IPC and cgroup namespaces, a private
# /run (tmpfs) and /dev (copy), / as a shared mount like on a systemd host, and an own
# cgroup in every hierarchy as the root that it sees at /sys/fs/cgroup:
#   v1      the v1 hierarchies alone                   (default where v1 has controllers)
#   v2      cgroup2 alone at /sys/fs/cgroup            (default elsewhere)
#   hybrid  the v1 hierarchies and cgroup2 in unified/
# /sys/fs/cgroup of the machine is never changed, only what the private mount namespace
# shows. Exit status: the command's; 125 where the isolation itself could not be made.
set -eu

say() { echo "isolate: $*" >&2; }
die() { say "$*"; exit 125; }
usage() { die "usage: isolate.sh [--cgroup v1|v2|hybrid] [--] COMMAND [ARG...]"; }

# ---------------------------------------------------------------- cgroup hierarchies

# One line a hierarchy that is mounted: TYPE NAME OPTIONS MOUNTPOINT ROOT. OPTIONS are what mount -o takes,
# NAME the last part of the mountpoint. The first mount of a hierarchy counts.
hierarchies() {
	awk '
	{
		for (i = 7; $i != "-"; i++);
		type = $(i + 1)
		if (type != "cgroup" && type != "cgroup2")
			next
		n = split($(i + 3), words, ",")
		options = ""
		for (j = 1; j <= n; j++)	# only what names the hierarchy: controllers and name=
			if (words[j] !~ /^(rw|ro|seclabel|xattr|clone_children|noprefix|nsdelegate|favordynmods|pids_.*|memory_.*|release_agent=.*)$/)
				options = options (options == "" ? "" : ",") words[j]
		if (type == "cgroup2")
			options = "rw"
		if (!seen[type options]++) {
			name = $5
			sub(/.*\//, "", name)
			print type, name, options, $5, $4
		}
	}' /proc/self/mountinfo
}

# Where this process is in a hierarchy, below its mountpoint: "" for the root.
own_path() { # TYPE OPTIONS ROOT
	awk -v type="$1" -v want="$2" -v root="$3" '
	{
		colon = index($0, ":"); rest = substr($0, colon + 1)
		colon = index(rest, ":"); controllers = substr(rest, 1, colon - 1); path = substr(rest, colon + 1)
		if (type == "cgroup2" ? controllers != "" : !overlaps(controllers, want))
			next
		if (root != "/" && index(path "/", root "/") == 1)
			path = substr(path, length(root) + 1)
		sub(/\/$/, "", path)
		print path
		exit
	}
	function overlaps(a, b,   n, i, words) {
		n = split(a, words, ",")
		for (i = 1; i <= n; i++)
			if (index("," b ",", "," words[i] ","))
				return 1
		return 0
	}' /proc/self/cgroup
}

# v1: below where we are, so that limits set on us go on holding.
# v2: below the root. A cgroup that holds processes, such as ours, cannot give controllers to its children
# (the "no internal processes" rule); the root is exempt, and systemd leaves unknown cgroups there alone.
parent_dir() { # TYPE OPTIONS MOUNTPOINT ROOT
	if [ "$1" = cgroup2 ]; then
		echo "$3"
	else
		echo "$3$(own_path "$1" "$2" "$4")"
	fi
}

# Controllers of a v2 cgroup, for its children. One by one: what one refuses must not cost the others
# (cpu is refused while real-time processes exist in a cgroup other than the root).
delegate() { # DIR
	refused=
	read -r controllers <"$1/cgroup.controllers" || : # an empty file has no line
	for controller in $controllers; do
		echo "+$controller" 2>/dev/null >"$1/cgroup.subtree_control" || refused="$refused $controller"
	done
	[ -z "$refused" ] || say "controllers not to be had in $1:$refused"
}

make_cgroup() { # TYPE MOUNTPOINT PARENT; adds to $cgroups
	# On a v1 machine the root of cgroup2 stays as it is: nothing would ever take the controllers back.
	[ "$1" != cgroup2 ] || [ "$(default_mode)" = v1 ] || delegate "$3"
	mkdir "$3/$name" || die "cannot make a cgroup in $3"
	cgroups="$cgroups $3/$name"
	# a new v1 cpu cgroup has no real-time budget (RT_GROUP_SCHED); who has some gives a little
	if [ "$1" = cgroup ] && [ -e "$3/$name/cpu.rt_runtime_us" ]; then
		echo 100000 2>/dev/null >"$3/$name/cpu.rt_runtime_us" || :
	fi
	if [ -e "$3/cpuset.cpus" ] && [ "$1" = cgroup ]; then
		# A new v1 cpuset is empty, and no process may enter an empty one.
		cat "$3/cpuset.cpus" >"$3/$name/cpuset.cpus"
		cat "$3/cpuset.mems" >"$3/$name/cpuset.mems"
	fi
	warn_of_limits "$1" "$2" "$3"
}

# A limit above our cgroup makes tests die for no visible reason: say so at once.
warn_of_limits() { # TYPE MOUNTPOINT PARENT
	least=$((256 * 1024 * 1024))
	dir=$3
	while [ "$dir" != "$2" ] && [ "$dir" != / ]; do
		for file in memory.limit_in_bytes memory.max; do
			limit=$(cat "$dir/$file" 2>/dev/null) || continue
			[ "$limit" = max ] || [ "$limit" -ge "$least" ] || say "$dir/$file allows only $limit bytes"
		done
		limit=$(cat "$dir/pids.max" 2>/dev/null) || limit=max
		[ "$limit" = max ] || [ "$limit" -ge 256 ] || say "$dir/pids.max allows only $limit processes"
		dir=${dir%/*}
	done
}

# ---------------------------------------------------------------- cleaning up

# A frozen v1 process cannot even be killed, and keeps its pid namespace from ending.
thaw() { # DIR...
	find "$@" -name freezer.state 2>/dev/null | while read -r file; do
		echo THAWED 2>/dev/null >"$file" || : # it may be gone by now
	done
}

kill_all() { # DIR...
	find "$@" -name cgroup.kill -exec sh -c 'echo 1 >"$1"' sh {} \; 2>/dev/null || : # v2
	find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | while read -r pid; do
		[ "$pid" = 0 ] || kill -KILL "$pid" 2>/dev/null || :
	done
}

remove() { # DIR...
	find "$@" -depth -type d -exec rmdir {} + 2>/dev/null || :
	for dir in "$@"; do
		[ ! -d "$dir" ] || return 1
	done
}

# Dying takes processes a moment, and a cgroup with a dying process cannot be removed.
clean_up() { # DIR...
	[ $# -gt 0 ] || return 0
	for pause in 0.01 0.02 0.05 0.1 0.2 0.5 1 1 2 5; do
		! remove "$@" || return 0
		thaw "$@"
		kill_all "$@"
		sleep "$pause"
	done
	remove "$@" || say "left behind, still busy: $*"
}

# A name that tells whether its owner lives: pid namespace, pid, start time.
start_time() { # PID
	read -r line 2>/dev/null <"/proc/$1/stat" || return 1
	# shellcheck disable=SC2086 # a list of words; the command's name, in brackets, may hold blanks
	set -- ${line##*) }
	echo "${20}"
}

# What a run left that died by SIGKILL itself. All of it at once: what is frozen in one hierarchy keeps
# the others busy.
sweep() { # PARENT...
	stale=
	for parent in "$@"; do
		for dir in "$parent/$family"-*; do
			[ -d "$dir" ] || continue
			owner=${dir#"$parent/$family"-}
			[ "$(start_time "${owner%-*}")" = "${owner#*-}" ] || stale="$stale $dir"
		done
	done
	# shellcheck disable=SC2086 # a list of words
	clean_up $stale
}

# ---------------------------------------------------------------- outside: cgroups, and waiting

default_mode() {
	if hierarchies | grep -qE '^cgroup [^ ]+ ([^ ]*,)?(memory|pids|cpu|devices)'; then echo v1; else echo v2; fi
}

check_mode() {
	case $mode in
	v1 | hybrid) [ "$(default_mode)" = v1 ] || die "--cgroup $mode: no v1 controllers are mounted here" ;;
	v2) hierarchies | grep -q '^cgroup2 ' || die "--cgroup v2: no cgroup2 is mounted here" ;;
	*) die "--cgroup $mode: not v1, v2 or hybrid" ;;
	esac
}

make_cgroups() {
	family=cruet-test-$(stat -L -c %i /proc/self/ns/pid)
	name=$family-$$-$(start_time $$)
	places=$(hierarchies | while read -r type _ options mountpoint root; do
		echo "$type $mountpoint $(parent_dir "$type" "$options" "$mountpoint" "$root")"
	done)
	# shellcheck disable=SC2046 # a list of words
	sweep $(echo "$places" | cut -d' ' -f3)
	while read -r type mountpoint parent; do
		make_cgroup "$type" "$mountpoint" "$parent"
	done <<-END
		$places
	END
}

# In the process that becomes the first unshare. What it is a member of now is what the cgroup namespace
# shows as the root.
enter() { # COMMAND...
	for dir in $cgroups; do
		echo 0 >"$dir/cgroup.procs" || die "cannot enter $dir"
	done
	exec unshare --cgroup -- "$self" --in-cgroup "$mode" "$cgroups" "$@"
}

# A shell lets its background commands ignore INT and QUIT and gives them /dev/null: the command must have
# what we have. In the background it is so that a signal to us need not wait for its end.
run() { # COMMAND...
	status=0
	exec 3<&0
	(enter "$@") <&3 3<&- &
	child=$!
	exec 3<&-
	wait "$child" || status=$?
	return "$status"
}

# The namespaces end with the process that made them (--kill-child), and everything with them.
interrupted() { # EXIT-STATUS
	trap '' INT TERM HUP
	[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || :
	# shellcheck disable=SC2086 # a list of words
	thaw $cgroups
	exit "$1"
}

outside() {
	mode=
	while [ $# -gt 0 ]; do
		case $1 in
		--cgroup) [ $# -ge 2 ] || usage; mode=$2; shift 2 ;;
		--cgroup=*) mode=${1#*=}; shift ;;
		--) shift; break ;;
		-*) usage ;;
		*) break ;;
		esac
	done
	[ $# -gt 0 ] || usage
	[ "$(id -u)" = 0 ] || die "only root can do this"
	: "${mode:=$(default_mode)}"
	check_mode
	cgroups=
	child=
	# shellcheck disable=SC2086 # a list of words
	trap 'clean_up $cgroups' EXIT
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	trap 'interrupted 129' HUP
	make_cgroups
	status=0
	run "$@" || status=$?
	exit "$status"
}

# ---------------------------------------------------------------- in the own cgroup

# Still with the machine's mounts, a child of the first process and tied to its life. In v2 a cgroup with processes cannot give controllers on, so all of
# us, the unshare that stays behind included, move one down before.
in_cgroup() { # MODE CGROUPS COMMAND...
	mode=$1
	for dir in $2; do
		[ -e "$dir/cgroup.controllers" ] || continue
		mkdir "$dir/init"
		echo 0 >"$dir/init/cgroup.procs"
		delegate "$dir"
	done
	shift 2
	exec env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --net --uts --ipc --mount-proc --kill-child --propagation private -- "$self" --inside "$mode" "$@"
}

# ---------------------------------------------------------------- inside: pid 1 of the namespaces

# Which of our first three files are the machine's /dev/null: crun 1.8.1 chowns the file that is its stdin.
null_files() {
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$$/fd/$fd")" != /dev/null ] || echo "$fd"
	done
}

private_dev() {
	nulls=$(null_files)
	mkdir /run/dev
	mount -t tmpfs -o mode=755,nosuid dev /run/dev
	cp -a -x /dev/. /run/dev/
	mkdir -p /run/dev/pts /run/dev/shm /run/dev/mqueue
	umount -R -l /dev 2>/dev/null || : # nothing is mounted there where /dev is part of the root
	mount --move /run/dev /dev
	rmdir /run/dev
	mount -t devpts -o newinstance,mode=620,ptmxmode=666,gid=5 devpts /dev/pts
	mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
	mount -t mqueue mqueue /dev/mqueue 2>/dev/null || : # not in every kernel
	for fd in $nulls; do
		eval "exec $fd<>/dev/null"
	done
}

mount_v1() { # lines as of hierarchies
	while read -r type name options _; do
		[ "$type" = cgroup ] || continue
		mkdir "/sys/fs/cgroup/$name"
		mount -t cgroup -o "$options" cgroup "/sys/fs/cgroup/$name"
		for alias in $(echo "$name" | tr , ' '); do
			[ -e "/sys/fs/cgroup/$alias" ] || ln -s "$name" "/sys/fs/cgroup/$alias"
		done
	done
}

private_cgroups() {
	list=$(hierarchies)
	umount -R -l /sys/fs/cgroup 2>/dev/null || :
	if [ "$mode" = v2 ]; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		return
	fi
	mount -t tmpfs -o mode=755,nosuid,nodev,noexec cgroup /sys/fs/cgroup
	echo "$list" | mount_v1
	if [ "$mode" = hybrid ] && echo "$list" | grep -q '^cgroup2 '; then
		mkdir /sys/fs/cgroup/unified
		mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
	fi
}

prepare() {
	mount -t tmpfs -o mode=755,nosuid,nodev run /run
	private_dev
	private_cgroups
	mount --make-rshared /
	ip link set lo up 2>/dev/null || : # no iproute2: no test needs it for itself
}

inside() { # MODE COMMAND...
	mode=$1
	shift
	trap 'die "cannot prepare the namespaces"' EXIT
	prepare
	trap - EXIT
	status=0
	"$@" || status=$?
	thaw /sys/fs/cgroup
	exit "$status"
}

self=$(readlink -f "$0")
case ${1:-} in
--in-cgroup) shift; in_cgroup "$@" ;;
--inside) shift; inside "$@" ;;
*) outside "$@" ;;
esac
