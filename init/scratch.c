/* SPDX-License-Identifier: MIT */
/* The file system under test, made on the scratch disk: only ever on a struct wipeable. */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char scratch_place[] = "/scratch";

/* Tables are written now, not lazily: a kernel thread writing them later would be measured too. */
static void become_mke2fs(const char *path)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 1);
	dup2(null, 2);
	execl("/sbin/mke2fs", "mke2fs", "-q", "-F", "-t", "ext4", "-L", "assay-scratch", "-E",
	      "lazy_itable_init=0,lazy_journal_init=0,nodiscard", path, (char *)NULL);
	_exit(127);
}

int scratch_make(const struct wipeable *disk, char *why, size_t room)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		become_mke2fs(disk->path);
	if (pid < 0)
		return text_refuse(-errno, why, room, "fork for mke2fs: %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return text_refuse(-errno, why, room, "waiting for mke2fs: %s",
					   strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return text_refuse(-EIO, why, room, "mke2fs on %s ended with %s %d", disk->path,
				   WIFEXITED(status) ? "code" : "signal",
				   WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

/* Mounted afresh for every step, so that no step starts with what an earlier one left in the
 * caches. */
int scratch_enter(const struct wipeable *disk, const char *directory, char *why, size_t room)
{
	mkdir(scratch_place, 0755);
	if (mount(disk->path, scratch_place, "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID,
		  "errors=remount-ro"))
		return text_refuse(-errno, why, room, "mount %s on %s: %s", disk->path,
				   scratch_place, strerror(errno));
	if (mkdir(directory, 0755) && errno != EEXIST) {
		int err = -errno;

		umount(scratch_place);
		return text_refuse(err, why, room, "make %s: %s", directory, strerror(-err));
	}
	return 0;
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

void scratch_leave(const char *directory)
{
	scratch_remove(directory); /* a step that was killed could not tidy up after itself */
	if (umount(scratch_place))
		umount2(scratch_place, MNT_DETACH);
	file_write("/proc/sys/vm/drop_caches", "3\n");
}
