# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/run/output_test.sh: what callers read: pid file, log, stderr, exit codes, and that no pipe of theirs stays open.

sleeper()
{
	bundle
	args sleep 1000
}

create()
{
	cruet create --bundle "$B" "$@" >"$T/create.out" 2>"$T/create.err"
}

# The command's stdout and stderr are a pipe whose end must come soon; its output.
until_eof()
{
	timeout 20 bash -c '"$@" 2>&1 | cat' bash "$@" || die "no end of the stream, or a failure: $*"
}

test_pid_file()
{
	sleeper
	echo 123456 >"$T/pid"
	ln "$T/pid" "$T/old"
	create --pid-file "$T/pid" "$ID"
	expect "$(pid_of "$ID")" "$(cat "$T/pid")"
	expect "$(pid_of "$ID" | tr -d '\n' | wc -c)" "$(wc -c <"$T/pid")"
	expect 123456 "$(cat "$T/old")" # replaced, not written into
	expect "old pid" "$(cd "$T" && find . -maxdepth 1 -printf '%f\n' | grep -E 'pid|old' | sort | paste -sd ' ')"
}

test_pid_file_by_relative_path()
{
	sleeper
	mkdir dir
	(cd dir && create --pid-file here "$ID")
	expect "$(pid_of "$ID")" "$(cat dir/here)"
}

test_pid_file_of_run()
{
	bundle
	cruet run --pid-file "$T/pid" --detach --bundle "$B" "$ID" >/dev/null
	grep -qxE '[0-9]+' "$T/pid"
}

test_pid_file_that_cannot_be()
{
	sleeper
	fails "pid-file" cruet create --bundle "$B" --pid-file "$T/none/pid" "$ID"
	fails "does not exist" cruet state "$ID"
}

test_verbs_close_their_pipes()
{
	sleeper
	create "$ID"
	expect "" "$(until_eof "$RUNTIME" --root "$ROOT" start "$ID")"
	until_eof "$RUNTIME" --root "$ROOT" state "$ID" | jq -e '.status == "running"' >/dev/null
	expect "" "$(until_eof "$RUNTIME" --root "$ROOT" kill "$ID" KILL)"
	wait_until 10 status_is "$ID" stopped
	expect "" "$(until_eof "$RUNTIME" --root "$ROOT" delete "$ID")"
}

# conmon reads the pipe to its end after a failed create.
test_failed_create_closes_its_pipes()
{
	bundle
	args /no/such/program
	timeout 20 bash -c '"$1" --root "$2" create --bundle "$3" x 2>&1 | cat >"$4"' bash "$RUNTIME" "$ROOT" "$B" "$T/out"
	contains "no such file or directory" "$(cat "$T/out")"
}

# What a hook leaves in the background holds none of the caller's files.
test_grandchildren_of_hooks_hold_no_pipe()
{
	sleeper
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 1000 & echo $! >$0", $f]}]
		| .hooks.poststart = [{path: "/bin/sh", args: ["sh", "-c", "sleep 1000 & echo $! >$0.2", $f]}]' --arg f "$T/child"
	create "$ID" || die "$(cat "$T/create.err")"
	expect "" "$(until_eof "$RUNTIME" --root "$ROOT" start "$ID")"
	for file in "$T/child" "$T/child.2"; do
		find "/proc/$(cat "$file")/fd" -lname "$T/*" | grep . && die "the grandchild holds files of the caller's"
		kill "$(cat "$file")"
	done
}

test_error_once_on_stderr_and_once_in_the_log()
{
	local status=0

	cruet --log "$T/log.json" --log-format json state "no-such" >"$T/out" 2>"$T/err" || status=$?
	expect 1 "$status"
	expect 0 "$(wc -c <"$T/out")"
	expect 1 "$(wc -l <"$T/err")"
	expect 1 "$(wc -l <"$T/log.json")"
	contains "does not exist" "$(cat "$T/err")"
	# podman reads the whole file as one object
	expect "error" "$(jq -r .level "$T/log.json")"
	contains "container does not exist: 'no-such'" "$(jq -r .msg "$T/log.json")"
	jq -er .time "$T/log.json" | grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$'
}

test_log_is_appended_to()
{
	for _ in 1 2 3; do
		cruet --log "$T/log.json" --log-format=json state x 2>/dev/null || :
	done
	expect 3 "$(wc -l <"$T/log.json")"
	expect 3 "$(jq -s 'map(select(.level == "error")) | length' "$T/log.json")"
}

test_log_of_success_is_empty()
{
	sleeper
	cruet --log "$T/log.json" --log-format json create --bundle "$B" "$ID" >/dev/null
	cruet --log "$T/log.json" --log-format json delete "$ID"
	[ -f "$T/log.json" ] || die "the log was not made"
	expect 0 "$(wc -c <"$T/log.json")"
}

# Quotes, newlines and bytes of no character in a name are still one JSON object.
test_log_of_hostile_words()
{
	bundle
	config '.process.args = ["a\"b\\\n\u0001c\u001b[31m"]'
	cruet --log "$T/log.json" --log-format json create --bundle "$B" "$ID" 2>"$T/err" && die "should fail"
	expect 1 "$(jq -s length "$T/log.json")"
	contains 'executable file not found in $PATH' "$(jq -r .msg "$T/log.json")"
	! grep -q "$(printf '\033')" "$T/err" || die "an escape sequence reached the terminal"
	expect 1 "$(wc -l <"$T/err")"
	rm "$T/log.json"
	cruet --log "$T/log.json" --log-format json state "$(printf 'x\377\nz')" 2>/dev/null && die "should fail"
	expect 1 "$(jq -s length "$T/log.json")"
}

test_log_formats()
{
	cruet --log "$T/text" state x 2>/dev/null || :
	expect 1 "$(wc -l <"$T/text")"
	contains "does not exist" "$(cat "$T/text")"
	! jq -e .msg "$T/text" >/dev/null 2>&1 || die "text was asked for"
	fails "log-format" cruet --log-format xml state x
	fails "log-level" cruet --log-level loud state x
}

# What is wrong with the command line is logged, too, wherever on the line the log stands.
test_log_of_a_wrong_option()
{
	cruet --log "$T/log.json" --log-format json create --no-such-option x 2>"$T/err" && die "should fail"
	contains "no-such-option" "$(jq -r .msg "$T/log.json")"
	contains "no-such-option" "$(cat "$T/err")"
	cruet --no-such-global --log "$T/log2.json" --log-format json state x 2>"$T/err" && die "should fail"
	contains "no-such-global" "$(cat "$T/err")"
}

test_log_that_cannot_be_written()
{
	fails "$T/none/log" cruet --log "$T/none/log" list
	fails "Is a directory" cruet --log "$T" list
	# a full disk does not keep the verb from its work
	sleeper
	cruet --log /dev/full create --bundle "$B" "$ID" >/dev/null
	fails "already exists" cruet --log /dev/full create --bundle "$B" "$ID"
}

test_debug_log()
{
	sleeper
	cruet --debug --log "$T/log.json" --log-format json create --bundle "$B" "$ID" >"$T/out" 2>&1
	[ "$(jq -s length "$T/log.json")" -gt 5 ] || die "nothing to read: $(cat "$T/log.json")"
	jq -e 'has("level") and has("msg") and has("time")' "$T/log.json" >/dev/null
	# what took how long, init's part of it, too
	jq -r .msg "$T/log.json" >msgs
	grep -qE "^step 'spawn': [0-9]+ us$" msgs
	grep -qE "^init: step 'switch-root', [0-9]+ us after the last$" msgs
	grep -qE "^init: step 'bounding-set', [0-9]+ us after the last$" msgs
}

test_exit_codes_of_run()
{
	local code status

	bundle
	for code in 0 1 7 125 255; do
		status=0
		run_sh "exit $code" || status=$?
		expect "$code" "$status"
	done
	status=0
	run_sh 'sh -c "kill -9 \$\$"; exit $?' || status=$?
	expect 137 "$status"
	# init itself dies by a signal: from outside, as its own namespace cannot kill it
	args sleep 1000
	cruet run --bundle "$B" "$ID" >/dev/null 2>&1 &
	wait_until 10 status_is "$ID" running
	cruet kill "$ID" KILL
	status=0
	wait $! || status=$?
	expect 137 "$status"
	fails "does not exist" cruet state "$ID"
}

test_unwritable_stdout_is_an_error()
{
	local status=0

	sleeper
	create "$ID"
	cruet state "$ID" >/dev/full 2>"$T/err" || status=$?
	expect 1 "$status"
	contains "No space left on device" "$(cat "$T/err")"
}

# SIGPIPE that the caller ignores or not: the verb does its work.
test_closed_stderr_does_not_stop_a_verb()
{
	sleeper
	create "$ID"
	cruet delete --force "$ID" 2>&-
	fails "does not exist" cruet state "$ID"
}
