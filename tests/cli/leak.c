// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leaves messages in a System V queue, which outlives the program: as many objects at the call
 * site load_msg. Adds the queue's number to the file `queues`, for ipcrm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

int main(int argc, char *argv[])
{
	struct {
		long type;
		char text[16];
	} message = {.type = 1};
	int count = argc > 1 ? atoi(argv[1]) : 100;
	int queue = msgget(IPC_PRIVATE, 0600);
	FILE *list;

	for (int i = 0; i < count; i++) {
		if (msgsnd(queue, &message, sizeof(message.text), IPC_NOWAIT)) {
			perror("msgsnd");
			return 1;
		}
	}
	list = fopen("queues", "a");
	if (!list || fprintf(list, "%d\n", queue) < 0 || fclose(list))
		return 1;
	return 0;
}
