# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The completions: each shell is asked on a terminal, as somebody who types does, or (fish) by its own command for it.

tty=$here/../run/helpers/on_tty.py

# What stands on each LINE after TAB: with echo put before it, the shell prints it. One shell for all: it takes long to begin.
# zsh takes the slash of a directory away again.
typed() # SHELL LINE...
{
	local program keys='' shell=$1

	program=$(dirname "$RUNTIME"):$PATH
	shift
	keys=$(printf "%s\\\\t\\\\x01echo '<\\\\x05>'\\\\n" "$@")'exit\n'
	case $shell in
	bash) PATH=$program python3 "$tty" 40 300 "$keys" bash --noprofile --rcfile "$T/rc" -i ;;
	zsh) PATH=$program ZDOTDIR=$T python3 "$tty" 40 300 "$keys" zsh -i ;;
	esac | tr -d '\r' | sed -n 's/^<\(.*[^ ]\) *>$/\1/p' | sed 's|/$||'
}

# A line that is typed, a bar, and what TAB makes of it: options, their words, files, containers; after global options, and
# in both forms.
pairs()
{
	cat <<-END
		cruet crea|cruet create
		cruet --root /x --debug upd|cruet --root /x --debug update
		cruet create --dr|cruet create --dry-run
		cruet list --format j|cruet list --format json
		cruet list --format=j|cruet list --format=json
		cruet list -f j|cruet list -f json
		cruet --log-level w|cruet --log-level warning
		cruet completion f|cruet completion fish
		cruet create --bundle $T/bundle-of-mi|cruet create --bundle $T/bundle-of-mine
		cruet run -f $T/bundle-of-mine/x/f|cruet run -f $T/bundle-of-mine/x/file
		cruet --root $T/state kill --all the-|cruet --root $T/state kill --all the-container
		cruet kill x US|cruet kill x USR
		cruet exec x --dr|cruet exec x --dr
		cruet-privileged kill x TE|cruet-privileged kill x TERM
	END
}

complete_all() # SHELL
{
	local lines

	mkdir -p "$T/bundle-of-mine/x" "$T/state/the-container"
	: >"$T/bundle-of-mine/x/file"
	pairs | cut -d'|' -f2 >wanted
	mapfile -t lines < <(pairs | cut -d'|' -f1)
	typed "$1" "${lines[@]}" >got
	same wanted got
}

test_bash()
{
	command -v python3 >/dev/null || skip "needs python3"
	bare completion bash >script
	shellcheck -s bash script
	printf 'PS1="> "; HISTFILE=; bind "set enable-bracketed-paste off"; . "%s"\n' "$T/script" >rc
	complete_all bash
}

test_zsh()
{
	command -v zsh >/dev/null || skip "needs zsh"
	mkdir functions
	bare completion zsh >functions/_cruet
	printf 'PS1="> "; unset zle_bracketed_paste; fpath=("%s" $fpath); autoload -U compinit; compinit -u\n' "$T/functions" >.zshrc
	complete_all zsh
}

# It can be read, too, where compinit has run.
test_zsh_sourced()
{
	command -v zsh >/dev/null || skip "needs zsh"
	bare completion zsh >script
	printf 'PS1="> "; unset zle_bracketed_paste; autoload -U compinit; compinit -u; . "%s"\n' "$T/script" >.zshrc
	expect "cruet create" "$(typed zsh "cruet crea")"
}

# fish prints what it would offer.
offers() # LINE WANTED...
{
	local line=$1

	shift
	PATH=$(dirname "$RUNTIME"):$PATH HOME=$T fish --no-config -c "source '$T/script'; complete -C '$line'" | cut -f1 | sort >got
	printf '%s\n' "$@" | sed '/^$/d' | sort | diff - got >&2 || die "offered for '$line': $(xargs <got)"
}

test_fish()
{
	command -v fish >/dev/null || skip "needs fish"
	bare completion fish >script
	mkdir -p bundle-of-mine/x state/the-container state/the-other
	: >bundle-of-mine/x/file
	offers "cruet crea" create
	offers "cruet --root /x --debug upd" update
	offers "cruet create --dr" --dry-run
	offers "cruet list --format " table json
	offers "cruet list --format=j" --format=json
	offers "cruet list -f j" json
	offers "cruet --log-level w" warning
	offers "cruet completion " bash zsh fish
	offers "cruet create --bundle $T/bundle-of-mi" "$T/bundle-of-mine/"
	offers "cruet run -f $T/bundle-of-mine/x/f" "$T/bundle-of-mine/x/file"
	offers "cruet --root $T/state kill --all the-" the-container the-other
	offers "cruet --root=$T/state kill the-c" the-container
	offers "cruet-privileged --root $T/state kill the-c" the-container
	offers "cruet kill x US" USR1 USR2
	offers "cruet exec x --dr" ""
}

# No row of the tables is forgotten: what --help has is in each script.
test_complete()
{
	local shell c option

	for shell in bash zsh fish; do
		bare completion $shell >script
		for c in $(commands); do
			grep -q "[^a-z]${c}[^a-z]" script || die "no $c for $shell"
			for option in $(bare "$c" --help | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' | grep -oE -- '[a-z0-9-]+$'); do
				grep -qE -- "(--|-l )${option#--}[^a-z0-9-]" script || die "no $option of $c for $shell"
			done
		done
	done
	fails "no completions for 'tcsh'" bare completion tcsh
}
