// SPDX-License-Identifier: GPL-2.0-or-later
/* The help, made from the table of keys, the details of a tag and its stacks. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "console/keys.h"
#include "console/layout.h"
#include "console/pages.h"
#include "console/rows.h"
#include "console/terminal.h"
#include "view/kind_names.h"

#define SMALL_LINES 32
#define GRAPH_MOST  200 /* columns of the screen that a graph has at most */

static const char *const explanation[] = {
	"",
	"Marks: ~ an estimate, ? frees were missed (Diff may be too high), * new.",
	"In parentheses: the change since the last tick, the mark or the start.",
	"Lost: frees (rows too high) and allocs (too low) not seen, at most. Missed",
	"frees: found when the address was used again. Missing probes: their events are",
	"not counted; dump --verbose tells the consequences. Unproven: not called yet.",
	"",
	"Other than in poolmon: / filters (l is for highlighting); s, i and 0 to 9 have",
	"no meaning, as Linux has one set of pools; Ctrl-R or Ctrl-L replaces Ctrl or",
	"Alt: a sample at once.",
};

void draw_help(struct kpm_console *c)
{
	int y = 1 - c->page_top, lines = sizeof(explanation) / sizeof(*explanation);

	put_at(c, 0, 0, STYLE_HEADING, "%-*s", COLS,
	       " kpoolmon: keys, in either case but for v; any other key goes back");
	for (size_t i = 0; i < key_count; i++) {
		if (!keys[i].help)
			continue;
		if (y > 0) {
			put_at(c, y, 1, STYLE_BOLD, "%s", keys[i].shown);
			put_at(c, y, 18, STYLE_PLAIN, "%s", keys[i].help);
		}
		y++;
	}
	for (int i = 0; i < lines; i++, y++)
		if (y > 0)
			put_at(c, y, 1, STYLE_PLAIN, "%s", explanation[i]);
	if (y > LINES)
		put_at(c, LINES - 1, 0, STYLE_HEADING, "%-*s", COLS, " more: arrows, PgDn");
	else if (c->page_top && y < LINES)
		c->page_top--;
}

static int put_pair(struct kpm_console *c, int y, const char *label, const char *text)
{
	char clean[KPM_CLEAN_LEN];

	put_at(c, y, 1, STYLE_BOLD, "%s", label);
	put_at(c, y, 16, STYLE_PLAIN, "%s",
	       text && *text ? kpm_clean(text, clean, sizeof(clean)) : "-");
	return y + 1;
}

/* Words that are joined with `+`, on as many lines as they need; nothing if there are none. */
static int put_words(struct kpm_console *c, int y, const char *label, const char *words)
{
	char clean[KPM_CLEAN_LEN], *save = NULL;
	const int left = 16;
	int x = left;

	if (!strcmp(words, "-"))
		return y;
	snprintf(clean, sizeof(clean), "%s", words);
	put_at(c, y, 1, STYLE_BOLD, "%s", label);
	for (char *word = strtok_r(clean, "+", &save); word; word = strtok_r(NULL, "+", &save)) {
		if (x > left && x + (int)kpm_text_width(word) >= COLS) {
			x = left;
			y++;
		}
		x = put_at(c, y, x, STYLE_PLAIN, "%s ", word);
	}
	return y + 1;
}

static const char *signed_size(int64_t bytes, char *buf)
{
	char size[KPM_SIZE_LEN];

	snprintf(buf, KPM_SIZE_LEN + 1, "%c%s", bytes < 0 ? '-' : '+',
		 kpm_format_size(bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes, size));
	return buf;
}

static int put_growth(struct kpm_console *c, int y, const struct kpm_trend *trend, uint32_t tag)
{
	static const struct {
		const char *name;
		int64_t window;
	} windows[] = {{"10 s", 10 * KPM_SECOND},
		       {"1 min", 60 * KPM_SECOND},
		       {"15 min", 900 * KPM_SECOND},
		       {"run", KPM_WINDOW_RUN}};
	int x = 16;

	put_at(c, y, 1, STYLE_BOLD, "Growth");
	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		int64_t bytes, over;
		char buf[KPM_SIZE_LEN + 1];

		x = put_at(c, y, x, STYLE_PLAIN, "%s: ", windows[i].name);
		if (kpm_trend_growth(trend, tag, KPM_KINDS, windows[i].window, &bytes, &over))
			x = put_at(c, y, x,
				   bytes > 0   ? STYLE_GROW
				   : bytes < 0 ? STYLE_SHRINK
					       : STYLE_PLAIN,
				   "%s", signed_size(bytes, buf));
		else
			x = put_at(c, y, x, STYLE_PLAIN, "-");
		x += 2;
	}
	return y + 1;
}

static int put_kind(struct kpm_console *c, int y, const struct kpm_scene *scene,
		    const struct kpm_row *row, unsigned int kind)
{
	const struct kpm_counts *n = &row->kind[kind];
	const struct kpm_trend *trend = scene->frame->part.trend;
	uint64_t values[GRAPH_MOST];
	uint32_t count = COLS - 18 < GRAPH_MOST ? COLS - 18 : GRAPH_MOST, there;
	char size[KPM_SIZE_LEN], freed[16];

	if (!n->allocs)
		return y;
	snprintf(freed, sizeof(freed), "%.1f%%", 100.0 * n->frees / n->allocs);
	put_at(c, y, 1, STYLE_BOLD, "%s", kpm_kind_names[kind].type);
	put_at(c, y++, 16, STYLE_PLAIN,
	       "%s in %" PRIu64 " objects; %" PRIu64 " allocated, %" PRIu64 " freed (%s)",
	       kpm_format_size(n->bytes, size), n->diff, n->allocs, n->frees, freed);
	if (!trend || COLS < 30)
		return y;
	there = kpm_trend_series(trend, row->tag, kind, KPM_WINDOW_RUN, values, count);
	draw_spark(c, y, 16, values, there, count);
	return y + 1;
}

static int put_ages(struct kpm_console *c, int y, const struct kpm_objects *o)
{
	static const char *const names[KPM_AGES] = {"< 10 s", "10 s-1 min", "1-10 min", "10-60 min",
						    "1-6 h",  "6-24 h",     "> 1 day"};
	uint64_t most = 1;
	char buf[KPM_SIZE_LEN];

	for (int i = 0; i < KPM_AGES; i++)
		most = o->ages[i] > most ? o->ages[i] : most;
	put_at(c, y, 1, STYLE_BOLD, "Ages");
	put_at(c, y, 16, STYLE_PLAIN, "the oldest object is %s old",
	       kpm_format_duration(o->oldest_s * KPM_SECOND, buf));
	y++;
	for (int i = 0; i < KPM_AGES; i++, y++) {
		int room = COLS - 42, bar = room > 0 ? o->ages[i] * room / most : 0;

		put_at(c, y, 16, STYLE_PLAIN, "%-11s %10" PRIu64 " ", names[i], o->ages[i]);
		for (int b = 0; b < bar; b++)
			put_at(c, y, 40 + b, STYLE_PLAIN, "%s", c->utf8 ? "█" : "#");
	}
	return y;
}

static int put_sizes(struct kpm_console *c, int y, const struct kpm_objects *o)
{
	char size[KPM_SIZE_LEN];
	int x = 16;

	put_at(c, y, 1, STYLE_BOLD, "Sizes");
	for (uint32_t i = 0; i < o->size_count; i++)
		x = put_at(c, y, x, STYLE_PLAIN, "%s%" PRIu64 " x %s", i ? ", " : "",
			   o->sizes[i].objects, kpm_format_size(o->sizes[i].bytes, size));
	if (o->other)
		put_at(c, y, x, STYLE_PLAIN, ", %" PRIu64 " of other sizes", o->other);
	return y + 1;
}

/* Parties of a kind that the details show. */
#define PARTIES_SHOWN 3

/* Who has most of a tag, on a line: `java (4711) 73%, bash (512) 20%`. */
static int put_parties(struct kpm_console *c, int y, const char *label, const struct kpm_who *who,
		       uint32_t tag, enum kpm_party_kind kind)
{
	uint32_t count;
	const struct kpm_share *shares = kpm_who_shares(who, tag, kind, &count);
	char clean[KPM_CLEAN_LEN];
	int x = 16;

	if (!count)
		return y;
	put_at(c, y, 1, STYLE_BOLD, "%s", label);
	for (uint32_t i = 0; i < count && i < PARTIES_SHOWN; i++) {
		const struct kpm_party *p = kpm_who_get(who, shares[i].party);

		x = put_at(c, y, x, STYLE_PLAIN, "%s%s", i ? ", " : "",
			   kpm_clean(p->name, clean, sizeof(clean)));
		if (p->module && strcmp(p->module, "kernel"))
			x = put_at(c, y, x, STYLE_PLAIN, " [%s]", p->module);
		if (p->pid)
			x = put_at(c, y, x, STYLE_PLAIN, " (%" PRIu32 ")", p->pid);
		x = put_at(c, y, x, STYLE_PLAIN, " %.0f%%", 100 * shares[i].share);
	}
	if (count > PARTIES_SHOWN)
		put_at(c, y, x, STYLE_PLAIN, ", %" PRIu32 " more", count - PARTIES_SHOWN);
	return y + 1;
}

static int put_who(struct kpm_console *c, int y, const struct kpm_who *who, uint32_t tag)
{
	y = put_parties(c, y, "Owners", who, tag, KPM_OWNER);
	y = put_parties(c, y, "Processes", who, tag, KPM_PROCESS);
	y = put_parties(c, y, "Cgroups", who, tag, KPM_CGROUP);
	put_at(c, y, 1, STYLE_BOLD, "Samples");
	put_at(c, y, 16, STYLE_PLAIN, "%" PRIu32 "; x shows their stacks",
	       kpm_who_samples(who, tag));
	return y + 1;
}

void draw_stacks(struct kpm_console *c, const struct kpm_scene *scene)
{
	const char *text = scene->stacks;
	int y = 1 - c->page_top;

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (y > 0 && y < LINES)
			put_at(c, y, 0, STYLE_PLAIN, "%.*s", (int)len, text);
		y++;
		text += len + (text[len] == '\n');
	}
	if (!scene->stacks)
		put_at(c, 2, 1, STYLE_PLAIN, "%s",
		       c->state.by || c->state.selected == KPM_NO_TAG
			       ? "no tag is selected"
			       : "no stacks are known: in a recording, or with --samples off");
	put_at(c, 0, 0, STYLE_HEADING, "%-*s", COLS,
	       *c->message ? c->message
			   : " Stacks; arrows, PgDn; x: sample each allocation for 10 s; any other "
			     "key goes back");
	if (c->page_top && y < 2)
		c->page_top--;
}

void draw_details(struct kpm_console *c, const struct kpm_scene *scene)
{
	const struct kpm_frame *frame = scene->frame;
	static const struct {
		const char *label, *column;
	} names[] = {
		{"Tag", "tag"},          {"Symbol", "symbol"},      {"Module", "module"},
		{"File", "module_file"}, {"Source", "source_file"}, {"Line", "source_line"},
		{"Inlined", "inlined"},  {"Cache", "cache"},        {"Label", "label"},
	};
	const struct kpm_row *row;
	int y = 1;

	put_at(c, 0, 0, STYLE_HEADING, "%-*s", COLS,
	       " Details; Enter or ESC goes back, arrows: the next tag");
	if (!frame->count || c->state.selected == KPM_NO_TAG) {
		put_at(c, 2, 1, STYLE_PLAIN, "no tag is selected");
		return;
	}
	row = &frame->part.snap->rows[frame->order[c->cursor]];
	c->state.first_row = c->cursor;
	c->state.row_count = 1;
	c->state.needs = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct kpm_column *column = kpm_column_find(names[i].column);

		const char *text = cell_text(c, column, frame, row);

		c->state.needs |= column->needs;
		/* a small screen has no lines for what is not known */
		if (LINES >= SMALL_LINES || !frame->part.who || strcmp(text, "-"))
			y = put_pair(c, y, names[i].label, text);
		if (!strcmp(names[i].column, "cache"))
			y = put_words(c, y, "Merged from",
				      cell_text(c, kpm_column_find("cache_aliases"), frame, row));
	}
	for (unsigned int k = 0; k < KPM_KINDS; k++)
		y = put_kind(c, y, scene, row, k);
	if (frame->part.trend)
		y = put_growth(c, y, frame->part.trend, row->tag);
	if (frame->part.who && !frame->part.by)
		y = put_who(c, y, frame->part.who, row->tag);
	y = put_pair(c, y, "Missed frees", cell_text(c, kpm_column_find("missed"), frame, row));
	y = put_pair(c, y, "Audited", cell_text(c, kpm_column_find("audited"), frame, row));
	y = put_pair(c, y, "Refused", cell_text(c, kpm_column_find("refused"), frame, row));
	if (!scene->objects || scene->objects->tag != row->tag)
		return;
	y = put_sizes(c, y, scene->objects);
	put_ages(c, y, scene->objects);
}
