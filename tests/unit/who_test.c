// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is behind a tag: shares and their errors, owners of stacks, and what is divided by them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "model/rollup.h"
#include "model/who.h"
#include "resolve/cgroups.h"
#include "resolve/helpers.h"
#include "resolve/owners.h"
#include "resolve/paths.h"
#include "resolve/stays.h"

/* A kernel's symbols: each function is 0x100 long, in this order. */
static const char *const functions[] = {
	"do_syscall_64",
	"asm_sysvec_apic_timer_interrupt",
	"handle_softirqs",
	"__alloc_skb",
	"kmemdup_noprof",
	"plain_site",
	"tcp_sendmsg.constprop.0",
	"first_user",
	"second_user",
	"third_user",
	"fourth_user",
	"do_one_initcall",
	"vfs_write",
	"end_of_text",
};
#define FUNCTIONS      (sizeof(functions) / sizeof(*functions))
#define KERNEL(n, off) (0xffffffff81000000ULL + (n)*0x100 + (off))
#define MODULE_A       0xffffffffc0000000ULL
#define MODULE_B       0xffffffffc0010000ULL

enum {
	SYSCALL,
	APIC,
	SOFTIRQ,
	ALLOC_SKB,
	KMEMDUP,
	PLAIN,
	SENDMSG,
	FIRST,
	SECOND,
	THIRD,
	FOURTH,
	INITCALL,
	VFS
};

struct machine {
	char root[64];
	struct kpm_roots roots;
	struct kpm_ksyms *ksyms;
	struct kpm_tagset *tags;
	struct kpm_samples samples;
	struct kpm_owners *owners;
	struct kpm_who *who;
};

static void build(struct machine *m, const struct kpm_labels *labels)
{
	char path[128];
	FILE *f;

	memset(m, 0, sizeof(*m));
	strcpy(m->root, "/tmp/kpm-who.XXXXXX");
	assert_non_null(mkdtemp(m->root));
	snprintf(path, sizeof(path), "%s/kallsyms", m->root);
	f = fopen(path, "w");
	for (size_t i = 0; i < FUNCTIONS; i++)
		fprintf(f, "%llx T %s\n", KERNEL(i, 0), functions[i]);
	fprintf(f, "%llx t lib_alloc\t[lib]\n%llx t lib_end\t[lib]\n", MODULE_A, MODULE_A + 0x100);
	fprintf(f, "%llx t drv_path\t[drv]\n%llx t drv_end\t[drv]\n", MODULE_B, MODULE_B + 0x100);
	fclose(f);
	m->roots.proc = m->root;
	assert_int_equal(kpm_ksyms_open(&m->roots, &m->ksyms, NULL), 0);
	m->tags = kpm_tagset_new();
	m->owners = kpm_owners_new(&m->roots, m->ksyms, labels);
	m->who = kpm_who_new();
}

static void done(struct machine *m)
{
	char path[128];

	kpm_owners_free(m->owners);
	kpm_who_free(m->who);
	kpm_tagset_free(m->tags);
	kpm_ksyms_close(m->ksyms);
	kpm_samples_done(&m->samples);
	snprintf(path, sizeof(path), "%s/kallsyms", m->root);
	unlink(path);
	rmdir(m->root);
}

static uint32_t enter(struct machine *m, const char *symbol)
{
	return kpm_tagset_enter(m->tags, 1, symbol, NULL, false);
}

/* A stack of a tag, with as many samples of that weight by that process. */
static void add(struct machine *m, uint32_t tag, uint32_t samples, uint64_t weight, uint32_t pid,
		const uint64_t *ip, uint32_t frames)
{
	struct kpm_samples *s = &m->samples;
	struct kpm_stack_of *stack;

	s->stacks = realloc(s->stacks, (s->stack_count + 1) * sizeof(*s->stacks));
	stack = &s->stacks[s->stack_count];
	*stack = (struct kpm_stack_of){.tag = tag,
				       .hash = 1000 + s->stack_count,
				       .taken = samples * weight,
				       .time_ns = 100,
				       .frames = frames};
	memcpy(stack->ip, ip, frames * sizeof(*ip));
	s->list = realloc(s->list, (s->count + samples) * sizeof(*s->list));
	for (uint32_t i = 0; i < samples; i++) {
		struct kpm_sample_of *one = &s->list[s->count++];

		*one = (struct kpm_sample_of){.tag = tag,
					      .stack = s->stack_count,
					      .weight = weight,
					      .pid = pid,
					      .started_ns = 5,
					      .cgroup = 0};
		snprintf(one->comm, sizeof(one->comm), "prog%u", (unsigned int)pid);
	}
	s->stack_count++;
}

#define ADD(m, tag, samples, weight, pid, ...)                                                     \
	add(m, tag, samples, weight, pid, (const uint64_t[]){__VA_ARGS__},                         \
	    sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static void update(struct machine *m)
{
	assert_int_equal(kpm_owners_update(m->owners, &m->samples, NULL, m->tags, m->who), 0);
}

static const struct kpm_party *owner_of(struct machine *m, uint32_t tag)
{
	const struct kpm_share *first = kpm_who_first(m->who, tag, KPM_OWNER);

	return first ? kpm_who_get(m->who, first->party) : NULL;
}

static void expect_owner(struct machine *m, uint32_t tag, const char *function, const char *module)
{
	const struct kpm_party *owner = owner_of(m, tag);

	assert_non_null(owner);
	assert_string_equal(owner->name, function);
	assert_string_equal(owner->module, module);
}

/* A plain function owns its tag without any sample, a helper's tag has its callers as owners. */
static void owners(void **state)
{
	struct machine m;
	uint32_t plain, skb, dup;
	uint32_t count;

	(void)state;
	build(&m, NULL);
	plain = enter(&m, "plain_site+0x10/0x100");
	skb = enter(&m, "__alloc_skb+0x20/0x100");
	dup = enter(&m, "kmemdup_noprof+0x20/0x100");
	update(&m);
	expect_owner(&m, plain, "plain_site", "kernel");
	assert_null(owner_of(&m, skb));
	/* what compilers append to a name is cut, the entry point is never reached */
	ADD(&m, skb, 3, 1, 7, KERNEL(ALLOC_SKB, 0x20), KERNEL(SENDMSG, 0x30), KERNEL(SYSCALL, 8));
	ADD(&m, dup, 1, 1, 7, KERNEL(KMEMDUP, 0x20), KERNEL(SYSCALL, 8));
	update(&m);
	expect_owner(&m, skb, "tcp_sendmsg", "kernel");
	expect_owner(&m, dup, "kmemdup_noprof", "kernel");
	assert_int_equal(kpm_owners_depth(m.owners, &m.samples, 0), 2);
	assert_int_equal(kpm_who_samples(m.who, skb), 3);
	kpm_who_shares(m.who, plain, KPM_PROCESS, &count);
	assert_int_equal(count, 0);
	done(&m);
}

/* A module's function that another module calls works for that one. */
static void other_module(void **state)
{
	struct machine m;
	uint32_t tag;

	(void)state;
	build(&m, NULL);
	tag = enter(&m, "lib_alloc+0x20/0x100 [lib]");
	ADD(&m, tag, 9, 1, 7, MODULE_A + 0x20, MODULE_B + 0x20, KERNEL(SYSCALL, 8));
	ADD(&m, tag, 1, 1, 7, MODULE_A + 0x20, KERNEL(FIRST, 8), KERNEL(SYSCALL, 8));
	update(&m);
	expect_owner(&m, tag, "drv_path", "drv");
	assert_true(fabs(kpm_who_first(m.who, tag, KPM_OWNER)->share - 0.9) < 1e-9);
	/* through another function of the first module, too; not through the kernel */
	ADD(&m, tag, 40, 1, 7, MODULE_A + 0x20, MODULE_A + 0x30, MODULE_B + 0x20);
	ADD(&m, tag, 10, 1, 7, MODULE_A + 0x20, KERNEL(FIRST, 8), MODULE_B + 0x20);
	update(&m);
	expect_owner(&m, tag, "drv_path", "drv");
	assert_true(fabs(kpm_who_first(m.who, tag, KPM_OWNER)->share - 49 / 60.0) < 1e-9);
	done(&m);
}

/* A function that many others call is a helper; what was taken decides, also what was freed. */
static void fan_out(void **state)
{
	struct machine m;
	uint32_t tag;

	(void)state;
	build(&m, NULL);
	tag = enter(&m, "plain_site+0x20/0x100");
	for (int caller = FIRST; caller <= THIRD; caller++)
		ADD(&m, tag, 10, 1, 7, KERNEL(PLAIN, 0x20), KERNEL(caller, 8), KERNEL(SYSCALL, 8));
	update(&m);
	expect_owner(&m, tag, "plain_site", "kernel");
	ADD(&m, tag, 40, 1, 7, KERNEL(PLAIN, 0x20), KERNEL(FOURTH, 8), KERNEL(SYSCALL, 8));
	update(&m);
	expect_owner(&m, tag, "fourth_user", "kernel");
	done(&m);
}

/* In an interrupt the process that it hit has no part; its frames come behind those of the entry. */
static void interrupts(void **state)
{
	struct machine m;
	const struct kpm_share *first;
	uint32_t tag;

	(void)state;
	build(&m, NULL);
	tag = enter(&m, "__alloc_skb+0x20/0x100");
	ADD(&m, tag, 2, 1, 7, KERNEL(ALLOC_SKB, 0x20), KERNEL(FIRST, 8), KERNEL(SOFTIRQ, 8),
	    KERNEL(APIC, 8), KERNEL(SECOND, 8), KERNEL(SYSCALL, 8));
	ADD(&m, tag, 1, 1, 7, KERNEL(ALLOC_SKB, 0x20), KERNEL(SOFTIRQ, 8), KERNEL(SECOND, 8));
	update(&m);
	first = kpm_who_first(m.who, tag, KPM_PROCESS);
	assert_non_null(first);
	assert_string_equal(kpm_who_get(m.who, first->party)->name, KPM_INTERRUPT);
	assert_true(first->share == 1);
	expect_owner(&m, tag, "first_user", "kernel");
	done(&m);
}

/* Code that was unloaded since has the names that were kept for it. */
static void unloaded(void **state)
{
	struct machine m;
	struct kpm_gone_name *gone;
	uint32_t tag;

	(void)state;
	build(&m, NULL);
	tag = enter(&m, "__alloc_skb+0x20/0x100");
	ADD(&m, tag, 1, 1, 7, KERNEL(ALLOC_SKB, 0x20), MODULE_B + 0x20, KERNEL(SYSCALL, 8));
	gone = calloc(1, sizeof(*gone));
	*gone = (struct kpm_gone_name){MODULE_B + 0x20, 200, "old_path+0x20/0x40 [olddrv]"};
	m.samples.gone = gone;
	m.samples.gone_count = 1;
	update(&m);
	expect_owner(&m, tag, "old_path", "olddrv");
	done(&m);
}

/* The functions that most of a tag comes through: no helpers, no dispatchers, recursion once. */
static void paths(void **state)
{
	struct kpm_path path;
	struct machine m;
	uint32_t skb;

	(void)state;
	build(&m, NULL);
	skb = enter(&m, "__alloc_skb+0x20/0x100");
	ADD(&m, skb, 6, 4, 7, KERNEL(ALLOC_SKB, 0x20), KERNEL(SENDMSG, 0x30), KERNEL(FIRST, 9),
	    KERNEL(FIRST, 7), KERNEL(SECOND, 7), KERNEL(VFS, 7), KERNEL(SYSCALL, 8),
	    KERNEL(FOURTH, 7));
	ADD(&m, skb, 2, 3, 7, KERNEL(ALLOC_SKB, 0x20), KERNEL(THIRD, 0x30), KERNEL(FIRST, 9),
	    KERNEL(VFS, 7), KERNEL(SYSCALL, 8), KERNEL(FOURTH, 7));
	update(&m);
	kpm_paths_find(m.owners, &m.samples, skb, &path);
	/* 24 of 30 */
	assert_int_equal(path.count, 3);
	assert_string_equal(path.step[0].name, "tcp_sendmsg");
	assert_string_equal(path.step[1].name, "first_user");
	assert_string_equal(path.step[2].name, "second_user");
	assert_string_equal(path.step[2].module, "kernel");
	kpm_paths_find(m.owners, &m.samples, skb + 1, &path);
	assert_int_equal(path.count, 0);
	done(&m);
}

/* Code that started a module has gone, and what lies there now is not answerable. */
static void init_code(void **state)
{
	struct machine m;
	uint32_t skb, dup;

	(void)state;
	build(&m, NULL);
	skb = enter(&m, "__alloc_skb+0x20/0x100");
	dup = enter(&m, "kmemdup_noprof+0x20/0x100");
	ADD(&m, skb, 1, 1, 7, KERNEL(ALLOC_SKB, 0x20), MODULE_A + 0x20, MODULE_B + 0x20,
	    KERNEL(INITCALL, 8), KERNEL(SYSCALL, 8));
	/* unless its module is there besides */
	ADD(&m, dup, 1, 1, 7, KERNEL(KMEMDUP, 0x20), MODULE_A + 0x20, MODULE_B + 0x30,
	    MODULE_B + 0x20, KERNEL(INITCALL, 8), KERNEL(SYSCALL, 8));
	update(&m);
	expect_owner(&m, skb, "lib_alloc", "lib");
	expect_owner(&m, dup, "drv_path", "drv");
	done(&m);
}

/* Objects of a tag, one sample each, as they are at a time. */
static void samples_of(struct machine *m, uint32_t tag, const int64_t *times, uint32_t count)
{
	struct kpm_samples *s = &m->samples;

	s->list = realloc(s->list, (s->count + count) * sizeof(*s->list));
	for (uint32_t i = 0; i < count; i++)
		s->list[s->count++] = (struct kpm_sample_of){
			.tag = tag, .weight = 1 + times[i] % 2, .time_ns = times[i] * KPM_SECOND};
}

/* Old objects of one tag stay, of another go; marks are at 4, 8, 16 seconds. */
static void stays(void **state)
{
	struct kpm_stays *stays = kpm_stays_new();
	struct kpm_stay stay;
	struct machine m;

	(void)state;
	build(&m, NULL);
	m.samples.tag_count = 3;
	for (int64_t now = 100; now <= 120; now++) {
		int64_t leaked[64], breathes[64];
		uint32_t n = 0, old = 0;

		m.samples.count = 0;
		for (int64_t t = 100; t <= now; t++)
			leaked[n++] = t;
		samples_of(&m, 0, leaked, n);
		/* half of what was allocated at each time is gone 6 seconds later */
		n = 0;
		for (int64_t t = 100; t <= now; t++, old++)
			if (now - t < 6 || old % 4 < 2)
				breathes[n++] = t;
		samples_of(&m, 1, breathes, n);
		assert_int_equal(kpm_who_begin(m.who, 3), 0);
		assert_int_equal(kpm_stays_update(stays, &m.samples, now * KPM_SECOND, m.who), 0);
		assert_int_equal(kpm_who_stay(m.who, 2).samples, 0);
		stay = kpm_who_stay(m.who, 0);
		if (now < 106) {
			assert_int_equal(stay.samples, 0);
			continue;
		}
		assert_true(stay.samples >= 3 && stay.share == 1);
		/* since the mark at 8 seconds, of what was there before the 4th */
		stay = kpm_who_stay(m.who, 1);
		if (now == 115)
			assert_true(stay.samples == 4 && stay.share < 0.7);
	}
	kpm_stays_free(stays);
	m.samples.tag_count = 0;
	done(&m);
}

static void load_module(struct machine *m, uint64_t address, const char *name)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/kallsyms", m->root);
	f = fopen(path, "a");
	fprintf(f, "%llx t %s_path\t[%s]\n%llx t %s_end\t[%s]\n", (unsigned long long)address, name,
		name, (unsigned long long)address + 0x100, name, name);
	fclose(f);
}

/* Symbols are read beforehand, and again once a module has come since. */
static void loaded(void **state)
{
	struct machine m;
	uint32_t tag, other;

	(void)state;
	build(&m, NULL);
	kpm_owners_prepare(m.owners, 3);
	load_module(&m, MODULE_B + 0x1000, "late");
	tag = enter(&m, "__alloc_skb+0x20/0x100");
	ADD(&m, tag, 1, 1, 7, KERNEL(ALLOC_SKB, 0x20), MODULE_B + 0x1020, KERNEL(SYSCALL, 8));
	m.samples.modules = 4;
	update(&m);
	expect_owner(&m, tag, "late_path", "late");
	/* the count is the same: what was read serves */
	load_module(&m, MODULE_B + 0x3000, "unseen");
	other = enter(&m, "kmemdup_noprof+0x20/0x100");
	ADD(&m, other, 1, 1, 7, KERNEL(KMEMDUP, 0x20), MODULE_B + 0x3020, KERNEL(SYSCALL, 8));
	update(&m);
	expect_owner(&m, other, "kmemdup_noprof", "kernel");
	done(&m);
}

/* Shares go by weights, and the error by their squares. */
static void shares(void **state)
{
	struct machine m;
	const struct kpm_share *list;
	uint32_t tag, count;

	(void)state;
	build(&m, NULL);
	tag = enter(&m, "plain_site+0x20/0x100");
	ADD(&m, tag, 30, 1, 7, KERNEL(PLAIN, 0x20), KERNEL(SYSCALL, 8));
	ADD(&m, tag, 1, 10, 8, KERNEL(PLAIN, 0x21), KERNEL(SYSCALL, 8));
	update(&m);
	list = kpm_who_shares(m.who, tag, KPM_PROCESS, &count);
	assert_int_equal(count, 2);
	assert_string_equal(kpm_who_get(m.who, list[0].party)->name, "prog7");
	assert_int_equal(kpm_who_get(m.who, list[0].party)->pid, 7);
	assert_true(fabs(list[0].share - 0.75) < 1e-9);
	/* sqrt(30 * 0.25^2 + 100 * 0.75^2) / 40 */
	assert_true(fabs(list[0].error - 0.190599) < 1e-5);
	assert_true(fabs(list[0].error - list[1].error) < 1e-9);
	done(&m);
}

static const struct kpm_share *share_of(struct machine *m, uint32_t tag, const char *path)
{
	uint32_t count;
	const struct kpm_share *list = kpm_who_shares(m->who, tag, KPM_CGROUP, &count);

	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(kpm_who_get(m->who, list[i].party)->name, path))
			return &list[i];
	return NULL;
}

static void make_folder(char *path, const char *name)
{
	strcat(path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* What is charged is counted; samples tell of the rest alone. A removed group keeps its name. */
static void charges(void **state)
{
	char path[128];
	struct kpm_charged_group groups[] = {{.identity = 10, .cgroup2 = true}, {.identity = 20}};
	struct kpm_charge list[] = {{0, 0, 60}, {0, 1, 20}};
	uint64_t objects[] = {100};
	bool sampled[] = {true, true, true, false, false};
	struct kpm_charges c = {.time_ns = 1000,
				.groups = groups,
				.group_count = 2,
				.list = list,
				.count = 2,
				.objects = objects,
				.tag_count = 1,
				.samples = sampled,
				.sample_count = 5};
	const struct kpm_share *share;
	struct machine m;
	struct stat st;
	uint32_t tag;

	(void)state;
	build(&m, NULL);
	m.roots.sys = m.root;
	strcpy(path, m.root);
	make_folder(path, "/fs");
	make_folder(path, "/cgroup");
	make_folder(path, "/memory");
	make_folder(path, "/old");
	assert_int_equal(stat(path, &st), 0);
	groups[1].id = st.st_ino;
	*strstr(path, "/memory") = '\0';
	make_folder(path, "/unified");
	make_folder(path, "/new");
	assert_int_equal(stat(path, &st), 0);
	groups[0].id = st.st_ino;
	tag = enter(&m, "plain_site+0x20/0x100");
	assert_int_equal(tag, 0);
	ADD(&m, tag, 5, 1, 7, KERNEL(PLAIN, 0x20), KERNEL(SYSCALL, 8));
	for (uint32_t i = 0; i < 5; i++) {
		m.samples.list[i].place = i;
		m.samples.list[i].cgroup = i == 4 ? 12345 : st.st_ino;
	}
	/* of an object that came after the reading, in the place of another one */
	ADD(&m, tag, 1, 1, 7, KERNEL(PLAIN, 0x20), KERNEL(SYSCALL, 8));
	m.samples.list[5].place = 4;
	m.samples.list[5].time_ns = 2000;
	m.samples.list[5].cgroup = st.st_ino;
	assert_int_equal(kpm_owners_update(m.owners, &m.samples, &c, m.tags, m.who), 0);
	share = share_of(&m, tag, "/old");
	assert_true(share && share->exact && fabs(share->share - 0.2) < 1e-9 && share->error == 0);
	/* one of the two samples of what is not charged: half of the last fifth */
	share = share_of(&m, tag, "/new");
	assert_true(share && !share->exact && fabs(share->share - 0.7) < 1e-9);
	assert_true(fabs(share->error - 0.2 * sqrt(0.5) / 2) < 1e-9);
	share = share_of(&m, tag, "(removed) 12345");
	assert_true(share && fabs(share->share - 0.1) < 1e-9);
	/* both are removed: the first keeps its name, of another one it was never known */
	rmdir(path);
	groups[0].removed = groups[1].removed = true;
	groups[0].id = groups[1].id;
	groups[1].identity = 30;
	assert_int_equal(kpm_owners_update(m.owners, &m.samples, &c, m.tags, m.who), 0);
	assert_non_null(share_of(&m, tag, "/new (removed)"));
	assert_non_null(share_of(&m, tag, "(removed) in /old"));
	for (const char *const *name =
		     (const char *const[]){"/unified", "/memory/old", "/memory", "", NULL};
	     *name; name++) {
		snprintf(path, sizeof(path), "%s/fs/cgroup%s", m.root, *name);
		assert_int_equal(rmdir(path), 0);
	}
	snprintf(path, sizeof(path), "%s/fs", m.root);
	rmdir(path);
	done(&m);
}

/* What is divided adds up to the whole, and what has no sample is a group. */
static void rolled_up(void **state)
{
	struct machine m;
	struct kpm_rollup *r = kpm_rollup_new(KPM_BY_PROCESS);
	struct kpm_snapshot snap;
	const struct kpm_snapshot *sums;
	uint32_t a, b;
	uint64_t diff = 0, bytes = 0;

	(void)state;
	build(&m, NULL);
	a = enter(&m, "plain_site+0x20/0x100");
	b = enter(&m, "first_user+0x20/0x100");
	for (uint32_t pid = 1; pid <= 3; pid++)
		ADD(&m, a, 1, 1, pid, KERNEL(PLAIN, 0x20 + pid), KERNEL(SYSCALL, 8));
	update(&m);
	kpm_snapshot_init(&snap);
	assert_int_equal(kpm_snapshot_reset(&snap, 2), 0);
	snap.rows[a].kind[KPM_NONP] =
		(struct kpm_counts){.allocs = 150, .diff = 100, .bytes = 1001};
	snap.rows[b].kind[KPM_PAGED] = (struct kpm_counts){.allocs = 7, .diff = 7, .bytes = 70};
	assert_int_equal(kpm_rollup_add(r, &snap, m.tags, m.who, NULL), 0);
	sums = kpm_rollup_snapshot(r);
	assert_int_equal(sums->count, 4);
	for (uint32_t i = 0; i < sums->count; i++) {
		const char *text = kpm_tagset_get(kpm_rollup_tags(r), i)->text;
		bool rest = !strcmp(text, "(not sampled)");

		diff += kpm_row_sum(&sums->rows[i]).diff;
		bytes += kpm_row_sum(&sums->rows[i]).bytes;
		assert_int_equal(sums->rows[i].estimated, !rest);
		assert_true(rest ? sums->rows[i].error == 0 : sums->rows[i].error > 20);
		if (rest)
			assert_int_equal(sums->rows[i].kind[KPM_PAGED].diff, 7);
	}
	assert_int_equal(diff, 107);
	assert_int_equal(bytes, 1071);
	kpm_rollup_free(r);
	kpm_snapshot_done(&snap);
	done(&m);
}

/* The list, and the user's file, which goes before it. */
static void helpers(void **state)
{
	static const char *const plain[] = {"load_msg",    "do_epoll_ctl",  "alloc_pipe_info",
					    "copy_net_ns", "prepare_creds", "ext4_alloc_inode"};
	static const char *const some[] = {"__alloc_skb",      "kvmalloc_node_noprof",
					   "kmemdup_noprof",   "mempool_alloc_noprof",
					   "alloc_empty_file", "__d_alloc",
					   "devm_kmalloc",     "__kmalloc_cache_noprof"};
	char file[] = "/tmp/kpm-labels.XXXXXX";
	struct kpm_labels *labels;
	struct kpm_err err;
	FILE *f;

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		assert_int_equal(kpm_function_role(plain[i]), KPM_FUNCTION_PLAIN);
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		assert_int_equal(kpm_function_role(some[i]), KPM_FUNCTION_HELPER);
	assert_int_equal(kpm_function_role("worker_thread"), KPM_FUNCTION_ENTRY);
	f = fdopen(mkstemp(file), "w");
	fputs("load_msg - ipc - message\nhelper load_*\nno-helper __alloc_skb\n", f);
	fclose(f);
	assert_int_equal(kpm_labels_open(file, &labels, &err), 0);
	assert_int_equal(kpm_function_role_by(labels, "load_msg"), KPM_FUNCTION_HELPER);
	assert_int_equal(kpm_function_role_by(labels, "__alloc_skb"), KPM_FUNCTION_PLAIN);
	assert_int_equal(kpm_function_role_by(labels, "kmemdup"), KPM_FUNCTION_HELPER);
	kpm_labels_free(labels);
	unlink(file);
}

/* Ids are inode numbers of folders; one that goes keeps the path that it had. */
static void cgroups(void **state)
{
	char root[] = "/tmp/kpm-cgroup.XXXXXX", path[128];
	struct kpm_roots roots = {.sys = root};
	struct kpm_cgroups *c;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/fs", root);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/cgroup");
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/fs/cgroup/unified", root);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/a.slice");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	c = kpm_cgroups_new(&roots, KPM_CGROUP2);
	assert_string_equal(kpm_cgroups_path(c, st.st_ino), "/a.slice");
	assert_string_equal(kpm_cgroups_path(c, 1), "(removed) 1");
	rmdir(path);
	kpm_cgroups_refresh(c);
	assert_string_equal(kpm_cgroups_path(c, 1), "(removed) 1");
	assert_string_equal(kpm_cgroups_path(c, st.st_ino), "/a.slice (removed)");
	kpm_cgroups_free(c);
	for (char *end = strrchr(path, '/'); end && strlen(path) > strlen(root);
	     end = strrchr(path, '/')) {
		*end = '\0';
		rmdir(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners),    cmocka_unit_test(other_module),
		cmocka_unit_test(fan_out),   cmocka_unit_test(interrupts),
		cmocka_unit_test(unloaded),  cmocka_unit_test(init_code),
		cmocka_unit_test(stays),     cmocka_unit_test(paths),
		cmocka_unit_test(loaded),    cmocka_unit_test(shares),
		cmocka_unit_test(rolled_up), cmocka_unit_test(helpers),
		cmocka_unit_test(cgroups),   cmocka_unit_test(charges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
