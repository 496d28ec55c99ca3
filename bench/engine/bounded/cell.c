/* SPDX-License-Identifier: MIT */
/* The figures of one cell in bounded mode: see cell.h. */
#include "bench/engine/bounded/cell.h"
#include "bench/engine/bounded/part.h"
#include "bench/engine/bounded/replay.h"
#include "bench/engine/iozone/vectors.h"
#include "bench/engine/iozone/walks.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { MS = 1000000 };
/* A batch and a settled part take so long at least, from memory and from a disk. A writer that is
 * held back pauses up to 200 ms at a time (mm/page-writeback.c, MAX_PAUSE). */
enum { CACHED_BATCH_NS = MS / 2, CACHED_LEAST_NS = 30 * MS, CACHED_MOST_NS = 100 * MS };
enum { READ_BATCH_NS = 10 * MS, READ_LEAST_NS = 100 * MS };
enum { WRITE_BATCH_NS = 10 * MS, WRITE_LEAST_NS = 600 * MS };
/* On a disk the clock is read so often, at the rate of its bursts: what it takes is a thousandth. */
enum { STEP_NS = MS / 20 };
/* A file of so many times the cache is read as if there were none: of a pass's records at most
 * 1 / 2n^2 are found there. */
enum { REPLAY_FILES = 8 };
enum { LEAST_ROUNDS = 3, GOOD_ROUNDS = 5, MOST_ROUNDS = 12, ROUNDS_NS = 250 * MS };
enum { MEMORY_MOST_NS = 400 * MS };
/* A test that writes is walked for about so long before it is known: what is all written by then is
 * written whole. */
enum { WHOLE_MOST_NS = 2000 * MS };
enum { READ_AHEADS = 64, PIECE_RECORDS = 32 };
#define KNEE_TIGHT 0.03

bool cell_reads(const struct records_test *test)
{
	return test->walk == walk_read || test->walk == walk_random_read ||
	       test->walk == walk_backward || test->walk == walk_stride ||
	       test->walk == walk_fread || test->walk == walk_pread || test->walk == walk_preadv;
}

bool cell_makes_file(const struct records_test *test)
{
	return test->before & RECORDS_FRESH || test->flags & O_TRUNC;
}

static uint64_t pass_bytes(const struct surface *surface)
{
	return surface->records->count * surface->records->record_bytes;
}

/* ---- what is told ---- */

struct figure {
	double ns;	   /* of a whole pass */
	double half_width; /* fraction */
	double share;	   /* of the pass that was walked */
	bool tight;
};

static void tell(struct surface *surface, const struct records_test *test,
		 const struct figure *figure)
{
	struct run *run = surface->records->run;
	double ns = figure->ns > 1 ? figure->ns : 1;

	run_sample(run, test->metric, (double)pass_bytes(surface) / 1024 / (ns / 1e9));
	if (isfinite(figure->half_width))
		run_sample(run, IOZONE_HALF_WIDTH, 100 * figure->half_width);
	run_sample(run, IOZONE_SHARE, 100 * figure->share);
	surface->cells++;
	surface->wide += !figure->tight;
}

/* ---- small files ---- */

/* Half of the 95 % interval of the mean of a test's rounds, as a fraction of it. */
static double rounds_half_width(const struct surface *surface, const struct records_test *test)
{
	struct run *run = surface->records->run;
	struct stats stats;

	run_value(run, test->metric, run->point, &stats);
	if (stats.n < 2 || stats.mean <= 0)
		return INFINITY;
	return student_t(stats.n - 1) * stats.sd / sqrt((double)stats.n) / stats.mean;
}

static bool told(const struct surface *surface, const struct records_test *test)
{
	return records_wanted(surface->records->run->value, test) &&
	       !(test->before & RECORDS_UNTOLD);
}

bool cell_needs_round(struct surface *surface, unsigned round, uint64_t elapsed_ns)
{
	if (round < (surface->whole ? 1 : LEAST_ROUNDS))
		return true;
	if (round >= MOST_ROUNDS || elapsed_ns + elapsed_ns / round > ROUNDS_NS)
		return false;
	for (const struct records_test *test = records_tests; test->name; test++)
		if (told(surface, test) &&
		    (round < GOOD_ROUNDS ||
		     !(rounds_half_width(surface, test) <= surface->interval / 100)))
			return true;
	return false;
}

void cell_rounds_end(struct surface *surface)
{
	struct run *run = surface->records->run;

	for (const struct records_test *test = records_tests; test->name; test++) {
		double half_width;

		if (!told(surface, test))
			continue;
		half_width = rounds_half_width(surface, test);
		if (surface->whole && !isfinite(half_width))
			half_width = 0;
		run_sample(run, IOZONE_HALF_WIDTH, 100 * half_width);
		surface->cells++;
		surface->wide += !(half_width <= surface->interval / 100);
	}
	run_sample(run, IOZONE_SHARE, 100);
}

/* ---- parts ---- */

static struct part_rule rule_of(const struct surface *surface, uint64_t batch_ns, uint64_t least_ns)
{
	return (struct part_rule){
		.cap_ns = (uint64_t)(surface->cap_s * 1e9),
		.batch_ns = batch_ns,
		.step_ns = batch_ns == CACHED_BATCH_NS ? batch_ns : STEP_NS,
		.settle = { .least_ns = least_ns, .tight = surface->interval / 100 },
	};
}

static int open_test(struct surface *surface, const struct records_test *test)
{
	struct records *records = surface->records;
	int err = records_cool(records, test), fd;

	if (err)
		return err;
	fd = records_open(records, test);
	if (fd < 0)
		return run_fail(records->run, fd, "open %s for %s", records->path, test->name);
	records_fetch(records);
	return fd;
}

/* The end of the walk as exact mode has it; or, for a file that will not be used again, what is not
 * on the disk yet is forgotten. */
static int close_test(struct surface *surface, const struct records_test *test, int fd, bool forget)
{
	if (!forget)
		return records_close(surface->records, test, fd);
	if (ftruncate(fd, 0)) {
		close(fd);
		return -errno;
	}
	return close(fd) ? -errno : 0;
}

/* ---- writing ---- */

/* With -e the flush belongs to the pass. It takes what is in the caches: all of what was written,
 * or, past settling, what the caches hold. */
static double flush_of_pass(const struct surface *surface, const struct part *part, double ns)
{
	bool full = surface->settled_bytes > 0 || part_paused(part) || !part->series.bytes;

	return full ? ns : ns * (double)pass_bytes(surface) / (double)part->series.bytes;
}

static int write_part(struct surface *surface, const struct records_test *test,
		      const struct part_rule *rule, bool keep, struct part *part)
{
	struct records *records = surface->records;
	int fd = open_test(surface, test), err;
	uint64_t start_ns, flush_ns;

	if (fd < 0)
		return fd;
	err = part_beginning(records, test, fd, rule, part);
	if (err) {
		close(fd);
		return records_refuse(records, test, err);
	}
	start_ns = records->run->now_ns();
	err = close_test(surface, test, fd, !keep && !rule->flushed && !records->time_flush);
	if (err)
		return run_fail(records->run, err, "flush %s after %s", records->path, test->name);
	flush_ns = records->run->now_ns() - start_ns;
	part_flushed(part, rule, pass_bytes(surface), flush_ns);
	if (records->time_flush)
		part->estimate.ns += flush_of_pass(surface, part, (double)flush_ns);
	if (rule->flushed)
		surface->flush_ns = flush_ns;
	return 0;
}

static void tell_part(struct surface *surface, const struct records_test *test,
		      const struct part *part)
{
	struct figure figure = {
		.ns = part->estimate.ns,
		.half_width = part->estimate.half_width,
		.share = (double)part->series.bytes / (double)pass_bytes(surface),
		.tight = part->estimate.tight,
	};

	tell(surface, test, &figure);
}

static bool waits_in_memory(const struct records *records, const struct records_test *test)
{
	bool stream = test->before & RECORDS_STREAM;

	return stream || (!records->direct && !records->write_sync);
}

int cell_write(struct surface *surface, const struct records_test *test)
{
	struct part_rule rule = rule_of(surface, WRITE_BATCH_NS, WRITE_LEAST_NS);
	struct part part;
	int err;

	rule.pauses = true;
	rule.flushed = waits_in_memory(surface->records, test);
	rule.flush_ns = surface->flush_ns;
	rule.settle.past_bytes = surface->settled_bytes + surface->settled_bytes / 4;
	if (surface->from_memory || test->walk == walk_rewrite)
		rule = rule_of(surface, CACHED_BATCH_NS, CACHED_LEAST_NS);
	err = write_part(surface, test, &rule, !cell_makes_file(test), &part);
	if (!err)
		tell_part(surface, test, &part);
	return err;
}

int cell_lay_out(struct surface *surface)
{
	struct part_rule rule = rule_of(surface, CACHED_BATCH_NS, CACHED_LEAST_NS);
	struct part part;
	double share = 0;
	int err;

	rule.settle.tight = -1; /* never: all of it */
	rule.cap_ns = UINT64_MAX;
	rule.flushed = true;
	surface->settled_bytes = 0;
	err = write_part(surface, &records_tests[0], &rule, true, &part);
	if (err)
		return err;
	surface->laid_record = surface->records->record_bytes;
	surface->settled_bytes = series_settled_bytes(&part.series, KNEE_TIGHT);
	surface->from_memory = !surface->settled_bytes && !part_paused(&part) &&
			       part.series.ns < MEMORY_MOST_NS;
	scratch_resident(surface->records->path, &share);
	surface->cached_bytes = (uint64_t)(share * (double)surface->file_bytes);
	surface->whole = cell_all_cached(surface) &&
			 part.series.ns + surface->flush_ns <= WHOLE_MOST_NS;
	part.estimate.tight = true;
	if (!surface->whole)
		tell_part(surface, &records_tests[0], &part);
	return 0;
}

/* ---- reading ---- */

bool cell_all_cached(const struct surface *surface)
{
	const struct records *records = surface->records;

	return surface->cached_bytes >= surface->file_bytes - surface->file_bytes / 256 &&
	       !records->direct && records->cold == COLD_NO;
}

/* What a piece leaves read ahead and does not use, and what the next one needs to get going, must
 * be little beside it: READ_AHEADS times the file system's read-ahead, and PIECE_RECORDS records,
 * for a large record reads as much ahead again. */
static uint64_t piece_bytes(const struct records *records, int fd)
{
	struct stat stat_of;
	char kib[32];
	uint64_t number = 128;

	if (!fstat(fd, &stat_of) &&
	    file_read(kib, sizeof(kib), "/sys/class/bdi/%u:%u/read_ahead_kb", major(stat_of.st_dev),
		      minor(stat_of.st_dev)) > 0)
		text_u64(kib, &number);
	number *= READ_AHEADS * 1024;
	return number > PIECE_RECORDS * records->record_bytes ?
		       number :
		       PIECE_RECORDS * records->record_bytes;
}

/* A pass of `test` over the model of the cache: the share of its operations that it held. */
static double replay_pass(struct surface *surface, const struct records_test *test,
			  struct replay *replay)
{
	struct records *records = surface->records;
	uint64_t found = 0;

	if (cell_makes_file(test))
		replay_empty(replay);
	for (uint64_t i = 0; i < records->count; i++)
		found += replay_touch(replay, test->record(records, i));
	return (double)found / (double)records->count;
}

int cell_foresee(struct surface *surface)
{
	struct records *records = surface->records;
	bool none = records->direct || records->cold != COLD_NO;
	uint64_t room = none ? 0 : surface->cached_bytes / records->record_bytes;
	struct replay replay;

	for (size_t i = 0; i < SURFACE_TESTS; i++)
		surface->hits[i] = cell_all_cached(surface);
	if (cell_all_cached(surface) || none || room * REPLAY_FILES < records->count)
		return 0;
	if (replay_begin(&replay, records->count, room))
		return run_fail(records->run, -ENOMEM, "a model of the cache");
	for (size_t i = 0; i < SURFACE_TESTS && records_tests[i].name; i++)
		if (records_wanted(records->run->value, &records_tests[i]))
			surface->hits[i] = replay_pass(surface, &records_tests[i], &replay);
	replay_end(&replay);
	return 0;
}

static int read_cold(struct surface *surface, const struct records_test *test, int fd, double hits,
		     struct part *part)
{
	struct part_rule rule = rule_of(surface, READ_BATCH_NS, READ_LEAST_NS);
	double again = 0;
	int err;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	rule.pauses = true;
	if (test->record == record_forward)
		rule.piece_bytes = piece_bytes(surface->records, fd);
	err = part_pieces(surface->records, test, fd, &rule, part);
	if (err || !(hits > 0))
		return err;
	err = part_again(surface->records, test, fd, part, &again);
	part->estimate.ns =
		(1 - hits) * part->estimate.ns + hits * again * (double)pass_bytes(surface);
	return err;
}

int cell_read(struct surface *surface, const struct records_test *test)
{
	struct part_rule cached = rule_of(surface, CACHED_BATCH_NS, CACHED_LEAST_NS);
	double hits = surface->hits[test - records_tests];
	int fd = open_test(surface, test), err;
	struct part part;

	if (fd < 0)
		return fd;
	cached.cap_ns = CACHED_MOST_NS;
	/* From memory as exact mode goes: what is read again would be in the processor's caches. */
	err = cell_all_cached(surface) ?
		      part_beginning(surface->records, test, fd, &cached, &part) :
		      read_cold(surface, test, fd, hits, &part);
	if (err)
		records_refuse(surface->records, test, err);
	else
		tell_part(surface, test, &part);
	close(fd);
	return err;
}
