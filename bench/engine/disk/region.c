/* SPDX-License-Identifier: MIT */
/* Choosing and filling a part of a disk: see region.h. */
#include "bench/engine/disk/region.h"
#include "bench/engine/disk/workload.h"

#include <errno.h>
#include <stdlib.h>

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

double region_expected_bytes(uint64_t span, const struct speeds *speeds, double otherwise)
{
	double bytes = span		      ? (double)span :
		       speeds->disk_bytes > 0 ? speeds->disk_bytes :
						otherwise;

	return speeds->disk_bytes > 0 && bytes > speeds->disk_bytes ? speeds->disk_bytes : bytes;
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

static int flush(struct run *run, const struct disk *disk, double patience_seconds)
{
	struct uring *uring = malloc(sizeof(*uring));
	int err = uring ? uring_open(uring, disk->fd, 1, PATTERN_PAGE, 0, run->now_ns) : -ENOMEM;

	if (!err) {
		struct uring_request *request = uring_idle(uring);
		request->op = URING_FLUSH;
		err = uring_one(uring, request, patience_seconds);
		uring_close(uring);
	}
	free(uring);
	return err ? run_fail(run, err, "flushing %s after writing its region", disk->name) : 0;
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
	if (!err)
		err = flush(run, disk, fill->patience_seconds);
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
			 struct uring *uring, double patience_seconds)
{
	int zeroes = 0;

	for (int i = 0; i < REGION_SAMPLES; i++) {
		struct uring_request *request = uring_idle(uring);
		int err;

		request->offset = positions_next(positions);
		err = uring_one(uring, request, patience_seconds);
		if (err)
			return run_fail(run, err, "reading %u bytes at byte %llu of %s",
					request->bytes, (unsigned long long)request->offset,
					disk->name);
		zeroes += is_zero(request->buffer, request->bytes);
	}
	return zeroes;
}

int region_count_zeroes(struct run *run, const struct disk *disk, const struct region *region,
			double patience_seconds)
{
	size_t bytes = region->bytes < 2 * PATTERN_PAGE ? disk->sector_bytes : PATTERN_PAGE;
	struct uring *uring = malloc(sizeof(*uring));
	struct positions positions;
	int zeroes = uring ? uring_open(uring, disk->fd, 1, bytes, 0, run->now_ns) : -ENOMEM;

	if (zeroes) {
		free(uring);
		return run_fail(run, zeroes, "%s", uring_refusal(zeroes));
	}
	positions_begin(&positions, region->start, region->bytes, bytes, true, run->now_ns());
	zeroes = sample_blocks(run, disk, &positions, uring, patience_seconds);
	uring_close(uring);
	free(uring);
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
		run_note(run,
			 "the region was written %s before: passes=%u bytes=%llu record=%u "
			 "pattern=%s seconds=%.3f, at %.0f MB/s",
			 fill->passes == 1 ? "once" : "several times in a row", fill->passes,
			 (unsigned long long)region->bytes * fill->passes, REGION_RECORD,
			 fill->zeroes ? "zero" : "random", fill->seconds,
			 (double)region->bytes * fill->passes / 1e6 / fill->seconds);
	return err;
}

int region_prepare(struct run *run, const struct disk *disk, const struct region *region,
		   struct region_fill *fill, enum region_before before)
{
	int zeroes;

	if (before == REGION_WRITE)
		return write_before(run, disk, region, fill);
	zeroes = region_count_zeroes(run, disk, region, fill->patience_seconds);
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
