#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/cve/table.sh RUNTIME...: which attacks succeed against which runtimes, as a table in Markdown: the first is ours, the
# others are peers (those that are not installed are left out). It reports, it does not judge: its status is 0. With LOGS=DIR
# the outputs are kept there, and one that is there already is not measured again. `make cve-table` calls it.
set -u

cd "$(dirname "$0")/../.." || exit 1
logs=${LOGS:-$(mktemp -d)}
[ -n "${LOGS:-}" ] || trap 'rm -rf "$logs"' EXIT
peer='' names=()

for runtime; do
	name=$(basename "$runtime")
	command -v "$runtime" >/dev/null || continue
	names+=("$name")
	# a runtime with many system calls takes long to be stopped at them
	[ -e "$logs/$name" ] || TEST_TIMEOUT=${peer:+240} POINTS=${peer:+6} tests/oci/isolate.sh --cgroup "${CGROUP:-v2}" -- tests/cve/run.sh $peer "$runtime" >"$logs/$name" 2>&1
	peer=--peer
done

version_of()
{
	"$(command -v "$1")" --version | sed -n '1s/.*version //p'
}

# ok: held; status 9: the attack succeeded; a skip: there is nothing to attack; anything else did not come to a verdict.
verdict() # NAME TEST
{
	awk -v test="/$2" '
		{ name = $0; sub(/^(not ok|ok|skip) /, "", name); sub(/:.*/, "", name) }
		substr(name, length(name) - length(test) + 1) != test { next }
		/^ok / { print "holds" }
		/^skip / { print "does not apply" }
		/^not ok / { print (/\(status 9\)$/ ? "**falls**" : "no verdict") }' "$logs/$1" | head -n 1
}

printf '| advisory | hit | way in | test |'
printf ' %s |' "${names[@]}"
printf '\n|---|---|---|---|'
for name in "${names[@]}"; do printf -- '---|'; done
echo
grep -v '^#' tests/cve/cves.tsv | while IFS=$'\t' read -r advisory hit way test; do
	# shellcheck disable=SC2016 # for Markdown
	printf '| %s | %s | %s | `%s` |' "$advisory" "$hit" "$way" "$test"
	for name in "${names[@]}"; do
		printf ' %s |' "$(verdict "$name" "$test")"
	done
	echo
done
echo
for name in "${names[@]}"; do
	[ "$name" = "$(basename "${1:-}")" ] || echo "$name: $(version_of "$name")"
done
exit 0
