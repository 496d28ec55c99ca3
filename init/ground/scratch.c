/* SPDX-License-Identifier: MIT */
/* The file system under test, mounted on the scratch disk for one step. */
#include "init/ground/ground.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char scratch_place[] = "/scratch";
/* What is left of a step may be gigabytes to write and to delete. */
enum { MOUNT_SECONDS = 120, LEAVE_SECONDS = 300, ABANDON_SECONDS = 5 };

struct entering {
	const char *device, *directory, *type;
	const struct mount_words *options;
};

static int enter(void *context, char *why, size_t room)
{
	const struct entering *with = context;

	mkdir(scratch_place, 0755);
	if (mount(with->device, scratch_place, with->type, with->options->flags,
		  with->options->data))
		return text_refuse(-errno, why, room, "mount %s on %s as %s (%s): %s", with->device,
				   scratch_place, with->type, with->options->data, strerror(errno));
	if (mkdir(with->directory, 0755) && errno != EEXIST) {
		int err = -errno;

		umount(scratch_place);
		return text_refuse(err, why, room, "make %s: %s", with->directory, strerror(-err));
	}
	return 0;
}

/* Mounted afresh for every step, so that no step starts with what an earlier one left in the
 * caches. */
int scratch_enter(const char *device, const char *directory, const char *type,
		  const struct mount_words *options, char *why, size_t room)
{
	struct entering with = { device, directory, type, options };

	return helper_run("mount", MOUNT_SECONDS, enter, &with, why, room);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	(void)stat;
	(void)kind;
	(void)where;
	remove(path);
	return 0;
}

void scratch_remove(const char *directory)
{
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int leave(void *context, char *why, size_t room)
{
	struct statvfs fs;
	int err = 0;

	if (!statvfs(context, &fs) && (fs.f_flag & ST_RDONLY))
		err = text_refuse(-EROFS, why, room, "the file system became read-only");
	scratch_remove(context); /* a step that was killed could not tidy up after itself */
	/* Where nothing is mounted a benchmark may have ended between its own umount and mount. */
	if (umount(scratch_place) && errno != EINVAL) {
		err = text_refuse(-errno, why, room, "umount %s: %s", scratch_place,
				  strerror(errno));
		umount2(scratch_place, MNT_DETACH);
	}
	file_write("/proc/sys/vm/drop_caches", "3\n");
	return err;
}

static int abandon(void *context, char *why, size_t room)
{
	(void)context;
	return umount2(scratch_place, MNT_DETACH) ? text_refuse(-errno, why, room, "detach %s: %s",
								scratch_place, strerror(errno)) :
						    0;
}

int scratch_abandon(char *why, size_t room)
{
	return helper_run("detach", ABANDON_SECONDS, abandon, NULL, why, room);
}

int scratch_leave(const char *directory, char *why, size_t room)
{
	return helper_run("umount", LEAVE_SECONDS, leave, (void *)directory, why, room);
}
