# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Tracking without a process: start, stop, status, and dumps of what they pin. Each case has a folder
# of its own in the bpf file system, and looks for nothing but what is pinned there.

# pinned ARGUMENT...: the program with this case's folder.
pinned() { "$binary" "$@" --pins "$pins"; }

# A folder for the case; whatever becomes of the case, nothing stays.
own_pins() {
	pins=/sys/fs/bpf/kpmcli_$$_$RANDOM
	trap 'within "$binary" stop --pins "$pins" >/dev/null' EXIT
}

# until_held N: so many messages and more are outstanding in the pinned tables.
until_held() {
	local i
	for ((i = 0; i < 100; i++)); do
		pinned dump -i load_msg --format json --columns diff |
			jq -e --argjson n "$1" '([.rows[].diff] | add // 0) >= $n' >/dev/null && return
		sleep 0.1
	done
	echo "fewer than $1 messages were counted"
	return 1
}

# ids FOLDER: kind and number of each pinned object in the kernel.
ids() {
	local f
	for f in "$1"/*; do
		case ${f##*/} in
		prog_*) printf 'prog %s\n' "$(bpftool -j prog show pinned "$f" | jq .id)" ;;
		link_*) printf 'link %s\n' "$(bpftool -j link show pinned "$f" | jq .id)" ;;
		*) printf 'map %s\n' "$(bpftool -j map show pinned "$f" | jq .id)" ;;
		esac
	done
}

# gone FILE: within 2 s none of these is in the kernel any more, and no file.
gone() {
	local i kind id left=
	for ((i = 0; i < 20; i++)); do
		left=
		while read -r kind id; do
			! bpftool "$kind" show id "$id" >/dev/null 2>&1 || left+=" $kind $id"
		done <"$1"
		[ -n "$left" ] || break
		sleep 0.1
	done
	[ -z "$left" ] || { echo "left:$left"; return 1; }
	[ -z "$(find /sys/fs/bpf -path "$pins*")" ] || { echo "left: $(find /sys/fs/bpf -path "$pins*")"; return 1; }
}

# diff_of SYMBOL <CSV
diff_of() { python3 "$here/check.py" sum "$1" diff; }

case_start_leak_dump_stop() {
	need bpftool
	need jq
	need python3
	leaker
	own_pins
	pinned start --objects 100k >out
	[ "$(cat out)" = 'tracking; kpoolmon shows it, kpoolmon stop ends it' ]
	[ "$(stat -c %a "$pins")" = 700 ]
	./leak 321
	# nothing of ours runs now
	sleep 0.3
	pinned dump --format csv >x.csv
	[ "$(diff_of load_msg <x.csv)" -ge 321 ]
	./leak 100
	pinned dump -iload_msg --format csv >y.csv
	[ "$(($(diff_of load_msg <y.csv) - $(diff_of load_msg <x.csv)))" -eq 100 ]
	pinned dump -iload_msg --exact | grep -q ' load_msg+'
	ids "$pins" >ids
	[ "$(wc -l <ids)" -ge 18 ]
	[ "$(pinned stop)" = 'tracking ended' ]
	gone ids
	[ "$(pinned stop)" = 'nothing was tracked' ]
}

case_status() {
	need jq
	local status=0
	own_pins
	pinned status >out || status=$?
	[ $status -eq 4 ]
	grep -q '^nothing is tracked' out
	status=0
	pinned status --format json >out || status=$?
	[ $status -eq 4 ]
	[ "$(jq .tracking out)" = false ]
	pinned start --objects 100k --no-rescue >/dev/null
	pinned status >out
	grep -q '^tracking since 2.* by kpoolmon ' out
	grep -Eq '^objects: .* of [0-9]+' out
	pinned status --format json >out
	[ "$(jq .tracking out)" = true ]
	[ "$(jq '.objects_rated >= 100000 and .tags > 0 and .kernel_bytes > 0' out)" = true ]
	jq -e 'has("lost") and has("missing_probes") and has("ns_per_event")' out >/dev/null
	# the readers know what the probes do
	[ "$(pinned dump --format json | jq -c '.have | index("rescue")')" = null ]
}

case_start_twice() {
	own_pins
	pinned start --objects 100k >/dev/null
	fails 1 'tracks already' "$binary" start --pins "$pins"
	pinned status >/dev/null
}

# Options of probes, a COMMAND and --private count for themselves.
case_private() {
	leaker
	own_pins
	pinned start --objects 100k >/dev/null
	./leak 50
	pinned dump -iload_msg --private --for 0 --columns tag >out
	[ "$(grep -c load_msg out)" -eq 0 ]
	pinned dump -iload_msg --columns tag,diff -- ./leak 7 >out
	grep -Eq 'load_msg.* 7$' out
	pinned dump -iload_msg --columns tag,diff >out
	grep -Eq 'load_msg.* [0-9]+$' out
}

case_other_version() {
	need bpftool
	own_pins
	pinned start --objects 100k >/dev/null
	# the first four bytes of `about` are the layout, then flags, then the version
	bpftool map dump pinned "$pins/about" -j | python3 -c '
import json, sys
v = json.load(sys.stdin)[0]["value"]
v[0], v[8:12] = "0x63", ["0x39", "0x2e", "0x39", "0x00"]
print(" ".join(v))' >value
	# shellcheck disable=SC2046 # a list of bytes
	bpftool map update pinned "$pins/about" key hex 00 00 00 00 value hex $(sed 's/0x//g' value)
	fails 1 'are those of kpoolmon 9.9 (layout 99), this is kpoolmon' "$binary" dump --pins "$pins"
	grep -q . value
	fails 1 'kpoolmon stop removes them' "$binary" status --pins "$pins"
	pinned dump --private --for 0 --limit 1 >/dev/null
	pinned stop >/dev/null
	[ ! -e "$pins" ]
}

case_pins_not_there() {
	need setpriv
	fails 1 'is on no bpf file system; mount one: mount -t bpf -o mode=0700 bpf' \
		"$binary" start --pins "$PWD/pins"
	[ "$("$binary" stop --pins "$PWD/pins")" = 'nothing was tracked' ]
	fails 1 'run as root' setpriv --reuid 65534 --regid 65534 --clear-groups "$binary" start
	only
}

# Figures without rights: what the kernel lets any process read of open programs.
case_pinned_rights() {
	local pid
	own_pins
	pinned start --objects 100k >/dev/null
	"$binary" dump --pins "$pins" --for 2s --format json >out &
	pid=$!
	counting $pid
	for set in CapPrm CapEff CapBnd; do
		[ "$(status_of $pid $set)" = 0000000000000000 ]
	done
	wait $pid
	grep -q '"loss":{"skipped":[0-9]*,' out
}

# A reader that is at work when it ends says so and lets go.
case_stop_beside_reader() {
	need bpftool
	need jq
	local pid status=0 begin
	own_pins
	pinned start --objects 100k >/dev/null
	ids "$pins" >ids
	"$binary" dump --pins "$pins" --for 60s >out 2>err &
	pid=$!
	counting $pid
	begin=$SECONDS
	pinned stop >/dev/null
	wait $pid || status=$?
	[ $((SECONDS - begin)) -le 4 ]
	[ $status -eq 1 ]
	[ "$(wc -l <err)" -eq 1 ]
	grep -q 'tracking was ended by kpoolmon stop' err
	gone ids
}

# kill -9 of start at KPM_KILLS random moments: all or nothing, and nothing after stop.
case_start_killed() {
	need bpftool
	need jq
	local i n=${KPM_KILLS:-10} all=0 none=0
	own_pins
	RANDOM=1
	for ((i = 0; i < n; i++)); do
		"$binary" start --objects 10k --tags 512 --pins "$pins" >/dev/null 2>&1 &
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		: >ids
		if [ -e "$pins" ]; then
			all=$((all + 1))
			pinned status >/dev/null
		else
			none=$((none + 1))
		fi
		for f in "$pins" "${pins}_new" "${pins}_old"; do
			[ ! -d "$f" ] || ids "$f" >>ids
		done
		pinned stop >/dev/null
		gone ids
	done
	echo "$n kills: $all published, $none not"
	[ $((all + none)) -eq "$n" ]
}

# KPM_APPENDS dumps by 8 processes into one file, while tracking is stopped and started beside.
case_dumps_beside_stop_and_start() {
	need python3
	local p n=${KPM_APPENDS:-50} beside
	own_pins
	(while [ ! -e done ]; do
		pinned start --objects 10k --tags 512 >/dev/null 2>>beside
		sleep 0.1
		pinned stop >/dev/null 2>>beside
	done) &
	beside=$!
	for p in 1 2 3 4 5 6 7 8; do
		(for ((i = p; i <= n; i += 8)); do
			if within "$binary" dump --append -o x.csv --pins "$pins" --for 0 2>err.$i; then
				echo good >>"result.$p"
				[ ! -s err.$i ] || echo "a word on success: $(cat err.$i)" >>wrong
			else
				echo bad >>"result.$p"
				[ "$(wc -l <err.$i)" -eq 1 ] || cp err.$i wrong
				grep -Eq '^kpoolmon: .*tracking was ended by kpoolmon stop' err.$i ||
					cat err.$i >>wrong
			fi
		done) &
	done
	wait $(jobs -p | grep -vx "$beside")
	touch done
	wait "$beside" || true
	pinned stop >/dev/null
	cat result.* | sort | uniq -c
	[ ! -e wrong ] || { cat wrong; exit 1; }
	[ ! -s beside ] || { cat beside; exit 1; }
	[ "$(cat result.* | wc -l)" -eq "$n" ]
	python3 "$here/check.py" whole x.csv "$(cat result.* | grep -c good)"
	[ "$(grep -c '^time,' x.csv)" -eq 1 ]
}
