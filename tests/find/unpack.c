// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unpacks the files that standard input names in so many processes, and does nothing with them: the
 * least that a search costs. Prints the elapsed seconds and the seconds of processor time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "resolve/image.h"

#define FILES_MAX 100000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	static char *files[FILES_MAX];
	int processes = argc > 1 ? atoi(argv[1]) : 1, count = 0, *next;
	struct rusage used;
	char line[4096];
	double start;

	while (count < FILES_MAX && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		files[count++] = strdup(line);
	}
	next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	start = now();
	for (int p = 0; p < processes; p++) {
		struct kpm_buffer buf;

		if (fork())
			continue;
		kpm_buffer_init(&buf, (size_t)1 << 30);
		for (int i; (i = __sync_fetch_and_add(next, 1)) < count;) {
			struct kpm_image image;

			if (kpm_image_open(files[i], &buf, &image, NULL))
				_exit(1);
			kpm_image_close(&image);
		}
		_exit(0);
	}
	for (int p = 0, status; p < processes; p++)
		if (wait(&status) < 0 || status)
			return 1;
	start = now() - start;
	getrusage(RUSAGE_CHILDREN, &used);
	printf("%.3f %.3f\n", start,
	       used.ru_utime.tv_sec + used.ru_stime.tv_sec +
		       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
	return 0;
}
