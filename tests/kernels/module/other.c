// SPDX-License-Identifier: GPL-2.0-or-later
/* A visitor (see visitor.h) that is loaded last, to stay, where the others were. */
#define NAME      other
#define CASE      "newcomer"
#define INIT_CASE "init_text"
#define COUNT     17
#define SIZE      280
#include "visitor.h"
