/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alert that is told: as a line of text or as JSON. */
#ifndef KPM_NOTICE_H
#define KPM_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/alerts.h"
#include "view/findings.h"
#include "view/verdict.h"

/* What there is to tell; all borrowed. */
struct kpm_notice {
	const struct kpm_alert *alert;
	const struct kpm_tag_name *name;
	const struct kpm_snapshot *snap;
	const struct kpm_row *row;
	const struct kpm_evidence *evidence; /* NULL: not gathered */
	const struct kpm_finding *finding;   /* that the tag is in; NULL: not known */
};

/* Longest text of these functions, with the NUL. */
#define KPM_NOTICE_LEN 4096

/*
 * With a finding there are its tags and bytes, owner and process at the end.
 * `2026-01-31T23:59:59Z alert NAME: RULE: TAG (CACHE) has 1.2G: EVIDENCE`, without a newline;
 * `over` instead of `alert` when it is over. Returns buf.
 */
char *kpm_notice_text(const struct kpm_notice *notice, char *buf);
/* The same facts as one JSON object on one line, to be freed; NULL: out of memory. */
char *kpm_notice_json(const struct kpm_notice *notice);

#endif
