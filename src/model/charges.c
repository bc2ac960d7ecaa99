// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "model/charges.h"

void kpm_charges_done(struct kpm_charges *c)
{
	free(c->groups);
	free(c->list);
	free(c->objects);
	free(c->samples);
	*c = (struct kpm_charges){0};
}
