/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which suspects have one cause, and how each of them grew: the groups that become findings. */
#ifndef KPM_CAUSES_H
#define KPM_CAUSES_H

#include "view/findings.h"

/* Parts of the run that are compared. */
#define KPM_SHAPE_PARTS 6

/* How a suspect grew. */
struct kpm_shape {
	uint32_t points;
	double part[KPM_SHAPE_PARTS]; /* bytes */
	double grown;                 /* bytes, over all parts */
	double object;                /* bytes */
	struct kpm_path path;
};

#define KPM_NO_CAUSE UINT32_MAX

struct kpm_causes {
	const struct kpm_findings_of *of;
	const struct kpm_suspect *suspects;
	uint32_t count;          /* of the suspects */
	struct kpm_shape *shape; /* of each */
	uint32_t *group;         /* of each; KPM_NO_CAUSE: it did not grow */
	uint32_t groups;
};

/* Groups the suspects, which are borrowed, as `of` is. 0 or -ENOMEM; to be done in both cases. */
int kpm_causes_make(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
		    uint32_t count, struct kpm_causes *causes);
void kpm_causes_done(struct kpm_causes *causes);

/* Who has most of a suspect; NULL: nobody has half, or it is not known. */
const struct kpm_party *kpm_cause_party(const struct kpm_causes *causes, uint32_t suspect,
					enum kpm_party_kind kind);
/*
 * Nothing is named after an allocator's array, an inode's part (0), or a helper (1), if there is
 * more (2).
 */
int kpm_cause_leads(const struct kpm_causes *causes, uint32_t suspect);
/* Objects that a suspect grew by. */
double kpm_cause_objects(const struct kpm_causes *causes, uint32_t suspect);
/* Have two paths a function in common? */
bool kpm_paths_meet(const struct kpm_path *a, const struct kpm_path *b);

#endif
