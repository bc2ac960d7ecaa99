// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CSV by RFC 4180: lines end with CR LF. Numbers are raw, an unknown value is an empty field.
 *
 *   time,host,kernel,tracked_s,tag,cache,...
 *   2026-01-31T23:59:59Z,box,6.18.0,10.004,load_msg+0x41,msg_msg-4k,...
 *
 * The default columns are version 1 of the format and frozen: files of many samples live for
 * years. No field has a line break in it: a record is a line, which is what --append relies on.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/csv.h"
#include "sink/sink.h"

static void put_cell(FILE *out, const struct kpm_cell *cell)
{
	switch (cell->type) {
	case KPM_CELL_MISSING:
		break;
	case KPM_CELL_UINT:
	case KPM_CELL_BOOL:
		fprintf(out, "%" PRIu64, cell->u);
		break;
	case KPM_CELL_INT:
		fprintf(out, "%" PRId64, cell->i);
		break;
	case KPM_CELL_SECONDS:
		/* cut, not rounded, as in JSON */
		fprintf(out, "%.3f", (cell->i / 1000000) / 1e3);
		break;
	case KPM_CELL_TEXT:
	case KPM_CELL_LIST:
		kpm_csv_text(out, kpm_cell_text(cell));
		break;
	}
}

static int csv_head(FILE *out, const struct kpm_sink_opts *opts)
{
	for (size_t c = 0; c < opts->columns.count; c++)
		fprintf(out, "%s%s", c ? "," : "", opts->columns.column[c]->name);
	fputs("\r\n", out);
	return ferror(out) ? -ENOMEM : 0;
}

static int csv_sample(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts)
{
	struct kpm_cell cell;

	for (uint32_t i = 0; i < frame->count; i++) {
		const struct kpm_row *row = &frame->part.snap->rows[frame->order[i]];

		for (size_t c = 0; c < opts->columns.count; c++) {
			if (c)
				fputc(',', out);
			kpm_column_get(opts->columns.column[c], frame, row, &cell);
			put_cell(out, &cell);
		}
		fputs("\r\n", out);
	}
	return ferror(out) ? -ENOMEM : 0;
}

const struct kpm_sink kpm_sink_csv = {
	.name = "csv",
	.suffixes = "csv",
	.columns = "time,host,kernel,tracked_s,tag,cache,type,allocs,frees,diff,bytes,per_alloc,"
		   "nonp_bytes,paged_bytes,waste_bytes,missed,refused,estimated,symbol,offset,"
		   "module,module_file,source_file,source_line,owner,label,lost,missing_probes",
	.can_append = true,
	.head = csv_head,
	.sample = csv_sample,
};
