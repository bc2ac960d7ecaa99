# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Many dumps into one file. What happens inside an append is tried in tests/unit/append_test.c.

# 8 processes, KPM_APPENDS dumps together.
case_append_together() {
	need python3
	local p n=${KPM_APPENDS:-50} status=0
	for p in 1 2 3 4 5 6 7 8; do
		(for ((i = p; i <= n; i += 8)); do quick --append -o x.csv || exit 1; done) &
	done
	for p in $(jobs -p); do
		wait "$p" || status=1
	done
	[ $status -eq 0 ]
	python3 "$here/check.py" whole x.csv "$n"
	[ "$(grep -c '^time,' x.csv)" -eq 1 ]
	only x.csv
}

# KPM_KILLS times kill -9 at a random moment of a whole run.
case_append_killed() {
	need python3
	local i n=${KPM_KILLS:-10}
	RANDOM=1
	quick --append -o x.csv
	for ((i = 0; i < n; i++)); do
		quick --append -o x.csv &
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
	done
	cp x.csv before
	quick --append -o x.csv
	python3 "$here/check.py" whole x.csv
	# a torn last line, as a power cut leaves it
	cp x.csv whole
	printf '2026-01-01T00:00:00Z,box,6' >>x.csv
	quick --append -o x.csv
	head -c "$(wc -c <whole)" x.csv | cmp - whole
	python3 "$here/check.py" whole x.csv
	only before whole x.csv
}

case_append_other_columns() {
	printf 'tag,diff\r\na,1\r\n' >x.csv
	cp x.csv before
	fails 1 'it has other columns or another format' "$binary" --for 1h --append -o x.csv
	fails 1 'it has other columns or another format' \
		"$binary" --for 1h --append --format json -o x.csv
	cmp before x.csv
	quick --append -o x.csv --columns tag,diff
	[ "$(wc -l <x.csv)" -gt 2 ]
	only before x.csv
}

case_append_json() {
	need python3
	quick --append -o x.jsonl
	quick --append -o x.jsonl
	[ "$(wc -l <x.jsonl)" -eq 2 ]
	python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]' <x.jsonl
}

# --changed: what is written together with what stood there is the whole sample.
case_append_changed() {
	need python3
	leaker
	own_pins
	pinned start --objects 100k >/dev/null
	pinned dump --append --changed -o x.csv
	cp x.csv first.csv
	./leak 33
	pinned dump --append --changed -o x.csv -o all.csv
	cp all.csv whole.csv
	[ "$(wc -l <x.csv)" -lt "$(($(wc -l <first.csv) + $(wc -l <all.csv) - 1))" ]
	python3 "$here/check.py" whole x.csv
	# read as one, the file is what the last whole sample is
	"$binary" diff first.csv x.csv -iload_msg --format csv | tr -d '\r' | tail -n 1 | cut -d, -f5 | grep -qx 33
	# nothing changed: nothing is written
	"$binary" dump --from "$here/../fuzz/seed.kpr" --append --changed -o y.csv
	cp y.csv before
	"$binary" dump --from "$here/../fuzz/seed.kpr" --append --changed -o y.csv
	cmp before y.csv
	# of another machine: all of it
	"$binary" dump --from "$here/../fuzz/seed.kpr" --append --changed -o x.csv
	tail -n 1 x.csv | grep -q ',box,'
	fails 2 '--changed needs a file' "$binary" dump --changed
	fails 2 '--changed reads CSV' "$binary" dump --changed --append -o x.jsonl
}
