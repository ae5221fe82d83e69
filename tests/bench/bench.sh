#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures a runtime against its peers and against the floor. See README.md, or --help.
#
# Everything happens in private namespaces (isolate.sh) and in cgroups of our own, which are removed at the end, also
# after a signal. Left on the machine: the packages that were missing, and the peers in the cache.
set -eu

usage()
{
	cat <<'EOF'
usage: bench.sh [options] [NAME=]PROGRAM...
  The first program is the subject; the peers are added to those named.
  --rounds N       measured rounds of each operation (40)
  --ops A,B        only these: run run-tiny cycle exec exec-tiny state kill list seccomp userns events update
                   (create, start, wait and delete are parts of cycle)
  --cgroup v1|v2   the cgroup view (v2)
  --list N         containers of each contestant that list lists (10)
  --gap MS         pause before each operation (8)
  --priority P     rt, nice or none (v2: rt; v1: nice)
  --json FILE      write the results there as well
  --gate           exit 1 where a target of report.c is missed
  --no-peers       only the floor and the programs named
  --peers-only     fetch the peers into the cache and end
EOF
}

die()
{
	echo "bench.sh: $*" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
cache=${CRUET_CACHE:-/var/cache/cruet}/peers
view=v2 priority='' peers=yes peers_only=no json='' programs='' work='' child=''
set_options='' # for the harness; words without blanks
while [ $# -gt 0 ]; do
	case $1 in
	--rounds | --ops | --list | --gap)
		[ $# -gt 1 ] || die "$1 needs a value"
		case $2 in *[!A-Za-z0-9,-]*) die "strange value '$2'" ;; esac
		set_options="$set_options $1 $2"
		shift
		;;
	--cgroup) view=${2:?--cgroup needs v1 or v2} && shift ;;
	--priority) priority=${2:?--priority needs a value} && shift ;;
	--json) json=${2:?--json needs a file} && shift ;;
	--gate) set_options="$set_options $1" ;;
	--no-peers) peers=no ;;
	--peers-only) peers_only=yes ;;
	-h | --help) usage && exit 0 ;;
	-*) usage >&2 && exit 2 ;;
	*)
		name=${1%%=*}
		[ "$name" != "$1" ] || name=$(basename "$1")
		path=$(realpath -e -- "${1#*=}") || die "there is no ${1#*=}"
		[ -x "$path" ] || die "$path is not a program"
		case $name$path in *[!A-Za-z0-9/_.+-]*) die "a name or path with odd characters: $name=$path" ;; esac
		programs="$programs $name=$path"
		;;
	esac
	shift
done
case $view in
v1) priority=${priority:-nice} ;;
v2) priority=${priority:-rt} ;;
*) die "--cgroup is v1 or v2" ;;
esac
case $priority in rt | nice | none) ;; *) die "--priority is rt, nice or none" ;; esac
[ "$(id -u)" = 0 ] || die "must be root: namespaces, cgroups, mounts"

need()
{
	missing=
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "bench.sh: installing$missing" >&2
	apt-get update -qq >&2
	# shellcheck disable=SC2086 # a list of words
	apt-get install -qq -y --no-install-recommends $missing >&2
}

# The mirror this machine already uses for its own release: from *.sources, else from the one-line format.
mirror()
{
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v release="$codename" '
		function flush() { if (uri != "" && (" " suites " ") ~ (" " release " ")) { print uri; exit } uri = suites = "" }
		/^#/ { next }
		/^[ \t]*$/ { flush() }
		/^URIs:/ { flush(); uri = $2 }
		/^Suites:/ { $1 = ""; suites = $0 }
		END { flush() }' | head -n 1 | grep . && return 0
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^deb[[:space:]]*\(\[[^]]*\]\)\{0,1\}[[:space:]]*//p' |
		awk -v release="$codename" '$2 == release { print $1; exit }' | grep .
}

# The newest crun and runc, from sid, with sid's libraries and dynamic loader, nothing of it installed. A private apt
# state: the machine's own sources and lists stay as they are.
fetch_newest()
{
	[ ! -x "$cache/bin/crun-new" ] || [ ! -x "$cache/bin/runc-new" ] || return 0
	uri=$(mirror) || die "found no Debian mirror in the machine's apt sources"
	echo "bench.sh: fetching sid's crun and runc into $cache" >&2
	state=$work/apt
	tree=$cache.new
	rm -rf "$tree"
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$tree/bin"
	: >"$state/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri sid main" >"$state/sources.list"
	cat >"$state/apt.conf" <<EOF
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "5";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
EOF
	APT_CONFIG=$state/apt.conf apt-get -qq update >&2
	APT_CONFIG=$state/apt.conf apt-get -qq -y --download-only install crun runc >&2
	for deb in "$state"/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$tree/root"
	done
	mkdir "$tree/lib"
	find "$tree"/root/usr/lib/*-linux-* -maxdepth 1 -name '*.so*' -exec cp -P {} "$tree/lib" \;
	for name in crun runc; do
		program=$(find "$tree/root/usr/bin" "$tree/root/usr/sbin" -name "$name" -type f 2>/dev/null | head -n 1)
		cp "$program" "$tree/bin/$name-new"
		loader=$(basename "$(patchelf --print-interpreter "$program")")
		patchelf --set-interpreter "$cache/lib/$loader" --set-rpath "$cache/lib" "$tree/bin/$name-new"
	done
	rm -rf "$tree/root" "$cache"
	mv "$tree" "$cache"
	for name in crun runc; do
		"$cache/bin/$name-new" --version >/dev/null || die "sid's $name does not run; remove $cache to fetch it again"
	done
}

# config ARGS ROOTFS NAMESPACES LINUX: what engines send, in the same words for everybody. @ID@ is filled in later.
config()
{
	caps='["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]'
	cat <<EOF
{"ociVersion":"1.0.2",
"process":{"terminal":false,"user":{"uid":0,"gid":0},"args":[$1],
 "env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin","TERM=xterm"],"cwd":"/",
 "capabilities":{"bounding":$caps,"effective":$caps,"permitted":$caps},
 "rlimits":[{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024}],"noNewPrivileges":true},
"root":{"path":"$work/$2","readonly":true},"hostname":"bench",
"mounts":[
 {"destination":"/proc","type":"proc","source":"proc"},
 {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mode=755","size=65536k"]},
 {"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]},
 {"destination":"/dev/shm","type":"tmpfs","source":"shm","options":["nosuid","noexec","nodev","mode=1777","size=65536k"]},
 {"destination":"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]},
 {"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]},
 {"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime","ro"]}],
"linux":{"cgroupsPath":"/@ID@",
 "resources":{"devices":[{"allow":false,"access":"rwm"}]},
 "namespaces":[{"type":"pid"},{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"},{"type":"cgroup"}$3],
 "maskedPaths":["/proc/acpi","/proc/asound","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list",
  "/proc/timer_stats","/proc/sched_debug","/sys/firmware","/proc/scsi"],
 "readonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]$4}}
EOF
}

prepare_bundles()
{
	for rootfs in rootfs rootfs-userns; do
		mkdir -p "$work/$rootfs/bin"
		(cd "$work/$rootfs" && mkdir -p proc dev sys tmp etc)
		cp "$(command -v busybox)" "$work/$rootfs/bin/busybox"
		cp "$work/tiny" "$work/$rootfs/bin/tiny"
	done
	chown -R 100000:100000 "$work/rootfs-userns"
	map='[{"containerID":0,"hostID":100000,"size":65536}]'
	config '"/bin/busybox","true"' rootfs '' '' >"$work/run.json"
	config '"/bin/tiny"' rootfs '' '' >"$work/tiny.json"
	config '"/bin/tiny","pause"' rootfs '' '' >"$work/pause.json"
	config '"/bin/busybox","true"' rootfs '' ",
 \"seccomp\":$(tr -d '\n' <"$here/seccomp.json")" >"$work/seccomp.json"
	config '"/bin/busybox","true"' rootfs-userns ',{"type":"user"}' ",
 \"uidMappings\":$map,\"gidMappings\":$map" >"$work/userns.json"
	# The v2 view has no controller to set.
	case $view in
	v1) echo '{"cpu":{"shares":512}}' ;;
	*) echo '{}' ;;
	esac >"$work/update.json"
}

build()
{
	# The kernel's headers are the machine's; musl has none.
	for program in floor bench tiny; do
		case $program in
		floor) sources="$here/floor.c $here/floor_cgroup.c $here/floor_filter.c $here/floor_io.c" ;;
		bench) sources="$here/bench.c $here/ops.c $here/report.c" ;;
		tiny) sources=$here/tiny.c ;;
		esac
		# shellcheck disable=SC2086 # a list of words
		musl-gcc -static -s -O2 -std=gnu17 -Wall -Wextra -Wshadow -Wvla -Wconversion -Werror -idirafter /usr/include \
			-idirafter "/usr/include/$(gcc -print-multiarch)" $sources -o "$work/$program"
	done
}

# One directory a hierarchy, below the cgroup we are in: the root of what the contestants see.
cgroup_dirs()
{
	awk -v view="$view" '
		NR == FNR { split($0, part, ":"); path = $0; sub(/^[^:]*:[^:]*:/, "", path); own[part[2]] = path; next }
		view == "v2" && $3 == "cgroup2" { print $2 own[""] }
		view == "v1" && $3 == "cgroup" {
			n = split($4, option, ",")
			for (name in own) {
				if (name == "") continue
				m = split(name, wanted, ","); found = 0
				for (i = 1; i <= m; i++) for (j = 1; j <= n; j++) if (option[j] == wanted[i]) found++
				if (found == m) print $2 own[name]
			}
		}' /proc/self/cgroup /proc/mounts | sed "s|/*\$|/cruet-bench-$$|"
}

cgroup_make()
{
	for dir in $(cgroup_dirs); do
		mkdir "$dir"
		if [ -e "$dir/cpuset.cpus" ] && [ "$view" = v1 ]; then
			cat "$dir/../cpuset.cpus" >"$dir/cpuset.cpus"
			cat "$dir/../cpuset.mems" >"$dir/cpuset.mems"
			echo 1 >"$dir/cgroup.clone_children"
		fi
	done
}

# shellcheck disable=SC2317 # the traps call it
cleanup()
{
	trap - EXIT
	trap '' HUP INT TERM
	if [ -n "$child" ]; then
		kill -KILL "$child" 2>/dev/null || true # its pid namespace goes with it
		wait "$child" 2>/dev/null || true
	fi
	for dir in $(cgroup_dirs); do
		[ -d "$dir" ] || continue
		for try in 1 2 3 4 5 6 7 8 9 10; do
			find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || true
			[ -d "$dir" ] || break
			[ "$try" != 1 ] || find "$dir" -name freezer.state -exec sh -c 'echo THAWED >"$1"' sh {} \; 2>/dev/null || true
			sleep 0.2
		done
		[ ! -d "$dir" ] || echo "bench.sh: cannot remove $dir" >&2
	done
	[ -z "$work" ] || rm -rf "$work"
}

[ "$peers_only" = yes ] || [ -n "$programs" ] || [ "$peers" = yes ] || die "nothing to measure"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/cruet-bench.XXXXXX")
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$work"
if [ "$peers" = yes ] || [ "$peers_only" = yes ]; then
	need crun runc patchelf
	fetch_newest
	programs="$programs crun-new=$cache/bin/crun-new crun=/usr/bin/crun"
	programs="$programs runc-new=$cache/bin/runc-new runc=$(command -v runc)"
fi
[ "$peers_only" = no ] || exit 0
need gcc musl-tools linux-libc-dev strace busybox-static util-linux
build
prepare_bundles
cgroup_make
result=$work/result.json
[ -z "$json" ] || set_options="$set_options --json $result"
(
	for dir in $(cgroup_dirs); do
		sh -c 'echo "$PPID" >"$1"' sh "$dir/cgroup.procs"
	done
	# shellcheck disable=SC2086 # lists of words, checked above
	exec setpriv --pdeathsig KILL unshare --mount --pid --fork --net --uts --ipc --cgroup --mount-proc --kill-child \
		--propagation private sh "$here/isolate.sh" "$view" "$work/bench" --work "$work" --view "$view" \
		--priority "$priority" $set_options "floor=$work/floor" $programs
) </dev/null &
child=$!
status=0
wait "$child" || status=$?
child=
[ -z "$json" ] || [ ! -s "$result" ] || cat "$result" >"$json"
exit "$status"
