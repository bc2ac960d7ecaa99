/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts in the system's log. */
#ifndef KPM_JOURNAL_H
#define KPM_JOURNAL_H

#include "sink/notice.h"

/* To the journal with fields KPOOLMON_RULE, KPOOLMON_TAG, ...; where there is none, to syslog. */
void kpm_notice_log(const struct kpm_notice *notice);

#endif
