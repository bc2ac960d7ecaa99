/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text helpers: patterns, harmless names, readable sizes and times. */
#ifndef KPM_TEXT_H
#define KPM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* poolmon's wildcards: `*` any characters, `?` one; the whole text, case matters. */
bool kpm_match(const char *pattern, const char *text);

/* Is `word` one of the words of a list separated by blanks? NULL: an empty list. */
bool kpm_word_in(const char *list, const char *word);

/*
 * Copies text so that it cannot mislead a terminal or a reader: control characters,
 * broken UTF-8 and characters that turn the direction of writing become `\xNN` for each byte.
 * Returns buf; cut if it is too small.
 */
char *kpm_clean(const char *text, char *buf, size_t size);
/* Length of the longest text of a cell, a field or a value after that; a longer one is cut. */
#define KPM_CLEAN_LEN 2048

/* Characters of clean text: its width on the screen. */
size_t kpm_text_width(const char *text);
/* Cuts clean text to a width; text that was cut ends in `>`. */
void kpm_text_cut(char *text, size_t width);

#define KPM_SIZE_LEN 24
/* `977B`, `12.3M`: four figures at most, 1024 to the unit. Returns buf of KPM_SIZE_LEN. */
char *kpm_format_size(uint64_t bytes, char *buf);
/* `30.4 s`, `12 min`, `3.2 h`, `8.1 d`. Returns buf of KPM_SIZE_LEN. */
char *kpm_format_duration(int64_t ns, char *buf);

#define KPM_TIME_LEN 24
/* RFC 3339, UTC, whole seconds: `2026-01-31T23:59:59Z`. Returns buf of KPM_TIME_LEN. */
char *kpm_format_time(int64_t wall_ns, char *buf);

#endif
