// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings are read as they were written; torn samples are left out, hostile files refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "model/record_line.h"
#include "model/recorder.h"
#include "model/recording.h"

#define SAMPLES 300
#define TAGS    20

#define OLD_RECORDING "tests/unit/data/v0.1.kpr"

/* A made-up machine whose samples are known: recordings are compared with it. */
struct machine {
	struct kpm_tagset *tags;
	struct kpm_snapshot snap;
	struct kpm_location location[TAGS];
	const struct kpm_location *locations[TAGS];
	uint32_t sample;
};

static void machine_begin(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	m->tags = kpm_tagset_new();
	kpm_snapshot_init(&m->snap);
	for (uint32_t i = 0; i < TAGS; i++)
		m->locations[i] = &m->location[i];
}

static void machine_end(struct machine *m)
{
	kpm_tagset_free(m->tags);
	kpm_snapshot_done(&m->snap);
}

/* The next sample: the n-th one is the same in every machine. */
static void machine_step(struct machine *m)
{
	uint32_t n = m->sample++, count = n / 4 + 1 < TAGS ? n / 4 + 1 : TAGS;
	struct kpm_snapshot *s = &m->snap;
	char symbol[64];

	for (uint32_t i = kpm_tagset_count(m->tags); i < count; i++) {
		snprintf(symbol, sizeof(symbol), "function_%u+0x%x/0x100%s", i, i + 1,
			 i % 3 ? " [leaky]" : "");
		if (i == 5)
			kpm_tagset_enter(m->tags, 0, "(bulk) skbuff\thead\\", "skbuff", true);
		else if (i == 6)
			kpm_tagset_enter(m->tags, 0xffffffff81000000 + i, NULL, NULL, false);
		else
			kpm_tagset_enter(m->tags, 0xffffffff81000000 + i, symbol,
					 i == 7  ? "merged:0000064"
					 : i % 2 ? "kmalloc-64"
						 : NULL,
					 i == 7);
	}
	if (n == 28)
		kpm_tagset_merge(m->tags, "merged:0000064", "a+b");
	if (n == 55)
		kpm_tagset_merge(m->tags, "merged:0000064", "a+b+-");
	if (n == 50)
		kpm_tagset_join(m->tags, 1, "kmalloc-128");
	if (n == 60)
		kpm_tagset_join(m->tags, 0, "kmalloc-8");
	if (n == 70)
		m->location[2] = (struct kpm_location){.file = "/lib/modules/x/leaky.ko",
						       .build = KPM_BUILD_OTHER,
						       .source = "-",
						       .line = 12,
						       .inlined = ""};
	kpm_snapshot_reset(s, count);
	s->wall_ns = 1767225600000000000 + n * 500000000LL;
	s->mono_ns = 5000000000 + n * 500000000LL;
	s->started_ns = 4000000000;
	s->have = n % 2 ? KPM_HAVE_MEMORY | KPM_HAVE_CAPACITY | KPM_HAVE_HOOKS
			: KPM_HAVE_LOSS | (n > 40 ? KPM_HAVE_AUDIT : 0);
	strcpy(s->host, "box");
	strcpy(s->kernel, "6.18.0");
	s->hooks[KPM_HOOK_SHEAF] = (struct kpm_hook_state){KPM_ATTACH_KPROBE, n};
	kpm_hooks_missing(s->hooks, s->missing, sizeof(s->missing));
	s->memory.total = 1000000 + n;
	s->memory.percpu = n;
	s->loss.missed = n;
	s->loss.audited = n / 2;
	strcpy(s->no_audit, n > 20 && n < 30 ? "this kernel has\tnone" : "");
	s->loss.skipped = UINT64_MAX - n;
	s->capacity = (struct kpm_capacity){n, n + 1, n + 2, n + 3, n + 4};
	for (uint32_t i = 0; i < count; i++) {
		struct kpm_counts *c = &s->rows[i].kind[i % 5 == 0 ? KPM_PAGED : KPM_NONP];

		/* some do not change from one sample to the next, one goes back to nothing */
		c->allocs = i % 2 ? n : 7;
		c->frees = i;
		c->bytes = c->allocs * 64;
		c->refused = i == 3 && n < 100;
		c->audited = i == 5 && n > 50 ? n / 10 : 0;
		if (i == 4 && n > 100)
			memset(s->rows[i].kind, 0, sizeof(s->rows[i].kind));
		s->rows[i].estimated = n > 30 && i == 2;
		s->rows[i].unloaded = n % 7 == 0 && i == 2;
	}
}

static char *record(uint32_t samples, size_t *size, int64_t session, bool reset)
{
	struct kpm_recorder *recorder = kpm_recorder_new(session, "0.1");
	struct machine m;
	char *text;
	FILE *out = open_memstream(&text, size);

	machine_begin(&m);
	for (uint32_t i = 0; i < samples; i++) {
		machine_step(&m);
		if (reset && i == samples / 2)
			kpm_recorder_reset(recorder);
		assert_int_equal(kpm_recorder_sample(recorder, out, &m.snap, m.tags, NULL,
						     m.locations, NULL),
				 0);
	}
	fclose(out);
	kpm_recorder_free(recorder);
	machine_end(&m);
	return text;
}

static int play(const char *text, size_t size, struct kpm_tagset *tags,
		struct kpm_recording **recording, struct kpm_err *err)
{
	FILE *in = fmemopen((void *)text, size, "r");

	assert_non_null(in);
	return kpm_recording_open_stream(in, "x.kpr", tags, recording, err);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_same(const struct machine *m, const struct kpm_snapshot *s,
		       const struct kpm_tagset *tags, const struct kpm_location *const *locations)
{
	assert_int_equal(s->count, m->snap.count);
	assert_string_equal(s->no_audit, m->snap.no_audit);
	for (uint32_t i = 0; i < s->count; i++) {
		const struct kpm_tag_name *a = kpm_tagset_get(m->tags, i),
					  *b = kpm_tagset_get(tags, i);

		assert_memory_equal(s->rows[i].kind, m->snap.rows[i].kind, sizeof(s->rows[i].kind));
		assert_int_equal(s->rows[i].estimated, m->snap.rows[i].estimated);
		assert_int_equal(s->rows[i].unloaded, m->snap.rows[i].unloaded);
		assert_string_equal(a->text, b->text);
		assert_true(same_text(a->symbol, b->symbol));
		assert_true(same_text(a->module, b->module));
		assert_true(same_text(a->cache, b->cache));
		assert_int_equal(a->offset, b->offset);
		assert_int_equal(a->size, b->size);
		assert_int_equal(a->site, b->site);
		assert_int_equal(a->by_cache, b->by_cache);
		assert_true(!a->merged == !b->merged);
		if (a->merged)
			assert_string_equal(a->merged->aliases, b->merged->aliases);
		assert_true(same_text(locations[i]->file, m->location[i].file));
		assert_true(same_text(locations[i]->source, m->location[i].source));
		assert_true(same_text(locations[i]->inlined, m->location[i].inlined));
		assert_int_equal(locations[i]->build, m->location[i].build);
		assert_int_equal(locations[i]->line, m->location[i].line);
	}
	assert_int_equal(s->have, m->snap.have);
	assert_int_equal(s->wall_ns, m->snap.wall_ns);
	assert_int_equal(s->mono_ns, m->snap.mono_ns);
	assert_int_equal(s->started_ns, m->snap.started_ns);
	assert_string_equal(s->host, m->snap.host);
	assert_string_equal(s->kernel, m->snap.kernel);
	assert_string_equal(s->missing, m->snap.missing);
	assert_memory_equal(&s->memory, &m->snap.memory, sizeof(s->memory));
	assert_memory_equal(&s->loss, &m->snap.loss, sizeof(s->loss));
	assert_memory_equal(&s->capacity, &m->snap.capacity, sizeof(s->capacity));
	for (int i = 0; i < KPM_HOOKS; i++) {
		assert_int_equal(s->hooks[i].attach, m->snap.hooks[i].attach);
		assert_int_equal(s->hooks[i].runs, m->snap.hooks[i].runs);
	}
}

static void comes_back(void **state)
{
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_recording *recording;
	struct kpm_snapshot snap;
	struct kpm_err err;
	struct machine m;
	size_t size;
	char *text = record(SAMPLES, &size, 1, false);

	(void)state;
	kpm_snapshot_init(&snap);
	if (play(text, size, tags, &recording, &err))
		fail_msg("%s", err.text);
	assert_int_equal(kpm_recording_count(recording), SAMPLES);
	assert_int_equal(kpm_recording_chosen(recording), SAMPLES - 1);
	machine_begin(&m);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		machine_step(&m);
		if (kpm_recording_read(recording, i, &snap, &err))
			fail_msg("%s", err.text);
		check_same(&m, &snap, tags, kpm_recording_locations(recording));
	}
	assert_int_equal(kpm_recording_read(recording, SAMPLES, &snap, &err), -ENODATA);
	machine_end(&m);
	/* back to each of some, with the numbers of then */
	for (uint32_t back = 0; back < SAMPLES; back += 37) {
		assert_int_equal(kpm_recording_read(recording, back, &snap, &err), 0);
		assert_int_equal(snap.loss.missed, back);
		assert_int_equal(kpm_row_sum(&snap.rows[0]).allocs, 7);
		if (snap.count > 9)
			assert_int_equal(kpm_row_sum(&snap.rows[9]).allocs, back < 36 ? 0 : back);
	}
	kpm_recording_close(recording);
	kpm_tagset_free(tags);
	kpm_snapshot_done(&snap);
	free(text);
}

static void check_row(const struct kpm_snapshot *s, uint32_t tag, enum kpm_kind kind,
		      struct kpm_counts n)
{
	assert_memory_equal(&s->rows[tag].kind[kind], &n, sizeof(n));
}

/* Recordings of 0.1 stay readable: this one was made by that version, and cut to 12 tags. */
static void a_recording_of_0_1(void **state)
{
	static const struct kpm_memory memory = {25276502016, 24766816256, 23937024,  61878272,
						 1478656,     2252800,     112758784, 729088};
	static const struct kpm_capacity capacity = {18354, 3159648, 98, 16384, 96043008};
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_recording *r;
	struct kpm_snapshot snap;
	struct kpm_err err;

	(void)state;
	kpm_snapshot_init(&snap);
	if (kpm_recording_open(OLD_RECORDING, tags, &r, &err) ||
	    kpm_recording_read(r, kpm_recording_chosen(r), &snap, &err))
		fail_msg("%s", err.text);
	assert_int_equal(kpm_recording_count(r), 3);
	assert_int_equal(kpm_recording_chosen(r), 2);
	assert_string_equal(snap.host, "box");
	assert_string_equal(snap.kernel, "6.18.44");
	assert_int_equal(snap.wall_ns, 1795619427007198430);
	assert_int_equal(snap.mono_ns - snap.started_ns, 4221586203);
	assert_int_equal(snap.have, KPM_HAVE_MEMORY | KPM_HAVE_LOSS | KPM_HAVE_CAPACITY |
					    KPM_HAVE_RESCUE | KPM_HAVE_ASKED | KPM_HAVE_HOOKS);
	assert_memory_equal(&snap.memory, &memory, sizeof(memory));
	assert_memory_equal(&snap.capacity, &capacity, sizeof(capacity));
	assert_int_equal(snap.unknown.memory, 0);
	assert_int_equal(snap.unknown.capacity, 0);
	assert_int_equal(snap.loss.skipped, 21);
	assert_int_equal(snap.loss.lost_max, 11);
	assert_int_equal(snap.loss.missed, 37300);
	assert_int_equal(snap.count, 12);
	assert_string_equal(kpm_tagset_get(tags, 3)->text, "__d_alloc+0x2d");
	assert_string_equal(kpm_tagset_get(tags, 3)->cache, "dentry");
	check_row(&snap, 3, KPM_PAGED,
		  (struct kpm_counts){.allocs = 826,
				      .frees = 363,
				      .diff = 463,
				      .bytes = 88896,
				      .asked = 88896,
				      .missed = 5});
	check_row(&snap, 3, KPM_NONP, (struct kpm_counts){0});
	/* these two stand in the second and in the first sample last */
	check_row(&snap, 9, KPM_NONP,
		  (struct kpm_counts){.allocs = 1221,
				      .frees = 1212,
				      .diff = 9,
				      .bytes = 1728,
				      .asked = 1656,
				      .missed = 8});
	check_row(&snap, 11, KPM_NONP,
		  (struct kpm_counts){.allocs = 1, .diff = 1, .bytes = 256, .asked = 216});
	assert_int_equal(snap.hooks[KPM_HOOK_KFREE_RCU_NOLOCK].attach, KPM_ATTACH_NOT_NEEDED);
	assert_int_equal(snap.hooks[KPM_HOOK_SHEAF].attach, KPM_ATTACH_MISSING);
	kpm_recording_close(r);
	kpm_tagset_free(tags);

	tags = kpm_tagset_new();
	assert_int_equal(kpm_recording_open(OLD_RECORDING "@2026-11-25 15:10:25", tags, &r, &err),
			 0);
	assert_int_equal(kpm_recording_chosen(r), 1);
	kpm_recording_close(r);
	kpm_snapshot_done(&snap);
	kpm_tagset_free(tags);
}

/* Reads a recording of one sample with a tag and these lines. */
static int read_lines(const char *lines, unsigned int count, struct kpm_snapshot *snap,
		      struct kpm_err *err)
{
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_recording *r;
	char text[1024];
	int ret;

	snprintf(text, sizeof(text),
		 KPM_RECORD_MAGIC "\t1\nb\t1\t0\th\tk\ns\tfull\t1\t1\t1\t1\tmemory,loss,room\n"
				  "t\t0\tffffffff81000000\t0\tf+0x1/0x2\t-\n%se\t%u\n",
		 lines, count + 3);
	ret = play(text, strlen(text), tags, &r, err);
	if (!ret) {
		ret = kpm_recording_read(r, 0, snap, err);
		kpm_recording_close(r);
	}
	kpm_tagset_free(tags);
	return ret;
}

/* Lines with fewer fields, as a version before some of them has written them. */
static void lines_of_an_earlier_version(void **state)
{
	struct kpm_snapshot snap;
	struct kpm_err err;

	(void)state;
	kpm_snapshot_init(&snap);
	memset(&snap.memory, 7, sizeof(snap.memory));
	memset(&snap.loss, 7, sizeof(snap.loss));
	memset(&snap.capacity, 7, sizeof(snap.capacity));
	if (read_lines("m\t10\t9\t8\nl\t1\t2\t3\t4\t5\t6\t7\no\t1\t2\t3\t4\n"
		       "h\tsheaf\tkprobe\t5\nf\t0\tloaded\t/x.ko\n"
		       "r\t0\t-\tn\t9\t4\t5\t320\tp\t1\nra\t0\t2\n",
		       7, &snap, &err))
		fail_msg("%s", err.text);
	assert_int_equal(snap.have, KPM_HAVE_MEMORY | KPM_HAVE_LOSS | KPM_HAVE_CAPACITY);
	assert_int_equal(snap.memory.slab_nonp, 8);
	assert_int_equal(snap.memory.slab_paged, 0);
	assert_int_equal(snap.unknown.memory, 0xf8); /* all but the first three */
	assert_int_equal(snap.loss.missed, 7);
	assert_int_equal(snap.loss.audited, 0);
	assert_int_equal(snap.capacity.tags_max, 4);
	assert_int_equal(snap.unknown.capacity, 0x10);
	assert_int_equal(snap.hooks[KPM_HOOK_SHEAF].runs, 5);
	check_row(&snap, 0, KPM_NONP, (struct kpm_counts){9, 4, 5, 320, .audited = 2});
	check_row(&snap, 0, KPM_PAGED, (struct kpm_counts){.allocs = 1});
	/* without the audit's line its counter is 0 */
	if (read_lines("r\t0\t-\tn\t9\t4\t5\t320\t300\t1\t0\n", 1, &snap, &err))
		fail_msg("%s", err.text);
	check_row(&snap, 0, KPM_NONP,
		  (struct kpm_counts){.allocs = 9,
				      .frees = 4,
				      .diff = 5,
				      .bytes = 320,
				      .asked = 300,
				      .missed = 1});
	kpm_snapshot_done(&snap);
}

/* Lines with more fields, and further lines and kinds, as a later version may write them. */
static void lines_of_a_later_version(void **state)
{
	struct kpm_snapshot snap;
	struct kpm_err err;

	(void)state;
	kpm_snapshot_init(&snap);
	if (read_lines("m\t1\t2\t3\t4\t5\t6\t7\t8\t9\tx\nl\t1\t2\t3\t4\t5\t6\t7\t8\t9\n"
		       "o\t1\t2\t3\t4\t5\t6\nh\tsheaf\tkprobe\t5\t6\nh\tnew\tuprobe\t1\n"
		       "f\t0\tloaded\t/x.ko\t-\t-\t-\t-\t-\t0\t-\tmore\n"
		       "r\t0\teux\tn\t1\t2\t3\t4\t5\t6\t7\t8\t9\tv\t1\t1\tp\t11\t12\t13"
		       "\t14\t15\t16\t17\t18\nra\t0\t19\t20\t21\nrb\t0\t1\nz\t-\n",
		       10, &snap, &err))
		fail_msg("%s", err.text);
	assert_int_equal(snap.memory.total, 1);
	assert_int_equal(snap.memory.percpu, 8);
	assert_int_equal(snap.unknown.memory, 0);
	assert_int_equal(snap.loss.audited, 8);
	assert_int_equal(snap.capacity.kernel_bytes, 5);
	assert_int_equal(snap.unknown.capacity, 0);
	assert_int_equal(snap.hooks[KPM_HOOK_SHEAF].attach, KPM_ATTACH_KPROBE);
	assert_true(snap.rows[0].estimated && snap.rows[0].unloaded);
	check_row(&snap, 0, KPM_NONP,
		  (struct kpm_counts){.allocs = 1,
				      .frees = 2,
				      .diff = 3,
				      .bytes = 4,
				      .asked = 5,
				      .missed = 6,
				      .refused = 7,
				      .audited = 19});
	check_row(&snap, 0, KPM_PAGED,
		  (struct kpm_counts){.allocs = 11,
				      .frees = 12,
				      .diff = 13,
				      .bytes = 14,
				      .asked = 15,
				      .missed = 16,
				      .refused = 17,
				      .audited = 20});
	kpm_snapshot_done(&snap);
}

/* A field that is not known is written as such, and read again as such. */
static void unknown_fields_stay_unknown(void **state)
{
	struct kpm_recorder *recorder = kpm_recorder_new(1, "0.1");
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_snapshot in, out;
	struct kpm_recording *r;
	struct kpm_err err;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	kpm_snapshot_init(&in);
	kpm_snapshot_init(&out);
	strcpy(in.host, "box");
	in.memory.total = 5;
	in.unknown.memory = 1 << 7;
	in.unknown.capacity = 1 << 0 | 1 << 2;
	assert_int_equal(kpm_recorder_sample(recorder, f, &in, tags, NULL, NULL, NULL), 0);
	fclose(f);
	if (play(text, size, tags, &r, &err) || kpm_recording_read(r, 0, &out, &err))
		fail_msg("%s", err.text);
	assert_int_equal(out.memory.total, 5);
	assert_int_equal(out.unknown.memory, in.unknown.memory);
	assert_int_equal(out.unknown.capacity, in.unknown.capacity);
	kpm_recording_close(r);
	kpm_recorder_free(recorder);
	kpm_tagset_free(tags);
	free(text);
}

/* What was seen of processes belongs to the sample in which somebody looked, and to no other. */
static void looks(void **state)
{
	struct kpm_recorder *recorder = kpm_recorder_new(1, "0.1");
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_visible_count counts[] = {{KPM_VISIBLE_DESCRIPTORS, 4711, "a name", 12},
					     {KPM_VISIBLE_MESSAGES, 0, "", 1ULL << 40}};
	const struct kpm_visible_reading look = {.list = counts, .count = 2}, *seen;
	const struct kpm_record_more more = {.seen = &look};
	struct kpm_snapshot in, out;
	struct kpm_recording *r;
	struct kpm_err err;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	kpm_snapshot_init(&in);
	kpm_snapshot_init(&out);
	for (int i = 0; i < 3; i++)
		assert_int_equal(kpm_recorder_sample(recorder, f, &in, tags, NULL, NULL,
						     i == 1 ? &more : NULL),
				 0);
	fclose(f);
	if (play(text, size, tags, &r, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < 3; i++) {
		if (kpm_recording_read(r, i, &out, &err))
			fail_msg("%s", err.text);
		seen = kpm_recording_seen(r);
		if (i != 1) {
			assert_null(seen);
			continue;
		}
		assert_int_equal(seen->count, 2);
		assert_int_equal(seen->list[0].what, KPM_VISIBLE_DESCRIPTORS);
		assert_int_equal(seen->list[0].pid, 4711);
		assert_string_equal(seen->list[0].comm, "a name");
		assert_int_equal(seen->list[0].count, 12);
		assert_int_equal(seen->list[1].count, 1ULL << 40);
	}
	kpm_recording_close(r);
	kpm_recorder_free(recorder);
	kpm_tagset_free(tags);
	free(text);
}

/* Only rows that changed are written, between two whole samples. */
static void is_small(void **state)
{
	size_t one, many;
	char *a = record(1, &one, 1, false), *b = record(100, &many, 1, false);
	unsigned int rows = 0;

	(void)state;
	for (const char *p = b; (p = strstr(p, "\nr\t0\t")); p++)
		rows++;
	assert_int_equal(rows, 1);
	rows = 0;
	for (const char *p = b; (p = strstr(p, "\nr\t1\t")); p++)
		rows++;
	assert_true(rows > 90);
	free(a);
	free(b);
}

/* Cut at any byte: the samples before it are all there, none is half there. */
static void torn(void **state)
{
	size_t size, third = 0;
	char *text = record(3, &size, 1, false);
	struct kpm_recording *recording;
	struct kpm_err err;

	(void)state;
	for (size_t i = 0, ends = 0; i < size && !third; i++) {
		ends += text[i] == '\n' && text[i + 1] == 'e';
		if (ends == 2)
			third = i;
	}
	for (size_t cut = 1; cut <= size; cut++) {
		struct kpm_tagset *tags = kpm_tagset_new();
		struct kpm_snapshot snap;
		char *part = malloc(cut);
		uint32_t count = 0;
		int ret;

		kpm_snapshot_init(&snap);
		memcpy(part, text, cut);
		ret = play(part, cut, tags, &recording, &err);
		if (!ret)
			count = kpm_recording_count(recording);
		assert_true(count == 3 ? cut == size : count == 2 ? cut > third : count < 2);
		if (ret)
			assert_true(ret == -ENODATA || ret == -EBADMSG);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(kpm_recording_read(recording, i, &snap, &err), 0);
			assert_int_equal(snap.loss.missed, i);
		}
		if (!ret)
			kpm_recording_close(recording);
		kpm_snapshot_done(&snap);
		kpm_tagset_free(tags);
		free(part);
	}
	free(text);
}

static FILE *open_for_writing(const char *dir, const char *name, char *path)
{
	sprintf(path, "%s/%s", dir, name);
	return fopen(path, "w");
}

/* FILE.1 before FILE are one recording; another run's in FILE.1 is another. FILE@TIME. */
static void parts_and_times(void **state)
{
	char dir[] = "/tmp/kpm-recording-XXXXXX", older[64], newer[64], at[128];
	size_t size, other_size, middle;
	char *text = record(10, &size, 7, true), *other = record(4, &other_size, 3, false);
	struct kpm_recording *r;
	struct kpm_tagset *tags;
	struct kpm_err err;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	middle = strstr(text + 10, KPM_RECORD_MAGIC) - text;
	f = open_for_writing(dir, "x.kpr.1", older);
	fwrite(text, 1, middle, f);
	fclose(f);
	f = open_for_writing(dir, "x.kpr", newer);
	fwrite(text + middle, 1, size - middle, f);
	fclose(f);
	tags = kpm_tagset_new();
	if (kpm_recording_open(newer, tags, &r, &err))
		fail_msg("%s", err.text);
	assert_int_equal(kpm_recording_count(r), 10);
	assert_false(kpm_recording_timed(r));
	assert_int_equal(kpm_recording_at(r, "+1s"), 2);
	assert_int_equal(kpm_recording_at(r, "-1s"), 7);
	assert_int_equal(kpm_recording_at(r, "2026-01-01T00:00:01Z"), 3);
	assert_int_equal(kpm_recording_at(r, "2026-01-01 00:00"), 1);
	assert_int_equal(kpm_recording_at(r, "1999-01-01T00:00:01Z"), 0);
	assert_int_equal(kpm_recording_at(r, "2099-01-01T00:00:01Z"), 9);
	assert_int_equal(kpm_recording_at(r, "yesterday"), -EINVAL);
	assert_int_equal(kpm_recording_at(r, "2026-01-01T00:00:01Zulu"), -EINVAL);
	kpm_recording_close(r);
	kpm_tagset_free(tags);

	snprintf(at, sizeof(at), "%s@+2s", newer);
	tags = kpm_tagset_new();
	assert_int_equal(kpm_recording_open(at, tags, &r, &err), 0);
	assert_int_equal(kpm_recording_chosen(r), 4);
	assert_true(kpm_recording_timed(r));
	kpm_recording_close(r);
	kpm_tagset_free(tags);
	assert_true(kpm_recording_is(at));
	assert_false(kpm_recording_is(dir));

	f = fopen(older, "w");
	fwrite(other, 1, other_size, f);
	fclose(f);
	tags = kpm_tagset_new();
	assert_int_equal(kpm_recording_open(newer, tags, &r, &err), 0);
	assert_int_equal(kpm_recording_count(r), 5);
	kpm_recording_close(r);
	kpm_tagset_free(tags);
	unlink(older);
	unlink(newer);
	rmdir(dir);
	free(text);
	free(other);
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
		{"tag,diff\n", -EBADMSG, "is no recording"},
		{"\n", -EBADMSG, "is no recording"},
		{KPM_RECORD_MAGIC "\t2\n", -EPROTO, "later kpoolmon"},
		{KPM_RECORD_MAGIC "\t1\n", -ENODATA, "no whole sample"},
		{KPM_RECORD_MAGIC "\t1\nb\t1\t0\th\tk\ns\tchanged\t1\t1\t1\t0\t-\ne\t2\n", -EBADMSG,
		 "is not whole"},
	};
	/* samples with the right number of lines, and with a line that is damaged */
	static const char *const damaged[] = {
		"r\t5\t-\tn\t1\t1\t1\t1\t1\t1\t1",
		"r\t0\t-\tn\t1",
		"t\t3\tff\t0\tname\t-",
		"t\t0\t0\t0\t\t-",
		"c\t0\tx",
		"f\t0",
		"h\tsheaf",
		"m\t1\tx",
		"l\tx\t1\t1\t1\t1\t1\t1",
		"o\t1\t-1",
		"ra\t0\t1\t1",
	};
	/* of the tag that there is */
	static const char *const rows[] = {
		"r\t0\n",           "r\t0\t-\tn\n",        "r\t0\t-\tn\tp\t1\n",    "r\t0\t-\t1\n",
		"r\t0\t-\tnn\t1\n", "r\t0\t-\tn\t1\t-2\n", "r\t0\t-\tn\t1\tX\t2\n", "ra\t0\n",
		"ra\t0\tx\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpm_tagset *tags = kpm_tagset_new();
		struct kpm_recording *r;
		struct kpm_err err;

		assert_int_equal(play(cases[i].text, strlen(cases[i].text), tags, &r, &err),
				 cases[i].code);
		assert_non_null(strstr(err.text, cases[i].says));
		kpm_tagset_free(tags);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct kpm_snapshot snap;
		struct kpm_err err;

		kpm_snapshot_init(&snap);
		if (read_lines(rows[i], 1, &snap, &err) != -EBADMSG)
			fail_msg("%s was taken", rows[i]);
		kpm_snapshot_done(&snap);
	}
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		struct kpm_tagset *tags = kpm_tagset_new();
		struct kpm_recording *r;
		struct kpm_snapshot snap;
		struct kpm_err err;
		char text[256];

		kpm_snapshot_init(&snap);
		snprintf(text, sizeof(text),
			 KPM_RECORD_MAGIC "\t1\nb\t1\t0\th\tk\ns\tfull\t1\t1\t1\t0\t-\n%s\ne\t3\n",
			 damaged[i]);
		assert_int_equal(play(text, strlen(text), tags, &r, &err), 0);
		if (kpm_recording_read(r, 0, &snap, &err) != -EBADMSG)
			fail_msg("%s was taken", damaged[i]);
		assert_non_null(strstr(err.text, "damaged at sample 1"));
		kpm_recording_close(r);
		kpm_snapshot_done(&snap);
		kpm_tagset_free(tags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(looks),
		cmocka_unit_test(is_small),
		cmocka_unit_test(torn),
		cmocka_unit_test(parts_and_times),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_recording_of_0_1),
		cmocka_unit_test(lines_of_an_earlier_version),
		cmocka_unit_test(lines_of_a_later_version),
		cmocka_unit_test(unknown_fields_stay_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
