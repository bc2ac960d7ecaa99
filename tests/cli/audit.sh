# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The audit from the command line: on demand, of pinned tables, and against the kernel's own count.

# phantoms: mappings made and removed leave freed objects tracked where no hook sees them.
phantoms() {
	python3 - <<-'END'
		import mmap
		for _ in range(400):
		    maps = [mmap.mmap(-1, 8192, prot=mmap.PROT_READ << (i % 2)) for i in range(64)]
		    for m in maps:
		        m.close()
	END
}

# needs_audit: skips where the kernel has none.
needs_audit() {
	"$binary" audit --for 100ms --format json >first.json 2>err && return
	grep -q 'needs Linux 6.13' err && skip "no audit on this kernel"
	cat err
	return 1
}

case_audit_says_what_it_found() {
	need python3
	need jq
	needs_audit
	phantoms &
	"$binary" audit --for 6s --format json >x.json
	wait
	jq -e '.audited >= 0 and .looked > 100 and (.places | add) == .audited' x.json
	jq -e '.inconclusive >= 0 and (has("let_alone") | not)' x.json
	# what it found of the tags is all that it found
	jq -e '([.tags[].audited] | add // 0) == .audited' x.json
	"$binary" audit --for 4s --limit 3 >x.txt
	grep -q '^ Scanned [0-9]* objects in [0-9]* ms: [0-9]* tracked ones were free' x.txt
}

# More objects than one value of a map can hold to the verifier.
case_a_large_table_is_audited() {
	needs_audit
	"$binary" dump --for 4s --objects 20M >x.txt
	grep -q ' of 20[0-9]* *Tables:' x.txt
	! grep 'No audit' x.txt
}

case_pinned_tables_are_audited() {
	need jq
	need python3
	needs_audit
	own_pins
	pinned start --objects 100k >out
	phantoms
	sleep 4
	pinned dump --no-audit --format json >before.json
	pinned audit --format json >x.json
	pinned dump --no-audit --format json >after.json
	# all that came off is counted, and frees have grown by it
	[ "$(jq .loss.audited after.json)" -ge "$(jq .audited x.json)" ]
	if jq -e '.missing_probes | test("free_bulk")' x.json; then
		[ "$(jq .loss.audited before.json)" -eq 0 ]
		[ "$(jq .audited x.json)" -gt 0 ]
		# each command shows it
		pinned dump --no-audit --columns +audited --format csv -i maple_node >x.csv
		[ "$(cut -d , -f 1 --complement x.csv | head -n 1 | grep -c audited)" -eq 1 ]
		pinned status | grep -q '^missed frees: .* and [1-9][0-9]* found by the audit$'
		pinned dump --no-audit -i maple_node >x.txt
		grep -q '  Audited: [1-9]' x.txt
		grep -q '^ ? ' x.txt
	fi
}

case_status_verify_agrees() {
	need jq
	needs_audit
	own_pins
	pinned start --objects 100k >out
	sleep 1
	pinned status --verify >x.txt
	grep -q '^verified:       0 of [0-9]* caches have more tracked objects than the kernel reports$' x.txt
	grep -q '^untracked: ' x.txt
	pinned status --verify --format json >x.json
	jq -e '.caches | length > 50' x.json
	jq -e '[.caches[] | select(.tracked > .active)] == []' x.json
	jq -e '.caches[] | select(.cache == "dentry") | .active > 0 and .untracked == .active - .tracked' x.json
}

case_verify_needs_something_tracked() {
	own_pins
	status=0
	pinned status --verify >out || status=$?
	[ "$status" -eq 4 ]
	grep -q 'nothing is tracked' out
}
