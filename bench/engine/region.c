/* SPDX-License-Identifier: MIT */
/* Choosing and filling a part of a disk: see region.h. */
#include "bench/engine/region.h"
#include "bench/engine/workload.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int region_choose(struct run *run, const struct disk *disk, uint64_t start, uint64_t span,
		  struct region *region)
{
	uint64_t sector = disk->sector_bytes, first = start + (sector - start % sector) % sector;
	uint64_t left = first < disk->bytes ? disk->bytes - first : 0;

	region->start = first;
	region->bytes = span && span < left ? span - span % sector : left;
	if (!region->bytes)
		return run_fail(
			run, -ENOSPC,
			"start=%llu, span=%llu: no sector of %u bytes lies there in %llu bytes",
			(unsigned long long)start, (unsigned long long)span, disk->sector_bytes,
			(unsigned long long)disk->bytes);
	if (span > left)
		run_note(run,
			 "the disk ends before the span does: %llu bytes are measured, not %llu",
			 (unsigned long long)left, (unsigned long long)span);
	return 0;
}

/* ---- writing it ---- */

struct part {
	uint64_t start, bytes;
	unsigned record;
};

/* Whole records in the middle; what is left at the two ends by sectors. */
static size_t split(const struct disk *disk, const struct region *region, struct part parts[3])
{
	uint64_t end = region->start + region->bytes;
	uint64_t from = (region->start + REGION_RECORD - 1) / REGION_RECORD * REGION_RECORD;
	uint64_t to = end / REGION_RECORD * REGION_RECORD;

	if (from >= to) {
		parts[0] = (struct part){ region->start, region->bytes, disk->sector_bytes };
		return 1;
	}
	parts[0] = (struct part){ region->start, from - region->start, disk->sector_bytes };
	parts[1] = (struct part){ from, to - from, REGION_RECORD };
	parts[2] = (struct part){ to, end - to, disk->sector_bytes };
	return 3;
}

static int fill_part(struct workload *workload, const struct disk *disk, const struct part *part,
		     uint64_t seed)
{
	struct uring *uring = malloc(sizeof(*uring));
	int err = uring ? 0 : run_fail(workload->run, -ENOMEM, "memory for the requests");

	positions_begin(&workload->positions, part->start, part->bytes, part->record, false, seed);
	workload->requests = workload->positions.count;
	if (!err)
		err = workload_measure(workload, uring, disk->fd, REGION_DEPTH, seed);
	free(uring);
	return err;
}

static int fill_once(const struct disk *disk, const struct region *region, struct region_fill *fill,
		     struct workload *workload)
{
	struct part parts[3];
	size_t count = split(disk, region, parts);
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		if (!parts[i].bytes)
			continue;
		workload->progress_share = fill->progress_share / fill->passes *
					   (double)parts[i].bytes / (double)region->bytes;
		err = fill_part(workload, disk, &parts[i], fill->seed);
		workload->progress += workload->progress_share;
	}
	return err;
}

int region_write(struct run *run, const struct disk *disk, const struct region *region,
		 struct region_fill *fill)
{
	struct workload *workload = calloc(1, sizeof(*workload));
	uint64_t start_ns = run->now_ns();
	int err = 0;

	if (!workload)
		return run_fail(run, -ENOMEM, "memory for the requests");
	workload->run = run;
	workload->zeroes = fill->zeroes;
	workload->patience_seconds = fill->patience_seconds;
	for (unsigned pass = 0; pass < fill->passes && !err; pass++)
		err = fill_once(disk, region, fill, workload);
	if (!err && fdatasync(disk->fd))
		err = run_fail(run, -errno, "flushing %s after writing it once", disk->name);
	fill->seconds = (double)(run->now_ns() - start_ns) / 1e9;
	free(workload);
	return err;
}

/* ---- looking at it ---- */

static bool is_zero(const uint8_t *block, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (block[i])
			return false;
	return true;
}

static int sample_blocks(struct run *run, const struct disk *disk, struct positions *positions,
			 uint8_t *block)
{
	size_t bytes = positions->record_bytes;
	int zeroes = 0;

	for (int i = 0; i < REGION_SAMPLES; i++) {
		uint64_t at = positions_next(positions);
		ssize_t n = pread(disk->fd, block, bytes, (off_t)at);

		if (n < 0 || (size_t)n < bytes)
			return run_fail(run, n < 0 ? -errno : -EIO,
					"reading %zu bytes at byte %llu of %s", bytes,
					(unsigned long long)at, disk->name);
		zeroes += is_zero(block, bytes);
	}
	return zeroes;
}

int region_count_zeroes(struct run *run, const struct disk *disk, const struct region *region)
{
	size_t bytes = region->bytes < 2 * PATTERN_PAGE ? disk->sector_bytes : PATTERN_PAGE;
	struct positions positions;
	uint8_t *block = aligned_alloc(PATTERN_PAGE, PATTERN_PAGE);
	int zeroes;

	if (!block)
		return run_fail(run, -ENOMEM, "a buffer of %d bytes", PATTERN_PAGE);
	positions_begin(&positions, region->start, region->bytes, bytes, true, run->now_ns());
	zeroes = sample_blocks(run, disk, &positions, block);
	free(block);
	return zeroes;
}

/* ---- before measuring ---- */

static int write_before(struct run *run, const struct disk *disk, const struct region *region,
			struct region_fill *fill)
{
	int err;

	run_activity(run, "writing the region");
	err = region_write(run, disk, region, fill);
	if (!err)
		run_note(run, "the region was written %s before, at %.0f MB/s",
			 fill->passes == 1 ? "once" : "several times in a row",
			 (double)region->bytes * fill->passes / 1e6 / fill->seconds);
	return err;
}

int region_prepare(struct run *run, const struct disk *disk, const struct region *region,
		   struct region_fill *fill, enum region_before before)
{
	int zeroes;

	if (before == REGION_WRITE)
		return write_before(run, disk, region, fill);
	zeroes = region_count_zeroes(run, disk, region);
	if (zeroes < 0)
		return zeroes;
	if (zeroes && before == REGION_AUTO)
		return write_before(run, disk, region, fill);
	if (zeroes)
		run_warn(run,
			 "%d of %d blocks drawn from the region hold zeros: never written or "
			 "trimmed, they may not touch the medium",
			 zeroes, REGION_SAMPLES);
	else
		run_note(run,
			 "the region held data (%d blocks drawn from it did) and was not written "
			 "before",
			 REGION_SAMPLES);
	return 0;
}

int region_fit_records(struct run *run, const struct disk *disk, const struct region *region,
		       struct list *records)
{
	struct list all = *records;

	records->count = 0;
	for (size_t i = 0; i < all.count; i++) {
		unsigned long long record = all.item[i];
		struct positions positions;
		if (record % disk->sector_bytes)
			run_warn(run,
				 "records of %llu bytes are left out: not a multiple of %u, the "
				 "disk's sector",
				 record, disk->sector_bytes);
		else if (positions_begin(&positions, region->start, region->bytes, record, false,
					 0))
			run_warn(run,
				 "records of %llu bytes are left out: none finds a place in the "
				 "region of %llu bytes",
				 record, (unsigned long long)region->bytes);
		else
			records->item[records->count++] = record;
	}
	return records->count ? 0 :
				run_fail(run, -EINVAL, "no record size fits sectors of %u bytes",
					 disk->sector_bytes);
}
