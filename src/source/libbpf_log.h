/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of libbpf. */
#ifndef KPM_LIBBPF_LOG_H
#define KPM_LIBBPF_LOG_H

/*
 * Silences libbpf, whose messages are for its developers, unless KPOOLMON_DEBUG_BPF is in the
 * environment. Users get one sentence from the code that called the library.
 */
void kpm_libbpf_quiet(void);

#endif
