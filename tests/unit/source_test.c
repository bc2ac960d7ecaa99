// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that the sources read, in fake trees; sizes; samples after their source; bits of slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "model/recorder.h"
#include "model/recording.h"
#include "source/kernel.h"
#include "source/meminfo.h"
#include "source/replay.h"
#include "source/sizes.h"

static char dir[] = "/tmp/kpoolmon-test-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_tree(void **state)
{
	char path[256];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/kernel", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/kernel/btf", dir);
	return mkdir(path, 0700);
}

static int remove_tree(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command);
}

/* Gaps in the list count: per-CPU data are indexed by the CPU's number. */
static void numbers(void **state)
{
	const struct kpm_roots roots = {.sys = dir};
	static const struct {
		const char *list;
		uint32_t end;
	} lists[] = {{"0\n", 1},   {"0-3\n", 4}, {"0-1,8-11\n", 12},
		     {"0,64", 65}, {"", 0},      {"\n", 0}};
	char path[256];

	(void)state;
	assert_int_equal(kpm_kernel_numbers(&roots, KPM_FILE_CPUS), 0);
	snprintf(path, sizeof(path), "%s/devices", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/devices/system", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/devices/system/cpu", dir);
	mkdir(path, 0700);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		write_file("devices/system/cpu/possible", lists[i].list);
		assert_int_equal(kpm_kernel_numbers(&roots, KPM_FILE_CPUS), lists[i].end);
	}
}

static void meminfo(void **state)
{
	const struct kpm_roots roots = {.proc = dir};
	struct kpm_memory m;
	struct kpm_err err;

	(void)state;
	write_file("meminfo", "MemTotal:       24604880 kB\nMemFree:  1 kB\nMemAvailable:   5 kB\n"
			      "SReclaimable:      40092 kB\nSUnreclaim:        32184 kB\n"
			      "KernelStack:        2048 kB\nPageTables: 3 kB\nVmallocUsed: 4 kB\n"
			      "Percpu:             1024 kB");
	assert_int_equal(kpm_meminfo_read(&roots, &m, &err), 0);
	assert_int_equal(m.total, 24604880ULL * 1024);
	assert_int_equal(m.available, 5 * 1024);
	assert_int_equal(m.slab_paged, 40092 * 1024);
	assert_int_equal(m.slab_nonp, 32184 * 1024);
	assert_int_equal(m.kernel_stack, 2048 * 1024);
	assert_int_equal(m.percpu, 1024 * 1024);

	write_file("meminfo", "");
	assert_int_equal(kpm_meminfo_read(&roots, &m, &err), -EINVAL);
	assert_non_null(strstr(err.text, "MemTotal"));
	kpm_meminfo_parse("\n\nMemTotal:\nSlab", &m);
	assert_int_equal(m.total, 0);
}

static void no_meminfo_is_one_sentence(void **state)
{
	const struct kpm_roots roots = {.proc = "/nonexistent"};
	struct kpm_memory m;
	struct kpm_err err;

	(void)state;
	assert_int_equal(kpm_meminfo_read(&roots, &m, &err), -ENOENT);
	assert_string_equal(err.text, "open /nonexistent/meminfo: No such file or directory");
}

static void no_btf_is_one_sentence(void **state)
{
	const struct kpm_roots roots = {.sys = dir};
	struct kpm_kernel kernel;
	struct kpm_err err;

	(void)state;
	assert_int_equal(kpm_kernel_probe(&roots, &kernel, &err), -ENOENT);
	assert_non_null(strstr(err.text, "CONFIG_DEBUG_INFO_BTF"));
	assert_non_null(strstr(err.text, "6.1"));
	/* a file that is no BTF */
	write_file("kernel/btf/vmlinux", "not BTF at all, but long enough to have a header");
	assert_int_equal(kpm_kernel_probe(&roots, &kernel, &err), -ENOENT);
}

static void sizes_by_memory(void **state)
{
	(void)state;
	assert_int_equal(kpm_default_objects(512ULL << 20), KPM_OBJECTS_FLOOR);
	assert_int_equal(kpm_default_objects(8000ULL * 4000000), 4000000);
	assert_int_equal(kpm_default_objects(4ULL << 40), KPM_OBJECTS_CAP);
	assert_true(kpm_default_tags(KPM_OBJECTS_FLOOR) <= kpm_default_tags(KPM_OBJECTS_CAP));
}

/* Every address of a kernel's half differs in a slot, with 48 and with 57 bits. */
static void slots_hold_addresses(void **state)
{
	const uint64_t base = 0xff00000000000000ULL;

	(void)state;
	for (int bit = 3; bit < 56; bit++) {
		uint64_t key = KPM_W0_KEY(base | 1ULL << bit);

		assert_int_not_equal(key, KPM_W0_KEY(base));
		assert_int_equal(key & KPM_W0_META, 0);
		assert_int_equal(key >> 63, 0);
		assert_int_equal(key >> KPM_ADDR_SHIFT << 3, 1ULL << bit);
	}
	assert_int_equal(KPM_W0_KEY(~7ULL) >> 63, 0);
}

/* Tag, bytes asked for and allocation time do not overlap at their largest. */
static void slots_hold_the_rest(void **state)
{
	uint64_t w1 = (uint64_t)(KPM_TAGS_MAX - 1) << KPM_TAG_SHIFT |
		      (uint64_t)(4 << 20) << KPM_ASKED_SHIFT | (365 * 86400);

	(void)state;
	assert_int_equal(w1 >> KPM_TAG_SHIFT, KPM_TAGS_MAX - 1);
	assert_int_equal(w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX, 4 << 20);
	assert_int_equal(w1 & KPM_TIME_MASK, 365 * 86400);
	/* ages are right over the end of the clock's year */
	assert_int_equal((5 - (KPM_TIME_MASK - 4)) & KPM_TIME_MASK, 10);
}

/* A sample outlives its source: the console shows one after the source is closed. */
static void samples_own_their_text(void **state)
{
	static const char reason[] = "this kernel has no bpf_get_kmem_cache";
	struct kpm_recorder *recorder = kpm_recorder_new(1, "0.1");
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_snapshot snap;
	struct kpm_source *source;
	struct kpm_err err;
	char path[256];
	FILE *out;

	(void)state;
	snprintf(path, sizeof(path), "%s/x.kpr", dir);
	out = fopen(path, "w");
	assert_non_null(out);
	kpm_snapshot_init(&snap);
	strcpy(snap.no_audit, reason);
	assert_int_equal(kpm_recorder_sample(recorder, out, &snap, tags, NULL, NULL, NULL), 0);
	fclose(out);
	kpm_recorder_free(recorder);
	kpm_snapshot_done(&snap);

	kpm_snapshot_init(&snap);
	assert_int_equal(kpm_replay_open(path, tags, &source, &err), 0);
	assert_int_equal(source->ops->sample(source, &snap, &err), 0);
	kpm_source_close(source);
	assert_string_equal(snap.no_audit, reason);
	kpm_snapshot_done(&snap);
	kpm_tagset_free(tags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_btf_is_one_sentence),
		cmocka_unit_test(numbers),
		cmocka_unit_test(meminfo),
		cmocka_unit_test(no_meminfo_is_one_sentence),
		cmocka_unit_test(sizes_by_memory),
		cmocka_unit_test(samples_own_their_text),
		cmocka_unit_test(slots_hold_addresses),
		cmocka_unit_test(slots_hold_the_rest),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
