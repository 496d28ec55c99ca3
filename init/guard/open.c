/* SPDX-License-Identifier: MIT */
/* From a name to an open disk: everything is learned again, and once more of what was opened. */
#include "init/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void guard_learn(struct machine *machine, const struct naming *naming)
{
	char why[WHY_ROOM];
	const struct block *block = guard_choose(machine, naming, why, sizeof(why));

	if (block)
		medium_search(machine, block);
}

/* Of dozens of disks only the one in question is read; the others only have names. */
void guard_discover(struct machine *machine, const struct naming *naming)
{
	char why[WHY_ROOM];
	const struct block *block;

	discover_identities(machine);
	block = guard_named(machine, naming, why, sizeof(why));
	if (block)
		discover_signatures(machine, block->disk);
	guard_learn(machine, naming);
}

static int check_device(int fd, const struct block *block, const char *path, char *why, size_t room)
{
	uint64_t bytes = 0;
	struct stat stat;

	if (fstat(fd, &stat) || !S_ISBLK(stat.st_mode) || (unsigned)stat.st_rdev != block->device)
		return text_refuse(-ENXIO, why, room,
				   "%s is another device than the one that was asked for", path);
	if (ioctl(fd, BLKGETSIZE64, &bytes) || bytes != block->bytes)
		return text_refuse(-ENXIO, why, room, "%s has %llu bytes, expected %llu", path,
				   (unsigned long long)bytes, (unsigned long long)block->bytes);
	return 0;
}

/* The kernel's own word: O_EXCL on a block device fails while anything holds it (open(2)). */
static int ask_kernel(const struct block *block, const char *path, char *why, size_t room)
{
	int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	int err;

	if (fd < 0)
		return text_refuse(-errno, why, room, "open %s exclusively: %s", path,
				   strerror(errno));
	err = check_device(fd, block, path, why, room);
	close(fd);
	return err;
}

static bool same_identity(const struct block *a, const struct block *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->serial, b->serial) &&
	       !strcmp(a->wwid, b->wwid) && !strcmp(a->partition_name, b->partition_name) &&
	       a->bytes == b->bytes && a->device == b->device;
}

/* What is open now is looked at by its device number: no name is trusted any more. */
static int ask_again(const struct block *block, const char *over, char *why, size_t room)
{
	static struct machine alone;
	const struct block *opened = discover_device(&alone, block->device);
	char reasons[WHY_ROOM / 2];
	struct text text;

	text_begin(&text, reasons, sizeof(reasons));
	if (!opened || !same_identity(opened, block))
		return text_refuse(-ENXIO, why, room,
				   "%s changed while it was opened: it is not taken", block->name);
	if (guard_objections(&alone, opened, over, &text))
		return text_refuse(-EPERM, why, room, "%s may not be written: %s", block->name,
				   reasons);
	return 0;
}

static int open_block(const struct block *block, const char *over, struct wipeable *out, char *why,
		      size_t room)
{
	int err;

	*out = (struct wipeable){ .bytes = block->bytes, .fd = -1 };
	snprintf(out->path, sizeof(out->path), "/dev/%s", block->name);
	out->fd = open(out->path, O_RDONLY | O_CLOEXEC);
	if (out->fd < 0)
		return text_refuse(-errno, why, room, "open %s: %s", out->path, strerror(errno));
	err = check_device(out->fd, block, out->path, why, room);
	if (!err)
		err = ask_kernel(block, out->path, why, room);
	if (!err)
		err = ask_again(block, over, why, room);
	if (err)
		guard_close(out);
	return err;
}

void guard_close(struct wipeable *disk)
{
	if (disk->fd > 0)
		close(disk->fd);
	disk->fd = -1;
}

int guard_open(const struct block *block, const struct naming *naming, struct wipeable *out,
	       char *why, size_t room)
{
	static struct machine fresh;
	const struct block *again;
	char reason[WHY_ROOM - 64];
	int err;

	/* Names move between boots and while running: everything is learned again, now. */
	guard_discover(&fresh, naming);
	again = guard_named(&fresh, naming, reason, sizeof(reason));
	if (!again)
		return text_refuse(-ENODEV, why, room, "the scratch disk is gone: %s", reason);
	if (!same_identity(again, block))
		return text_refuse(-ENXIO, why, room, "%s is no longer the disk that was planned",
				   naming->text);
	again = guard_choose(&fresh, naming, why, room);
	if (!again)
		return -EPERM;
	err = open_block(again, naming->over, out, why, room);
	if (!err)
		out->foreign = again->table[0] || (again->signature[0] && !guard_is_ours(again));
	return err;
}

static const struct block *find_at(const char *path, struct machine *machine, char *why,
				   size_t room)
{
	const struct block *block;
	struct stat stat_buffer;

	if (stat(path, &stat_buffer) || !S_ISBLK(stat_buffer.st_mode)) {
		text_refuse(0, why, room, "%s is not a block device", path);
		return NULL;
	}
	block = discover_device(machine, stat_buffer.st_rdev);
	if (!block)
		text_refuse(0, why, room, "%s: the kernel tells nothing of this disk", path);
	return block;
}

int guard_refuse_path(const char *path, char *why, size_t room)
{
	static struct machine fresh;
	const struct block *block = find_at(path, &fresh, why, room);
	char name[200];
	struct text text;

	if (!block)
		return -ENODEV;
	text_begin(&text, name, sizeof(name));
	naming_of_path(block, path, &text);
	if (!name[0])
		return text_refuse(-EPERM, why, room,
				   "target=%s: this partition has no GPT name that would name it; "
				   "sgdisk -c gives it one",
				   path);
	return text_refuse(-EPERM, why, room,
			   "target=%s: what may be lost is not named by a path alone; expected "
			   "target=%s",
			   path, name);
}

/* What has a name of its own is named by it: a path is whatever the kernel found first. */
static int check_path(const struct naming *naming, const struct block *block, char *why,
		      size_t room)
{
	if (block->serial[0] || block->wwid[0] || block->partition_name[0])
		return guard_refuse_path(naming->name, why, room);
	if (block->bytes != naming->bytes)
		return text_refuse(-EPERM, why, room,
				   "%s has %llu bytes, not %llu: it is not taken", naming->name,
				   (unsigned long long)block->bytes,
				   (unsigned long long)naming->bytes);
	return 0;
}

int guard_open_path(const struct naming *naming, struct wipeable *out, char *why, size_t room)
{
	static struct machine fresh;
	const struct block *block = find_at(naming->name, &fresh, why, room);
	char reasons[WHY_ROOM / 2];
	struct text text;
	int err = block ? check_path(naming, block, why, room) : -ENODEV;

	if (err)
		return err;
	text_begin(&text, reasons, sizeof(reasons));
	if (guard_objections(&fresh, block, naming->over, &text))
		return text_refuse(-EPERM, why, room, "%s (%s) may not be written: %s",
				   naming->name, block->name, reasons);
	return open_block(block, naming->over, out, why, room);
}
