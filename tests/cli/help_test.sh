# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# --help, --version and the man pages.

man=$here/../../docs/man

test_help_of_all()
{
	local c text

	text=$(bare --help)
	expect "$text" "$(bare -h)"
	expect "$text" "$(bare --debug -help)"
	for c in $(commands); do
		text=$(bare "$c" --help 2>&1)
		contains "Usage: cruet" "$text"
		contains "Examples:" "$text"
		expect "$text" "$(bare "$c" -h)"
		expect "$text" "$(bare "$c" -h --frob)"
	done
}

test_help_needs_nothing()
{
	env -i "$RUNTIME" create --help >out
	env -i "$RUNTIME" --version >out
	(cd / && env -i "$RUNTIME" features >/dev/null)
}

test_help_fits_80_columns()
{
	local c

	{
		bare --help
		for c in $(commands); do bare "$c" --help; done
	} >all
	! grep -nE '.{80}' all || die "lines of 80 columns or more"
	! grep -nE '[[:space:]]$' all || die "blanks at the end of lines"
}

test_all_commands_are_there()
{
	expect "checkpoint completion create delete events exec explain features gc kill list mounts pause ps restore resume run spec start state stop update wait" "$(commands | xargs)"
}

test_version()
{
	bare --version >out
	expect 3 "$(wc -l <out)"
	expect 1 "$(grep -c version out)"
	sed -n 1p out | grep -qE '^cruet version [0-9]+\.[0-9]+\.[0-9]+$' || die "line 1"
	sed -n 2p out | grep -qE '^commit: [0-9a-z]+$' || die "line 2"
	sed -n 3p out | grep -qE '^spec: 1\.[0-9]+\.[0-9]+$' || die "line 3"
	bare -v | cmp - out
	bare --root /nowhere --systemd-cgroup --version | cmp - out
	bare -V | cmp - out
	bare --help >help
	bare --usage | cmp - help
	bare run --help >help
	bare run --usage | cmp - help
}

# Each option with its letter and its argument is in the man page, and nothing else is.
shape_of_help()
{
	sed -n '/^Options:/,/^$/p' | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+( [A-Z][^ ]*)?( |$)' | sed 's/^ *//; s/ *$//' | sort
}

shape_of_man()
{
	awk '/^\.SH/ { options = $2 == "OPTIONS" } options && tagged { print } { tagged = $0 == ".TP" }' "$1" |
		sed 's/^\.B //; s/\\f[IR]//g; s/\\//g' | sort
}

test_man_pages()
{
	local c

	bare --help | shape_of_help >help
	shape_of_man "$man/cruet.8" >page
	[ -s help ] || die "no options in --help"
	same help page
	for c in $(commands); do
		bare "$c" --help | shape_of_help >help
		[ -s help ] || die "no options in $c --help"
		shape_of_man "$man/cruet-$c.8" >page
		same help page
	done
	commands | sed 's/.*/cruet-&.8/' | sort >help
	(cd "$man" && ls cruet-*.8) | sort >page
	same help page
	for c in $(commands); do
		grep -qF ".BR cruet\\-$c (8)" "$man/cruet.8" || die "cruet.8 does not name $c"
	done
}

test_man_pages_are_correct()
{
	local page

	command -v groff >/dev/null || skip "no groff"
	for page in "$man"/*.8; do
		expect "" "$(groff -man -Tutf8 -ww -z "$page" 2>&1)"
	done
}
