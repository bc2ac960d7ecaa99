/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of the pinned maps, programs and links: its path, its lock, its description. */
#ifndef KPM_FOLDER_H
#define KPM_FOLDER_H

#include <stdbool.h>

#include <kpoolmon/abi.h>

#include "base/error.h"
#include "base/roots.h"

struct kpm_folder {
	char path[3072];  /* of the published pins */
	char fresh[3090]; /* while they are made */
	char old[3090];   /* while they are removed */
	int lock;         /* -1: not locked */
};

void kpm_folder_find(struct kpm_folder *folder, const struct kpm_roots *roots);

/*
 * Locks the folder for a change; waits for others that have locked it. With `mount` a bpf file
 * system that is not there is mounted. 0, or -errno and a sentence: -ENOTSUP if there is none.
 */
int kpm_folder_lock(struct kpm_folder *folder, const struct kpm_roots *roots, bool mount,
		    struct kpm_err *err);
void kpm_folder_unlock(struct kpm_folder *folder);

/* Removes a folder and what is in it. 0 or -errno; 0 if it is not there. */
int kpm_folder_remove(const char *path);

/*
 * Writes the path of a file in an open folder, which stays that of one start even if it is renamed
 * meanwhile.
 */
const char *kpm_folder_file(int fd, const char *name, char *buf, size_t size);

/* Reads the description of the pins in an open folder. 0 or -errno. */
int kpm_folder_about(int fd, struct kpm_about *about);

#endif
