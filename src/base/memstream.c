// SPDX-License-Identifier: GPL-2.0-or-later
/* open_memstream(3) with the errors of this program. */
#include <errno.h>
#include <stdlib.h>

#include "base/memstream.h"

int kpm_memstream_open(struct kpm_memstream *m, struct kpm_err *err)
{
	m->text = NULL;
	m->size = 0;
	m->stream = open_memstream(&m->text, &m->size);
	return m->stream ? 0 : kpm_fail(err, -ENOMEM, "out of memory");
}

int kpm_memstream_close(struct kpm_memstream *m, int ret, struct kpm_err *err)
{
	if (!fclose(m->stream) && !ret && m->text)
		return 0;
	free(m->text);
	m->text = NULL;
	return kpm_fail(err, -ENOMEM, "out of memory");
}
