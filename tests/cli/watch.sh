# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Alerts: every kind of rule fires and is over once in a scripted run; delivery; suspects.

# A program that holds as many messages as it is told, on descriptor 8.
begin_hold() {
	need gcc
	gcc -O1 -o hold "$here/hold.c"
	mkfifo orders
	./hold <orders >held &
	exec 8>orders
}

end_hold() { exec 8>&-; }

# grow FROM TO STEP: a step each 0.2 s.
grow() {
	local n
	for ((n = $1; n <= $2; n += $3)); do
		echo $n >&8
		sleep 0.2
	done
}

case_watch_rules() {
	local pid n share status=0 rule
	need jq
	# a share of the memory that 600 of these messages are
	share=$(awk '/^MemTotal:/ { printf "%.6f", 600 * 2 * 100 / $2 }' /proc/meminfo)
	cat >told <<-'X'
		#!/bin/bash
		{ env | grep ^KPM_ | sort | tr '\n' ';'; cat; } >>"$TOLD"
	X
	chmod +x told
	begin_hold
	TOLD=$PWD/runs "$binary" watch --objects 100k -D 200ms --exec "$PWD/told" \
		--alert 'b: bytes > 1M where tag load_msg*' \
		--alert 'd: diff > 500 where tag load_msg* and type Nonp' \
		--alert "s: share > $share% where tag load_msg*" \
		--alert 'g: growth > 500k in 4s where tag load_msg*' \
		--alert 'r: rate > 5M/min for 4s where tag load_msg*' >lines 2>err &
	pid=$!
	counting $pid
	sleep 0.5
	grow 0 1500 50
	sleep 1
	echo 0 >&8
	sleep 4
	kill -TERM $pid
	wait $pid || status=$?
	end_hold
	[ $status -eq 3 ]
	[ ! -s err ] || { cat err; exit 1; }
	for rule in b d s g r; do
		for state in alert over; do
			n=$(grep -cE "^[0-9TZ:-]+ $state $rule: .*load_msg\+0x[0-9a-f]+" lines)
			[ "$n" -eq 1 ] || { echo "$rule: $state $n times"; cat lines; exit 1; }
		done
	done
	[ "$(wc -l <lines)" -eq 10 ]
	# the program had each of them, the facts in both forms
	[ "$(wc -l <runs)" -eq 10 ]
	grep -q 'KPM_BYTES=[1-9][0-9]*;.*KPM_NAME=b;.*KPM_STATE=alert;KPM_TAG=load_msg+0x' runs
	sed 's/^[^{]*//' runs | jq -se 'length == 10 and all(.[]; .symbol == "load_msg" and .module == "kernel")
		and ([.[] | select(.state == "over")] | length) == 5' >/dev/null
}

case_watch_json_and_status() {
	local status=0
	begin_hold
	"$binary" watch --objects 100k -D 200ms --for 2s --format json --alert 'x: diff > 100 where tag load_msg*' >out &
	counting $!
	echo 200 >&8
	wait $! || status=$?
	[ $status -eq 3 ]
	jq -e '.state == "alert" and .name == "x" and .value >= 101 and .threshold == 100' out >/dev/null
	# nothing fires: 0, and nothing is written
	"$binary" watch --objects 100k -D 200ms --for 1s --alert 'bytes > 900G' >out
	[ ! -s out ]
	end_hold
}

case_watch_once() {
	local status=0
	"$binary" watch --once --objects 100k --alert 'bytes > 1' >out || status=$?
	[ $status -eq 3 ]
	[ -s out ]
	"$binary" watch --once --objects 100k --alert 'bytes > 900G' >out
	[ ! -s out ]
	# tables of this run alone have no past
	fails 1 'kpoolmon start begins to track' \
		"$binary" watch --once --objects 100k --state state --alert 'growth > 1k in 1m'
	[ ! -e state ]
	own_pins
	pinned start --objects 100k >/dev/null
	for want in 1 2; do
		pinned watch --once --state state --alert 'growth > 900G in 1m'
		jq -e --argjson n $want '.version == 1 and (.samples | length) == $n' state >/dev/null
	done
	# the state of other tracking does not count, nonsense is refused
	pinned stop >/dev/null
	pinned start --objects 100k >/dev/null
	pinned watch --once --state state --alert 'growth > 900G in 1m'
	jq -e '(.samples | length) == 1' state >/dev/null
	echo nonsense >state
	fails 1 'no state file' "$binary" watch --pins "$pins" --once --state state --alert 'bytes > 1'
	[ "$(cat state)" = nonsense ]
}

case_watch_usage() {
	fails 2 "'1Q': expected a size" "$binary" watch --alert 'bytes > 1Q'
	fails 2 'nothing to watch for' "$binary" watch
	printf '# x\n\ngrowth > 1M\n' >rules
	fails 2 "rules:3: the rule ends where 'in' and a duration" "$binary" watch --alerts rules
	fails 1 'no/such: No such file' "$binary" watch --alerts no/such
	fails 2 '--state is for runs of one sample' "$binary" watch --state x --alert 'bytes > 1'
	fails 2 '--once takes one sample' "$binary" watch --once --for 1s --alert 'bytes > 1'
	fails 2 'watch has no format csv; it has: table json' "$binary" watch --format csv --alert 'bytes > 1'
	fails 2 '--append is not an option of watch' "$binary" watch --append --alert 'bytes > 1'
	fails 2 '--alert is not an option of suspects' "$binary" suspects --alert 'bytes > 1'
}

# A program that fails, one that hangs and one that is not there cost a sentence each.
case_watch_exec_failures() {
	local status=0
	"$binary" watch --once --objects 100k --exec false --alert 'a: bytes > 1 where tag prepare_creds*' \
		>out 2>err || status=$?
	[ $status -eq 3 ]
	grep -q 'false ended with status 1' err
	status=0
	"$binary" watch --once --objects 100k --exec /no/such --alert 'a: bytes > 1 where tag prepare_creds*' \
		>out 2>err || status=$?
	[ $status -eq 3 ]
	grep -q '/no/such could not be run' err
}

case_watch_syslog() {
	need python3
	[ ! -e /dev/log ] || skip "/dev/log is somebody's"
	python3 - >log <<-'P' &
		import os, socket
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind('/dev/log')
		s.settimeout(20)
		try:
		    print(s.recv(8192).decode(), flush=True)
		finally:
		    os.unlink('/dev/log')
	P
	for ((i = 0; i < 50; i++)); do
		[ -S /dev/log ] && break
		sleep 0.1
	done
	"$binary" watch --once --objects 100k --syslog --alert 'a: bytes > 1 where tag prepare_creds*' >out || true
	wait $!
	grep -q 'kpoolmon.*alert a: bytes > 1.*name="a" tag="prepare_creds+0x' log
}

# The example file is a file of rules, and so are the manual's examples.
case_watch_examples() {
	local n
	# once FILE OPTION...: all of it is understood, and the status is that of the lines
	once() {
		local status=0 file=$1
		shift
		"$binary" watch --once --alerts "$file" "$@" >out 2>err || status=$?
		[ ! -s err ] || { cat err; return 1; }
		if [ -s out ]; then [ $status -eq 3 ]; else [ $status -eq 0 ]; fi
		[ "$(grep -cv ' alert ' out)" -eq 0 ]
	}
	once "$here/../../data/alerts.conf" --objects 100k
	n=$(sed -n '/^.SH EXAMPLES/,/^.SH SEE/p' "$here/../../man/kpoolmon-alerts.5" | grep -v '^\.' | tee rules | wc -l)
	[ "$n" -gt 5 ]
	once rules --objects 100k
	# one more rule, which what is held breaks: tracking from before it, as a run of its own may
	# see nothing allocated between its start and its one reading
	own_pins
	begin_hold
	pinned start --objects 100k >/dev/null
	echo 200 >&8
	until_held 200
	echo 'all: diff > 1' >>rules
	once rules --pins "$pins"
	[ -s out ]
	end_hold
	mandoc -T lint -W warning "$here/../../man/kpoolmon-alerts.5"
}

# A leak beside heavy churn is first within half a minute; no churn and no cache is called one.
case_suspects() {
	local leaker=$PWD/leaker pids
	need gcc
	need jq
	gcc -O1 -o leaker "$here/../screen/leaker.c"
	"$leaker" &
	pids=$!
	bash "$here/../screen/churn.sh" 34 >/dev/null 2>&1 &
	pids="$pids $!"
	# a cache that fills and is shrunk
	( sleep 3; find / -xdev >/dev/null 2>&1; sleep 8; echo 2 >/proc/sys/vm/drop_caches ) &
	pids="$pids $!"
	"$binary" suspects --for 28s -D 1s --format json >out
	# shellcheck disable=SC2086 # a list
	kill $pids 2>/dev/null || true
	wait || true
	jq -e '.findings[0] | .verdict == "kept" and .holder.what == "messages" and (.lead | startswith("load_msg+")) and .exhausted_in_s > 0 and
		(.evidence | test("grew in 2[0-9] of 2[0-9] samples")) and .tags[0].grew >= 20 and
		.processes[0].comm == "leaker" and .processes[0].share > 0.9 and
		(.next | test("^ipcs -q")) and .bytes_per_s > 0' out >/dev/null || {
		jq -c '.findings[] | [.verdict, .lead, .processes[0], .evidence]' out | head
		exit 1
	}
	# the queues of the messages leak, too, by the same process; nothing else does
	jq -e '[.findings[] | select(.verdict == "leak?") | .tags[].tag | sub("\\+.*"; "")] -
		["load_msg", "newque"] == []' out >/dev/null || {
		jq -c '.findings[] | select(.verdict == "leak?") | .tags[] | [.tag, .cache, .evidence]' out
		exit 1
	}
	jq -e '[.findings[] | select(any(.tags[]; .tag | startswith("newque+")))] | length == 1 and
		(.[0].lead | startswith("load_msg+")) and (.[0].unit | startswith("newque+"))' out >/dev/null || {
		jq -c '.findings[0:5][] | [.verdict, .lead, .unit, [.tags[].tag]]' out
		exit 1
	}
}

# A hundred tags of one cause are one finding: what makes namespaces, and who had it do so.
case_suspects_namespaces() {
	need python3
	need jq
	python3 - >made <<-'END' &
		import ctypes, os, time
		held = []
		for i in range(150):
		    if ctypes.CDLL(None).unshare(0x40000000):
		        break
		    held.append(os.open("/proc/self/ns/net", os.O_RDONLY))
		    time.sleep(0.1)
		print(len(held))
	END
	"$binary" suspects --for 12s -D 1s --format json >out
	wait
	[ "$(cat made)" -eq 150 ] || skip 'no network namespaces here'
	jq -e '[.findings[] | select(any(.owners[]; .name == "copy_net_ns"))] | length == 1 and (.[0] |
		.verdict == "held" and .holder.what == "descriptors" and .holder.comm == "python3" and
		(.next | test("gone when it exits")) and (.tags | length) > 40 and .owners[0].share > 0.9 and
		.processes[0].comm == "python3" and .processes[0].share > 0.9 and .per_unit > 50)' out >/dev/null || {
		jq -c '.findings[0:6][] | [.verdict, .holder, .lead, (.tags | length), .owners[0], .processes[0], .per_unit]' out
		exit 1
	}
	# none of its tags is a finding of its own, but for a few that grow in steps
	jq -e '[.findings[] | select(.verdict == "leak?" and .processes[0].comm == "python3")] | length <= 3' out >/dev/null || {
		jq -c '.findings[] | [.verdict, .lead, (.tags | length), .owners[0], .evidence]' out
		exit 1
	}
}

# A leak too slow for the run: what is outstanding was allocated evenly since tracking began.
case_suspects_slow() {
	need python3
	need jq
	own_pins
	pinned start --objects 200k >/dev/null
	python3 - <<-'END' &
		import ctypes, time
		libc = ctypes.CDLL(None)
		queues = []
		for n in range(300):
		    if n % 10 == 0:
		        queues.append(libc.msgget(0, 0o1600))
		    libc.msgsnd(queues[-1], b"\1" + b"\0" * 1007, 1000, 0)
		    time.sleep(0.25)
		for queue in queues:
		    libc.msgctl(queue, 0, None)
	END
	sleep 66
	pinned suspects --for 5s -D 500ms --format json >out
	wait
	jq -e '[.findings[] | select(.lead | startswith("load_msg+"))] | length == 1 and (.[0] |
		(.verdict == "leak?" or .verdict == "kept") and (.evidence | test("since tracking began")))' out >/dev/null || {
		jq -c '.findings[] | [.verdict, .lead, .objects, .evidence]' out
		exit 1
	}
	# nothing else has been allocated so evenly
	jq -e '[.findings[] | select(.verdict == "leak?" and (.evidence | test("since tracking began")))] | length <= 1' out >/dev/null || {
		jq -c '.findings[] | select(.verdict == "leak?") | [.lead, .objects, .evidence]' out
		exit 1
	}
}

# Who does not read holds what lies unread, whoever sent it.
case_suspects_held() {
	need python3
	need jq
	python3 - >pids <<-'END' &
		import os, socket, sys, time
		receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		receiver.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)
		receiver.bind(("127.0.0.1", 0))
		where = receiver.getsockname()
		child = os.fork()
		if not child:
		    time.sleep(16)
		    os._exit(0)
		receiver.close()
		print(child, os.getpid(), flush=True)
		sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for _ in range(4500):
		    sender.sendto(b"x" * 700, where)
		    time.sleep(0.0033)
	END
	sleep 1
	"$binary" suspects --for 12s -D 1s --format json >out
	wait
	jq -e --argjson receiver "$(cut -d ' ' -f 1 pids)" --argjson sender "$(cut -d ' ' -f 2 pids)" \
		'[.findings[] | select(.holder != null and .holder.what == "unread")] | length == 1 and (.[0] | .verdict == "held" and
		.holder.pid == $receiver and .processes[0].pid == $sender and .holder.rose > 1000000)' out >/dev/null || {
		cat pids
		jq -c '.findings[] | [.verdict, .lead, .holder, .processes[0], .evidence]' out
		exit 1
	}
}

# Memory that lasts for minutes is told at the second sample: of a gigabyte 20 MB in 2 seconds.
case_suspects_storm() {
	need jq
	{
		printf 'kpoolmon-record\t1\nb\t1767225600000000000\t0.1\tbox\t6.18.0\n'
		for n in 0 1 2; do
			printf 's\tfull\t17672256%02d000000000\t%d000000000\t4001000000\t1\tmemory\n' $((2 * n)) $((5 + 2 * n))
			printf 'm\t2147483648\t1073741824\t45000000\t300000000\t1600000\t2300000\t105600000\t712000\n'
			[ $n -gt 0 ] || printf 't\t0\tffffffff81234567\t0\tload_msg+0x41/0x1e0\tmsg_msg-4k\n'
			printf 'r\t0\t-\tn\t%d\t0\t%d\t%d\t%d\t0\t0\n' $((5120 * n)) $((5120 * n)) $((20971520 * n)) $((20971520 * n))
			printf 'e\t%d\n' $((n > 0 ? 4 : 5))
		done
	} >storm.kpr
	"$binary" suspects --from storm.kpr@+2s --format json >out
	jq -e '.findings | length == 1 and (.[0] | .verdict == "storm" and (.next | test("within minutes")) and
		(.evidence | test("takes 10.0M/s now")) and .tags[0].tag == "load_msg+0x41")' out >/dev/null || { cat out; exit 1; }
	# not of what can be taken back
	sed 's/\tn\t/\tp\t/' storm.kpr >cache.kpr
	"$binary" suspects --from cache.kpr --format json | jq -e '.findings == []' >/dev/null
}

# Objects that no event shows are found by the kernel's own count, and are a finding.
case_suspects_unseen() {
	need gcc
	need jq
	gcc -O1 -o unseen "$here/unseen.c"
	./unseen 1 0 || skip 'no io_uring here'
	"$binary" suspects --for 1s -D 200ms | grep -q 'No audit' && skip 'no audit here'
	./unseen 1000 20 &
	sleep 1
	"$binary" suspects --for 12s -D 1s --format json >out
	kill $!
	# where bulk allocations are seen there is no such way
	"$binary" dump --for 100ms --format json | jq -e '.missing_probes | test("alloc_bulk") | not' >/dev/null && skip 'bulk allocations are seen here'
	jq -e '[.findings[] | select(.lead == "not tracked (io_kiocb)")] | length == 1 and (.[0] |
		.verdict == "growing" and .tags == [] and .objects > 8000 and .objects < 20000 and .bytes >= .objects * 200)' out >/dev/null || {
		jq -c '.findings[] | [.verdict, .lead, .objects]' out
		exit 1
	}
	# what is seen is not called so
	jq -e '[.findings[] | select(.lead | startswith("not tracked"))] | length == 1' out >/dev/null
}

# A rule without any threshold: one notice for all tags of a cause, with owner and process.
case_watch_verdict() {
	local leaker
	need gcc
	need jq
	gcc -O1 -o leaker "$here/../screen/leaker.c"
	./leaker &
	leaker=$!
	( sleep 16; kill "$leaker" ) &
	"$binary" watch -D 1s --for 45s --alert 'leaks: verdict leak for 8s' --format json >out || [ $? -eq 3 ]
	wait
	jq -es '[.[] | select(.tag | test("^(load_msg|newque)"))] | [.[].state] == ["alert", "over"] and (.[0] |
		(.tag | startswith("load_msg+")) and .verdict == "leak?" and .finding_tags >= 2 and
		.finding_bytes >= .bytes and .owner == "load_msg" and .process == "leaker" and .pid > 0)' out >/dev/null || {
		jq -c '[.state, .time, .tag, .finding_tags, .owner, .process, .evidence]' out
		exit 1
	}
	[ "$(grep -c '"state":"alert"' out)" -le 2 ] || { jq -c '[.state, .tag, .evidence]' out; exit 1; }
	fails 2 "expected 'leak'" "$binary" watch --alert 'verdict churn for 8s'
	fails 2 'a window has to hold 8 samples' "$binary" watch --alert 'verdict leak for 8s' -D 10s
}

case_suspects_formats() {
	"$binary" suspects --objects 100k --for 3s -D 300ms >table
	grep -q 'watched for' table
	"$binary" suspects --objects 100k --for 3s -D 300ms --limit 2 --format csv >csv
	head -n 1 csv | grep -q '^finding,finding_verdict,verdict,tag,cache,type,module,bytes,'
	[ "$(sed 1d csv | cut -d , -f 1 | sort -u | wc -l)" -le 2 ]
	# also when nothing grew, which is so in most moments, but not in each
	for _ in $(seq 20); do
		"$binary" suspects --objects 100k --for 100ms -D 300ms --format csv >csv
		[ "$(wc -l <csv)" -gt 1 ] || break
	done
	[ "$(wc -l <csv)" -eq 1 ]
	head -n 1 csv | grep -q '^finding,finding_verdict,verdict,tag,cache,type,module,bytes,'
}

# The form for cron over runs of a second each: growth between them alerts, once.
case_watch_cron() {
	local status
	own_pins
	need jq
	begin_hold
	pinned start --objects 100k >/dev/null
	once() {
		status=0
		pinned watch --once --state state --alert 'g: growth > 100k in 5s where tag load_msg*' \
			>out || status=$?
	}
	# a window needs 8 samples: a run takes 0.05 s on one machine and 0.2 s on another
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		echo $((n * 40)) >&8
		once
		cat out >>all
		sleep 0.35
	done
	[ $status -eq 3 ]
	[ "$(grep -c ' alert g: ' all)" -eq 1 ]
	[ "$(jq '.samples | length' state)" -ge 8 ]
	# it has addresses of the kernel
	[ "$(stat -c %a state)" = 600 ]
	# it stops growing: over, once
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
		once
		cat out >>all
		sleep 0.35
	done
	[ $status -eq 0 ]
	[ "$(grep -c ' over g: ' all)" -eq 1 ]
	[ "$(wc -l <all)" -eq 2 ]
	# other tracking: samples of the one before do not count
	pinned stop >/dev/null
	pinned start --objects 100k >/dev/null
	once
	[ "$(jq '.samples | length' state)" -eq 1 ]
	[ $status -eq 0 ]
	end_hold
}

# systemd takes the unit as it is, but for the path of the program.
case_watch_unit() {
	need systemd-analyze
	mkdir units
	sed "s|/usr/local/sbin/kpoolmon|$binary|" "$here/../../data/kpoolmon-watch.service" \
		>units/kpoolmon-watch.service
	systemd-analyze verify --man=no ./units/kpoolmon-watch.service 2>&1 | tee out
	if grep -v 'kpoolmon.service' out | grep -q .; then exit 1; fi
	systemd-analyze security --offline=yes ./units/kpoolmon-watch.service --no-pager >score
	tail -n 2 score
	grep -qE 'Overall exposure level.*: [0-3]\.[0-9]' score
}
