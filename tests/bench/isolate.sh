#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# isolate.sh VIEW COMMAND...: called by bench.sh as the first process of new namespaces, in a cgroup of its own. Gives
# the command a private /run, /dev and cgroup view, and shared propagation, as a systemd host has it.
set -eu

view=$1
shift

mount -t tmpfs -o mode=755 run /run

# Private device nodes: there are runtimes that change the owner of the /dev/null they were given.
mkdir /run/dev
mount -t tmpfs -o mode=755,nosuid dev /run/dev
mknod -m 666 /run/dev/null c 1 3
mknod -m 666 /run/dev/zero c 1 5
mknod -m 666 /run/dev/full c 1 7
mknod -m 666 /run/dev/random c 1 8
mknod -m 666 /run/dev/urandom c 1 9
mknod -m 666 /run/dev/tty c 5 0
mkdir /run/dev/pts /run/dev/shm /run/dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts /run/dev/pts
mount -t tmpfs -o mode=1777 shm /run/dev/shm
ln -s pts/ptmx /run/dev/ptmx
ln -s /proc/self/fd /run/dev/fd
mount --move /run/dev /dev
rmdir /run/dev

case $view in
v2)
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	# The view's root is no real root: a cgroup with processes could not get controllers for its children.
	mkdir /sys/fs/cgroup/harness
	echo $$ >/sys/fs/cgroup/harness/cgroup.procs
	;;
v1)
	mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
	sed -n 's/^[1-9][0-9]*:\([^:]\{1,\}\):.*/\1/p' /proc/self/cgroup | while read -r names; do
		dir=/sys/fs/cgroup/${names#name=}
		mkdir "$dir"
		case $names in
		name=*) mount -t cgroup -o "none,$names" cgroup "$dir" ;;
		*) mount -t cgroup -o "$names" cgroup "$dir" ;;
		esac
		case $names in
		*,*) for name in $(echo "$names" | tr , ' '); do ln -s "$names" "/sys/fs/cgroup/$name"; done ;;
		esac
	done
	;;
esac
mount --make-rshared /
exec "$@"
