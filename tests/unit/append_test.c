// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Appending under fire: many writers, kill -9 at random moments, rotation, torn tails, no room.
 * A sample here is a number of lines that all carry its name, so that half of one shows.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/append.h"
#include "sink/output.h"

#define HEAD  "name,line\r\n"
#define LINES 2000

static char dir[] = "/tmp/kpm-append.XXXXXX";
static char file[64], note[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/f.csv", dir);
	snprintf(note, sizeof(note), "%s/.f.csv.kpoolmon", dir);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	unlink(file);
	unlink(note);
	return 0;
}

static int tear_down(void **state)
{
	clear(state);
	return rmdir(dir); /* nothing else was left behind */
}

static char *sample(int name, size_t *size)
{
	char *text;
	FILE *out = open_memstream(&text, size);

	for (int i = 0; i < LINES; i++)
		fprintf(out, "%d,%d\r\n", name, i);
	fclose(out);
	return text;
}

static int append(int name)
{
	struct kpm_err err;
	size_t size;
	char *text = sample(name, &size);
	int ret = kpm_append_file(file, HEAD, text, size, &err);

	free(text);
	return ret;
}

/* Number of samples in the file, each of which must be whole, after one head. */
static int whole_samples(const char *path)
{
	FILE *in = fopen(path, "r");
	char line[100];
	int samples = 0, current, name, n;

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	assert_string_equal(line, HEAD);
	while (fgets(line, sizeof(line), in)) {
		for (int i = 0; i < LINES; i++) {
			assert_int_equal(sscanf(line, "%d,%d\r\n", &name, &n), 2);
			assert_int_equal(line[strlen(line) - 1], '\n');
			current = i ? current : name;
			assert_int_equal(name, current);
			assert_int_equal(n, i);
			if (i + 1 < LINES)
				assert_non_null(fgets(line, sizeof(line), in));
		}
		samples++;
	}
	fclose(in);
	return samples;
}

static void many_writers(void **state)
{
	(void)state;
	for (int p = 0; p < 8; p++) {
		if (fork())
			continue;
		for (int i = 0; i < 50; i++)
			if (append(p * 50 + i))
				_exit(1);
		_exit(0);
	}
	for (int p = 0; p < 8; p++) {
		int status;

		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(whole_samples(file), 400);
	assert_int_equal(access(note, F_OK), -1);
}

static void killed(void **state)
{
	int torn = 0, before = 1, *done;

	(void)state;
	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(done, MAP_FAILED);
	srandom(1);
	assert_int_equal(append(0), 0);
	for (int round = 1; round <= 100; round++) {
		struct timespec moment = {0, random() % 3000000};
		struct stat st;
		pid_t child;
		int now;

		*done = 0;
		child = fork();
		if (!child) {
			for (int i = 0;; i++)
				*done += !append(round * 1000 + i);
		}
		nanosleep(&moment, NULL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		torn += !lstat(note, &st);
		/* the next one repairs the tail, and nothing that was whole is gone */
		assert_int_equal(append(round * 1000 + 999), 0);
		now = whole_samples(file);
		assert_in_range(now, before + *done + 1, before + *done + 2);
		before = now;
	}
	munmap(done, sizeof(*done));
	print_message("%d of 100 kills hit an append\n", torn);
	assert_true(torn > 0);
}

static void write_raw(const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void expect_raw(const char *text)
{
	char got[200];
	int fd = open(file, O_RDONLY);
	ssize_t len = read(fd, got, sizeof(got) - 1);

	close(fd);
	got[len] = '\0';
	assert_string_equal(got, text);
}

static void torn_tails(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{HEAD "a,1\r\nb,222222222222", HEAD "a,1\r\nc,1\r\n"},
		{HEAD "a,1\r\nb,", HEAD "a,1\r\nc,1\r\n"},
		{HEAD "a,1\r\nb,2\r", HEAD "a,1\r\nc,1\r\n"},
		{"nam", HEAD "c,1\r\n"},
		{"", HEAD "c,1\r\n"},
		{HEAD, HEAD "c,1\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		write_raw(cases[i].before);
		assert_int_equal(kpm_append_check(file, HEAD, NULL), 0);
		assert_int_equal(kpm_append_file(file, HEAD, "c,1\r\n", 5, NULL), 0);
		expect_raw(cases[i].after);
	}
}

/* The note tells a sample that was cut between two lines. */
static void half_sample(void **state)
{
	struct stat st;
	char target[100];

	(void)state;
	write_raw(HEAD "a,1\r\nb,1\r\n");
	stat(file, &st);
	snprintf(target, sizeof(target), "%zu %zu %ju", strlen(HEAD "a,1\r\n"),
		 strlen(HEAD "a,1\r\nb,1\r\nb,2\r\n"), (uintmax_t)st.st_ino);
	assert_int_equal(symlink(target, note), 0);
	assert_int_equal(kpm_append_file(file, HEAD, "c,1\r\n", 5, NULL), 0);
	expect_raw(HEAD "a,1\r\nc,1\r\n");
	/* a note of another file, or of an append that was complete, cuts nothing */
	assert_int_equal(symlink("1 9 1", note), 0);
	assert_int_equal(kpm_append_file(file, HEAD, "d,1\r\n", 5, NULL), 0);
	snprintf(target, sizeof(target), "3 5 %ju", (uintmax_t)st.st_ino);
	assert_int_equal(symlink(target, note), 0);
	assert_int_equal(kpm_append_file(file, HEAD, "e,1\r\n", 5, NULL), 0);
	expect_raw(HEAD "a,1\r\nc,1\r\nd,1\r\ne,1\r\n");
}

static void other_columns(void **state)
{
	struct kpm_err err;

	(void)state;
	write_raw("name,other\r\nb,1\r\n");
	assert_int_equal(kpm_append_check(file, HEAD, &err), -EEXIST);
	assert_int_equal(kpm_append_file(file, HEAD, "c,1\r\n", 5, &err), -EEXIST);
	assert_non_null(strstr(err.text, "other columns"));
	/* JSON to CSV and the other way round */
	assert_int_equal(kpm_append_file(file, "", "{}\n", 3, &err), -EEXIST);
	expect_raw("name,other\r\nb,1\r\n");
	/* shorter than the head */
	write_raw("a\r\nb\r\n");
	assert_int_equal(kpm_append_check(file, HEAD, &err), -EEXIST);
	assert_int_equal(kpm_append_file(file, HEAD, "c,1\r\n", 5, &err), -EEXIST);
	write_raw("{\"a\":1}\n{\"b\"");
	assert_int_equal(kpm_append_file(file, "", "{}\n", 3, &err), 0);
	expect_raw("{\"a\":1}\n{}\n");
}

/* A limit on the size of files fails in the midst of a write, as a full disk does. */
static void no_room(void **state)
{
	struct rlimit old, small;
	struct kpm_err err;
	struct stat before, after;
	char *text;
	size_t size;

	(void)state;
	assert_int_equal(append(1), 0);
	stat(file, &before);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){before.st_size + 4096, old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	text = sample(2, &size);
	assert_int_equal(kpm_append_file(file, HEAD, text, size, &err), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	free(text);
	stat(file, &after);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(whole_samples(file), 1);
	assert_int_equal(access(note, F_OK), -1);
}

static void rotated(void **state)
{
	char moved[80];
	pid_t child;

	(void)state;
	snprintf(moved, sizeof(moved), "%s/f.csv.1", dir);
	child = fork();
	if (!child) {
		for (int i = 0; i < 100; i++)
			append(i);
		_exit(0);
	}
	usleep(10000);
	rename(file, moved);
	waitpid(child, NULL, 0);
	assert_int_equal(whole_samples(moved) + whole_samples(file), 100);
	unlink(moved);
}

/* What is not a regular file cannot be appended to. */
static void special(void **state)
{
	struct kpm_err err;

	(void)state;
	assert_int_equal(kpm_append_file("/dev/null", HEAD, "", 0, &err), -ESPIPE);
	assert_int_equal(kpm_append_check("/dev/null", HEAD, &err), -ESPIPE);
	assert_int_equal(kpm_write_file("/dev/full", "x", 1, KPM_MODE_SHARED, &err), -ENOSPC);
	assert_int_equal(kpm_write_file("/nonexistent/x", "x", 1, KPM_MODE_SHARED, &err), -ENOENT);
	assert_int_equal(kpm_write_file("/tmp", "x", 1, KPM_MODE_SHARED, &err), -EISDIR);
}

static void replaced(void **state)
{
	char link[80];
	struct stat st;

	(void)state;
	snprintf(link, sizeof(link), "%s/link", dir);
	write_raw("old");
	chmod(file, 0640);
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(kpm_write_check(link, NULL), 0);
	assert_int_equal(kpm_write_file(link, "new", 3, KPM_MODE_SHARED, NULL), 0);
	expect_raw("new");
	lstat(link, &st);
	assert_true(S_ISLNK(st.st_mode));
	stat(file, &st);
	assert_int_equal(st.st_mode & 07777, 0640);
	unlink(link);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* The mode is the caller's, less the umask; private text never lands in a file that others read. */
static void modes(void **state)
{
	mode_t mask = umask(027);

	(void)state;
	unlink(file);
	assert_int_equal(kpm_write_file(file, "x", 1, KPM_MODE_SHARED, NULL), 0);
	assert_int_equal(mode_of(file), 0640);
	unlink(file);
	assert_int_equal(kpm_write_file(file, "x", 1, KPM_MODE_PRIVATE, NULL), 0);
	assert_int_equal(mode_of(file), 0600);
	chmod(file, 0755);
	assert_int_equal(kpm_write_file(file, "x", 1, KPM_MODE_SHARED, NULL), 0);
	assert_int_equal(mode_of(file), 0755);
	assert_int_equal(kpm_write_file(file, "x", 1, KPM_MODE_PRIVATE, NULL), 0);
	assert_int_equal(mode_of(file), 0700);
	/* and the umask is what it was */
	assert_int_equal(umask(mask), 027);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(many_writers, clear),
		cmocka_unit_test_setup(killed, clear),
		cmocka_unit_test_setup(torn_tails, clear),
		cmocka_unit_test_setup(half_sample, clear),
		cmocka_unit_test_setup(other_columns, clear),
		cmocka_unit_test_setup(no_room, clear),
		cmocka_unit_test_setup(rotated, clear),
		cmocka_unit_test(special),
		cmocka_unit_test_setup(replaced, clear),
		cmocka_unit_test_setup(modes, clear),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
