/* SPDX-License-Identifier: MIT */
/* Unmounting and mounting again: see remount.h. */
#include "bench/engine/file/remount.h"
#include "bench/bench.h"
#include "bench/engine/file/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { TRY_EACH_MS = 50, DATA_ROOM = 4096 };

/* Anonymous numbers, as btrfs has them, say nothing about the device below. */
static int open_source(const struct mounted *mounted, char *why, size_t room)
{
	int fd = open(mounted->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;

	if (fd < 0)
		return text_refuse(-errno, why, room, "open %s, which is mounted on %s",
				   mounted->source, mounted->point);
	if (!fstat(fd, &stat) && S_ISBLK(stat.st_mode) &&
	    (!mounted->major || stat.st_rdev == makedev(mounted->major, mounted->minor)))
		return fd;
	close(fd);
	return text_refuse(-ENOTBLK, why, room, "%s is not the block device %u:%u mounted on %s",
			   mounted->source, mounted->major, mounted->minor, mounted->point);
}

static int detach(const char *point)
{
	int err = -EBUSY;

	for (unsigned waited_ms = 0; err == -EBUSY && waited_ms <= REMOUNT_LIMIT_MS;
	     waited_ms += TRY_EACH_MS) {
		if (waited_ms)
			clock_sleep_ns(TRY_EACH_MS * 1000000ull);
		err = umount2(point, UMOUNT_NOFOLLOW) ? -errno : 0;
	}
	return err;
}

static int attach(const struct mounted *mounted, char *why, size_t room)
{
	static char data[DATA_ROOM];
	unsigned long flags;
	int err = mountinfo_flags(mounted, &flags, data, sizeof(data));

	if (!err && !mount(mounted->source, mounted->point, mounted->type, flags, data))
		return 0;
	err = err ? err : -errno;
	/* Its owner is better served with the defaults than with nothing; the measurement is not.
	 */
	if (!mount(mounted->source, mounted->point, mounted->type, flags, NULL))
		return text_refuse(err, why, room,
				   "%s is mounted with defaults now, it took not back %s",
				   mounted->point, data);
	return text_refuse(err, why, room, "%s is not mounted any more, mounting %s (%s) failed",
			   mounted->point, mounted->source, mounted->type);
}

static int cycle(const struct mounted *mounted, char *why, size_t room)
{
	/* Held meanwhile: a loop device may be set to vanish with its last user. */
	int fd = open_source(mounted, why, room), err;

	if (fd < 0)
		return fd;
	err = detach(mounted->point);
	if (err) {
		close(fd);
		return text_refuse(err, why, room, "unmount %s%s", mounted->point,
				   err == -EBUSY ? ", tried for 5 s" : "");
	}
	/* Being held, its own cache (the file system's tables) would stay. */
	ioctl(fd, BLKFLSBUF, 0);
	err = attach(mounted, why, room);
	close(fd);
	return err;
}

static int remount_at(char *text, const char *path, char *why, size_t room)
{
	const struct mounted *one;
	struct mounted *mounts;
	size_t lines = 1;
	ssize_t count;
	int err;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	mounts = calloc(lines, sizeof(*mounts));
	if (!mounts)
		return text_refuse(-ENOMEM, why, room, "remount: out of memory");
	count = mountinfo_parse(text, mounts, lines);
	one = count > 0 ? mountinfo_find(mounts, (size_t)count, path) : NULL;
	if (!one)
		err = text_refuse(-EINVAL, why, room,
				  "/proc/self/mountinfo has no mount that holds %s", path);
	else if (!(err = mountinfo_refuse(mounts, (size_t)count, one, why, room)))
		err = cycle(one, why, room);
	free(mounts);
	return err;
}

int remount(const char *directory, char *why, size_t room)
{
	static char path[PATH_MAX];
	char *text = NULL;
	ssize_t len;
	int err;

	if (!realpath(directory, path))
		return text_refuse(-errno, why, room, "find %s", directory);
	len = file_load(&text, 4 << 20, "/proc/self/mountinfo");
	if (len < 0)
		return text_refuse((int)len, why, room, "read /proc/self/mountinfo");
	err = remount_at(text, path, why, room);
	free(text);
	return err;
}
