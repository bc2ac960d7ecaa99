# SPDX-License-Identifier: GPL-2.0-or-later
#
# Turns the lines of run into the document of results: a table per kernel, a row per case, the
# objects outstanding by the module's own count and by each tool. Called by run --document.

function sum(list,    n, i, part, total) {
	n = split(list, part, "+")
	for (i = 1; i <= n; i++) total += part[i]
	return total + 0
}

function field(name) {
	if (!match($0, " " name "=[^ ]*")) return ""
	return substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2)
}

$1 == "PASS" || $1 == "FAIL" || $1 == "SEEN" {
	sub(/:$/, "", $NF)
	if (!($2 in known)) { known[$2] = 1; order[++kernels] = $2 }
	if ($4 == "load" || $4 == "attach") { note[$2, $3, $4] = substr($0, index($0, $5)) }
	if ($4 == "refuse") refusal[$2] = substr($0, index($0, $5))
	if ($4 ~ /^churn/) {
		if (!(($2, $4) in churned)) { churned[$2, $4] = 1; churns[$2] = churns[$2] " " $4 }
		match($0, /[0-9]+ lost/)
		lost[$2, $4, $3] = substr($0, RSTART, RLENGTH - 5) " of " $5
	}
	if (field("truth") == "") next
	if (!(($2, $4) in rows)) { rows[$2, $4] = 1; list[$2] = list[$2] " " $4 }
	truth[$2, $4] = sum(field("truth"))
	if ($1 == "SEEN") got[$2, $4, "memleak"] = field("memleak")
	else got[$2, $4, $3] = sum(field("rows")) ($1 == "FAIL" ? " (wrong)" : "")
}

function loss(k, c, m) { return (k, c, m) in lost ? lost[k, c, m] : "-" }
function cell(k, c, m) { return (k, c, m) in got ? got[k, c, m] : "-" }

END {
	print "# What is outstanding, by the module's own count and by each tool"
	print ""
	print "Made by `make kernels-document`: tests/kernels/run boots each kernel under emulation; the"
	print "test modules count what they allocate and free. The figures are objects. *kpoolmon* has"
	print "all its probes (fentry), *kprobes* is where fentry is forbidden, *tracepoints* where both"
	print "are, and the outputs then name what is not seen; *audit* is the same when the audit has asked the"
	print "allocator which of the objects are free (allocations without an event stay unseen). *memleak* is that of libbpf-tools, all"
	print "stacks that lead through the case's function: it also counts the pages that slabs are made of,"
	print "counts what is freed through RCU or in bulk as leaked, and names no function of a module that"
	print "is gone. What a case does is said in the file of its name in tests/kernels/cases. The second table"
	print "of a kernel has the events, allocs and frees, that were lost in churns on all CPUs, beside what"
	print "the name says; *preempt* is kpoolmon with preempt=full."
	for (i = 1; i <= kernels; i++) {
		k = order[i]
		print ""
		print "## Linux " k
		print ""
		if (k in refusal) { print refusal[k]; continue }
		if ((k, "full", "attach") in note) print "Full: " note[k, "full", "attach"] "."
		if ((k, "full", "load") in note) {
			print "Half a minute of load: " note[k, "full", "load"] "."
			print "With tracepoints only: " note[k, "tracepoints", "load"] "."
		}
		if (list[k] == "") continue
		print ""
		print "| case | truth | kpoolmon | kprobes | tracepoints | audit | memleak |"
		print "| --- | --: | --: | --: | --: | --: | --: |"
		n = split(list[k], c, " ")
		for (j = 1; j <= n; j++)
			printf "| %s | %d | %s | %s | %s | %s | %s |\n", c[j], truth[k, c[j]],
			       cell(k, c[j], "full"), cell(k, c[j], "kprobes"),
			       cell(k, c[j], "tracepoints"), cell(k, c[j], "audit"),
			       cell(k, c[j], "memleak")
		if (churns[k] == "") continue
		print ""
		print "| churn | kpoolmon | kprobes | preempt |"
		print "| --- | --: | --: | --: |"
		n = split(churns[k], c, " ")
		for (j = 1; j <= n; j++)
			printf "| %s | %s | %s | %s |\n", c[j], loss(k, c[j], "full"),
			       loss(k, c[j], "kprobes"), loss(k, c[j], "preempt")
	}
}
