/* SPDX-License-Identifier: MIT */
/* Files written in generations: see file_set.h. */
#include "bench/engine/file/file_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { ONE_IN = 4 };

int file_set_name(struct file_set *set, const char *directory)
{
	for (unsigned i = 0; i < set->files; i++) {
		int n = snprintf(set->path[i], sizeof(set->path[i]), "%s/verify.%02u", directory,
				 i);

		if (n < 0 || (size_t)n >= sizeof(set->path[i]))
			return -ENAMETOOLONG;
		set->fd[i] = -1;
	}
	return 0;
}

int file_set_open(struct file_set *set, int flags, unsigned *which)
{
	for (unsigned i = 0; i < set->files; i++) {
		set->fd[i] = open(set->path[i], flags | O_CLOEXEC, 0600);
		if (set->fd[i] < 0) {
			int err = -errno;

			*which = i;
			file_set_close(set);
			return err;
		}
	}
	return 0;
}

int file_set_sync(const struct file_set *set, unsigned *which)
{
	for (*which = 0; *which < set->files; ++*which)
		if (fsync(set->fd[*which]))
			return -errno;
	*which = 0;
	return 0;
}

int file_set_close(struct file_set *set)
{
	int err = 0;

	for (unsigned i = 0; i < set->files; i++) {
		if (set->fd[i] >= 0 && close(set->fd[i]) && !err)
			err = -errno;
		set->fd[i] = -1;
	}
	return err;
}

void file_set_remove(struct file_set *set)
{
	file_set_close(set);
	for (unsigned i = 0; i < set->files; i++)
		unlink(set->path[i]);
}

uint64_t file_set_records(const struct file_set *set)
{
	return set->file_bytes / set->record_bytes * set->files;
}

bool file_set_writes(const struct file_set *set, unsigned generation, uint64_t record)
{
	return generation == 1 ||
	       shuffle_mix(shuffle_mix(set->seed + generation) ^ record) % ONE_IN == 0;
}

unsigned file_set_generation(const struct file_set *set, uint64_t record)
{
	unsigned generation = set->generations;

	while (generation > 1 && !file_set_writes(set, generation, record))
		generation--;
	return generation;
}

unsigned file_set_place(const struct file_set *set, uint64_t record, uint64_t *offset)
{
	uint64_t each = set->file_bytes / set->record_bytes;

	*offset = record % each * set->record_bytes;
	return (unsigned)(record / each);
}

struct sector file_set_sector(const struct file_set *set, uint64_t record, size_t at,
			      unsigned generation)
{
	struct sector sector = { .seed = set->seed, .generation = generation };
	uint64_t offset;

	sector.file = file_set_place(set, record, &offset);
	sector.number = (offset + at) / SECTOR;
	return sector;
}

static void fill(const struct file_set *set, uint64_t record, unsigned generation, uint8_t *buffer)
{
	struct sector sector = file_set_sector(set, record, 0, generation);

	for (size_t at = 0; at < set->record_bytes; at += SECTOR, sector.number++)
		sector_fill(buffer + at, &sector);
}

int file_set_write(const struct file_set *set, uint64_t record, unsigned generation,
		   uint8_t *buffer)
{
	uint64_t offset;
	unsigned file = file_set_place(set, record, &offset);

	fill(set, record, generation, buffer);
	for (size_t done = 0; done < set->record_bytes;) {
		ssize_t n = pwrite(set->fd[file], buffer + done, set->record_bytes - done,
				   (off_t)(offset + done));

		if (!n || (n < 0 && errno != EINTR))
			return n ? -errno : -EIO;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}
