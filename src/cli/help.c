// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the text of --help. */
#include <string.h>

#include "cli/help.h"
#include "cli/option_table.h"
#include "view/columns.h"

static void command_line(FILE *out, const struct kpm_command *c)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", c->name, c->operands ? " " : "",
		 c->operands ? c->operands : "");
	/* one that leaves no room for its help stands alone */
	fprintf(out, "  %-24s%s%s\n", text, strlen(text) > 24 ? "\n                          " : "",
		c->help);
}

static void option_line(FILE *out, const struct kpm_option *o)
{
	char text[64], letter[8] = "   ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c%c", o->letter, o->name ? ',' : ' ');
	if (o->name && o->arg)
		snprintf(text, sizeof(text), o->usual ? "--%s[=%s]" : "--%s %s", o->name, o->arg);
	else
		snprintf(text, sizeof(text), "%s%s", o->name ? "--" : "", o->name ? o->name : "");
	fprintf(out, "  %s %-20s %s\n", letter, text, o->help);
}

void kpm_help(FILE *out)
{
	fputs("usage: kpoolmon [COMMAND] [OPTION...]\n\n"
	      "Counts the kernel's slab allocations by call site and shows who holds the memory.\n"
	      "Without a COMMAND: the console on a terminal, dump elsewhere.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < kpm_command_count; i++)
		command_line(out, &kpm_commands[i]);
	for (int i = 0; i < KPM_OPTIONS; i++) {
		if (kpm_option_table[i].group)
			fprintf(out, "\n%s:\n", kpm_option_table[i].group);
		option_line(out, &kpm_option_table[i]);
	}
	fputs("\npoolmon's switches work too: /b /p /iPATTERN /n FILE. In patterns * and ? are "
	      "wildcards.\n\nColumns:\n",
	      out);
	for (size_t i = 0; i < kpm_column_count; i++)
		fprintf(out, "  %-17s %s\n", kpm_columns[i].name, kpm_columns[i].help);
	fputs("\nExit status: 0 success, 1 failure, 2 wrong usage, 3 an alert, 4 nothing found or "
	      "tracked. "
	      "See kpoolmon(8).\n",
	      out);
}
