// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measures the cost of the probes in one run, the variants interleaved round by round, and ends
 * with the budgets; status 0 if all are kept, 1 if one is not.
 *
 *   nothing   no program attached
 *   empty     empty programs on the four events
 *   empty x2  the same, twice on the free events
 *   empty +   empty programs, and empty ones on the classic tracepoints
 *   once      kpoolmon --no-rescue
 *   kpoolmon  kpoolmon, the free programs twice
 *   unsampled kpoolmon --samples off
 *   classic   kpoolmon --probes +classic: as where the kernel preempts programs
 *   least     the least that knows whether a freed object was counted, the free programs twice
 *   hash map  the usual way, hash maps of objects and of call sites (variants.bpf.c)
 *   memleak   memleak of the distribution's libbpf-tools, where it is installed and runs (Debian
 *             has it since 13, as memleak-libbpf)
 *
 * Two loads: a message sent and received (a kmalloc and a kfree), and a look-up of a file that
 * does not exist (a kmem_cache_alloc and a kmem_cache_free, of the name); each warm, one object at
 * a time, and with a million objects live that are freed in random order, where mappings, made and
 * removed, stand for the names. For each: ns an operation of the load, without the kernel's
 * run-time statistics; ns a program run by these statistics, which contain about 45 ns of their
 * own.
 *
 * A tag that begins, or begins again after a second's pause, has samples taken in close succession,
 * and fewer and fewer of them: that is what the credit of 0.1 percent of a CPU is for, and is over
 * before a warm load is measured.
 *
 * Where programs lie in memory decides which of their jumps the processor mispredicts, empty ones'
 * too: by several ns, the same in each round. Therefore all are loaded again every few rounds, into
 * other gaps between programs that are never run. Of the rounds with one placement the best counts,
 * since what disturbs a round mostly adds; of the placements the median.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "source/classic.h"
#include "source/probes.h"

#include "variants.skel.h"

enum {
	MAX_ROUNDS = 256,
	A_PLACEMENT = 4 /* rounds */,
	RUNS = 3 /* a round */,
	BEGINNING = 10 /* times the operations of a run */,
	FILLERS = 300,
	QUEUES = 4096
};
enum event { KMALLOC, KFREE, CACHE_ALLOC, CACHE_FREE, EVENTS };
enum load { WARM, MILLION, LOADS };
enum kind { MSG, NAME, KINDS };
enum variant {
	NOTHING,
	EMPTY,
	EMPTY2,
	EMPTY_CLASSIC,
	ONCE,
	KPOOLMON,
	UNSAMPLED,
	CLASSIC,
	LEAST,
	HASHMAP,
	MEMLEAK,
	VARIANTS
};

static const char *const pairs[] = {"kmalloc + kfree", "kmem_cache_alloc + kmem_cache_free"};
static const char *const variant_names[] = {"nothing", "empty",    "empty x2",  "empty +",
					    "once",    "kpoolmon", "unsampled", "classic",
					    "least",   "hash map", "memleak"};

struct bench {
	unsigned int rounds, ops, live;
	int queues[QUEUES];
	char *maps; /* `live` pages, each a mapping of its own */
	uint64_t rnd;
	bool have_memleak;
	double wall[VARIANTS][KINDS][LOADS][MAX_ROUNDS];
	double prog[VARIANTS][LOADS][EVENTS][MAX_ROUNDS];
	unsigned int done[VARIANTS][LOADS]; /* rounds */
	struct kpm_live_opts opts, unsampled_opts, classic_opts;
	struct kpm_probes probes, unsampled, classic;
	struct variants_bpf *skel;
	int fillers[FILLERS]; /* programs that are never run; 0: none, where there is a gap */
};

struct message {
	long type;
	char text[16];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint32_t next_random(struct bench *b)
{
	b->rnd = b->rnd * 6364136223846793005ULL + 1442695040888963407ULL;
	return b->rnd >> 33;
}

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void send_message(int queue)
{
	struct message m = {.type = 1};

	if (msgsnd(queue, &m, sizeof(m.text), IPC_NOWAIT))
		die("msgsnd");
}

static void receive_message(int queue)
{
	struct message m;

	if (msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT) < 0 && errno != ENOMSG)
		die("msgrcv");
}

/* Page n becomes a mapping of its own: its neighbours have other rights, so they do not merge. */
static void map_page(struct bench *b, unsigned int n)
{
	if (mmap(b->maps + n * 4096UL, 4096, n % 2 ? PROT_READ : PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		die("mmap (vm.max_map_count?)");
}

/* One operation frees an object and makes one. */
static void run_load(struct bench *b, enum kind kind, enum load load, unsigned int ops)
{
	for (unsigned int i = 0; i < ops; i++) {
		unsigned int n = load == WARM ? 0 : next_random(b);

		if (kind == MSG && load == MILLION) {
			receive_message(b->queues[n % QUEUES]);
			send_message(b->queues[n % QUEUES]);
		} else if (kind == MSG) {
			send_message(b->queues[0]);
			receive_message(b->queues[0]);
		} else if (load == MILLION) {
			munmap(b->maps + n % b->live * 4096UL, 4096);
			map_page(b, n % b->live);
		} else {
			access("/nonexistent-kpoolmon", F_OK);
		}
	}
}

static void fill(struct bench *b, enum kind kind)
{
	for (unsigned int i = 0; i < b->live; i++)
		if (kind == MSG)
			send_message(b->queues[i % QUEUES]);
		else
			map_page(b, i);
	/* out of the order in which they were made */
	run_load(b, kind, MILLION, b->live / 2);
}

static void drain(struct bench *b, enum kind kind)
{
	struct message m;

	if (kind == NAME) {
		munmap(b->maps, b->live * 4096UL);
		return;
	}
	for (int q = 0; q < QUEUES; q++)
		while (msgrcv(b->queues[q], &m, sizeof(m.text), 0, IPC_NOWAIT) >= 0)
			;
}

static int load_filler(unsigned int length)
{
	struct bpf_insn fill[256 + 1];

	for (unsigned int i = 0; i < length; i++)
		fill[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1};
	fill[length] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "filler", "GPL", fill, length + 1, NULL);
}

/* Loads all programs, at other places each time, and with empty tables. */
static void place(struct bench *b)
{
	struct kpm_err err;

	if (b->skel) {
		variants_bpf__destroy(b->skel);
		kpm_probes_unload(&b->probes);
		kpm_probes_unload(&b->unsampled);
		kpm_probes_unload(&b->classic);
	}
	for (int i = 0; i < FILLERS; i++) {
		if (b->fillers[i])
			close(b->fillers[i]);
		b->fillers[i] = load_filler(1 + next_random(b) % 256);
		if (b->fillers[i] < 0)
			die("load a filler");
	}
	for (int i = 0; i < FILLERS; i++)
		if (next_random(b) % 2) {
			close(b->fillers[i]);
			b->fillers[i] = 0;
		}
	usleep(50000); /* until their memory is free */
	b->skel = variants_bpf__open_and_load();
	if (!b->skel || kpm_probes_load(&b->probes, &b->opts, &err) ||
	    kpm_probes_load(&b->unsampled, &b->unsampled_opts, &err) ||
	    kpm_probes_load(&b->classic, &b->classic_opts, &err)) {
		fprintf(stderr, "bench: %s\n", b->skel ? err.text : "cannot load the variants");
		exit(1);
	}
}

/* A variant, attached. */
struct attached {
	struct kpm_probes *probes;
	struct bpf_link *links[8];
	pid_t child;
};

/* The programs of a variant of variants.bpf.c, whose names begin so; the copies with `twice`. */
static void attach_named(struct attached *a, const struct variants_bpf *s, const char *prefix,
			 bool twice)
{
	static const struct {
		const char *name, *event;
	} parts[] = {
		{"kmalloc", "kmalloc"},   {"calloc", "kmem_cache_alloc"},
		{"kfree", "kfree"},       {"cfree", "kmem_cache_free"},
		{"kfree_again", "kfree"}, {"cfree_again", "kmem_cache_free"},
	};

	for (int i = 0; i < (twice ? 6 : 4); i++) {
		char name[32];
		struct bpf_program *p;

		snprintf(name, sizeof(name), "%s%s", prefix, parts[i].name);
		p = bpf_object__find_program_by_name(s->obj, name);
		a->links[i] = p ? bpf_program__attach_raw_tracepoint(p, parts[i].event) : NULL;
		if (!a->links[i])
			die(name);
	}
}

static void attach_classic(struct bench *b, struct attached *a)
{
	const struct {
		struct bpf_program *program;
		const char *event;
	} parts[] = {
		{b->skel->progs.empty_kmalloc_classic, "kmalloc"},
		{b->skel->progs.empty_calloc_classic, "kmem_cache_alloc"},
		{b->skel->progs.empty_kfree_classic, "kfree"},
		{b->skel->progs.empty_cfree_classic, "kmem_cache_free"},
	};

	for (int i = 0; i < 4; i++) {
		a->links[4 + i] = kpm_classic_attach(parts[i].program, NULL, parts[i].event);
		if (!a->links[4 + i])
			die("attach to a classic tracepoint");
	}
}

/* memleak prints once an hour: its counting alone is measured, not its reports. */
static void attach_memleak(struct attached *a)
{
	a->child = fork();
	if (!a->child) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execlp("memleak-libbpf", "memleak-libbpf", "3600", NULL);
		execlp("memleak", "memleak", "3600", NULL);
		_exit(127);
	}
	sleep(2); /* until it is attached */
	if (waitpid(a->child, NULL, WNOHANG))
		a->child = 0;
}

static void attach(struct bench *b, struct attached *a, enum variant variant)
{
	struct kpm_err err;

	*a = (struct attached){0};
	if (variant == ONCE || variant == KPOOLMON || variant == UNSAMPLED || variant == CLASSIC) {
		a->probes = variant == CLASSIC     ? &b->classic
			    : variant == UNSAMPLED ? &b->unsampled
						   : &b->probes;
		a->probes->opts.no_rescue = variant == ONCE;
		if (kpm_probes_attach(a->probes, &err)) {
			fprintf(stderr, "bench: %s\n", err.text);
			exit(1);
		}
	} else if (variant == MEMLEAK) {
		attach_memleak(a);
	} else if (variant == HASHMAP) {
		attach_named(a, b->skel, "hash_", false);
	} else if (variant == LEAST) {
		attach_named(a, b->skel, "least_", true);
	} else if (variant != NOTHING) {
		attach_named(a, b->skel, "empty_", variant == EMPTY2);
		if (variant == EMPTY_CLASSIC)
			attach_classic(b, a);
	}
}

static void detach(struct attached *a)
{
	if (a->probes)
		kpm_probes_detach(a->probes);
	for (int i = 0; i < 8; i++)
		bpf_link__destroy(a->links[i]);
	if (a->child) {
		kill(a->child, SIGKILL);
		waitpid(a->child, NULL, 0);
	}
	usleep(20000);
}

/* Which event a program serves, by its name; -1: it is not one of the variant's. */
static int event_of(const char *name, enum variant variant)
{
	static const char *const prefixes[VARIANTS] = {
		[NOTHING] = "none",  [EMPTY] = "empty_",      [EMPTY2] = "empty_",
		[ONCE] = "kpm_",     [KPOOLMON] = "kpm_",     [LEAST] = "least_",
		[HASHMAP] = "hash_", [MEMLEAK] = "memleak__", [EMPTY_CLASSIC] = "empty_",
		[CLASSIC] = "kpm_",  [UNSAMPLED] = "kpm_",
	};
	static const struct {
		const char *part;
		enum event event;
	} parts[] = {
		{"cache_alloc", CACHE_ALLOC}, {"calloc", CACHE_ALLOC}, {"cache_free", CACHE_FREE},
		{"cfree", CACHE_FREE},        {"kmalloc", KMALLOC},    {"kfree", KFREE},
	};

	if (strncmp(name, prefixes[variant], strlen(prefixes[variant])))
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(name, parts[i].part))
			return parts[i].event;
	return -1;
}

/* The whole name of a program's function; the kernel's own name for it has 15 characters. */
static void function_name(int fd, char *name, size_t size)
{
	struct bpf_prog_info info = {0};
	struct bpf_func_info func = {0};
	uint32_t len = sizeof(info);
	const struct btf_type *t;
	struct btf *btf;

	*name = '\0';
	info.nr_func_info = 1;
	info.func_info_rec_size = sizeof(func);
	info.func_info = (uintptr_t)&func;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.btf_id)
		return;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	t = btf ? btf__type_by_id(btf, func.type_id) : NULL;
	if (t)
		snprintf(name, size, "%s", btf__name_by_offset(btf, t->name_off));
	btf__free(btf);
}

struct usage {
	uint64_t ns[EVENTS], runs[EVENTS];
};

/*
 * Run times of the programs in the kernel: summed over the programs of an event, so that two
 * copies count as the one event that they serve; `runs` is of the first copies.
 */
static void read_usage(struct usage *u, enum variant variant)
{
	uint32_t id = 0;

	memset(u, 0, sizeof(*u));
	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id), event;
		char name[128];

		if (fd < 0)
			continue;
		function_name(fd, name, sizeof(name));
		event = event_of(name, variant);
		if (event >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len)) {
			u->ns[event] += info.run_time_ns;
			if (!strstr(name, "_again") && !strstr(name, "_classic"))
				u->runs[event] += info.run_cnt;
		}
		close(fd);
	}
}

static void measure(struct bench *b, enum variant variant, enum load load)
{
	struct usage before, after;
	unsigned int round = b->done[variant][load];
	struct attached a;
	int stats;

	attach(b, &a, variant);
	if (variant == MEMLEAK && !a.child) {
		b->have_memleak = false;
		return;
	}
	for (enum kind kind = 0; kind < KINDS; kind++) {
		uint64_t t;

		if (load == MILLION)
			fill(b, kind);
		run_load(b, kind, load, a.probes && load == WARM ? BEGINNING * b->ops : b->ops / 4);
		for (int i = 0; i < RUNS; i++) {
			double ns;

			t = now_ns();
			run_load(b, kind, load, b->ops);
			ns = (double)(now_ns() - t) / b->ops;
			if (!i || ns < b->wall[variant][kind][load][round])
				b->wall[variant][kind][load][round] = ns;
		}

		stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (stats < 0)
			die("enable the kernel's BPF run-time statistics");
		read_usage(&before, variant);
		run_load(b, kind, load, b->ops);
		read_usage(&after, variant);
		close(stats);
		for (enum event e = kind == MSG ? KMALLOC : CACHE_ALLOC;
		     e <= (kind == MSG ? KFREE : CACHE_FREE); e++)
			if (after.runs[e] > before.runs[e])
				b->prog[variant][load][e][round] =
					(double)(after.ns[e] - before.ns[e]) /
					(after.runs[e] - before.runs[e]);
		if (load == MILLION)
			drain(b, kind);
	}
	b->done[variant][load]++;
	detach(&a);
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* The best of the rounds from `from` to `end` that have the same placement; 0: there is none. */
static double best(const double *values, unsigned int from, unsigned int end)
{
	double least = 0;

	for (unsigned int i = from; i < end && i < from + A_PLACEMENT; i++)
		if (values[i] > 0 && (!least || values[i] < least))
			least = values[i];
	return least;
}

/* The median of the placements, of `n` rounds in all. */
static double typical(const double *values, unsigned int n)
{
	double sorted[MAX_ROUNDS];
	unsigned int used = 0;

	for (unsigned int i = 0; i < n; i += A_PLACEMENT)
		if (best(values, i, n) > 0)
			sorted[used++] = best(values, i, n);
	qsort(sorted, used, sizeof(*sorted), by_value);
	return used ? sorted[used / 2] : 0;
}

/* ns a run of an event's programs. */
static double in_program(const struct bench *b, enum variant v, enum load l, enum event e)
{
	return typical(b->prog[v][l][e], b->done[v][l]);
}

/* ns an operation. */
static double whole(const struct bench *b, enum variant v, enum kind k, enum load l)
{
	return typical(b->wall[v][k][l], b->done[v][l]);
}

/* ns that a variant adds to an operation. */
static double added(const struct bench *b, enum variant v, enum kind k, enum load l)
{
	return whole(b, v, k, l) - whole(b, NOTHING, k, l);
}

/* What a variant adds to an operation over what another does, warm: of each placement, sorted. */
static unsigned int ratios(const struct bench *b, enum variant v, enum variant over, enum kind k,
			   double *sorted)
{
	const unsigned int n = b->done[v][WARM];
	unsigned int used = 0;

	for (unsigned int i = 0; i < n; i += A_PLACEMENT) {
		double nothing = best(b->wall[NOTHING][k][WARM], i, n);

		sorted[used++] = (best(b->wall[v][k][WARM], i, n) - nothing) /
				 (best(b->wall[over][k][WARM], i, n) - nothing);
	}
	qsort(sorted, used, sizeof(*sorted), by_value);
	return used;
}

static void report(const struct bench *b, enum load load)
{
	printf("\n%s\n", load == WARM ? "Warm, one object at a time"
				      : "With the live objects, freed in random order");
	printf("| variant | kmalloc | kfree | cache_alloc | cache_free | ns/message | added | "
	       "ns/look-up | added |\n");
	printf("| --- | --: | --: | --: | --: | --: | --: | --: | --: |\n");
	for (enum variant v = 0; v < VARIANTS; v++) {
		if (!b->done[v][load])
			continue;
		printf("| %s |", variant_names[v]);
		for (enum event e = 0; e < EVENTS; e++)
			if (v == NOTHING)
				printf(" |");
			else
				printf(" %.0f |", in_program(b, v, load, e));
		for (enum kind k = 0; k < KINDS; k++) {
			printf(" %.0f |", whole(b, v, k, load));
			if (v == NOTHING)
				printf(" |");
			else
				printf(" %.0f |", added(b, v, k, load));
		}
		printf("\n");
	}
}

/* ns in the programs of a pair that the live objects add, in one round. */
static double colder(const struct bench *b, enum variant v, enum kind k, unsigned int round)
{
	enum event alloc = k == MSG ? KMALLOC : CACHE_ALLOC;

	return b->prog[v][MILLION][alloc][round] + b->prog[v][MILLION][alloc + 1][round] -
	       in_program(b, v, WARM, alloc) - in_program(b, v, WARM, alloc + 1);
}

/*
 * Prints a budget, its measure and the verdict; a `limit` is the most or, with `at_least`, the
 * least. Returns whether it is kept: a measure that is no number keeps nothing.
 */
static bool kept(const char *what, double measure, double limit, bool at_least, const char *unit)
{
	bool ok = at_least ? measure >= limit : measure <= limit;

	printf("  %-42s %7.2f%s  budget %s %.2f%s  %s\n", what, measure, unit,
	       at_least ? ">=" : "<=", limit, unit, ok ? "kept" : "NOT kept");
	return ok;
}

static int judge_programs(const struct bench *b)
{
	static const struct {
		const char *name;
		double limit;
	} events[] = {
		{"kmalloc", 20}, {"kfree", 12}, {"kmem_cache_alloc", 20}, {"kmem_cache_free", 12}};
	int failed = 0;

	printf("\nIn a program above an empty one, warm, one copy\n");
	for (enum event e = 0; e < EVENTS; e++)
		failed += !kept(events[e].name,
				in_program(b, ONCE, WARM, e) - in_program(b, EMPTY, WARM, e),
				events[e].limit, false, " ns");
	return failed;
}

static int judge_pairs(const struct bench *b)
{
	int failed = 0;

	printf("Whole cost of a pair against as many empty programs, warm\n");
	for (enum kind k = 0; k < KINDS; k++) {
		double ours[MAX_ROUNDS], unsampled[MAX_ROUNDS], once[MAX_ROUNDS], least[MAX_ROUNDS];
		unsigned int n = ratios(b, KPOOLMON, EMPTY2, k, ours);

		ratios(b, ONCE, EMPTY, k, once);
		ratios(b, LEAST, EMPTY2, k, least);
		ratios(b, UNSAMPLED, EMPTY2, k, unsampled);
		failed += !kept(pairs[k], ours[n / 2], 1.18, false, "");
		printf("    %.2f to %.2f in 9 of 10 placements; %.0f of %.0f ns; without the second "
		       "copy %.2f; least %.2f\n",
		       ours[n / 20], ours[n - 1 - n / 20], added(b, KPOOLMON, k, WARM),
		       added(b, EMPTY2, k, WARM), once[n / 2], least[n / 2]);
		failed += !kept("  without samples", unsampled[n / 2], 1.15, false, "");
	}
	return failed;
}

/*
 * Both with the free programs twice. The pages that the tables get decide on how many misses each
 * has, in one round as much as twice those of another: the ratio is taken within each round, of
 * these the median.
 */
static int judge_live_objects(const struct bench *b)
{
	static const double limits[] = {1.6, 1.35};
	unsigned int n = b->done[KPOOLMON][MILLION];
	int failed = 0;

	printf("In-program time that the live objects add to a pair, as a ratio to least\n");
	for (enum kind k = 0; k < KINDS; k++) {
		double ratio[MAX_ROUNDS], ours[MAX_ROUNDS], least[MAX_ROUNDS];

		for (unsigned int i = 0; i < n; i++) {
			double empty = colder(b, EMPTY2, k, i);

			ours[i] = colder(b, KPOOLMON, k, i) - empty;
			least[i] = colder(b, LEAST, k, i) - empty;
			ratio[i] = least[i] > 0 ? ours[i] / least[i] : INFINITY;
		}
		qsort(ratio, n, sizeof(*ratio), by_value);
		qsort(ours, n, sizeof(*ours), by_value);
		qsort(least, n, sizeof(*least), by_value);
		failed += !kept(pairs[k], ratio[n / 2], limits[k], false, "");
		printf("    %.2f to %.2f in %u rounds; %.0f of %.0f ns\n", ratio[0], ratio[n - 1],
		       n, ours[n / 2], least[n / 2]);
	}
	return failed;
}

static int judge_memleak(const struct bench *b)
{
	double theirs = 0, ours = 0;

	printf("In-program time of memleak over ours, warm\n");
	if (!b->have_memleak) {
		printf("  not measured: memleak is not installed or does not run\n");
		return 0;
	}
	for (enum event e = 0; e < EVENTS; e++) {
		theirs += in_program(b, MEMLEAK, WARM, e);
		ours += in_program(b, ONCE, WARM, e);
	}
	return !kept("all four events", theirs / ours, 10, true, "");
}

/* Prints each budget with its measure. Returns how many are not kept. */
static int judge(const struct bench *b)
{
	int failed = judge_programs(b) + judge_pairs(b) + judge_live_objects(b) + judge_memleak(b);

	if (failed)
		printf("\nbudgets NOT kept: %d\n", failed);
	else
		printf("\nall budgets are kept\n");
	return failed;
}

static struct setting {
	const char *path;
	unsigned long before;
} settings[] = {{"/proc/sys/kernel/msgmnb", 0}, {"/proc/sys/vm/max_map_count", 0}};

static int write_setting(const char *path, unsigned long value)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fprintf(f, "%lu\n", value);
	return fclose(f);
}

static void restore_settings(void)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (settings[i].before)
			write_setting(settings[i].path, settings[i].before);
}

static void make_room(struct setting *s, unsigned long room)
{
	FILE *f = fopen(s->path, "r");

	if (!f || fscanf(f, "%lu", &s->before) != 1 || fclose(f) || write_setting(s->path, room))
		die(s->path);
}

/* Room for a million messages and mappings. */
static void prepare(struct bench *b)
{
	atexit(restore_settings);
	make_room(&settings[0], 1 << 20);
	make_room(&settings[1], b->live + 100000);
	b->maps = mmap(NULL, b->live * 4096UL, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->maps == MAP_FAILED)
		die("mmap");
	munmap(b->maps, b->live * 4096UL);
	for (int q = 0; q < QUEUES; q++) {
		b->queues[q] = msgget(IPC_PRIVATE, 0600);
		if (b->queues[q] < 0)
			die("msgget (kernel.msgmni?)");
	}
}

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	unsigned int live;
	cpu_set_t cpu;
	int failed;

	if (!b)
		die("calloc");
	b->rounds = argc > 1 ? atoi(argv[1]) : 24 * A_PLACEMENT;
	b->ops = argc > 2 ? atoi(argv[2]) : 10000;
	b->live = argc > 3 ? atoi(argv[3]) : 1000000;
	if (geteuid() || !b->rounds || b->rounds > MAX_ROUNDS || !b->ops || !b->live) {
		fprintf(stderr, "bench: usage (as root): bench [ROUNDS [OPS [LIVE]]]\n");
		return 2;
	}
	live = (b->rounds + 31) / 32;
	b->have_memleak =
		!system("{ command -v memleak-libbpf || command -v memleak; } >/dev/null");
	/* room for what is allocated while attached and freed while not */
	b->opts = (struct kpm_live_opts){.no_sampling = true, .objects = b->live + 250000};
	b->unsampled_opts = b->opts;
	b->unsampled_opts.samples = -1;
	b->classic_opts = b->opts;
	b->classic_opts.hooks.classic = KPM_WISH_ON;
	CPU_ZERO(&cpu);
	CPU_SET(1, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	prepare(b);
	for (unsigned int r = 0; r < b->rounds; r++) {
		if (r % A_PLACEMENT == 0)
			place(b);
		for (enum variant v = 0; v < VARIANTS; v++)
			if (v != MEMLEAK || (b->have_memleak && r < 3))
				measure(b, v, WARM);
	}
	/* what a variant does not see freed must not be in the way of the next */
	for (unsigned int r = 0; r < 3 * live; r++)
		for (enum variant v = 0; v < MEMLEAK; v++) {
			/* three times as many rounds of those that are judged */
			if ((r >= live && v != EMPTY2 && v != KPOOLMON && v != LEAST) ||
			    v == UNSAMPLED)
				continue;
			place(b);
			measure(b, v, MILLION);
		}
	printf("%u rounds of %u operations with %u placements, %u objects live\n", b->rounds,
	       b->ops, (b->rounds + A_PLACEMENT - 1) / A_PLACEMENT, b->live);
	report(b, WARM);
	report(b, MILLION);
	failed = judge(b);
	for (int q = 0; q < QUEUES; q++)
		msgctl(b->queues[q], IPC_RMID, NULL);
	variants_bpf__destroy(b->skel);
	kpm_probes_unload(&b->probes);
	kpm_probes_unload(&b->unsampled);
	kpm_probes_unload(&b->classic);
	free(b);
	return failed ? 1 : 0;
}
