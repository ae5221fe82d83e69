# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Mistakes: one line on stderr and in the log that names what is wrong and where to read on, status 1.

test_unknown_option()
{
	local c

	fails "unknown option '--frob' (see 'cruet --help')" bare --frob list
	for c in $(commands); do
		export FAILURE=1
		[ "$c" != exec ] || FAILURE=255
		fails "unknown option '--frob' (see 'cruet $c --help')" bare "$c" --frob
		fails "unknown option '--frob=1'" bare "$c" --frob=1
		fails "unknown option '-Z'" bare "$c" -Z
	done
	FAILURE=1 fails "unknown option '--=x'" bare list --=x
}

test_missing_argument()
{
	fails "option '--root' requires an argument" bare --root
	fails "option '--bundle' requires an argument" bare create --bundle
	fails "option '-b' requires an argument" bare run -b
	fails "option '--format' requires an argument" bare list --format
	fails "option '--bundle' cannot be empty" bare create --bundle= x
}

test_commands()
{
	fails "no command was given" bare
	fails "no command was given" bare --debug
	fails "unknown command 'frob' (see 'cruet --help')" bare frob
	fails "unknown command 'crate': did you mean 'create'?" bare crate
	fails "unknown command ''" bare ""
}

test_arguments()
{
	local c

	for c in create run start state kill delete; do
		fails "'cruet $c' needs an argument: ID" bare "$c"
		fails "unexpected argument" bare "$c" a 9 c
	done
	fails "unexpected argument 'c'" bare kill a 9 c
	fails "unexpected argument 'b'" bare state a b
	FAILURE=255 fails "'cruet exec' needs an argument: ID" bare exec
	for c in list features spec; do
		fails "unexpected argument 'a'" bare "$c" a
	done
}

test_words()
{
	fails "option '--log-format': expected text or json" bare --log-format xml list
	fails "option '--log-level': expected error, warning or debug" bare --log-level=info list
	fails "option '--cgroup-manager': expected cgroupfs, systemd or disabled" bare --cgroup-manager=x list
	fails "option '-f': expected table or json" bare list -f yaml
	fails "option '--help' takes no argument" bare list --help=yes
}

test_unknown_container()
{
	local c

	for c in start state kill delete; do
		fails "container does not exist" cruet "$c" none
	done
	FAILURE=255 fails "container does not exist" cruet exec none ls -l --frob
	cruet delete --force none >out 2>&1
	expect "" "$(cat out)"
	fails "unknown signal 'FROB'" cruet kill none FROB
	fails "bad regular expression '('" cruet delete --regex '('
}

# What engines read: the log has the same line, once, also for a mistake in the command line.
test_log_json()
{
	fails "unknown option '--frob'" bare --log "$T/log.json" --log-format json create --frob
	expect 1 "$(wc -l <log.json)"
	jq -e '.level == "error" and (.time | fromdateiso8601 > 0) and (.msg | startswith("unknown option"))' log.json
	fails "container does not exist" cruet --log-format=json --log="$T/log.json" state none
	expect 2 "$(wc -l <log.json)"
	expect "cruet: $(tail -n 1 log.json | jq -r .msg)" "$(cat err)"
	fails "unknown command" bare --log "$T/other.json" --log-format json frob
	jq -e '.level == "error"' other.json
}

test_log_text()
{
	fails "container does not exist" cruet --log "$T/log.txt" state none
	expect 1 "$(wc -l <log.txt)"
	contains "level=error msg=\"container does not exist" "$(cat log.txt)"
}

test_log_cannot_be_opened()
{
	fails "log file '/nowhere/log'" bare --log /nowhere/log list
	expect "" "$(cat out)"
}

test_log_is_made_on_success()
{
	cruet --log "$T/log.json" --log-format json list >out
	expect 0 "$(stat -c %s log.json)"
}

test_output_that_cannot_be_written()
{
	local c

	for c in --version --help features "create --help"; do
		# shellcheck disable=SC2086
		! bare $c >/dev/full 2>err || die "$c did not fail"
		contains "cannot write to the standard output: No space left on device" "$(cat err)"
	done
}

test_closed_stdio()
{
	bare features >&- 2>&- <&-
	! bare --log "$T/log.txt" frob >&- 2>&- <&- || die "did not fail"
	contains "unknown command" "$(cat log.txt)"
}

# The log must not take a number that the caller keeps for the container.
test_log_avoids_preserved_fds()
{
	fails "unexpected argument" bare --log "$T/log.txt" create --preserve-fds 20 a b
	contains "unexpected argument" "$(cat log.txt)"
}

test_list_of_missing_root()
{
	fails "cannot list '/nowhere': No such file or directory" bare --root /nowhere list
	expect null "$(cruet list -f json)"
	expect "ID          PID         STATUS      BUNDLE      CREATED     OWNER" "$(cruet list)"
}

test_privileged_name()
{
	bundle
	ln -s "$RUNTIME" cruet-privileged
	contains "seccomp: unconfined" "$(./cruet-privileged --root "$T/root" create --dry-run -b "$T/b" x)"
	! "$RUNTIME" --root "$T/root" create --dry-run -b "$T/b" x | grep -q "seccomp: unconfined" || die "privileged by another name"
	contains "cruet version" "$(./cruet-privileged --version)"
}

# Whoever writes to it, or does not: a verb must not wait for him.
test_configuration_that_is_no_file()
{
	mkdir -p "$T/b/rootfs"
	mkfifo "$T/b/config.json"
	fails "config.json' is not a regular file" timeout 10 "$RUNTIME" --root "$T/root" create --dry-run -b "$T/b" x
	rm "$T/b/config.json"
	mkdir "$T/b/config.json"
	fails "config.json' is not a regular file" cruet create --dry-run -b "$T/b" x
}
