/* SPDX-License-Identifier: MIT */
/* /proc/self/mountinfo: what is mounted where, and how it would be mounted again. Pure. */
#ifndef ASSAY_ENGINE_MOUNTINFO_H
#define ASSAY_ENGINE_MOUNTINFO_H

#include "lib/lib.h"

/* A line (proc_pid_mountinfo(5)); its words lie in the text that was parsed, octal escapes
 * resolved. */
struct mounted {
	unsigned id, parent, major, minor;
	const char *root;    /* of the file system: what is mounted; "/" unless a part is bound */
	const char *point;   /* where */
	const char *options; /* of this mount: "rw,noatime" */
	const char *type, *source;
	const char *super; /* of the file system: "rw,errors=remount-ro" */
};

/* Takes the text apart in place. The number of lines, -EINVAL (a line is not of the form), -E2BIG
 * (more than room). */
ssize_t mountinfo_parse(char *text, struct mounted *out, size_t room);
/* The mount that an absolute path without links lies in: the longest point that leads to it, the
 * latest of those at one place. NULL: none. */
const struct mounted *mountinfo_find(const struct mounted *mounts, size_t count, const char *path);
/* Refuses a mount that unmounting and mounting would not bring back cold and as it was: "/", a part
 * of a file system, no block device, mounts on it, the same device elsewhere, options that
 * mount(2) has no word for. */
int mountinfo_refuse(const struct mounted *mounts, size_t count, const struct mounted *one,
		     char *why, size_t room);
/* Options as mount(2) takes them: flags, and what is left for the file system, in data. -ENOSPC. */
int mountinfo_flags(const struct mounted *mounted, unsigned long *flags, char *data, size_t room);

#endif
