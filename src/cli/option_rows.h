/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options, in the order of --help. Included wherever something is made from all of them, hence
 * no guard, with these defined:
 *   STORED(type, name, members of struct kpm_option)  an option with a member of struct kpm_options
 *                                                      of that type and name
 *   OPTION(members of struct kpm_option)               one that is stored elsewhere, at
 *                                                      AT(member) or by SET(function)
 */
STORED(int64_t, for_ns, .name = "for", .arg = "DURATION", .kind = KPM_OPTION_DURATION,
       .commands = "dump stacks watch suspects record report audit", .group = "Counting",
       .help = "how long: 90s, 10m, 2h (10s; suspects 1m; watch, record: until ^C)")
STORED(int64_t, interval_ns, .name = "interval", .letter = 'D', .arg = "DURATION",
       .kind = KPM_OPTION_DURATION, .least = KPM_SECOND / 10,
       .commands = "console watch suspects record replay",
       .help = "time between two samples (2s; watch, record 10s; replay 1s)")
OPTION(.name = "objects", .arg = "N", .kind = KPM_OPTION_COUNT, AT(live.objects),
       .least = KPM_OBJECTS_MIN, .most = KPM_OBJECTS_MAX, .own_probes = true, .commands = "probes",
       .help = "capacity of the object table (0.4% of the memory; 250k, 2M)")
OPTION(.name = "tags", .arg = "N", .kind = KPM_OPTION_COUNT, AT(live.tags), .least = KPM_TAGS_MIN,
       .most = KPM_TAGS_MAX, .own_probes = true, .commands = "probes",
       .help = "capacity of the table of call sites")
OPTION(.name = "no-rescue", .kind = KPM_OPTION_FLAG, AT(live.no_rescue), .own_probes = true,
       .commands = "probes", .help = "attach no second copies of probes: cheaper, loses events")
OPTION(.name = "probes", .arg = "LIST", .kind = KPM_OPTION_OTHER, SET(set_probes),
       .own_probes = true, .commands = "probes",
       .help = "probes that must (+NAME) or must not (-NAME) be attached")
OPTION(.name = "samples", .arg = "PERCENT", .kind = KPM_OPTION_OTHER, SET(set_samples),
       .own_probes = true, .commands = "probes",
       .help = "processor time for stacks of allocations, of each CPU (0.1); or off")
STORED(bool, private, .name = "private", .kind = KPM_OPTION_FLAG, .commands = "reads",
       .help = "load probes of its own, even if tracking was started")
STORED(bool, no_audit, .name = "no-audit", .kind = KPM_OPTION_FLAG,
       .commands = "console dump stacks watch suspects record report",
       .help = "do not look for objects whose free was missed")
STORED(bool, verify, .name = "verify", .kind = KPM_OPTION_FLAG, .commands = "status",
       .help = "fail if any cache has more tracked objects than the kernel reports")
OPTION(.name = "pins", .arg = "DIR", .kind = KPM_OPTION_FOLDER, AT(live.roots.pins),
       .commands = "pins", .help = "folder that start pins into (kpoolmon in the bpf file system)")
STORED(const char *, from, .name = "from", .arg = "FILE[@TIME]", .kind = KPM_OPTION_FILE,
       .commands = "dump suspects", .help = "show or judge a recording instead of counting")
STORED(uint64_t, keep, .name = "keep", .arg = "SIZE", .kind = KPM_OPTION_COUNT, .least = 10000,
       .most = 1000000000000, .commands = "record",
       .help = "size limit of the recording, about (256M)")
STORED(uint64_t, per_op, .name = "per-op", .arg = "N", .kind = KPM_OPTION_COUNT, .least = 1,
       .most = UINT64_MAX / 2, .commands = "diff",
       .help = "growth for each of N operations done between the two")
OPTION(.name = "pool", .letter = 'p', .kind = KPM_OPTION_OTHER, SET(set_pool), .commands = "shows",
       .group = "Rows", .help = "non-paged (unreclaimable) memory only; twice: paged only")
STORED(struct kpm_list, include, .name = "include", .letter = 'i', .arg = "PATTERN",
       .kind = KPM_OPTION_LIST, .most = SIZE_MAX, .commands = "shows diff",
       .help = "only tags whose name, symbol, module or cache matches; repeatable")
STORED(struct kpm_list, exclude, .name = "exclude", .letter = 'x', .arg = "PATTERN",
       .kind = KPM_OPTION_LIST, .most = SIZE_MAX, .commands = "shows diff",
       .help = "not the tags that match; repeatable")
OPTION(.name = "sort", .arg = "COLUMN", .kind = KPM_OPTION_OTHER, SET(set_sort),
       .commands = "shows", .help = "order by a column (bytes)")
OPTION(.name = "by", .arg = "WHAT", .kind = KPM_OPTION_OTHER, SET(set_by),
       .commands = "dump stacks",
       .help = "sums by module, cache, owner, process or cgroup instead of tags")
OPTION(.name = "reverse", .kind = KPM_OPTION_FLAG, AT(view.reverse), .commands = "shows",
       .help = "in reverse order")
OPTION(.name = "limit", .arg = "N", .kind = KPM_OPTION_COUNT, AT(view.limit), .least = 1,
       .most = UINT32_MAX, .commands = "dump stacks suspects find diff report audit",
       .help = "the first N tags or files only (stacks, find, audit 20; report 25)")
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
STORED(bool, totals, .name = "totals", .letter = 'e', .kind = KPM_OPTION_FLAG, .commands = "shows",
       .help = "sums at the bottom of the table")
STORED(bool, no_highlight, .name = "no-highlight", .letter = 'l', .kind = KPM_OPTION_FLAG,
       .commands = "shows", .help = "no highlighting")
STORED(const char *, labels, .name = "labels", .letter = 'g', .arg = "FILE",
       .usual = KPM_LABELS_FILE, .kind = KPM_OPTION_FILE, .commands = "shows stacks suspects",
       .help = "add the column Label from FILE (" KPM_LABELS_FILE ")")
STORED(bool, exact, .name = "exact", .kind = KPM_OPTION_FLAG, .commands = "shows diff",
       .help = "sizes in bytes, without units")
STORED(bool, verbose, .name = "verbose", .kind = KPM_OPTION_FLAG, .commands = "dump",
       .help = "in the table, how each probe is attached")
STORED(const char *, columns, .name = "columns", .arg = "LIST", .kind = KPM_OPTION_TEXT,
       .commands = "shows", .help = "these columns; +LIST: these as well, see below")
OPTION(.name = "format", .arg = "FORMAT", .kind = KPM_OPTION_OTHER, SET(set_format),
       .commands = "dump stacks watch suspects find status diff audit", .group = "Output",
       .help = "table, csv, json, record, prometheus (by the suffix of FILE)")
STORED(struct kpm_list, outputs, .name = "output", .letter = 'o', .arg = "FILE",
       .kind = KPM_OPTION_FILES, .most = 8, .commands = "dump stacks diff report",
       .help = "write FILE instead of standard output; repeatable")
STORED(bool, append, .name = "append", .kind = KPM_OPTION_FLAG, .commands = "dump",
       .help = "add to FILE (csv, json)")
STORED(bool, changed, .name = "changed", .kind = KPM_OPTION_FLAG, .commands = "dump",
       .help = "with --append, only rows that changed since the last ones of FILE")
STORED(const char *, snapshot, .name = "snapshot", .letter = 'n', .arg = "FILE",
       .usual = KPM_SNAPSHOT_FILE, .kind = KPM_OPTION_FILE, .commands = "dump",
       .help = "write the exact table to FILE (" KPM_SNAPSHOT_FILE ")")
STORED(struct kpm_list, alerts, .name = "alert", .arg = "RULE", .kind = KPM_OPTION_LIST, .most = 64,
       .commands = "console watch", .group = "Alerts",
       .help = "such as 'bytes > 512M', 'growth > 64M in 10m'; repeatable")
STORED(const char *, alerts_file, .name = "alerts", .arg = "FILE", .kind = KPM_OPTION_FILE,
       .commands = "console watch", .help = "rules, a line each (" KPM_ALERTS_FILE ")")
STORED(bool, once, .name = "once", .kind = KPM_OPTION_FLAG, .commands = "watch",
       .help = "take one sample and end; status 3: alerts")
STORED(const char *, state, .name = "state", .arg = "FILE", .kind = KPM_OPTION_FILE,
       .commands = "watch", .help = "with --once, keep the samples of earlier runs in FILE")
STORED(bool, syslog, .name = "syslog", .kind = KPM_OPTION_FLAG, .commands = "watch",
       .help = "also to the journal or syslog")
STORED(const char *, exec, .name = "exec", .arg = "PROGRAM", .kind = KPM_OPTION_FILE,
       .commands = "watch", .help = "run PROGRAM for each alert that begins or ends")
OPTION(.name = "kernel", .arg = "VERSION", .kind = KPM_OPTION_OTHER, SET(set_kernel),
       .commands = "find", .group = "Searching", .help = "files of this kernel (the running one)")
STORED(const char *, root, .name = "root", .arg = "DIR", .kind = KPM_OPTION_FOLDER,
       .commands = "find", .help = "a copied tree: with lib/modules in it, or modules")
STORED(bool, help, .name = "help", .letter = 'h', .kind = KPM_OPTION_FLAG, .commands = "*",
       .group = "Other", .help = "this text; also -?")
STORED(bool, version, .name = "version", .kind = KPM_OPTION_FLAG, .commands = "*",
       .help = "the version")
