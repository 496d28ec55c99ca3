/* SPDX-License-Identifier: MIT */
/*
 * iozone's tests: passes over a file, record by record, each with its way to open the file, its
 * order of calls and the part of them that is timed (strace of iozone 3.489).
 */
#ifndef ASSAY_ENGINE_RECORDS_H
#define ASSAY_ENGINE_RECORDS_H

#include "bench/engine/pattern.h"
#include "bench/engine/scratch.h"

struct records {
	struct run *run;
	char path[256];
	struct pattern pattern;
	uint8_t *buffer;       /* room for a record, aligned for O_DIRECT */
	const uint32_t *order; /* of the random tests */
	uint64_t record_bytes, count;
	uint64_t done;		     /* of the pass, for the words of a failure */
	int direct;		     /* O_DIRECT or 0 */
	bool time_flush, time_close; /* fsync and close belong to the time */
	enum cold cold;
};

struct records_test {
	unsigned number, metric; /* iozone's -i; the metric in bench/file/iozone.h */
	const char *name;
	int flags, before;
	int (*walk)(struct records *records, int fd);
};
extern const struct records_test records_tests[]; /* in iozone's order; NULL name ends it */

/* One test; its rate in KiB/s becomes a sample. What went wrong is said. */
int records_measure(struct records *records, const struct records_test *test);
/* A file made and removed to see whether one can be, then the empty one that will be used. */
int records_make_fresh(const struct records *records);
int records_moved(ssize_t n, size_t wanted); /* 0, -errno, or -EIO when it was less */

#endif
