/* SPDX-License-Identifier: MIT */
/*
 * disk.flush - how fast a flush and a forced write return, and whether that is possible.
 *
 * One block in the middle of the disk is rewritten again and again, each time with other data: on a
 * rotating disk it comes by once a turn. A cycle is a write, a flush (fdatasync(2): on a raw disk a
 * FLUSH command if the disk says that it has a volatile cache, else nothing), a flush with nothing
 * left to write, and a write that is to be on the medium when it returns (RWF_DSYNC: FUA on a disk
 * that has it; behind it Linux flushes a raw disk all the same). All by O_DIRECT, one at a time.
 */
#include "bench/engine/device_bytes.h"
#include "bench/engine/disk/disk.h"
#include "bench/engine/disk/flush_truth.h"
#include "bench/engine/percentiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SECONDS, BYTES, MEDIUM, PROTECTION, RPM, PROGRAM, SAME, SEED };
static const struct param params[] = {
	[SECONDS] = { "seconds", "5", "how long", PARAM_SECONDS, 0.01, 3600 },
	[BYTES] = { "bytes", "4k", "of the block that is rewritten", PARAM_BYTES, 512, 1 << 20 },
	[MEDIUM] = { "medium", "auto", "what the disk is made of, where the kernel cannot know",
		     PARAM_CHOICE, .choices = MEDIUM_CHOICES },
	[PROTECTION] = { "protection", "unknown",
			 "against power loss, of disk or controller: a battery, capacitors",
			 PARAM_CHOICE, .choices = "unknown|yes|no" },
	[RPM] = { "rpm", "15000", "turns a minute of a rotating disk, at most", PARAM_REAL, 60,
		  1e6 },
	[PROGRAM] = { "program", "50us", "programming a page of flash takes at least this",
		      PARAM_SECONDS, 0, 1 },
	[SAME] = { "same", "1.4", "two medians count as the same up to this ratio", PARAM_REAL, 1,
		   100 },
	[SEED] = { "seed", "1", "of the data", PARAM_COUNT, 0, 0x1p53 },
	{ 0 },
};

enum { WRITE, FLUSH, EMPTY, FORCED, TIMES };
enum {
	RATE = TIMES * PERCENTILES,
	FORCED_RATE,
	SENT,
	SENT_EMPTY,
	SENT_FORCED,
};
#define LATENCY(which, name, help) PERCENTILES_ROWS((which)*PERCENTILES, name, "us", help, false)
#define SENT_ROW(name, help)                                \
	{                                                   \
		name, "1", help, NEITHER_IS_BETTER, BY_LAST \
	}
static const struct metric metrics[] = {
	LATENCY(WRITE, "write", "writing the block"),
	LATENCY(FLUSH, "flush", "the flush behind it"),
	LATENCY(EMPTY, "empty_flush", "a flush with nothing left to write"),
	LATENCY(FORCED, "forced_write", "a write that is on the medium when it returns (FUA)"),
	[RATE] = { "cycles", "/s", "writes with the flush behind them, by their own time",
		   MORE_IS_BETTER, BY_LAST },
	[FORCED_RATE] = { "forced_writes", "/s", "by their own time", MORE_IS_BETTER, BY_LAST },
	[SENT] = SENT_ROW("flushes_sent", "flushes that Linux sent to the disk, for each"),
	[SENT_EMPTY] = SENT_ROW("empty_flushes_sent", "the same, with nothing left to write"),
	[SENT_FORCED] = SENT_ROW("forced_flushes_sent", "the same, for each forced write"),
	{ 0 },
};

struct flush {
	struct run *run;
	struct disk disk;
	struct medium_facts facts;
	uint8_t *block;
	size_t bytes;
	off_t offset;
	struct random random;
	struct histogram *times;
};

/* ---- the four operations ---- */

static int moved(ssize_t n, size_t wanted)
{
	return n < 0 ? -errno : (size_t)n < wanted ? -EIO : 0;
}

static int operate(struct flush *flush, unsigned which)
{
	struct iovec block = { flush->block, flush->bytes };
	unsigned long low = (unsigned long)flush->offset;

	switch (which) {
	case WRITE:
		return moved(pwrite(flush->disk.fd, flush->block, flush->bytes, flush->offset),
			     flush->bytes);
	case FORCED: /* musl before 1.2.5 has no pwritev2 */
		return moved(syscall(SYS_pwritev2, flush->disk.fd, &block, 1, low, 0, RWF_DSYNC),
			     flush->bytes);
	default:
		return fdatasync(flush->disk.fd) ? -errno : 0;
	}
}

static const char *const names[TIMES] = { "write", "flush", "empty flush", "forced write" };

static int operate_timed(struct flush *flush, unsigned which, uint64_t *elapsed_ns)
{
	uint64_t start_ns;
	int err;

	if (which == WRITE || which == FORCED)
		random_fill(&flush->random, flush->block, flush->bytes);
	start_ns = flush->run->now_ns();
	err = operate(flush, which);
	*elapsed_ns = flush->run->now_ns() - start_ns;
	return err ? run_fail(flush->run, err, "%s of %zu bytes at byte %lld of %s", names[which],
			      flush->bytes, (long long)flush->offset, flush->run->target) :
		     0;
}

static int cycle(struct flush *flush, bool keep)
{
	for (unsigned i = 0; i < TIMES; i++) {
		uint64_t elapsed_ns;
		int err = operate_timed(flush, i, &elapsed_ns);

		if (err)
			return err;
		if (keep)
			histogram_add(&flush->times[i], elapsed_ns);
	}
	return 0;
}

/* ---- what Linux makes of them ---- */

/* The first cycles are left out of the times: a file gets its block, a disk wakes up. */
static int warm_up(struct flush *flush)
{
	int err = 0;

	for (int i = 0; i < 3 && !err; i++)
		err = cycle(flush, false);
	return err;
}

/* Not of a file: its file system flushes when it likes, and so do the file's neighbours. */
static int count_sent(struct flush *flush)
{
	enum { TURNS = 8 };
	static const unsigned metric[TIMES] = { 0, SENT, SENT_EMPTY, SENT_FORCED };
	uint64_t sent[TIMES] = { 0 }, elapsed_ns;
	struct device_bytes before, after;
	dev_t disk;
	int err = 0;

	if (!flush->disk.is_block || device_whole(flush->run->target, &disk) ||
	    device_bytes_read(disk, &before))
		return 0;
	for (unsigned i = 0; i < TIMES * TURNS && !err; i++) {
		err = operate_timed(flush, i % TIMES, &elapsed_ns);
		if (device_bytes_read(disk, &after))
			return err;
		sent[i % TIMES] += after.flushes - before.flushes;
		before = after;
	}
	for (unsigned i = FLUSH; i < TIMES && !err; i++)
		run_sample(flush->run, metric[i], (double)sent[i] / TURNS);
	return err;
}

/* ---- the run ---- */

static void record(struct flush *flush)
{
	const struct histogram *times = flush->times;
	double cycle_ns = (double)(times[WRITE].sum + times[FLUSH].sum),
	       count = (double)times[FORCED].count;

	for (unsigned i = 0; i < TIMES; i++)
		percentiles_sample(flush->run, i * PERCENTILES, &times[i], 1e3);
	if (count <= 0)
		return;
	run_sample(flush->run, RATE, count * 1e9 / (cycle_ns > 1 ? cycle_ns : 1));
	run_sample(flush->run, FORCED_RATE,
		   count * 1e9 / (double)(times[FORCED].sum ? times[FORCED].sum : 1));
}

static void judge(struct flush *flush)
{
	const union value *value = flush->run->value;
	struct flush_times times = {
		.cycles = flush->times[FORCED].count,
		.write_us = (double)histogram_percentile(&flush->times[WRITE], 50) / 1e3,
		.flush_us = (double)histogram_percentile(&flush->times[FLUSH], 50) / 1e3,
		.empty_us = (double)histogram_percentile(&flush->times[EMPTY], 50) / 1e3,
	};
	struct flush_limits limits = { value[RPM].real, value[PROGRAM].real * 1e6,
				       value[SAME].real };
	enum verdict_type type;
	char why[240];

	type = flush_judge(&flush->facts, (enum protection)value[PROTECTION].num, &times, &limits,
			   why, sizeof(why));
	run_diagnose(flush->run, type, "flush", "%s", why);
}

static int measure(struct flush *flush)
{
	int err = warm_up(flush);

	err = err ? err : count_sent(flush);
	run_begin(flush->run, flush->run->value[SECONDS].real);
	while (!err && run_more(flush->run))
		err = cycle(flush, true);
	record(flush);
	if (!err)
		judge(flush);
	return err;
}

static int prepare(struct flush *flush)
{
	struct run *run = flush->run;
	uint64_t blocks = flush->disk.bytes / flush->bytes;

	if (flush->bytes % flush->disk.sector_bytes || !blocks)
		return run_fail(run, -EINVAL,
				"bytes=%zu: not a multiple of a sector of %u bytes, or more than "
				"%s has",
				flush->bytes, flush->disk.sector_bytes, run->target);
	flush->offset = (off_t)(blocks / 2 * flush->bytes);
	random_seed(&flush->random, run->value[SEED].num);
	flush->block = aligned_alloc(4096, (flush->bytes + 4095) / 4096 * 4096);
	flush->times = calloc(TIMES, sizeof(*flush->times));
	if (!flush->block || !flush->times)
		return run_fail(run, -ENOMEM, "a block of %zu bytes", flush->bytes);
	for (unsigned i = 0; i < TIMES; i++)
		histogram_clear(&flush->times[i]);
	return 0;
}

static int run(struct run *run)
{
	struct flush flush = { .run = run, .bytes = run->value[BYTES].num };
	int err = disk_open(run, &flush.disk, O_RDWR);

	if (err)
		return err;
	disk_note(run, &flush.disk);
	medium_note(run, flush.disk.is_block, (enum medium)run->value[MEDIUM].num, &flush.facts);
	err = prepare(&flush);
	if (!err)
		err = measure(&flush);
	free(flush.block);
	free(flush.times);
	disk_close(&flush.disk);
	return err;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	return values[SECONDS].real + 11 * 2 * speeds->flush_s;
}

const struct bench bench_disk_flush = {
	.name = "disk.flush",
	.summary = "how fast flushes and forced writes return, and whether that is possible",
	.definition =
		"Assay's own: one block rewritten by pwrite(2) with O_DIRECT, then fdatasync(2), once more, "
		"then pwritev2(2) with RWF_DSYNC; the rules of the verdict: bench/engine/disk/flush_truth.h",
	.need = NEEDS_DISK,
	.one_by_one = true,
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
};
