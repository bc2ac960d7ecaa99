// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Books without a process, on the running kernel: exact numbers since the start, and how long a
 * dump of many tags takes. Needs root and a kernel with BTF.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <bpf/bpf.h>

#include "cli/options.h"
#include "source/pinned.h"
#include "source/pins.h"

#define EVENTS 37
#define SITES  5000

static char pins[64];

static struct kpm_roots roots(void)
{
	return (struct kpm_roots){.pins = pins};
}

static void start(uint64_t objects)
{
	struct kpm_live_opts opts = {.objects = objects, .tags = 16384, .roots = roots()};
	struct kpm_err err;

	if (kpm_pins_start(&opts, KPM_VERSION, &err))
		fail_msg("%s", err.text);
}

static void stop(void)
{
	struct kpm_roots at = roots();
	struct kpm_err err;
	bool were;

	if (kpm_pins_stop(&at, &were, &err))
		fail_msg("%s", err.text);
	assert_true(were);
}

static uint64_t outstanding(struct kpm_source *source, struct kpm_tagset *tags, const char *symbol)
{
	struct kpm_snapshot snap;
	struct kpm_err err;
	uint64_t sum = 0;

	kpm_snapshot_init(&snap);
	if (source->ops->sample(source, &snap, &err))
		fail_msg("%s", err.text);
	for (uint32_t i = 0; i < snap.count; i++) {
		const char *name = kpm_tagset_get(tags, i)->symbol;

		if (name && !strcmp(name, symbol))
			sum += kpm_row_sum(&snap.rows[i]).diff;
	}
	kpm_snapshot_done(&snap);
	return sum;
}

/* Two readers see what was counted before they came, and the end. */
static void numbers_since_the_start(void **state)
{
	struct kpm_source *source[2];
	struct kpm_tagset *tags[2];
	struct kpm_roots at = roots();
	struct kpm_objects objects;
	struct kpm_snapshot snap;
	uint64_t before, after;
	int fds[EVENTS];
	struct kpm_err err;

	(void)state;
	kpm_snapshot_init(&snap);
	start(100000);
	for (int i = 0; i < 2; i++) {
		tags[i] = kpm_tagset_new();
		if (kpm_pinned_open(&at, KPM_VERSION, tags[i], &source[i], &err))
			fail_msg("%s", err.text);
	}
	before = outstanding(source[0], tags[0], "do_eventfd");
	for (int i = 0; i < EVENTS; i++)
		fds[i] = eventfd(0, 0);
	after = outstanding(source[1], tags[1], "do_eventfd");
	assert_int_equal(after - before, EVENTS);
	assert_int_equal(outstanding(source[0], tags[0], "do_eventfd"), after);
	for (int i = 0; i < EVENTS; i++)
		close(fds[i]);
	usleep(300000);
	assert_int_equal(outstanding(source[0], tags[0], "do_eventfd"), before);
	assert_int_equal(source[0]->ops->objects(source[0], 0, 0, &objects), 0);
	assert_int_equal(source[0]->ops->check(source[0], &err), 0);
	stop();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(source[i]->ops->check(source[i], &err), -ESHUTDOWN);
		assert_int_equal(source[i]->ops->sample(source[i], &snap, &err), -ESHUTDOWN);
		assert_non_null(strstr(err.text, "kpoolmon stop"));
		kpm_source_close(source[i]);
		kpm_tagset_free(tags[i]);
	}
	assert_int_equal(kpm_pinned_open(&at, KPM_VERSION, NULL, &source[0], &err), -ENOENT);
	kpm_snapshot_done(&snap);
}

static void other_versions(void **state)
{
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_roots at = roots();
	struct kpm_source *source;
	struct kpm_err err;

	(void)state;
	start(10000);
	assert_int_equal(kpm_pinned_open(&at, "0.0", tags, &source, &err), -EPROTO);
	assert_non_null(strstr(err.text, "kpoolmon " KPM_VERSION " (layout"));
	assert_non_null(strstr(err.text, "this is kpoolmon 0.0"));
	assert_int_equal(kpm_pins_start(&(struct kpm_live_opts){.roots = at}, KPM_VERSION, &err),
			 -EEXIST);
	stop();
	kpm_tagset_free(tags);
}

/* Call sites of the kernel's own code, a kilobyte apart. */
static void fire_sites(void)
{
	unsigned long long text = 0;
	char line[512], path[128];
	FILE *f = fopen("/proc/kallsyms", "re");
	int program;

	assert_non_null(f);
	while (!text && fgets(line, sizeof(line), f))
		if (strstr(line, " _stext\n"))
			text = strtoull(line, NULL, 16);
	fclose(f);
	snprintf(path, sizeof(path), "%s/prog_kpm_kmalloc", pins);
	program = bpf_obj_get(path);
	assert_true(program >= 0);
	for (int i = 0; i < SITES; i++) {
		uint64_t args[6] = {text + i * 1024, 0xffff888100000000ULL + i * 64, 64, 64, 0, -1};
		LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

		assert_int_equal(bpf_prog_test_run_opts(program, &opts), 0);
	}
	close(program);
}

/* What cron pays: a dump of many tags, appended to a file, as a process of its own. */
static void dump_at_once(void **state)
{
	char self[PATH_MAX] = "", binary[PATH_MAX + 32], dir[] = "/tmp/kpoolmon-pinned-XXXXXX",
	     file[64], option[128];
	struct timespec from, to;
	double best = 1e9;
	struct stat st;

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(binary, sizeof(binary), "%s/../../kpoolmon", dirname(self));
	assert_int_equal(access(binary, X_OK), 0);
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/x.csv", dir);
	snprintf(option, sizeof(option), "--pins=%s", pins);
	start(100000);
	fire_sites();
	for (int i = 0; i < 5; i++) {
		double ms;
		int status;
		pid_t pid;

		clock_gettime(CLOCK_MONOTONIC, &from);
		pid = fork();
		if (!pid) {
			execl(binary, "kpoolmon", "dump", option, "--append", "-o", file, NULL);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		clock_gettime(CLOCK_MONOTONIC, &to);
		assert_int_equal(status, 0);
		ms = (to.tv_sec - from.tv_sec) * 1e3 + (to.tv_nsec - from.tv_nsec) / 1e6;
		best = ms < best ? ms : best;
	}
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size > 5LL * SITES * 50); /* it is all in there */
	stop();
	unlink(file);
	rmdir(dir);
	printf("%d tags: %.0f ms counted for a dump into a file\n", SITES, best);
	assert_true(best <= 300);
}

static int tidy(void **state)
{
	struct kpm_roots at = roots();
	bool were;

	(void)state;
	return kpm_pins_stop(&at, &were, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(numbers_since_the_start, tidy),
		cmocka_unit_test_teardown(other_versions, tidy),
		cmocka_unit_test_teardown(dump_at_once, tidy),
	};

	snprintf(pins, sizeof(pins), "/sys/fs/bpf/kpmtest_%d", getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
