// SPDX-License-Identifier: GPL-2.0-or-later
/* A visitor (see visitor.h) that is loaded, unloaded, never seen again. */
#define NAME      left
#define CASE      "unload"
#define INIT_CASE "unload"
#define COUNT     23
#define SIZE      300
#include "visitor.h"
