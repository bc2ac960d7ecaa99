/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console without a terminal, for the tests of the screen: curses draws to /dev/null, and the
 * tests read its screen back. Screens are compared with the files in golden/; KPM_GOLDEN=write
 * writes these again.
 */
#ifndef KPM_TEST_FIXTURE_H
#define KPM_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "console/screen.h"

struct fixture {
	struct kpm_tagset *tags;
	struct kpm_snapshot snap, slab;
	struct kpm_history *history;
	struct kpm_trend *trend, *slab_trend;
	struct kpm_view *view;
	struct kpm_frame frame;
	struct kpm_objects objects;
	struct kpm_scene scene;
	struct kpm_console *console;
	FILE *null_in, *null_out;
	int ticks;
};

static const struct {
	const char *symbol, *cache;
	enum kpm_kind kind;
	uint64_t size, begin, step, churn; /* objects at first, more and freed at each tick */
} sites[] = {
	{"load_msg+0x41/0x1e0", "msg_msg-2k", KPM_NONP, 2048, 1200, 400, 3},
	{"ext4_alloc_inode+0x1f/0x200", "ext4_inode_cache", KPM_PAGED, 1128, 900, 0, 12},
	{"__alloc_skb+0x12b/0x1a0", "skbuff_head_cache", KPM_NONP, 256, 3000, 0, 90000},
	{"nvme_setup_cmd+0x80/0x300 [nvme_core]", "kmalloc-512", KPM_NONP, 512, 40, 0, 0},
	{"a_function_with_a_rather_long_name_that_is_cut+0x111/0x222 [a_module]", "kmalloc-64",
	 KPM_NONP, 64, 7000, 1, 0},
};

#define SITES (sizeof(sites) / sizeof(*sites))

static inline void tick(struct fixture *f)
{
	int t = f->ticks++;

	for (size_t i = 0; i < SITES; i++)
		kpm_tagset_enter(f->tags, 0x1000 + i, sites[i].symbol, sites[i].cache, true);
	if (t >= 2)
		kpm_tagset_enter(f->tags, 0x9000, "newcomer+0x1/0x2", "kmalloc-8", true);
	kpm_snapshot_reset(&f->snap, kpm_tagset_count(f->tags));
	f->snap.mono_ns = 1000 * KPM_SECOND + t * 2 * KPM_SECOND;
	f->snap.wall_ns = 1767225599LL * KPM_SECOND + t * 2 * KPM_SECOND;
	for (size_t i = 0; i < SITES; i++) {
		struct kpm_counts *n = &f->snap.rows[i].kind[sites[i].kind];

		n->frees = sites[i].churn * (t + 1);
		n->diff = sites[i].begin + sites[i].step * t - (i == 1 ? 10 * t : 0);
		n->allocs = n->diff + n->frees;
		n->bytes = n->diff * sites[i].size;
		n->asked = n->bytes;
	}
	if (t >= 2)
		f->snap.rows[SITES].kind[KPM_NONP] =
			(struct kpm_counts){.allocs = 5, .diff = 5, .bytes = 40};
	f->snap.rows[2].kind[KPM_NONP].missed = 17;
	f->snap.rows[4].estimated = true;
	f->snap.memory.slab_nonp = (45ULL << 20) + t * (1 << 20);
	kpm_history_push(f->history, &f->snap);
	kpm_trend_push(f->trend, &f->snap);
	kpm_snapshot_reset(&f->slab, 1);
	f->slab.mono_ns = f->snap.mono_ns;
	f->slab.rows[0].kind[KPM_NONP].bytes = f->snap.memory.slab_nonp;
	f->slab.rows[0].kind[KPM_PAGED].bytes = f->snap.memory.slab_paged;
	kpm_trend_push(f->slab_trend, &f->slab);
}

static inline void build_view(struct fixture *f)
{
	const struct kpm_console_state *state = kpm_console_state(f->console);
	struct kpm_frame_parts parts = {
		.snap = &f->snap, .tags = f->tags, .history = f->history, .trend = f->trend};

	kpm_history_set_base(f->history, state->base);
	kpm_view_set(f->view, &state->view);
	assert_int_equal(kpm_view_build(f->view, &parts, &f->frame, NULL), 0);
	f->scene.frame = &f->frame;
	f->scene.slab = f->slab_trend;
	f->scene.objects = &f->objects;
}

static inline void fill_head(struct kpm_snapshot *snap)
{
	snap->have = KPM_HAVE_MEMORY | KPM_HAVE_LOSS | KPM_HAVE_CAPACITY | KPM_HAVE_RESCUE |
		     KPM_HAVE_ASKED | KPM_HAVE_HOOKS;
	snap->started_ns = 999 * KPM_SECOND;
	snap->memory.total = 24ULL << 30;
	snap->memory.available = 22ULL << 30;
	snap->memory.slab_paged = 389ULL << 20;
	snap->memory.kernel_stack = 3 << 20;
	snap->memory.page_tables = 4 << 20;
	snap->memory.vmalloc_used = 100 << 20;
	snap->memory.percpu = 1 << 20;
	snap->capacity = (struct kpm_capacity){
		.objects = 12140, .objects_rated = 3159648, .tags = 6, .tags_max = 16384};
	snap->loss.lost_max = 2;
	snap->loss.missed = 17;
	for (int i = 0; i < KPM_HOOKS; i++)
		snap->hooks[i] = (struct kpm_hook_state){KPM_ATTACH_FENTRY, 9};
	snap->hooks[KPM_HOOK_KFREE_RCU].attach = KPM_ATTACH_MISSING;
	snap->hooks[KPM_HOOK_SHEAF].runs = 0;
}

static inline void open_with(struct fixture *f, int columns, int lines,
			     struct kpm_console_opts *opts)
{
	char text[16];

	memset(f, 0, sizeof(*f));
	f->tags = kpm_tagset_new();
	f->history = kpm_history_new();
	f->trend = kpm_trend_new();
	f->slab_trend = kpm_trend_new();
	kpm_snapshot_init(&f->snap);
	kpm_snapshot_init(&f->slab);
	fill_head(&f->snap);
	f->objects = (struct kpm_objects){.tag = 0,
					  .ages = {400, 800, 0, 0, 0, 0, 0},
					  .oldest_s = 31,
					  .sizes = {{2048, 1200}},
					  .size_count = 1};
	tick(f);
	f->null_in = fopen("/dev/null", "r");
	f->null_out = fopen("/dev/null", "w");
	snprintf(text, sizeof(text), "%d", columns);
	setenv("COLUMNS", text, 1);
	snprintf(text, sizeof(text), "%d", lines);
	setenv("LINES", text, 1);
	opts->in = f->null_in;
	opts->out = f->null_out;
	if (!opts->terminal_type)
		opts->terminal_type = "xterm-256color";
	opts->view.pool = KPM_KINDS;
	opts->interval_ns = 2 * KPM_SECOND;
	assert_int_equal(kpm_console_open(opts, &f->console, NULL), 0);
	f->view = kpm_view_new(&kpm_console_state(f->console)->view);
	build_view(f);
}

static inline void open_console(struct fixture *f, int columns, int lines)
{
	struct kpm_console_opts opts = {0};

	open_with(f, columns, lines, &opts);
}

static inline void close_console(struct fixture *f)
{
	kpm_console_close(f->console);
	kpm_view_free(f->view);
	kpm_history_free(f->history);
	kpm_trend_free(f->trend);
	kpm_trend_free(f->slab_trend);
	kpm_snapshot_done(&f->snap);
	kpm_snapshot_done(&f->slab);
	kpm_tagset_free(f->tags);
	fclose(f->null_in);
	fclose(f->null_out);
}

/* Presses a key as the loop does. */
static inline unsigned int press(struct fixture *f, int key)
{
	unsigned int reactions = kpm_console_key(f->console, &f->scene, key);

	if (reactions & KPM_REACT_MARK)
		kpm_history_mark(f->history);
	if (reactions & (KPM_REACT_VIEW | KPM_REACT_MARK))
		build_view(f);
	kpm_console_draw(f->console, &f->scene);
	return reactions;
}

static inline void type(struct fixture *f, const char *text)
{
	while (*text)
		press(f, (unsigned char)*text++);
}

/* A line of the screen, blanks at its end cut off. */
static inline const char *line(int y, char *buf, size_t size)
{
	size_t len;

	mvinnstr(y, 0, buf, size - 1);
	len = strlen(buf);
	while (len && buf[len - 1] == ' ')
		buf[--len] = '\0';
	return buf;
}

static inline bool on_screen(const char *text)
{
	char buf[4096];

	for (int y = 0; y < LINES; y++)
		if (strstr(line(y, buf, sizeof(buf)), text))
			return true;
	return false;
}

static inline void same_as_golden(struct fixture *f, const char *name)
{
	const char *folder =
		getenv("KPM_GOLDEN_DIR") ? getenv("KPM_GOLDEN_DIR") : "tests/screen/golden";
	const char *mode = getenv("KPM_GOLDEN");
	char path[256], buf[4096], want[4096];
	FILE *file;

	kpm_console_draw(f->console, &f->scene);
	snprintf(path, sizeof(path), "%s/%s.txt", folder, name);
	file = fopen(path, mode ? "w" : "r");
	assert_non_null(file);
	for (int y = 0; y < LINES; y++) {
		line(y, buf, sizeof(buf));
		if (mode) {
			fprintf(file, "%s\n", buf);
			continue;
		}
		assert_non_null(fgets(want, sizeof(want), file));
		want[strcspn(want, "\n")] = '\0';
		if (strcmp(buf, want))
			fail_msg("%s line %d:\n  is   '%s'\n  want '%s'", name, y + 1, buf, want);
	}
	fclose(file);
}

static inline attr_t attributes_at(int y, int x)
{
	wchar_t text[CCHARW_MAX + 1];
	attr_t attributes;
	cchar_t cell;
	short pair;

	mvin_wch(y, x, &cell);
	getcchar(&cell, text, &attributes, &pair, NULL);
	return (attributes & (A_REVERSE | A_BOLD)) | COLOR_PAIR(pair);
}

static inline int row_of(const char *text)
{
	char buf[4096];

	for (int y = 0; y < LINES; y++)
		if (strstr(line(y, buf, sizeof(buf)), text))
			return y;
	fail_msg("'%s' is not on the screen", text);
	return 0;
}

/* The screens of golden/ are UTF-8 and in colours. */
static inline void set_locale(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	unsetenv("NO_COLOR");
}

#endif
