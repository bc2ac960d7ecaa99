// SPDX-License-Identifier: GPL-2.0-or-later
/* Hostile CSV files, for libFuzzer: the reader of kpoolmon diff and --changed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/dataset_csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const times[] = {NULL, "+1s", "-1s", "2026-01-01 00:00:10"};

	for (size_t i = 0; size && i < sizeof(times) / sizeof(*times); i++) {
		struct kpm_dataset dataset = {.tracked_ms = -1};
		FILE *in = fmemopen((void *)data, size, "r");

		if (!in)
			abort();
		if (!kpm_dataset_read_csv(in, "fuzz", times[i], &dataset, NULL))
			for (uint32_t k = 0; k + 1 < dataset.count; k++)
				if (kpm_dataset_compare(&dataset.rows[k], &dataset.rows[k + 1]) >=
				    0)
					abort(); /* in order, none twice */
		kpm_dataset_done(&dataset);
		fclose(in);
	}
	return 0;
}
