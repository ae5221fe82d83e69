# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# tests/cve/caller_test.sh: attacker D, a user of the host's who is not root: what the runtime leaves open to him, and what he can
# make of its program.

. "${BASH_SOURCE[0]%/*}/lib.sh"

as_user()
{
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"
}

# The state of a container in a directory that others can search or write: they read its configuration, its environment, its
# rootfs's setuid programs. Fails where a user can look into the root or below, also one that was there already and open.
test_cve_2021_41103_state_root_is_closed()
{
	local mode

	command -v setpriv >/dev/null || skip "no setpriv"
	bundle
	args sleep 1000
	for mode in none 755 711 777 1777; do
		[ "$mode" = none ] || mkdir -m "$mode" "$ROOT"
		RAN=yes
		cruet create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || RAN=no
		if [ "$RAN" = yes ]; then
			! as_user ls "$ROOT" >/dev/null 2>&1 || fell "root of mode $mode: a user can list it"
			! as_user ls "$ROOT/$ID" >/dev/null 2>&1 || fell "root of mode $mode: a user can list the container's state"
			! as_user touch "$ROOT/x" 2>/dev/null || fell "root of mode $mode: a user can write to it"
			! as_user find "$ROOT" -type f -exec cat {} + 2>/dev/null | grep -q . || fell "root of mode $mode: a user can read the state"
			cruet delete --force "$ID" || die "delete"
		fi
		rm -rf "$ROOT"
	done
}

# In a directory that everybody can write to (a lock or state directory below /tmp, /run/lock) the user was there first: a symlink
# to the canary, or a directory of his. Fails where anything is written there.
test_cve_2015_1331_state_root_of_another()
{
	bundle
	canary
	chmod 711 "$T" "${T%/*}"
	args sleep 1000
	mkdir -m 1777 "$T/open"
	mkdir "$T/open/root" "$T/open/root/$ID"
	chown -R 1000:1000 "$T/open/root"
	RAN=yes
	"$RUNTIME" --root "$T/open/root" create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || RAN=no
	[ "$RAN" = no ] || "$RUNTIME" --root "$T/open/root" delete --force "$ID" >/dev/null 2>&1 || :
	[ "$RAN" = no ] || fell "the state is in a directory of the user's"
	rm -rf "$T/open/root"
	mkdir -m 755 "$T/open/root"
	chown 1000:1000 "$T/open/root"
	"$RUNTIME" --root "$T/open/root" create --bundle "$B" "$ID-2" >"$T/out" 2>&1 </dev/null && {
		[ "$(stat -c %u "$T/open/root/$ID-2" 2>/dev/null)" = 0 ] && as_user mv "$T/open/root/$ID-2" "$T/open/root/taken" 2>/dev/null && RAN=taken
		"$RUNTIME" --root "$T/open/root" delete --force "$ID-2" >/dev/null 2>&1 || :
		as_user mv "$T/open/root/taken" "$T/open/root/$ID-2" 2>/dev/null || :
		"$RUNTIME" --root "$T/open/root" delete --force "$ID-2" >/dev/null 2>&1 || :
		[ "$RAN" != taken ] || fell "a user moves the state of root's container away"
	}
	canary_unchanged
}

# Installed setuid by mistake: any user mounts and executes as root. Fails where it does anything for him.
test_cve_2020_5291_setuid_runtime()
{
	bundle
	canary
	command -v setpriv >/dev/null || skip "no setpriv"
	chmod 755 "$T" "${T%/*}"
	cp "$PROGRAM" "$T/setuid"
	chmod 4755 "$T/setuid"
	config '.root.readonly = false | .mounts += [{destination: "/mnt", type: "bind", source: $c, options: ["bind"]}]' --arg c "$CANARY"
	args sh -c 'echo written >/mnt/by-a-user; echo ran'
	mkdir -m 777 "$T/u"
	as_user true || die "cannot become the user"
	chmod 711 "$TOOLS"
	RAN=yes
	as_user timeout 10 "$T/setuid" --root "$T/u/root" run --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null || RAN=no
	canary_unchanged
	! prints ran || fell "it runs containers for everybody"
	[ "$RAN" = no ] || fell "$(cat "$T/out")"
}

# A library from the caller's environment, where the runtime is reached through sudo or by an engine: LD_PRELOAD is taken by any
# program that is not setuid, so it only must not go on to hooks and containers (config_test.sh). Here: a pid file and a log, whose
# places a user may have prepared. Fails where they are written through his symlink.
test_hardening_pid_file_symlink()
{
	bundle
	canary
	chmod 711 "$T" "${T%/*}"
	mkdir -m 777 "$T/open"
	args true
	ln -s "$CANARY/file" "$T/open/pid"
	ln -s "$CANARY/new" "$T/open/pid2"
	chown -h 1000:1000 "$T/open/pid" "$T/open/pid2"
	for name in pid pid2; do
		attack run --pid-file "$T/open/$name" --bundle "$B" "$ID"
		canary_unchanged
	done
}
