/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the separate debug information of a module by the name of its file. */
#ifndef KPM_RESOLVE_DEBUG_FILE_H
#define KPM_RESOLVE_DEBUG_FILE_H

#include <elfutils/libdwfl.h>

/*
 * Opens the debug information of a module, whose own file is `file`, below `debug_dir`, if it is of
 * the same build. Returns a descriptor and sets *found to its path, to be freed; -1: there is none.
 */
int kpm_debug_file_open(Dwfl_Module *module, const char *file, const char *debug_dir, char **found);

#endif
