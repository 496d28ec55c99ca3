/* SPDX-License-Identifier: MIT */
/*
 * iozone's tests: passes over a file, record by record, each with its way to open the file, its
 * order of calls and the part of them that is timed (strace of iozone 3.489, with its reading of
 * the clock made visible).
 *
 * A pass is `count` operations, numbered from 0 in the test's own order. iozone's own measurement
 * is records_open(), the clock, walk(0, count), the clock, records_close(). Whoever measures pieces
 * instead opens once, and before a piece that does not begin where the last one ended calls
 * records_place() outside the time.
 */
#ifndef ASSAY_ENGINE_IOZONE_RECORDS_H
#define ASSAY_ENGINE_IOZONE_RECORDS_H

#include "bench/engine/file/buffered.h"
#include "bench/engine/iozone/order.h"
#include "bench/engine/pattern.h"
#include "bench/engine/file/scratch.h"
#include "bench/engine/transfer.h"

/* Where the stride read stands; it can only be followed step by step. */
struct stride_walk {
	uint64_t operation, record, wraps;
};

enum { RECORDS_VECTOR_MOST = 16 }; /* PVECMAX of iozone's source */

/* Of tests 11 and 12 (vectors.h). */
struct vectors {
	uint64_t records; /* of a whole one */
	struct order order;
	struct pattern pattern;
};

struct records {
	struct run *run;
	char path[256];
	struct pattern pattern;
	uint8_t *buffer;	/* room for a record or a vector, aligned for O_DIRECT */
	uint8_t *stream_buffer; /* room for a record: stdio's, of fwrite and fread */
	struct buffered stream;
	struct order order;
	struct stride_walk stride;
	unsigned stride_records;
	struct vectors vectors;
	uint64_t record_bytes, count;
	uint64_t done;		     /* operations, for the words of a failure */
	struct transfer failed;	     /* the call that ended a walk; not of streams and vectors */
	int direct;		     /* O_DIRECT or 0 */
	int write_sync;		     /* O_SYNC, O_DSYNC or 0, of the tests that write */
	bool time_flush, time_close; /* fsync and close belong to the time */
	bool cpu;		     /* processor time becomes a sample, too */
	enum cold cold;
};

enum records_before {
	RECORDS_FRESH = 1,    /* the file is made anew */
	RECORDS_SYNCED = 2,   /* fsync(2) before the clock starts */
	RECORDS_PRIMED = 4,   /* one record read before the clock starts */
	RECORDS_STREAM = 8,   /* by a stdio buffer: no O_DIRECT, no O_SYNC */
	RECORDS_ASIDE = 16,   /* fsync(2) by a second descriptor, and none after the time */
	RECORDS_RETEST = 32,  /* left out by -+n */
	RECORDS_UNTOLD = 64,  /* walked as iozone does, but its time is not reported */
	RECORDS_WRITES = 128, /* by calls that O_SYNC makes slow */
	RECORDS_VECTOR = 256, /* its walks begin and end at multiples of vectors.records */
};

struct records_test {
	unsigned number, metric; /* iozone's -i; the metric in bench/file/iozone.h */
	const char *name;
	int flags;
	unsigned before;
	/* Operations from..to-1: 0 or -errno; records->done is where it ended. The file stands
	 * where operation `from` begins. */
	int (*walk)(struct records *records, int fd, uint64_t from, uint64_t to);
	/* The record that an operation touches. */
	uint64_t (*record)(struct records *records, uint64_t operation);
};
extern const struct records_test records_tests[]; /* in iozone's order; NULL name ends it */

/* Is this test, or this second pass, among those that the run asks for? */
bool records_wanted(const union value *values, const struct records_test *test);
/* One test as iozone measures it; its rate in KiB/s becomes a sample. What went wrong is said. */
int records_measure(struct records *records, const struct records_test *test);

/* ---- the parts of it; 0 or -errno, nothing is said ---- */

/* Makes the file cold, if asked; what went wrong is said. */
int records_cool(struct records *records, const struct records_test *test);
/* Everything iozone does with the file before the clock starts. The descriptor, or -errno. */
int records_open(struct records *records, const struct records_test *test);
/* The buffer into the processor's caches, where iozone's "fetchon" has it when the clock starts. */
void records_fetch(struct records *records);
/* The file to where operation `from` begins. */
int records_place(struct records *records, const struct records_test *test, int fd, uint64_t from);
/* fflush(3) and fsync(2), and fclose(3), as far as they belong to the time. *fd is -1 once closed. */
int records_end(struct records *records, const struct records_test *test, int *fd);
/* What iozone does after the time: flush, fsync, close. */
int records_close(struct records *records, const struct records_test *test, int fd);
/* Says which record of which test it was, and where in the file. Returns err. */
int records_refuse(struct records *records, const struct records_test *test, int err);

/* Whole pages of zeros, aligned for O_DIRECT; to be freed. NULL: out of memory. */
uint8_t *records_buffer(uint64_t bytes);
/* A file made and removed to see whether one can be, then the empty one that will be used. */
int records_make_fresh(const struct records *records);
int records_moved(ssize_t n, size_t wanted); /* 0, -errno, or -EIO when it was less */

#endif
