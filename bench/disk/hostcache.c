/* SPDX-License-Identifier: MIT */
/*
 * disk.hostcache - whether a layer below serves what our own caches cannot hold: the host's page
 * cache under a virtual disk, a controller's memory.
 *
 * Working sets, each four times the last and next to it, are read by O_DIRECT record by record in
 * random order, wholly, and then wholly again in another order. One that fits a cache below comes
 * back faster; one that does not, as slowly. They are every other record of a span of the disk,
 * since a layer below reads ahead once it sees neighbours read. What nobody has written is answered
 * without the medium, so unless the disk is full of data already it is written first, from its
 * start; when more is written than the cache below holds, the start has left it.
 */
#include "bench/engine/disk/below.h"
#include "bench/engine/disk/disk.h"
#include "bench/engine/pattern.h"
#include "bench/engine/percentiles.h"
#include "bench/engine/shuffle.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB 1048576ull

enum { SECONDS, RECORD, LEAST, SPAN, FILL, MEDIUM, EXPECTED, RATIO, MEMORY, OWN, SEED };
enum { FILL_AUTO, FILL_YES, FILL_NO };
enum { EVERY = 2 }; /* of so many records of the disk one belongs to a working set */
static const struct param params[] = {
	[SECONDS] = { "seconds", "60", "how long at most; larger sets are left out", PARAM_SECONDS,
		      0.01, 86400 },
	[RECORD] = { "record", "64k", "bytes per read, a power of two", PARAM_BYTES, 512, MIB },
	[LEAST] = { "least", "16m", "the first working set, whole MiB", PARAM_BYTES, MIB, 0x1p40 },
	[SPAN] = { "span", "0", "of the disk, at most; 0: all of it", PARAM_BYTES, 0, 0x1p60 },
	[FILL] = { "fill", "auto", "write first; auto: if a tenth of it is zeros", PARAM_CHOICE,
		   .choices = "auto|yes|no" },
	[MEDIUM] = { "medium", "auto", "what the disk is made of, where the kernel cannot know",
		     PARAM_CHOICE, .choices = MEDIUM_CHOICES },
	[EXPECTED] = { "expected", "no", "yes: a cache below is wanted, and no failure",
		       PARAM_BOOL },
	[RATIO] = { "ratio", "2", "a median so many times shorter comes from elsewhere", PARAM_REAL,
		    1.1, 1000 },
	[MEMORY] = { "memory", "1ms", "memory below answers a record within this", PARAM_SECONDS, 0,
		     10 },
	[OWN] = { "own", "512m", "caches that disks and controllers have themselves", PARAM_BYTES,
		  0, 0x1p40 },
	[SEED] = { "seed", "1", "of data and orders", PARAM_COUNT, 0, 0x1p53 },
	{ 0 },
};

static const struct axis by_set[] = { { "set", "MiB" }, { 0 } };
static const struct axis nowhere[] = { { 0 } };

enum {
	FIRST = 0,
	AGAIN = PERCENTILES_FEW,
	SPEEDUP = 2 * PERCENTILES_FEW,
	HITS,
	FRESH,
	CACHE,
	ZEROS
};
#define LEVEL_ROW(name, unit, help)                          \
	{                                                    \
		name, unit, help, NEITHER_IS_BETTER, BY_LAST \
	}
static const struct metric metrics[] = {
	PERCENTILES_FEW_ROWS(FIRST, "first", "us", "reading a record of the working set", false),
	PERCENTILES_FEW_ROWS(AGAIN, "again", "us", "the second time, in another order", false),
	[SPEEDUP] = LEVEL_ROW("speedup", "1", "median of the first time / of the second"),
	[HITS] = LEVEL_ROW("hits", "%", "of the second reads, nearer to a hit than to a miss"),
	[FRESH] = { "fresh", "us", "reading what was written just before, median", LESS_IS_BETTER,
		    BY_LAST, .axes = nowhere },
	[CACHE] = { "cache_below", "MiB", "that the layer below kept, at least", NEITHER_IS_BETTER,
		    BY_LAST, .axes = nowhere },
	[ZEROS] = { "zeros", "%", "of the records looked at before, that hold nothing",
		    NEITHER_IS_BETTER, BY_LAST, .axes = nowhere },
	{ 0 },
};

struct hostcache {
	struct run *run;
	struct disk disk;
	struct below_facts facts;
	struct histogram *first, *again;
	uint8_t *buffer;
	size_t record;
	uint64_t span, from;	/* in use, and where the next level starts */
	double hit_us, miss_us; /* of the first level that had both; 0: unknown */
};

static double median_us(const struct histogram *histogram)
{
	return (double)histogram_percentile(histogram, 50) / 1e3;
}

static double left_s(const struct hostcache *h)
{
	uint64_t now_ns = h->run->now_ns();

	return now_ns < h->run->until_ns ? (double)(h->run->until_ns - now_ns) / 1e9 : 0;
}

/* ---- one record ---- */

static int move(struct hostcache *h, uint64_t offset, bool writes, uint64_t *elapsed_ns)
{
	uint64_t start_ns = h->run->now_ns();
	ssize_t n = writes ? pwrite(h->disk.fd, h->buffer, h->record, (off_t)offset) :
			     pread(h->disk.fd, h->buffer, h->record, (off_t)offset);
	int err = n < 0 ? -errno : (size_t)n < h->record ? -EIO : 0;

	*elapsed_ns = h->run->now_ns() - start_ns;
	return err ? run_fail(h->run, err, "%s of %zu bytes at byte %llu of %s",
			      writes ? "write" : "read", h->record, (unsigned long long)offset,
			      h->run->target) :
		     0;
}

/* ---- before: is there anything to read? ---- */

static bool is_zero(const uint8_t *data, size_t bytes)
{
	return !data[0] && !memcmp(data, data + 1, bytes - 1);
}

static int look_for_zeros(struct hostcache *h, double *share)
{
	enum { LOOKS = 16 };
	struct shuffle where;
	uint64_t elapsed_ns;
	unsigned zeros = 0;
	int err = 0;

	shuffle_begin(&where, h->span / h->record, ~h->run->value[SEED].num);
	for (uint64_t i = 0; i < LOOKS && !err; i++) {
		err = move(h, shuffle_at(&where, i % where.count) * h->record, false, &elapsed_ns);
		zeros += !err && is_zero(h->buffer, h->record);
	}
	*share = (double)zeros / LOOKS;
	run_sample(h->run, ZEROS, *share * 100);
	return err;
}

static int write_span(struct hostcache *h)
{
	enum { CHUNK = 1 << 20 };
	double until_left_s = left_s(h) * 0.6;
	struct pattern pattern;
	uint64_t done = 0;
	int err = pattern_begin(&pattern, PATTERN_RANDOM, CHUNK, h->run->value[SEED].num);

	run_activity(h->run, "writing the disk");
	if (err)
		return run_fail(h->run, err, "a buffer of %d bytes", CHUNK);
	while (!err && done + CHUNK <= h->span && left_s(h) > until_left_s) {
		ssize_t n = pwrite(h->disk.fd, pattern_next(&pattern), CHUNK, (off_t)done);

		err = n < 0 ? -errno : n < CHUNK ? -EIO : 0;
		done += err ? 0 : CHUNK;
		run_more(h->run);
	}
	if (!err && fdatasync(h->disk.fd))
		err = -errno;
	pattern_end(&pattern);
	if (err)
		return run_fail(h->run, err, "write %d bytes at byte %llu of %s", CHUNK,
				(unsigned long long)done, h->run->target);
	h->span = done;
	return 0;
}

static int fill(struct hostcache *h)
{
	uint64_t how = h->run->value[FILL].num;
	double zeros = 0;
	int err = look_for_zeros(h, &zeros);

	if (err)
		return err;
	if (how == FILL_YES || (how == FILL_AUTO && zeros > 0.1))
		return write_span(h);
	if (zeros > 0.1)
		run_warn(h->run,
			 "%.0f %% of the disk is zeros: a layer below may answer those without "
			 "reading (fill=yes writes first)",
			 zeros * 100);
	return 0;
}

/* ---- a working set, twice ---- */

/* False: the time was over. */
static bool read_all(struct hostcache *h, uint64_t bytes, uint64_t seed, struct histogram *times,
		     int *err)
{
	struct shuffle order;

	histogram_clear(times);
	shuffle_begin(&order, bytes / h->record, seed);
	for (uint64_t i = 0; i < order.count; i++) {
		uint64_t elapsed_ns;

		*err = move(h, h->from + shuffle_at(&order, i) * EVERY * h->record, false,
			    &elapsed_ns);
		if (*err || !run_more(h->run))
			return false;
		histogram_add(times, elapsed_ns);
	}
	return true;
}

static void record_level(struct hostcache *h, uint64_t bytes)
{
	struct below_level *level = &h->facts.level[h->facts.levels++];

	*level = (struct below_level){ .bytes = bytes,
				       .first_us = median_us(h->first),
				       .again_us = median_us(h->again) };
	if (!(h->hit_us > 0) && below_is_cached(level, h->run->value[RATIO].real)) {
		h->hit_us = level->again_us;
		h->miss_us = level->first_us;
	}
	/* Half way between the two on a scale of ratios. */
	if (h->hit_us > 0)
		level->hits =
			histogram_share(h->again, (uint64_t)(sqrt(h->hit_us * h->miss_us) * 1e3));
	run_at(h->run, bytes / MIB, 0);
	percentiles_sample_few(h->run, FIRST, h->first, 1e3);
	percentiles_sample_few(h->run, AGAIN, h->again, 1e3);
	run_sample(h->run, SPEEDUP,
		   level->first_us / (level->again_us > 0 ? level->again_us : 1e-3));
	run_sample(h->run, HITS, level->hits * 100);
	run_at(h->run, 0, 0);
}

/* Two passes as slow as the last level's first reads. */
static bool has_time_for(const struct hostcache *h, uint64_t bytes)
{
	double each_us = h->facts.levels ? h->facts.level[h->facts.levels - 1].first_us : 0;

	return 2 * (double)(bytes / h->record) * each_us / 1e6 <= left_s(h);
}

static int read_levels(struct hostcache *h)
{
	uint64_t bytes = h->run->value[LEAST].num / MIB * MIB, seed = h->run->value[SEED].num;
	int err = 0;

	h->from = MIB; /* a disk's first blocks have been looked at when it was found */
	while (h->facts.levels < BELOW_LEVELS && h->from + EVERY * bytes <= h->span &&
	       has_time_for(h, bytes)) {
		run_activity(h->run, "%llu MiB, twice", (unsigned long long)(bytes / MIB));
		if (!read_all(h, bytes, seed, h->first, &err) ||
		    !read_all(h, bytes, seed + 1, h->again, &err))
			break;
		record_level(h, bytes);
		h->from += EVERY * bytes;
		bytes *= 4;
	}
	return err;
}

static int read_fresh(struct hostcache *h)
{
	enum { TURNS = 16 };
	struct shuffle where;
	struct random random;
	uint64_t elapsed_ns;
	int err = 0;

	random_seed(&random, h->run->value[SEED].num);
	shuffle_begin(&where, h->span / h->record, random_next(&random));
	histogram_clear(h->first);
	for (uint64_t i = 0; i < TURNS && !err; i++) {
		uint64_t offset = shuffle_at(&where, i % where.count) * h->record;

		random_fill(&random, h->buffer, h->record);
		err = move(h, offset, true, &elapsed_ns);
		err = err ? err : move(h, offset, false, &elapsed_ns);
		histogram_add(h->first, elapsed_ns);
	}
	if (err)
		return err;
	h->facts.fresh_us = median_us(h->first);
	run_sample(h->run, FRESH, h->facts.fresh_us);
	return 0;
}

/* ---- the run ---- */

static void judge(struct hostcache *h)
{
	const union value *value = h->run->value;
	struct below_limits limits = { value[RATIO].real, value[MEMORY].real * 1e6, value[OWN].num,
				       value[EXPECTED].on };
	enum verdict_type type;
	char why[240];
	bool more;

	run_sample(h->run, CACHE,
		   (double)below_estimate(&h->facts, limits.ratio, &more) / (double)MIB);
	type = below_judge(&h->facts, &limits, why, sizeof(why));
	run_diagnose(h->run, type, "cache below", "%s", why);
}

static int measure(struct hostcache *h)
{
	int err;

	run_begin(h->run, h->run->value[SECONDS].real);
	err = fill(h);
	err = err ? err : read_levels(h);
	err = err ? err : read_fresh(h);
	if (!err)
		judge(h);
	return err;
}

static int prepare(struct hostcache *h)
{
	const union value *value = h->run->value;
	uint64_t least = value[LEAST].num / MIB * MIB;

	h->record = value[RECORD].num;
	h->span = value[SPAN].num && value[SPAN].num < h->disk.bytes ? value[SPAN].num :
								       h->disk.bytes;
	if (h->record % h->disk.sector_bytes)
		return run_fail(h->run, -EINVAL,
				"record=%zu: not a multiple of a sector of %u bytes", h->record,
				h->disk.sector_bytes);
	if (h->span < MIB + EVERY * least)
		return run_fail(h->run, -ENOSPC,
				"least=%llu MiB: %s has %llu, not 1 and %d times that",
				(unsigned long long)(least / MIB), h->run->target,
				(unsigned long long)(h->span / MIB), EVERY);
	h->buffer = aligned_alloc(4096, (h->record + 4095) / 4096 * 4096);
	h->first = malloc(sizeof(*h->first));
	h->again = malloc(sizeof(*h->again));
	if (!h->buffer || !h->first || !h->again)
		return run_fail(h->run, -ENOMEM, "a buffer of %zu bytes", h->record);
	return 0;
}

static int run(struct run *run)
{
	struct hostcache h = { .run = run };
	struct medium_facts facts;
	int err = disk_open(run, &h.disk, O_RDWR);

	if (err)
		return err;
	disk_note(run, &h.disk);
	medium_note(run, h.disk.is_block, (enum medium)run->value[MEDIUM].num, &facts);
	h.facts.medium = facts.medium;
	err = prepare(&h);
	if (!err)
		err = measure(&h);
	free(h.buffer);
	free(h.first);
	free(h.again);
	disk_close(&h.disk);
	return err;
}

static int check(const union value *values, char *why, size_t room)
{
	uint64_t record = values[RECORD].num;

	return record & (record - 1) ?
		       text_refuse(-EINVAL, why, room, "record=%llu: not a power of two",
				   (unsigned long long)record) :
		       0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	return values[SECONDS].real;
}

const struct bench bench_disk_hostcache = {
	.name = "disk.hostcache",
	.summary = "whether a layer below answers reads from memory, and how much it holds",
	.definition =
		"Assay's own: pread(2) with O_DIRECT of growing spans, each wholly in random order and "
		"again; the rules of the verdict: bench/engine/disk/below.h",
	.need = NEEDS_DISK,
	.params = params,
	.metrics = metrics,
	.axes = by_set,
	.check = check,
	.seconds = seconds,
	.run = run,
};
