// SPDX-License-Identifier: GPL-2.0-or-later
/* Patterns, harmless names, readable sizes. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

bool kpm_match(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	/* after a mismatch only the last star can still be stretched: linear in practice */
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool kpm_word_in(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; p && *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && !memcmp(p, word, n))
			return true;
		p += n;
	}
	return false;
}

/* Length of a well-formed UTF-8 character at s, its code point in *code; 0: not well-formed. */
static int utf8(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int len = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;

	if (!len)
		return 0;
	*code = len == 1 ? *s : *s & (0xff >> (len + 1));
	for (int i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

static bool harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || /* C0, DEL, C1 */
	       code == 0x061c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
	       code == 0xfeff;
}

char *kpm_clean(const char *text, char *buf, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t used = 0;

	while (*s) {
		uint32_t code;
		int len = utf8(s, &code);
		bool bad = !len || harmful(code);

		len = len ? len : 1;
		if (used + (bad ? 4 * len : len) >= size)
			break;
		for (int i = 0; i < len; i++, s++) {
			if (bad)
				used += sprintf(buf + used, "\\x%02x", *s);
			else
				buf[used++] = *s;
		}
	}
	buf[used] = '\0';
	return buf;
}

size_t kpm_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

void kpm_text_cut(char *text, size_t width)
{
	size_t end = strlen(text);

	if (kpm_text_width(text) <= width)
		return;
	do {
		end--;
		while (end && ((unsigned char)text[end] & 0xc0) == 0x80)
			end--;
		text[end] = '\0';
	} while (end && kpm_text_width(text) >= width);
	strcpy(text + end, ">");
}

char *kpm_format_size(uint64_t bytes, char *buf)
{
	static const char units[] = "BKMGTPE";
	double size = bytes;
	int unit = 0;

	/* 999.95 would print as 1000.0 */
	while (unit < 6 && size >= (unit ? 999.95 : 1000)) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, KPM_SIZE_LEN, unit ? "%.1f%c" : "%.0f%c", size, units[unit]);
	return buf;
}

char *kpm_format_duration(int64_t ns, char *buf)
{
	double s = ns / 1e9;

	if (s < 120)
		snprintf(buf, KPM_SIZE_LEN, "%.1f s", s);
	else if (s < 7200)
		snprintf(buf, KPM_SIZE_LEN, "%.1f min", s / 60);
	else if (s < 172800)
		snprintf(buf, KPM_SIZE_LEN, "%.1f h", s / 3600);
	else
		snprintf(buf, KPM_SIZE_LEN, "%.1f d", s / 86400);
	return buf;
}

char *kpm_format_time(int64_t wall_ns, char *buf)
{
	time_t seconds = wall_ns / KPM_SECOND;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(buf, KPM_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}
