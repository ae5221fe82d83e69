# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The guest's half of vm.sh: sent along with every job and run there by cruet-job.service as root. vm.sh appends the calls.

# A virtio port by its name, asked of sysfs: udev may not have made its links yet.
port() {
	local dir

	for dir in /sys/class/virtio-ports/*; do
		if [ "$(cat "$dir/name")" = "cruet.$1" ]; then
			echo "/dev/${dir##*/}"
		fi
	done
}

# Descriptors of the agent alone; the command does not inherit them. 7: signs of life, 8: standard output, 9: standard error.
open_ports() {
	exec 7>"$(port beat)" 8>"$(port out)" 9>"$(port err)"
}

# One sign of life a processor: under threaded emulation a single one may lose an interrupt and hang.
beat() {
	local cpu nap

	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		(
			taskset -pc "$cpu" "$BASHPID" >/dev/null
			exec {nap}<> <(:) 8>&- 9>&-
			while echo "$cpu" >&7; do
				read -r -t 5 -u "$nap" || :
			done
		) &
	done
}

# share TAG DIRECTORY ro|rw: SELinux would see files of an unknown label there, and a container may write to a file of
# this one.
share() {
	local options=$3

	mkdir -p "$2"
	if [ -e /sys/fs/selinux/enforce ]; then
		case $3 in
		ro) options+=,context=system_u:object_r:usr_t:s0 ;;
		rw) options+=,context=system_u:object_r:container_file_t:s0 ;;
		esac
	fi
	mount -t virtiofs -o "$options" "$1" "$2"
}

# A daemon that the command left behind may hold the pipe open for ever.
drain() {
	local pid=$1 tries

	for ((tries = 0; tries < 20; tries++)); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill "$pid" 2>/dev/null || :
}

# job TOKEN COMMAND...: its output goes through pipes, as it would anywhere; the status follows the output on its port, so
# that it cannot overtake it.
job() {
	local token=$1 out err out_pid err_pid status=0
	shift

	exec {out}> >(exec cat >&8 7>&-)
	out_pid=$!
	exec {err}> >(exec cat >&9 7>&- {out}>&-)
	err_pid=$!
	setsid "$@" <&- </dev/null >&"$out" 2>&"$err" {out}>&- {err}>&- 7>&- 8>&- 9>&- || status=$?
	exec {out}>&- {err}>&-
	drain "$err_pid"
	drain "$out_pid"
	sync
	echo "$token $status" >&9
	echo "$token $status" >&8
}

# The command is to find a host that has come up.
wait_boot() {
	timeout 200 systemctl is-system-running --wait >/dev/null 2>&1 || :
}
