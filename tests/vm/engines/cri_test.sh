# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/vm/engines/cri_test.sh: pods by containerd's CRI, the way a kubelet runs them: the scenarios are in cri.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cri()
{
	local status=0

	python3 "$(dirname "${BASH_SOURCE[0]}")/cri.py" "$RUNTIME" "$1" >"$T/said" || status=$?
	[ $status -ne 77 ] || skip "$(cat "$T/said")"
	return $status
}

test_cri_features()
{
	cri features
}

test_cri_restricted()
{
	cri restricted
}

test_cri_default_runtime()
{
	cri default_runtime
}

test_cri_cgroupfs()
{
	cri cgroupfs
}

test_cri_terminal()
{
	cri terminal
}

test_cri_localhost_profiles()
{
	cri localhost_profiles
}

test_cri_user_namespace()
{
	cri user_namespace
}

test_cri_mapped_host_network()
{
	cri mapped_host_network
}

test_cri_unmasked_proc()
{
	cri unmasked_proc
}

test_cri_privileged()
{
	cri privileged
}

test_cri_privileged_handler()
{
	[ "$NAME" = cruet ] || skip "a peer has no such name"
	cri privileged_handler
}

test_cri_host_namespaces()
{
	cri host_namespaces
}

test_cri_shared_pid()
{
	cri shared_pid
}

test_cri_streaming()
{
	cri streaming
}
