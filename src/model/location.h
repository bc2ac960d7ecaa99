/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a tag's code is on disk. Plain data, filled by the resolver, shown by the columns. */
#ifndef KPOOLMON_PLACE_H
#define KPOOLMON_PLACE_H

/* What has to be found out; bits. */
enum kpm_need {
	KPM_NEED_FILE = 1 << 0,    /* the module's file, and whether it is the loaded build */
	KPM_NEED_LINE = 1 << 1,    /* source line and inlined functions */
	KPM_NEED_VENDOR = 1 << 2,  /* the package that owns the file */
	KPM_NEED_BUILTIN = 1 << 3, /* name of a built-in module */
};

enum kpm_build {
	KPM_BUILD_UNKNOWN,
	KPM_BUILD_LOADED, /* the file has the build-id of the loaded module or kernel */
	KPM_BUILD_OTHER,  /* it has another one: no source line is taken from it */
};

/* NULL and 0: not known. */
struct kpm_place {
	const char *file;
	enum kpm_build build;
	const char *build_id; /* of the file */
	const char *srcversion;
	const char *vendor;
	const char *builtin;
	const char *source;
	int line;
	const char *inlined; /* innermost first; known and empty: none */
};

#endif
