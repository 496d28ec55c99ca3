/* SPDX-License-Identifier: MIT */
/* Opening a disk for measuring, and what can be known of it: see disk.h. */
#include "bench/engine/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LEAST_SECTOR = 512, LARGEST_PROBE = 4096 };

static void find_name(struct disk *disk, const char *target)
{
	const char *slash = strrchr(target, '/');

	snprintf(disk->name, sizeof(disk->name), "%.31s", slash ? slash + 1 : target);
}

/* A partition has no queue of its own: its disk's is one folder up. */
static void find_queue(struct disk *disk, dev_t device)
{
	unsigned high = major(device), low = minor(device);

	snprintf(disk->queue, sizeof(disk->queue), "/sys/dev/block/%u:%u/queue", high, low);
	if (access(disk->queue, F_OK))
		snprintf(disk->queue, sizeof(disk->queue), "/sys/dev/block/%u:%u/../queue", high,
			 low);
	if (access(disk->queue, F_OK))
		disk->queue[0] = '\0';
}

int disk_queue_read(const struct disk *disk, const char *name, char *out, size_t room)
{
	ssize_t n = disk->queue[0] ? file_read(out, room, "%s/%s", disk->queue, name) : -ENOENT;

	return n < 0 ? (int)n : 0;
}

/* The chosen one of "none [mq-deadline] kyber". */
static void keep_chosen(char *line)
{
	char *open = strchr(line, '['), *end = open ? strchr(open, ']') : NULL;

	if (!end)
		return;
	*end = '\0';
	memmove(line, open + 1, (size_t)(end - open));
}

static void read_facts(struct disk *disk)
{
	static const char *const rows[][3] = {
		{ "scheduler", "scheduler ", "" },
		{ "write_cache", "write cache ", "" },
		{ "read_ahead_kb", "read-ahead ", " KiB" },
		{ "max_sectors_kb", "requests up to ", " KiB" },
		{ "rotational", "rotational ", "" },
	};
	struct text text;
	char value[64];

	text_begin(&text, disk->facts, sizeof(disk->facts));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (disk_queue_read(disk, rows[i][0], value, sizeof(value)))
			continue;
		keep_chosen(value);
		text_add(&text, "%s%s%s%s", text.len ? ", " : "", rows[i][1], value, rows[i][2]);
	}
}

static int measure_device(struct disk *disk, dev_t device)
{
	int sector = 0;
	unsigned physical = 0;

	if (ioctl(disk->fd, BLKGETSIZE64, &disk->bytes) || ioctl(disk->fd, BLKSSZGET, &sector) ||
	    ioctl(disk->fd, BLKPBSZGET, &physical))
		return -errno;
	disk->is_block = disk->direct = true;
	disk->sector_bytes = (unsigned)sector;
	disk->physical_bytes = physical;
	find_queue(disk, device);
	read_facts(disk);
	return 0;
}

/* The file system says by refusing; statx(2) tells only since Linux 6.1, and not of all of them. */
static unsigned least_direct(int fd)
{
	void *buffer = aligned_alloc(LARGEST_PROBE, LARGEST_PROBE);
	unsigned bytes = LEAST_SECTOR;

	while (buffer && bytes <= LARGEST_PROBE && pread(fd, buffer, bytes, bytes) < 0)
		bytes *= 2;
	free(buffer);
	return bytes <= LARGEST_PROBE ? bytes : 0;
}

static void measure_file(struct run *run, struct disk *disk, const struct stat *file)
{
	unsigned least = disk->direct ? least_direct(disk->fd) : 0;

	if (disk->direct && !least) {
		fcntl(disk->fd, F_SETFL, fcntl(disk->fd, F_GETFL) & ~O_DIRECT);
		disk->direct = false;
	}
	if (!disk->direct)
		run_warn(run,
			 "O_DIRECT does not work on %s: buffered instead, the page cache is "
			 "measured",
			 disk->name);
	disk->sector_bytes = disk->physical_bytes = least ? least : LEAST_SECTOR;
	disk->bytes = (uint64_t)file->st_size;
}

static int open_target(struct run *run, struct disk *disk, int flags, bool is_block)
{
	flags |= O_CLOEXEC | (is_block ? O_EXCL : 0);
	disk->fd = open(run->target, flags | O_DIRECT);
	disk->direct = disk->fd >= 0;
	if (disk->fd < 0 && errno == EINVAL && !is_block)
		disk->fd = open(run->target, flags);
	return disk->fd < 0 ? -errno : 0;
}

static int measure(struct run *run, struct disk *disk, const struct stat *file)
{
	if (!S_ISBLK(file->st_mode))
		measure_file(run, disk, file);
	else if (measure_device(disk, file->st_rdev))
		return run_fail(run, -errno, "asking %s for its size and sectors", run->target);
	disk->bytes -= disk->bytes % disk->sector_bytes;
	if (!disk->bytes)
		return run_fail(run, -ENOSPC, "%s is smaller than a sector of %u bytes",
				run->target, disk->sector_bytes);
	return 0;
}

int disk_open(struct run *run, struct disk *disk, int flags)
{
	struct stat file;
	int err;

	*disk = (struct disk){ .fd = -1 };
	find_name(disk, run->target);
	if (stat(run->target, &file))
		return run_fail(run, -errno, "looking for %s", run->target);
	if (!S_ISBLK(file.st_mode) && !S_ISREG(file.st_mode))
		return run_fail(run, -ENOTBLK, "%s is neither a disk nor a plain file",
				run->target);
	err = open_target(run, disk, flags, S_ISBLK(file.st_mode));
	if (err)
		return run_fail(run, err, "opening %s alone (O_EXCL) and directly (O_DIRECT)",
				run->target);
	err = measure(run, disk, &file);
	if (err)
		disk_close(disk);
	return err;
}

void disk_close(struct disk *disk)
{
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
}

void disk_note(struct run *run, const struct disk *disk)
{
	char size[24];
	struct text text;

	text_begin(&text, size, sizeof(size));
	text_add_bytes(&text, disk->bytes);
	run_note(run, "%s: %s %s, sectors of %u bytes (physical %u)%s%s", disk->name, size,
		 disk->is_block ? "disk" : "file", disk->sector_bytes, disk->physical_bytes,
		 disk->facts[0] ? ", " : "", disk->facts);
}
