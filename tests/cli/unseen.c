// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes requests of io_uring that wait for ever, so many a second for so many seconds: they are allocated
 * in bulk, which no tracepoint shows. unseen RATE SECONDS
 */
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 64

int main(int argc, char **argv)
{
	struct io_uring_params p = {0};
	int ring = syscall(SYS_io_uring_setup, ENTRIES, &p), event = eventfd(0, 0);
	long rate = argc > 2 ? atol(argv[1]) : 0, seconds = argc > 2 ? atol(argv[2]) : 0;
	struct io_uring_sqe *sqes;
	uint32_t *tail, *mask, *array;
	char *queue;

	if (ring < 0) {
		perror("io_uring_setup");
		return 1;
	}
	queue = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(uint32_t), PROT_READ | PROT_WRITE,
		     MAP_SHARED, ring, IORING_OFF_SQ_RING);
	sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		    IORING_OFF_SQES);
	if (queue == MAP_FAILED || sqes == MAP_FAILED)
		return 1;
	tail = (uint32_t *)(queue + p.sq_off.tail);
	mask = (uint32_t *)(queue + p.sq_off.ring_mask);
	array = (uint32_t *)(queue + p.sq_off.array);
	for (long tick = 0; tick < 10 * seconds; tick++, usleep(100000)) {
		for (long n = 0; n < rate / 10; n++) {
			uint32_t at = *tail & *mask;

			memset(&sqes[at], 0, sizeof(sqes[at]));
			sqes[at].opcode = IORING_OP_POLL_ADD;
			sqes[at].fd = event;
			sqes[at].poll32_events = POLLIN;
			array[at] = at;
			__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
			if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
				return 1;
		}
	}
	return 0;
}
