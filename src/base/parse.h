/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers with units, as people write them on a command line. */
#ifndef KPM_PARSE_H
#define KPM_PARSE_H

#include <stdint.h>

/*
 * `90`, `90s`, `500ms`, `10m`, `1h30m`, `2d`; without a unit seconds. 0 or -EINVAL, -ERANGE
 * (more than 10 years).
 */
int kpm_parse_duration(const char *text, int64_t *ns);

/* `250000`, `64k`, `1M`, `2G`: decimal multiples, k = 1000. 0 or -EINVAL, -ERANGE. */
int kpm_parse_count(const char *text, uint64_t *count);

#endif
