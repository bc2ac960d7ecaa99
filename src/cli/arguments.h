/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rewrites poolmon's ways of writing switches into getopt's, before the options are parsed. */
#ifndef KPM_ARGUMENTS_H
#define KPM_ARGUMENTS_H

/*
 * Slash switches become dashes, -( and -? words, the file of -n and -g becomes --snapshot=FILE and
 * --labels=FILE. Returns a NULL-terminated vector of *count words, to be freed with kpm_words_free;
 * NULL: out of memory. *child is the rest of argv behind `--`, or NULL.
 */
char **kpm_rewrite_words(int argc, char *const argv[], int *count, char *const **child);
void kpm_words_free(char **words);

#endif
