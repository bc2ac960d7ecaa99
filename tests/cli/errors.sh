# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Everything that can go wrong: one sentence with the way out, the exit code, no file left.

case_not_root() {
	need setpriv
	fails 1 'permission denied; run as root or with CAP_BPF and CAP_PERFMON' \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$binary" --for 0 -o x.csv
	only
}

# Root in name only, as in most containers.
case_no_cap_bpf() {
	need setpriv
	fails 1 'run as root or with CAP_BPF and CAP_PERFMON' \
		setpriv --bounding-set -bpf,-perfmon,-sys_admin "$binary" --for 0 -o x.csv
	only
}

case_lockdown() {
	need setpriv
	need unshare
	cat >inside <<-'X'
		mount -t tmpfs none /sys/kernel/security
		echo 'none integrity [confidentiality]' >/sys/kernel/security/lockdown
		exec setpriv --bounding-set -bpf,-perfmon,-sys_admin "$@"
	X
	fails 1 'locked down (confidentiality)' unshare -m sh inside "$binary" --for 0 -o x.csv
	only inside
}

case_no_btf() {
	need unshare
	cat >inside <<-'X'
		mount -t tmpfs none /sys/kernel/btf
		exec "$@"
	X
	fails 1 'CONFIG_DEBUG_INFO_BTF' unshare -m sh inside "$binary" --for 0 -o x.csv
	only inside
}

case_usage() {
	fails 2 "unknown option '-k'" "$binary" -k -o x
	fails 2 "unknown or ambiguous option '--nonsense'" "$binary" --nonsense -o x
	fails 2 "--for '1x' is not a duration" "$binary" --for 1x -o x
	fails 2 "--objects 'many' is not a number" "$binary" --objects many -o x
	fails 2 'not in 64 to 65536' "$binary" --tags 1 -o x
	fails 2 "unexpected word 'look'" "$binary" look
	fails 2 'no COMMAND to run' "$binary" --
	only
}

case_poolmon_without_counterpart() {
	local form
	for form in - /; do
		fails 2 '-s (session pools) has no counterpart' "$binary" ${form}s
		fails 2 '-s (session pools) has no counterpart' "$binary" ${form}s1
		fails 2 '-c (localtag.txt) is not needed' "$binary" ${form}c
		fails 2 '-u is no documented switch' "$binary" ${form}u
		fails 2 '-p can be given twice at most' "$binary" ${form}p ${form}p ${form}p
	done
	only
}

case_unwritable() {
	need unshare
	# found before the counting: nobody waits an hour for it
	fails 1 'name a file in a directory that exists' "$binary" --for 1h -o /nonexistent/x.csv
	fails 1 'name a file in a directory that exists' "$binary" --for 1h -n /nonexistent/x
	fails 1 'name a file in a directory that exists' "$binary" --for 1h --append \
		-o /nonexistent/x.csv
	fails 1 'Is a directory' "$binary" --for 1h -o .
	fails 1 'it is no regular file' "$binary" --for 1h --append --format csv -o /dev/null
	mkdir ro
	echo 'mount -t tmpfs -o ro none ro; exec "$@"' >inside
	fails 1 'Read-only file system; name a file that you may write' \
		unshare -m sh inside "$binary" --for 1h -o ro/x.csv
	only inside ro
	need setpriv
	chmod 755 .
	fails 1 'Permission denied; name a file that you may write' \
		setpriv --reuid 65534 --clear-groups "$binary" --for 1h -o x.csv
	only inside ro
}

case_labels_missing() {
	fails 1 'name a file of labels after -g' "$binary" --for 1h -g nowhere.txt -o x
	only
	printf 'a - b - c\n\nnonsense\n' >labels
	fails 1 'labels:3: no label; write PATTERN - BINARY - DESCRIPTION' \
		"$binary" --for 1h -g labels -o x
	only labels
}

case_command_missing() {
	fails 1 'run ./nothing: No such file or directory' \
		"$binary" --objects 10k --tags 512 -o x.csv -- ./nothing
	only
	echo text >text
	fails 1 'run ./text: Permission denied' \
		"$binary" --objects 10k --tags 512 -o x.csv -- ./text
	only text
}

case_full_standard_output() {
	local status=0
	quick >/dev/full 2>err || status=$?
	[ $status -eq 1 ]
	grep -q 'standard output: No space left on device' err
	status=0
	"$binary" --help >/dev/full 2>err || status=$?
	[ $status -eq 1 ]
	grep -q 'standard output' err
}

# Without a standard output no file may get its number.
case_closed_standard_output() {
	local status=0
	quick >&- 2>err || status=$?
	[ $status -eq 1 ]
	grep -q 'standard output: Bad file descriptor' err
	quick -o x.csv >&- 2>err <&-
	[ -s x.csv ]
	[ ! -s err ]
}

# A full disk: what was there stays as it was, for -o and for --append.
case_full_disk() {
	need unshare
	mkdir disk
	cat >inside <<-'X'
		set -e
		mount -t tmpfs -o size=64k none disk
		"$1" --for 0 --objects 10k --tags 512 --append -o disk/x.csv --limit 2
		# the file fills its last page but for two bytes, other files the rest of the disk
		size=$(wc -c <disk/x.csv)
		printf '%*s\r\n' $(((4092 - size % 4096 + 4096) % 4096)) x >>disk/x.csv
		cp disk/x.csv before
		cat /dev/zero >disk/fill 2>/dev/null || true
		shift
		status=0
		"$@" >/dev/null 2>err || status=$?
		cat err
		[ $status -eq 1 ]
		[ $(wc -l <err) -eq 1 ]
		grep -q 'No space left on device; make room there' err
		cmp before disk/x.csv
		[ "$(ls -A disk | xargs)" = 'fill x.csv' ]
	X
	unshare -m bash inside "$binary" "$binary" --objects 10k --tags 512 --append \
		-o disk/x.csv -- ls -l /usr/lib
	unshare -m bash inside "$binary" "$binary" --objects 10k --tags 512 -o disk/x.csv \
		--format json -- ls -l /usr/lib
}

case_closed_pipe() {
	local form
	for form in table csv json; do
		quick --format $form 2>err | head -c 1 >/dev/null
		[ "${PIPESTATUS[0]}" -eq 0 ]
		[ ! -s err ]
	done
	"$binary" dump --for 1s 2>err | head -3 >three
	[ "$(wc -l <three)" -eq 3 ]
	[ ! -s err ]
	"$binary" dump --for 1s --format json 2>err | head -c 100 >some
	[ "$(wc -c <some)" -eq 100 ]
	[ ! -s err ]
	# nobody reads at all
	{ "$binary" --for 1s; echo $? >status; } 2>err | :
	[ "$(cat status)" -eq 0 ]
	[ ! -s err ]
}

# Whether the words were wrong is part of the error, whatever the command and the errno are.
case_usage_in_operands() {
	cp "$here/../fuzz/seed.kpr" x.kpr
	cp "$here/../fuzz/seed.csv" x.csv
	fails 2 "'yesterday' is not a time in x.kpr" "$binary" dump --from x.kpr@yesterday
	fails 2 "'yesterday' is not a time in x.kpr" "$binary" replay x.kpr@yesterday
	fails 2 "'yesterday' is not a time in x.csv" "$binary" diff x.csv@yesterday x.csv
	fails 2 'expected' "$binary" watch --alert nonsense
	# a file that is not there is no wrong usage
	fails 1 'No such file or directory' "$binary" dump --from nothing.kpr
	fails 1 'No such file or directory' "$binary" diff x.csv nothing.csv
}
