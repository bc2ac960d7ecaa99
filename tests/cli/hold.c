// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holds as many System V messages of 1,000 bytes as it is told: reads numbers, a line each, and
 * sends or takes messages until it holds so many. At the end of its input all are gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#define A_QUEUE 15 /* messages that fit into one */
#define QUEUES  4096

static int queues[QUEUES];
static struct {
	long type;
	char text[1000];
} message = {.type = 1};

static int set_count(int have, int want)
{
	for (; have < want && have < QUEUES * A_QUEUE; have++) {
		int *queue = &queues[have / A_QUEUE];

		if (have % A_QUEUE == 0)
			*queue = msgget(IPC_PRIVATE, 0600);
		if (*queue < 0 || msgsnd(*queue, &message, sizeof(message.text), IPC_NOWAIT)) {
			perror("msgsnd");
			exit(1);
		}
	}
	for (; have > want; have--) {
		int queue = queues[(have - 1) / A_QUEUE];

		if (msgrcv(queue, &message, sizeof(message.text), 0, IPC_NOWAIT) < 0)
			perror("msgrcv");
		if ((have - 1) % A_QUEUE == 0)
			msgctl(queue, IPC_RMID, NULL);
	}
	return have;
}

int main(void)
{
	char line[64];
	int have = 0;

	while (fgets(line, sizeof(line), stdin)) {
		have = set_count(have, atoi(line));
		printf("%d\n", have);
		fflush(stdout);
	}
	set_count(have, 0);
	return 0;
}
