#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/lint/steps.sh: prints docs/steps.md, made from the step tables of run/ and wire/. `make docs` writes it, and the lint
# compares: one fact, one table.
set -eu

cd "$(dirname "$0")/../.."

# The rows of one table as a Markdown table. COLUMNS of a row: name, wanted, apply[, undo], why.
rows() { # FILE START-PATTERN COLUMNS
	awk -v start="$2" -v columns="$3" '
	# The parts of one row: quoted strings and words, separated by commas.
	function split_row(text, part,   n) {
		for (n = 0; text != ""; ) {
			sub(/^[ \t,]+/, "", text)
			if (match(text, /^"([^"\\]|\\.)*"/))
				part[++n] = substr(text, 2, RLENGTH - 2)
			else if (match(text, /^[A-Za-z0-9_]+/))
				part[++n] = substr(text, 1, RLENGTH)
			else
				break
			text = substr(text, RLENGTH + 1)
		}
		return n
	}
	function when(wanted) {
		if (wanted == "NULL" || wanted == "wants_always")
			return ""
		sub(/^wants_/, "", wanted)
		gsub(/_/, " ", wanted)
		return wanted
	}
	function undo(name) {
		sub(/^undo_/, "", name)
		gsub(/_/, " ", name)
		return name == "NULL" ? "" : name
	}
	index($0, start) { on = 1; next }
	on && (/^};/ || /^$/) { exit }
	on {
		sub(/[ \t]*\\$/, "")
		pending = pending " " $0
		if (!match(pending, /(\{|STEP\()[ \t]*".*(\}|\))[ ,\t]*$/))
			next
		sub(/^[^{(]*[{(]/, "", pending)
		if (split_row(pending, part) != columns) {
			print "steps.sh: not a row: " pending >"/dev/stderr"
			exit 1
		}
		pending = ""
		if (!number++ && columns == 5)
			print "| | step | where | undone by | why it stands there |\n|---|---|---|---|---|"
		else if (number == 1)
			print "| | step | where | why it stands there |\n|---|---|---|---|"
		printf "| %d | %s | %s |", number, part[1], when(part[2])
		if (columns == 5)
			printf " %s |", undo(part[4])
		printf " %s |\n", part[columns]
	}
	END { if (!number) exit 1 }' "libcontainer/$1"
	echo
}

cat <<'EOT'
# The steps, and why they stand in this order

Made by `make docs` from the tables in the code, which are what runs: do not edit. "where" is empty where a step is always
wanted. What each process is, and what they say to each other: [processes.md](processes.md).

## The parent: create and run

`libcontainer/run/create.c`, read downwards. What a step leaves on the host its undo takes back; when a step fails, those
of the steps begun run, last first. `delete` is the same column, read upwards and driven by the ledger's record alone, so a
create that was killed at any instant is cleaned up by the same code.

EOT
rows run/create.c 'const struct step create_steps[]' 5
cat <<'EOT'
## The parent: exec

`libcontainer/run/enter.c`.

EOT
rows run/enter.c 'const struct step exec_steps[]' 5
cat <<'EOT'
## The parent: restore

`libcontainer/run/restore.c`. What it leaves on the host is what create leaves.

EOT
rows run/restore.c 'static const struct step restore_steps[]' 5
cat <<'EOT'
## The parent: mounts add, mounts remove

`libcontainer/run/mounts_live.c`. What was attached before a failure another child takes away again, by the same table.

EOT
rows run/mounts_live.c 'static const struct step live_steps[]' 5
cat <<'EOT'
## The stage

Only where the namespaces need a process between the parent and init (`plan/ns.c` decides). This table and those below:
`libcontainer/wire/init_steps.h`. They have no undo: to kill init is to undo what it did.

EOT
rows wire/init_steps.h '#define STAGE_STEPS(' 4
cat <<'EOT'
## Init: its room

EOT
rows wire/init_steps.h '#define SETUP_STEPS(' 4
cat <<'EOT'
## exec instead

EOT
rows wire/init_steps.h '#define ENTER_STEPS(' 4
cat <<'EOT'
## mounts add, mounts remove instead

EOT
rows wire/init_steps.h '#define LIVE_STEPS(' 4
cat <<'EOT'
## Both: confine

From here on the process only loses.

EOT
rows wire/init_steps.h '#define CONFINE_STEPS(' 4
