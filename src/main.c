// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the sentence of what went wrong and ends with the exit code for it. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/options.h"
#include "cmd/always.h"
#include "cmd/app.h"
#include "cmd/diff.h"
#include "cmd/find.h"
#include "cmd/record.h"
#include "cmd/report.h"

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
	char clean[4096];

	fprintf(stderr, "kpoolmon: %s\n", kpm_clean(text, clean, sizeof(clean)));
}

/* What a command found out, beside whether it failed. */
struct outcome {
	bool found; /* false: there was nothing to find */
	bool fired; /* an alert */
};

static int run(const struct kpm_options *o, struct outcome *outcome, struct kpm_err *note,
	       struct kpm_err *err)
{
	if (o->help)
		return print(kpm_options_help, err);
	if (o->version)
		return print(version, err);
	switch (o->verb) {
	case KPM_FIND:
		return kpm_find(o, warn, &outcome->found, err);
	case KPM_START:
		return kpm_always_start(o, err);
	case KPM_STOP:
		return kpm_always_stop(o, err);
	case KPM_STATUS:
		return kpm_always_status(o, &outcome->found, err);
	case KPM_DIFF:
		return kpm_diff(o, warn, err);
	case KPM_REPORT:
		return kpm_report(o, err);
	case KPM_AUDIT:
		return kpm_app_audit(o, err);
	case KPM_RECORD:
		return kpm_record(o, err);
	case KPM_WATCH:
		return kpm_app_watch(o, warn, &outcome->fired, err);
	case KPM_SUSPECTS:
		return kpm_app_suspects(o, err);
	case KPM_TOP:
		return kpm_app_top(o, note, err);
	case KPM_REPLAY:
	case KPM_NO_VERB:
		if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			return kpm_app_top(o, note, err);
		break;
	case KPM_DUMP:
	case KPM_VERBS:
		break;
	}
	return kpm_app_dump(o, note, err);
}

int main(int argc, char *argv[])
{
	const struct kpm_options *options;
	struct kpm_err err = {""}, note = {""};
	struct outcome outcome = {.found = true};
	enum kpm_verb verb;
	int ret;

	fill_standard_files();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	ret = kpm_options_parse(argc, argv, &options, &err);
	if (ret) {
		fprintf(stderr, "kpoolmon: %s\n", err.text);
		return ret == -EINVAL ? KPM_EXIT_USAGE : KPM_EXIT_FAILED;
	}
	ret = run(options, &outcome, &note, &err);
	verb = options->verb;
	kpm_options_free(options);
	if (*note.text)
		fprintf(stderr, "kpoolmon: %s\n", note.text);
	if (ret == -EPIPE) /* `| head` has seen enough */
		return KPM_EXIT_OK;
	if (ret)
		fprintf(stderr, "kpoolmon: %s\n", err.text);
	if (ret)
		return ret == -EINVAL && (!outcome.found || verb == KPM_WATCH || verb == KPM_TOP)
			       ? KPM_EXIT_USAGE
			       : KPM_EXIT_FAILED;
	if (outcome.fired)
		return KPM_EXIT_ALERT;
	return outcome.found ? KPM_EXIT_OK : KPM_EXIT_NOTHING;
}
