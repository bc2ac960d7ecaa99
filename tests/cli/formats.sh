# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The forms of a sample hold the same figures, and readers can read them.

# A program that leaves messages in a queue; the runner removes it.
leaker() {
	need "${CC:-gcc}"
	"${CC:-gcc}" -O2 -o leak "$here/leak.c"
}

case_same_figures() {
	need python3
	leaker
	# the mark of missed frees stands for audited ones, too, which are in no column here
	"$binary" dump --no-audit --exact -o s.csv -o s.json -o s.txt -- ./leak 300
	python3 "$here/check.py" same s.csv s.json s.txt
	python3 "$here/check.py" leak s.csv load_msg 300
}

case_frozen_csv() {
	quick --format csv >x.csv
	head -1 x.csv | tr -d '\r' >first
	echo time,host,kernel,tracked_s,tag,cache,type,allocs,frees,diff,bytes,per_alloc,nonp_bytes,paged_bytes,waste_bytes,missed,refused,estimated,symbol,offset,module,module_file,source_file,source_line,owner,label,lost,missing_probes >want
	diff want first
}

case_columns() {
	quick --format csv --columns tag,diff | head -1 | tr -d '\r' >first
	echo tag,diff | diff - first
	quick --format csv --columns +address,bytes_per_s | head -1 | tr -d '\r' >first
	grep -q ',missing_probes,address,bytes_per_s$' first
	quick --columns tag,diff | grep -q '^   Tag  *Diff$'
}

# Every order is the one of its column, both ways.
case_order() {
	need python3
	local column
	for column in tag allocs frees diff bytes per_alloc cache; do
		quick --format csv --sort $column | python3 "$here/check.py" order $column
	done
	quick --format csv --sort diff --reverse | python3 "$here/check.py" order diff reverse
	quick --format csv | python3 "$here/check.py" order bytes
}

# poolmon's letters, both ways of writing.
case_poolmon_order() {
	need python3
	local pair form
	for form in - /; do
		for pair in t:tag a:allocs f:frees d:diff b:bytes m:per_alloc; do
			quick --format csv $form${pair%:*} | python3 "$here/check.py" order "${pair#*:}"
		done
	done
}

# The lines of poolmon's users, as found in forums.
case_poolmon_lines() {
	# ls looks names up, which makes paged objects
	"$binary" --objects 10k --tags 512 -e -b -p -p '-i*' -- ls /usr/lib >all
	sed -n '/Pool:/,$p' all >out
	grep -q 'Pool: paged' out
	grep -q '^[~ ][? ] Total  *Paged' out
	[ "$(grep -c 'Total  *Nonp' out)" -eq 0 ]
	quick /e /b /p '/i*' /xnothing '/(' /l >out
	grep -q 'Pool: non-paged' out
	grep -q '^[~ ][? ] Total  *Nonp' out
	quick /p /g "$here/../../data/tags.conf" /n snap.txt >out
	[ ! -s out ]
	grep -q 'Label$' snap.txt
	quick /n /b >out
	grep -q '^   Tag' poolsnap.log
	quick /? >help
	quick -h | diff help -
	quick '-?' | diff help -
	grep -q '^usage: kpoolmon' help
}

case_snapshot_file() {
	quick -n >out
	[ ! -s out ]
	grep -q '^   Tag .* Per-Alloc Module Cache$' poolsnap.log
	quick -n other.log -e
	grep -q '^[~ ][? ] Total  *Nonp' other.log
	only other.log out poolsnap.log
}

case_labels() {
	printf '%s\n' '// ours' 'load_msg - ipc - System V message' '* - <unknown> - something' >l.txt
	leaker
	"$binary" dump -g l.txt -o s.txt -o s.csv -- ./leak 10
	grep -q '^[~ ][? ] load_msg+.* ipc - System V message$' s.txt
	grep -q '^   Tag .* Label$' s.txt
	grep -q ',ipc - System V message,' s.csv
	grep -q ',something,' s.csv
}

case_by_change() {
	leaker
	"$binary" dump '-(' -a --limit 1 -iload_msg -- ./leak 50 >s.txt
	grep -q 'Allocs (Allocs)' s.txt
	grep -Eq 'load_msg.* 50 +\+50 ' s.txt
	# over before half time: changes are not known
	"$binary" --for 0 --by-change --format csv --columns tag,bytes_change >s.csv
	"$binary" --for 1s --by-change -e >s.txt
}

case_pools() {
	need python3
	"$binary" --for 1s -p --format csv >n.csv
	"$binary" --for 1s -p -p --format csv >p.csv
	python3 "$here/check.py" pool n.csv Nonp
	python3 "$here/check.py" pool p.csv Paged
}

case_filters() {
	leaker
	"$binary" dump --columns tag,diff -ixyz /iload_ms? -- ./leak 5 >s.txt
	[ "$(grep -c '^[~ ][? ] load_msg' s.txt)" -eq 1 ]
	"$binary" dump --format csv --columns module /xkernel -- ./leak 5 >s.csv
	[ "$(grep -c '^kernel' s.csv)" -eq 0 ]
}

case_prometheus() {
	need python3
	leaker
	"$binary" dump -o x.prom -o x.csv -- ./leak 40
	python3 "$here/check.py" prometheus <x.prom >count
	grep -q '^kpoolmon_lost_frees_total [0-9]' x.prom
	grep -q '^kpoolmon_lost_allocs_total [0-9]' x.prom
	[ "$(cat count)" -gt 20 ]
	[ "$(cat count)" -lt 450 ]
	grep -Eq '^kpoolmon_tag_outstanding_objects\{tag="load_msg\+0x[0-9a-f]+",cache="[^"]*",module="kernel"\} 40$' x.prom
	grep -q '^kpoolmon_outstanding_bytes{type="nonp"} [0-9]' x.prom
	grep -q "^kpoolmon_info{version=\"0.1\",kernel=\"$(uname -r)\"} 1$" x.prom
	# readable by the collector
	[ "$(stat -c %a x.prom)" = 644 ]
	quick --format prometheus --limit 3 >y.prom
	[ "$(grep -c '^kpoolmon_tag_outstanding_bytes{' y.prom)" -le 3 ]
	# what is not known is absent
	"$binary" dump --from "$here/../fuzz/seed.kpr" --format prometheus | python3 "$here/check.py" prometheus
	fails 2 '--append cannot add to a table' "$binary" --append -o x.prom
}

case_report() {
	local pid
	leaker
	own_pins
	pinned start --objects 100k >/dev/null
	"$binary" report --pins "$pins" --for 3s --limit 200 -o r.txt &
	pid=$!
	counting $pid
	sleep 0.5
	./leak 70
	wait $pid
	for word in '^== What grew' 'Made by .*kpoolmon' "^Kernel .*$(uname -r)" '^Architecture' '^Taint  *[0-9]' \
		'^== Modules of' '^== Most memory' '^== Most growth' 'Lost: ' 'Probe kfree_rcu'; do
		grep -Eq "$word" r.txt || { echo "no $word in:"; cat r.txt; exit 1; }
	done
	[ "$(sed '1,/^== Modules/d' r.txt | grep -c ' load_msg+')" -eq 3 ]
	grep -Eq ' load_msg\+.* load_msg +kernel +100 +leak ' r.txt
	grep -q ' load_msg+.* +70 ' r.txt
	pinned report --for 200ms --limit 3 >s.txt
	grep -q '3 of .* tags' s.txt
	fails 1 'name a file in a directory that exists' "$binary" report --for 1h -o no/r.txt
	fails 2 'unexpected word' "$binary" report x
}

# A recording among the outputs is its owner's alone; the others keep the usual mode.
case_modes_of_outputs() {
	umask 022
	quick -o o.csv -o o.kpr -o o.json
	[ "$(stat -c %a o.csv o.kpr o.json | xargs)" = '644 600 644' ]
}

# With a filter only the kinds that have rows have a total; without rows there is one.
case_totals_with_filter() {
	"$binary" dump --from "$here/../fuzz/seed.kpr" -e -i 'load_msg*' >out
	[ "$(grep -c '^[~ ][? ] Total' out)" -eq 1 ]
	grep -q '^[~ ][? ] Total  *Nonp' out
	"$binary" dump --from "$here/../fuzz/seed.kpr" -e -i nothing >out
	[ "$(grep -c '^[~ ][? ] Total' out)" -eq 1 ]
}

# Machine formats name the missing probes; the sentences about them are for people.
case_missing_probes_by_name() {
	need jq
	local names='^[a-z_]+( [a-z_]+)*$'
	own_pins
	pinned start --objects 100k --probes=-all >/dev/null
	"$binary" dump --pins "$pins" --for 0 -o x.csv -o x.json -o x.prom -o x.txt -o x.kpr
	"$binary" suspects --pins "$pins" --for 1s -D 500ms --format json >suspects.json
	pinned audit --format json >audit.json || true
	pinned status --format json >status.json
	for f in x.json suspects.json audit.json status.json; do
		[ ! -s $f ] || jq -e ".missing_probes | test(\"$names\")" $f
	done
	tr -d '\r' <x.csv | tail -n +2 | sed 's/.*,//' | sort -u >csv
	[ "$(wc -l <csv)" -eq 1 ]
	grep -Eq "$names" csv
	[ "$(cat csv)" = "$(jq -r .missing_probes status.json)" ]
	[ "$(cat ./*.csv ./*.json x.prom x.kpr | grep -c 'in the rows')" -eq 0 ]
	# a line for each consequence
	pinned status >status.txt
	for f in x.txt status.txt; do
		[ "$(grep -c '[Mm]issing probes: .* in the rows' $f)" -eq 2 ]
	done
}

# Second copies: where they are asked for, whatever the kernel; not together with their opposite.
case_classic_copies() {
	quick --probes +classic --verbose >out
	grep -q '^ Second copies of the programs on events: classic$' out
	fails 1 'leave one of them out' "$binary" dump --private --no-rescue --probes +classic --for 0
}

# The name of a cache that SLUB merged is that of none of its callers; the kernel's own folder says
# who is in it.
case_merged_cache() {
	need jq
	local name alias folder
	# each process has credentials, signals and more, of caches that are merged if any are
	"$binary" --objects 10k --tags 2048 --format json -o x.json -- ls /
	jq -c '.rows[] | select(.cache_aliases)' x.json >rows
	[ -s rows ] || skip 'no allocation from a merged cache was seen'
	jq -r .cache rows | sort -u >names
	while read -r name; do
		folder=:${name#merged:}
		[ "$name" != "$folder" ]
		[ -d "/sys/kernel/slab/$folder" ]
		find /sys/kernel/slab -type l -lname "*$folder" -printf '%f\n' | sort >want
		jq -r "select(.cache == \"$name\").cache_aliases[]" rows | sort -u | diff want -
		[ "$(wc -l <want)" -gt 1 ]
	done <names
	# no row is named after a link that others share
	jq -r '.rows[] | select(.cache_aliases | not) | .cache // empty' x.json |
		grep -v kmalloc | sort -u >others
	jq -r '.cache_aliases[]' rows | sort -u | comm -12 - others >both
	[ ! -s both ]

	# any of the names is asked for; leaving out one does not leave out the others
	"$binary" --objects 10k --tags 2048 -o x.kpr -- ls /
	alias=$(jq -r '.cache_aliases[0]' rows | head -n 1)
	name=$(jq -r .cache rows | head -n 1)
	"$binary" --from x.kpr dump --format csv --columns cache -i "$alias" | sort -u | tr -d '\r' >out
	printf '%s\n' cache "$name" | diff - out
	"$binary" --from x.kpr dump --format csv --columns cache -x "$alias" | grep -qF "$name"
	"$binary" --from x.kpr dump --format csv --columns cache -i 'merged:*' | tail -n +2 >out
	[ -s out ]
	[ "$(grep -cv '^merged:' out)" -eq 0 ]
	# a recording has them, for a machine that does not
	"$binary" --from x.kpr dump --format json |
		jq -e --arg name "$name" --arg alias "$alias" \
			'.rows[] | select(.cache == $name) | .cache_aliases | index([$alias])' >out
	[ -s out ]
}
