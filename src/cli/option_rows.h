/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options, in the order of --help. Included wherever something is made from all of them, with
 * OPTION(members of struct kpm_option) defined for it, AT(member of struct kpm_options) and
 * SET(function); hence no guard.
 */
OPTION(.name = "for", .arg = "DURATION", .kind = KPM_OPTION_DURATION, AT(for_ns),
       .commands = "dump watch suspects record report audit", .group = "Counting",
       .help = "how long to count (10s, suspects 1m; 90s, 10m, 2h)")
OPTION(.name = "interval", .letter = 'D', .arg = "DURATION", .kind = KPM_OPTION_DURATION,
       AT(interval_ns), .least = KPM_SECOND / 10,
       .commands = "console watch suspects record replay",
       .help = "time between two samples (2s; watch, record 10s)")
OPTION(.name = "objects", .arg = "N", .kind = KPM_OPTION_COUNT, AT(live.objects),
       .least = KPM_OBJECTS_MIN, .most = KPM_OBJECTS_MAX, .own_probes = true, .commands = "probes",
       .help = "capacity of the object table (0.4% of the memory; 250k, 2M)")
OPTION(.name = "tags", .arg = "N", .kind = KPM_OPTION_COUNT, AT(live.tags), .least = KPM_TAGS_MIN,
       .most = KPM_TAGS_MAX, .own_probes = true, .commands = "probes",
       .help = "capacity of the table of call sites")
OPTION(.name = "no-rescue", .kind = KPM_OPTION_FLAG, AT(live.no_rescue), .own_probes = true,
       .commands = "probes", .help = "attach the free probes once only: cheaper, loses frees")
OPTION(.name = "probes", .arg = "LIST", .kind = KPM_OPTION_OTHER, SET(set_probes),
       .own_probes = true, .commands = "probes",
       .help = "probes that must (+NAME) or must not (-NAME) be attached")
OPTION(.name = "private", .kind = KPM_OPTION_FLAG, AT(private), .commands = "reads",
       .help = "load probes of its own, even if tracking was started")
OPTION(.name = "no-audit", .kind = KPM_OPTION_FLAG, AT(no_audit),
       .commands = "console dump watch suspects record report",
       .help = "keep objects in the rows whose free was not seen")
OPTION(.name = "verify", .kind = KPM_OPTION_FLAG, AT(verify), .commands = "status",
       .help = "fail if any cache has more tracked objects than the kernel reports")
OPTION(.name = "pins", .arg = "DIR", .kind = KPM_OPTION_FOLDER, AT(live.roots.pins),
       .commands = "pins", .help = "folder that start pins into (kpoolmon in the bpf file system)")
OPTION(.name = "from", .arg = "FILE", .kind = KPM_OPTION_FILE, AT(from), .commands = "dump",
       .help = "show a recording (FILE[@TIME]) instead of counting")
OPTION(.name = "keep", .arg = "SIZE", .kind = KPM_OPTION_COUNT, AT(keep), .least = 10000,
       .most = 1000000000000, .commands = "record",
       .help = "size limit of the recording's two files together (256M)")
OPTION(.name = "per-op", .arg = "N", .kind = KPM_OPTION_COUNT, AT(per_op), .least = 1,
       .most = UINT64_MAX / 2, .commands = "diff",
       .help = "growth for each of the N operations between the two")
OPTION(.name = "pool", .letter = 'p', .kind = KPM_OPTION_OTHER, SET(set_pool), .commands = "shows",
       .group = "Rows", .help = "non-paged (unreclaimable) memory only; twice: paged only")
OPTION(.name = "include", .letter = 'i', .arg = "PATTERN", .kind = KPM_OPTION_LIST, AT(include),
       .most = SIZE_MAX, .commands = "shows diff",
       .help = "only tags whose name, symbol, module or cache matches; repeatable")
OPTION(.name = "exclude", .letter = 'x', .arg = "PATTERN", .kind = KPM_OPTION_LIST, AT(exclude),
       .most = SIZE_MAX, .commands = "shows diff", .help = "no tags that match; repeatable")
OPTION(.name = "sort", .arg = "COLUMN", .kind = KPM_OPTION_OTHER, SET(set_sort),
       .commands = "shows", .help = "order by a column (bytes)")
OPTION(.name = "reverse", .kind = KPM_OPTION_FLAG, AT(view.reverse), .commands = "shows",
       .help = "in reverse order")
OPTION(.name = "limit", .arg = "N", .kind = KPM_OPTION_COUNT, AT(view.limit), .least = 1,
       .most = UINT32_MAX, .commands = "dump suspects find diff report audit",
       .help = "the first N tags or files only")
OPTION(.name = "by-change", .letter = '(', .kind = KPM_OPTION_TOGGLE, AT(view.by_change),
       .commands = "shows", .help = "order by the change in the second half of the counting")
OPTION(.letter = 't', .usual = "tag", .kind = KPM_OPTION_OTHER, SET(set_sort), .commands = "shows",
       .help = "order by tag")
OPTION(.letter = 'a', .usual = "allocs", .kind = KPM_OPTION_OTHER, SET(set_sort),
       .commands = "shows", .help = "order by allocs")
OPTION(.letter = 'f', .usual = "frees", .kind = KPM_OPTION_OTHER, SET(set_sort),
       .commands = "shows", .help = "order by frees")
OPTION(.letter = 'd', .usual = "diff", .kind = KPM_OPTION_OTHER, SET(set_sort), .commands = "shows",
       .help = "order by outstanding objects")
OPTION(.letter = 'b', .usual = "bytes", .kind = KPM_OPTION_OTHER, SET(set_sort),
       .commands = "shows", .help = "order by outstanding bytes")
OPTION(.letter = 'm', .usual = "per_alloc", .kind = KPM_OPTION_OTHER, SET(set_sort),
       .commands = "shows", .help = "order by bytes per object")
OPTION(.name = "totals", .letter = 'e', .kind = KPM_OPTION_FLAG, AT(totals), .commands = "shows",
       .help = "sums at the bottom of the table")
OPTION(.name = "no-highlight", .letter = 'l', .kind = KPM_OPTION_FLAG, AT(no_highlight),
       .commands = "shows", .help = "no highlighting")
OPTION(.name = "labels", .letter = 'g', .arg = "FILE", .usual = KPM_LABELS_FILE,
       .kind = KPM_OPTION_FILE, AT(labels), .commands = "shows",
       .help = "add the column Label from FILE (" KPM_LABELS_FILE ")")
OPTION(.name = "exact", .kind = KPM_OPTION_FLAG, AT(exact), .commands = "shows diff",
       .help = "sizes in bytes, without units")
OPTION(.name = "verbose", .kind = KPM_OPTION_FLAG, AT(verbose), .commands = "dump",
       .help = "in the table, how each probe is attached")
OPTION(.name = "columns", .arg = "LIST", .kind = KPM_OPTION_TEXT, AT(columns), .commands = "shows",
       .help = "these columns; +LIST: these as well, see below")
OPTION(.name = "format", .arg = "FORMAT", .kind = KPM_OPTION_OTHER, SET(set_format),
       .commands = "dump watch suspects find status diff audit", .group = "Output",
       .help = "table, csv, json, record, prometheus (by the suffix of FILE)")
OPTION(.name = "output", .letter = 'o', .arg = "FILE", .kind = KPM_OPTION_FILES, AT(outputs),
       .most = 8, .commands = "dump diff report",
       .help = "write FILE instead of standard output; repeatable")
OPTION(.name = "append", .kind = KPM_OPTION_FLAG, AT(append), .commands = "dump",
       .help = "add to FILE (csv, json)")
OPTION(.name = "changed", .kind = KPM_OPTION_FLAG, AT(changed), .commands = "dump",
       .help = "with --append, only rows that changed since the last ones of FILE")
OPTION(.name = "snapshot", .letter = 'n', .arg = "FILE", .usual = KPM_SNAPSHOT_FILE,
       .kind = KPM_OPTION_FILE, AT(snapshot), .commands = "dump",
       .help = "write the exact table to FILE (" KPM_SNAPSHOT_FILE ")")
OPTION(.name = "alert", .arg = "RULE", .kind = KPM_OPTION_LIST, AT(alerts), .most = 64,
       .commands = "console watch", .group = "Alerts",
       .help = "such as 'bytes > 512M', 'growth > 64M in 10m'; repeatable")
OPTION(.name = "alerts", .arg = "FILE", .kind = KPM_OPTION_FILE, AT(alerts_file),
       .commands = "console watch", .help = "rules, a line each (" KPM_ALERTS_FILE ")")
OPTION(.name = "once", .kind = KPM_OPTION_FLAG, AT(once), .commands = "watch",
       .help = "take one sample and end; status 3: alerts")
OPTION(.name = "state", .arg = "FILE", .kind = KPM_OPTION_FILE, AT(state), .commands = "watch",
       .help = "with --once, keep the samples of earlier runs in FILE")
OPTION(.name = "syslog", .kind = KPM_OPTION_FLAG, AT(syslog), .commands = "watch",
       .help = "also to the journal or syslog")
OPTION(.name = "exec", .arg = "PROGRAM", .kind = KPM_OPTION_FILE, AT(exec), .commands = "watch",
       .help = "run PROGRAM for each alert that begins or ends")
OPTION(.name = "kernel", .arg = "VERSION", .kind = KPM_OPTION_OTHER, SET(set_kernel),
       .commands = "find", .group = "Searching", .help = "files of this kernel (the running one)")
OPTION(.name = "root", .arg = "DIR", .kind = KPM_OPTION_FOLDER, AT(root), .commands = "find",
       .help = "a copied tree: with lib/modules in it, or modules")
OPTION(.name = "help", .letter = 'h', .kind = KPM_OPTION_FLAG, AT(help), .commands = "*",
       .group = "Other", .help = "this text; also -?")
OPTION(.name = "version", .kind = KPM_OPTION_FLAG, AT(version), .commands = "*",
       .help = "the version")
