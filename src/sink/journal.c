// SPDX-License-Identifier: GPL-2.0-or-later
/* A notice to the journal, with fields to search by; without libsystemd or a journal to syslog. */
#include <inttypes.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#ifdef KPM_HAVE_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

#include "base/text.h"
#include "sink/journal.h"

#ifdef KPM_HAVE_SYSTEMD
static bool to_journal(const struct kpm_notice *n, int priority, const char *text)
{
	struct kpm_counts c = kpm_row_sum(n->row);
	char tag[1024], cache[512];

	kpm_clean(n->name->text, tag, sizeof(tag));
	kpm_clean(n->name->cache ? n->name->cache : "", cache, sizeof(cache));
	/* 0 also where no journal listens: then nobody has it */
	return !access("/run/systemd/journal/socket", W_OK) &&
	       !sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority,
				"SYSLOG_IDENTIFIER=kpoolmon", "KPOOLMON_STATE=%s",
				n->alert->firing ? "alert" : "over", "KPOOLMON_NAME=%s",
				n->alert->rule->name, "KPOOLMON_RULE=%s", n->alert->rule->text,
				"KPOOLMON_TAG=%s", tag, "KPOOLMON_CACHE=%s", cache,
				"KPOOLMON_MODULE=%s", n->name->module ? n->name->module : "",
				"KPOOLMON_VALUE=%.0f", n->alert->value, "KPOOLMON_BYTES=%" PRIu64,
				c.bytes, "KPOOLMON_OBJECTS=%" PRIu64, c.diff, NULL);
}
#else
static bool to_journal(const struct kpm_notice *n, int priority, const char *text)
{
	(void)n, (void)priority, (void)text;
	return false;
}
#endif

void kpm_notice_log(const struct kpm_notice *n)
{
	struct kpm_counts c = kpm_row_sum(n->row);
	int priority = n->alert->firing ? LOG_WARNING : LOG_NOTICE;
	char text[KPM_NOTICE_LEN], tag[1024];
	const char *message = text;

	kpm_notice_text(n, text);
	/* the log has a time of its own */
	if (strchr(text, ' '))
		message = strchr(text, ' ') + 1;
	if (to_journal(n, priority, message))
		return;
	openlog("kpoolmon", LOG_PID, LOG_DAEMON);
	syslog(priority,
	       "%s [state=%s name=\"%s\" tag=\"%s\" bytes=%" PRIu64 " objects=%" PRIu64 "]",
	       message, n->alert->firing ? "alert" : "over", n->alert->rule->name,
	       kpm_clean(n->name->text, tag, sizeof(tag)), c.bytes, c.diff);
}
