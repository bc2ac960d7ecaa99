# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # sourced by run, which sets binary and here
# Who is behind what is outstanding: stacks, --by, --samples.

# two_holders FIRST SECOND [OPTION...]: two programs that hold as many messages each, made at the same
# time; with options for start.
two_holders() {
	need gcc
	need jq
	gcc -O1 -o hold "$here/hold.c"
	cp hold holder_a
	cp hold holder_b
	mkfifo orders_a orders_b
	./holder_a <orders_a >held_a &
	a=$!
	exec 7>orders_a
	./holder_b <orders_b >held_b &
	b=$!
	exec 8>orders_b
	own_pins
	pinned start --objects 100k "${@:3}" >/dev/null
	echo "$1" >&7
	echo "$2" >&8
	until_held $(($1 + $2))
}

end_holders() {
	exec 7>&- 8>&-
	wait "$a" "$b"
}

# One call site, two programs, three to one: by name, with the error that the answer states.
case_stacks_two_programs() {
	local a b i recorder
	two_holders 3000 1000
	# what is pinned stays, whoever was killed
	"$binary" record file.kpr -D 100ms --pins "$pins" &
	recorder=$!
	sleep 0.5
	kill -9 $recorder
	wait $recorder 2>/dev/null || true
	pinned stacks load_msg --format json >out
	jq -e --argjson a "$a" --argjson b "$b" '.stacks[0] | .owner == "load_msg" and ([.frames[].symbol] | index("do_msgsnd")) != null and
		([.processes[] | select(.process == "holder_a" and .pid == $a and
			(.objects - 3000 | fabs) <= 3 * .error + 1)] | length) == 1 and
		([.processes[] | select(.process == "holder_b" and .pid == $b and
			(.objects - 1000 | fabs) <= 3 * .error + 1)] | length) == 1' out >/dev/null || {
		jq -c '.stacks[] | [.tag, .owner, .processes]' out
		exit 1
	}
	# the same as a tree, as folded lines, and as sums
	pinned stacks load_msg >out
	grep -q '^   load_msg+0x[0-9a-f]*  <- owner' out
	grep -q "by holder_a ($a): [0-9]* objects" out
	pinned stacks load_msg --format folded >out
	grep -qE '^holder_b(;[^; ]+)+;do_msgsnd;load_msg [0-9]+$' out
	# and as a picture: well formed, as wide as the shares are
	pinned stacks load_msg -o out.svg
	python3 - <<-'P'
		import xml.dom.minidom
		width = {}
		for g in xml.dom.minidom.parse("out.svg").getElementsByTagName("g"):
		    name = g.getElementsByTagName("title")[0].firstChild.data.split(":")[0]
		    width[name] = width.get(name, 0) + float(g.getAttribute("data-w"))
		assert abs(width["all"] - 1180) < 1, width
		assert 2 < width["holder_a"] / width["holder_b"] < 4.5, width
		assert abs(width["load_msg"] - 1180) < 1, width
	P
	pinned stacks load_msg --by process --format json >out
	jq -e --argjson b "$b" '[.rows[] | select(.process == "holder_b" and .pid == $b and .error > 0)] | length == 1' out >/dev/null
	pinned stacks load_msg --by owner | grep -q '^~\{0,1\} *load_msg  *kernel'
	pinned dump --by process -i load_msg --format csv >out
	head -n 1 out | grep -q '^time,host,kernel,tracked_s,process,pid,type,allocs,frees,diff,bytes,per_alloc,nonp_bytes,paged_bytes,estimated,error,lost,missing_probes'
	awk -F, -v a="$a" '$5 == "holder_a" && $6 == a { found = $15 } { sum += $10 }
		END { exit !(found == 1 && sum >= 4000) }' out
	pinned dump -i load_msg --format json >out
	jq -e '.rows[0] | .owners[0].name == "load_msg" and (.processes | length) >= 2 and
		([.processes[].share] | add | . > 0.99 and . < 1.01) and .owner == "load_msg"' out >/dev/null
	end_holders
	pinned status --format json >out
	jq -e '.samples_without_object == 0 and .objects_without_sample == 0 and .samples > 0 and
		.sample_bytes < 16 * 1048576' out >/dev/null
}

# First one program holds a few, ten in a second; then another takes a thousand times as many at once,
# at the same call site: what is sampled then is one in so many, and both keep their proportion. With
# credit for all that is due: what the shell allocates in the five seconds would use up the usual one.
case_stacks_rate_rises() {
	local a b i
	two_holders 1 0 --samples 10
	for ((i = 2; i <= 50; i++)); do
		echo $i >&7
		sleep 0.1
	done
	echo 20000 >&8
	until_held 20050
	pinned stacks load_msg --format json >out
	jq -e --argjson a "$a" --argjson b "$b" '([.stacks[].processes[] | select(.pid == $a)][0]) as $few |
		([.stacks[].processes[] | select(.pid == $b)][0]) as $many | .stacks[0].samples < 15000 and
		($few.objects - 50 | fabs) <= 3 * $few.error + 1 and $few.error < 25 and
		($many.objects - 20000 | fabs) <= 3 * $many.error + 1 and $many.error < 2000' out >/dev/null || {
		jq -c '.stacks[] | [.tag, .objects, .samples, .processes]' out
		exit 1
	}
	end_holders
}

# A profile that its own reader reads: the same objects and bytes, by function and by process.
case_stacks_pprof() {
	local a b
	need go
	two_holders 300 100
	pinned stacks load_msg -o out.pb.gz
	pinned stacks load_msg --format json >out
	go tool pprof -raw out.pb.gz >raw 2>err || { cat err; exit 1; }
	go tool pprof -top -unit B out.pb.gz >top 2>err
	go tool pprof -tags -sample_index inuse_objects out.pb.gz >tags 2>err
	end_holders
	grep -q '^inuse_objects/count inuse_space/bytes\[dflt\]$' raw
	# what the call site holds alone, and what came through the system call
	jq -r '[.stacks[].bytes] | add' out >bytes
	grep -q "^ *$(cat bytes)B .* load_msg\$" top
	grep -qE "^ *0 .* $(cat bytes)B  *100% .*do_msgsnd" top
	awk '/: holder_a$/ { a = $1 } /: holder_b$/ { b = $1 }
		END { exit !(a + b >= 400 && a > 2 * b && b > 0) }' tags
	grep -q ' M=[0-9]* load_msg ' raw
}

# What was sampled while nobody looked is there; so it is after the process that looked was killed.
case_stacks_raised() {
	local a b i
	two_holders 30 10
	pinned stacks load_msg --for 30s >/dev/null 2>&1 &
	sleep 1
	kill -9 $!
	wait $! 2>/dev/null || true
	echo 300 >&7
	sleep 0.5
	pinned stacks load_msg --format json >out
	jq -e '.samples > 250' out >/dev/null || { jq -c '[.samples, .objects]' out; exit 1; }
	end_holders
}

case_stacks_usage() {
	own_pins
	pinned start --objects 10k --tags 512 >/dev/null
	fails 1 "no tag matches 'no_such_tag'" "$binary" stacks no_such_tag --pins "$pins"
	fails 2 "stacks has no format csv; it has: table json folded svg pprof" \
		"$binary" stacks --format csv --pins "$pins"
	need script
	script -qec "'$binary' stacks --format pprof --pins '$pins'" /dev/null </dev/null >out && exit 1
	grep -q 'pprof is no text for a terminal: name a file with --output' out
	fails 2 "--by 'colour': expected tag, module" "$binary" dump --by colour
	fails 2 "--samples '11': expected off" "$binary" dump --samples 11
	fails 2 "--samples 'x': expected off" "$binary" dump --samples x
	fails 2 '--by has sums and no stacks' "$binary" stacks --by owner --format folded --pins "$pins"
	fails 1 'No such file' "$binary" stacks --pins "$pins" -o no/such/file
}

case_samples_off() {
	"$binary" dump --for 1s --objects 100k --samples off --format json >out
	jq -e '[.rows[].samples_lost // 0] | add == 0' out >/dev/null
	jq -e 'all(.rows[]; (.processes | length) == 0)' out >/dev/null
	"$binary" stacks --for 1s --objects 100k --samples off --private >out
	grep -q 'no sample of these objects' out
}

# Sums by each of them are those of the tags.
case_by_sums() {
	local by
	need jq
	own_pins
	pinned start --objects 100k >/dev/null
	ls -R /usr/include >/dev/null
	for by in module cache owner process cgroup; do
		pinned dump --by $by --format json >out
		jq -e --arg by $by '([.rows[].bytes] | add) == .totals.nonp.bytes + .totals.paged.bytes and
			all(.rows[]; has($by) and .[$by] != null)' out >/dev/null || { echo "$by"; exit 1; }
	done
}

# An alert about what a process holds.
case_watch_process() {
	local a b i status=0
	two_holders 300 100
	"$binary" watch --once --pins "$pins" --alert 'x: diff > 100 where process holder_a and tag load_msg*' >out || status=$?
	[ $status -eq 3 ]
	grep -q ' alert x: ' out
	"$binary" watch --once --pins "$pins" --alert 'x: diff > 100 where process nobody' >out
	[ ! -s out ]
	end_holders
}

# A recording says who, too.
case_record_who() {
	local a b i
	two_holders 300 100
	pinned record file.kpr --for 1s -D 500ms
	"$binary" dump --from file.kpr -i load_msg --format json >out
	jq -e '.rows[0] | .processes[0].name == "holder_a" and .owner == "load_msg" and
		.processes[0].samples > 0' out >/dev/null
	"$binary" dump --from file.kpr --by process -i load_msg --format csv >out
	grep -q ',holder_b,' out
	pinned dump --format prometheus -i load_msg >out
	grep -q '^kpoolmon_tag_owner_info{tag="load_msg.*owner="load_msg",process="holder_a",cgroup="[^"]*",owner_module="kernel"} 1$' out
	end_holders
}

# Call sites whose owners are known: those that are no helpers own what they allocate; of helpers
# a caller does, which one depends on the kernel; nobody's owner is an entry point.
case_owners_of_known_sites() {
	need python3
	need jq
	own_pins
	mkdir files
	mkfifo orders
	pinned start --objects 100k >/dev/null
	python3 "$here/sites.py" files <orders >held &
	exec 8>orders
	for ((i = 0; i < 200; i++)); do
		[ ! -s held ] || break
		sleep 0.1
	done
	pinned dump --format json >out
	exec 8>&-
	wait
	jq -r '.rows[] | select(.diff > 0 and .symbol != null) | .symbol as $s | .owners[] |
		[($s | sub("\\..*"; "")), .name, .share] | @tsv' out | sort >owners
	# these are their own
	for site in __scm_send copy_process alloc_fdtable shmem_alloc_inode alloc_pipe_info __anon_vma_prepare dup_fd \
		fsnotify_alloc_group do_epoll_create __do_sys_timerfd_create alloc_pid posix_lock_inode anon_vma_fork \
		do_epoll_ctl inotify_update_watch copy_fs_struct ep_ptable_queue_proc do_eventfd udp_init_sock \
		locks_get_lock_context do_inotify_init do_signalfd4 seq_read_iter load_msg mm_alloc ext4_alloc_inode; do
		awk -v s=$site '$1 == s { n++; if ($2 != s || $3 != 1) { print "wrong: " $0; bad = 1 } }
			END { if (n) print s >> "plain"; exit bad }' owners
	done
	[ "$(wc -l <plain)" -ge 15 ]
	# these are helpers
	for site in __alloc_skb sk_prot_alloc alloc_empty_file __d_alloc alloc_inode security_file_alloc \
		security_inode_alloc radix_tree_node_alloc lsm_blob_alloc single_open seq_open alloc_buffer_head \
		mas_preallocate mas_wr_bnode mas_new_ma_node mas_push_data mas_store_gfp mas_dup_alloc __mt_dup xas_alloc \
		kernfs_fop_open kmemdup_noprof proc_alloc_inode __get_vm_area_node bpf_map_area_alloc; do
		awk -v s=$site '$1 == s { n++; if ($2 == s) { print "its own: " $0; bad = 1 } }
			END { if (n) print s >> "helpers"; exit bad }' owners
	done
	[ "$(wc -l <helpers)" -ge 10 ]
	[ "$(cat plain helpers | wc -l)" -ge 30 ]
	if grep -E "	(do_syscall_64|entry_SYS.*|__x64_sys_.*|kthread|worker_thread|process_one_work|ret_from_fork.*|handle_softirqs|asm_.*|sysvec_.*)	" owners; then exit 1; fi
}

# One helper calls another, and that one a third: packets between local sockets that nobody reads are
# those of the function that sends, and of the process.
case_stacks_nested_helpers() {
	local sender i
	need python3
	need jq
	mkfifo orders
	own_pins
	pinned start --objects 100k >/dev/null
	python3 -c 'import socket, sys
pairs = [socket.socketpair() for i in range(40)]
for a, b in pairs:
    for i in range(50):
        a.send(b"x" * 100)
print("sent", flush=True)
sys.stdin.read()' <orders >sent &
	sender=$!
	exec 8>orders
	for ((i = 0; i < 200; i++)); do
		[ ! -s sent ] || break
		sleep 0.1
	done
	pinned dump --format json >out
	exec 8>&-
	wait $sender
	# both halves of a packet come through helpers: its head, and its data
	jq -e --argjson pid $sender '[.rows[] | select(.diff >= 1900 and .owners[0].name == "unix_stream_sendmsg" and
		.symbol != "unix_stream_sendmsg" and .owners[0].share >= 0.95 and
		.processes[0].pid == $pid and .processes[0].share >= 0.95)] | length >= 2' out >/dev/null || {
		jq -c '.rows[] | select(.diff >= 1000) | [.tag, .diff, .owners, .processes]' out
		exit 1
	}
}

# python_holds CODE: runs it, and what follows while it holds what it made; its number is in `holder`.
python_holds() {
	local i
	mkfifo orders
	python3 -c "$1"'
import sys
print("held", flush=True)
sys.stdin.read()' <orders >held &
	holder=$!
	exec 8>orders
	for ((i = 0; i < 200; i++)); do
		[ ! -s held ] || return 0
		sleep 0.1
	done
	echo 'nothing is held'
	return 1
}

# Connections that wait to be accepted: their sockets were made in a softirq, and no process that it
# hit has a part in it; those that connect are the program's.
case_stacks_softirq() {
	local holder
	need python3
	need jq
	own_pins
	pinned start --objects 100k --samples 10 >/dev/null
	python_holds 'import socket
waits = socket.socket()
waits.bind(("127.0.0.1", 0))
waits.listen(500)
made = [socket.create_connection(waits.getsockname()) for i in range(200)]'
	pinned dump --format json >out
	exec 8>&-
	wait "$holder"
	if ! jq -e '[.rows[] | select(.symbol == "inet_reqsk_alloc" and .diff >= 190)] | length == 1 and
		all(.[]; .processes[0].name == "(interrupt)" and .processes[0].share >= 0.95 and .pid == null and
			([.owners[].name | select(test("softirq|asm_|sysvec_|net_rx_action"))] | length) == 0)' out >/dev/null ||
		! jq -e --argjson pid "$holder" '[.rows[] | select(.symbol == "sk_prot_alloc") | .processes[] |
			select(.name == "(interrupt)" or .pid == $pid) | select(.share > 0.4)] | length == 2' out >/dev/null; then
		jq -c '.rows[] | select(.diff >= 190) | [.tag, .diff, .owners, .processes]' out
		exit 1
	fi
}

# What is written back, a thread of the kernel does: its allocations are its own, and their owner is what
# it did, never the function that runs all work.
case_stacks_kworker() {
	local holder
	need python3
	need jq
	[ "$(stat -f -c %T .)" = ext2/ext3 ] || skip 'this is no ext4'
	own_pins
	pinned start --objects 100k --samples 10 >/dev/null
	python_holds 'import os
for i in range(1000):
    with open("file%d" % i, "wb") as f:
        f.write(b"x" * 9000)
os.sync()'
	pinned dump --by process --format json >sums
	pinned stacks --format json >out
	exec 8>&-
	wait "$holder"
	jq -e '[.rows[] | select(.process != null and (.process | startswith("kworker/")) and .diff > 0)] |
		length > 0' sums >/dev/null || { echo 'no thread of the kernel allocated'; exit 1; }
	jq -e '[.stacks[] | select(any(.processes[]; .process | startswith("kworker/"))) | .owner] | length > 0 and
		all(.[]; . != null and (test("^(worker_thread|process_one_work|process_scheduled_works|kthread|ret_from_fork)") | not))' \
		out >/dev/null || { jq -c '.stacks[] | [.tag, .owner, .processes[0]]' out; exit 1; }
}

# What programs have the kernel keep: each scene's process is the first one of the call site that is
# the scene's, with its pid, and has the scene's objects in the sums of processes.
case_stacks_scenes() {
	local i site name pid
	need python3
	need jq
	mkdir files
	mkfifo orders
	own_pins
	# whatever else the machine does, there is credit and room for samples
	pinned start --samples 10 >/dev/null
	python3 "$here/scenes.py" files <orders >held &
	exec 8>orders
	for ((i = 0; i < 200; i++)); do
		! grep -q held held || break
		sleep 0.1
	done
	pinned dump --format json >out
	pinned dump --by process --format json >sums
	exec 8>&-
	wait
	while read -r name site; do
		pid=$(awk -v n="$name" '$1 == n { print $2 }' held)
		[ -n "$pid" ] || { echo "$name: not permitted here"; continue; }
		echo "$name" >>seen
		jq -e --argjson pid "$pid" '[.rows[] | select(.pid == $pid)][0].diff >= 150' sums >/dev/null || {
			echo "$name $pid has no row of its size:"
			jq -c '.rows[] | [.process, .pid, .diff]' sums
			exit 1
		}
		# looking up files is the work of all of them
		[ "$site" != - ] || continue
		jq -e --arg site "^($site)$" --argjson pid "$pid" '[.rows[] | select(.symbol != null and .diff > 0 and
			(.symbol | test($site)))] | length > 0 and all(.[]; .processes[0].pid == $pid)' out >/dev/null || {
			echo "$name:"
			jq -c --arg site "^($site)" '.rows[] | select(.symbol != null and (.symbol | test($site))) |
				[.tag, .diff, .processes]' out
			exit 1
		}
	done <<-'END'
		scene_descriptors __scm_send
		scene_pipes alloc_pipe_info
		scene_watches inotify_update_watch
		scene_keys user_preparse
		scene_locks posix_lock_inode
		scene_timers do_timer_create|alloc_posix_timer
		scene_signals __send_signal_locked|sigqueue_alloc
		scene_tmpfs shmem_alloc_inode
		scene_namespaces ip6addrlbl_alloc|ops_init
		scene_absent -
	END
	[ "$(wc -l <seen)" -ge 7 ]
}

# hold_in GROUP COUNT: a program in a cgroup of its own holds messages; tracking begins before.
hold_in() {
	mkdir "$1" 2>/dev/null || skip 'no cgroup can be made'
	gcc -O1 -o hold "$here/hold.c"
	mkfifo orders
	own_pins
	pinned start --objects 100k >/dev/null
	( echo $BASHPID >"$1/cgroup.procs" && exec ./hold <orders >held ) &
	holder=$!
	exec 8>orders
	echo "$2" >&8
	until_held "$2"
}

# leave GROUP: program and cgroup go; the messages stay, as the queues outlive the program.
leave() {
	local i
	kill -9 "$holder"
	wait "$holder" 2>/dev/null || true
	exec 8>&-
	for ((i = 0; i < 50; i++)); do
		rmdir "$1" 2>/dev/null && return
		sleep 0.1
	done
	echo "$1 cannot be removed"
	return 1
}

# The cgroup of what allocated, by its path; once it is removed by its id.
case_cgroup_of_holder() {
	local root group holder
	need gcc
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$root" ] || skip 'there is no cgroup2'
	group=$root/kpmcli_$$
	hold_in "$group" 100
	pinned dump -i load_msg --format csv --columns cgroup >out
	grep -q "^/kpmcli_$$" out
	leave "$group"
	pinned dump -i load_msg --format csv --columns cgroup >out
	ipcs -q -p | awk -v sender="$holder" '$3 == sender { print $1 }' >queues
	[ -s queues ]
	grep -q '^(removed) [0-9]*' out
}

# A folder in which groups have the memory controller.
memory_groups() {
	local root
	root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
	[ -z "$root" ] || { echo "$root"; return; }
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	grep -qs '\bmemory\b' "$root/cgroup.subtree_control" || return
	echo "$root"
}

# What is charged to a cgroup is known to the object, and still when the cgroup is removed.
case_stacks_by_charged_cgroup() {
	local root group holder
	need gcc
	need jq
	needs_audit
	root=$(memory_groups)
	[ -n "$root" ] || skip 'no group has the memory controller'
	group=$root/kpmcli_$$
	hold_in "$group" 3000
	for way in stacks 'dump -i'; do
		# shellcheck disable=SC2086 # a command and an option
		pinned $way load_msg --by cgroup --format json >out
		jq -e --arg g "/kpmcli_$$" '[.rows[] | select(.cgroup == $g and .diff == 3000 and
			.error == 0 and (.estimated | not))] | length == 1' out >/dev/null || {
			jq -c '.rows[] | [.cgroup, .diff, .error, .estimated]' out
			exit 1
		}
	done
	leave "$group"
	pinned stacks load_msg --by cgroup --format json >out
	ipcs -q -p | awk -v sender="$holder" '$3 == sender { print $1 }' | xargs -n 1 ipcrm -q
	jq -e '[.rows[] | select((.cgroup | startswith("(removed) in /")) and .diff >= 3000)] | length == 1' \
		out >/dev/null || { jq -c '.rows[] | [.cgroup, .diff]' out; exit 1; }
}
