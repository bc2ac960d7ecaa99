# SPDX-License-Identifier: GPL-2.0-or-later
#
# The part of compare.awk for who is behind the rows: cases with `check: owner`, and those with
# `check: pinned`, whose rows are those of pinned tables, read when the modules were gone. In the truth
# such a site has owner=MODULE:FUNCTION. Keys of the case file:
#	share: N	the owner's least part of what is outstanding, percent; of a site that is found by
#			the owner, where there may be more of others, of the truth
#	process: NAME	what is in the column process; it begins with that if NAME ends in *
#
# A site with a call site or a cache of its own has all its objects in rows that show the owner. One
# whose call site is in the kernel, with others, is found by the owner, and the objects of the others
# are in the row as well: up to as many again, since beside the churns, which use up the credit for
# samples under emulation, the others may have none. With the path skb_cache, what is unseen by the truth may be missing.

# Keeps a record of CSV under its kind, csv or pinned.
function keep_record(kind, line,    n, f, i) {
	n = csv(line, f)
	if (f[1] == "time") {
		for (i = 1; i <= n; i++) who_column[kind, i] = f[i]
		who_columns[kind] = n
		return
	}
	if (!who_columns[kind]) return
	who_rows[kind]++
	for (i = 1; i <= n; i++) who[kind, who_rows[kind], who_column[kind, i]] = f[i]
	sub(/\.(isra|constprop|part|cold).*/, "", who[kind, who_rows[kind], "symbol"])
}

function answerable(kind, r) { return who[kind, r, "owner_module"] ":" who[kind, r, "owner"] }

# Is row r of site k, whose parts are p?
function of_site(kind, r, p) {
	if (p[3] != "-") return who[kind, r, "cache"] == p[3]
	if (p[2] == "*") return answerable(kind, r) == p[5]
	return who[kind, r, "symbol"] == p[2] && who[kind, r, "module"] ~ ("^" p[4])
}

# Rows of the modules and of the functions that the owners of the case might be hidden in.
function candidates(kind, c,    r, s) {
	for (r = 1; r <= who_rows[kind]; r++)
		if (who[kind, r, "owner_module"] ~ /^(leaky|driver|lender)/ ||
		    (what[c, "via"] != "" && who[kind, r, "symbol"] ~ what[c, "via"]))
			s = s sprintf(" %s %d %s %d%%", who[kind, r, "tag"], who[kind, r, "diff"],
				      answerable(kind, r), who[kind, r, "owner_share"])
	return s
}

function is_process(have, want,    n) {
	n = length(want) - 1
	return have == want || (substr(want, n + 1) == "*" && substr(have, 1, n) == substr(want, 1, n))
}

# One row of site p; what is wrong with it.
function wrong_row(kind, r, p, c,    bad, tag) {
	tag = who[kind, r, "tag"]
	if (answerable(kind, r) != p[5])
		bad = bad " " tag ": owner " answerable(kind, r) ", not " p[5] ";"
	if (p[2] != "*" && num(who[kind, r, "owner_share"]) < num(what[c, "share"]))
		bad = bad " " tag ": share " who[kind, r, "owner_share"] ";"
	if (!is_process(who[kind, r, "process"], what[c, "process"]))
		bad = bad " " tag ": process " who[kind, r, "process"] ";"
	if ((who[kind, r, "pid"] == "") != (what[c, "process"] == "(interrupt)"))
		bad = bad " " tag ": pid " who[kind, r, "pid"] ";"
	if (what[c, "check"] == "pinned" && who[kind, r, "module"] != p[4] " (unloaded)")
		bad = bad " " tag ": module " who[kind, r, "module"] ";"
	return bad
}

# Does the kernel keep skbs? Since 6.19 it allocates from them; 6.18 keeps those that others have freed for
# its CPUs, up to two hundred, so that most of the row can be others'.
function has_skb_cache(    v) {
	split(kernel, v, ".")
	return v[1] > 6 || v[2] >= 18
}

# What is wrong with a case; sets said_truth, said_rows, said_who.
function owners(c, kind,    n, list, i, k, r, p, d, samples, owned, least, low, high, bad) {
	said_truth = said_rows = said_who = ""
	n = split(sites[c], list, "\n")
	for (i = 1; i <= n; i++) {
		k = list[i]
		split(k, p, SUBSEP)
		if (p[5] !~ /:/) continue
		d = samples = owned = 0; least = 100
		for (r = 1; r <= who_rows[kind]; r++) {
			if (!of_site(kind, r, p) || !num(who[kind, r, "diff"])) continue
			bad = bad wrong_row(kind, r, p, c)
			d += who[kind, r, "diff"]
			samples += who[kind, r, "samples"]
			owned += who[kind, r, "diff"] * num(who[kind, r, "owner_share"])
			if (num(who[kind, r, "owner_share"]) < least)
				least = num(who[kind, r, "owner_share"])
		}
		low = high = t_out[k]
		if (path[k] == "skb_cache" && has_skb_cache()) low -= t_ua[k]
		if (p[2] == "*" && p[3] == "-") high = high * 2
		if (p[2] == "*" && owned < num(what[c, "share"]) * low)
			bad = bad sprintf(" %s has %d of %d;", p[5], owned / 100, t_out[k])
		if (!within(d, low, high))
			bad = bad sprintf(" %s has %d, not %d;%s;", p[5], d, t_out[k],
					  d ? "" : " there is" candidates(kind, c))
		said_truth = said_truth (said_truth == "" ? "" : "+") t_out[k]
		said_rows = said_rows (said_rows == "" ? "" : "+") d
		said_who = said_who sprintf(" %s %d%%, %d samples", p[5], least, samples)
	}
	if (said_truth == "") return "no truth"
	sub(/^ /, "", bad); sub(/;$/, "", bad)
	return bad
}

# The verdict on a case.
function judge_owners(c,    kind, bad, t) {
	if (mode == "loads") {
		# a sample takes 13 us there: the credit of a CPU is gone in the loads' first second
		say("SKIP", c, "four loads that begin leave no credit for samples under emulation")
		return
	}
	kind = what[c, "check"] == "pinned" ? "pinned" : "csv"
	bad = kind == "csv" && c != "owner_lender" && ran[c] != "0" ? "the module did not run it" : ""
	if (kind == "pinned" && status["pinned"] != "0") bad = "dump ended with status " status["pinned"]
	if (bad == "") bad = owners(c, kind)
	t = "truth=" said_truth
	if (mode == "truth") {
		say(bad == "no truth" || said_truth == "" ? "FAIL" : "PASS", c, t)
		return
	}
	t = t " rows=" said_rows said_who
	say(bad == "" ? "PASS" : "FAIL", c, t (bad == "" ? "" : ": " bad))
}

# Who owns the packets that a network card brought: functions of its driver, or of the protocols,
# `share` percent of a row. A call site that packets of others came through as well has at least as many
# with its owner as answers came. How many are the driver's depends on the kernel: it takes packets from
# arrays that only hooks see, and from those that a CPU kept of the ones it freed, without an event. So
# tracepoints alone may see none of them, but what the protocols keep.
function judge_net(c,    r, of, s, bad, objects, share, driver, protocol) {
	if (status["net"] != "0") { say("FAIL", c, "dump ended with status " status["net"]); return }
	objects = num(what[c, "objects"])
	if (net < objects) { say("FAIL", c, "answers: " net_said); return }
	for (r = 1; r <= who_rows["net"]; r++) {
		if (who["net", r, "symbol"] !~ /skb|kmalloc_reserve/ || num(who["net", r, "diff"]) < objects / 3)
			continue
		of = answerable("net", r)
		share = num(who["net", r, "owner_share"])
		s = s " " who["net", r, "symbol"] " " who["net", r, "diff"] ": " of " " int(share) "%, " \
		    who["net", r, "samples"] " samples;"
		if (share < num(what[c, "share"]) &&
		    share * num(who["net", r, "diff"]) < num(what[c, "share"]) * objects)
			bad = 1
		if (of ~ /^virtio_net:/) driver++
		else if (of ~ /^kernel:_*(raw|icmp|ip|arp|neigh)_/) protocol++
		else bad = 1
	}
	say(!bad && protocol && (driver + protocol > 1 || mode == "tracepoints") ? "PASS" : "FAIL", c, "answers=" net s)
}
