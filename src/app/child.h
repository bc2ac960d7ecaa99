/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the waiting knows of a command. */
#ifndef KPM_COMMAND_H
#define KPM_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

struct kpm_command {
	const char *name;
	pid_t pid;
	int go;   /* written to let it go */
	int tell; /* it tells here why it cannot be run */
	bool over;
	int status; /* of waitpid, once it is over */
};

/* Has it ended? Takes its status. */
bool kpm_command_over(struct kpm_command *command);

#endif
