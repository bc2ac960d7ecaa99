/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds the table of samples against the table of objects. */
#ifndef KPM_SAMPLE_CHECK_H
#define KPM_SAMPLE_CHECK_H

#include <stdint.h>

#include "source/tables.h"

struct kpm_sample_check {
	uint32_t samples, places;
	uint64_t bytes;          /* kernel memory for samples, stacks and what belongs to them */
	uint64_t time_ns;        /* what all CPUs have spent on them */
	uint32_t without_object; /* samples whose object is not tracked */
	uint32_t without_sample; /* tracked objects that should have a sample and have none */
};

/* 0 or -ENOMEM. */
int kpm_check_samples(const struct kpm_tables *tables, struct kpm_sample_check *check);

#endif
