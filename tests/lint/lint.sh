#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/lint/lint.sh [RULE...]: the rules of the house that a compiler does not know, all or the named ones. A rule is a
# function rule_NAME that prints what breaks it, a line each, and nothing where all is well. Prints "ok lint/NAME",
# "not ok lint/NAME: WHY" or "skip lint/NAME: WHY" a line. The tables beside this file say what is allowed where, and why.
set -u

cd "$(dirname "$0")/../.." || exit 1
tables=tests/lint
build=${BUILD:-build}
skipped=

# What is tracked and there: a file may be on its way out.
files() { # PATTERN...
	git ls-files -- "$@" | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

code() { files 'libcontainer/*.[ch]' 'src/*.[ch]'; }

scripts() {
	files | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*.*) ;;
		*) head -n 1 "$file" 2>/dev/null | tr -d '\0' | grep -q '^#!/bin/\(ba\)\?sh' && echo "$file" ;;
		esac
	done
}

# The lines of a table: no comments, no empty ones.
table() { grep -v '^#' "$tables/$1" | grep -v '^$'; }

# FILE:LINE:TEXT of all code, without comments and what stands in quotes.
bare() {
	code | xargs awk '
	FNR == 1 { inside = 0 }
	{
		text = $0
		if (text !~ /^#include/)
			gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
		out = ""
		while (text != "") {
			if (inside) {
				at = index(text, "*/")
				if (!at) { text = ""; break }
				text = substr(text, at + 2); inside = 0
			} else {
				at = index(text, "/*")
				if (!at) { out = out text; text = ""; break }
				out = out substr(text, 1, at - 1); text = substr(text, at + 2); inside = 1
			}
		}
		sub(/\/\/.*/, "", out)
		if (out ~ /[^ \t]/)
			print FILENAME ":" FNR ":" out
	}'
}

# ---- the rooms ----------------------------------------------------------------------------------------------------------

# A room may include only what rooms.tsv says: rooms, or single headers.
rule_rooms() {
	code | xargs grep -nH '^#include "' | awk -F'[:"]' -v table="$tables/rooms.tsv" '
	function room(path) {
		if (path ~ /^src\//)
			return "src"
		sub(/^libcontainer\//, "", path)
		if (path ~ /^ledger(_record)?\.[ch]$/)
			return "ledger"
		if (path !~ /\//)
			return "libcontainer"
		sub(/\/.*/, "", path)
		return path
	}
	BEGIN {
		while ((getline line <table) > 0)
			if (line !~ /^#/ && split(line, part, "\t") >= 2) {
				n = split(part[2], words, " ")
				known[part[1]] = 1
				for (i = 1; i <= n; i++)
					may[part[1], words[i]] = 1
			}
	}
	{
		from = room($1)
		# a porch file names its neighbours without their directory
		to = from == "src" && $4 !~ /\// && $4 != "libcontainer.h" ? "src" : room($4)
		if (!known[from])
			print $1 ": room " from " is not in rooms.tsv"
		else if (!may[from, to] && !may[from, $4])
			print $1 ":" $2 ": includes \"" $4 "\""
	}'
}

# Each outside library lives behind the files that libraries.tsv names.
rule_libraries() {
	code | xargs grep -nHE '^#include <' | awk -F'[:<>]' -v table="$tables/libraries.tsv" '
	BEGIN {
		while ((getline line <table) > 0)
			if (line !~ /^#/ && split(line, part, "\t") >= 2) {
				prefix[++n] = part[1]
				home[n] = " " part[2] " "
			}
	}
	{
		for (i = 1; i <= n; i++)
			if (index($4, prefix[i]) == 1 && !index(home[i], " " $1 " "))
				print $1 ":" $2 ": <" $4 "> belongs to" home[i]
	}'
	bare | grep -E '[^a-z_]dlopen\(' | grep -vE '^libcontainer/kernel/(lsm[a-z_]*|mnl)\.c:'
}

# ---- what may be called -------------------------------------------------------------------------------------------------

banned='strcpy|strncpy|stpcpy|stpncpy|strcat|strncat|sprintf|vsprintf|gets|scanf|fscanf|sscanf|alloca|atoi|atol|atoll|atof|strtok'
banned+='|strtol|strtoll|strtoul|strtoull|strtod|strtof|system|popen|tmpnam|tempnam|mktemp|setjmp|longjmp|rand|srand|getpwnam|getpwuid'
banned+='|getgrnam|getgrgid|getaddrinfo|gethostbyname|setlocale|execvp|execlp|execl|execle|execv'

# No bounds, no errors, hidden state, or files consulted by libc. Two are allowed: the number that was just written is read
# again to see that nothing is lost, and `list` shows the owner's name.
rule_banned() {
	bare | grep -E "[^a-zA-Z0-9_>.]($banned) ?\(" |
		grep -v -e '^libcontainer/base/json_write.c:.*strtod(' -e '^src/cmd_list.c:.*getpwuid('
}

plain='open|creat|mkdir|mount|umount|umount2|chown|lchown|chmod|stat|lstat|access|euidaccess|readlink|realpath|rename|unlink|rmdir'
plain+='|symlink|link|mknod|mkfifo|chdir|chroot|opendir|scandir|fopen|freopen|truncate|statfs|statvfs|utime|utimes|remove|glob|nftw'
plain+='|[l]?[gs]etxattr|[l]?listxattr|[l]?removexattr|execve|pivot_root|inotify_add_watch'
relative='openat|mkdirat|fchownat|fchmodat|fstatat|statx|faccessat|readlinkat|renameat|renameat2|unlinkat|symlinkat|linkat|mknodat'
relative+='|name_to_handle_at|utimensat|sys_openat2|sys_open_tree|sys_move_mount|sys_execveat|sys_renameat2'

# A path system call stands only in a file that paths.tsv lets make it, with the reason. Rows that are not needed go.
rule_paths() {
	local calls listed

	calls=$(bare | grep -E "[^a-zA-Z0-9_>.]($plain|$relative)\(|AT_FDCWD" | grep -v '^libcontainer/kernel/sys\.h:' | grep -vE ':(static )?(inline )?[a-z].*\) MUST_USE;$')
	listed=$(table paths.tsv | cut -f1)
	echo "$calls" | grep . | while IFS=: read -r file line text; do
		echo "$listed" | grep -qxF "$file" || echo "$file:$line:$text"
	done
	echo "$listed" | while read -r file; do
		echo "$calls" | grep -q "^$file:" || echo "paths.tsv: $file makes none"
	done
	table paths.tsv | awk -F'\t' 'NF != 2 || $2 == "" { print "paths.tsv: no reason: " $0 }'
}

# ---- sizes --------------------------------------------------------------------------------------------------------------

rule_sizes() {
	code | while read -r file; do
		n=$(wc -l <"$file")
		[ "$n" -le 600 ] || echo "$file: $n lines, 600 are allowed"
	done
	command -v ctags >/dev/null || { skipped='no universal-ctags' && return; }
	files 'libcontainer/*.c' 'src/*.c' | xargs ctags --fields=+ne --c-kinds=f -o - | awk -F'\t' '
		{
			begin = end = 0
			for (i = 4; i <= NF; i++) {
				if ($i ~ /^line:/) begin = substr($i, 6)
				if ($i ~ /^end:/) end = substr($i, 5)
			}
			print end - begin + 1, $2, $1
		}' | sort -n | awk '
		{ length_of[NR] = $1 }
		$1 > 100 { print $2 ": " $3 " has " $1 " lines, 100 are allowed" }
		END { p = length_of[int(NR * 0.95)]; if (p >= 60) print "95 % of the functions should be below 60 lines, not " p }'
}

# ---- state --------------------------------------------------------------------------------------------------------------

# Three mutable file-scope variables: the error trail (with the place to record into), the log's state, and what dlopen found.
rule_state() {
	local object

	[ -d "$build/libcontainer" ] || { skipped='nothing is built' && return; }
	code | grep '\.c$' | while read -r file; do
		for object in "$build/${file%.c}.o" "$build/musl/${file%.c}.o"; do
			[ -f "$object" ] || continue
			objdump -t "$object" | awk -v file="$file" '
				/ O \.(data|bss|tdata|tbss|tm)/ || / O \*COM\*/ {
					if ($0 !~ /\.data\.rel\.ro/)
						print file ": " $NF
				}'
		done
	done | sort -u | grep -vxF -e 'libcontainer/base/err.c: trail' -e 'libcontainer/base/err.c: own_trail' \
		-e 'libcontainer/base/log.c: log_state' -e 'libcontainer/kernel/mnl.c: mnl'
}

# ---- the library --------------------------------------------------------------------------------------------------------

# The functions that libcontainer.h declares, sorted.
declared() { sed -n 's/^\(CRUET_API \)\?[a-z][a-z_ ]*[ *]\(cruet_[a-z_0-9]*\)(.*/\2/p' libcontainer/libcontainer.h | sort; }

# The shared library shows what the header declares, under a version.
rule_interface() {
	declared | diff - <(sed -n 's/^\t\(cruet_[a-z_0-9]*\);$/\1/p' libcontainer/libcontainer.map | sort) |
		sed -n 's/^< \(.*\)/libcontainer.map does not have \1/p; s/^> \(.*\)/libcontainer.map: libcontainer.h does not declare \1/p'
}

# ---- form ---------------------------------------------------------------------------------------------------------------

rule_headers() {
	code | grep '\.h$' | while read -r header; do
		echo "#include \"$header\"" | cc -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function \
			-I. -Ilibcontainer -fsyntax-only -x c - 2>&1 | grep -m 1 'error' | sed "s|^|$header: |"
	done
}

rule_shellcheck() {
	command -v shellcheck >/dev/null || { skipped='no shellcheck' && return; }
	scripts | xargs shellcheck -f gcc
}

rule_spdx() {
	files '*.c' '*.h' '*.S' '*.sh' '*.awk' '*.go' Makefile .ci/run | while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
	done
}

# Words that mark what is not finished, and places that exist on one machine only. In brackets: not to find itself.
rule_words() {
	files | grep -v '^tests/lint/lint.sh$' | xargs grep -nHIE '\<(T[O]DO|F[I]XME|X[X]X)\>|not (yet )?[i]mplemented' |
		grep -v '# T[O]DO' # a word of the Test Anything Protocol
	files | xargs grep -nHIE '/w[o]rk/|/f[a]rm/|/tmp/b[a]sh_jobs|https?://[a-z.]*(d[e]b[.]debian|s[n]apshot[.]debian|r[e]gistry[.]npm)'
}

# Headers are laid out by hand: what stands beside a member is half of what they say.
rule_format() {
	command -v clang-format >/dev/null || { skipped='no clang-format' && return; }
	clang-format --version | grep -q 'version 14\.' || { skipped='not clang-format 14: others lay out otherwise' && return; }
	code | grep '\.c$' | xargs clang-format --dry-run 2>&1 | grep 'warning:' | cut -d: -f1 | sort | uniq -c | awk '{ print $2 ": " $1 " places" }'
}

# ---- documents ----------------------------------------------------------------------------------------------------------

rule_steps() {
	tests/lint/steps.sh | diff docs/steps.md - | grep -q . && echo "docs/steps.md is not in step with the tables: make docs"
}

# Every attack is known to the table, every row of the table has its test, and docs/security.md shows it.
rule_cves() {
	local advisory test attacks

	attacks=$(files 'tests/cve/*_test.sh' | xargs sed -n 's/^test_\([a-z0-9_]*\)()$/\1/p')
	echo "$attacks" | grep -v '^control_\|^hardening_' | while read -r test; do
		grep -q "/$test\$" tests/cve/cves.tsv || echo "tests/cve/cves.tsv has no row for $test"
	done
	grep -v '^#' tests/cve/cves.tsv | while IFS=$'\t' read -r advisory _ _ test; do
		grep -q "^test_${test#*/}()\$" "tests/cve/${test%/*}_test.sh" 2>/dev/null || echo "$advisory: no test $test"
		grep -F "| $advisory |" docs/security.md | grep -qF -- "\`$test\`" || echo "docs/security.md does not show $advisory by $test"
	done
}

rule_man() {
	files 'src/cmd_*.c' | sed 's|src/cmd_\(.*\)\.c|docs/man/cruet-\1.8|' | while read -r page; do
		[ -f "$page" ] || echo "no man page $page"
	done
	files 'docs/man/*' | while read -r page; do
		MANWIDTH=80 man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null | sed "s|^|$page: |"
	done
}

# ---- all ----------------------------------------------------------------------------------------------------------------

run() { # NAME
	local broken n

	skipped=
	broken=$(mktemp)
	"rule_$1" >"$broken"
	n=$(grep -c . "$broken")
	if [ -n "$skipped" ]; then
		echo "skip lint/$1: $skipped"
	elif [ "$n" -eq 0 ]; then
		echo "ok lint/$1"
	else
		sed 's/^/# /' "$broken" | head -n 40
		echo "not ok lint/$1: $n place(s), the first: $(head -n 1 "$broken" | cut -c1-160)"
		failed=1
	fi
	rm -f "$broken"
}

if [ "${1:-}" = --declared ]; then
	declared
	exit
fi
failed=0
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(declare -F | sed -n 's/^declare -f rule_//p')
for rule; do
	run "$rule"
done
exit $failed
