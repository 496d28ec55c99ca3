/* SPDX-License-Identifier: MIT */
/*
 * The objections to writing on a disk. Three lines of defence, closed by default: a person named
 * it, by identity; every objection was asked, and an unreadable fact is one; only this file makes a
 * struct wipeable.
 */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_disk(const struct block *a, const struct block *b)
{
	return !strcmp(a->disk, b->disk);
}

static bool is_whole(const struct block *block)
{
	return !strcmp(block->name, block->disk);
}

/* A partition and the disk it lies on; not two partitions of one disk. */
static bool overlaps(const struct block *a, const struct block *b)
{
	return !strcmp(a->name, b->name) || (same_disk(a, b) && (is_whole(a) || is_whole(b)));
}

static bool answers(const struct block *block, const char *kind, const char *name)
{
	if (!strcmp(kind, "serial"))
		return is_whole(block) && block->serial[0] && !strcmp(block->serial, name);
	return block->partition_name[0] && !strcmp(block->partition_name, name);
}

const struct block *guard_named(const struct machine *machine, const char *scratch, char *why,
				size_t room)
{
	const struct block *found = NULL;
	const char *name = strchr(scratch, ':');
	char kind[16];
	size_t matches = 0;

	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(scratch, ":"), scratch);
	if (!name || !name[1] || (strcmp(kind, "serial") && strcmp(kind, "partition"))) {
		text_refuse(0, why, room,
			    "scratch=%s: expected serial:SERIAL or partition:GPT-NAME", scratch);
		return NULL;
	}
	name++;
	for (size_t i = 0; i < machine->block_count; i++)
		if (answers(&machine->block[i], kind, name)) {
			found = &machine->block[i];
			matches++;
		}
	if (matches == 1)
		return found;
	if (!matches)
		text_refuse(0, why, room, "no disk here answers to %s", scratch);
	else
		text_refuse(0, why, room, "%zu disks answer to %s: neither is taken", matches,
			    scratch);
	return NULL;
}

bool guard_may_come(const struct machine *machine, const char *scratch)
{
	const char *name = strchr(scratch, ':');
	char kind[16];

	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(scratch, ":"), scratch);
	if (!name || !name[1] || (strcmp(kind, "serial") && strcmp(kind, "partition")))
		return false;
	for (size_t i = 0; i < machine->block_count; i++)
		if (answers(&machine->block[i], kind, name + 1))
			return false;
	return true;
}

static const char *incomplete(const struct machine *machine, const struct block *block)
{
	(void)machine;
	return block->facts_complete ? NULL : "not everything about it could be learned";
}

static const char *read_only(const struct machine *machine, const struct block *block)
{
	(void)machine;
	return block->read_only ? "it is read-only" : NULL;
}

static const char *in_use(const struct machine *machine, const struct block *block)
{
	for (size_t i = 0; i < machine->block_count; i++) {
		const struct block *other = &machine->block[i];

		if (overlaps(block, other) && other->mounted)
			return "it, or a part of it, is mounted";
		if (overlaps(block, other) && other->held)
			return "something is built on it (holders)";
	}
	return NULL;
}

static const char *holds_results(const struct machine *machine, const struct block *block)
{
	for (size_t i = 0; i < machine->block_count; i++) {
		const struct block *other = &machine->block[i];

		if (overlaps(block, other) && !strcmp(other->partition_name, "assay-results"))
			return "it holds results";
	}
	return NULL;
}

static const char *partitioned(const struct machine *machine, const struct block *block)
{
	for (size_t i = 0; i < machine->block_count; i++)
		if (is_whole(block) && same_disk(block, &machine->block[i]) &&
		    !is_whole(&machine->block[i]))
			return "it has partitions";
	return NULL;
}

/* A file system that an earlier run made here for scratch is ours; any other is somebody's data. */
static const char *signature(const struct machine *machine, const struct block *block)
{
	bool ours = (!strcmp(block->signature, "ext4") && !strcmp(block->label, "assay-scratch")) ||
		    (!strcmp(block->signature, "xfs") && !strcmp(block->label, "assayscratch"));

	(void)machine;
	return block->signature[0] && !ours ? "it carries a signature of something else" : NULL;
}

static const char *(*const objections[])(const struct machine *machine,
					 const struct block *block) = {
	incomplete, read_only, in_use, holds_results, partitioned, signature,
};

const char *guard_objection(const struct machine *machine, const struct block *block)
{
	for (size_t i = 0; i < COUNT_OF(objections); i++) {
		const char *why = objections[i](machine, block);

		if (why)
			return why;
	}
	return NULL;
}

/* The kernel's own word: O_EXCL on a block device fails while anything holds it (open(2)). */
static int ask_kernel(const struct block *block, const char *path, char *why, size_t room)
{
	int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	uint64_t bytes = 0;
	struct stat stat;
	int err = 0;

	if (fd < 0)
		return text_refuse(-errno, why, room, "open %s exclusively: %s", path,
				   strerror(errno));
	if (fstat(fd, &stat) || !S_ISBLK(stat.st_mode) || (unsigned)stat.st_rdev != block->device)
		err = text_refuse(-ENXIO, why, room,
				  "%s is another device than the one that was asked for", path);
	else if (ioctl(fd, BLKGETSIZE64, &bytes) || bytes != block->bytes)
		err = text_refuse(-ENXIO, why, room, "%s has %llu bytes, expected %llu", path,
				  (unsigned long long)bytes, (unsigned long long)block->bytes);
	close(fd);
	return err;
}

int guard_open(const struct block *block, const char *scratch, struct wipeable *out, char *why,
	       size_t room)
{
	static struct machine fresh;
	const struct block *again;
	const char *objection;
	char path[48], reason[WHY_ROOM / 2];
	int err;

	/* Names move between boots and while running: everything is learned again, now. */
	discover_blocks(&fresh);
	again = guard_named(&fresh, scratch, reason, sizeof(reason));
	if (!again)
		return text_refuse(-ENODEV, why, room, "the scratch disk is gone: %s", reason);
	if (strcmp(again->name, block->name) || again->bytes != block->bytes ||
	    strcmp(again->serial, block->serial))
		return text_refuse(-ENXIO, why, room, "%s is no longer the disk that was planned",
				   scratch);
	objection = guard_objection(&fresh, again);
	if (objection)
		return text_refuse(-EPERM, why, room, "%s (%s): %s", scratch, again->name,
				   objection);
	snprintf(path, sizeof(path), "/dev/%s", again->name);
	err = ask_kernel(again, path, why, room);
	if (err)
		return err;
	out->bytes = again->bytes;
	snprintf(out->path, sizeof(out->path), "%s", path);
	return 0;
}

int guard_open_path(const char *path, struct wipeable *out, char *why, size_t room)
{
	static struct machine fresh;
	const struct block *block;
	const char *objection;
	struct stat stat_buffer;
	char own[48];
	int err;

	if (stat(path, &stat_buffer) || !S_ISBLK(stat_buffer.st_mode))
		return text_refuse(-ENOTBLK, why, room, "%s is not a block device", path);
	block = discover_device(&fresh, stat_buffer.st_rdev);
	if (!block)
		return text_refuse(-ENODEV, why, room, "%s: the kernel tells nothing of this disk",
				   path);
	objection = guard_objection(&fresh, block);
	if (objection)
		return text_refuse(-EPERM, why, room, "%s (%s) may not be written: %s%s%s%s", path,
				   block->name, objection, block->signature[0] ? " (" : "",
				   block->signature, block->signature[0] ? ")" : "");
	snprintf(own, sizeof(own), "/dev/%s", block->name);
	err = ask_kernel(block, own, why, room);
	if (err)
		return err;
	out->bytes = block->bytes;
	snprintf(out->path, sizeof(out->path), "%s", own);
	return 0;
}
