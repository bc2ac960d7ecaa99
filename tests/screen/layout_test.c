// SPDX-License-Identifier: GPL-2.0-or-later
/* Screens of all sizes, colours and terminals, and the cost of a drawing. */
#include <time.h>

#include "console/possible.h"
#include "console/terminal.h"
#include "fixture.h"

static void golden_screens(void **state)
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
		build_view(&f);
		same_as_golden(&f, cases[i].name);
		close_console(&f);
	}
}

/* No size draws beyond the screen, and the tag and its bytes are always shown. */
static void any_size(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 80, 24);
	tick(&f);
	build_view(&f);
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

static void colours(void **state)
{
	struct kpm_console_opts opts = {0};
	struct fixture f;
	char buf[4096];
	int y, x;

	(void)state;
	open_console(&f, 120, 30);
	tick(&f);
	build_view(&f);
	kpm_console_draw(f.console, &f.scene);
	y = row_of("load_msg");
	line(y, buf, sizeof(buf));
	x = strstr(buf, "+800.0K") - buf;
	assert_int_equal(PAIR_NUMBER(attributes_at(y, x)), STYLE_GROW);
	y = row_of("ext4_alloc");
	line(y, buf, sizeof(buf));
	x = strstr(buf, "-11.0K") - buf;
	assert_int_equal(PAIR_NUMBER(attributes_at(y, x)), STYLE_SHRINK);
	y = row_of("Missing probes");
	x = strstr(line(y, buf, sizeof(buf)), "kfree_rcu") - buf;
	assert_int_equal(PAIR_NUMBER(attributes_at(y, x)), STYLE_WARN);
	close_console(&f);

	/* without colours the signs are left, and bold */
	setenv("NO_COLOR", "1", 1);
	open_console(&f, 120, 30);
	tick(&f);
	build_view(&f);
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

static void failed_sample(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 160, 30);
	f.scene.failure = "the probes' maps are gone";
	f.scene.age_ns = 61 * KPM_SECOND;
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("sample of 61.0 s ago: the probes' maps are gone"));
	assert_true(on_screen("load_msg"));
	f.scene.failure = NULL;
	/* refused objects: a table is full */
	assert_false(on_screen("Tables: full"));
	f.snap.loss.refused = 1;
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("Tables: full"));
	/* an unknown value is a dash */
	f.snap.have = 0;
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("Lost: -"));
	assert_true(on_screen("Memory: -"));
	close_console(&f);
	assert_false(kpm_console_possible("dumb", &(struct kpm_err){0}));
	assert_false(kpm_console_possible("no-such-terminal", &(struct kpm_err){0}));
	assert_true(kpm_console_possible("linux", NULL) && kpm_console_possible("screen", NULL));
}

static void ascii_screen(void **state)
{
	struct fixture f;

	(void)state;
	setlocale(LC_CTYPE, "C");
	open_console(&f, 160, 24);
	tick(&f);
	tick(&f);
	build_view(&f);
	same_as_golden(&f, "ascii");
	close_console(&f);
	setlocale(LC_CTYPE, "C.UTF-8");
}

/* A tick at 5,000 tags, all of which change: at 1 Hz one percent of a CPU is 10 ms. */
static void cost_of_a_tick(void **state)
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
			kpm_rollup_add(rollups[r], &f.snap, f.tags, NULL, NULL);
		build_view(&f);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_screens), cmocka_unit_test(any_size),
		cmocka_unit_test(colours),        cmocka_unit_test(failed_sample),
		cmocka_unit_test(ascii_screen),   cmocka_unit_test(cost_of_a_tick),
	};

	set_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
