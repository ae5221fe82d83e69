# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/hooks_test.sh: the six hooks: when, where, with what they run, and what their failure does.

points="prestart createRuntime createContainer startContainer poststart poststop"

# A hook at each of the POINTS that runs SCRIPT with sh; in it $point is its point, and $T the test's directory. The
# container's own hooks find the test's directory at the same place, bound there.
hooks() # SCRIPT POINT...
{
	local script=$1 point

	shift
	for point; do
		config '.hooks[$p] += [{path: "/bin/sh", args: ["sh", "-c", "point=\($p) T=\($t); \($s)"], env: ["PATH=/bin:/usr/bin", "OF=" + $p]}]' \
			--arg p "$point" --arg s "$script" --arg t "$T"
	done
}

with_notes()
{
	bundle
	mkdir -p "$B/rootfs$T"
	config '.mounts += [{destination: $t, source: $t, type: "bind", options: ["bind", "rw"]}]' --arg t "$T"
	args true
}

whole_life()
{
	cruet create --bundle "$B" "$ID" >/dev/null
	echo "create returned" >>"$T/order"
	cruet start "$ID"
	echo "start returned" >>"$T/order"
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
}

test_order()
{
	with_notes
	# shellcheck disable=SC2086,SC2016 # a list of words; for the hook's shell
	hooks 'echo $point 1 >>$T/order' $points
	# shellcheck disable=SC2086,SC2016
	hooks 'echo $point 2 >>$T/order' $points
	args sh -c "echo program >>$T/order; exec sleep 1000"
	cruet create --bundle "$B" "$ID" >/dev/null
	echo "create returned" >>"$T/order"
	cruet start "$ID"
	wait_until 10 grep -q program "$T/order"
	echo "start returned" >>"$T/order"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
	# poststart may run before or after the program's first words
	expect "prestart 1,prestart 2,createRuntime 1,createRuntime 2,createContainer 1,createContainer 2,create returned,startContainer 1,startContainer 2,poststart 1,poststart 2,start returned,poststop 1,poststop 2" \
		"$(grep -v program "$T/order" | paste -sd ,)"
	[ "$(grep -n program "$T/order" | cut -d: -f1)" -gt "$(grep -n "startContainer 2" "$T/order" | cut -d: -f1)" ]
}

test_state_on_stdin()
{
	local point want

	with_notes
	config '.annotations = {"a/b": "c \" \\ é", "second": ""}'
	# shellcheck disable=SC2086,SC2016
	hooks 'cat >$T/state.$point' $points
	args sleep 1000
	cruet create --bundle "$B" "$ID" >/dev/null
	pid=$(pid_of "$ID")
	cruet start "$ID"
	cruet delete --force "$ID"
	for point in $points; do
		jq -e . "$T/state.$point" >/dev/null || die "$point: no JSON: $(cat "$T/state.$point")"
		expect "$point $ID $(realpath "$B")" "$point $(jq -r '.id + " " + .bundle' "$T/state.$point")"
		expect "$point 1.3.0" "$point $(jq -r .ociVersion "$T/state.$point")"
		expect "$point c \" \\ é" "$point $(jq -r '.annotations["a/b"]' "$T/state.$point")"
		grep -qF '"a/b"' "$T/state.$point" || die "$point: slashes are escaped"
		expect 0 "$(tr -d '\n' <"$T/state.$point" | grep -c '  ')" # compact
		echo "$point $(jq -r '.status + " " + (.pid | tostring)' "$T/state.$point")" >>"$T/seen"
	done
	want="prestart creating $pid,createRuntime creating $pid,createContainer creating 1,startContainer created 1"
	expect "$want,poststart running $pid" "$(head -n 5 "$T/seen" | paste -sd ,)"
	expect "poststop stopped" "$(tail -n 1 "$T/seen" | cut -d' ' -f1,2)"
}

test_namespaces()
{
	local point kind

	with_notes
	# shellcheck disable=SC2086,SC2016
	hooks 'for n in mnt pid net uts ipc; do echo $n $(readlink /proc/self/ns/$n); done >$T/ns.$point' $points
	args sh -c "for n in mnt pid net uts ipc; do echo \$n \$(readlink /proc/self/ns/\$n); done >$T/ns.program"
	whole_life
	for point in prestart createRuntime poststart poststop; do
		for kind in mnt pid net uts ipc; do
			expect "$point $kind $(readlink /proc/self/ns/$kind)" "$point $(grep "^$kind " "$T/ns.$point")"
		done
	done
	expect "$(cat "$T/ns.program")" "$(cat "$T/ns.createContainer")"
	expect "$(cat "$T/ns.program")" "$(cat "$T/ns.startContainer")"
}

# createContainer runs before pivot_root, with the host's files still in reach, its mounts seen by the container alone.
test_roots()
{
	with_notes
	echo "the container's" >"$B/rootfs/etc/whose"
	# shellcheck disable=SC2016
	hooks '{ test -e /etc/whose && cat /etc/whose || echo the hosts; } >$T/root.$point' createRuntime createContainer startContainer
	# shellcheck disable=SC2016
	hooks "mount -t tmpfs from-the-hook $B/rootfs/mnt" createContainer
	args sh -c "grep -c from-the-hook /proc/mounts >$T/mounts"
	whole_life
	expect "the hosts,the hosts,the container's" "$(cat "$T"/root.{createRuntime,createContainer,startContainer} | paste -sd ,)"
	expect 1 "$(cat "$T/mounts")"
	! grep -q from-the-hook /proc/self/mounts || die "the hook's mount is the host's"
}

# CVE-2025-23266: nothing of the runtime's environment, and nothing of the container's where that was not asked for.
test_environment()
{
	local point

	with_notes
	config '.process.env = ["PATH=/bin", "OF_THE_PROCESS=1", "LD_PRELOAD=/evil.so"]'
	# shellcheck disable=SC2086,SC2016
	hooks 'cat /proc/self/environ | tr "\0" "\n" | grep -vE "^(PWD|SHLVL)=" | sort | paste -sd , >$T/env.$point' $points
	SECRET=1 LD_LIBRARY_PATH=/nowhere whole_life
	for point in $points; do
		expect "OF=$point,PATH=/bin:/usr/bin" "$(tr '\n' , <"$T/env.$point" | sed 's/,$//')"
	done
}

test_environment_that_was_not_given()
{
	local point

	with_notes
	config '.process.env = ["PATH=/bin", "OF_THE_PROCESS=1", "LD_PRELOAD=/evil.so"]'
	# shellcheck disable=SC2086,SC2016
	hooks 'cat /proc/self/environ >$T/env.$point' $points
	config 'del(.hooks[][].env)'
	SECRET=1 whole_life
	for point in prestart createRuntime createContainer poststart poststop; do
		# the shell adds what it thinks a program should have
		expect "$point PATH" "$point $(tr '\0' '\n' <"$T/env.$point" | grep -vE '^(PWD|OLDPWD|SHLVL|_)=' | cut -d= -f1 | paste -sd ,)"
	done
	grep -q OF_THE_PROCESS "$T/env.startContainer"
	! grep -q SECRET "$T/env.startContainer"
}

test_args_and_cwd()
{
	with_notes
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["a name", "-c", "echo \"$0 $1\" >$2/args; pwd >$2/cwd; tr \"\\0\" , </proc/$$/cmdline | cut -d, -f1 >$2/argv0", "zero", "one", $t]}]' --arg t "$T"
	config '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "pwd >$1/container-cwd", "sh", $t]}]' --arg t "$T"
	whole_life
	expect "zero one,a name" "$(cat "$T/args" "$T/argv0" | paste -sd ,)"
	expect "$(realpath "$B")" "$(cat "$T/cwd")"
	expect "$(realpath "$B")" "$(cat "$T/container-cwd")"
}

# Fds, signals, session: as a program started from nothing.
test_clean_process()
{
	with_notes
	# shellcheck disable=SC2086,SC2016
	hooks 'ls /proc/self/fd | paste -sd " " - >$T/fds.$point; exec grep -E "^Sig(Blk|Ign)" /proc/self/status >$T/sig.$point' \
		createRuntime createContainer startContainer poststart poststop
	(exec 8</etc 9</dev/null; trap '' HUP TERM; whole_life)
	expect "0 1 2 3" "$(sort -u "$T"/fds.*)"
	expect 0000000000000000 "$(cat "$T"/sig.* | awk '{ print $2 }' | sort -u)"
}

# ---- failures --------------------------------------------------------------------------------------------------------

left_nothing()
{
	fails "does not exist" cruet state "$ID"
	expect "" "$(find /sys/fs/cgroup -type d -name "*$ID*")"
}

test_failure_in_create()
{
	local point

	for point in prestart createRuntime createContainer; do
		rm -rf "$T/b"
		with_notes
		# shellcheck disable=SC2016
		hooks 'echo first >>$T/ran.$point' "$point"
		hooks 'echo "out of luck"; echo "on stderr" >&2; exit 7' "$point"
		# shellcheck disable=SC2016
		hooks 'echo third >>$T/ran.$point' "$point"
		# shellcheck disable=SC2016
		hooks 'echo $point >>$T/later' createContainer startContainer poststart
		fails "hooks.${point}[1]" cruet create --bundle "$B" "$ID"
		contains "status 7" "$(cat "$T/fails.out")"
		contains "out of luck" "$(cat "$T/fails.out")"
		contains "on stderr" "$(cat "$T/fails.out")"
		expect 1 "$(wc -l <"$T/fails.out")"
		expect first "$(cat "$T/ran.$point")"
		left_nothing
	done
	! grep -qE "startContainer|poststart" "$T/later" 2>/dev/null
}

test_failure_of_start_container()
{
	with_notes
	hooks 'echo no; exit 3' startContainer
	args sh -c "echo ran >$T/ran"
	cruet create --bundle "$B" "$ID" >/dev/null
	fails "hooks.startContainer[0]" cruet start "$ID"
	contains "status 3" "$(cat "$T/fails.out")"
	expect stopped "$(status_of "$ID")"
	[ ! -e "$T/ran" ] || die "the program ran"
	cruet delete "$ID"
	fails "hooks.startContainer[0]" cruet run --bundle "$B" "$ID"
	left_nothing
}

# The specification since 1.3: the container is stopped, and start fails.
test_failure_of_poststart()
{
	with_notes
	hooks 'echo no; exit 3' poststart
	args sleep 1000
	cruet create --bundle "$B" "$ID" >/dev/null
	fails "hooks.poststart[0]" cruet start "$ID"
	wait_until 10 status_is "$ID" stopped
	cruet delete "$ID"
	fails "hooks.poststart[0]" cruet run --bundle "$B" "$ID"
	left_nothing
}

# A warning; the others run, and delete succeeds.
test_failure_of_poststop()
{
	with_notes
	# shellcheck disable=SC2016
	hooks 'echo first >>$T/ran; exit 1' poststop
	# shellcheck disable=SC2016
	hooks 'echo second >>$T/ran; kill -9 $$' poststop
	# shellcheck disable=SC2016
	hooks 'echo third >>$T/ran' poststop
	cruet create --bundle "$B" "$ID" >/dev/null
	cruet --log "$T/log" --log-level warning delete "$ID" 2>"$T/err"
	expect "first second third" "$(paste -sd ' ' "$T/ran")"
	contains "hooks.poststop[0]" "$(cat "$T/log")"
	contains "hooks.poststop[1]" "$(cat "$T/log")"
	left_nothing
	# where no warnings are asked for, there are none
	cruet create --bundle "$B" "$ID" >/dev/null
	cruet delete "$ID" >"$T/err" 2>&1
	expect "" "$(cat "$T/err")"
}

# A create that failed is not deleted by anybody: its poststop hooks are due then (runtime.md, lifecycle).
test_poststop_after_a_failed_start_of_run()
{
	with_notes
	# shellcheck disable=SC2016
	hooks 'echo ran >>$T/ran' poststop
	run_sh 'exit 0'
	expect ran "$(cat "$T/ran")"
}

test_program_of_a_hook()
{
	with_notes
	config '.hooks.createRuntime = [{path: "/no/such/hook"}]'
	fails "/no/such/hook" cruet create --bundle "$B" "$ID"
	contains "No such file or directory" "$(cat "$T/fails.out")"
	config '.hooks.createRuntime = [{path: "bin/true"}]'
	fails "path" cruet create --bundle "$B" "$ID"
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "kill -SEGV $$"]}]'
	fails "signal 11" cruet create --bundle "$B" "$ID"
	left_nothing
}

test_timeout()
{
	local begin point

	for point in createRuntime createContainer; do
		rm -rf "$T/b"
		with_notes
		hooks 'sleep 1000 & sleep 1000' "$point"
		config '.hooks[][].timeout = 1'
		begin=$SECONDS
		fails "did not end within 1000 ms" cruet create --bundle "$B" "$ID"
		[ "$((SECONDS - begin))" -lt 30 ]
		left_nothing
		# what it started goes with it
		! pgrep -f "sleep 1000" >/dev/null || die "a child of the hook is alive"
	done
	config '.hooks[][].timeout = 0'
	fails "timeout" cruet create --bundle "$B" "$ID"
}

test_flood()
{
	with_notes
	hooks 'head -c 20000000 /dev/zero | tr "\0" x; exit 1' createRuntime
	fails "status 1" timeout 30 "$RUNTIME" --root "$ROOT" create --bundle "$B" "$ID"
	[ "$(wc -c <"$T/fails.out")" -lt 100000 ] || die "an error text without bound"
	with_flood createContainer
	with_flood startContainer
}

with_flood()
{
	rm -rf "$T/b"
	with_notes
	hooks 'head -c 2000000 /dev/zero; exit 0' "$1"
	timeout 30 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
}

# More state than a pipe holds, and a hook that never reads it.
test_large_annotations()
{
	with_notes
	head -c 30000 /dev/zero | tr '\0' a >"$T/big"
	config '.annotations = ([range(9)] | map({key: "k\(.)", value: $big[0:6000]}) | from_entries)' --rawfile big "$T/big"
	# shellcheck disable=SC2086,SC2016
	hooks 'true' $points
	# shellcheck disable=SC2086,SC2016
	hooks 'cat >$T/state.$point' $points
	timeout 30 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
	for point in $points; do
		expect "$point 54000" "$point $(jq -r '.annotations | add' "$T/state.$point" | tr -d '\n' | wc -c)"
	done
}

test_huge_annotations()
{
	with_notes
	config '.annotations.big = ([range(20000)] | map("0123456789") | add)'
	# shellcheck disable=SC2086,SC2016
	hooks 'cat >$T/state.$point' $points
	timeout 30 "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
	expect 200000 "$(jq -r .annotations.big "$T/state.createContainer" | tr -d '\n' | wc -c)"
}

# A grandchild that keeps the hook's stdout open must not keep create waiting, nor be killed.
test_background_grandchild()
{
	with_notes
	# shellcheck disable=SC2016
	hooks 'sleep 1000 & echo $! >$T/child' createRuntime
	SECONDS=0
	cruet create --bundle "$B" "$ID" >/dev/null
	[ "$SECONDS" -lt 30 ]
	kill "$(cat "$T/child")" || die "the grandchild was killed"
	expect created "$(status_of "$ID")"
}

# A hook may ask for the container, as tools that set up networks do.
test_hook_that_calls_the_runtime()
{
	with_notes
	# shellcheck disable=SC2016
	hooks "$RUNTIME"' --root '"$ROOT state $ID"' >$T/seen.$point 2>&1' createRuntime poststart
	args sleep 1000
	cruet create --bundle "$B" "$ID" >/dev/null
	cruet start "$ID"
	expect "creating running" "$(jq -r .status "$T/seen.createRuntime" "$T/seen.poststart" | paste -sd ' ')"
	expect "$(pid_of "$ID")" "$(jq -r .pid "$T/seen.createRuntime")"
}
