#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm.sh run [OPTION...] [--] COMMAND...: runs COMMAND as root in a guest that was booted for it. See README.md.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage() {
	cat >&2 <<-'TEXT'
		usage: vm.sh run [OPTION...] [--] COMMAND...
		  --flavour minimal|engines   which image (minimal)
		  --suite SUITE               of which Debian suite (trixie)
		  --lsm apparmor|selinux|selinux-permissive|none
		                              the security module of the guest (none)
		  --mem MB                    its memory (768, engines 1536)
		  --cpus N                    its processors (2)
		  --share DIR[:NAME]          show DIR at /mnt/NAME, read-only; the project itself is at /mnt/cruet
		  --out DIR                   let the guest write to DIR at /mnt/out
		  --env NAME[=VALUE]          set in the environment of COMMAND
		  --append ARGS               more for the guest kernel's command line
		  --timeout SECS              for COMMAND (600)
		  --verbose                   show the guest's console and the times
		The exit status is COMMAND's; 124: it ran out of time; 125: there was no guest to run it in.
	TEXT
	exit 125
}

flavour=minimal suite=trixie lsm=none mem='' cpus=2 out='' append='' timeout=600 verbose=''
shares=() variables=()
boot_timeout=300

parse() {
	[ "${1:-}" = run ] || usage
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--verbose) verbose=yes ;;
		--flavour | --suite | --lsm | --mem | --cpus | --share | --out | --env | --append | --timeout)
			[ $# -ge 2 ] || usage
			option "$1" "$2"
			shift
			;;
		--) shift && break ;;
		-*) usage ;;
		*) break ;;
		esac
		shift
	done
	[ $# -gt 0 ] || usage
	command=("$@")
	if [ -z "$mem" ]; then
		case $flavour in minimal) mem=768 ;; *) mem=1536 ;; esac
	fi
}

option() {
	case $1 in
	--flavour) flavour=$2 ;;
	--suite) suite=$2 ;;
	--lsm) lsm=$2 ;;
	--mem) mem=$2 ;;
	--cpus) cpus=$2 ;;
	--share) shares+=("$2") ;;
	--out) out=$2 ;;
	--env) variables+=("$2") ;;
	--append) append=$2 ;;
	--timeout) timeout=$2 ;;
	esac
}

kernel_arguments() {
	local arguments='console=ttyS0 quiet root=/dev/nvme0n1 rw rootfstype=ext4 panic=-1 net.ifnames=0'

	# What makes an emulated machine quicker.
	arguments+=' mitigations=off nokaslr tsc=reliable no_timer_check init_on_alloc=0 random.trust_cpu=on'
	arguments+=' rcupdate.rcu_expedited=1 systemd.show_status=no'

	case $lsm in
	apparmor) arguments+=' audit=0 security=apparmor apparmor=1' ;;
	selinux) arguments+=' security=selinux selinux=1 enforcing=1' ;;
	selinux-permissive) arguments+=' security=selinux selinux=1 enforcing=0' ;;
	none) arguments+=' audit=0 lsm=landlock,yama,bpf' ;;
	*) usage ;;
	esac
	echo "$arguments $append"
}

# add_share TAG HOST-DIRECTORY GUEST-DIRECTORY ro|rw: starts its daemon, shows it to QEMU and has the guest mount it.
add_share() {
	local socket=$run/$1.sock how=() tries

	[ -d "$2" ] || die "no directory $2 to share"
	if [ "$4" = ro ] && [ -n "$read_only" ]; then how=("$read_only"); fi
	background "$run/virtiofsd.log" "${virtiofsd[@]}" "--socket-path=$socket" \
		-o "source=$2" -o sandbox=chroot -o cache=auto ${how[@]+"${how[@]}"}
	for ((tries = 0; tries < 300; tries++)); do
		[ -S "$socket" ] && break
		nap 0.1
	done
	[ -S "$socket" ] || { cat "$run/virtiofsd.log" >&2; die "cannot share $2"; }
	devices+=(-chardev "socket,id=fs-$1,path=$socket" -device "vhost-user-fs-pci,chardev=fs-$1,tag=$1")
	printf 'share %q %q %q\n' "$1" "$3" "$4" >>"$run/job"
}

add_shares() {
	local given name n=0

	add_share cruet "$(cd "$vm_dir/../.." && pwd)" /mnt/cruet ro
	[ -z "$out" ] || add_share out "$out" /mnt/out rw
	for given in ${shares[@]+"${shares[@]}"}; do
		name=${given##*:}
		[ "$name" != "$given" ] || name=$(basename "$given")
		n=$((n + 1))
		add_share "share$n" "${given%:*}" "/mnt/$name" ro
	done
}

# The guest's script: job.sh and the calls.
write_job() {
	local variable

	for variable in ${variables[@]+"${variables[@]}"}; do
		[ "$variable" != "${variable#*=}" ] || variable+="=${!variable-}"
		printf 'export %q\n' "$variable" >>"$run/job"
	done
	echo 'cd /mnt/cruet && wait_boot' >>"$run/job"
	{ printf 'job %q' "$token"; printf ' %q' "${command[@]}"; echo; } >>"$run/job"
}

# Sleep without a process.
nap() { read -r -t "$1" -u "$nap_fd" || :; }

# Starts a program that the kernel ends with us, however we end, and notes its pid for end_all.
background() {
	local log=$1
	shift

	setpriv --pdeathsig KILL -- "$@" </dev/null >>"$log" 2>&1 &
	pids+=($!)
}

end_all() {
	[ ${#pids[@]} -gt 0 ] || return 0
	kill -KILL "${pids[@]}" 2>/dev/null || :
	wait "${pids[@]}" 2>/dev/null || :
	pids=()
}

# Copies one of the guest's ports until the token comes, whose status it writes to a file. By lines: the token may follow
# output that does not end in a newline.
relay() {
	local line

	while IFS= read -r line || [ -n "$line" ]; do
		if [[ $line == *"$token "* ]]; then
			printf %s "${line%%"$token "*}"
			echo "${line##*"$token "}" >"$2.new"
			mv "$2.new" "$2"
			return
		fi
		printf '%s\n' "$line"
	done <"$1"
	: >"$2.eof"
}

# A relay that ended before its port did had nobody to write to: vm.sh | head.
is_unheard() {
	local n

	for n in out err; do
		[ -e "$run/$n.status" ] || [ -e "$run/$n.eof" ] || kill -0 "${relays[$n]}" 2>/dev/null || return 0
	done
	return 1
}

start_relays() {
	mkfifo "$run/out.fifo" "$run/err.fifo"
	relay "$run/out.fifo" "$run/out.status" &
	relays[out]=$!
	relay "$run/err.fifo" "$run/err.status" >&2 &
	relays[err]=$!
	pids+=("${relays[@]}")
	: >"$run/beat"
}

start_qemu() {
	TMPDIR=$run background "$run/qemu.log" "${qemu[@]}" \
		-accel tcg,thread=multi,tb-size=512 -cpu Nehalem-v1 -machine q35,hpet=off,sata=off,smbus=off,vmport=off,memory-backend=memory \
		-object "memory-backend-memfd,id=memory,size=${mem}M,share=on" -m "${mem}M" -smp "$cpus" \
		-nodefaults -no-user-config -no-reboot -display none \
		-kernel "$image/vmlinuz" -append "$(kernel_arguments)" -serial "file:$run/console" \
		-drive "if=none,id=disk,file=$image/root.img,format=raw,snapshot=on" -device nvme,drive=disk,serial=disk \
		-fw_cfg "name=opt/cruet/job,file=$run/job" -device virtio-rng-pci -device virtio-serial-pci \
		-chardev "file,id=beat,path=$run/beat" -device virtserialport,chardev=beat,name=cruet.beat \
		-chardev "file,id=out,path=$run/out.fifo" -device virtserialport,chardev=out,name=cruet.out \
		-chardev "file,id=err,path=$run/err.fifo" -device virtserialport,chardev=err,name=cruet.err \
		"${devices[@]}"
	qemu_pid=${pids[-1]}
}

# Sets quiet: for how many seconds the quietest processor of the guest gave no sign of life.
listen() {
	local cpu count

	quiet=0
	for ((cpu = 0; cpu < cpus; cpu++)); do
		count=$(grep -c "^$cpu\$" "$run/beat" || :)
		if [ "$count" != "${beats[cpu]:-0}" ] || [ -z "${heard[cpu]:-}" ]; then
			beats[cpu]=$count heard[cpu]=$SECONDS
		fi
		[ $((SECONDS - heard[cpu])) -le "$quiet" ] || quiet=$((SECONDS - heard[cpu]))
	done
}

# Sets status or failure if the guest's time is over.
check_time() {
	local left

	if [ -z "$began" ]; then
		[ ! -s "$run/beat" ] || began=$SECONDS
		[ $((SECONDS - started)) -le "$boot_timeout" ] || failure="no boot in $boot_timeout s"
		return
	fi
	left=$((began + timeout - SECONDS))
	[ $((SECONDS - checked)) -ge 5 ] || [ "$left" -lt 0 ] || return 0
	checked=$SECONDS
	listen
	if [ "$quiet" -gt 120 ] || { [ "$left" -lt 0 ] && [ "$quiet" -gt 30 ]; }; then
		failure="no sign of life from a processor for $quiet s"
	elif [ "$left" -lt 0 ]; then
		say "the command did not end in $timeout s"
		status=124
	fi
}

# Waits for the end. Sets status, or failure: why the guest (not the command) failed.
watch_guest() {
	local checked=0 quiet beats=() heard=()

	status='' failure='' began=''
	while [ -z "$status$failure" ]; do
		nap 0.1
		if [ -e "$run/out.status" ] && [ -e "$run/err.status" ]; then
			status=$(cat "$run/out.status")
		elif is_unheard; then
			status=141
		elif ! kill -0 "$qemu_pid" 2>/dev/null; then
			failure='QEMU ended'
		else
			check_time
		fi
	done
}

# What a killed vm.sh left: directories that nobody holds the lock of.
sweep() {
	local dir

	for dir in "${TMPDIR:-/tmp}"/cruet-vm.??????; do
		[ ! -e "$dir/lock" ] || flock -n "$dir/lock" rm -rf "$dir" || :
	done
}

run_once() {
	local started=$SECONDS

	token=end-$RANDOM$RANDOM$RANDOM
	sweep
	run=$(mktemp -d "${TMPDIR:-/tmp}/cruet-vm.XXXXXX")
	exec 8>"$run/lock"
	flock 8
	devices=()
	{ cat "$vm_dir/job.sh"; echo 'open_ports && beat'; } >"$run/job"
	add_shares
	write_job
	start_relays
	start_qemu
	watch_guest
	[ "$status" != 124 ] || tail -n 5 "$run/console" >&2
	if [ -n "$failure" ]; then
		say "the guest failed: $failure; the end of its console:"
		tail -n 40 "$run/console" >&2 2>/dev/null || :
		grep -hvE ' (WARN|INFO) ' "$run"/*.log >&2 || :
	elif [ -n "$verbose" ]; then
		cat "$run/console" >&2
		say "$flavour $suite, QEMU $qemu_is, $lsm: agent up after $((began - started)) s, done after $((SECONDS - started)) s"
	fi
	clean
}

clean() {
	end_all
	[ -z "${run:-}" ] || rm -rf "$run"
}

# All in one function, so that the shell has read the whole before it begins: the script may change under a long run.
main() {
	parse "$@"
	declare -gA relays=()
	pids=() run=''
	exec {nap_fd}<> <(:)
	trap clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	qemu_find
	image=$("$vm_dir/build-image.sh" --suite "$suite" "$flavour")
	run_once
	if [ -n "$failure" ]; then
		say 'booting again'
		run_once
	fi
	[ -z "$failure" ] || exit 125
	exit "$status"
}

main "$@"
