// SPDX-License-Identifier: GPL-2.0-or-later
/* From tags to files and lines in a fake system; workers that crash, hang and eat memory. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "module.h"
#include "resolve/builtin.h"
#include "resolve/resolver.h"
#include "resolve/worker.h"
#include "resolve/worker_pool.h"

#define TREE   "lib/modules/6.12.1/"
#define SECOND 1000000000LL
#define ALL    (KPM_LOCATION_FILE | KPM_LOCATION_LINE)

struct box {
	char sys[512];
	struct kpm_tagset *tags;
	struct kpm_resolver *r;
};

static void box_open(struct box *b, const char *t, int64_t patience)
{
	struct kpm_resolver_opts opts = {.release = "6.12.1", .patience_ns = patience};
	struct kpm_err err;

	snprintf(b->sys, sizeof(b->sys), "%s/sys", t);
	opts.roots = (struct kpm_roots){.sys = b->sys, .proc = "/nonexistent", .fs = t};
	opts.file_max = 16 << 20;
	b->tags = kpm_tagset_new();
	if (kpm_resolver_new(&opts, &b->r, &err))
		fail_msg("%s", err.text);
}

static void box_close(struct box *b)
{
	kpm_resolver_free(b->r);
	kpm_tagset_free(b->tags);
}

static uint32_t ask(struct box *b, const char *symbol, unsigned int needs)
{
	int64_t tag = kpm_tagset_enter(b->tags, 0xffffffffc0001000, symbol, NULL, false);

	assert_true(tag >= 0);
	assert_int_equal(kpm_resolver_ask(b->r, tag, kpm_tagset_get(b->tags, tag), needs), 0);
	return tag;
}

static const struct kpm_location *wait_for(struct box *b, uint32_t tag)
{
	const struct kpm_location *p;

	kpm_resolver_wait(b->r, 20 * SECOND);
	assert_false(kpm_resolver_busy(b->r));
	p = kpm_resolver_get(b->r, tag);
	assert_non_null(p);
	return p;
}

static void ends(const char *text, const char *tail)
{
	assert_non_null(text);
	assert_true(strlen(text) >= strlen(tail));
	assert_string_equal(text + strlen(text) - strlen(tail), tail);
}

/* The note that the kernel shows of a loaded module. */
static void load(const char *t, const char *module, const char *build_id)
{
	unsigned char note[16 + 32] = {4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};
	char name[256];
	size_t n = strlen(build_id) / 2;

	note[4] = n;
	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		sscanf(build_id + 2 * i, "%2x", &byte);
		note[16 + i] = byte;
	}
	snprintf(name, sizeof(name), "sys/module/%s/notes/.note.gnu.build-id", module);
	tree_bytes(t, name, note, 16 + ((n + 3) & ~3UL));
}

/* A return address in a function of the module, as the kernel names it. */
static void symbol_of(const char *t, const char *function, char *buf, size_t size)
{
	struct kpm_buffer memory;
	struct kpm_image image;
	char path[1024];
	uint64_t at[4];

	kpm_buffer_init(&memory, 1 << 24);
	assert_int_equal(
		kpm_image_open(tree_path(t, TREE "extra/leak.ko", path), &memory, &image, NULL), 0);
	assert_true(module_calls(&image, function, at, 4) > 0);
	kpm_image_close(&image);
	kpm_buffer_done(&memory);
	snprintf(buf, size, "%s+0x%lx/0x80 [leak]", function, at[0]);
}

static void lines(void **state)
{
	const char *t = *state;
	const struct kpm_location *p;
	char symbol[128], build_id[KPM_BUILD_ID_LEN];
	struct kpm_err note;
	uint32_t tag;
	struct box b;

	if (!module_make(t, TREE "extra/leak.ko"))
		skip();
	symbol_of(t, "user", symbol, sizeof(symbol));
	/* nothing is said of what is loaded: the file is believed */
	box_open(&b, t, 0);
	tag = ask(&b, symbol, ALL);
	/* the file is known at once */
	ends(kpm_resolver_get(b.r, tag)->file, "/" TREE "extra/leak.ko");
	p = wait_for(&b, tag);
	assert_int_equal(p->build, KPM_BUILD_UNKNOWN);
	assert_string_equal(p->source, "leak.c");
	assert_int_equal(p->line, 13);
	assert_string_equal(p->inlined, "kmalloc");
	assert_string_equal(p->srcversion, "ABCDEF0123456789");
	assert_true(strlen(p->build_id) >= 32);
	snprintf(build_id, sizeof(build_id), "%s", p->build_id);
	assert_false(kpm_resolver_note(b.r, &note));
	/* again: what is known is not asked again, a new tag of the same file is */
	kpm_resolver_ask(b.r, tag, kpm_tagset_get(b.tags, tag), ALL);
	assert_false(kpm_resolver_busy(b.r));
	symbol_of(t, "plain", symbol, sizeof(symbol));
	p = wait_for(&b, ask(&b, symbol, ALL));
	assert_int_equal(p->line, 9);
	/* what is not there */
	p = wait_for(&b, ask(&b, "nobody+0x9/0x10 [leak]", ALL));
	ends(p->file, "leak.ko");
	assert_null(p->source);
	assert_int_equal(p->line, 0);
	p = wait_for(&b, ask(&b, "gone+0x9/0x10 [nowhere]", ALL));
	assert_null(p->file);
	assert_null(p->build_id);
	p = wait_for(&b, ask(&b, "load_msg+0x9/0x10", ALL));
	assert_null(p->file);
	p = wait_for(&b, ask(&b, "", ALL));
	assert_null(p->file);
	assert_null(kpm_resolver_get(b.r, 4711));
	box_close(&b);

	load(t, "leak", build_id);
	box_open(&b, t, 0);
	p = wait_for(&b, ask(&b, symbol, ALL));
	assert_int_equal(p->build, KPM_BUILD_LOADED);
	assert_int_equal(p->line, 9);
	box_close(&b);
}

/* Rebuilt after it was loaded: said, and no line is taken. */
static void other_build(void **state)
{
	const char *t = *state;
	const struct kpm_location *p;
	char symbol[128];
	struct kpm_err note;
	struct box b;

	if (!module_make(t, TREE "extra/leak.ko"))
		skip();
	symbol_of(t, "plain", symbol, sizeof(symbol));
	load(t, "leak", "00112233445566778899aabbccddeeff00112233");
	box_open(&b, t, 0);
	/* unloaded meanwhile: what was remembered counts */
	assert_true(shell(t, "rm -r sys/module/leak"));
	p = wait_for(&b, ask(&b, symbol, ALL));
	ends(p->file, "leak.ko");
	assert_int_equal(p->build, KPM_BUILD_OTHER);
	assert_null(p->source);
	assert_int_equal(p->line, 0);
	/* asked for the line later, the same */
	p = wait_for(&b, ask(&b, "user+0x9/0x30 [leak]", KPM_LOCATION_FILE));
	p = wait_for(&b, ask(&b, "user+0x9/0x30 [leak]", ALL));
	assert_null(p->source);
	assert_true(kpm_resolver_note(b.r, &note));
	assert_non_null(strstr(note.text, "leak.ko is not the build of leak that is loaded"));
	box_close(&b);
}

/* The kernel itself, by its own notes. */
static void vmlinux(void **state)
{
	const char *t = *state;
	const struct kpm_location *p;
	char symbol[128];
	struct box b;

	if (!module_make(t, TREE "extra/leak.ko") ||
	    !shell(t, "mkdir -p usr/lib/debug/boot && "
		      "ld -e 0 --unresolved-symbols=ignore-all --build-id " TREE
		      "extra/leak.ko -o usr/lib/debug/boot/vmlinux-6.12.1"))
		skip();
	symbol_of(t, "user", symbol, sizeof(symbol));
	*strchr(symbol, ' ') = '\0';
	box_open(&b, t, 0);
	p = wait_for(&b, ask(&b, symbol, ALL));
	ends(p->file, "/usr/lib/debug/boot/vmlinux-6.12.1");
	assert_string_equal(p->source, "leak.c");
	assert_int_equal(p->line, 13);
	box_close(&b);
}

/* Stops the workers, as a file system that does not answer would. */
static unsigned int stop_workers(void)
{
	FILE *f = fopen("/proc/thread-self/children", "r");
	unsigned int count = 0;
	int pid;

	if (!f)
		skip(); /* a kernel without CONFIG_PROC_CHILDREN */
	while (fscanf(f, "%d", &pid) == 1) {
		kill(pid, SIGSTOP);
		count++;
	}
	fclose(f);
	return count;
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void hung(void **state)
{
	const char *t = *state;
	const struct kpm_location *p;
	char symbol[128];
	struct kpm_err note;
	int64_t start;
	uint32_t tag;
	struct box b;

	if (!module_make(t, TREE "extra/leak.ko") || !module_make(t, TREE "extra/other.ko"))
		skip();
	symbol_of(t, "plain", symbol, sizeof(symbol));
	box_open(&b, t, SECOND / 2);
	assert_int_equal(stop_workers(), 2);
	tag = ask(&b, "plain+0x9/0x30 [other]", ALL);
	start = now();
	kpm_resolver_step(b.r);
	/* no step ever waits */
	assert_true(now() - start < SECOND / 10);
	p = wait_for(&b, tag);
	assert_true(now() - start < 5 * SECOND);
	assert_null(p->source);
	ends(p->file, "other.ko");
	assert_true(kpm_resolver_note(b.r, &note));
	assert_non_null(strstr(note.text, "other.ko could not be read in time"));
	/* the one that was stopped without work holds up one more; then all is well */
	wait_for(&b, ask(&b, "plain+0x9/0x30 [other]", ALL));
	p = wait_for(&b, ask(&b, symbol, ALL));
	if (!p->source)
		p = wait_for(&b, ask(&b, "user+0xc/0x40 [leak]", ALL));
	box_close(&b);
}

/* Is this the process that is ended first when memory is out? */
static bool first_to_go(void)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "r");
	int score = 0;

	if (f && fscanf(f, "%d", &score) != 1)
		score = 0;
	if (f)
		fclose(f);
	return score == 1000;
}

/* Is so much memory refused? */
static bool limited(size_t size)
{
#ifdef __SANITIZE_ADDRESS__
	return size; /* the limit would end the sanitizer */
#else
	return mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
	       MAP_FAILED;
#endif
}

/* What a worker is told to do; the answer says that it was done. */
static size_t act(void *arg, const void *in, size_t size, void *out, size_t room)
{
	const struct kpm_question *q = in;
	struct kpm_answer *a = out;

	(void)arg, (void)size, (void)room;
	memset(a, 0, sizeof(*a));
	if (!strcmp(q->symbol, "crash"))
		raise(SIGSEGV);
	if (!strcmp(q->symbol, "spin"))
		for (;;)
			*(volatile char *)out = 1;
	if (!strcmp(q->symbol, "sleep"))
		pause();
	if (!strcmp(q->symbol, "end"))
		_exit(0);
	a->known = true;
	if (!strcmp(q->symbol, "rights"))
		a->known = open("/proc/self/fd/4", O_RDONLY) < 0 && write(1, "x", 1) == 1 &&
			   prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
			   prctl(PR_CAPBSET_READ, 0, 0, 0, 0) != 1 && first_to_go();
	if (!strcmp(q->symbol, "greedy"))
		a->known = limited(4ULL << 30);
	a->line.line = q->offset;
	return sizeof(*a);
}

static const char *const acts[] = {"go", "crash", "go", "spin",   "end",
				   "go", "sleep", "go", "rights", "greedy"};
#define ACTS (sizeof(acts) / sizeof(*acts))

struct seen {
	int answers[64], failures[64];
};

static bool fill_act(void *arg, const struct kpm_job *job, struct kpm_question *q)
{
	(void)arg;
	memset(q, 0, sizeof(*q));
	q->offset = job->tag + 1;
	strcpy(q->symbol, acts[job->tag % ACTS]);
	return true;
}

static void done_act(void *arg, const struct kpm_job *job, const struct kpm_answer *a)
{
	struct seen *s = arg;

	if (!a) {
		s->failures[job->tag]++;
		return;
	}
	s->answers[job->tag] += a->known && a->line.line == (int)job->tag + 1;
}

/* Each trouble costs its own answer and no other. */
static void troubles(void **state)
{
	struct seen seen = {0};
	const struct kpm_crew_opts opts = {
		.workers = 2,
		.patience_ns = SECOND / 4,
		.debug_dir = "",
		.fill = fill_act,
		.done = done_act,
		.answer = act,
		.arg = &seen,
	};
	struct kpm_crew *crew;
	int64_t start = now();

	(void)state;
	assert_int_equal(kpm_crew_new(&opts, &crew, NULL), 0);
	for (uint32_t i = 0; i < 2 * ACTS; i++)
		assert_int_equal(kpm_crew_add(crew, &(struct kpm_job){0, i % 5, i}), 0);
	while (kpm_crew_busy(crew)) {
		struct pollfd fd = {kpm_crew_fd(crew), POLLIN, 0};

		kpm_crew_step(crew);
		/* the fd alone must wake us: also when somebody's time is over */
		if (kpm_crew_busy(crew))
			assert_int_equal(poll(&fd, 1, 3000), 1);
		assert_true(now() - start < 20 * SECOND);
	}
	kpm_crew_free(crew);
	for (size_t i = 0; i < 2 * ACTS; i++) {
		bool bad = strchr("cse", *acts[i % ACTS]);

		assert_int_equal(seen.answers[i], !bad);
		assert_int_equal(seen.failures[i], bad);
	}
	/* nothing is left */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A small file that unpacks to more than there may be. */
static void bomb(void **state)
{
	const char *t = *state;
	const struct kpm_location *p;
	struct box b;
	uint32_t tag;

	if (!shell(t, "mkdir -p " TREE "extra && head -c 64M /dev/zero | xz -0 >" TREE
		      "extra/leak.ko.xz"))
		skip();
	tree_file(t, TREE "extra/garbage.ko", "no ELF file");
	box_open(&b, t, 0);
	tag = ask(&b, "x+0x9/0x10 [garbage]", ALL);
	p = wait_for(&b, ask(&b, "user+0x9/0x30 [leak]", ALL));
	ends(p->file, "leak.ko.xz");
	assert_null(p->build_id);
	assert_null(p->source);
	p = wait_for(&b, tag);
	ends(p->file, "garbage.ko");
	assert_null(p->build_id);
	box_close(&b);
}

#define MANY    10000
#define MODULES 300

/* The budget: 10,000 tags to module and file. */
static void budget(void **state)
{
	const char *t = *state;
	int64_t best = INT64_MAX;
	char name[128];
	struct box b;

	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), TREE "kernel/m%d/mod-%d.ko", i % 100, i);
		tree_file(t, name, "");
	}
	box_open(&b, t, 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "function_%d+0x%x/0x100 [mod_%d]", i, i % 256,
			 i % MODULES * 13);
		kpm_tagset_enter(b.tags, 0xffffffffc0000000 + i, name, NULL, false);
	}
	for (int round = 0; round < 5; round++) {
		int64_t start = now();

		for (int i = 0; i < MANY; i++) {
			kpm_resolver_ask(b.r, i, kpm_tagset_get(b.tags, i), KPM_LOCATION_FILE);
			assert_non_null(kpm_resolver_get(b.r, i)->file);
		}
		best = now() - start < best ? now() - start : best;
		if (!round)
			print_message("10000 tags to module and file, first time: %.1f ms\n",
				      (now() - start) / 1e6);
	}
	print_message("10000 tags to module and file, warm: %.1f ms\n", best / 1e6);
	assert_true(best < 150000000);
	snprintf(name, sizeof(name), "/mod-%d.ko", 299 * 13);
	ends(kpm_resolver_get(b.r, 299)->file, name);
	box_close(&b);
}

/* The package of a file, with whatever package manager is here. */
static void vendor(void **state)
{
	struct kpm_question q = {.kind = KPM_ASK_VENDOR, .file = "/usr/bin/dpkg-query"};
	struct kpm_examiner *x = kpm_examiner_new("", 1 << 20);
	struct kpm_answer a;

	(void)state;
	if (access(q.file, X_OK)) {
		kpm_examiner_free(x);
		skip();
	}
	kpm_examiner_answer(x, &q, sizeof(q), &a, sizeof(a));
	assert_true(a.known);
	assert_string_equal(a.vendor, "dpkg");
	/* with and without /usr, whichever way it was packed */
	strcpy(q.file, "/bin/dpkg-query");
	kpm_examiner_answer(x, &q, sizeof(q), &a, sizeof(a));
	assert_true(a.known);
	strcpy(q.file, "/nonexistent; echo x: y");
	kpm_examiner_answer(x, &q, sizeof(q), &a, sizeof(a));
	assert_false(a.known);
	kpm_examiner_free(x);
}

/* More files than are kept open, in turn: each answer is about its own file. */
static void many_files(void **state)
{
	struct kpm_question q = {.kind = KPM_ASK_FACTS};
	struct kpm_examiner *x;
	const char *t = *state;
	char first[5][KPM_BUILD_ID_LEN], words[512];
	struct kpm_answer a;

	if (!module_make(t, "m0.ko"))
		skip();
	for (int i = 1; i < 5; i++) {
		snprintf(words, sizeof(words),
			 "cp m0.ko m%d.ko && head -c 36 /dev/urandom >note && "
			 "printf '\\4\\0\\0\\0\\24\\0\\0\\0\\3\\0\\0\\0GNU\\0' | "
			 "dd of=note conv=notrunc && "
			 "objcopy --update-section .note.gnu.build-id=note m%d.ko",
			 i, i);
		if (i == 4) /* packed, the same as another */
			snprintf(words, sizeof(words), "gzip -c m1.ko >m4.ko");
		assert_true(shell(t, words));
	}
	x = kpm_examiner_new("/nonexistent", 1 << 24);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++) {
			snprintf(q.file, sizeof(q.file), "%s/m%d.ko", t, i);
			kpm_examiner_answer(x, &q, sizeof(q), &a, sizeof(a));
			assert_true(a.known);
			if (!round)
				strcpy(first[i], a.facts.build_id);
			assert_string_equal(a.facts.build_id, first[i]);
		}
	}
	assert_string_not_equal(first[0], first[1]);
	assert_string_not_equal(first[1], first[3]);
	assert_string_equal(first[1], first[4]);
	kpm_examiner_free(x);
}

static void builtin(void **state)
{
	const char *t = *state;
	struct kpm_builtin *b;

	tree_file(t, "modules.builtin.ranges",
		  ".text 00000000-00000000 = _text\n"
		  ".text 0000baf0-0000cb10 amd_uncore\n"
		  ".text 008e9630-008ea610 snd_a snd_b\n"
		  ".text 000000f0-00000100 first\n"
		  ".text 00000200-00000100 backwards\n"
		  ".text x\n.text 1-\n.text 12-13\n"
		  ".data 00000000-00000000 = _sdata\n"
		  ".data 0000f020-0000f680 data\n");
	assert_int_equal(kpm_builtin_open(t, &b, NULL), 0);
	assert_string_equal(kpm_builtin_find(b, 0xbaf0), "amd_uncore");
	assert_string_equal(kpm_builtin_find(b, 0xcb0f), "amd_uncore");
	assert_null(kpm_builtin_find(b, 0xcb10));
	assert_null(kpm_builtin_find(b, 0xef));
	assert_string_equal(kpm_builtin_find(b, 0xf0), "first");
	assert_string_equal(kpm_builtin_find(b, 0x8e9630), "snd_a+snd_b");
	assert_null(kpm_builtin_find(b, 0xf021));
	kpm_builtin_free(b);
	assert_int_equal(kpm_builtin_open("/nonexistent", &b, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(other_build, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(vmlinux, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(hung, tree_make, tree_remove),
		cmocka_unit_test(troubles),
		cmocka_unit_test_setup_teardown(bomb, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(budget, tree_make, tree_remove),
		cmocka_unit_test(vendor),
		cmocka_unit_test_setup_teardown(many_files, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(builtin, tree_make, tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
