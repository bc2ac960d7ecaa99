// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of what grew, by cause, and the alerts. */
#include <stdlib.h>
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

/* A finding begins on a line that is indented by one blank; the others are broken. */
void draw_suspects(struct kpm_console *c, const struct kpm_scene *scene)
{
	const char *text = scene->findings;
	int y = 1 - c->page_top;

	while (text && *text) {
		size_t len = strcspn(text, "\n"), indent = strspn(text, " ");

		if (indent > 1) {
			char *line = strndup(text + indent, len - indent);

			y = put_wrapped(c, y, indent, STYLE_PLAIN, line ? line : "");
			free(line);
		} else {
			bool warns = !strncmp(text + indent, "leak?", 5) ||
				     !strncmp(text + indent, "storm", 5);
			enum style style = warns ? STYLE_WARN : STYLE_BOLD;

			if (y > 0 && y < LINES)
				put_at(c, y, 0, style, "%.*s", (int)len, text);
			y++;
		}
		text += len + (text[len] == '\n');
	}
	if (!scene->findings || !*scene->findings)
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
