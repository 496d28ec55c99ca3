/* SPDX-License-Identifier: MIT */
/* Random records without computing random numbers while the clock runs. */
#include "bench/engine/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void fill_iozone(struct pattern *pattern)
{
	for (size_t at = 0; at < pattern->record_bytes; at += PATTERN_PAGE)
		memset(pattern->pool + at, 0x5f, sizeof(uint64_t));
}

int pattern_begin(struct pattern *pattern, enum pattern_kind kind, size_t record_bytes,
		  uint64_t seed)
{
	struct random random;
	size_t bytes;

	*pattern = (struct pattern){ .kind = kind, .record_bytes = record_bytes, .records = 1 };
	if (kind == PATTERN_RANDOM && record_bytes < PATTERN_POOL)
		pattern->records = PATTERN_POOL / record_bytes;
	bytes = pattern->records * record_bytes;
	pattern->pool = aligned_alloc(PATTERN_PAGE,
				      (bytes + PATTERN_PAGE - 1) / PATTERN_PAGE * PATTERN_PAGE);
	if (!pattern->pool)
		return -ENOMEM;
	memset(pattern->pool, 0, bytes);
	random_seed(&random, seed);
	pattern->stamp = random_next(&random);
	if (kind == PATTERN_RANDOM)
		random_fill(&random, pattern->pool, bytes);
	if (kind == PATTERN_IOZONE)
		fill_iozone(pattern);
	return 0;
}

void pattern_end(struct pattern *pattern)
{
	free(pattern->pool);
	pattern->pool = NULL;
}

uint64_t pattern_stamp(uint8_t *record, size_t bytes, uint64_t stamp)
{
	for (size_t at = 0; at + sizeof(uint64_t) <= bytes; at += PATTERN_PAGE) {
		/* An odd multiplier makes every number differ from every other, and look random. */
		uint64_t word = stamp++ * 0x9e3779b97f4a7c15;

		memcpy(record + at, &word, sizeof(word));
	}
	return stamp;
}

static uint8_t *next_random(struct pattern *pattern)
{
	uint8_t *record = pattern->pool + pattern->at * pattern->record_bytes;

	pattern->stamp = pattern_stamp(record, pattern->record_bytes, pattern->stamp);
	pattern->at = pattern->at + 1 < pattern->records ? pattern->at + 1 : 0;
	return record;
}

void pattern_touch(struct pattern *pattern, uint8_t *record)
{
	record[pattern->walk]++;
	pattern->walk = pattern->walk + 1 < pattern->record_bytes ? pattern->walk + 1 : 0;
}

uint8_t *pattern_next(struct pattern *pattern)
{
	if (pattern->kind == PATTERN_RANDOM)
		return next_random(pattern);
	if (pattern->kind == PATTERN_BONNIE)
		pattern_touch(pattern, pattern->pool);
	return pattern->pool;
}
