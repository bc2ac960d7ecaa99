// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys and clicks: the order, the filter, the selection, and the reactions. */
#include "console/keys.h"
#include "fixture.h"

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
		build_view(&f);
		type(&f, cases[i].keys);
		first_row_is(&f, cases[i].first);
		close_console(&f);
	}
}

static void pool_key(void **state)
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

static void filter_while_typing(void **state)
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

static void bases_of_change(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 140, 30);
	tick(&f);
	build_view(&f);
	assert_true(press(&f, 'z') & KPM_REACT_MARK);
	assert_true(on_screen("(since mark)"));
	tick(&f);
	tick(&f);
	build_view(&f);
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

static void other_keys(void **state)
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
	assert_int_equal(kpm_console_state(f.console)->interval_ns, 5 * KPM_SECOND);
	press(&f, '-');
	press(&f, '-');
	assert_int_equal(kpm_console_state(f.console)->interval_ns, 1 * KPM_SECOND);
	assert_int_equal(press(&f, CTRL('r')), KPM_REACT_SAMPLE);
	assert_int_equal(press(&f, CTRL('l')), KPM_REACT_SAMPLE);
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_MODULE);
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_CACHE);
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_OWNER);
	press(&f, 'v');
	press(&f, 'v');
	assert_int_equal(kpm_console_state(f.console)->by, KPM_BY_CGROUP);
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
	for (const char *k = "si0123456789cgn"; *k; k++)
		assert_int_equal(press(&f, *k), 0);
	close_console(&f);
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

/* The manual has every key of the table, in a line of its own. */
static void manual_has_all_keys(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorting),
		cmocka_unit_test(pool_key),
		cmocka_unit_test(filter_while_typing),
		cmocka_unit_test(bases_of_change),
		cmocka_unit_test(selection),
		cmocka_unit_test(other_keys),
		cmocka_unit_test(clicks),
		cmocka_unit_test(manual_has_all_keys),
	};

	set_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
