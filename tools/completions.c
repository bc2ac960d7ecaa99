// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the completion of a shell, `completions bash` or `completions zsh`, from the rows of
 * commands and options. Runs while building, and needs nothing else of the program.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/option_table.h"

#define AT(member)    .offset = 0
#define SET(function) .set = NULL

static const struct kpm_option options[] = {
#define OPTION(...)             {__VA_ARGS__},
#define STORED(TYPE, NAME, ...) {__VA_ARGS__},
#include "cli/option_rows.h"
#undef STORED
#undef OPTION
};

static const struct kpm_command commands[] = {
#define COMMAND(NAME, ...) {.name = #NAME, __VA_ARGS__},
#include "cli/command_rows.h"
#undef COMMAND
};

#define OPTIONS  (sizeof(options) / sizeof(*options))
#define COMMANDS (sizeof(commands) / sizeof(*commands))

/* Do two lists of words, separated by blanks, have one in common? */
static bool share_word(const char *a, const char *b)
{
	for (; a && *a; a += strspn(a, " ")) {
		size_t n = strcspn(a, " ");

		for (const char *p = b; p && *p; p += strspn(p, " ")) {
			size_t k = strcspn(p, " ");

			if (k == n && !memcmp(a, p, n))
				return true;
			p += k;
		}
		a += n;
	}
	return false;
}

static bool has(const struct kpm_command *c, const struct kpm_option *o)
{
	return !strcmp(o->commands, "*") || share_word(o->commands, c->name) ||
	       share_word(o->commands, c->options);
}

static void put_commands(void)
{
	for (size_t i = 0; i < COMMANDS; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
}

/* All formats are those of dump. */
static const char *formats(void)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].child)
			return commands[i].formats;
	return "";
}

static void put_options_of(const struct kpm_command *c)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].name && has(c, &options[i]))
			printf(" --%s", options[i].name);
}

/* A bash pattern of the options for whose argument `wanted` says yes. */
static void put_pattern(bool (*wanted)(const struct kpm_option *o))
{
	const char *between = "";

	for (size_t i = 0; i < OPTIONS; i++) {
		const struct kpm_option *o = &options[i];

		if (!o->arg || !o->name || !wanted(o))
			continue;
		printf("%s--%s", between, o->name);
		if (o->letter)
			printf(" | -%c", o->letter);
		between = " | ";
	}
}

static bool is_file(const struct kpm_option *o)
{
	return o->kind == KPM_OPTION_FILE || o->kind == KPM_OPTION_FILES;
}

static bool is_folder(const struct kpm_option *o)
{
	return o->kind == KPM_OPTION_FOLDER;
}

static bool is_column(const struct kpm_option *o)
{
	return !strcmp(o->name, "sort") || !strcmp(o->name, "columns");
}

static bool is_format(const struct kpm_option *o)
{
	return !strcmp(o->name, "format");
}

static bool is_kernel(const struct kpm_option *o)
{
	return !strcmp(o->name, "kernel");
}

static bool is_free(const struct kpm_option *o)
{
	return !is_file(o) && !is_folder(o) && !is_column(o) && !is_format(o) && !is_kernel(o);
}

#define COLUMNS "awk '/^Columns:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'"

static void bash_values(const char *generate, bool (*wanted)(const struct kpm_option *o))
{
	fputs("\t", stdout);
	put_pattern(wanted);
	printf(") mapfile -t COMPREPLY < <(compgen %s -- \"$cur\") ;;\n", generate);
}

static void bash(void)
{
	fputs("# Completion of kpoolmon for bash, made from its tables of commands and options.\n\n"
	      "_kpoolmon() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i\n"
	      "\tlocal command='' options commands='",
	      stdout);
	put_commands();
	fputs("'\n\tCOMPREPLY=()\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tif [ \"${COMP_WORDS[i]}\" = -- ]; then\n"
	      "\t\t\tmapfile -t COMPREPLY < <(compgen -c -f -- \"$cur\")\n"
	      "\t\t\treturn\n"
	      "\t\tfi\n"
	      "\t\t[[ -z $command && \" $commands \" == *\" ${COMP_WORDS[i]} \"* ]] && "
	      "command=${COMP_WORDS[i]}\n"
	      "\tdone\n"
	      "\tcase $command in\n",
	      stdout);
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("\t%s) options='", commands[i].name);
		put_options_of(&commands[i]);
		fputs("' ;;\n", stdout);
	}
	fputs("\t*) options='", stdout);
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].name)
			printf(" --%s", options[i].name);
	fputs("' ;;\n\tesac\n\tcase $prev in\n", stdout);
	bash_values("-f", is_file);
	bash_values("-d", is_folder);
	bash_values("-W \"$(\"${COMP_WORDS[0]}\" --help 2>/dev/null | " COLUMNS ")\"", is_column);
	bash_values("-W \"$(ls /lib/modules 2>/dev/null)\"", is_kernel);
	fputs("\t--format) mapfile -t COMPREPLY < <(compgen -W '", stdout);
	fputs(formats(), stdout);
	fputs("' -- \"$cur\") ;;\n\t", stdout);
	put_pattern(is_free);
	fputs(") ;;\n"
	      "\t*)\n"
	      "\t\t[ -z \"$command\" ] && options=\"$commands $options\"\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	      "\t\t# words behind a command may be files\n"
	      "\t\tcase $command in record | replay | diff)\n"
	      "\t\t\t[ \"${cur#-}\" = \"$cur\" ] && mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	      "\t\t\t;;\n"
	      "\t\tesac\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -F _kpoolmon kpoolmon\n",
	      stdout);
}

/* In brackets of an _arguments specification: a colon ends it, a quote ends the word. */
static void put_zsh_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr(":[]\\", *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_option(const struct kpm_option *o)
{
	bool again = o->kind == KPM_OPTION_LIST || o->kind == KPM_OPTION_FILES ||
		     !strcmp(o->name, "pool");

	printf("\t\t'%s--%s%s[", again ? "*" : "", o->name, o->usual ? "=-" : "");
	put_zsh_text(o->help);
	putchar(']');
	if (o->arg) {
		printf("%s:", o->usual ? ":" : "");
		put_zsh_text(o->arg);
		putchar(':');
		if (is_format(o))
			printf("(%s)", formats());
		else if (!strcmp(o->name, "sort"))
			fputs("_kpoolmon_columns", stdout);
		else if (is_file(o))
			fputs("_files", stdout);
		else if (is_folder(o))
			fputs("_files -/", stdout);
	}
	fputs("' \\\n", stdout);
}

static void zsh(void)
{
	fputs("#compdef kpoolmon\n"
	      "# Completion of kpoolmon for zsh, made from its tables of commands and options.\n\n"
	      "_kpoolmon_columns() {\n"
	      "\tlocal -a columns\n"
	      "\tcolumns=(${(f)\"$(kpoolmon --help 2>/dev/null | " COLUMNS ")\"})\n"
	      "\t_values -s , column $columns\n"
	      "}\n\n"
	      "_kpoolmon() {\n"
	      "\t_arguments -S \\\n",
	      stdout);
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].name)
			zsh_option(&options[i]);
	fputs("\t\t'1:command:(", stdout);
	put_commands();
	fputs(")' \\\n"
	      "\t\t'*:file:_files'\n"
	      "}\n\n"
	      "_kpoolmon \"$@\"\n",
	      stdout);
}

int main(int argc, char *argv[])
{
	if (argc == 2 && !strcmp(argv[1], "bash"))
		bash();
	else if (argc == 2 && !strcmp(argv[1], "zsh"))
		zsh();
	else
		return 2;
	return fflush(stdout) || ferror(stdout);
}
