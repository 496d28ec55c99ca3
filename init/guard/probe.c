/* SPDX-License-Identifier: MIT */
/* What is written on a disk: every signature that libblkid finds, not only the first. */
#include "init/guard/guard.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* More than a disk can have; a probe that went round in circles must end. */
enum { SIGNATURES_MOST = 64, ERASED_MOST = 20000 };

static void add_item(char *list, size_t room, const char *item)
{
	size_t len = strlen(list);

	if (naming_covers(list, item))
		return;
	/* What has no room makes the list one that nobody can name. */
	if (len + strlen(item) + 2 > room)
		snprintf(list, room, "too many signatures");
	else
		snprintf(list + len, room - len, "%s%s", len ? "," : "", item);
}

static const char *value_of(blkid_probe probe, const char *key)
{
	const char *value = NULL;

	return blkid_probe_lookup_value(probe, key, &value, NULL) ? NULL : value;
}

static void take_found(blkid_probe probe, struct block *block)
{
	const char *type = value_of(probe, "TYPE"), *table = value_of(probe, "PTTYPE"),
		   *label = value_of(probe, "LABEL");

	if (type)
		add_item(block->signature, sizeof(block->signature), type);
	if (type && label && !block->label[0])
		snprintf(block->label, sizeof(block->label), "%s", label);
	if (table)
		add_item(block->table, sizeof(block->table), table);
}

/* A superblock whose checksum is wrong is somebody's data still, and so is a GPT of which only the
 * copy at the end of the disk is left. */
static void ask_for_all(blkid_probe probe)
{
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
}

/* Superblocks lie at a disk's two ends, in some forty places: two requests instead. What cannot be
 * read is asked for again by the probe itself, and told by it. */
static void fetch_ends(blkid_probe probe)
{
	enum { END_BYTES = 512 << 10 };
	int fd = blkid_probe_get_fd(probe);
	off_t bytes = blkid_probe_get_size(probe);

	posix_fadvise(fd, bytes > END_BYTES ? bytes - END_BYTES : 0, END_BYTES,
		      POSIX_FADV_WILLNEED);
	posix_fadvise(fd, 0, END_BYTES, POSIX_FADV_WILLNEED);
}

bool probe_signatures(struct block *block)
{
	char path[64];
	blkid_probe probe;
	int found = 0;

	snprintf(path, sizeof(path), "/dev/%s", block->name);
	probe = blkid_new_probe_from_filename(path);
	if (!probe)
		return false;
	ask_for_all(probe);
	fetch_ends(probe);
	for (int i = 0; i < SIGNATURES_MOST && !found; i++) {
		found = blkid_do_probe(probe);
		if (!found)
			take_found(probe, block);
	}
	blkid_free_probe(probe);
	return found == 1; /* nothing more is there; -1: it could not be read */
}

int probe_erase(int fd, char *why, size_t room)
{
	blkid_probe probe = blkid_new_probe();
	int found = -1, err = 0;

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0)) {
		blkid_free_probe(probe);
		return text_refuse(-EIO, why, room, "its signatures cannot be read");
	}
	ask_for_all(probe);
	for (int i = 0; i < ERASED_MOST && !err; i++) {
		found = blkid_do_probe(probe);
		if (found)
			break;
		err = blkid_do_wipe(probe, 0);
	}
	blkid_free_probe(probe);
	if (err || found != 1)
		return text_refuse(-EIO, why, room, "its signatures could not all be erased");
	return fsync(fd) ? text_refuse(-errno, why, room, "erasing its signatures: %s",
				       strerror(errno)) :
			   0;
}
