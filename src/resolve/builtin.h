/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of built-in modules by address, from modules.builtin.ranges of kernels that have it. */
#ifndef KPM_BUILTIN_H
#define KPM_BUILTIN_H

#include <stdint.h>

#include "base/error.h"

struct kpm_builtin;

/* Reads the file in `tree`, the folder of the kernel's modules. 0, or -errno and a sentence. */
int kpm_builtin_open(const char *tree, struct kpm_builtin **builtin, struct kpm_err *err);
void kpm_builtin_free(struct kpm_builtin *builtin);

/*
 * The module that the code `offset` bytes behind _text belongs to; the names of several that share
 * it are joined with `+`. NULL: none. Borrowed.
 */
const char *kpm_builtin_find(const struct kpm_builtin *builtin, uint64_t offset);

#endif
