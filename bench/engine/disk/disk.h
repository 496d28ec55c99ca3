/* SPDX-License-Identifier: MIT */
/* A raw disk, or a plain file in its place: its size, its sectors and how its queue is set. */
#ifndef ASSAY_ENGINE_DISK_H
#define ASSAY_ENGINE_DISK_H

#include "bench/bench.h"

struct disk {
	int fd;
	uint64_t bytes; /* a whole number of sectors */
	/* The logical sector, of which every O_DIRECT request is a multiple, and the physical one.
	 * Of a file: the least that O_DIRECT takes, twice. */
	unsigned sector_bytes, physical_bytes;
	bool is_block;
	bool direct;	 /* past the page cache */
	char name[32];	 /* "vda1"; of a file its last name */
	char queue[64];	 /* folder of the queue's settings in /sys; "" for a file */
	char facts[160]; /* "scheduler none, write cache write back, ..."; "" for a file */
};

/*
 * Opens run->target: flags are O_RDONLY or O_RDWR. O_DIRECT; of a block device also O_EXCL, so that
 * a disk with a mounted file system or in another program's hands is refused. A file system without
 * O_DIRECT: buffered, with a warning. 0, or what run_fail() returned.
 */
int disk_open(struct run *run, struct disk *disk, int flags);
void disk_close(struct disk *disk);

/* One of the queue's settings ("write_cache"), 0 or -errno. -ENOENT for a file. */
int disk_queue_read(const struct disk *disk, const char *name, char *out, size_t room);
/* Name, size, sectors and settings as one remark of the run. */
void disk_note(struct run *run, const struct disk *disk);

#endif
