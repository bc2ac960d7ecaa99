// SPDX-License-Identifier: GPL-2.0-or-later
/* The print callback of libbpf. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "source/libbpf_log.h"

static int print_if_debugging(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	return getenv("KPOOLMON_DEBUG_BPF") ? vfprintf(stderr, fmt, args) : 0;
}

void kpm_libbpf_quiet(void)
{
	libbpf_set_print(print_if_debugging);
}
