/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up sample for the tests of view and sinks. */
#ifndef KPM_TEST_SAMPLE_H
#define KPM_TEST_SAMPLE_H

#include <string.h>

#include "view/view.h"

struct sample {
	struct kpm_tagset *tags;
	struct kpm_snapshot snap;
	struct kpm_history *history;
};

/* Sets the figures of a tag, entering it if it is new. */
static inline void sample_row(struct sample *s, const char *symbol, const char *cache,
			      enum kpm_kind kind, uint64_t allocs, uint64_t frees, uint64_t size)
{
	int64_t tag = kpm_tagset_enter(s->tags, 0xffffffff81000041, symbol, cache, true);
	struct kpm_counts *n;

	if (tag >= s->snap.count) {
		struct kpm_row old[16];
		uint32_t count = s->snap.count;

		if (count)
			memcpy(old, s->snap.rows, count * sizeof(*old));
		kpm_snapshot_reset(&s->snap, tag + 1);
		if (count)
			memcpy(s->snap.rows, old, count * sizeof(*old));
	}
	n = &s->snap.rows[tag].kind[kind];
	n->allocs = allocs;
	n->frees = frees;
	n->diff = allocs - frees;
	n->bytes = n->diff * size;
	n->asked = n->diff * (size - 1);
}

static inline void sample_open(struct sample *s)
{
	s->tags = kpm_tagset_new();
	s->history = kpm_history_new();
	kpm_snapshot_init(&s->snap);
	s->snap.have = KPM_HAVE_MEMORY | KPM_HAVE_LOSS | KPM_HAVE_CAPACITY | KPM_HAVE_ASKED |
		       KPM_HAVE_HOOKS;
	s->snap.wall_ns = 1767225599LL * 1000000000 + 5; /* 2025-12-31T23:59:59Z */
	s->snap.started_ns = 1000;
	s->snap.mono_ns = 10004999000 + 1000;
	s->snap.memory.total = 24ULL << 30;
	strcpy(s->snap.host, "box");
	strcpy(s->snap.kernel, "6.18.0");
	for (int i = 0; i < KPM_HOOKS; i++)
		s->snap.hooks[i] = (struct kpm_hook_state){KPM_ATTACH_FENTRY, 7};
	s->snap.hooks[KPM_HOOK_KFREE_RCU] = (struct kpm_hook_state){KPM_ATTACH_MISSING, 0};
	s->snap.hooks[KPM_HOOK_ALLOC_BULK] = (struct kpm_hook_state){KPM_ATTACH_MISSING, 0};
	s->snap.hooks[KPM_HOOK_FREE_BULK] = (struct kpm_hook_state){KPM_ATTACH_KPROBE, 0};
	s->snap.hooks[KPM_HOOK_SHEAF] = (struct kpm_hook_state){KPM_ATTACH_NOT_NEEDED, 0};
	kpm_hooks_missing(s->snap.hooks, s->snap.missing, sizeof(s->snap.missing));
	s->snap.loss.lost_max = 3;
	sample_row(s, "load_msg+0x41/0x1e0", "msg_msg-4k", KPM_NONP, 5000000000, 1, 4096);
	sample_row(s, "alloc_inode+0x20/0x90", "ext4_inode_cache", KPM_PAGED, 70, 20, 1000);
	sample_row(s, "two+0x1/0x2 [nvme]", "both", KPM_NONP, 9, 4, 10);
	sample_row(s, "two+0x1/0x2 [nvme]", "both", KPM_PAGED, 3, 1, 20);
	sample_row(s, "gone+0x1/0x2 [nvme]", "x", KPM_NONP, 8, 8, 64);
	sample_row(s, "never+0x1/0x2", "x", KPM_NONP, 0, 0, 64);
}

static inline void sample_close(struct sample *s)
{
	kpm_snapshot_done(&s->snap);
	kpm_history_free(s->history);
	kpm_tagset_free(s->tags);
}

#endif
