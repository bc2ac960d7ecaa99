// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the command that the command line names, prints its error, ends with the status for it. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/help.h"
#include "cli/options.h"
#include "console/possible.h"

/* To standard output, whose reader may be gone or whose disk may be full. */
static int print(void (*text)(FILE *out), struct kpm_err *err)
{
	errno = 0;
	text(stdout);
	if (fflush(stdout) || ferror(stdout))
		return kpm_fail(err, errno == EPIPE ? -EPIPE : -EIO,
				"write to standard output failed; is its disk full?");
	return 0;
}

static void version(FILE *out)
{
	fputs("kpoolmon " KPM_VERSION "\n", out);
}

/*
 * Without them a map of the probes would get the number of standard output. What is opened here
 * cannot be written: writing to an output that is not there goes on to be an error.
 */
static void fill_standard_files(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return;
}

static void warn(const char *text)
{
	char clean[KPM_CLEAN_LEN];

	fprintf(stderr, "kpoolmon: %s\n", kpm_clean(text, clean, sizeof(clean)));
}

/*
 * The command to run: without one it is the console on a terminal; where the console cannot be,
 * dump. `note` says why, if the user asked for the console or is at a terminal.
 */
static const struct kpm_command *choose(const struct kpm_options *o, struct kpm_err *note)
{
	const struct kpm_command *console = kpm_command_find("console");
	const struct kpm_command *command = o->command ? o->command : console;
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	if (!command->terminal)
		return command;
	if ((terminal || o->command == console) && kpm_console_possible(NULL, note))
		return command;
	return kpm_command_find("dump");
}

static int run(const struct kpm_options *o, struct kpm_outcome *outcome, struct kpm_err *err)
{
	if (o->help)
		return print(kpm_help, err);
	if (o->version)
		return print(version, err);
	return choose(o, &outcome->note)->run(o, outcome, err);
}

int main(int argc, char *argv[])
{
	struct kpm_outcome outcome = {.exit = KPM_EXIT_OK, .warn = warn};
	const struct kpm_options *options;
	struct kpm_err err = {0};
	int ret;

	fill_standard_files();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	ret = kpm_options_parse(argc, argv, &options, &err);
	if (!ret) {
		ret = run(options, &outcome, &err);
		kpm_options_free(options);
	}
	if (*outcome.note.text)
		fprintf(stderr, "kpoolmon: %s\n", outcome.note.text);
	if (ret == -EPIPE) /* `| head` has seen enough */
		return KPM_EXIT_OK;
	if (!ret)
		return outcome.exit;
	fprintf(stderr, "kpoolmon: %s\n", err.text);
	return err.usage ? KPM_EXIT_USAGE : KPM_EXIT_FAILED;
}
