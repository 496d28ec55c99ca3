/* SPDX-License-Identifier: MIT */
/*
 * What is written. Storage that compresses or deduplicates flatters a tool that writes zeros, and
 * both stock tools do; so by default the data are random: records walk through a pool of random
 * bytes, and each 4 KiB of each record carries a number of its own, so that no two blocks are
 * alike. That costs two stores a page, not a fill.
 */
#ifndef ASSAY_ENGINE_PATTERN_H
#define ASSAY_ENGINE_PATTERN_H

#include "lib/lib.h"

enum pattern_kind {
	PATTERN_RANDOM,
	PATTERN_BONNIE, /* zeros; one byte more is incremented before each write, walking along */
	PATTERN_IOZONE, /* zeros, and eight bytes 0x5f at the start of each 4 KiB */
};

enum { PATTERN_PAGE = 4096, PATTERN_POOL = 262144 };

struct pattern {
	enum pattern_kind kind;
	uint8_t *pool; /* aligned to a page */
	size_t record_bytes, records, at, walk;
	uint64_t stamp;
};

int pattern_begin(struct pattern *pattern, enum pattern_kind kind, size_t record_bytes,
		  uint64_t seed);
void pattern_end(struct pattern *pattern);
/* The record to be written next; valid until the next call. */
uint8_t *pattern_next(struct pattern *pattern);
/* Gives each 4 KiB of it a number of its own, from this one on; the number after them. */
uint64_t pattern_stamp(uint8_t *record, size_t bytes, uint64_t stamp);
/* Changes one byte of a record that was read and will be written back, the next one each time. */
void pattern_touch(struct pattern *pattern, uint8_t *record);

#endif
