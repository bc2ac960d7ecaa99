/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands, in the order of --help. Included wherever something is made from all of them, with
 * COMMAND(NAME, members of struct kpm_command) defined for it; hence no guard.
 */
COMMAND(console, .options = "reads probes pins shows", .for_ns = 10 * KPM_SECOND,
	.interval_ns = 2 * KPM_SECOND, .terminal = true,
	.help = "poolmon's screen, until q; ? lists the keys")
COMMAND(dump, .operands = "[-- COMMAND [ARGUMENT...]]",
	.formats = "table csv json record prometheus", .options = "reads probes pins shows",
	.for_ns = 10 * KPM_SECOND, .interval_ns = 2 * KPM_SECOND, .child = true,
	.help = "count for ten seconds, or while COMMAND runs, and print")
COMMAND(suspects, .formats = "table csv json", .options = "reads probes pins",
	.for_ns = 60 * KPM_SECOND, .interval_ns = 2 * KPM_SECOND,
	.help = "watch for a minute, then rank what grew: leak, cache or churn")
COMMAND(stacks, .operands = "[TAG...]", .most = SIZE_MAX, .needs = "TAGs or patterns",
	.formats = "table json folded svg pprof", .options = "reads probes pins",
	.for_ns = 10 * KPM_SECOND,
	.help = "show by which ways, and by whom, what is outstanding was allocated")
COMMAND(watch, .formats = "table json", .options = "reads probes pins",
	.interval_ns = 10 * KPM_SECOND, .help = "alert when a tag grows past a threshold")
COMMAND(find, .operands = "NAME...", .least = 1, .most = SIZE_MAX,
	.needs = "a NAME: a symbol, a tag, a slab cache, a pattern or an address",
	.formats = "table json", .help = "find the module file of a symbol, a tag or a slab cache")
COMMAND(start, .options = "probes pins",
	.help = "track without a process, until stop; all commands then show what was counted")
COMMAND(stop, .options = "pins", .help = "end the tracking that start began")
COMMAND(status, .formats = "table json", .options = "pins",
	.help = "show whether tracking runs, since when, and its cost")
COMMAND(record, .operands = "FILE", .least = 1, .most = 1,
	.needs = "the name of a FILE to record into", .options = "reads probes pins",
	.interval_ns = 10 * KPM_SECOND,
	.help = "write a sample to FILE each interval, until a signal")
COMMAND(replay, .operands = "FILE[@TIME]", .least = 1, .most = 1,
	.needs = "the FILE of a recording", .options = "shows", .interval_ns = KPM_SECOND,
	.recording = true, .terminal = true, .help = "open the console on a recording")
COMMAND(diff, .operands = "A[@TIME] B[@TIME]", .least = 2, .most = 2,
	.needs = "two of CSV files and recordings, each as FILE or FILE@TIME",
	.formats = "table csv json",
	.help = "show what grew from A to B: CSV files, recordings, or two times of one")
COMMAND(report, .options = "reads probes pins", .for_ns = 10 * KPM_SECOND,
	.help = "write one text for a bug tracker: machine, modules, rows, losses")
COMMAND(audit, .formats = "table json", .options = "reads probes pins", .for_ns = 10 * KPM_SECOND,
	.audits = true, .help = "ask the allocator which tracked objects are free, and drop those")
