// SPDX-License-Identifier: GPL-2.0-or-later
/* poolmon's header, with its labels spelled out, the warnings and the status line. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "console/header.h"
#include "console/terminal.h"
#include "view/kind_names.h"
#include "view/probe_text.h"

#define MINUTE (60 * KPM_SECOND)

/* One line of the header, put together piece by piece and cut at the screen's edge. */
struct line {
	const struct kpm_console *console;
	int y, x;
};

static void add(struct line *l, enum style style, const char *label, const char *text)
{
	l->x = put_at(l->console, l->y, l->x, STYLE_PLAIN, " %s: ", label);
	l->x = put_at(l->console, l->y, l->x, style, "%s", text);
}

static const char *size_text(const struct kpm_console *c, uint64_t bytes, char *buf)
{
	if (!c->exact)
		return kpm_format_size(bytes, buf);
	snprintf(buf, KPM_SIZE_LEN, "%" PRIu64, bytes);
	return buf;
}

static void add_size(struct line *l, const char *label, uint64_t bytes, bool known)
{
	char buf[KPM_SIZE_LEN];

	add(l, STYLE_PLAIN, label, known ? size_text(l->console, bytes, buf) : "-");
}

/* ` Nonp: 45.0M 0.2% +1.2M +38.1M/min`: size, share of the memory, change in a tick, slope. */
static void add_slab(struct line *l, const struct kpm_scene *scene, const char *label,
		     enum kpm_kind kind, uint64_t bytes)
{
	const struct kpm_snapshot *snap = scene->frame->part.snap;
	int64_t change, over, tick = l->console->state.interval_ns;
	char buf[KPM_SIZE_LEN];

	if (!(snap->have & KPM_HAVE_MEMORY)) {
		add(l, STYLE_PLAIN, label, "-");
		return;
	}
	add(l, STYLE_BOLD, label, size_text(l->console, bytes, buf));
	if (snap->memory.total)
		l->x = put_at(l->console, l->y, l->x, STYLE_PLAIN, " %.1f%%",
			      100.0 * bytes / snap->memory.total);
	if (scene->slab && kpm_trend_growth(scene->slab, 0, kind, tick / 2, &change, &over)) {
		uint64_t by = change < 0 ? -(uint64_t)change : (uint64_t)change;

		l->x = put_at(l->console, l->y, l->x,
			      change > 0   ? STYLE_GROW
			      : change < 0 ? STYLE_SHRINK
					   : STYLE_PLAIN,
			      " %c%s", change < 0 ? '-' : '+', size_text(l->console, by, buf));
	}
	/* the slope of the last minute, or of the run while that is shorter */
	if (scene->slab &&
	    (kpm_trend_growth(scene->slab, 0, kind, MINUTE, &change, &over) ||
	     kpm_trend_growth(scene->slab, 0, kind, KPM_WINDOW_RUN, &change, &over)) &&
	    over > 0) {
		double slope = (double)change * MINUTE / over;

		l->x = put_at(l->console, l->y, l->x, STYLE_PLAIN, " %c%s/min",
			      slope < 0 ? '-' : '+',
			      kpm_format_size(slope < 0 ? -slope : slope, buf));
	}
}

static void add_coverage(struct line *l, const struct kpm_frame *frame)
{
	const struct kpm_snapshot *snap = frame->part.snap;
	const uint64_t whole[KPM_KINDS] = {snap->memory.slab_nonp, snap->memory.slab_paged};
	char buf[64], size[2][KPM_SIZE_LEN];

	for (int k = 0; k < KPM_KINDS; k++) {
		kpm_format_size(frame->tracked[k], size[0]);
		if (snap->have & KPM_HAVE_MEMORY && whole[k])
			snprintf(buf, sizeof(buf), "%s of %s %.0f%%", size[0],
				 kpm_format_size(whole[k], size[1]),
				 100.0 * frame->tracked[k] / whole[k]);
		else
			snprintf(buf, sizeof(buf), "%s", size[0]);
		add(l, STYLE_PLAIN, k == KPM_NONP ? "Covered Nonp" : "Paged", buf);
	}
}

/* Each direction by its name: frees not seen leave rows too high, the others too low. */
static void put_lost(char *buf, size_t size, const struct kpm_loss *loss)
{
	uint64_t low = loss->allocs + loss->refused + loss->tags_full;

	if (loss->lost_max && low)
		snprintf(buf, size, "%" PRIu64 " frees %" PRIu64 " allocs", loss->lost_max, low);
	else if (loss->lost_max || low)
		snprintf(buf, size, "%" PRIu64 " %s", loss->lost_max + low,
			 low ? "allocs" : "frees");
	else
		snprintf(buf, size, "0");
}

/* All losses: they are shown even when lines are few. */
static void draw_losses(struct line *l, const struct kpm_snapshot *snap)
{
	const struct kpm_loss *loss = &snap->loss;
	char buf[64];

	if (!(snap->have & KPM_HAVE_LOSS)) {
		add(l, STYLE_WARN, "Lost", "-");
	} else {
		put_lost(buf, sizeof(buf), loss);
		add(l, kpm_loss_events(loss) ? STYLE_WARN : STYLE_PLAIN, "Lost", buf);
		snprintf(buf, sizeof(buf), "%" PRIu64, loss->missed);
		add(l, loss->missed ? STYLE_WARN : STYLE_PLAIN, "Missed frees", buf);
		if (*snap->no_audit) {
			add(l, STYLE_WARN, "Audit", "none");
		} else if (snap->have & KPM_HAVE_AUDIT || loss->audited) {
			snprintf(buf, sizeof(buf), "%" PRIu64, loss->audited);
			add(l, loss->audited ? STYLE_WARN : STYLE_PLAIN, "Audited", buf);
		}
		if (loss->skipped && snap->have & KPM_HAVE_RESCUE) {
			snprintf(buf, sizeof(buf), "%" PRIu64, loss->skipped);
			add(l, STYLE_PLAIN, "Skipped", buf);
			snprintf(buf, sizeof(buf), "%" PRIu64, loss->rescued);
			add(l, STYLE_PLAIN, "Rescued", buf);
		}
		if (loss->refused || loss->tags_full)
			add(l, STYLE_WARN, "Tables", "full");
	}
}

/* The names first, as the consequences may be cut off. */
static void draw_hooks(struct line *l, const struct kpm_snapshot *snap)
{
	char names[2][160] = {"", ""};
	int one_of[2] = {-1, -1}; /* a missing hook that allocates, one that frees */

	if (!(snap->have & KPM_HAVE_HOOKS))
		return;
	for (int i = 0; i < KPM_HOOKS; i++) {
		bool missing = snap->hooks[i].attach == KPM_ATTACH_MISSING;

		if (!missing && !kpm_hook_unproven(&snap->hooks[i]))
			continue;
		if (*names[missing])
			strcat(names[missing], " ");
		strcat(names[missing], kpm_hook_table[i].name);
		if (missing)
			one_of[kpm_hook_table[i].frees] = i;
	}
	if (*names[0])
		add(l, STYLE_PLAIN, "Unproven", names[0]);
	if (!*names[1])
		return;
	add(l, STYLE_WARN, "Missing probes", names[1]);
	for (int frees = 1; frees >= 0; frees--)
		if (one_of[frees] >= 0)
			l->x = put_at(l->console, l->y, l->x, STYLE_PLAIN, "; %s",
				      kpm_hook_consequence(one_of[frees]));
}

static void draw_time(struct line *l, const struct kpm_scene *scene)
{
	const struct kpm_snapshot *snap = scene->frame->part.snap;
	char time[KPM_TIME_LEN], length[KPM_SIZE_LEN], buf[96];

	kpm_format_time(snap->wall_ns - (snap->mono_ns - snap->started_ns), time);
	snprintf(buf, sizeof(buf), "%s (%s)", time,
		 kpm_format_duration(snap->mono_ns - snap->started_ns, length));
	add(l, STYLE_PLAIN, "Since", buf);
	if (!(snap->have & KPM_HAVE_CAPACITY))
		return;
	snprintf(buf, sizeof(buf), "%" PRIu64 "/%" PRIu64, snap->capacity.tags,
		 snap->capacity.tags_max);
	add(l, snap->capacity.tags > snap->capacity.tags_max * 0.9 ? STYLE_WARN : STYLE_PLAIN,
	    "Tags", buf);
	snprintf(buf, sizeof(buf), "%" PRIu64 "/%" PRIu64, snap->capacity.objects,
		 snap->capacity.objects_rated);
	add(l,
	    snap->capacity.objects > snap->capacity.objects_rated * 0.9 ? STYLE_WARN : STYLE_PLAIN,
	    "Objects", buf);
}

static void draw_memory(struct kpm_console *c, const struct kpm_memory *m, bool known)
{
	struct line l = {c, 0, 0};

	add_size(&l, "Memory", m->total, known);
	add_size(&l, "Avail", m->available, known);
	add_size(&l, "Stacks", m->kernel_stack, known);
	add_size(&l, "Page tables", m->page_tables, known);
	add_size(&l, "Vmalloc", m->vmalloc_used, known);
}

static void draw_slab(struct kpm_console *c, const struct kpm_scene *scene, int y)
{
	const struct kpm_memory *m = &scene->frame->part.snap->memory;
	struct line l = {c, y, 0};

	add_slab(&l, scene, "Slab Nonp", KPM_NONP, m->slab_nonp);
	l.x++;
	add_slab(&l, scene, "Paged", KPM_PAGED, m->slab_paged);
}

/* On a small screen the slab memory and the losses remain. */
int draw_header(struct kpm_console *c, const struct kpm_scene *scene)
{
	const struct kpm_snapshot *snap = scene->frame->part.snap;
	bool known = snap->have & KPM_HAVE_MEMORY;
	struct line l;
	int y = 0;

	if (LINES < 7)
		return 0;
	if (LINES >= 18) {
		draw_memory(c, &snap->memory, known);
		draw_slab(c, scene, 1);
		l = (struct line){c, 2, 0};
		add_size(&l, "Percpu", snap->memory.percpu, known);
		add_coverage(&l, scene->frame);
		l = (struct line){c, 3, 0};
		draw_time(&l, scene);
		y = 4;
	} else {
		draw_slab(c, scene, y++);
	}
	l = (struct line){c, y++, 0};
	draw_losses(&l, snap);
	draw_hooks(&l, snap);
	return y;
}

void draw_status(struct kpm_console *c, const struct kpm_scene *scene, int y)
{
	static const char *const bases[] = {"last tick", "mark", "start"};
	const struct kpm_console_state *s = &c->state;
	const struct kpm_frame *f = scene->frame;
	char length[KPM_SIZE_LEN];
	int x;

	x = put_at(c, y, 0, STYLE_BOLD, " By %s%s, %s",
		   f->by_change && s->view.sort->change ? "change of " : "", s->view.sort->name,
		   s->view.sort->falling != s->view.reverse ? "falling" : "rising");
	x = put_at(c, y, x, STYLE_PLAIN, "; %s; %u of %u; (since %s); every %s",
		   kpm_kind_names[f->pool].shown, f->matched, f->part.snap->count, bases[s->base],
		   kpm_format_duration(s->interval_ns, length));
	if (*c->find)
		x = put_at(c, y, x, STYLE_BOLD, "; filter: %s", c->find);
	if (scene->position)
		x = put_at(c, y, x, STYLE_BOLD, "; %s", scene->position);
	if (s->paused)
		x = put_at(c, y, x, STYLE_WARN, "; PAUSED");
	if (scene->alerts && kpm_alerts_list(scene->alerts, KPM_ANY_TAG, &(struct kpm_alert){0}, 1))
		x = put_at(c, y, x, STYLE_WARN, "; ALERT (!)");
	if (scene->failure && scene->position)
		put_at(c, y, x, STYLE_WARN, "; %s", scene->failure);
	else if (scene->failure)
		put_at(c, y, x, STYLE_WARN, "; sample of %s ago: %s",
		       kpm_format_duration(scene->age_ns, length), scene->failure);
}
