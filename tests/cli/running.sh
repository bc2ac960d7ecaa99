# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the program is while it runs: its rights, its answer to signals, its command.

# await FILE: until it is there and not empty.
await() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ -s "$1" ] && return 0
		sleep 0.1
	done
	echo "no $1"
	return 1
}

# status_of PID FIELD
status_of() { awk -v f="$2:" '$1 == f { print $2 }' "/proc/$1/status"; }

# counting PID: until its probes are attached and its rights dropped.
counting() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(status_of "$1" NoNewPrivs)" = 1 ] && return 0
		sleep 0.1
	done
	return 1
}

case_rights() {
	local pid
	"$binary" --for 2s --format csv >out &
	pid=$!
	counting $pid
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		[ "$(status_of $pid $set)" = 0000000000000000 ]
	done
	wait $pid
	# without rights the figures are still there
	awk -F, 'NR == 2 { exit $(NF - 1) == "" }' out
	[ "$(wc -l <out)" -gt 1 ]
	# to write a file, that right alone stays, CAP_DAC_OVERRIDE, and no program that it runs gets it
	"$binary" --for 2s -o x.csv &
	pid=$!
	counting $pid
	for set in CapPrm CapEff; do
		[ "$(status_of $pid $set)" = 0000000000000002 ]
	done
	[ "$(status_of $pid CapBnd)" = 0000000000000000 ]
	wait $pid
	only out x.csv
}

# A link that somebody put where anybody may write is not followed.
case_planted_link() {
	local switch=/proc/sys/fs/protected_symlinks old
	old=$(cat $switch)
	# shellcheck disable=SC2064 # as it is now
	trap "echo $old >$switch" EXIT
	echo 1 >$switch
	mkdir sticky
	chmod 1777 sticky
	echo mine >victim
	ln -s "$PWD/victim" sticky/x.csv
	chown -h 65534 sticky/x.csv
	fails 1 'sticky/x.csv: Permission denied' "$binary" --for 0 --objects 10k --tags 512 -o sticky/x.csv
	[ "$(cat victim)" = mine ]
}

# Root writes into other people's directories, also after the drop.
case_other_peoples_directory() {
	mkdir theirs
	chown 65534 theirs
	chmod 700 theirs
	quick -o theirs/x.csv
	quick --append -o theirs/y.csv
	[ -s theirs/x.csv ]
	[ -s theirs/y.csv ]
}

# The skipped and rescued figures are read from the programs: the same with and without rights.
case_losses_without_rights() {
	local value
	value=$(cat /proc/sys/kernel/unprivileged_bpf_disabled) || skip 'no such switch'
	[ "$value" -gt 0 ] || skip 'any user may use BPF here'
	"$binary" --for 1s --format json >out
	grep -q '"loss":{"skipped":[0-9]*,"rescued":[0-9]*,' out
}

case_command() {
	"$binary" --objects 10k --tags 512 -o x.csv -- sh -c \
		'grep CapEff /proc/self/status >rights; exit 3' 2>err
	grep -q 'sh ended with status 3' err
	grep CapEff /proc/self/status | diff - rights
	"$binary" --objects 10k --tags 512 -o x.csv -- sh -c 'kill -9 $$' 2>err
	grep -q 'sh was ended by signal 9' err
	"$binary" --objects 10k --tags 512 -o x.csv -- true 2>err
	[ ! -s err ]
}

# A signal ends the counting, what was counted is shown.
case_signal() {
	local pid sig
	for sig in INT TERM HUP; do
		# in a script, & makes SIGINT ignored, but not for env
		env --default-signal=INT "$binary" --for 20s >out 2>err &
		pid=$!
		counting $pid
		kill -$sig $pid
		wait $pid
		grep -q '^   Tag ' out
		[ ! -s err ]
	done
}

# One that comes while nobody reads what is written ends the program.
case_second_signal() {
	local pid status=0
	mkfifo pipe
	exec 8<>pipe
	head -c 65536 /dev/zero >&8
	env --default-signal=INT "$binary" --for 20s >&8 2>err &
	pid=$!
	counting $pid
	kill -INT $pid
	sleep 0.5
	kill -0 $pid
	kill -INT $pid
	wait $pid || status=$?
	[ $status -eq 130 ]
}

case_progress() {
	need script
	script -qec "'$binary' --for 2s -o x.csv" log >/dev/null </dev/null
	grep -q 'counting: .* s of 2.0 s' log
	"$binary" --for 1s -o x.csv 2>err
	[ ! -s err ]
}
