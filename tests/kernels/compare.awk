# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compares what a guest sent (guest/init) with what the case files say: one line of result per
# case. Runs on the host. Reads the case files (name = last part of the path), then the results.
#
# Variables: kernel (what to print), mode (see run), cases (list), limits from the
# case files:
#	path: what of the case no tracepoint shows: - or kfree_rcu, free_bulk, alloc_bulk, nolock,
#		skb_cache
#	since: first kernel that has it (run leaves it out below)
#	also: a tag that counts for the case besides its functions
#	check: attach, refuse, strays, load, audit, churn: decided here by name; owner, pinned: by
#		owners.awk; net: there, too; charged: by charged.awk
#	lost_per_million: N	of the allocs and frees of churn, of both together
#	kprobes: events		in mode kprobes what no event shows is not judged
#	full_NAME: N	what a counter may be in modes full and kprobes (missed, refused: 0
#			without it)
#
# A site is exact if its objects and bytes of either kind are the truth's. In mode tracepoints a
# site with a path may miss what that path hid: from truth less the unseen allocations up to truth
# plus the unseen frees, and the outputs must have named what is not seen. In mode audit the unseen
# frees have been found. Tags of modules that are
# gone say so. In mode memleak nothing is judged: lines SEEN have its figures beside the truth.

function field(line, name,    s) {
	if (!match(line, "(^| )" name "=[^ ]*")) return ""
	s = substr(line, RSTART, RLENGTH)
	sub(/^[^=]*=/, "", s)
	return s
}

# Splits a CSV record into f[1..], quotes undone; returns how many.
function csv(line, f,    n, s) {
	n = 0
	line = line ","
	while (line != "") {
		if (substr(line, 1, 1) == "\"") {
			match(line, /^"([^"]|"")*",/)
			s = substr(line, 2, RLENGTH - 3)
			gsub(/""/, "\"", s)
		} else {
			match(line, /^[^,]*,/)
			s = substr(line, 1, RLENGTH - 1)
		}
		if (RLENGTH < 1) break
		line = substr(line, RLENGTH + 1)
		f[++n] = s
	}
	return n
}

function num(s) { return s == "" ? 0 : s + 0 }

function say(verdict, name, text) {
	print verdict, kernel, mode, name, text
	total[verdict]++
}

function within(x, low, high) { return x >= low && x <= high }

BEGIN { split(cases, order, " ") }

{ sub(/\r$/, "") }

FILENAME ~ /\/cases\// {
	c = FILENAME
	sub(/.*\//, "", c)
	if (match($0, /^[a-z_]+: /)) what[c, substr($0, 1, RLENGTH - 2)] = substr($0, RLENGTH + 1)
	next
}

$1 == "kpm" && $2 == "status" { status[$3] = $4 }
$1 == "kpm" && $2 == "net" { net = $3 != "answers" ? 0 : $4 < $5 ? $4 : $5; net_said = substr($0, 9) }
$1 == "kpm" && $2 == "end" { ended = 1 }
$1 == "kpm" && $2 == "no-module" { nomodule = 1 }
$1 == "kpm" && $2 == "text" { text[$3] = $4 }
$1 == "audit" && match($0, /"audited":[0-9]+/) { audited = substr($0, RSTART + 10, RLENGTH - 10) }
$1 == "lost" && $2 == "csv" { losses = substr($0, 10) }
$1 == "kpm" && $2 == "beside:" { beside = beside " " substr($0, 13) }
$1 == "err" { said = said (said == "" ? "" : " | ") substr($0, 5) }
$1 == "dmesg" && / (BUG|Oops|WARNING): / && ++bugs <= 3 { oops = oops (oops == "" ? "" : " | ") $0 }
$1 == "slab" { slab_size[$2] = $3; slab_rcl[$2] = $4; slab_objects[$2] = $5 }
$1 == "memleak" { memleak[$2] = $3 }
$1 == "probe" && $2 == "csv" {
	way[$3] = $5 == "not" ? "" : $5
	if (way[$3] != "") ways[way[$3]] = ways[way[$3]] " " $3
	if (/unproven/) unproven = unproven " " $3
}
$1 == "second" { second = $2 }
$1 == "probe" && $2 == "load" && $3 == "alloc_bulk" && match($0, /called [0-9]+/) {
	load_bulks = substr($0, RSTART + 7, RLENGTH - 7)
}
$1 == "lost" && $2 == "load" { load_losses = substr($0, 11) }
$1 == "ran" { ran[$2 == "before_free" ? "before" : $2] = $3 }

$1 == "truth" {
	c = field($0, "case")
	k = c SUBSEP field($0, "sym") SUBSEP field($0, "cache") SUBSEP field($0, "mod") SUBSEP \
	    field($0, "owner")
	if (!(k in truth)) {
		truth[k] = 1
		sites[c] = sites[c] == "" ? k : sites[c] "\n" k
		known[field($0, "sym")] = 1
		# where a helper's call site is its caller
		known[substr(field($0, "owner"), index(field($0, "owner"), ":") + 1)] = 1
	}
	kind[k] = field($0, "kind")
	path[k] = field($0, "path")
	t_allocs[k] += field($0, "allocs"); t_out[k] += field($0, "out")
	t_nonp[k] += field($0, "nonp"); t_paged[k] += field($0, "paged")
	t_uf[k] += field($0, "uf"); t_ufb[k] += field($0, "ufb")
	t_ua[k] += field($0, "ua"); t_uab[k] += field($0, "uab")
	if (c ~ /^(unload|reload|newcomer|init_text)$/) ran[c] = 0
}

$1 == "charged" || $1 == "removed" { keep_sum($1, substr($0, length($1) + 2)) }

$1 == "csv" || $1 == "pinned" || $1 == "net" { keep_record($1, substr($0, length($1) + 2)) }

$1 == "csv" || $1 == "load" {
	rec = substr($0, length($1) + 2)
	n = csv(rec, f)
	if (f[1] == "time") {
		for (i = 1; i <= n; i++) col[$1, f[i]] = i
		next
	}
	if (!(($1, "tag") in col)) next
	if ($1 == "load") {
		load_allocs += num(f[col["load", "allocs"]])
		load_missed += num(f[col["load", "missed"]])
		if (f[col["load", "tag"]] ~ /^\((bulk|nolock)\)/) load_nameless = f[col["load", "tag"]]
		load_rows++
		next
	}
	r = ++rows
	tag[r] = f[col["csv", "tag"]]; cache[r] = f[col["csv", "cache"]]
	sym[r] = f[col["csv", "symbol"]]; mod[r] = f[col["csv", "module"]]
	type[r] = f[col["csv", "type"]]; allocs[r] = num(f[col["csv", "allocs"]])
	frees[r] = num(f[col["csv", "frees"]])
	diff[r] = num(f[col["csv", "diff"]]); bytes[r] = num(f[col["csv", "bytes"]])
	nonp[r] = num(f[col["csv", "nonp_bytes"]]); paged[r] = num(f[col["csv", "paged_bytes"]])
	missing = f[col["csv", "missing_probes"]]
	if (tag[r] ~ /^\((bulk|nolock)\)/) nameless = nameless " " tag[r]
	missed[r] = num(f[col["csv", "missed"]]); refused[r] = num(f[col["csv", "refused"]])
	sub(/\.(isra|constprop|part|cold).*/, "", sym[r])
}

# Does row r belong to site k (of case c)?
function mine(r, k, c,    p) {
	split(k, p, SUBSEP)
	if (p[3] != "-" && cache[r] != p[3]) return 0
	if (p[2] == "*") return 1
	if (what[c, "also"] != "" && tag[r] == what[c, "also"]) return 1
	return sym[r] == p[2] && mod[r] ~ ("^" p[4])
}

function judge(c,    n, list, i, k, r, p, want_n, want_p, size, d, b, bn, bp, al, mi, re, lo, hi,
	       blo, bhi, bad, tt, tb, kb, types, ka) {
	if (what[c, "path"] == "") return "no case file"
	if (!(c in ran)) return "the module did not run it"
	if (ran[c] != 0) return "the module returned " ran[c]
	n = split(sites[c], list, "\n")
	if (!n) return "no truth"
	bad = ""; out_truth = ""; out_rows = ""
	for (i = 1; i <= n; i++) {
		k = list[i]
		split(k, p, SUBSEP)
		if (path[k] != "-" && path[k] != what[c, "path"])
			bad = bad " path " path[k] " is not in the case file;"
		want_n = t_nonp[k]; want_p = t_paged[k]; kb = t_ufb[k]; ka = t_uab[k]
		if (p[3] != "-") {
			# A cache that is gone left nothing behind.
			size = slab_size[p[3]] + 0
			if (!size && t_out[k]) bad = bad " size of " p[3] " is unknown;"
			if (slab_rcl[p[3]] != "" && (slab_rcl[p[3]] == 1) != (kind[k] == "Paged"))
				bad = bad " " p[3] " is of the other kind;"
			if (slab_objects[p[3]] != "" && slab_objects[p[3]] != t_out[k])
				bad = bad " the kernel counts " slab_objects[p[3]] " in " p[3] ";"
			if (kind[k] == "Paged") want_p = t_out[k] * size
			else want_n = t_out[k] * size
			kb = t_uf[k] * size; ka = t_ua[k] * size
		}
		d = b = bn = bp = al = mi = re = 0; types = ""
		for (r = 1; r <= rows; r++) {
			if (!mine(r, k, c)) continue
			d += diff[r]; b += bytes[r]; bn += nonp[r]; bp += paged[r]; al += allocs[r]
			mi += missed[r]; re += refused[r]
			if (allocs[r] - frees[r] - refused[r] != diff[r])
				bad = bad " " tag[r] ": allocs less frees are not diff;"
			if (p[2] != "*" && gone(p[4]) != (mod[r] ~ / \(unloaded\)$/))
				bad = bad " module is " mod[r] ";"
			if (diff[r] && index(types, type[r]) == 0) types = types type[r]
		}
		lo = hi = t_out[k]; blo = bhi = want_n + want_p
		if ((mode == "tracepoints" || mode == "audit") && path[k] != "-") {
			if (!announced(path[k]))
				bad = bad " " path[k] " is not named as missing;"
			lo -= t_ua[k]; blo -= ka
			if (mode == "tracepoints") { hi += t_uf[k]; bhi += kb }
			if (lo < 0) lo = 0
			if (blo < 0) blo = 0
		} else {
			if (bn != want_n || bp != want_p)
				bad = bad sprintf(" %s: Nonp %d, not %d; Paged %d, not %d;", p[2], bn,
						  want_n, bp, want_p)
			if (mi > num(what[c, "full_missed"])) bad = bad " missed " mi ";"
		}
		if (!within(d, lo, hi) || !within(b, blo, bhi))
			bad = bad sprintf(" %s: %d/%d, not in %d-%d/%d-%d;", p[2], d, b, lo, hi, blo,
					  bhi)
		# what was there before the probes were is in the truth alone
		if (path[k] == "-" && p[2] != "*" && what[c, "also"] == "" && c != "before" &&
		    al != t_allocs[k])
			bad = bad sprintf(" %s: %d allocs, not %d;", p[2], al, t_allocs[k])
		if (re > num(what[c, "full_refused"])) bad = bad " refused " re ";"
		if (!al && t_ua[k] < t_allocs[k]) bad = bad " " p[2] ": never seen;"
		tt = want_n && want_p ? "Mixed" : want_p ? "Paged" : want_n ? "Nonp" : ""
		if (tt != "" && types != "" && types != tt && path[k] == "-" && p[2] != "*")
			bad = bad " " p[2] ": " types ", not " tt ";"
		out_truth = out_truth (i > 1 ? "+" : "") t_out[k] "/" (want_n + want_p)
		out_rows = out_rows (i > 1 ? "+" : "") d "/" b
	}
	sub(/^ /, "", bad); sub(/;$/, "", bad)
	return bad
}

# Was the module of a site unloaded in the end?
function gone(module) { return module == "left" || module == "gone" }

# Do the outputs say that a path is not seen?
function announced(path,    n, i, part) {
	n = split(path, part, "+")
	for (i = 1; i <= n; i++)
		if (missing !~ "(^| |_)" part[i] "( |$)") return 0
	return 1
}

# What the probes say of themselves against what the mode permits.
function attachment() {
	if (mode == "truth") return ""
	# since 7.0 programs are preempted
	if (nameless != "") return "callers that are not known:" nameless
	if (second != (kernel ~ /^6\./ ? "frees" : "classic")) return "second copies: " second
	if (mode ~ /^(full|checked|loads|preempt)$/ && (ways["kprobe"] ways["missing"] missing) != "")
		return "not by fentry:" ways["kprobe"] ways["missing"]
	if (mode ~ /^(full|checked|loads|preempt)$/ && kernel !~ /^6\./ && ways["fentry+kprobe"] !~ /kfree_rcu/)
		return "no kprobe beside fentry"
	if (mode == "kprobes" && (ways["fentry"] ways["fentry+kprobe"] ways["missing"] missing) != "")
		return "not by kprobe:" ways["fentry"] ways["missing"]
	if ((mode == "tracepoints" || mode == "audit") &&
	    ways["fentry"] ways["fentry+kprobe"] ways["kprobe"] != "")
		return "attached:" ways["fentry"] ways["fentry+kprobe"] ways["kprobe"]
	return ""
}

# What the audit said: where it is, it found much without hooks and nothing with all of them.
function auditing() {
	if (audited == "")
		return said ~ /needs Linux 6\.13/ && status["audit"] == 1 && split(kernel, v, ".") && \
		       (v[1] < 6 || (v[1] == 6 && v[2] < 13)) ? "" : "no audit"
	if (mode == "audit") return audited > 0 && status["audit"] == 0 ? "" : "status " status["audit"]
	match(losses, /at most [0-9]+ frees/)
	return audited <= substr(losses, RSTART + 8, RLENGTH - 8) + 0 && status["audit"] == 0 ? "" : \
	       "a probe did not see them, status " status["audit"]
}

# memleak: objects by its account and by the truth, per case.
function seen(c,    n, list, i, p, t, m) {
	n = split(sites[c], list, "\n")
	for (i = 1; i <= n; i++) {
		split(list[i], p, SUBSEP)
		t += t_out[list[i]]
		if (!(p[2] in added)) m += memleak[p[2]]
		added[p[2]] = 1
		# the call site may be a function that is not ours
		sub(/.*:/, "", p[5])
		if (!(p[5] in added)) m += memleak[p[5]]
		added[p[5]] = 1
	}
	split("", added)
	if (n) say("SEEN", c, "truth=" t + 0 " memleak=" m + 0)
}

# Events of churn that were lost, of either direction, in all its sites; sets events, names.
function lost_in_churn(c,    n, list, i, k, p, r, al, d, lost, a, f) {
	events = 0; names = ""
	n = split(sites[c], list, "\n")
	if (!n) { names = " no truth;"; return 0 }
	for (i = 1; i <= n; i++) {
		k = list[i]
		split(k, p, SUBSEP)
		if (mode == "kprobes" && what[c, "kprobes"] == "events" && path[k] != "-") continue
		al = d = 0
		for (r = 1; r <= rows; r++) {
			if (!mine(r, k, c)) continue
			al += allocs[r]; d += diff[r]
			if (refused[r]) names = names " refused " refused[r] ";"
		}
		if (!al) names = names " " p[2] ": never seen;"
		a = t_allocs[k] - al
		f = (t_allocs[k] - t_out[k]) - (al - d)
		if (a < 0) a = -a
		if (f < 0) f = -f
		if (a + f) where_lost = where_lost sprintf(" %s: %d of %d, %d of %d;", p[2],
			t_allocs[k] - al, t_allocs[k], (t_allocs[k] - t_out[k]) - (al - d),
			t_allocs[k] - t_out[k])
		lost += a + f
		events += 2 * t_allocs[k] - t_out[k]
	}
	return lost
}

function strays(    r, bad, i, k, p, own) {
	for (r = 1; r <= rows; r++) {
		if (mod[r] !~ /^(leaky|left|gone|other|lender|driver)( |$)/ && sym[r] !~ /^kpm_/) continue
		if (!(sym[r] in known)) bad = bad (bad == "" ? "" : ", ") tag[r] " " diff[r]
	}
	return bad
}

END {
	for (i = 1; i in order; i++) {
		c = order[i]
		if (c == "refuse") {
			if (status["csv"] == 1 && said ~ /6\.1/ && said !~ / \| /) say("PASS", c, said)
			else say("FAIL", c, "status " status["csv"] ", said: " said)
			continue
		}
		if (!ended) { say("FAIL", c, "the guest did not come to its end"); continue }
		if (mode == "memleak") { seen(c); continue }
		if (mode != "truth" && status["csv"] != "0") {
			say("FAIL", c, "dump ended with status " status["csv"] (told++ ? "" : ": " substr(said, 1, 300)))
			continue
		}
		if (c == "attach") {
			bad = rows > 0 || mode == "truth" ? attachment() : "no rows"
			if (bad == "") say("PASS", c, rows + 0 " rows, second copies: " second ", probes by" \
				(ways["fentry"] != "" ? " fentry:" ways["fentry"] : "") \
				(ways["kprobe"] != "" ? " kprobe:" ways["kprobe"] : "") \
				(ways["fentry+kprobe"] != "" ? " fentry+kprobe:" ways["fentry+kprobe"] : "") \
				(ways["fentry"] ways["kprobe"] ways["fentry+kprobe"] == "" ? " tracepoints only" : "") \
				(unproven != "" ? ", unproven:" unproven : ""))
			else say("FAIL", c, bad)
		} else if (c == "audit") {
			bad = auditing()
			t = audited == "" ? said : audited " were free, lost: " losses
			if (bad == "") say("PASS", c, t)
			else say("FAIL", c, t ": " bad)
		} else if (c == "strays") {
			bad = strays()
			if (bad == "") say("PASS", c, "none")
			else say("FAIL", c, bad)
		} else if (c == "load") {
			if (!load_allocs) { say("FAIL", c, "no sample, status " status["load"]); continue }
			ppm = load_missed * 1000000 / load_allocs
			t = sprintf("%d allocs, %d met an address still tracked (%.1f per million), lost %s",
				    load_allocs, load_missed, ppm, load_losses)
			# what the second copies found is what the first were skipped for
			match(load_losses, /Rescued: [0-9]+/)
			rescued = substr(load_losses, RSTART + 9, RLENGTH - 9)
			if ((mode == "full" || mode == "kprobes") && !load_bulks)
				say("FAIL", c, "no array was allocated")
			else if (load_nameless != "")
				say("FAIL", c, "the caller is not known: " load_nameless)
			else if (rescued * 100 > load_allocs)
				say("FAIL", c, t ": too much was rescued")
			else if (mode == "full" && ppm > num(what[c, "full_reused_per_million"])) say("FAIL", c, t)
			else say("PASS", c, t)
		} else if (what[c, "check"] == "net") {
			judge_net(c)
		} else if (what[c, "check"] == "charged") {
			judge_charged(c)
		} else if (nomodule) {
			say("FAIL", c, "the module could not be loaded")
		} else if (what[c, "check"] == "owner" || what[c, "check"] == "pinned") {
			judge_owners(c)
		} else if (what[c, "check"] == "churn" && mode != "truth") {
			where_lost = ""
			lost = lost_in_churn(c)
			bad = c in ran && ran[c] == 0 ? names : " the module did not run it"
			t = sprintf("%d events, %d lost (%.1f per million)", events, lost,
				    events ? lost * 1e6 / events : 0)
			if (bad == "" && lost * 1e6 <= what[c, "lost_per_million"] * events)
				say("PASS", c, t)
			else
				say("FAIL", c, t ":" bad where_lost)
		} else if (mode == "truth") {
			bad = judge(c)
			# No rows: what is left is what the module and the kernel say of themselves.
			n = split(bad, part, ";")
			bad = ""
			for (j = 1; j <= n; j++) {
				if (part[j] ~ /module|case file|kernel counts|other kind|unknown|no truth/)
					bad = bad part[j] ";"
			}
			say(bad == "" ? "PASS" : "FAIL", c, "truth=" out_truth bad)
		} else {
			bad = judge(c)
			t = "truth=" out_truth " rows=" out_rows
			if (c == "newcomer")
				t = t (text["other"] == text["gone"] ? " same" : " another") " address"
			if (bad == "") say("PASS", c, t)
			else say("FAIL", c, t ": " bad)
		}
	}
	if (beside != "") say("FAIL", "beside", "did not run:" beside)
	if (oops != "") say("FAIL", "kernel", bugs " complaints: " oops)
}
