# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # work is the caller's
# tests/apt-source.sh: what fetching a source package of Debian needs, without a change of the machine's own sources and
# lists. Sourced, never run. The caller has `say`, `die`, and an empty directory $work.

# A mirror is allowed to fail now and then.
retry() { # COMMAND...
	for pause in 1 5 15; do
		"$@" && return 0
		say "failed, again in $pause s: $*"
		sleep "$pause"
	done
	"$@"
}

keyring() {
	for file in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
		[ -e "$file" ] && { echo "$file"; return 0; }
	done
	die "no keyring of the Debian archive: install debian-archive-keyring"
}

# The archives that this machine itself uses, "URI SUITE COMPONENT" a line: no address stands in the project.
archives() {
	# shellcheck disable=SC2016 # the variables are apt's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u
}

# apt with a state of its own, below $work/apt. sources.list there is the caller's to write.
private_apt() {
	mkdir -p "$work/apt/state/lists/partial" "$work/apt/cache/archives/partial"
	apt-get -qq \
		-o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$work/apt/state" -o Dir::State::status=/dev/null -o Dir::Cache="$work/apt/cache" \
		-o Acquire::Check-Valid-Until=false -o Acquire::Retries=5 -o APT::Sandbox::User=root \
		"$@" >&2
}
