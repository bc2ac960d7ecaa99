// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The console without a terminal: curses draws to /dev/null, and what is on its screen is read back
 * and held to the files of golden/. KPM_GOLDEN=write makes them anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "console/possible.h"
#include "console/screen.h"

#define SECOND 1000000000LL

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

static void tick(struct fixture *f)
{
	int t = f->ticks++;

	for (size_t i = 0; i < SITES; i++)
		kpm_tagset_enter(f->tags, 0x1000 + i, sites[i].symbol, sites[i].cache, true);
	if (t >= 2)
		kpm_tagset_enter(f->tags, 0x9000, "newcomer+0x1/0x2", "kmalloc-8", true);
	kpm_snapshot_reset(&f->snap, kpm_tagset_count(f->tags));
	f->snap.mono_ns = 1000 * SECOND + t * 2 * SECOND;
	f->snap.wall_ns = 1767225599LL * SECOND + t * 2 * SECOND;
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

static void look(struct fixture *f)
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

static void fill_head(struct kpm_snapshot *snap)
{
	snap->have = KPM_HAVE_MEMORY | KPM_HAVE_LOSS | KPM_HAVE_CAPACITY | KPM_HAVE_RESCUE |
		     KPM_HAVE_ASKED | KPM_HAVE_HOOKS;
	snap->started_ns = 999 * SECOND;
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

static void open_with(struct fixture *f, int columns, int lines, struct kpm_console_opts *opts)
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
	opts->interval_ns = 2 * SECOND;
	assert_int_equal(kpm_console_open(opts, &f->console, NULL), 0);
	f->view = kpm_view_new(&kpm_console_state(f->console)->view);
	look(f);
}

static void open_console(struct fixture *f, int columns, int lines)
{
	struct kpm_console_opts opts = {0};

	open_with(f, columns, lines, &opts);
}

static void close_console(struct fixture *f)
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
static unsigned int press(struct fixture *f, int key)
{
	unsigned int reactions = kpm_console_key(f->console, &f->scene, key);

	if (reactions & KPM_REACT_MARK)
		kpm_history_mark(f->history);
	if (reactions & (KPM_REACT_VIEW | KPM_REACT_MARK))
		look(f);
	kpm_console_draw(f->console, &f->scene);
	return reactions;
}

static void type(struct fixture *f, const char *text)
{
	while (*text)
		press(f, (unsigned char)*text++);
}

/* A line of the screen, blanks at its end cut off. */
static const char *line(int y, char *buf, size_t size)
{
	size_t len;

	mvinnstr(y, 0, buf, size - 1);
	len = strlen(buf);
	while (len && buf[len - 1] == ' ')
		buf[--len] = '\0';
	return buf;
}

static bool on_screen(const char *text)
{
	char buf[4096];

	for (int y = 0; y < LINES; y++)
		if (strstr(line(y, buf, sizeof(buf)), text))
			return true;
	return false;
}

static void same_as_golden(struct fixture *f, const char *name)
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

static void sizes(void **state)
{
	static const struct {
		int columns, lines;
		const char *name;
	} cases[] = {
		{80, 24, "80x24"}, {20, 5, "20x5"}, {120, 30, "120x30"}, {300, 100, "300x100"}};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_console(&f, cases[i].columns, cases[i].lines);
		tick(&f);
		tick(&f);
		look(&f);
		same_as_golden(&f, cases[i].name);
		close_console(&f);
	}
}

/* Every size draws without writing past anything, and the tag and its bytes are always there. */
static void any_size(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 80, 24);
	tick(&f);
	look(&f);
	for (int columns = 1; columns < 260; columns += columns < 130 ? 1 : 17) {
		for (int lines = 1; lines < 40; lines += 3) {
			resizeterm(lines, columns);
			press(&f, KEY_RESIZE);
			assert_int_equal(COLS, columns);
			if (columns >= 24 && lines >= 5)
				assert_true(on_screen("load_ms"));
			if (columns >= 24 && lines >= 5 && !on_screen("3.1M"))
				fail_msg("%d x %d: no bytes", columns, lines);
			press(&f, '?');
			press(&f, 'x');
			press(&f, '\r');
			press(&f, '\r');
			press(&f, 'o');
			press(&f, 'o');
		}
	}
	resizeterm(24, 80);
	press(&f, KEY_RESIZE);
	close_console(&f);
}

static attr_t attributes_at(int y, int x)
{
	wchar_t text[CCHARW_MAX + 1];
	attr_t attributes;
	cchar_t cell;
	short pair;

	mvin_wch(y, x, &cell);
	getcchar(&cell, text, &attributes, &pair, NULL);
	return (attributes & (A_REVERSE | A_BOLD)) | COLOR_PAIR(pair);
}

static int row_of(const char *text)
{
	char buf[4096];

	for (int y = 0; y < LINES; y++)
		if (strstr(line(y, buf, sizeof(buf)), text))
			return y;
	fail_msg("'%s' is not on the screen", text);
	return 0;
}

static void colours(void **state)
{
	struct kpm_console_opts opts = {0};
	struct fixture f;
	char buf[4096];
	int y, x;

	(void)state;
	open_console(&f, 120, 30);
	tick(&f);
	look(&f);
	kpm_console_draw(f.console, &f.scene);
	y = row_of("load_msg");
	line(y, buf, sizeof(buf));
	x = strstr(buf, "+800.0K") - buf;
	assert_int_equal(PAIR_NUMBER(attributes_at(y, x)), LOOK_GROW);
	y = row_of("ext4_alloc");
	line(y, buf, sizeof(buf));
	x = strstr(buf, "-11.0K") - buf;
	assert_int_equal(PAIR_NUMBER(attributes_at(y, x)), LOOK_SHRINK);
	y = row_of("Missing probes");
	x = strstr(line(y, buf, sizeof(buf)), "kfree_rcu") - buf;
	assert_int_equal(PAIR_NUMBER(attributes_at(y, x)), LOOK_WARN);
	close_console(&f);

	/* without colours the signs are left, and bold */
	setenv("NO_COLOR", "1", 1);
	open_console(&f, 120, 30);
	tick(&f);
	look(&f);
	kpm_console_draw(f.console, &f.scene);
	for (int line_y = 0; line_y < LINES; line_y++)
		for (int c = 0; c < COLS; c++)
			assert_int_equal(PAIR_NUMBER(attributes_at(line_y, c)), 0);
	assert_true(on_screen("+800.0K"));
	assert_true(attributes_at(row_of("load_msg"), 4) & A_BOLD);
	assert_false(attributes_at(row_of("nvme_setup"), 4) & A_BOLD);
	press(&f, 'l');
	assert_false(attributes_at(row_of("load_msg"), 4) & A_BOLD);
	close_console(&f);
	unsetenv("NO_COLOR");

	opts.terminal_type = "vt100";
	open_with(&f, 80, 24, &opts);
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("load_msg"));
	close_console(&f);
}

static void first_row_is(struct fixture *f, const char *tag)
{
	const struct kpm_tag_name *name =
		kpm_tagset_get(f->tags, f->snap.rows[f->frame.order[0]].tag);

	assert_string_equal(name->symbol, tag);
}

static void sorting(void **state)
{
	static const struct {
		const char *keys;
		const char *first;
	} cases[] = {
		{"b", "load_msg"},
		{"B", "load_msg"},
		{"a", "__alloc_skb"},
		{"A", "__alloc_skb"},
		{"f", "__alloc_skb"},
		{"F", "__alloc_skb"},
		{"d", "a_function_with_a_rather_long_name_that_is_cut"},
		{"D", "a_function_with_a_rather_long_name_that_is_cut"},
		{"m", "load_msg"},
		{"M", "load_msg"},
		{"t", "__alloc_skb"},
		{"T", "__alloc_skb"},
		{"tr", "nvme_setup_cmd"},
		{"br", "nvme_setup_cmd"},
		{"d(", "load_msg"},
		{"d(r", "ext4_alloc_inode"},
		{"d()", "a_function_with_a_rather_long_name_that_is_cut"},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_console(&f, 100, 30);
		tick(&f);
		look(&f);
		type(&f, cases[i].keys);
		first_row_is(&f, cases[i].first);
		close_console(&f);
	}
}

static void pools(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 100, 30);
	assert_int_equal(press(&f, 'p'), KPM_REACT_VIEW);
	assert_true(on_screen("Nonp only"));
	assert_false(on_screen("ext4_alloc"));
	press(&f, 'P');
	assert_true(on_screen("Paged only"));
	assert_true(on_screen("ext4_alloc"));
	assert_false(on_screen("load_msg"));
	press(&f, 'p');
	assert_true(on_screen("both pools"));
	assert_true(on_screen("load_msg") && on_screen("ext4_alloc"));
	close_console(&f);
}

static void live_filter(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 100, 30);
	press(&f, '/');
	type(&f, "NVME");
	assert_true(on_screen("Filter: NVME"));
	assert_int_equal(f.frame.count, 1); /* while it is typed, in any case */
	press(&f, KEY_BACKSPACE);
	press(&f, '\r');
	assert_true(on_screen("filter: NVM"));
	press(&f, 'b'); /* a key again, no text */
	assert_int_equal(f.frame.count, 1);
	/* ESC takes the filter away, and only then leaves */
	assert_int_equal(press(&f, 27) & KPM_REACT_QUIT, 0);
	assert_int_equal(f.frame.count, SITES);
	press(&f, '/');
	type(&f, "inode_cache"); /* the cache counts, too */
	assert_int_equal(f.frame.count, 1);
	press(&f, CTRL('u'));
	type(&f, "no such thing");
	assert_int_equal(f.frame.count, 0);
	assert_true(on_screen("no row matches the filter"));
	press(&f, 27);
	assert_int_equal(f.frame.count, SITES);
	assert_int_equal(press(&f, 27), KPM_REACT_QUIT);
	close_console(&f);
}

static void bases(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 140, 30);
	tick(&f);
	look(&f);
	assert_true(press(&f, 'z') & KPM_REACT_MARK);
	assert_true(on_screen("(since mark)"));
	tick(&f);
	tick(&f);
	look(&f);
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("+800"));
	press(&f, 'k');
	assert_true(on_screen("(since start)"));
	assert_true(on_screen("+1200"));
	press(&f, 'K');
	assert_true(on_screen("(since last tick)"));
	assert_true(on_screen("+400"));
	close_console(&f);
}

/* The selection follows the tag, not the line. */
static void selection(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 100, 14);
	assert_int_equal(kpm_console_state(f.console)->selected, KPM_NO_TAG);
	press(&f, KEY_DOWN); /* the first one shows the cursor */
	assert_int_equal(kpm_console_state(f.console)->selected, 0);
	press(&f, KEY_DOWN);
	assert_int_equal(kpm_console_state(f.console)->selected, 1);
	assert_true(attributes_at(row_of("ext4_alloc"), 5) & A_REVERSE);
	press(&f, 't');
	assert_int_equal(kpm_console_state(f.console)->selected, 1);
	assert_true(attributes_at(row_of("ext4_alloc"), 5) & A_REVERSE);
	press(&f, KEY_END);
	assert_int_equal(kpm_console_state(f.console)->selected, 3);
	press(&f, KEY_HOME);
	assert_int_equal(kpm_console_state(f.console)->selected, 2);
	press(&f, KEY_NPAGE);
	press(&f, KEY_PPAGE);
	assert_int_equal(kpm_console_state(f.console)->selected, 2);
	press(&f, KEY_UP);
	assert_int_equal(kpm_console_state(f.console)->selected, 2);
	/* filtered away and back */
	press(&f, KEY_DOWN);
	press(&f, '/');
	type(&f, "zzz");
	press(&f, 27);
	press(&f, KEY_DOWN);
	assert_int_not_equal(kpm_console_state(f.console)->selected, KPM_NO_TAG);
	close_console(&f);
}

static void details(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 100, 34);
	for (int i = 0; i < 40; i++)
		tick(&f);
	look(&f);
	assert_true(press(&f, '\r') & KPM_REACT_DETAILS);
	assert_true(kpm_console_state(f.console)->details);
	same_as_golden(&f, "details");
	assert_true(press(&f, KEY_DOWN) & KPM_REACT_DETAILS);
	assert_true(on_screen("__alloc_skb"));
	press(&f, 27);
	assert_false(kpm_console_state(f.console)->details);
	assert_true(on_screen("By bytes"));
	close_console(&f);
}

static void help(void **state)
{
	struct fixture f;

	(void)state;
	for (int i = 0; i < 3; i++) {
		static const int codes[] = {'?', 'h', KEY_F(1)};

		open_console(&f, 80, 60);
		press(&f, codes[i]);
		/* all of it is made from the table of keys */
		for (size_t k = 0; k < key_count; k++)
			if (keys[k].help)
				assert_true(on_screen(keys[k].help));
		assert_true(on_screen("s, i and 0 to 9"));
		press(&f, 'x');
		assert_true(on_screen("By bytes"));
		close_console(&f);
	}
	/* a small screen scrolls */
	open_console(&f, 80, 12);
	press(&f, '?');
	assert_true(on_screen("more"));
	assert_false(on_screen("quit; ESC"));
	press(&f, KEY_NPAGE);
	press(&f, KEY_NPAGE);
	press(&f, KEY_NPAGE);
	assert_true(on_screen("quit; ESC") || on_screen("a sample at once"));
	close_console(&f);
}

/* The manual has every key of the table, in a line of its own. */
static void manual(void **state)
{
	static char page[200000];
	FILE *file = fopen("man/kpoolmon.8", "r");
	size_t size;
	char *keys_of;

	(void)state;
	assert_non_null(file);
	size = fread(page, 1, sizeof(page) - 1, file);
	fclose(file);
	page[size] = '\0';
	keys_of = strstr(page, "\n.SH KEYS\n");
	assert_non_null(keys_of);
	*strstr(keys_of + 1, "\n.SH") = '\0';
	for (size_t i = 0; i < key_count; i++) {
		char want[64] = "\n.B ", *end = want + 4;

		if (!keys[i].help)
			continue;
		for (const char *k = keys[i].shown; *k; k++) {
			if (*k == '-')
				*end++ = '\\';
			*end++ = *k;
		}
		strcpy(end, "\n");
		if (!strstr(keys_of, want))
			fail_msg("the manual lacks the key %s", keys[i].shown);
	}
}

static void columns(void **state)
{
	char folder[] = "/tmp/kpm-config-XXXXXX", dir[64], path[96], want[512] = "";
	struct kpm_console_opts opts = {.config_dir = dir};
	struct fixture f;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(dir, sizeof(dir), "%s/kpoolmon", folder);
	snprintf(path, sizeof(path), "%s/columns", dir);
	open_with(&f, 120, 40, &opts);
	press(&f, 'o');
	assert_true(on_screen("[x] Tag"));
	assert_true(on_screen("[ ] Waste"));
	press(&f, KEY_DOWN);
	press(&f, ' '); /* type goes */
	press(&f, KEY_UP);
	press(&f, '+'); /* tag behind allocs */
	press(&f, '\r');
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(want, sizeof(want), file));
	fclose(file);
	assert_string_equal(want, "allocs,tag,frees,diff,bytes,per_alloc,module,cache\n");
	close_console(&f);
	/* remembered */
	open_with(&f, 120, 40, &opts);
	kpm_console_draw(f.console, &f.scene);
	assert_string_equal(f.console->columns.column[0]->name, "allocs");
	close_console(&f);
	/* a folder that others can write to is not written to */
	unlink(path);
	chmod(dir, 0777);
	open_with(&f, 120, 40, &opts);
	press(&f, 'o');
	press(&f, '\r');
	assert_true(on_screen("not remembered"));
	assert_int_equal(access(path, F_OK), -1);
	close_console(&f);
	/* nonsense in the file is not followed */
	chmod(dir, 0700);
	file = fopen(path, "w");
	fputs("tag,nonsense\n", file);
	fclose(file);
	open_with(&f, 120, 40, &opts);
	assert_int_equal(f.console->columns.count, 9);
	close_console(&f);
	unlink(path);
	rmdir(dir);
	rmdir(folder);
}

static void switches(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 110, 30);
	press(&f, 'e');
	assert_true(on_screen("Total Nonp") && on_screen("Total Paged"));
	press(&f, 'E');
	assert_false(on_screen("Total Nonp"));
	press(&f, 'u');
	assert_true(on_screen("2457600")); /* 1200 x 2048 */
	press(&f, 'U');
	assert_true(on_screen("2.3M"));
	assert_int_equal(press(&f, ' '), KPM_REACT_INTERVAL);
	assert_true(kpm_console_state(f.console)->paused);
	assert_true(on_screen("PAUSED"));
	press(&f, ' ');
	assert_false(on_screen("PAUSED"));
	assert_true(press(&f, '+') & KPM_REACT_INTERVAL);
	assert_int_equal(kpm_console_state(f.console)->interval_ns, 5 * SECOND);
	press(&f, '-');
	press(&f, '-');
	assert_int_equal(kpm_console_state(f.console)->interval_ns, 1 * SECOND);
	assert_int_equal(press(&f, CTRL('r')), KPM_REACT_SAMPLE);
	assert_int_equal(press(&f, CTRL('l')), KPM_REACT_SAMPLE);
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_MODULE);
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_CACHE);
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_TAG);
	press(&f, 'w');
	press(&f, CTRL('u'));
	type(&f, "x.csv");
	assert_int_equal(press(&f, '\r'), KPM_REACT_WRITE);
	assert_string_equal(kpm_console_state(f.console)->write_to, "x.csv");
	press(&f, 'W');
	press(&f, 27); /* no file */
	assert_int_equal(press(&f, 'q'), KPM_REACT_QUIT);
	assert_int_equal(press(&f, 'Q'), KPM_REACT_QUIT);
	/* keys of poolmon that mean nothing here do nothing */
	for (const char *k = "si0123456789cgxn"; *k; k++)
		assert_int_equal(press(&f, *k), 0);
	close_console(&f);
}

static void ignore(const struct kpm_alert *alert, void *arg)
{
	(void)alert, (void)arg;
}

static void clicks(void **state)
{
	struct fixture f;
	MEVENT event = {.bstate = BUTTON1_PRESSED};
	char buf[4096];

	(void)state;
	open_console(&f, 110, 30);
	kpm_console_draw(f.console, &f.scene);
	event.y = row_of("Per-Alloc");
	event.x = strstr(line(event.y, buf, sizeof(buf)), "Allocs") - buf;
	ungetmouse(&event);
	press(&f, KEY_MOUSE);
	first_row_is(&f, "__alloc_skb");
	ungetmouse(&event); /* again: the other way round */
	press(&f, KEY_MOUSE);
	first_row_is(&f, "nvme_setup_cmd");
	event.y = row_of("load_msg");
	ungetmouse(&event);
	press(&f, KEY_MOUSE);
	assert_int_equal(kpm_console_state(f.console)->selected, 0);
	event.bstate = BUTTON5_PRESSED;
	ungetmouse(&event);
	press(&f, KEY_MOUSE);
	assert_int_not_equal(kpm_console_state(f.console)->selected, 0);
	close_console(&f);
}

static void failures(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 160, 30);
	f.scene.failure = "the probes' maps are gone";
	f.scene.age_ns = 61 * SECOND;
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("sample of 61.0 s ago: the probes' maps are gone"));
	assert_true(on_screen("load_msg"));
	f.scene.failure = NULL;
	/* what is not known is said so */
	f.snap.have = 0;
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("Lost: -"));
	assert_true(on_screen("Memory: -"));
	close_console(&f);
	assert_false(kpm_console_possible("dumb", &(struct kpm_err){0}));
	assert_false(kpm_console_possible("no-such-terminal", &(struct kpm_err){0}));
	assert_true(kpm_console_possible("linux", NULL) && kpm_console_possible("screen", NULL));
}

/* What a tick costs at 5,000 tags, all of which change: at 1 Hz one percent of a core is 10 ms. */
static void cost(void **state)
{
	struct kpm_rollup *rollups[] = {kpm_rollup_new(KPM_BY_MODULE),
					kpm_rollup_new(KPM_BY_CACHE)};
	struct timespec before, after;
	struct fixture f;
	const int ticks = 50;
	double ms;

	(void)state;
	open_console(&f, 120, 40);
	for (int i = SITES; i < 5000; i++) {
		char symbol[64], cache[32];

		snprintf(symbol, sizeof(symbol), "function_%d+0x1/0x2 [module_%d]", i, i % 100);
		snprintf(cache, sizeof(cache), "cache_%d", i % 300);
		kpm_tagset_enter(f.tags, 0x10000 + i, symbol, cache, true);
	}
	f.ticks = 10;
	for (int t = -5; t < ticks; t++) { /* the first ones allocate */
		if (!t)
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		tick(&f);
		for (uint32_t i = SITES + 1; i < f.snap.count; i++) {
			struct kpm_counts *n = &f.snap.rows[i].kind[i & 1];

			n->allocs = n->diff = i * 77 % 1000 + t + 10;
			n->bytes = n->diff * 64;
		}
		for (int r = 0; r < 2; r++)
			kpm_rollup_add(rollups[r], &f.snap, f.tags);
		look(&f);
		kpm_console_draw(f.console, &f.scene);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ms = ((after.tv_sec - before.tv_sec) * 1e3 + (after.tv_nsec - before.tv_nsec) / 1e6) /
	     ticks;
	printf("5000 tags: %.2f ms of CPU counted for a tick, without reading the kernel\n", ms);
#ifndef __SANITIZE_ADDRESS__
	assert_true(ms < 5);
#endif
	for (int r = 0; r < 2; r++)
		kpm_rollup_free(rollups[r]);
	close_console(&f);
}

static void judgement(void **state)
{
	struct kpm_rules *rules = kpm_rules_new();
	struct kpm_alerts *alerts;
	struct kpm_suspect list[8];
	struct fixture f;

	(void)state;
	assert_int_equal(kpm_rules_add(rules, "", "queue: bytes > 1M where tag load*", NULL), 0);
	alerts = kpm_alerts_new(rules);
	open_console(&f, 110, 40);
	f.scene.snap = &f.snap;
	f.scene.tags = f.tags;
	f.scene.suspects = list;
	assert_true(press(&f, 'V') & KPM_REACT_DETAILS);
	assert_true(kpm_console_state(f.console)->suspects);
	assert_true(on_screen("too few samples"));
	for (int i = 0; i < 60; i++)
		tick(&f);
	look(&f);
	f.scene.suspect_count = kpm_suspects_rank(&f.snap, f.tags, f.trend, NULL, NULL, list, 8);
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("leak?    load_msg+0x41 (msg_msg-2k)"));
	assert_true(on_screen("grew in 60 of 60 samples, +23.4M/min steady"));
	assert_true(on_screen("the available memory lasts"));
	press(&f, 'x');
	assert_false(kpm_console_state(f.console)->suspects);
	/* alerts */
	press(&f, '!');
	assert_true(on_screen("There are no rules"));
	press(&f, 'x');
	kpm_alerts_step(alerts, &f.snap, f.tags, f.trend, ignore, NULL);
	f.scene.alerts = alerts;
	kpm_console_alert(f.console, "ALERT in words");
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("ALERT in words"));
	assert_true(on_screen("ALERT (!)"));
	press(&f, '!');
	assert_true(on_screen("queue: bytes > 1M where tag load*; has 49."));
	press(&f, 'x');
	close_console(&f);
	kpm_alerts_free(alerts);
	kpm_rules_free(rules);
}

static void ascii(void **state)
{
	struct fixture f;

	(void)state;
	setlocale(LC_CTYPE, "C");
	open_console(&f, 160, 24);
	tick(&f);
	tick(&f);
	look(&f);
	same_as_golden(&f, "ascii");
	close_console(&f);
	setlocale(LC_CTYPE, "C.UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),    cmocka_unit_test(any_size),
		cmocka_unit_test(colours),  cmocka_unit_test(sorting),
		cmocka_unit_test(pools),    cmocka_unit_test(live_filter),
		cmocka_unit_test(bases),    cmocka_unit_test(selection),
		cmocka_unit_test(details),  cmocka_unit_test(help),
		cmocka_unit_test(manual),   cmocka_unit_test(columns),
		cmocka_unit_test(switches), cmocka_unit_test(clicks),
		cmocka_unit_test(failures), cmocka_unit_test(judgement),
		cmocka_unit_test(ascii),    cmocka_unit_test(cost),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	unsetenv("NO_COLOR");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
