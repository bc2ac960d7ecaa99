# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Help, man page and completion say what the table of options says; the examples run.

man_page=$here/../../man/kpoolmon.8
completion=$(dirname "$binary")/completions/kpoolmon.bash

options() { "$binary" --help | grep -oE '^  .{4}--[a-z-]+' | grep -oE -- '--[a-z-]+'; }
columns() { "$binary" --help | awk '/^Columns:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'; }

case_man_page() {
	local word
	# as it is written in troff, \- for -
	sed 's/\\-/-/g' "$man_page" >page
	for word in $(options); do
		grep -qE -- "^\.(B|BI|BR) .*$word( |\\\\|\$)" page || { echo "man page lacks $word"; exit 1; }
	done
	for word in $(columns); do
		grep -qwE "^\.(B|BR) .*$word" page || { echo "man page lacks column $word"; exit 1; }
	done
	for word in $("$binary" --help | grep -oE '^  -.' | cut -c3-); do
		grep -qF -- "$word" page || { echo "man page lacks $word"; exit 1; }
	done
	# and nothing that the program does not have
	for word in $(grep -oE -- '--[a-z][a-z-]+' page | sort -u); do
		options | grep -qx -- "$word" || { echo "the program lacks $word"; exit 1; }
	done
	[ "$(options | wc -l)" -gt 15 ]
	[ "$(columns | wc -l)" -gt 30 ]
}

case_man_page_is_clean() {
	need mandoc
	mandoc -T lint -W warning "$man_page"
}

case_completion() {
	options | sort >have
	bash -n "$completion"
	grep -oE -- '--[a-z-]+' <(grep -F '*) options=' "$completion") | sort >offered
	diff have offered
	# after a command only its own options, each with its kind of value
	cat >try <<-'X'
		. "$1"
		reply() { COMP_WORDS=(kpoolmon "$@"); COMP_CWORD=$#; _kpoolmon; echo "${COMPREPLY[*]}"; }
		[ "$(reply dump --form)" = --format ]
		[ "$(reply dump --format j)" = json ]
		[ "$(reply stat)" = status ]
		[ "$(reply status --ver)" = '--verify --version' ]
		[ -z "$(reply start --limit '' | grep -- --limit)" ]
		[ "$(reply diff --per)" = --per-op ]
		: >here.csv
		[ "$(reply diff here)" = here.csv ]
		[ "$(reply dump -o here)" = here.csv ]
	X
	bash -e try "$completion"
}

# Each example, with shorter waiting and smaller tables.
case_examples() {
	local n=0 line
	need jq
	mkdir bin
	cat >bin/kpoolmon <<-X
		#!/bin/bash
		words=() prev= timed=
		for w in "\$@"; do
			case \$prev in --for) w=200ms timed=1 ;; esac
			[ "\$w" = -- ] && timed=1
			words+=("\$w")
			prev=\$w
		done
		[ -n "\$timed" ] || words=(--for 200ms "\${words[@]}")
		exec "$binary" --objects 10k --tags 512 "\${words[@]}"
	X
	chmod +x bin/kpoolmon
	# those of find are for a machine with that file system, tracking is tried in tracking.sh
	sed -n '/^\.EX/,/^\.EE/p' "$man_page" | grep -vE '^\.E|^kpoolmon (find|start|stop|record|replay|diff|report)|--from ' | sed 's/\\-/-/g; s/\\e/\\/g' >examples
	while read -r line; do
		n=$((n + 1))
		PATH=$PWD/bin:$PATH bash -o pipefail -c "$line" >out 2>err ||
			{ echo "example failed: $line"; cat err; exit 1; }
		[ ! -s err ] || { echo "$line:"; cat err; exit 1; }
		case $line in *' -o '* | *' -n '*) [ ! -s out ] ;; *) [ -s out ] ;; esac
	done <examples
	[ $n -ge 9 ]
	[ -s leak.csv ]
	[ -s leak.json ]
	[ -s slab.csv ]
	[ -s poolsnap.log ]
}

# What `make install` puts where: the label file where -g without a name looks for it.
case_install() {
	need make
	make -s -C "$here/../.." install B="$(dirname "$binary")" DESTDIR="$PWD/to" PREFIX=/usr
	cmp "$here/../../data/tags.conf" to/etc/kpoolmon/tags.conf
	cmp "$man_page" to/usr/share/man/man8/kpoolmon.8
	cmp "$here/../../man/kpoolmon-alerts.5" to/usr/share/man/man5/kpoolmon-alerts.5
	cmp "$here/../../data/alerts.conf" to/usr/share/doc/kpoolmon/alerts.conf
	cmp "$binary" to/usr/sbin/kpoolmon
	"$binary" --help | grep -qF '(/etc/kpoolmon/tags.conf)'
	cmp "$here/../../man/kpoolmon-record.5" to/usr/share/man/man5/kpoolmon-record.5
	grep -qx 'ExecStart=/usr/sbin/kpoolmon start' to/usr/lib/systemd/system/kpoolmon.service
	[ "$(find to -type f | wc -l)" -eq 14 ]
}

case_shipped_labels() {
	"$binary" --for 200ms --objects 10k --tags 512 -g "$here/../../data/tags.conf" >out
	grep -q 'Label$' out
}

# Everything that is installed goes again.
case_uninstall() {
	need make
	make -s -C "$here/../.." install B="$(dirname "$binary")" DESTDIR="$PWD/to" PREFIX=/usr
	make -s -C "$here/../.." uninstall B="$(dirname "$binary")" DESTDIR="$PWD/to" PREFIX=/usr
	[ -z "$(find to -type f)" ]
}

case_completion_zsh() {
	local file
	file=$(dirname "$binary")/completions/_kpoolmon
	options | sort >have
	sed -n "s/^\t\t'[*]*\(--[a-z-]*\).*/\1/p" "$file" | sort >offered
	diff have offered
	grep -qF "command:($("$binary" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | xargs))" "$file"
	need zsh
	zsh -n "$file"
}

# The units are what systemd takes, and what they run works with the rights that they leave.
case_systemd() {
	need systemd-analyze
	need setpriv
	local caps unit
	make -s -C "$here/../.." install B="$(dirname "$binary")" DESTDIR="$PWD/to" PREFIX=/usr
	for unit in to/usr/lib/systemd/system/kpoolmon.service to/usr/share/doc/kpoolmon/examples/*.service \
		to/usr/share/doc/kpoolmon/examples/*.timer; do
		sed "s|/usr/sbin/kpoolmon|$PWD/to/usr/sbin/kpoolmon|" "$unit" >"$(basename "$unit")"
	done
	systemd-analyze verify --man=no ./*.service ./*.timer >out 2>&1 || { cat out; exit 1; }
	[ "$(grep -cE 'kpoolmon.*(Unknown|Failed|invalid)' out)" -eq 0 ] || { cat out; exit 1; }
	systemd-analyze security --offline=yes --threshold=50 ./kpoolmon.service >out || { tail -n 3 out; exit 1; }
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' kpoolmon.service | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	own_pins
	setpriv --no-new-privs --bounding-set "-all,$caps" "$binary" start --objects 10k --pins "$pins" >/dev/null
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' kpoolmon-dump.service | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	# shellcheck disable=SC2046 # the words of the command
	setpriv --no-new-privs --bounding-set "-all,$caps" "$binary" $(sed -n 's/^ExecStart=[^ ]* //p' \
		kpoolmon-dump.service | sed "s|/var/log/kpoolmon|$PWD|") --pins "$pins"
	[ -s slab.csv ]
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' kpoolmon.service | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	setpriv --no-new-privs --bounding-set "-all,$caps" "$binary" stop --pins "$pins" >/dev/null
	[ ! -e "$pins" ]
}

# The lines of the cron example, as cron would run them; the file is rotated between.
case_cron_and_logrotate() {
	need python3
	own_pins
	pinned start --objects 10k >/dev/null
	mkdir log
	grep -E '^[*0-9]' "$here/../../data/examples/kpoolmon.cron" | sed -E 's/^([^ ]+ +){6}//' |
		sed "s|/var/log/kpoolmon|$PWD/log|g; s|/var/lib/prometheus/node-exporter|$PWD|; s|/usr/sbin/kpoolmon dump|$binary dump --pins $pins|" >lines
	[ "$(wc -l <lines)" -eq 2 ]
	sh -e lines
	python3 "$here/check.py" whole log/slab.csv 1
	python3 "$here/check.py" prometheus <kpoolmon.prom >/dev/null
	need logrotate
	sed "s|/var/log/kpoolmon|$PWD/log|" "$here/../../data/examples/kpoolmon.logrotate" >rotate
	chmod 644 rotate
	chmod 755 log
	logrotate -f -s "$PWD/state" rotate
	[ -s log/slab.csv.1 ]
	[ ! -e log/slab.csv ]
	sh -e lines
	python3 "$here/check.py" whole log/slab.csv 1
}

# One file: with nothing beside it, not even a description of the terminal.
case_static() {
	need make
	need tmux
	local i
	[ -r /usr/lib/x86_64-linux-gnu/libdw.a ] || skip 'no static libraries'
	make -s -C "$here/../.." static B="$(dirname "$binary")" 2>/dev/null
	mkdir root
	cp "$(dirname "$binary")/kpoolmon-static" root/kpoolmon
	cp "$here/../fuzz/seed.kpr" root/x.kpr
	chroot root /kpoolmon --version | grep -q '^kpoolmon '
	chroot root /kpoolmon dump --from x.kpr | grep -q 'leak_one+0x1f'
	"$binary" dump --from root/x.kpr --format json >want
	chroot root /kpoolmon dump --from x.kpr --format json | cmp - want
	trap 'tmux -L "kpm$$" kill-server 2>/dev/null || true' EXIT
	tmux -L "kpm$$" -f /dev/null new-session -d -x 100 -y 25 \
		"env TERM=screen chroot root /kpoolmon replay x.kpr -D 30s 2>err"
	for ((i = 0; i < 50; i++)); do
		tmux -L "kpm$$" capture-pane -p >screen
		grep -q 'sample 1 of 2' screen && break
		sleep 0.1
	done
	grep -q 'sample 1 of 2' screen
	grep -q 'load_msg+0x41' screen
	tmux -L "kpm$$" send-keys q
}
