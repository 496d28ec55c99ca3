/* SPDX-License-Identifier: MIT */
/* Files of sectors that know where they belong, written in generations; what each record must hold
 * follows from the numbers here alone, in this run or in another. */
#ifndef ASSAY_ENGINE_FILE_SET_H
#define ASSAY_ENGINE_FILE_SET_H

#include "bench/engine/disk/sectors.h"
#include "bench/engine/shuffle.h"

enum { FILE_SET_MOST = 64 };
struct file_set {
	char path[FILE_SET_MOST][256];
	int fd[FILE_SET_MOST]; /* -1: not open */
	unsigned files;
	uint64_t seed, file_bytes; /* of each; whole records */
	size_t record_bytes;	   /* whole sectors */
	unsigned generations;
};

/* -ENAMETOOLONG. The numbers are filled in by the caller. */
int file_set_name(struct file_set *set, const char *directory);
/* Opens all: flags as open(2), and O_CLOEXEC. On failure none stays open, *which is the one. */
int file_set_open(struct file_set *set, int flags, unsigned *which);
int file_set_sync(const struct file_set *set, unsigned *which); /* fsync of each */
int file_set_close(struct file_set *set);			/* the first error */
void file_set_remove(struct file_set *set);

uint64_t file_set_records(const struct file_set *set); /* of all files */

/* Generation 1 writes all records, each later one a quarter of them, chosen by chance. */
bool file_set_writes(const struct file_set *set, unsigned generation, uint64_t record);
unsigned file_set_generation(const struct file_set *set, uint64_t record); /* the last */
/* Where it lies: the file, and its offset there. */
unsigned file_set_place(const struct file_set *set, uint64_t record, uint64_t *offset);
/* What the sector at so many bytes of a record must be. */
struct sector file_set_sector(const struct file_set *set, uint64_t record, size_t at,
			      unsigned generation);
/* Fills the buffer with a record and writes it. */
int file_set_write(const struct file_set *set, uint64_t record, unsigned generation,
		   uint8_t *buffer);

#endif
