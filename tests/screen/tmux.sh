#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The console on the running kernel, in a real terminal: keys are typed and the screen is read by
# tmux. Needs root, BTF and tmux. The last line is `N passed, N failed, N skipped`.
#
#	tmux.sh BINARY LEAKER
#
# LEAKER is leaker.c: 100 messages a second that are kept.
set -u
binary=$(realpath "$1")
leaker=$(realpath "$2")
work=$(mktemp -d)
socket=''
passed=0 failed=0
"$leaker" &
leak=$!
trap 'kill $leak; end_servers; rm -rf "$work"' EXIT

t() { tmux -S "$socket" "$@"; }

end_servers() {
	local s
	for s in "$work"/tmux*; do
		[ -S "$s" ] && tmux -S "$s" kill-server
	done 2>/dev/null
}

# One for each run of the console: one that is ending is not waited for.
new_server() {
	end_servers
	socket=$(mktemp -u "$work/tmuxXXXXXX")
}
screen() { t capture-pane -p -t k; }
keys() { t send-keys -t k "$@"; }
text() { t send-keys -t k -l "$1"; }

# begin COLUMNS LINES [ARGUMENT...]: a shell that runs the console and then says how it ended.
begin() {
	local columns=$1 lines=$2 arguments=
	shift 2
	[ $# -eq 0 ] || arguments=$(printf ' %q' "$@")
	new_server
	cat >"$work/shell" <<-END
		cd $work
		export HOME=$work TERM=\${KPM_TERM:-screen-256color}
		stty -g >before
		$binary$arguments
		echo "ended \$?" >ended
		stty -g >after
		echo BACK
		exec sleep 60
	END
	rm -f "$work"/{before,after,ended}
	t -f /dev/null new-session -d -s k -x "$columns" -y "$lines" "bash $work/shell"
}

# until SECONDS PATTERN: waits for a line of the screen.
until_shows() {
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		screen | grep -qE -- "$2" && return 0
		sleep 0.1
	done
	echo "not on the screen: $2"
	screen | sed 's/^/    | /'
	return 1
}

never_shows() {
	! screen | grep -qE -- "$1" && return 0
	echo "on the screen: $1"
	screen | sed 's/^/    | /'
	return 1
}

ended_with() {
	local i
	for ((i = 0; i < 50; i++)); do
		[ -s "$work/after" ] && break
		sleep 0.1
	done
	[ "$(cat "$work/ended" 2>/dev/null)" = "ended $1" ] || {
		echo "$(cat "$work/ended" 2>/dev/null), not with $1"
		return 1
	}
	cmp "$work/before" "$work/after" || return 1
	until_shows 3 '^BACK' || return 1
	# a terminal without a second screen keeps the last picture
	[ "${KPM_TERM:-}" = vt100 ] || [ "${KPM_TERM:-}" = linux ] || never_shows 'Slab Nonp'
}

check() {
	local name=$1 out
	if out=$("case_$name" 2>&1); then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		echo "    ${out//$'\n'/$'\n    '}"
	fi
}

# The console: older than its workers, which have the same name.
pid() { pgrep -o -f "^$binary( |$)"; }

# As a new user would: start, P, B, look for the leaking queue, open it, mark, watch it grow, quit.
case_hunt() {
	begin 110 32 &&
		until_shows 10 'load_msg\+0x' &&
		keys P && until_shows 3 'Nonp only' &&
		keys B && until_shows 3 'By bytes, falling; Nonp only' &&
		text / && text LOAD_MSG && until_shows 3 'Filter: LOAD_MSG' &&
		keys Enter && until_shows 3 'filter: LOAD_MSG' &&
		keys Enter && until_shows 5 'Growth +10 s:' && until_shows 3 'Ages +the oldest' &&
		until_shows 3 '< 10 s +[1-9]' && keys Escape && until_shows 3 'By bytes' &&
		keys z && until_shows 3 'since mark' &&
		until_shows 8 'load_msg.*\(\+[1-9][0-9.]*[KM]\)' &&
		keys q && ended_with 0
}

case_orders() {
	local k
	begin 120 30 && until_shows 10 'By bytes, falling' || return 1
	for k in a:allocs F:frees d:diff M:per_alloc t:tag b:bytes; do
		keys "${k%%:*}" && until_shows 3 "By ${k#*:}, " || return 1
	done
	text '(' && until_shows 3 'By change of bytes' &&
		text ')' && until_shows 3 'By bytes' &&
		keys r && until_shows 3 'By bytes, rising' &&
		keys e && until_shows 3 'Total Nonp' &&
		keys p && keys p && until_shows 3 'Paged only' &&
		keys Q && ended_with 0
}

case_rollup() {
	begin 120 30 && until_shows 10 'load_msg' &&
		keys v && until_shows 3 '^ +Module ' && until_shows 3 'kernel +(Mixed|Nonp)' &&
		keys v && until_shows 3 '^ +Cache ' && until_shows 3 'msg_msg' &&
		keys v && until_shows 3 'load_msg' && keys q && ended_with 0
}

case_write() {
	begin 120 30 && until_shows 10 'load_msg' &&
		keys w && until_shows 3 'Write to: kpoolmon.txt' && keys C-u && text out.csv &&
		keys Enter && until_shows 3 'Wrote [0-9]+ rows to out.csv' &&
		grep -q '^time,host' "$work/out.csv" && grep -q ',load_msg,' "$work/out.csv" &&
		keys w && keys C-u && text /no/such/folder && keys Enter &&
		until_shows 3 'Not written: ' && keys q && ended_with 0
}

case_pause() {
	local before
	begin 120 30 -D 300ms && until_shows 10 'load_msg' &&
		keys Space && until_shows 3 PAUSED || return 1
	before=$(screen | grep load_msg)
	sleep 1.5
	[ "$(screen | grep load_msg)" = "$before" ] || { echo "it goes on"; return 1; }
	keys Space
	sleep 1
	[ "$(screen | grep load_msg)" != "$before" ] || { echo "it stands still"; return 1; }
	keys + && until_shows 3 'every 0.5 s' && keys q && ended_with 0
}

case_resize() {
	begin 120 30 && until_shows 10 'load_msg' &&
		t resize-window -t k -x 60 -y 20 && until_shows 3 'load_msg' &&
		t resize-window -t k -x 20 -y 5 && until_shows 3 'load_m' &&
		t resize-window -t k -x 240 -y 50 && until_shows 3 'Trend' && until_shows 3 'load_msg' &&
		keys q && ended_with 0
}

case_suspend() {
	begin 100 30 && until_shows 10 'load_msg' || return 1
	new_server
	# needs a shell with job control
	rm -f "$work"/{before,after,ended}
	t -f /dev/null new-session -d -s k -x 100 -y 30 "cd $work && TERM=screen bash --norc -i"
	text "PS1='\$ '; stty -g >before; $binary" && keys Enter && until_shows 10 'load_msg' &&
		keys C-z && until_shows 5 'Stopped' && never_shows 'Slab Nonp' &&
		text 'stty -g >after' && keys Enter && sleep 0.5 &&
		cmp "$work/before" "$work/after" && text fg && keys Enter &&
		until_shows 5 'Slab Nonp' && until_shows 5 'load_msg' &&
		keys q && sleep 1 && text 'echo back; stty -g >after' && keys Enter &&
		until_shows 3 '^back' && cmp "$work/before" "$work/after"
}

case_signals() {
	local sig
	for sig in TERM INT HUP; do
		begin 100 30 && until_shows 10 'load_msg' && kill -$sig "$(pid)" && ended_with 0 ||
			return 1
	done
}

case_crash() {
	begin 100 30 && until_shows 10 'load_msg' && kill -SEGV "$(pid)" && ended_with 139 &&
		begin 100 30 && until_shows 10 'load_msg' && kill -ABRT "$(pid)" && ended_with 134
}

case_dumb() {
	export KPM_TERM=dumb
	begin 150 40 -i 'load_msg*' && until_shows 20 'cannot be drawn on' && until_shows 3 'load_msg' &&
		ended_with 0
}

case_terminals() {
	local term
	for term in xterm linux screen vt100; do
		export KPM_TERM=$term
		begin 100 30 && until_shows 10 'load_msg' && keys q && ended_with 0 || return 1
	done
}

for c in hunt orders rollup write pause resize suspend signals crash dumb terminals; do
	unset KPM_TERM
	check $c
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
