/* SPDX-License-Identifier: MIT */
/* A file system taken off its directory and put back, so that no page of its files is left in
 * memory. */
#ifndef ASSAY_ENGINE_REMOUNT_H
#define ASSAY_ENGINE_REMOUNT_H

#include <stddef.h>

/*
 * Unmounts the file system that holds the directory and mounts it again with the same source, type
 * and options, as iozone's -U and `umount X; mount X` do. While it is busy that is tried again for
 * REMOUNT_LIMIT_MS. Needs CAP_SYS_ADMIN. No file in it may be open, nor mapped, nor be a working
 * directory.
 *
 * 0, or -errno and a line in why, without the error's own words; it says so when the file system is
 * not mounted any more, or is mounted otherwise. Not touched at all: what mountinfo_refuse()
 * refuses.
 */
enum { REMOUNT_LIMIT_MS = 5000 };
int remount(const char *directory, char *why, size_t room);

#endif
