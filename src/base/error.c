// SPDX-License-Identifier: GPL-2.0-or-later
/* The sentence of a failure. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

static void say(struct kpm_err *err, bool usage, const char *fmt, va_list args)
{
	if (!err)
		return;
	err->usage = usage;
	vsnprintf(err->text, sizeof(err->text), fmt, args);
}

int kpm_fail(struct kpm_err *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(err, false, fmt, args);
	va_end(args);
	return code;
}

int kpm_usage(struct kpm_err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(err, true, fmt, args);
	va_end(args);
	return -EINVAL;
}
