// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends as many System V messages of 200 bytes as it is told to queues that stay when it ends, says so
 * and waits for its end. The kernel charges each of them to the cgroup of the process. Built static
 * by run.
 *
 * Usage: messages COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct {
		long type;
		char text[200];
	} message = {.type = 1};
	int left = argc > 1 ? atoi(argv[1]) : 0;

	while (left > 0) {
		int queue = msgget(IPC_PRIVATE, 0600);

		if (queue < 0) {
			perror("msgget");
			return 1;
		}
		while (left > 0 && !msgsnd(queue, &message, sizeof(message.text), IPC_NOWAIT))
			left--;
	}
	puts("sent");
	fflush(stdout);
	for (;;)
		pause();
}
