// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leaks as a program of the console's tests: 100 messages of 1,000 bytes a second, in System V
 * queues that are removed when it is ended, or after two hours.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>

#define QUEUES 65536
/* So many messages to a queue, whatever this machine's limit: the queues leak, too. */
#define MESSAGES 16

static int queues[QUEUES];
static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

int main(void)
{
	static struct {
		long type;
		char text[1000];
	} message = {.type = 1};
	const struct timespec tick = {0, 10000000};
	int count = 0, sent = MESSAGES;

	signal(SIGTERM, end);
	signal(SIGINT, end);
	for (int i = 0; !ended && i < 720000; i++) {
		if (sent == MESSAGES) {
			if (count == QUEUES)
				break;
			queues[count] = msgget(IPC_PRIVATE, 0600);
			if (queues[count] < 0) {
				perror("msgget");
				break;
			}
			count++;
			sent = 0;
		}
		if (msgsnd(queues[count - 1], &message, sizeof(message.text), IPC_NOWAIT))
			sent = MESSAGES;
		else
			sent++;
		nanosleep(&tick, NULL);
	}
	while (count--)
		msgctl(queues[count], IPC_RMID, NULL);
	return 0;
}
