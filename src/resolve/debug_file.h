/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KPM_RESOLVE_DEBUG_FILE_H
#define KPM_RESOLVE_DEBUG_FILE_H

#include <elfutils/libdwfl.h>

/*
 * Opens the debug information of a module whose own file is `file`, if there is one of the same
 * build. A descriptor, and *found its path, to be freed; -1.
 */
int kpm_debug_file_open(Dwfl_Module *module, const char *file, const char *debug_dir, char **found);

#endif
