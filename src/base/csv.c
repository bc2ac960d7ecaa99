// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes text fields of CSV. */
#include <stdbool.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"

void kpm_csv_text(FILE *out, const char *raw)
{
	char text[KPM_CLEAN_LEN];
	size_t len = strlen(kpm_clean(raw, text, sizeof(text)));
	size_t start = strspn(text, " ");
	bool formula = text[start] && strchr("=+-@", text[start]);

	if (!strpbrk(text, ",\"") && (!len || (text[0] != ' ' && text[len - 1] != ' '))) {
		fprintf(out, "%s%s", formula ? "'" : "", text);
		return;
	}
	fputs(formula ? "\"'" : "\"", out);
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			fputc('"', out);
		fputc(*p, out);
	}
	fputc('"', out);
}
