// SPDX-License-Identifier: GPL-2.0-or-later
/* A visitor (see visitor.h) that is loaded and unloaded, twice. */
#define NAME      gone
#define CASE      "reload"
#define INIT_CASE "reload"
#define COUNT     31
#define SIZE      290
#include "visitor.h"
