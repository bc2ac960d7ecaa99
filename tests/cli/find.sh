# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# kpoolmon find as it is run, on made-up trees. What it finds is tried in tests/unit/search_test.c,
# a real kernel's modules in tests/find.

# module FILE C: an object file is as good as a module.
module() {
	mkdir -p "$(dirname "$1")"
	echo "$2" >m.c
	gcc -c -O1 -o "$1" m.c || skip 'there is no gcc'
	rm m.c
}

# A copied tree of two kernels; the cache is here.
trees() {
	local maker='void *kmem_cache_create(const char *); void *NAME_open(void)
		{ return kmem_cache_create("NAME_cache"); }'
	need gcc
	need jq
	export XDG_CACHE_HOME=$PWD/cache
	mkdir -m 700 cache
	module root/usr/lib/modules/6.12.1/kernel/one.ko "${maker//NAME/one}"
	module root/usr/lib/modules/6.12.1/updates/dkms/two.ko "${maker//NAME/two}"
	xz root/usr/lib/modules/6.12.1/kernel/one.ko
	module root/usr/lib/modules/7.0.1/kernel/three.ko "${maker//NAME/three}"
}

find_it() { "$binary" find --root root --format json "$@"; }
first() { jq -r '.names[0].hits[0] | "\(.module) \(.evidence) \(.confidence)"'; }

case_find_kernels() {
	trees
	[ "$(find_it --kernel 6.12.1 one_cache | first)" = 'one creates high' ]
	[ "$(find_it --kernel 6.12.1 two_open+0x3 | first)" = 'two defines high' ]
	[ "$(find_it --kernel 7.0.1 three_cache | first)" = 'three creates high' ]
	fails 2 'has 2 kernels; choose one with --kernel' "$binary" find one_cache --root root
	fails 1 'there are no modules of kernel 6.13.0' \
		"$binary" find one_cache --root root --kernel 6.13.0
	fails 1 'No such file or directory' "$binary" find one_cache --root nowhere
	fails 1 'has neither lib/modules nor modules in it' "$binary" find one_cache --root /usr/bin
	# the only one there, and a folder of modules without a kernel about it
	rm -r root/usr/lib/modules/7.0.1
	[ "$(find_it one_cache | jq -r .kernel)" = 6.12.1 ]
	[ "$("$binary" find --root root/usr/lib/modules/6.12.1 --format json one_cache | first)" = \
		'one creates high' ]
}

# The index is kept where the convention says, in a folder that is made if need be.
case_find_makes_cache() {
	trees
	rm -r cache
	XDG_CACHE_HOME=$PWD/not/yet find_it --kernel 6.12.1 one_cache >out 2>err
	[ ! -s err ]
	[ "$(stat -c %a not not/yet not/yet/kpoolmon | xargs)" = '700 700 700' ]
	ls not/yet/kpoolmon/words-* >/dev/null
}

case_find_nothing() {
	local status=0
	trees
	find_it --kernel 7.0.1 one_cache >out 2>err || status=$?
	[ $status -eq 4 ]
	[ ! -s err ]
	[ "$(jq '.names[0].found' out)" = 0 ]
	# one of two is enough
	find_it --kernel 7.0.1 one_cache three_cache >out
	[ "$(jq -c '[.names[].found]' out)" = '[0,1]' ]
	"$binary" find --root root --kernel 7.0.1 one_cache three_cache >out
	grep -q '^   nothing found in 1 files$' out
	grep -qE '^   high +creates the slab cache +three +/.*three.ko$' out
}

case_find_limit() {
	local i
	trees
	for i in 1 2 3 4 5; do
		module root/usr/lib/modules/7.0.1/extra/m$i.ko 'void same(void) {}'
	done
	[ "$(find_it --kernel 7.0.1 --limit 2 same | jq -c '.names[0] | [.found, (.hits | length)]')" = \
		'[5,2]' ]
	"$binary" find --root root --kernel 7.0.1 --limit 2 same >out
	grep -q '^   and 3 more; --limit N shows more$' out
}

case_find_index() {
	trees
	find_it --kernel 6.12.1 one_cache >out1
	[ "$(stat -c %a cache/kpoolmon)" = 700 ]
	[ "$(stat -c %a cache/kpoolmon/words-*)" = 600 ]
	# the files are not opened again: their content could be anything
	find_it --kernel 6.12.1 one_cache >out2
	cmp out1 out2
	# a folder that others can write to is refused, and the search goes on
	chmod 777 cache/kpoolmon
	find_it --kernel 6.12.1 one_cache >out2 2>err
	cmp out1 out2
	grep -q 'is not ours alone' err
	[ "$(wc -l <err)" -eq 1 ]
	# as is a link
	mv cache/kpoolmon elsewhere
	chmod 700 elsewhere
	ln -s ../elsewhere cache/kpoolmon
	find_it --kernel 6.12.1 one_cache >out2 2>err
	cmp out1 out2
	grep -q 'no index is kept' err
}

# One warning for each, and the search goes on.
case_find_broken_files() {
	trees
	local d=root/usr/lib/modules/6.12.1/kernel
	head -c 3000 /dev/urandom >$d/noise.ko
	head -c 100 $d/one.ko.xz >$d/cut.ko.xz
	: >$d/empty.ko
	mkfifo $d/pipe.ko
	ln -s . $d/loop
	ln -s nowhere.ko $d/dangling.ko
	[ "$(find_it --kernel 6.12.1 one_cache 2>err | first)" = 'one creates high' ]
	[ "$(grep -c 'it is left out$' err)" -eq 3 ]
	[ "$(wc -l <err)" -eq 4 ]
	# the same from the index
	find_it --kernel 6.12.1 one_cache 2>err2 >/dev/null
	diff <(sort err) <(sort err2)
}

case_find_usage() {
	fails 2 'find needs a NAME' "$binary" find
	fails 2 'find needs a NAME' "$binary" find --limit 3
	fails 2 'cannot be empty' "$binary" find ''
	fails 2 'nothing to look for' "$binary" find '*' --root /
	fails 2 '--for is not an option of find' "$binary" find x --for 3
	fails 2 '--output is not an option of find' "$binary" find x -o y
	fails 2 '--totals is not an option of find' "$binary" find x -e
	fails 2 '--kernel is not an option of dump' "$binary" --kernel 6.12.1
	fails 2 '--root is not an option of dump' "$binary" dump --root x
	fails 2 'is not a version' "$binary" find x --kernel ../..
	fails 2 'find has no format csv; it has: table json' "$binary" find x --format csv
	fails 2 'find runs no COMMAND' "$binary" find x -- ls
	only
}

case_find_output() {
	local status=0
	trees
	find_it --kernel 6.12.1 one_cache >/dev/full 2>err || status=$?
	[ $status -eq 1 ]
	grep -q 'standard output: No space left on device' err
	find_it --kernel 6.12.1 one_cache 2>err | :
	[ "${PIPESTATUS[0]}" -eq 0 ]
	# progress on a terminal only
	need script
	rm -r cache/kpoolmon
	script -qec "'$binary' find --root root --kernel 6.12.1 one_cache" log >/dev/null </dev/null
	grep -q $'\033\\[K' log
	find_it --kernel 6.12.1 one_cache 2>err >/dev/null
	[ ! -s err ]
}

# A cache that SLUB merged: the others are named, as the kernel's own folder has them.
case_find_merged() {
	local name target
	need jq
	name=$(find /sys/kernel/slab -type l -printf '%l %f\n' 2>/dev/null | sort |
		awk '$1 == last { print $2; exit } { last = $1 }')
	[ -n "$name" ] || skip 'this kernel has merged no caches'
	target=$(readlink "/sys/kernel/slab/$name")
	export XDG_CACHE_HOME=$PWD/cache
	mkdir -m 700 cache
	# the kernel may have no such string; who is in the cache is known all the same
	"$binary" find "$name" --format json --limit 1 >out || [ $? -eq 4 ]
	jq -r '.names[0].merged_with[]' out >have
	find /sys/kernel/slab -type l -lname "$target" -printf '%f\n' | grep -vxF "$name" |
		LC_ALL=C sort >want
	diff want have
	"$binary" find "$name" --limit 1 >out || [ $? -eq 4 ]
	grep -q 'SLUB keeps it in one cache with: ' out
}
