// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon find: chooses the kernel and its files, has them indexed, searches, writes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/find_output.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/rights.h"
#include "cli/options.h"
#include "resolve/index_cache.h"
#include "resolve/merged.h"
#include "resolve/modtree.h"
#include "sink/output.h"

#define LIMIT 20 /* files shown of a name, if nothing else is wanted */

struct find {
	const struct kpm_options *options;
	void (*warn)(const char *text);
	struct kpm_roots roots;
	struct utsname uts;
	char root[4096], release[256], tree_dir[4096];
	bool running; /* the kernel that is searched is the running one */
	struct kpm_modtree *tree;
	struct kpm_source_file *files;
	size_t count;
	char kernel_paths[3][4096];
	int cache;
	struct kpm_index *index;
	struct kpm_ksyms *ksyms;
	struct kpm_query *queries; /* of each name */
	size_t names;
	bool terminal;
	int64_t shown; /* monotonic clock of the last progress */
};

/* The only release that has modules in this folder; false if there are none or several. */
static bool only_release(const char *dir, char *release, size_t size, size_t *count)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	*count = 0;
	while (d && (e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		snprintf(release, size, "%s", e->d_name);
		++*count;
	}
	if (d)
		closedir(d);
	return *count == 1;
}

/* Has a folder what a folder of modules has? */
static bool has_modules(const char *dir)
{
	static const char *const parts[] = {"kernel", "updates", "extra", "modules.dep"};
	char path[4200], name[KPM_MODULE_NAME_LEN];
	const struct dirent *e;
	bool found = false;
	DIR *d;

	for (size_t i = 0; !found && i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, parts[i]);
		found = !access(path, F_OK);
	}
	d = opendir(dir);
	while (!found && d && (e = readdir(d)))
		found = kpm_module_name(e->d_name, name, sizeof(name));
	if (d)
		closedir(d);
	return found;
}

/* Of a copied tree, without being told: the running kernel's version or the only one. */
static int choose_release(struct find *f, struct kpm_err *err)
{
	char dir[4096];
	size_t count = 0;

	if (f->options->release || !f->options->root) {
		snprintf(f->release, sizeof(f->release), "%s",
			 f->options->release ? f->options->release : f->uts.release);
		return 0;
	}
	if (kpm_search_path_find(&f->roots, KPM_SEARCH_TREE, f->uts.release, dir, sizeof(dir))) {
		snprintf(f->release, sizeof(f->release), "%s", f->uts.release);
		return 0;
	}
	if (kpm_search_path_find(&f->roots, KPM_SEARCH_TREES, "", dir, sizeof(dir)) &&
	    only_release(dir, f->release, sizeof(f->release), &count))
		return 0;
	if (!count && !has_modules(f->root))
		return kpm_fail(err, -ENOENT,
				"%.300s has neither lib/modules nor modules in it; name another "
				"after --root",
				f->options->root);
	*f->release = '\0';
	if (!count)
		return 0; /* without a release: the folder itself is taken */
	return kpm_usage(err, "%.300s has %zu kernels; choose one with --kernel", dir, count);
}

static int open_tree(struct find *f, struct kpm_err *err)
{
	int ret;

	if (f->running && !kpm_search_path_find(&f->roots, KPM_SEARCH_TREE, f->release, f->tree_dir,
						sizeof(f->tree_dir))) {
		/* a kernel without modules: it is searched alone */
		kpm_search_path_get(&f->roots, KPM_SEARCH_TREE, 0, f->release, f->tree_dir,
				    sizeof(f->tree_dir));
		return 0;
	}
	if (*f->release && !f->running &&
	    !kpm_search_path_find(&f->roots, KPM_SEARCH_TREE, f->release, f->tree_dir,
				  sizeof(f->tree_dir)))
		return kpm_fail(err, -ENOENT,
				"there are no modules of kernel %s below %.300s; name another with "
				"--kernel or --root",
				f->release, *f->root ? f->root : "/");
	if (!*f->release)
		snprintf(f->tree_dir, sizeof(f->tree_dir), "%s", f->root);
	ret = kpm_modtree_open(f->tree_dir, KPM_MODTREE_SIZES, &f->tree, err);
	for (size_t i = 0; !ret && kpm_modtree_warning(f->tree, i); i++)
		f->warn(kpm_modtree_warning(f->tree, i));
	return ret;
}

static bool add_kernel(struct find *f, enum kpm_search_path which, enum kpm_source_kind kind,
		       char *path)
{
	struct stat st;

	if (!*f->release || !kpm_search_path_find(&f->roots, which, f->release, path, 4096) ||
	    stat(path, &st))
		return false;
	f->files[f->count++] = (struct kpm_source_file){
		path, kind, st.st_size, st.st_mtim.tv_sec * KPM_SECOND + st.st_mtim.tv_nsec};
	return true;
}

/* The running kernel's symbols, the same until another build is booted: its version is their time.
 */
static void add_kallsyms(struct find *f, char *path)
{
	uint64_t hash = kpm_hash(KPM_HASH_BEGIN, f->uts.version);

	kpm_path(&f->options->live.roots, KPM_FILE_KALLSYMS, path, 4096);
	f->files[f->count++] = (struct kpm_source_file){path, KPM_KIND_SYMBOLS, 0, hash >> 1};
}

static int list_files(struct find *f, struct kpm_err *err)
{
	size_t modules = f->tree ? kpm_modtree_count(f->tree) : 0;

	f->files = calloc(modules + 3, sizeof(*f->files));
	if (!f->files)
		return kpm_fail(err, -ENOMEM, "out of memory");
	/* vmlinux has all that the other two have */
	if (!add_kernel(f, KPM_SEARCH_VMLINUX, KPM_KIND_VMLINUX, f->kernel_paths[0])) {
		add_kernel(f, KPM_SEARCH_VMLINUZ, KPM_KIND_VMLINUZ, f->kernel_paths[1]);
		if (f->running)
			add_kallsyms(f, f->kernel_paths[2]);
		else
			add_kernel(f, KPM_SEARCH_SYMBOLS, KPM_KIND_SYMBOLS, f->kernel_paths[2]);
	}
	for (size_t i = 0; i < modules; i++) {
		const struct kpm_modfile *m = kpm_modtree_get(f->tree, i);

		f->files[f->count++] =
			(struct kpm_source_file){m->path, KPM_KIND_MODULE, m->size, m->mtime_ns};
	}
	return f->count ? 0
			: kpm_fail(err, -ENOENT, "there is no module file below %.300s",
				   f->tree_dir);
}

static void progress(void *arg, size_t done, size_t count)
{
	struct find *f = arg;
	int64_t now = kpm_now();

	if (!f->terminal || (done < count && now - f->shown < KPM_SECOND / 10))
		return;
	f->shown = now;
	if (done == count)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\rreading: %zu of %zu files", done, count);
	fflush(stderr);
}

static int open_index(struct find *f, struct kpm_err *err)
{
	const struct kpm_entry *entries;
	struct kpm_index_opts opts;
	struct kpm_err note;
	const char *text;
	size_t count, size;
	int ret;

	f->cache = kpm_cache_open(NULL, &note);
	if (f->cache < 0)
		f->warn(note.text);
	opts = (struct kpm_index_opts){
		.name = f->tree_dir,
		.files = f->files,
		.count = f->count,
		.cache = f->cache,
		.progress = progress,
		.arg = f,
	};
	ret = kpm_index_open(&opts, &f->index, err);
	if (ret)
		return ret;
	entries = kpm_index_entries(f->index, &count);
	text = kpm_index_text(f->index, &size);
	for (size_t i = 0; i < count; i++)
		if (text[entries[i].note])
			f->warn(text + entries[i].note);
	return 0;
}

static int search(struct find *f, struct kpm_find_output *report, struct kpm_err *err)
{
	uint32_t limit = f->options->view.limit ? f->options->view.limit : LIMIT;

	for (size_t i = 0; i < f->names; i++) {
		struct kpm_found_files *found = &report->names[i];

		if (kpm_search(f->index, &f->queries[i], &found->hits, &found->count))
			return kpm_fail(err, -ENOMEM, "out of memory");
		found->name = f->options->words[i];
		found->shown = found->count < limit ? found->count : limit;
		if (f->running)
			found->merged =
				kpm_merged_with(&f->options->live.roots, f->queries[i].text);
		report->count++;
	}
	return 0;
}

static int search_and_write(struct find *f, bool *found, struct kpm_err *err)
{
	struct kpm_find_output report = {
		.release = *f->release ? f->release : NULL,
		.index = f->index,
		.files = f->count,
	};
	int ret;

	report.names = calloc(f->names + 1, sizeof(*report.names));
	if (!report.names)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = search(f, &report, err);
	if (!ret)
		ret = kpm_print(NULL,
				f->options->format == KPM_FORMAT_JSON ? kpm_find_json
								      : kpm_find_table,
				&report, err);
	for (size_t i = 0; i < f->names; i++) {
		*found |= report.names[i].count > 0;
		free(report.names[i].hits);
		kpm_merged_free(report.names[i].merged);
	}
	free(report.names);
	return ret;
}

/* Before any file is opened: nobody waits for the sentence about a mistake. */
static int parse_names(struct find *f, struct kpm_err *err)
{
	int ret = 0;

	while (f->options->words[f->names])
		f->names++;
	f->queries = calloc(f->names + 1, sizeof(*f->queries));
	if (!f->queries)
		return kpm_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !ret && i < f->names; i++)
		ret = kpm_query_parse(f->options->words[i], f->ksyms, &f->queries[i], err);
	return ret;
}

static int run(struct find *f, bool *found, struct kpm_err *err)
{
	const struct kpm_options *o = f->options;
	int ret;

	f->running = !o->root && (!o->release || !strcmp(o->release, f->uts.release));
	if (f->running)
		kpm_ksyms_open(&o->live.roots, &f->ksyms, NULL);
	ret = kpm_rights_drop(0, err);
	if (!ret)
		ret = parse_names(f, err);
	if (!ret)
		ret = choose_release(f, err);
	if (!ret)
		ret = open_tree(f, err);
	if (!ret)
		ret = list_files(f, err);
	if (!ret)
		ret = open_index(f, err);
	return ret ? ret : search_and_write(f, found, err);
}

int kpm_cmd_find(const struct kpm_options *options, struct kpm_outcome *outcome,
		 struct kpm_err *err)
{
	struct find *f = calloc(1, sizeof(*f));
	bool found = false;
	int ret;

	if (!f)
		return kpm_fail(err, -ENOMEM, "out of memory");
	f->options = options;
	f->warn = outcome->warn;
	f->cache = -1;
	f->terminal = isatty(STDERR_FILENO);
	uname(&f->uts);
	if (options->root && !realpath(options->root, f->root))
		ret = kpm_fail(err, -errno, "--root %.300s: %s", options->root, strerror(errno));
	else
		ret = 0;
	if (!strcmp(f->root, "/"))
		*f->root = '\0';
	if (options->root)
		f->roots.fs = f->root;
	if (!ret)
		ret = run(f, &found, err);
	outcome->exit = found ? KPM_EXIT_OK : KPM_EXIT_NOTHING;
	if (f->cache >= 0)
		close(f->cache);
	kpm_index_close(f->index);
	kpm_modtree_free(f->tree);
	kpm_ksyms_close(f->ksyms);
	free(f->files);
	free(f->queries);
	free(f);
	return ret;
}
