// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands. */
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"

const struct kpm_command kpm_commands[] = {
#define COMMAND(NAME, ...) {.name = #NAME, .run = kpm_cmd_##NAME, __VA_ARGS__},
#include "cli/command_rows.h"
#undef COMMAND
};

const size_t kpm_command_count = sizeof(kpm_commands) / sizeof(*kpm_commands);

const struct kpm_command *kpm_command_find(const char *name)
{
	for (size_t i = 0; i < kpm_command_count; i++)
		if (!strcmp(kpm_commands[i].name, name))
			return &kpm_commands[i];
	return NULL;
}
