# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# kpoolmon diff: what grew between two samples, wherever they are.

csv_head=time,host,kernel,tracked_s,tag,cache,allocs,frees,diff,bytes,module

# sample TIME TRACKED ROW...: of a CSV file.
sample() {
	local time=$1 tracked=$2 row
	shift 2
	for row; do printf '%s,%s,%s,%s,%s\r\n' "$time" "${host:-box}" "${kernel:-6.18.0}" "$tracked" "$row"; done
}

case_diff_made_up() {
	need jq
	printf '%s\r\n' $csv_head >a.csv
	cp a.csv b.csv
	sample 2026-01-01T00:00:00Z 10.0 leak+0x1,x,100,0,100,6400,m same+0x1,,5,5,0,0,kernel \
		'gone+0x1,,9,0,9,90,kernel' churn+0x1,c,10,0,10,1000,kernel >>a.csv
	sample 2026-01-01T00:00:10Z 20.0 leak+0x1,x+y,300,50,250,16000,m same+0x1,,5,5,0,0,kernel \
		'new+0x1,,4,0,4,40,kernel' churn+0x1,c,110,105,5,500,kernel >>b.csv
	"$binary" diff a.csv b.csv --per-op 10 --exact >out 2>err
	[ ! -s err ]
	# what did not change is not there, most growth is first
	awk 'NR > 3 { print $1 }' out | xargs >order
	[ "$(cat order)" = 'leak+0x1 new+0x1 gone+0x1 churn+0x1' ]
	grep -Eq '^ leak\+0x1 +- +100 +250 +\+150 +6400 +16000 +\+9600 +\+960 +200 +25.0 +\+15.0 +\+960.0 m +x\+y$' out
	grep -Eq '^ new\+0x1 +new +- +4 +\+4 ' out
	grep -Eq '^ gone\+0x1 +gone +9 +- +-9 ' out
	"$binary" diff a.csv b.csv --format csv -ileak* | tr -d '\r' >out
	[ "$(tail -n 1 out)" = leak+0x1,,100,250,150,6400,16000,9600,960,200,25.000,m,x+y ]
	"$binary" diff a.csv b.csv --format json >out
	[ "$(jq -r '.rows[0] | [.tag, .diff_growth, .freed_percent, .state] | @csv' out)" = '"leak+0x1",150,25,' ]
	[ "$(jq -c '[.seconds, .same_run]' out)" = '[10,true]' ]
	"$binary" diff a.csv b.csv --limit 2 -o d.json
	[ "$(jq '.rows | length' d.json)" -eq 2 ]
	# the same, as two times of one file
	tail -n +2 b.csv | cat a.csv - >c.csv
	"$binary" diff c.csv@+0s c.csv --format csv -ileak* | tail -n 1 | tr -d '\r' | diff - <(tail -n 1 <(
		"$binary" diff a.csv b.csv --format csv -ileak* | tr -d '\r'))
	[ "$("$binary" diff a.csv a.csv --format csv | wc -l)" -eq 1 ]
}

case_diff_warns() {
	printf '%s\r\n' $csv_head >a.csv
	cp a.csv b.csv
	cp a.csv c.csv
	sample 2026-01-01T00:00:00Z 10.0 leak+0x1,x,100,0,100,6400,m >>a.csv
	host=other kernel=6.12.0 sample 2026-01-01T00:00:10Z 20.0 leak+0x1,x,1,0,1,64,m >>b.csv
	sample 2026-01-01T01:00:00Z 5.0 leak+0x1,x,1,0,1,64,m >>c.csv
	"$binary" diff a.csv b.csv >out 2>err
	grep -q 'a.csv is of Linux 6.18.0, b.csv of Linux 6.12.0' err
	grep -q 'a.csv is of the host box, b.csv of other' err
	"$binary" diff a.csv c.csv >out 2>err
	grep -q 'two runs of tracking' err
	[ "$(wc -l <err)" -eq 1 ]
	fails 2 'diff needs two' "$binary" diff a.csv
	fails 2 'after diff' "$binary" diff a.csv b.csv c.csv
	fails 2 'diff has no format record; it has: table csv json' "$binary" diff a.csv b.csv --format record
	fails 1 'name a file of kpoolmon dump' "$binary" diff a.csv nowhere.csv
	echo nonsense >x
	fails 1 'neither CSV of kpoolmon' "$binary" diff x a.csv
}

# Real leaks, from a recording and from CSV.
case_diff_leak() {
	need python3
	leaker
	own_pins
	pinned start --objects 100k >/dev/null
	pinned dump -o a.csv -o a.kpr
	./leak 500
	pinned dump -o b.csv -o b.kpr
	for pair in 'a.csv b.csv' 'a.kpr b.kpr' 'a.csv b.kpr'; do
		# shellcheck disable=SC2086 # two words
		"$binary" diff $pair -iload_msg --per-op 100 --format csv | tr -d '\r' >out
		[ "$(cut -d, -f5,12 out | tail -n 1)" = 500,5.000 ]
	done
}

# What a spreadsheet would run as a formula is text, here as in dump.
case_diff_no_formula() {
	printf '%s\r\n' $csv_head >a.csv
	cp a.csv b.csv
	sample 2026-01-01T00:00:00Z 10.0 'x+0x1,,1,0,1,1,kernel' >>a.csv
	sample 2026-01-01T00:00:10Z 20.0 '=cmd+0x1,@sum,1,0,1,1,-m' >>b.csv
	"$binary" diff a.csv b.csv --format csv | tr -d '\r' >out
	grep -q "^'=cmd+0x1,new," out
	grep -q ",'-m,'@sum\$" out
}
