# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How options may be written, seen by what they do: --config FILE that is missing names FILE in the error.

# The last line of --dry-run's error, whatever the options.
tries()
{
	fails "$1" cruet create "${@:2}"
}

test_spellings()
{
	bundle
	tries "'$T/b/one'" --bundle "$T/b" --config "$T/b/one" x
	tries "'$T/b/two'" --bundle="$T/b" --config="$T/b/two" x
	tries "'$T/b/three'" -b "$T/b" -f "$T/b/three" x
	tries "'$T/b/four'" -b="$T/b" -f="$T/b/four" x
	tries "'$T/b/five'" -b"$T/b" -f"$T/b/five" x
	tries "'$T/b/six'" -bundle "$T/b" -config="$T/b/six" x
}

test_last_one_wins()
{
	bundle
	tries "'$T/b/last'" --config /first --config "$T/b/last" --bundle /nowhere --bundle "$T/b" x
}

test_globals_repeated()
{
	mkdir r
	expect null "$(bare --root /nowhere --systemd-cgroup --root "$T/r" --systemd-cgroup list --format json)"
	expect null "$(bare --root=/nowhere --cgroup-manager=systemd --cgroup-manager cgroupfs --root="$T/r" list -fjson)"
}

test_flags_with_values()
{
	mkdir root
	expect "" "$(cruet list -q)"
	expect "" "$(cruet list --quiet=true)"
	contains "ID " "$(cruet list --quiet=false)"
	contains "ID " "$(cruet list --quiet --quiet=false)"
	expect "" "$(cruet list -q=1 -f json)"
	fails "expected true or false after option '--quiet'" cruet list --quiet=yes
}

test_letters_together()
{
	cruet delete -rf '^none$'
	cruet kill -ar '^none$' KILL
	fails "unknown option '-rx'" cruet delete -rx none
	expect "" "$(cruet list -qf json)"
}

test_single_dash_long()
{
	bundle
	fails "'$T/b/none'" cruet run -no-subreaper -no-pivot -b "$T/b" -f "$T/b/none" x
}

test_stops_at_first_positional()
{
	fails "unexpected argument '--force'" cruet delete none --force
	fails "unknown signal '--all'" cruet kill none --all
}

test_two_dashes_end_options()
{
	fails "container does not exist: '-x'" cruet state -- -x
	fails "container does not exist: '-x'" cruet kill --all -- -x TERM
}

test_help_is_an_id()
{
	fails "container does not exist: 'help'" cruet state help
	fails "container does not exist: 'h'" cruet start h
}

test_durations()
{
	local t

	bundle
	for t in 90 90s 1m30s 500ms 2h 1h2m3s4ms; do
		tries "'$T/b/none'" --timeout "$t" -b "$T/b" -f "$T/b/none" x
	done
	for t in 0 -1 1x s 1m30 1.5s "" 99999999999s "1 s"; do
		fails "option '--timeout'" cruet create --timeout="$t" -b "$T/b" x
	done
}

test_numbers()
{
	local n

	bundle
	for n in 0 1 3 03; do
		tries "'$T/b/none'" --preserve-fds "$n" -b "$T/b" -f "$T/b/none" x
	done
	for n in -1 x 1x "" 0x1 +1 " 1" 65537 4294967296 18446744073709551616; do
		fails "option '--preserve-fds'" cruet create --preserve-fds="$n" -b "$T/b" x
	done
}

test_rootless_values()
{
	local word

	for word in true false auto; do
		expect null "$(cruet --rootless=$word list -f json)"
		expect null "$(cruet --rootless $word list -f json)"
	done
	fails "option '--rootless': expected auto, true or false" cruet --rootless maybe list
}

test_conmon_rs_command_line()
{
	fails "bundle '/nowhere'" cruet --systemd-cgroup --root="$T/root" --systemd-cgroup create --bundle /nowhere \
		--pid-file "$T/pid" --console-socket="$T/sock" x
}
