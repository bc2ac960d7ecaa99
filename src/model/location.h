/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The location of a tag's code on disk: module file, source line, package. Plain data, filled by
 * the resolver or a recording, shown by the columns.
 */
#ifndef KPM_LOCATION_H
#define KPM_LOCATION_H

/* Parts of a location that can be asked for; bits. */
enum kpm_location_part {
	KPM_LOCATION_FILE = 1 << 0,    /* the module's file, and whether it is the loaded build */
	KPM_LOCATION_LINE = 1 << 1,    /* source line and inlined functions */
	KPM_LOCATION_VENDOR = 1 << 2,  /* the package that owns the file */
	KPM_LOCATION_BUILTIN = 1 << 3, /* name of a built-in module */
};

enum kpm_build {
	KPM_BUILD_UNKNOWN,
	KPM_BUILD_LOADED, /* the file has the build-id of the loaded module or kernel */
	KPM_BUILD_OTHER,  /* it has another one: no source line is taken from it */
};

/* NULL and 0: not known. The strings belong to whoever filled it in. */
struct kpm_location {
	const char *file;
	enum kpm_build build;
	const char *build_id; /* of the file */
	const char *srcversion;
	const char *vendor;
	const char *builtin;
	const char *source;
	int line;
	const char *inlined; /* innermost first; known and empty: none */
	int line_in;         /* which of these the line is in; as many as there are: the symbol */
};

#endif
