#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # vm_cache is lib.sh's
# tests/vm/engines/proto.sh SUITE: prints the directory that holds api.proto, the messages of the CRI, as Debian packages them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
vm_dir=$here/..
. "$vm_dir/lib.sh"
. "$here/../../apt-source.sh"
dir=$vm_cache/cri-${1:?}
package=golang-k8s-cri-api-dev

if [ ! -s "$dir/api.proto" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/apt" "$dir"
	echo "deb [signed-by=$(keyring)] $(mirror) $1 main" >"$work/apt/sources.list"
	retry private_apt update
	(cd "$work" && retry private_apt download "$package")
	dpkg-deb --fsys-tarfile "$work/$package"_*.deb | tar -C "$work" -x --wildcards '*/runtime/v1/api.proto'
	find "$work" -name api.proto -exec mv {} "$dir/" \;
fi
[ -s "$dir/api.proto" ]
echo "$dir"
