// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists the suspects with the evidence in words, and the alerts. */
#include <inttypes.h>
#include <string.h>

#include "console/terminal.h"
#include "console/verdict_pages.h"

#define ALERTS_SHOWN 200 /* of the page; more than anybody reads */

/* Text over several lines, broken at blanks. Returns the line behind it. */
static int put_wrapped(struct kpm_console *c, int y, int x, enum style style, const char *text)
{
	size_t room = COLS - x > 10 ? COLS - x : 10;

	while (*text) {
		size_t len = strlen(text);

		if (len > room) {
			len = room;
			while (len && text[len] != ' ')
				len--;
			len = len ? len : room;
		}
		if (y > 0)
			put_at(c, y, x, style, "%.*s", (int)len, text);
		y++;
		text += len + strspn(text + len, " ");
	}
	return y;
}

static const char *name_of(const struct kpm_scene *scene, uint32_t tag, char *buf)
{
	return kpm_clean(kpm_tagset_get(scene->tags, tag)->text, buf, KPM_CLEAN_LEN);
}

static int put_suspect(struct kpm_console *c, int y, const struct kpm_scene *scene,
		       const struct kpm_suspect *s)
{
	const struct kpm_tag_name *name = kpm_tagset_get(scene->tags, s->tag);
	char size[KPM_SIZE_LEN], words[KPM_EVIDENCE_LEN], clean[KPM_CLEAN_LEN], text[400];
	int64_t end = kpm_time_to_exhaustion(scene->snap, &s->evidence);
	enum style style = s->verdict == KPM_LEAK ? STYLE_WARN : STYLE_BOLD;

	if (y > 0) {
		int x = put_at(c, y, 1, style, "%-8s %s", kpm_verdict_name(s->verdict),
			       name_of(scene, s->tag, c->buf));

		put_at(c, y, x, STYLE_PLAIN, " %s%s%s %s in %" PRIu64, name->cache ? "(" : "",
		       name->cache ? kpm_clean(name->cache, clean, sizeof(clean)) : "",
		       name->cache ? ")" : "", kpm_format_size(s->evidence.bytes, size),
		       s->evidence.diff);
	}
	y = put_wrapped(c, y + 1, 10, STYLE_PLAIN, kpm_evidence_words(&s->evidence, words));
	if (s->moves_with != KPM_NO_SUSPECT && y > 0)
		put_at(c, y, 10, STYLE_PLAIN, "moves with %s",
		       name_of(scene, scene->suspects[s->moves_with].tag, c->buf));
	y += s->moves_with != KPM_NO_SUSPECT;
	if (s->verdict > KPM_GROWING || !end)
		return y;
	snprintf(text, sizeof(text), "at this slope the available memory lasts %s",
		 kpm_format_duration(end, size));
	return put_wrapped(c, y, 10, STYLE_PLAIN, text);
}

void draw_suspects(struct kpm_console *c, const struct kpm_scene *scene)
{
	int y = 1 - c->page_top;

	for (uint32_t i = 0; i < scene->suspect_count; i++)
		y = put_suspect(c, y, scene, &scene->suspects[i]);
	if (!scene->suspect_count)
		put_at(c, 2, 1, STYLE_PLAIN, "Nothing grew, or there are too few samples yet.");
	put_at(c, 0, 0, STYLE_HEADING, "%-*s", COLS,
	       " Suspects; arrows, PgDn; any other key goes back");
	if (c->page_top && y < 2)
		c->page_top--;
}

void draw_alerts(struct kpm_console *c, const struct kpm_scene *scene)
{
	struct kpm_alert list[ALERTS_SHOWN];
	uint32_t count =
		scene->alerts ? kpm_alerts_list(scene->alerts, KPM_ANY_TAG, list, ALERTS_SHOWN) : 0;
	int y = 1 - c->page_top;

	for (uint32_t i = 0; i < count; i++) {
		char time[KPM_TIME_LEN], value[KPM_SIZE_LEN], text[700];

		if (y > 0)
			put_at(c, y, 1, STYLE_WARN, "%s", name_of(scene, list[i].tag, c->buf));
		snprintf(text, sizeof(text), "%.200s: %.300s; has %s, since %s", list[i].rule->name,
			 list[i].rule->text, kpm_rule_value(list[i].rule, list[i].value, value),
			 kpm_format_time(list[i].since_ns, time));
		y = put_wrapped(c, y + 1, 10, STYLE_PLAIN, text);
	}
	if (!count)
		put_at(c, 2, 1, STYLE_PLAIN, "%s",
		       scene->alerts
			       ? "No alert."
			       : "There are no rules: --alert RULE, or /etc/kpoolmon/alerts.conf");
	put_at(c, 0, 0, STYLE_HEADING, "%-*s", COLS,
	       " Alerts; arrows, PgDn; any other key goes back");
	if (c->page_top && y < 2)
		c->page_top--;
}
