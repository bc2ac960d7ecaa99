// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pace RATE SECONDS FILE [TEXT]: so many times a second writes TEXT to the file, or reads from it
 * without. One process, which stays.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double rate, end, next;
	char byte;
	int fd;

	if (argc < 4)
		return 2;
	rate = atof(argv[1]);
	next = now();
	end = next + atof(argv[2]);
	fd = open(argv[3], argc > 4 ? O_WRONLY : O_RDONLY);
	if (fd < 0) {
		perror(argv[3]);
		return 1;
	}
	for (; next < end; next += 1 / rate) {
		double wait = next - now();

		if (wait > 0)
			usleep(wait * 1e6);
		/* one that fails may be the scene */
		if (argc > 4 ? write(fd, argv[4], strlen(argv[4])) : read(fd, &byte, 1))
			continue;
	}
	return 0;
}
