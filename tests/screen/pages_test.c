// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages that cover the table: details, help, columns, suspects and alerts. */
#include <sys/stat.h>

#include "console/keys.h"
#include "fixture.h"
#include "view/findings_text.h"

static void ignore(const struct kpm_alert *alert, void *arg)
{
	(void)alert, (void)arg;
}

static void details(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 100, 34);
	for (int i = 0; i < 40; i++)
		tick(&f);
	build_view(&f);
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

/* The caches that a merged one is: all of them, on as many lines as they need. */
static void merged_cache(void **state)
{
	struct fixture f;

	(void)state;
	open_console(&f, 40, 40);
	assert_int_equal(
		kpm_tagset_merge(f.tags, "skbuff_head_cache", "biovec-16+key_jar+sgpool-8"), 0);
	press(&f, '\r');
	while (!on_screen("__alloc_skb"))
		press(&f, KEY_DOWN);
	assert_true(on_screen("Merged from    biovec-16 key_jar"));
	assert_false(on_screen("key_jar sgpool-8"));
	assert_true(on_screen("sgpool-8"));
	press(&f, KEY_DOWN);
	assert_false(on_screen("Merged from"));
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

static char *findings_of(struct fixture *f)
{
	struct kpm_suspect list[8];
	uint32_t count = kpm_suspects_rank(&f->snap, f->tags, f->trend, NULL, NULL, list, 8);
	const struct kpm_findings_of of = {.snap = &f->snap, .tags = f->tags, .trend = f->trend};
	struct kpm_findings findings = {0};
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(kpm_findings_make(&of, list, count, &findings), 0);
	for (uint32_t i = 0; i < findings.count; i++)
		kpm_finding_print(out, &of, list, &findings.list[i]);
	fclose(out);
	kpm_findings_done(&findings);
	return text;
}

static void suspects_and_alerts(void **state)
{
	struct kpm_rules *rules = kpm_rules_new();
	struct kpm_alerts *alerts;
	struct fixture f;
	char *findings;

	(void)state;
	assert_int_equal(kpm_rules_add(rules, "", "queue: bytes > 1M where tag load*", NULL), 0);
	alerts = kpm_alerts_new(rules);
	open_console(&f, 110, 40);
	f.scene.snap = &f.snap;
	f.scene.tags = f.tags;
	assert_true(press(&f, 'V') & KPM_REACT_DETAILS);
	assert_true(kpm_console_state(f.console)->suspects);
	assert_true(on_screen("too few samples"));
	for (int i = 0; i < 60; i++)
		tick(&f);
	build_view(&f);
	f.scene.findings = findings = findings_of(&f);
	kpm_console_draw(f.console, &f.scene);
	assert_true(on_screen("leak?    load_msg+0x41 (msg_msg-2k)"));
	assert_true(on_screen("grew in 60 of 60 samples, +23.4M/min steady"));
	assert_true(on_screen("the available memory lasts"));
	press(&f, 'x');
	assert_false(kpm_console_state(f.console)->suspects);
	f.scene.findings = NULL;
	free(findings);
	/* alerts */
	press(&f, '!');
	assert_true(on_screen("There are no rules"));
	press(&f, 'x');
	kpm_alerts_step(alerts, &f.snap, f.tags, NULL, f.trend, ignore, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(details),
		cmocka_unit_test(merged_cache),
		cmocka_unit_test(help),
		cmocka_unit_test(columns),
		cmocka_unit_test(suspects_and_alerts),
	};

	set_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
