// SPDX-License-Identifier: GPL-2.0-or-later
/* The sentence of a failure. */
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

int kpm_fail(struct kpm_err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return code;
}
