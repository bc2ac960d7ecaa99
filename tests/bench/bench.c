// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the probes cost, in one run, the variants interleaved round by round:
 *
 *   nothing   no program attached
 *   empty     empty programs on the four events
 *   empty x2  the same, twice on the free events
 *   once      kpoolmon --no-rescue
 *   kpoolmon  kpoolmon, the free programs twice
 *   hash map  the obvious way (variants.bpf.c)
 *   memleak   memleak of the distribution's libbpf-tools, where it is installed and runs (Debian
 *             has it since 13, as memleak-libbpf)
 *
 * Two loads: a message sent and received (a kmalloc and a kfree), and a look-up of a file that
 * does not exist (a kmem_cache_alloc and a kmem_cache_free, of the name); each warm, one object at
 * a time, and with a million objects live that are freed in random order, where mappings, made and
 * removed, stand for the names. For each: ns an operation of the load, without the kernel's
 * run-time statistics; ns a program run by these statistics, which contain about 45 ns of their
 * own. Both of the best round: what disturbs a round only ever adds.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <kpoolmon/source.h>

#include "variants.skel.h"

enum { MAX_ROUNDS = 64, QUEUES = 4096 };
enum event { KMALLOC, KFREE, CACHE_ALLOC, CACHE_FREE, EVENTS };
enum load { WARM, MILLION, LOADS };
enum kind { MSG, NAME, KINDS };
enum variant { NOTHING, EMPTY, EMPTY2, ONCE, KPOOLMON, HASHMAP, MEMLEAK, VARIANTS };

static const char *const variant_names[] = {"nothing",  "empty",    "empty x2", "once",
					    "kpoolmon", "hash map", "memleak"};

struct bench {
	unsigned int rounds, ops, live;
	int queues[QUEUES];
	char *maps; /* `live` pages, each a mapping of its own */
	uint64_t rnd;
	struct kpm_tagset *tags;
	bool have_memleak;
	double wall[VARIANTS][KINDS][LOADS]; /* ns an operation, best round */
	double prog[VARIANTS][LOADS][EVENTS][MAX_ROUNDS];
	unsigned int prog_rounds[VARIANTS][LOADS];
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

/* A variant, attached. */
struct attached {
	enum variant variant;
	struct kpm_source *source;
	struct variants_bpf *skel;
	struct bpf_link *links[6];
	pid_t child;
};

static void attach_empty(struct attached *a, bool twice)
{
	struct variants_bpf *s = a->skel;

	a->links[0] = bpf_program__attach_raw_tracepoint(s->progs.empty_kmalloc, "kmalloc");
	a->links[1] = bpf_program__attach_raw_tracepoint(s->progs.empty_calloc, "kmem_cache_alloc");
	a->links[2] = bpf_program__attach_raw_tracepoint(s->progs.empty_kfree, "kfree");
	a->links[3] = bpf_program__attach_raw_tracepoint(s->progs.empty_cfree, "kmem_cache_free");
	if (!twice)
		return;
	a->links[4] = bpf_program__attach_raw_tracepoint(s->progs.empty_kfree_again, "kfree");
	a->links[5] =
		bpf_program__attach_raw_tracepoint(s->progs.empty_cfree_again, "kmem_cache_free");
}

static void attach_hash(struct attached *a)
{
	struct variants_bpf *s = a->skel;

	a->links[0] = bpf_program__attach_raw_tracepoint(s->progs.hash_kmalloc, "kmalloc");
	a->links[1] = bpf_program__attach_raw_tracepoint(s->progs.hash_calloc, "kmem_cache_alloc");
	a->links[2] = bpf_program__attach_raw_tracepoint(s->progs.hash_kfree, "kfree");
	a->links[3] = bpf_program__attach_raw_tracepoint(s->progs.hash_cfree, "kmem_cache_free");
}

/* memleak prints once an hour: its counting alone is measured, not its reports. */
static void attach_memleak(struct attached *a)
{
	a->child = fork();
	if (!a->child) {
		int null = open("/dev/null", O_RDWR);

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
	struct kpm_live_opts opts = {.objects = b->live + b->live / 4,
				     .no_rescue = variant == ONCE};
	struct kpm_err err;

	*a = (struct attached){.variant = variant};
	if (variant == ONCE || variant == KPOOLMON) {
		if (kpm_live_open(&opts, b->tags, &a->source, &err)) {
			fprintf(stderr, "bench: %s\n", err.text);
			exit(1);
		}
	} else if (variant == MEMLEAK) {
		attach_memleak(a);
	} else if (variant != NOTHING) {
		a->skel = variants_bpf__open_and_load();
		if (!a->skel)
			die("load the variants");
		if (variant == HASHMAP)
			attach_hash(a);
		else
			attach_empty(a, variant == EMPTY2);
	}
}

static void detach(struct attached *a)
{
	kpm_source_close(a->source);
	for (int i = 0; i < 6; i++)
		bpf_link__destroy(a->links[i]);
	variants_bpf__destroy(a->skel);
	if (a->child) {
		kill(a->child, SIGKILL);
		waitpid(a->child, NULL, 0);
		usleep(200000);
	}
}

/* Which event a program of one of the variants serves, by its name; -1: not ours. */
static int event_of(const char *name)
{
	static const struct {
		const char *part;
		enum event event;
	} parts[] = {
		{"cache_alloc", CACHE_ALLOC}, {"calloc", CACHE_ALLOC}, {"cache_f", CACHE_FREE},
		{"cfree", CACHE_FREE},        {"kmalloc", KMALLOC},    {"kfree", KFREE},
	};

	if (strncmp(name, "kpm_", 4) && strncmp(name, "empty_", 6) && strncmp(name, "hash_", 5) &&
	    strncmp(name, "memleak__", 9))
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(name, parts[i].part))
			return parts[i].event;
	return -1;
}

struct usage {
	uint64_t ns[EVENTS], runs[EVENTS];
};

/*
 * Run times of the programs in the kernel: summed over the programs of an event, so that two
 * copies count as the one event that they serve; `runs` is of the first copy.
 */
static void read_usage(struct usage *u)
{
	uint32_t id = 0;

	memset(u, 0, sizeof(*u));
	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id), event;

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    (event = event_of(info.name)) >= 0) {
			u->ns[event] += info.run_time_ns;
			if (info.run_cnt > u->runs[event])
				u->runs[event] = info.run_cnt;
		}
		close(fd);
	}
}

static void measure(struct bench *b, enum variant variant, enum load load)
{
	struct usage before, after;
	struct attached a;
	int stats;

	attach(b, &a, variant);
	if (variant == MEMLEAK && !a.child) {
		b->have_memleak = false;
		return;
	}
	for (enum kind kind = 0; kind < KINDS; kind++) {
		uint64_t t;
		double ns;

		if (load == MILLION)
			fill(b, kind);
		run_load(b, kind, load, b->ops / 4);
		t = now_ns();
		run_load(b, kind, load, b->ops);
		ns = (double)(now_ns() - t) / b->ops;
		if (!b->wall[variant][kind][load] || ns < b->wall[variant][kind][load])
			b->wall[variant][kind][load] = ns;

		stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (stats < 0)
			die("enable the kernel's BPF run-time statistics");
		read_usage(&before);
		run_load(b, kind, load, b->ops);
		read_usage(&after);
		close(stats);
		for (enum event e = kind == MSG ? KMALLOC : CACHE_ALLOC;
		     e <= (kind == MSG ? KFREE : CACHE_FREE); e++)
			if (after.runs[e] > before.runs[e])
				b->prog[variant][load][e][b->prog_rounds[variant][load]] =
					(double)(after.ns[e] - before.ns[e]) /
					(after.runs[e] - before.runs[e]);
		if (load == MILLION)
			drain(b, kind);
	}
	b->prog_rounds[variant][load]++;
	detach(&a);
}

/* ns a run of an event's programs, best round. */
static double best(const struct bench *b, enum variant v, enum load l, enum event e)
{
	double least = 0;

	for (unsigned int r = 0; r < b->prog_rounds[v][l]; r++)
		if (!r || b->prog[v][l][e][r] < least)
			least = b->prog[v][l][e][r];
	return least;
}

static void report(const struct bench *b, enum load load)
{
	printf("\n%s\n", load == WARM ? "Warm, one object at a time"
				      : "With the live objects, freed in random order");
	printf("| variant | kmalloc | kfree | cache_alloc | cache_free | ns/message | x empty | "
	       "ns/look-up | x empty |\n");
	printf("| --- | --: | --: | --: | --: | --: | --: | --: | --: |\n");
	for (enum variant v = 0; v < VARIANTS; v++) {
		/* as many empty programs on the same events */
		enum variant base = v == KPOOLMON || v == EMPTY2 ? EMPTY2 : EMPTY;

		if (v == MEMLEAK && !b->have_memleak)
			continue;
		printf("| %s |", variant_names[v]);
		for (enum event e = 0; e < EVENTS; e++)
			if (v == NOTHING)
				printf(" |");
			else
				printf(" %.0f |", best(b, v, load, e));
		for (enum kind k = 0; k < KINDS; k++) {
			printf(" %.0f |", b->wall[v][k][load]);
			if (v == NOTHING)
				printf(" |");
			else
				printf(" %.2f |", b->wall[v][k][load] / b->wall[base][k][load]);
		}
		printf("\n");
	}
}

/* The budgets of the probes; prints each with its figure. Returns how many are not kept. */
static int judge(const struct bench *b)
{
	static const char *const names[] = {"kmalloc", "kfree", "kmem_cache_alloc",
					    "kmem_cache_free"};
	static const int limits[] = {20, 12, 20, 12};
	int failed = 0;

	printf("\nAbove an empty program, warm, one copy (budget: 20 ns an alloc, 12 ns a free)\n");
	for (enum event e = 0; e < EVENTS; e++) {
		double over = best(b, ONCE, WARM, e) - best(b, EMPTY, WARM, e);

		printf("  %-18s %5.1f ns  %s\n", names[e], over, over <= limits[e] ? "ok" : "OVER");
		failed += over > limits[e];
	}
	printf("A pair more with the live objects (budget: 60 ns)\n");
	for (enum kind k = 0; k < KINDS; k++) {
		enum event a = k == MSG ? KMALLOC : CACHE_ALLOC, f = a + 1;
		double cold = best(b, ONCE, MILLION, a) + best(b, ONCE, MILLION, f) -
			      best(b, EMPTY, MILLION, a) - best(b, EMPTY, MILLION, f);
		double warm = best(b, ONCE, WARM, a) + best(b, ONCE, WARM, f) -
			      best(b, EMPTY, WARM, a) - best(b, EMPTY, WARM, f);

		printf("  %-18s %5.1f ns  %s\n",
		       k == MSG ? "kmalloc + kfree" : "cache alloc + free", cold - warm,
		       cold - warm <= 60 ? "ok" : "OVER");
		failed += cold - warm > 60;
	}
	printf("Whole cost of a pair against as many empty programs (budget: 1.15)\n");
	for (enum kind k = 0; k < KINDS; k++) {
		double ours = b->wall[KPOOLMON][k][WARM] - b->wall[NOTHING][k][WARM];
		double once = b->wall[ONCE][k][WARM] - b->wall[NOTHING][k][WARM];
		double empty2 = b->wall[EMPTY2][k][WARM] - b->wall[NOTHING][k][WARM];
		double empty = b->wall[EMPTY][k][WARM] - b->wall[NOTHING][k][WARM];

		printf("  %-18s %5.2f (%.0f of %.0f ns) %s; without the second copy %.2f "
		       "(%.0f of %.0f ns)\n",
		       k == MSG ? "kmalloc + kfree" : "cache alloc + free", ours / empty2, ours,
		       empty2, ours / empty2 <= 1.15 ? "ok" : "OVER", once / empty, once, empty);
		failed += ours / empty2 > 1.15;
	}
	if (b->have_memleak) {
		double theirs = 0, ours = 0;

		for (enum event e = 0; e < EVENTS; e++) {
			theirs += best(b, MEMLEAK, WARM, e);
			ours += best(b, ONCE, WARM, e);
		}
		printf("memleak's in-program time over ours: %.1f (budget: 10) %s\n", theirs / ours,
		       theirs / ours >= 10 ? "ok" : "UNDER");
		failed += theirs / ours < 10;
	}
	return failed;
}

static void write_setting(const char *path, unsigned long value)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, "%lu\n", value) < 0 || fclose(f))
		die(path);
}

/* Room for a million messages and mappings. */
static void prepare(struct bench *b)
{
	write_setting("/proc/sys/kernel/msgmnb", 1 << 20);
	write_setting("/proc/sys/vm/max_map_count", b->live + 100000);
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
	cpu_set_t cpu;
	int failed;

	if (!b)
		die("calloc");
	b->rounds = argc > 1 ? atoi(argv[1]) : 15;
	b->ops = argc > 2 ? atoi(argv[2]) : 30000;
	b->live = argc > 3 ? atoi(argv[3]) : 1000000;
	b->tags = kpm_tagset_new();
	b->have_memleak = !system("command -v memleak-libbpf memleak >/dev/null");
	if (geteuid() || !b->tags || !b->rounds || b->rounds > MAX_ROUNDS || !b->ops || !b->live) {
		fprintf(stderr, "bench: usage (as root): bench [ROUNDS [OPS [LIVE]]]\n");
		return 2;
	}
	CPU_ZERO(&cpu);
	CPU_SET(1, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	prepare(b);
	for (unsigned int r = 0; r < b->rounds; r++)
		for (enum variant v = 0; v < VARIANTS; v++)
			if (v != MEMLEAK || (b->have_memleak && r < 3))
				measure(b, v, WARM);
	for (unsigned int r = 0; r < (b->rounds + 4) / 5; r++)
		for (enum variant v = 0; v < MEMLEAK; v++)
			measure(b, v, MILLION);
	printf("%u rounds of %u operations, %u objects live\n", b->rounds, b->ops, b->live);
	report(b, WARM);
	report(b, MILLION);
	failed = judge(b);
	for (int q = 0; q < QUEUES; q++)
		msgctl(b->queues[q], IPC_RMID, NULL);
	kpm_tagset_free(b->tags);
	free(b);
	return failed ? 1 : 0;
}
