/* SPDX-License-Identifier: MIT */
/* What was wrong in files that were read back: where, how much, of which kind. */
#ifndef ASSAY_ENGINE_FINDINGS_H
#define ASSAY_ENGINE_FINDINGS_H

#include "bench/bench.h"
#include "bench/engine/file/file_set.h"

/* A run of bad bytes of one kind in one file. */
struct finding {
	unsigned file;
	uint64_t from, bytes;
	int err; /* of an unreadable place: -errno, or 0 where the file ended; else 1 */
	struct sector_found found; /* in the first sector */
	struct sector expected;
};

enum { FINDINGS_KEPT = 8 };
struct findings {
	uint64_t right_bytes, wrong_bytes, unreadable_bytes;
	bool newer_is_right; /* the writing was cut short: a later generation is no error */
	size_t count, kept;  /* places; of the first their stories */
	struct finding finding[FINDINGS_KEPT];
	struct finding last; /* that may yet grow */
};

/* Reads a record and looks at each sector. What cannot be read as a whole is read in pieces, so
 * that only the bad ones count. The time of the one read of the whole. */
uint64_t findings_read(struct findings *findings, const struct file_set *set, uint64_t record,
		       uint8_t *buffer, uint64_t (*now_ns)(void));
void findings_end(struct findings *findings); /* no more to come */
/* "FILE, bytes 4096 to 8191: zeros"; err: "...: cannot be read (...)". */
void finding_describe(const struct finding *finding, const struct file_set *set, struct text *out);
/* One FAIL with offset for each place that was kept, and one for the rest. True: nothing wrong. */
bool findings_report(struct run *run, const struct findings *findings, const struct file_set *set,
		     const char *when);

#endif
