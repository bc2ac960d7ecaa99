# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Recordings: record, replay, dump --from. The format itself is tried in tests/unit/recording_test.c.

# A quick recording, until a signal.
recording() { "$binary" record --objects 10k --tags 512 -D 100ms "$@"; }

# samples FILE...: whole ones.
samples() { cat "$@" | grep -c '^e	'; }

case_record_equals_live() {
	leaker
	# one sample, in all forms; then from the recording
	"$binary" dump -o a.kpr -o a.csv -o a.json -o a.txt --columns +label,module_file,build -- ./leak 20
	"$binary" dump --from a.kpr -o b.csv -o b.json -o b.txt --columns +label,module_file,build
	cmp a.csv b.csv
	cmp a.json b.json
	cmp a.txt b.txt
	"$binary" dump -o c.kpr --from a.kpr
	cmp a.kpr c.kpr
	"$binary" dump --from a.kpr --format csv --sort allocs --limit 3 | wc -l | grep -qx 4
	"$binary" dump --from a.kpr -iload_msg --exact | grep -q 'load_msg+.* 20 '
}

case_record() {
	recording --for 1s x.kpr
	[ "$(samples x.kpr)" -ge 8 ]
	[ "$(grep -c '^s	full' x.kpr)" -eq 1 ]
	"$binary" dump --from x.kpr >last
	"$binary" dump --from x.kpr@+0s >first
	! cmp -s first last
	"$binary" dump --from x.kpr@+500ms --by-change >out
	grep -q '(Allocs)' out
	# replay where there is no terminal
	"$binary" replay x.kpr | cmp - last
	fails 1 'File exists; name another file, or move it away' "$binary" record x.kpr
	fails 2 'not a time in' "$binary" dump --from x.kpr@noon
	fails 1 'name a file of kpoolmon record' "$binary" dump --from nowhere.kpr
	fails 1 'is no recording' "$binary" dump --from first
	fails 2 '--from shows a recording' "$binary" dump --from x.kpr --for 1s
	fails 2 'record needs the name of a FILE' "$binary" record
	fails 1 'name a file in a directory that exists' "$binary" record --objects 10k no/x.kpr
}

# What a recording shows is judged as the running kernel would have been, on any machine.
case_record_judged() {
	local leaker
	need gcc
	need jq
	gcc -O1 -o leaker "$here/../screen/leaker.c"
	./leaker &
	leaker=$!
	"$binary" record --objects 100k -D 500ms --for 10s x.kpr
	kill "$leaker"
	"$binary" suspects --from x.kpr --format json >out
	jq -e '.watched_s > 9 and (.findings[0] | .verdict == "kept" and .holder.what == "messages" and (.lead | startswith("load_msg+")) and
		.processes[0].comm == "leaker" and .processes[0].share > 0.9 and .bytes_per_s > 0)' out >/dev/null || {
		jq -c '.watched_s, (.findings[0:4][] | del(.tags))' out
		exit 1
	}
	jq -e '.findings[0].evidence | test("old ones 100% stayed")' out || { jq -c '.findings[0].evidence' out; exit 1; }
	# up to a time: too few samples to tell
	"$binary" suspects --from x.kpr@+1s --format json >out
	jq -e '.watched_s <= 1 and .findings == []' out
	fails 2 '--from shows a recording' "$binary" suspects --from x.kpr --for 5s
	fails 2 '--from shows a recording' "$binary" suspects --from x.kpr -D 5s
	fails 1 'is no recording' "$binary" suspects --from out
}

case_record_signal() {
	local pid
	"$binary" record --objects 10k --tags 512 -D 60s x.kpr &
	pid=$!
	counting $pid
	sleep 0.3
	kill -TERM $pid
	wait $pid
	[ "$(samples x.kpr)" -eq 2 ]
}

# A laptop: no rights at all.
case_replay_needs_no_rights() {
	need setpriv
	chmod 755 .
	recording --for 300ms x.kpr
	chmod 644 x.kpr
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
		"$binary" dump --from x.kpr >out
	"$binary" dump --from x.kpr | cmp - out
}

# kill -9 of record at KPM_KILLS random moments: what is whole can be read.
case_record_killed() {
	local i n=${KPM_KILLS:-10} whole
	RANDOM=1
	for ((i = 0; i < n; i++)); do
		"$binary" record --objects 10k --tags 512 -D 100ms x.kpr &
		sleep "0.$((RANDOM % 7))$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		whole=0
		[ ! -s x.kpr ] || whole=$(samples x.kpr)
		if [ "$whole" -gt 0 ]; then
			"$binary" dump --from x.kpr >out
			# and torn somewhere
			head -c "$(($(wc -c <x.kpr) - RANDOM % 200 - 1))" x.kpr >torn.kpr
			[ "$(samples torn.kpr)" -eq 0 ] || "$binary" dump --from torn.kpr >out
		elif [ -e x.kpr ]; then
			fails 1 x.kpr "$binary" dump --from x.kpr
		fi
		rm -f x.kpr
	done
}

case_record_rotates() {
	recording --for 3s -D 100ms --keep 20k x.kpr
	[ -s x.kpr.1 ]
	[ "$(cat x.kpr x.kpr.1 | wc -c)" -le 30000 ]
	[ "$(find . -name 'x.kpr*' | wc -l)" -eq 2 ]
	"$binary" dump --from x.kpr >last
	"$binary" dump --from x.kpr@-2s >before
	! cmp -s before last
	fails 2 'not in 10000 to' "$binary" record y.kpr --keep 1k
}

case_record_full_disk() {
	need unshare
	mkdir disk
	cat >inside <<-'X'
		set -e
		mount -t tmpfs -o size=64k none disk
		status=0
		timeout 20 "$1" record --objects 10k --tags 512 -D 100ms disk/x.kpr 2>err || status=$?
		cat err
		[ $status -eq 1 ]
		[ $(wc -l <err) -eq 1 ]
		grep -q 'No space left on device; make room there or give a smaller --keep' err
		[ "$(tail -n 1 disk/x.kpr | cut -c1)" = e ]
		"$1" dump --from disk/x.kpr >/dev/null
	X
	unshare -m bash inside "$binary"
}

# A recorder whose pinned tables are taken away ends; the recording is whole.
case_record_pinned() {
	local pid status=0
	own_pins
	pinned start --objects 10k >/dev/null
	"$binary" record --pins "$pins" -D 30s x.kpr 2>err &
	pid=$!
	counting $pid
	sleep 0.3
	pinned stop >/dev/null
	wait $pid || status=$?
	[ $status -eq 1 ]
	grep -q 'tracking was ended by kpoolmon stop' err
	[ "$(samples x.kpr)" -eq 1 ]
	"$binary" dump --from x.kpr >/dev/null
}

# The console on a recording: steps, jumps, and the same figures as dump.
case_replay_console() {
	need tmux
	need python3
	local i
	recording --for 2s x.kpr
	screen() { tmux -L "kpm$$" capture-pane -p; }
	shows() {
		for ((i = 0; i < 50; i++)); do
			screen >screen
			grep -qE -- "$1" screen && return 0
			sleep 0.1
		done
		echo "no '$1' on:"
		cat screen
		return 1
	}
	key() { tmux -L "kpm$$" send-keys "$@"; }
	trap 'tmux -L "kpm$$" kill-server 2>/dev/null || true' EXIT
	tmux -L "kpm$$" -f /dev/null new-session -d -x 120 -y 30 \
		"env TERM=screen '$binary' replay x.kpr -D 30s 2>err"
	shows 'sample 1 of [0-9]+'
	key '>'
	shows 'sample 2 of .*PAUSED'
	key '>' '>'
	shows 'sample 4 of'
	key '<'
	shows 'sample 3 of'
	key j
	key -l '+1s'
	key Enter
	shows 'sample 1[0-9] of'
	key j C-u
	key -l 'noon'
	key Enter
	shows 'Give a time as'
	key j C-u
	key -l '2099-01-01T00:00'
	key Enter
	shows "sample $(samples x.kpr) of"
	key '>'
	shows "the end"
	key q
	for ((i = 0; i < 30; i++)); do
		tmux -L "kpm$$" has-session 2>/dev/null || break
		sleep 0.1
	done
	[ ! -s err ] || { cat err; exit 1; }
}

case_record_man_page() {
	need mandoc
	mandoc -T lint -W warning "$here/../../man/kpoolmon-record.5"
	sed -n '/^\.EX/,/^\.EE/p' "$here/../../man/kpoolmon-record.5" | grep -v '^\.E' >x.kpr
	"$binary" dump --from x.kpr --exact >out
	grep -q 'load_msg+0x41 .* 16384 .* msg_msg-2k' out
	"$binary" dump --from "$here/../fuzz/seed.kpr" | grep -q 'leak_one+0x1f \[leaky\]'
}

# What would be lost or be taken for this recording is named; what a crash leaves is read.
case_record_older_part() {
	"$binary" record x.kpr -D 200ms --for 1s --objects 10k
	[ "$(stat -c %a x.kpr)" = 600 ]
	"$binary" dump --from x.kpr --format csv >whole
	mv x.kpr x.kpr.1
	fails 1 'x.kpr.1 exists' "$binary" record x.kpr --for 1s --objects 10k
	[ ! -e x.kpr ]
	# between the rename and the first line
	"$binary" dump --from x.kpr --format csv | cmp - whole
	: >x.kpr
	"$binary" dump --from x.kpr --format csv | cmp - whole
	"$binary" diff x.kpr@+0s x.kpr >/dev/null
	quick -o y.kpr
	[ "$(stat -c %a y.kpr)" = 600 ]
}
