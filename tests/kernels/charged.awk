# SPDX-License-Identifier: GPL-2.0-or-later
#
# The part of compare.awk for whom memory is charged to: cases with `check: charged`. The guest sends
# the sums of cgroups of one call site twice: with the cgroup there, and when it was removed. Keys of
# the case file:
#	objects: N	what the cgroup holds

# Keeps a record of CSV under its kind, charged or removed.
function keep_sum(kind, line,    n, f, i) {
	n = csv(line, f)
	if (f[1] == "time") {
		for (i = 1; i <= n; i++) sum_column[kind, f[i]] = i
		return
	}
	sum_rows[kind]++
	sum_group[kind, sum_rows[kind]] = f[sum_column[kind, "cgroup"]]
	sum_diff[kind, sum_rows[kind]] = num(f[sum_column[kind, "diff"]])
	sum_guess[kind, sum_rows[kind]] = num(f[sum_column[kind, "estimated"]]) || num(f[sum_column[kind, "error"]])
}

# What is wrong with the row of a group.
function wrong_sum(kind, group, objects,    r) {
	if (status[kind] != "0") return " dump of " kind " ended with status " status[kind] ";"
	for (r = 1; r <= sum_rows[kind]; r++) {
		if (sum_group[kind, r] != group) continue
		return sum_diff[kind, r] == objects && !sum_guess[kind, r] ? "" : \
		       sprintf(" %s has %d%s;", group, sum_diff[kind, r], sum_guess[kind, r] ? ", estimated" : "")
	}
	return " no row " group ", there is" (sum_rows[kind] ? " " sum_group[kind, 1] : " none") ";"
}

function judge_charged(c,    bad, objects) {
	objects = num(what[c, "objects"])
	bad = wrong_sum("charged", "/kpm_held", objects) wrong_sum("removed", "(removed) in /", objects)
	say(bad == "" ? "PASS" : "FAIL", c, "truth=" objects (bad == "" ? " there and removed" : ":" bad))
}
