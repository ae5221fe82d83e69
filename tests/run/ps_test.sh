# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# ps: who is in a container, those of exec among them.

three()
{
	bundle
	args sh -c 'sleep 1111 & sleep 2222; true'
	cruet run --detach --bundle "$B" "$ID"
	wait_until 10 has_processes 3
}

has_processes()
{
	[ "$(cruet ps --format json "$ID" | jq length)" = "$1" ]
}

test_ps_json()
{
	three
	cruet ps -f json "$ID" >out
	expect 1 "$(wc -l <out)"
	grep -qE '^\[[0-9]+,[0-9]+,[0-9]+\]$' out || die "$(cat out)"
	expect "$(pid_of "$ID")" "$(jq '.[0]' out)"
	cruet exec --detach "$ID" sleep 3333
	has_processes 4
	cruet delete --force "$ID"
}

test_ps_table()
{
	local text

	command -v ps >/dev/null || skip "no ps"
	three
	text=$(cruet ps "$ID")
	contains "PID" "$(echo "$text" | head -n 1)"
	expect 4 "$(echo "$text" | wc -l)"
	contains "sleep 1111" "$text"
	contains "sleep 2222" "$text"
	text=$(cruet ps "$ID" -eo pid,args)
	expect 4 "$(echo "$text" | wc -l)"
	contains "sleep 1111" "$text"
	expect "$text" "$(env -i "$RUNTIME" --root "$ROOT" ps "$ID" -eo pid,args)"
	fails "no column PID" cruet ps "$ID" -eo args
	fails "'ps' failed" cruet ps "$ID" -eo pid,frob
	fails "run the program 'ps'" env PATH=/nowhere "$RUNTIME" --root "$ROOT" ps "$ID"
	cruet delete --force "$ID"
}

test_ps_of_others()
{
	fails "does not exist" cruet ps "$ID"
	bundle
	args true
	cruet create --bundle "$B" "$ID"
	expect "[$(pid_of "$ID")]" "$(cruet ps -f json "$ID")"
	cruet kill "$ID" KILL
	wait_until 10 status_is "$ID" stopped
	expect null "$(cruet ps -f json "$ID")"
}
