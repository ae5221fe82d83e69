# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/process_test.sh: the process as the configuration has it: program, arguments, environment, directory, limits.

run()
{
	cruet run --bundle "$B" "$@" "$ID"
}

# The status of a failed create is 1, its message has WANT, nothing of it is left, and create says it, not start.
create_fails()
{
	fails "$1" cruet create --bundle "$B" "$ID"
	fails "does not exist" cruet state "$ID"
}

script() # FILE FIRST-LINE
{
	printf '%s\necho script\n' "$2" >"$B/rootfs$1"
	chmod 755 "$B/rootfs$1"
}

test_args_as_they_are()
{
	local odd=$'a b\n\t"\'\\$x*'

	bundle
	args sh -c 'printf "<%s>" "$0" "$@"' "" "$odd" "ä€" -x --
	expect "<><$odd><ä€><-x><-->" "$(run)"
}

test_program_is_searched_in_path()
{
	bundle
	mkdir -p "$B/rootfs/first/tool" "$B/rootfs/second" "$B/rootfs/third"
	script /third/tool '#!/bin/sh'
	echo >"$B/rootfs/second/tool" # not executable: looked past
	config '.process.env = ["PATH=/none:/first:/second::/third:/bin"]'
	args tool
	expect script "$(run)"
	# an empty part is the working directory
	config '.process.env = ["PATH=/none:"] | .process.cwd = "/third"'
	expect script "$(run)"
	config '.process.args = ["third/tool"] | .process.cwd = "/" | .process.env = ["PATH=/bin"]'
	expect script "$(run)"
	# without a PATH there is a default one
	config '.process.args = ["true"] | .process.env = []'
	run
}

test_program_that_is_missing()
{
	bundle
	args no-such-program
	create_fails 'executable file not found in $PATH'
	args /no/such/program
	create_fails "no such file or directory"
	args /bin/sh/x
	create_fails "not a directory"
	args ""
	create_fails 'exec: "": executable file not found in $PATH'
	config '.process.args = []'
	fails "no process" cruet run --bundle "$B" "$ID"
}

test_program_that_cannot_be_executed()
{
	bundle
	args /etc
	create_fails "is a directory"
	echo >"$B/rootfs/etc/plain"
	args /etc/plain
	create_fails "permission denied"
	config '.process.env = ["PATH=/etc"]'
	args plain
	create_fails "permission denied"
	# executable for root alone
	printf '#!/bin/sh\n' >"$B/rootfs/etc/mine"
	chmod 700 "$B/rootfs/etc/mine"
	config '.process.user = {uid: 1000, gid: 1000}'
	args /etc/mine
	create_fails "permission denied"
}

# What only execve can find out is start's failure, and the container has stopped.
test_program_with_a_bad_interpreter()
{
	bundle
	script /bad '#!/no/such/interpreter'
	args /bad
	cruet create --bundle "$B" "$ID" >/dev/null
	fails "no such file or directory" cruet start "$ID"
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
	fails "no such file or directory" cruet run --bundle "$B" "$ID"
	fails "does not exist" cruet state "$ID"
	head -c 100 /dev/zero >"$B/rootfs/noise"
	chmod 755 "$B/rootfs/noise"
	args /noise
	fails "Exec format error" cruet run --bundle "$B" "$ID"
}

test_environment()
{
	bundle
	config '.process.env = ["PATH=/bin", "A=1", "B=x=y z", "A=2", "EMPTY=", "HOME=/there"]'
	args env
	expect "A=2,B=x=y z,EMPTY=,HOME=/there,PATH=/bin" "$(SECRET=1 LD_PRELOAD='' run | sort | paste -sd ,)"
}

test_home()
{
	bundle
	config '.process.args = ["sh", "-c", "echo $HOME"]'
	expect /root "$(run)"
	config '.process.user = {uid: 4321, gid: 0}'
	expect / "$(run)"
}

test_cwd()
{
	writable
	config '.process.cwd = "/tmp" | .process.args = ["pwd"]'
	expect /tmp "$(run)"
	# made where it is missing
	config '.process.cwd = "/new/dir" | .process.args = ["pwd"]'
	expect /new/dir "$(run)"
	expect "755 0" "$(stat -c '%a %u' "$B/rootfs/new/dir")"
	ln -s ../../../../../../etc "$B/rootfs/link"
	config '.process.cwd = "/link" | .process.args = ["sh", "-c", "pwd -P; ls"]'
	touch "$B/rootfs/etc/inside"
	contains inside "$(run)"
	config '.process.cwd = "tmp"'
	create_fails "cwd"
	echo >"$B/rootfs/etc/file"
	config '.process.cwd = "/etc/file"'
	create_fails "Not a directory"
}

test_cwd_that_the_user_may_not_enter()
{
	bundle
	mkdir -m 700 "$B/rootfs/private"
	config '.process.cwd = "/private" | .process.args = ["true"] | .process.user = {uid: 1000, gid: 1000}'
	create_fails "Permission denied"
	chown 1000 "$B/rootfs/private"
	run
}

# CVE-2024-21626: a working directory that is a file of the runtime's leads out.
test_cwd_through_an_inherited_fd()
{
	local n

	bundle
	config '.process.args = ["sh", "-c", "cd ../../../..; cat etc/hostname; pwd"]'
	for n in $(seq 0 12) 40 63 64; do
		config '.process.cwd = "/proc/self/fd/" + $n' --arg n "$n"
		(exec 40</ 63</etc 64</tmp; run) >"$T/out" 2>&1 && die "fd $n: a cwd outside: $(cat "$T/out")"
		fails "does not exist" cruet state "$ID"
	done
}

test_user_and_groups()
{
	bundle
	config '.process.user = {uid: 1000, gid: 2000, additionalGids: [2000, 3000, 7]} | .process.args = ["id"]'
	expect "uid=1000 gid=2000 groups=7,2000,3000" "$(run | sed 's/([^)]*)//g')"
	# not a group of the caller's stays
	config '.process.user = {uid: 1000, gid: 2000} | .process.args = ["grep", "^Groups", "/proc/self/status"]'
	expect "Groups:" "$(setpriv --groups 5,6,7 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | tr -d '\t ')"
	config '.process.user = {uid: 0, gid: 0}'
	expect "Groups:" "$(setpriv --groups 5,6,7 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | tr -d '\t ')"
	config '.process.user = {uid: 1000, gid: 2000} | .process.args = ["grep", "-E", "^[UG]id", "/proc/self/status"]'
	expect "Uid: 1000 1000 1000 1000,Gid: 2000 2000 2000 2000" "$(run | tr -s '\t' ' ' | paste -sd ,)"
}

test_umask()
{
	bundle
	args sh -c umask
	expect 0022 "$(umask 077 && run)"
	config '.process.user.umask = 7'
	expect 0007 "$(run)"
	config '.process.user.umask = 0'
	expect 0000 "$(run)"
}

limit() # NAME
{
	awk -v name="$1" 'index($0, name) == 1 { sub(name, ""); print $1, $2 }' "$T/limits"
}

test_rlimits()
{
	local infinite=18446744073709551615

	bundle
	config '.process.args = ["cat", "/proc/self/limits"] | .process.rlimits = [
		{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 1},
		{type: "RLIMIT_STACK", soft: 1048576, hard: 2097152}]'
	run >"$T/limits"
	expect "100 200,0 1,1048576 2097152" "$(limit "Max open files"),$(limit "Max core file size"),$(limit "Max stack size")"
	# the largest number there is means no limit; jq cannot write it
	config '.process.rlimits = [{type: "RLIMIT_CPU", soft: "INFINITE", hard: "INFINITE"}]'
	sed -i "s/\"INFINITE\"/$infinite/" "$B/config.json"
	run >"$T/limits"
	expect "unlimited unlimited" "$(limit "Max cpu time")"
	config '.process.rlimits = [{type: "RLIMIT_NOSUCH", soft: 1, hard: 1}]'
	create_fails "RLIMIT_NOSUCH"
	config '.process.rlimits = [{type: "RLIMIT_CPU", soft: 2, hard: 1}]'
	create_fails "rlimits"
}

# Raising a hard limit needs CAP_SYS_RESOURCE of whoever creates.
test_rlimit_beyond_the_hard_one()
{
	bundle
	config '.process.args = ["cat", "/proc/self/limits"] | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 60, hard: 60}]'
	if setpriv --bounding-set -sys_resource true 2>/dev/null; then
		(ulimit -n 50
		fails "RLIMIT_NOFILE" setpriv --bounding-set -sys_resource --inh-caps -sys_resource "$RUNTIME" --root "$ROOT" \
			run --bundle "$B" "$ID")
	fi
	if grep -q '^CapEff.*[4567cdef]......$' /proc/self/status && [ "$((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24 & 1))" = 1 ]; then
		(ulimit -n 50; run) >"$T/limits"
		expect "60 60" "$(limit "Max open files")"
	fi
}

# A limit that is lower than what the runtime itself has open does not stop it.
test_low_limit_of_files()
{
	bundle
	config '.process.args = ["/bin/true"] | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3, hard: 3}]'
	run
	config '.process.rlimits = [{type: "RLIMIT_AS", soft: 50000000, hard: 50000000}, {type: "RLIMIT_FSIZE", soft: 0, hard: 0}]'
	run
}

test_oom_score()
{
	bundle
	args cat /proc/self/oom_score_adj
	config '.process.oomScoreAdj = 321'
	expect 321 "$(run)"
	config 'del(.process.oomScoreAdj)'
	expect 77 "$(echo 77 >/proc/self/oom_score_adj; run)"
}

test_scheduler()
{
	bundle
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 7} | .process.args = ["awk", "{ print $19, $41 }", "/proc/self/stat"]'
	expect "7 3" "$(run)"
	config '.process.scheduler = {policy: "SCHED_IDLE"}'
	expect "$(nice) 5" "$(run)"
	config '.process.scheduler = {policy: "SCHED_NOSUCH"}'
	create_fails "SCHED_NOSUCH"
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 100}'
	create_fails "priority"
}

test_io_priority()
{
	bundle
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} | .process.args = ["ionice"]'
	contains "prio 6" "$(run)"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	contains "idle" "$(run)"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
	create_fails "ioPriority"
}

test_personality()
{
	case $(uname -m) in
	x86_64) ;;
	*) skip "the words are those of x86_64" ;;
	esac
	bundle
	config '.linux.personality = {domain: "LINUX32"} | .process.args = ["uname", "-m"]'
	expect i686 "$(run)"
	config '.linux.personality = {domain: "LINUX"}'
	expect x86_64 "$(run)"
	config '.linux.personality = {domain: "SOLARIS"}'
	create_fails "personality"
}

test_memory_policy()
{
	[ -e /proc/self/numa_maps ] || skip "a kernel without NUMA"
	bundle
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"} | .process.args = ["grep", "-m", "1", "-o", "bind.*:0 ", "/proc/self/numa_maps"]'
	contains "bind:0" "$(run | tr -d ' ')"
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	create_fails "memory policy"
	config '.linux.memoryPolicy = {mode: "MPOL_NOSUCH", nodes: "0"}'
	create_fails "MPOL_NOSUCH"
}

# All CPUs, whatever the mask of the caller is: the cgroup says what the container may use.
test_cpu_affinity_of_the_caller_is_not_inherited()
{
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	bundle
	args grep Cpus_allowed_list /proc/self/status
	expect "$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)" \
		"$(taskset -c 0 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" | awk '{ print $2 }')"
}

test_signals_are_reset()
{
	bundle
	args grep -E '^Sig(Blk|Ign)' /proc/self/status
	expect "SigBlk:0000000000000000,SigIgn:0000000000000000" \
		"$(trap '' HUP INT PIPE TERM USR1; run | tr -d '\t' | paste -sd ,)"
}

test_session_of_its_own()
{
	bundle
	# shellcheck disable=SC2016 # the container's shell expands
	args sh -c 'awk "{ print \$5, \$6, \$7 }" /proc/1/stat'
	expect "1 1 0" "$(run)"
}

test_session_keyring()
{
	[ -e /proc/keys ] || skip "a kernel without keyrings"
	bundle
	config '.linux.maskedPaths = []'
	args grep -c "_ses.$ID" /proc/keys
	expect 1 "$(run)"
	expect 0 "$(run --no-new-keyring || :)"
}

test_hostname_and_domainname()
{
	bundle
	config '.hostname = "a-host" | .domainname = "a.domain" | .process.args = ["cat", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname"]'
	expect "a-host,a.domain" "$(run | paste -sd ,)"
	[ "$(hostname)" != a-host ]
}
