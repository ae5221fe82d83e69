# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# tests/run/storm_test.sh: all commands against each other, at random, on few ids; and every command on states that are
# damaged. Whatever happens, each answer is one of those that its command may give, and nothing stays behind.

SECONDS_LONG=10
WORKERS=8

# What a command may fail with when others work on the same container: that it is not there, that it is there, that it is in
# another state, that others are at it, or that it ended under our eyes.
MAY_FAIL='does not exist|already exists|is busy|container not running|cannot (start|pause|resume|exec|delete|checkpoint)|'
MAY_FAIL+='not stopped|did not (come|end)|ended before|init (died|is|has|was|did)|cannot reach init|no such process|No such process|'
MAY_FAIL+='is not there|nobody|No such file or directory|is not known|timed out|killed|frozen|cgroup'

command_of()
{
	case $1 in
	0 | 1) echo "create --bundle $B" ;;
	2 | 3) echo start ;;
	4) echo "run --detach --bundle $B" ;;
	5) echo state ;;
	6) echo "kill" ;;
	7) echo "delete" ;;
	8 | 9) echo "delete --force" ;;
	10) echo pause ;;
	11 | 12) echo resume ;;
	13) echo "update --resources $T/limit" ;;
	14) echo ps ;;
	15) echo "exec --timeout 5s" ;;
	16) echo "events --stats" ;;
	17) echo "wait --timeout 200ms" ;;
	18) echo "stop --timeout 1ms" ;;
	19) echo "exec --detach --timeout 5s" ;;
	20) echo list ;;
	21) echo gc ;;
	esac
}

# One worker until the time is over; what it should not have heard is in $T/odd.
worker()
{
	local words id status out me=$BASHPID end=$((SECONDS + SECONDS_LONG)) n=0

	RANDOM=$1
	while [ $SECONDS -lt $end ]; do
		read -r -a words <<<"$(command_of $((RANDOM % 22)))"
		id=$ID-$((RANDOM % 3))
		case ${words[0]} in
		list | gc) set -- ;;
		kill) set -- "$id" KILL ;;
		exec) set -- "$id" sleep 0.05 ;;
		*) set -- "$id" ;;
		esac
		status=0
		timeout -k 1 30 "$RUNTIME" --root "$ROOT" "${words[@]}" "$@" </dev/null >"$T/out.$me" 2>"$T/err.$me" || status=$?
		n=$((n + 1))
		out=$(grep -a '^cruet: ' "$T/err.$me" || :)
		if [ $status -ge 124 ] && [ $status -lt 255 ]; then
			# exec passes on that its program was killed with the container
			[ "${words[0]}" = exec ] && [ $status -eq 137 ] || echo "${words[*]} $*: status $status: $out" >>"$T/odd"
		elif [ $status -ne 0 ] && [ "${words[0]}" != wait ] && ! grep -qE "$MAY_FAIL" <<<"$out"; then
			echo "${words[*]} $*: status $status: $(cat "$T/err.$me")" >>"$T/odd"
		elif [ $status -eq 0 ] && [ "${words[0]}" = state ]; then
			jq -e '.status | IN("creating", "created", "running", "paused", "stopped")' "$T/out.$me" >/dev/null ||
				echo "state: $(cat "$T/out.$me")" >>"$T/odd"
		fi
	done
	echo "$n" >>"$T/done"
}

test_storm()
{
	local i

	bundle
	limit_file
	args sleep 1000
	: >"$T/odd"
	for i in $(seq $WORKERS); do
		worker $((i * 7919)) &
	done
	wait
	expect "" "$(sort "$T/odd" | uniq -c | head -n 20)"
	expect $WORKERS "$(wc -l <"$T/done")"
	[ "$(awk '{ n += $1 } END { print n }' "$T/done")" -gt 30 ] || die "too few commands: $(xargs <"$T/done")"
	for i in 0 1 2; do
		cruet delete --force "$ID-$i"
	done
	expect "" "$(ls -A "$ROOT" 2>/dev/null)"
	expect "" "$(find /sys/fs/cgroup -depth -type d -name "*$ID*" 2>/dev/null)"
}

# ---- the state machine, one command at a time ------------------------------------------------------------------------------

# STATE COMMAND -> what must come: the state after it, or "!" and a part of the failure
MACHINE='
none start !does not exist
none state !does not exist
none kill !does not exist
none delete !does not exist
none pause !does not exist
none resume !does not exist
none update !does not exist
none ps !does not exist
none exec !does not exist
none events !does not exist
none wait !does not exist
none stop !does not exist
none checkpoint !does not exist
none delete-force none
none create created
none run running
created create !already exists
created run !already exists
created start running
created pause !container not running
created resume !
created update created
created ps created
created exec created
created checkpoint !container not running
created kill stopped
created stop stopped
created delete none
created delete-force none
running create !already exists
running start !cannot start
running pause paused
running resume !
running update running
running ps running
running exec running
running events running
running kill stopped
running stop stopped
running delete !not stopped
running delete-force none
paused start !cannot start
paused pause !container not running
paused resume running
paused update paused
paused ps paused
paused exec !resume it first
paused events paused
paused kill stopped
paused stop stopped
paused delete !not stopped
paused delete-force none
stopped create !already exists
stopped start !cannot start
stopped pause !container not running
stopped update !container not running
stopped exec !container not running
stopped kill !container not running
stopped stop stopped
stopped checkpoint !container not running
stopped delete none
stopped delete-force none
'

bring_to()
{
	case $1 in
	created) cruet create --bundle "$B" "$ID" ;;
	running | paused | stopped) cruet run --detach --bundle "$B" "$ID" >/dev/null ;;
	esac
	case $1 in
	paused) cruet pause "$ID" ;;
	stopped)
		cruet kill "$ID" KILL
		wait_until 10 status_is "$ID" stopped
		;;
	esac
}

# A limit that any machine has.
limit_file()
{
	if cgroup_v2; then
		echo '{"unified": {"cgroup.max.depth": "7"}}'
	else
		echo '{"pids": {"limit": 70}}'
	fi >"$T/limit"
}

# Sets `words`.
words_of()
{
	case $1 in
	create) words=(create --bundle "$B" "$ID") ;;
	run) words=(run --detach --bundle "$B" "$ID") ;;
	kill) words=(kill "$ID" KILL) ;;
	exec) words=(exec "$ID" true) ;;
	events) words=(events --stats "$ID") ;;
	update) words=(update --resources "$T/limit" "$ID") ;;
	wait) words=(wait --timeout 1s "$ID") ;;
	delete-force) words=(delete --force "$ID") ;;
	*) words=("$1" "$ID") ;;
	esac
}

test_state_machine()
{
	local state command want words

	bundle
	limit_file
	args sleep 1000
	while read -r state command want; do
		[ -n "$state" ] || continue
		[ "$state" = none ] || bring_to "$state"
		words_of "$command"
		case $want in
		!*) (fails "${want#!}" cruet "${words[@]}" </dev/null) || die "$state, $command: wanted $want" ;;
		*)
			cruet "${words[@]}" </dev/null >"$T/out" 2>&1 || die "$state, $command: $(cat "$T/out")"
			if [ "$want" = none ]; then
				expect "" "$(cruet list -q)"
			else
				wait_until 10 status_is "$ID" "$want"
			fi
			;;
		esac
		cruet delete --force "$ID"
	done <<<"$MACHINE"
}

# ---- states that are damaged -----------------------------------------------------------------------------------------------

# damage KIND: of the record of $ID
damage()
{
	local record=$ROOT/$ID/record.json

	case $1 in
	empty) : >"$record" ;;
	truncated) truncate -s 60 "$record" ;;
	missing) rm "$record" ;;
	garbage) head -c 400 /dev/urandom >"$record" ;;
	foreign) echo '{"id": "x", "init_process_pid": 1, "config": {}}' >"$record" ;;
	flipped) sed -i 's/"committed":true/"committed":frue/' "$record" ;;
	newer) resum 's/"version":1/"version":99/' ;;
	another) resum "s/\"id\":\"$ID\"/\"id\":\"another\"/" ;;
	directory) rm "$record" && mkdir "$record" ;;
	link) mv "$record" "$T/elsewhere" && ln -s "$T/elsewhere" "$record" ;;
	esac
}

# A record that is whole, but says something else: with its checksum made anew.
resum()
{
	python3 - "$ROOT/$ID/record.json" "$1" <<-'END'
		import subprocess, sys
		text = open(sys.argv[1]).read().rsplit("\n#", 1)[0]
		text = subprocess.run(["sed", sys.argv[2]], input=text, text=True, capture_output=True).stdout
		h = 0xcbf29ce484222325
		for byte in text.encode():
		    h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
		open(sys.argv[1], "w").write("%s\n#%016x\n" % (text, h))
	END
}

test_damaged_states()
{
	local kind command words pid

	bundle
	limit_file
	args sleep 1000
	cruet create --bundle "$B" steady
	for kind in empty truncated missing garbage foreign flipped newer another directory link; do
		cruet run --detach --bundle "$B" "$ID" >/dev/null
		pid=$(pid_of "$ID")
		damage $kind
		for command in state start kill exec pause resume ps update events wait stop checkpoint create run delete; do
			words_of $command
			if timeout 20 "$RUNTIME" --root "$ROOT" "${words[@]}" </dev/null >"$T/said" 2>&1; then
				die "$kind: $command succeeded: $(cat "$T/said")"
			fi
			expect "$kind $command 1" "$kind $command $(grep -ac '^cruet: ' "$T/said")"
			[ -d "/proc/$pid" ] || die "$kind: $command ended it"
		done
		# the others are listed all the same
		cruet list >"$T/list" 2>"$T/list.err" || :
		grep -q "^steady " "$T/list" || die "$kind: $(cat "$T/list")"
		grep -q "$ID" "$T/list.err" || die "$kind: list does not say what is wrong: $(cat "$T/list.err")"
		cruet delete --force "$ID" || die "$kind: delete --force"
		wait_until 10 test ! -d "/proc/$pid"
		expect "" "$(find /sys/fs/cgroup -depth -type d -name "*$ID*" 2>/dev/null)"
		expect steady "$(cruet list -q)"
	done
}
