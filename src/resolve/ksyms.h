/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's symbols, for the few call sites that the probes could not name or whose name did
 * not fit. The file is opened while the process has its rights, but read only when the first name
 * is asked for, with or without them.
 */
#ifndef KPM_KSYMS_H
#define KPM_KSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"

struct kpm_ksyms;

/* Opens /proc/kallsyms. 0, or -errno and a sentence. */
int kpm_ksyms_open(const struct kpm_roots *roots, struct kpm_ksyms **ksyms, struct kpm_err *err);
void kpm_ksyms_close(struct kpm_ksyms *ksyms);

/*
 * Writes the name of a return address: `symbol+0xoff`, with ` [module]` for a module. The symbol is
 * that of the address minus one, as the call may be the last instruction of its function. False if
 * no symbol covers it or the kernel hides its addresses; then buf is as it was.
 */
bool kpm_ksyms_name(struct kpm_ksyms *ksyms, uint64_t address, char *buf, size_t size);
/* The same as a kpm_namer of src/model/tagset.h; `ksyms` is a struct kpm_ksyms. */
bool kpm_ksyms_namer(void *ksyms, uint64_t site, char *buf, size_t size);

/* Reads the file now. */
void kpm_ksyms_read(struct kpm_ksyms *ksyms);
/* Code has come or gone: the file is read again for the next name. */
void kpm_ksyms_forget(struct kpm_ksyms *ksyms);

/* The address of a symbol of code; 0 if there is none or the kernel hides its addresses. */
uint64_t kpm_ksyms_address(struct kpm_ksyms *ksyms, const char *symbol);

#endif
