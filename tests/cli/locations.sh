# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Files and source lines of a dump. The kernel's ELF file is made up and put where distributions
# have theirs, in a mount namespace of its own.

# A function load_msg that is one long line: `made LINE FLAGS` makes ./vmlinux.
made() {
	{
		head -c "$(($1 - 2))" /dev/zero | tr '\0' '\n'
		echo 'void load_msg(void) {'
		echo '__asm__ volatile (".fill 2000, 1, 0x90"); }'
	} >made.c
	# shellcheck disable=SC2086 # flags
	gcc -g -O1 -nostdlib -static -no-pie $2 -Wl,-e,0 -o vmlinux made.c 2>/dev/null
}

# The value of a column in load_msg's row.
of_load_msg() { jq -r --arg c "$1" '.rows[] | select(.symbol == "load_msg") | .[$c] // "none"' x.json; }

dump() {
	cat >inside <<-'X'
		set -e
		mkdir -p /usr/lib/debug
		mount -t tmpfs none /usr/lib/debug
		mkdir /usr/lib/debug/boot
		cp vmlinux "/usr/lib/debug/boot/vmlinux-$(uname -r)"
		exec "$@"
	X
	unshare -m bash inside "$binary" --objects 10k --tags 512 --format json -o x.json \
		--columns tag,symbol,module_file,source_file,source_line,inlined,build,build_id \
		"$@" -- ./leak 200 2>err
}

need_made() {
	need gcc
	need jq
	need unshare
	gcc -o leak "$here/leak.c"
	made 7 -Wl,--build-id=none || skip 'gcc cannot link a vmlinux here'
}

case_source_line() {
	need_made
	dump
	[ ! -s err ]
	of_load_msg module_file | grep -q "^/usr/lib/debug/boot/vmlinux-$(uname -r)\$"
	[ "$(of_load_msg source_file)" = made.c ]
	[ "$(of_load_msg source_line)" = 7 ]
	[ "$(of_load_msg build)" = none ]
	# also to order by it
	dump --sort source_line --limit 1
	[ "$(of_load_msg source_line)" = 7 ]
}

# A kernel that was installed after this one was booted.
case_other_build() {
	[ -r /sys/kernel/notes ] || skip 'this kernel shows no notes'
	need_made
	made 7 -Wl,--build-id=0x00112233
	dump
	[ "$(wc -l <err)" -eq 1 ]
	grep -q 'is not the build of kernel that is loaded: no source lines' err
	[ "$(of_load_msg build)" = other ]
	[ "$(of_load_msg build_id)" = 00112233 ]
	[ "$(of_load_msg source_line)" = none ]
	[ "$(of_load_msg source_file)" = none ]
}

case_hostile_vmlinux() {
	need_made
	truncate -s -3000 vmlinux
	dump
	[ -s x.json ]
	head -c 100000 /dev/urandom >vmlinux
	dump
	[ "$(of_load_msg source_line)" = none ]
	need zstd
	head -c 600M /dev/zero | zstd -q >vmlinux
	dump
	[ "$(of_load_msg source_line)" = none ]
	[ "$(of_load_msg build)" = none ]
	# the sample is whole
	[ "$(jq '.rows | map(select(.symbol == "load_msg")) | length' x.json)" -eq 1 ]
}

# Debug information that only a server has: asked if, and only if, the user names one.
case_debuginfod() {
	local id server
	need_made
	need python3
	ldconfig -p | grep -q libdebuginfod || skip 'libdebuginfod is missing'
	id=$(od -An -tx1 -v /sys/kernel/notes | tr -d ' \n' |
		sed -n 's/.*04000000\(14\)00000003000000474e5500\(.\{40\}\).*/\2/p')
	[ -n "$id" ] || skip 'this kernel has no build-id'
	made 7 "-Wl,--build-id=0x$id"
	mkdir -p "web/buildid/$id"
	cp vmlinux "web/buildid/$id/debuginfo"
	strip -g vmlinux
	dump
	[ "$(of_load_msg build)" = loaded ]
	[ "$(of_load_msg source_line)" = none ]
	python3 -u -m http.server --bind 127.0.0.1 -d web 0 >log 2>&1 &
	server=$!
	await log
	DEBUGINFOD_URLS=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' log)
	export DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH=$PWD/fetched
	dump
	kill $server
	[ "$(of_load_msg source_line)" = 7 ]
	[ -s "fetched/$id/debuginfo" ]
}
