#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the validation suite of OCI runtime-tools against a runtime.
#
# usage: run.sh RUNTIME [--cgroup v1|v2] [--jobs N] [--logs DIR] [TEST...]
#
# RUNTIME is a path or a command in PATH. Every test runs alone in isolate.sh. One line a test:
#   ok oci/NAME               (with a remark if the test asserts nothing but its exit status)
#   not ok oci/NAME: WHY
#   skip oci/NAME: REASON (runc: WHAT, crun: WHAT)    run, failed, and expected.tsv says why it must
# and at the end "N passed, N failed, N skipped". Exit status 0 if none failed. --logs keeps what the tests
# print: DIR/NAME.out, DIR/NAME.err.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
seconds=60
tries=10 # of a test that expected.tsv calls racy

die() { echo "oci/run: $*" >&2; exit 2; }
usage() { die "usage: run.sh RUNTIME [--cgroup v1|v2] [--jobs N] [--logs DIR] [TEST...]"; }

# ---------------------------------------------------------------- what this environment lacks

# The words of the "when" column of expected.tsv that are true here. Runs in the isolation.
facts() {
	grep -q '^[^-]* /sys/fs/cgroup [^-]*- cgroup2 ' /proc/self/mountinfo && version=v2 || version=v1
	echo "always $version"
	# CAP_SYS_RESOURCE is bit 24: the second digit of the last seven
	case $(awk '/^CapEff/ { print substr($2, length($2) - 6, 1) }' /proc/self/status) in
	*[02468aceACE]) echo no-sys-resource ;;
	esac
	grep -q '^acme_secure_profile ' /sys/kernel/security/apparmor/profiles 2>/dev/null || echo no-suite-profile
	[ -e /sys/fs/selinux/enforce ] || echo no-selinux
	if [ "$version" = v2 ]; then
		grep -q memory /sys/fs/cgroup/cgroup.controllers || echo no-controllers
		return
	fi
	v1_has hugetlb || echo v1-no-hugetlb
	v1_has net_cls || echo v1-no-network
	[ -e /sys/fs/cgroup/blkio/blkio.leaf_weight ] || echo v1-no-leaf-weight
	v1_limits_kernel_memory || echo v1-no-kernel-memory
}

# Newer kernels have the file, but it keeps nothing. The cgroup is that of the isolation.
v1_limits_kernel_memory() {
	file=/sys/fs/cgroup/memory/memory.kmem.limit_in_bytes
	echo 1073741824 2>/dev/null >"$file" && [ "$(cat "$file")" = 1073741824 ]
}

v1_has() { grep -qE " - cgroup [^ ]* ([^ ]*,)?$1(,|\$)" /proc/self/mountinfo; }

# ---------------------------------------------------------------- one test

# The row of expected.tsv that holds here: KIND, RUNC, CRUN, REASON, tab-separated; nothing if none does.
row_of() { # TEST
	awk -F '\t' -v test="$1" -v facts="$OCI_FACTS" '
	/^#/ || $1 != test { next }
	{
		n = split($2, when, "+")
		for (i = 1; i <= n; i++)
			if (!index(" " facts " ", " " when[i] " "))
				next
		print $3 "\t" $4 "\t" $5 "\t" $6
		exit
	}' "$here/expected.tsv"
}

# In the isolation. The bundles are on the private /run, so nothing of them can stay behind.
attempt_inside() { # TEST
	mkdir /run/oci
	cd "$OCI_SUITE"
	TMPDIR=/run/oci exec timeout -k 5 "$seconds" "bin/$1"
}

attempt() { # TEST; prints the judge's verdict
	status=0
	"$here/isolate.sh" --cgroup "$OCI_CGROUP" "$here/run.sh" --attempt-inside "$1" \
		>"$OCI_LOGS/$1.out" 2>"$OCI_LOGS/$1.err" </dev/null || status=$?
	awk -v status="$status" -v errors="$OCI_LOGS/$1.err" -f "$here/judge.awk" "$OCI_LOGS/$1.out"
}

# A race in the suite itself fails good runtimes too: one good try of ten is a pass.
attempt_racy() { # TEST
	for _ in $(seq "$tries"); do
		verdict=$(attempt "$1")
		case $verdict in fail:*) ;; *) break ;; esac
	done
	printf '%s\n' "$verdict"
}

# Whether expected.tsv says that some version of this very program passes: run.sh is for the peers, too.
peer_passes() { # RUNC CRUN
	case $(basename "$RUNTIME"):$1:$2 in
	runc*:*passes*:* | crun*:*:*passes*) true ;;
	*) false ;;
	esac
}

one() { # TEST; prints the line of the test
	IFS='	' read -r kind runc crun reason <<-END || :
		$(row_of "$1")
	END
	case $kind in
	racy) verdict=$(attempt_racy "$1") ;;
	*) verdict=$(attempt "$1") ;;
	esac
	case $kind:$verdict in
	never:fail:* | luck:fail:*)
		printf '%s\n' "skip oci/$1: $reason (runc: $runc, crun: $crun)"
		return
		;;
	never:*)
		peer_passes "$runc" "$crun" || verdict="fail: passes, though expected.tsv says that it cannot: remove it from the list"
		;;
	esac
	case $verdict in
	pass) printf '%s\n' "ok oci/$1" ;;
	nothing) printf '%s\n' "ok oci/$1 # asserts nothing but its exit status and errors" ;;
	fail:*) printf '%s\n' "not ok oci/$1: ${verdict#fail: }" ;;
	*) printf '%s\n' "not ok oci/$1: the judge said nothing" ;;
	esac
}

# ---------------------------------------------------------------- all

resolve_runtime() { # NAME
	RUNTIME=$(command -v -- "$1") || die "no such runtime: $1"
	RUNTIME=$(readlink -f "$RUNTIME")
	[ -x "$RUNTIME" ] || die "cannot be executed: $RUNTIME"
	export RUNTIME
}

# Names that no row or program bears are mistakes: say so before anything runs.
check_names() { # TEST...
	for test in "$@"; do
		[ -x "$OCI_SUITE/bin/$test" ] || die "no such test: $test"
	done
	grep -v '^#' "$here/expected.tsv" | while IFS='	' read -r test _; do
		[ -x "$OCI_SUITE/bin/$test" ] || die "expected.tsv names a test that does not exist: $test"
	done
}

summary() { # FILE
	passed=$(grep -c '^ok ' "$1") || :
	failed=$(grep -c '^not ok ' "$1") || :
	skipped=$(grep -c '^skip ' "$1") || :
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$((passed + failed + skipped))" = "$2" ]
}

main() {
	runtime=
	logs=
	tests=
	OCI_CGROUP=
	jobs=$(($(nproc) * 2)) # most of a test's time is sleep
	while [ $# -gt 0 ]; do
		case $1 in
		--cgroup | --jobs | --logs) [ $# -ge 2 ] || usage ;;
		esac
		case $1 in
		--cgroup) OCI_CGROUP=$2; shift ;;
		--jobs) jobs=$2; shift ;;
		--logs) logs=$2; shift ;;
		-*) usage ;;
		*) if [ -z "$runtime" ]; then runtime=$1; else tests="$tests ${1#oci/}"; fi ;;
		esac
		shift
	done
	[ -n "$runtime" ] || usage
	resolve_runtime "$runtime"
	OCI_SUITE=$("$here/build.sh") || die "the suite could not be built"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	OCI_LOGS=${logs:-$work/logs}
	mkdir -p "$OCI_LOGS"
	OCI_LOGS=$(readlink -f "$OCI_LOGS")
	: "${OCI_CGROUP:=$("$here/isolate.sh" "$here/run.sh" --facts | grep -o 'v[12]$')}"
	OCI_FACTS=$("$here/isolate.sh" --cgroup "$OCI_CGROUP" "$here/run.sh" --facts | tr '\n' ' ')
	export OCI_CGROUP OCI_SUITE OCI_LOGS OCI_FACTS
	: "${tests:=$(ls "$OCI_SUITE/bin")}"
	# shellcheck disable=SC2086 # a list of words
	set -- $tests
	check_names "$@"
	printf '%s\n' "$@" | xargs -P "$jobs" -n 1 "$here/run.sh" --one | tee "$work/lines"
	summary "$work/lines" "$#"
}

case ${1:-} in
--facts) facts ;;
--attempt-inside) attempt_inside "$2" ;;
--one) one "$2" ;;
*) main "$@" ;;
esac
