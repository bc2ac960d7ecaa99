/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data behind the console: samples, their past by tag, module and cache, alerts, and the frame
 * that is on the screen. console_loop.c drives it.
 */
#ifndef KPM_CONSOLE_SESSION_H
#define KPM_CONSOLE_SESSION_H

#include "app/diagnosis.h"
#include "app/holding.h"
#include "app/rollup_state.h"
#include "app/sampler.h"
#include "console/console.h"
#include "resolve/labels.h"
#include "view/alerts.h"
#include "view/rules.h"

/* Seconds for which each allocation of a tag is sampled on demand. */
#define KPM_SESSION_RAISE_S 10

struct kpm_session {
	const struct kpm_options *options;
	struct kpm_sampler sampler;
	struct kpm_labels *labels;
	struct kpm_rollup_state rollups;
	struct kpm_rules *rules;
	struct kpm_alerts *alerts; /* NULL: there are no rules */
	struct kpm_view *view;
	struct kpm_frame frame;
	/* of the selected tag */
	struct kpm_objects objects;
	bool objects_known;
	int64_t objects_at;          /* clock of the scan, monotonic */
	struct kpm_holding *holding; /* NULL: no stacks were shown yet */
	char *stacks;                /* their text */
	uint32_t stacks_tag;
	int64_t stacks_of; /* clock of the sample that they are of */
	struct kpm_diagnosis diagnosis;
	char *findings;         /* its text */
	int64_t diagnosis_of;   /* clock of the sample that it is of */
	uint32_t located;       /* tags whose files were asked for */
	struct kpm_err failure; /* of the last sample, if it failed */
	bool failed;
	bool storm;        /* some tag uses up the memory within minutes */
	char position[64]; /* in a recording */
	/* called for each alert that begins or ends */
	void (*tell)(const struct kpm_alert *alert, void *arg);
	/* called when a storm begins; bytes a second */
	void (*warn)(uint32_t tag, double pace, void *arg);
	void *arg;
};

/* Opens the source and all that the options name. 0, or -errno and a sentence; to be closed. */
int kpm_session_open(struct kpm_session *session, const struct kpm_options *options,
		     struct kpm_err *err);
void kpm_session_close(struct kpm_session *session);

/* Takes a sample. On failure the one before stays, `failed` is set and `failure` says why. */
void kpm_session_sample(struct kpm_session *session);
/* Has the source been taken away? Then it is closed, and the last sample stays. */
void kpm_session_check(struct kpm_session *session);

/* Makes the frame of the latest sample. 0, or -errno and a sentence. */
int kpm_session_frame(struct kpm_session *session, const struct kpm_console_state *state,
		      struct kpm_err *err);
/* Finds out the details that the screen shows beside the frame: objects, ranking, locations. */
void kpm_session_details(struct kpm_session *session, const struct kpm_console_state *state);
void kpm_session_locate(struct kpm_session *session, const struct kpm_console_state *state);

/* Has each allocation of a tag sampled for a while. 0 or -errno: -EOPNOTSUPP in a recording. */
int kpm_session_raise(struct kpm_session *session, uint32_t tag);

/* Marks the latest sample: changes can be shown against it. 0 or -ENOMEM. */
int kpm_session_mark(struct kpm_session *session);

/* Goes to a sample of a recording. 0, or -errno and a sentence. */
int kpm_session_seek(struct kpm_session *session, uint32_t sample, struct kpm_err *err);

/* The scene to draw; borrowed from the session. */
struct kpm_scene kpm_session_scene(struct kpm_session *session,
				   const struct kpm_console_state *state);

#endif
