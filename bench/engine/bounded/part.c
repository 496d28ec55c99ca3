/* SPDX-License-Identifier: MIT */
/* Parts of a pass: see part.h. */
#include "bench/engine/bounded/part.h"

enum { PIECE_BATCHES = 8, FEW_OPERATIONS = 64 };

static int walk_timed(struct records *records, const struct records_test *test, int fd,
		      uint64_t from, uint64_t to, uint64_t *ns)
{
	uint64_t start_ns = records->run->now_ns();
	int err = test->walk(records, fd, from, to);

	*ns = records->run->now_ns() - start_ns;
	return err;
}

/* A walk begins and ends at multiples of it. */
static uint64_t unit(const struct records *records, const struct records_test *test)
{
	return test->before & RECORDS_VECTOR ? records->vectors.records : 1;
}

static bool finished(const struct part *part, const struct part_rule *rule)
{
	return part->estimate.tight || (part->estimate.settled && part->series.ns >= rule->cap_ns);
}

/* ---- where a batch ends ---- */

/*
 * A device with a limit by slices of time (a cloud volume, a throttled disk) lets a burst through,
 * then nothing until the slice is over; a writer is held back until some of what it wrote is on the
 * disk, and then let on. A batch that ends anywhere in that says little. One that ends where a
 * burst does, and began where one did, is whole rounds. A pause after less than a part of the
 * largest burst was something else, the scheduler's for one; but what was the largest is forgotten
 * bit by bit, for the caches take a larger one first.
 */
enum { PAUSE_NS = 1000000, PAUSE_TIMES = 2, BURST_PART = 2 };
/* The first burst is no whole round, and the second may be longer by what was saved up before. */
enum { BURSTS_SKIPPED = 2 };
enum { SMOOTH_NS = 150000000, ROUND_MOST_NS = 1000000000 };
#define BURST_KEPT 0.85

static bool is_pause(const struct cutter *cutter, uint64_t bytes, uint64_t ns)
{
	double usual = (double)cutter->all.ns / (double)cutter->all.bytes * (double)bytes;

	return cutter->all.bytes && ns > PAUSE_NS && (double)ns > PAUSE_TIMES * usual;
}

static bool ends_burst(struct cutter *cutter)
{
	double burst = (double)cutter->burst_bytes;
	bool large = burst * BURST_PART >= cutter->largest_bytes;

	cutter->largest_bytes *= BURST_KEPT;
	if (large && cutter->largest_bytes < burst)
		cutter->largest_bytes = burst;
	return large || cutter->open.ns >= ROUND_MOST_NS;
}

/* What is no whole round counts, but is no batch. */
static void end_batch(struct part *part, bool whole)
{
	struct batch *open = &part->cutter.open;

	if (whole && open->bytes)
		series_add(&part->series, open->bytes, open->ns);
	else
		series_skip(&part->series, open->bytes, open->ns);
	*open = (struct batch){ 0 };
}

static void count_step(struct cutter *cutter, uint64_t bytes, uint64_t ns, bool pause)
{
	if (pause) {
		cutter->pauses_ns += (double)ns;
		cutter->pauses_ns2 += (double)ns * (double)ns;
	}
	cutter->smooth_ns = pause ? 0 : cutter->smooth_ns + ns;
	cutter->burst_bytes = pause ? bytes : cutter->burst_bytes + bytes;
	cutter->all.bytes += bytes;
	cutter->all.ns += ns;
	cutter->open.bytes += bytes;
	cutter->open.ns += ns;
}

/* A step was walked. True: there is one more batch. */
static bool cut(struct part *part, const struct part_rule *rule, uint64_t bytes, uint64_t ns)
{
	struct cutter *cutter = &part->cutter;
	bool pause = is_pause(cutter, bytes, ns), whole = cutter->bursts >= BURSTS_SKIPPED;

	if (rule->pauses && pause && ends_burst(cutter) &&
	    (cutter->open.ns >= rule->batch_ns || !whole)) {
		end_batch(part, whole);
		cutter->bursts++;
		count_step(cutter, bytes, ns, pause);
		return whole;
	}
	count_step(cutter, bytes, ns, pause);
	if (cutter->open.ns < rule->batch_ns || (rule->pauses && cutter->smooth_ns < SMOOTH_NS))
		return false;
	end_batch(part, true);
	return true;
}

static void begin(struct part *part)
{
	part->cutter = (struct cutter){ 0 };
	series_clear(&part->series);
	part->estimate = (struct estimate){ 0 };
}

/* ---- a device that mostly pauses ---- */

/*
 * Such a device keeps a rate of its own, and lets it be seen only in bursts. How far a walk is off
 * depends on where in a pause its two ends fall: 1.96 standard deviations of the difference of two
 * such instants are the square root of 2 / 12 times that. The pauses' mean is by their length, for
 * an instant falls into long ones more often.
 */
#define PAUSE_HALF_WIDTH 0.80

bool part_paused(const struct part *part)
{
	return part->cutter.pauses_ns > (double)part->cutter.all.ns / 2;
}

static double pause_half_width(const struct cutter *cutter, double all_ns)
{
	return PAUSE_HALF_WIDTH * cutter->pauses_ns2 / cutter->pauses_ns / all_ns;
}

/* A writer that has gone on while the disk had as much as it can take: enough for
 * part_flushed(), which takes either end wherever it falls. */
static bool held_long_enough(const struct part *part, const struct part_rule *rule)
{
	const struct cutter *cutter = &part->cutter;

	return rule->flushed && part_paused(part) && cutter->bursts >= BURSTS_SKIPPED &&
	       cutter->all.ns >= rule->settle.least_ns &&
	       cutter->all.bytes > rule->settle.past_bytes &&
	       pause_half_width(cutter, (double)(cutter->all.ns + rule->flush_ns)) <=
		       rule->settle.tight;
}

void part_flushed(struct part *part, const struct part_rule *rule, uint64_t pass_bytes,
		  uint64_t flush_ns)
{
	double bytes = (double)part->series.bytes, rest = (double)pass_bytes - bytes,
	       all_ns = (double)(part->series.ns + flush_ns);
	struct estimate *estimate = &part->estimate;

	if (!rule->flushed || !part_paused(part) || rest <= 0)
		return;
	estimate->ns = (double)part->series.ns + rest * all_ns / bytes;
	estimate->half_width = pause_half_width(&part->cutter, all_ns);
	estimate->settled = part->series.bytes > rule->settle.past_bytes;
	estimate->tight = estimate->settled && estimate->half_width <= rule->settle.tight;
}

/* Operations in a step: doubled until it takes long enough, but never so many that the pass has
 * too few batches. */
static uint64_t larger(const struct records *records, uint64_t batch, uint64_t ns,
		       const struct part_rule *rule)
{
	return ns < rule->step_ns && batch * 4 * SERIES_LEAST <= records->count ? batch * 2 : batch;
}

int part_beginning(struct records *records, const struct records_test *test, int fd,
		   const struct part_rule *rule, struct part *part)
{
	uint64_t pass_bytes = records->count * records->record_bytes;
	uint64_t batch = unit(records, test), to;
	int err = 0;

	begin(part);
	for (uint64_t at = 0;
	     at < records->count && !err && !finished(part, rule) && !held_long_enough(part, rule);
	     at = to) {
		uint64_t ns;

		to = at + batch < records->count ? at + batch : records->count;
		err = walk_timed(records, test, fd, at, to, &ns);
		batch = larger(records, batch, ns, rule);
		if (cut(part, rule, (to - at) * records->record_bytes, ns) &&
		    series_look(&part->series))
			estimate_beginning(&part->series, &rule->settle, pass_bytes,
					   &part->estimate);
	}
	end_batch(part, !part->estimate.settled);
	estimate_beginning(&part->series, &rule->settle, pass_bytes, &part->estimate);
	return err;
}

/* ---- pieces ---- */

struct piece {
	uint64_t unit, batch, operations; /* of a piece: whole batches */
	uint64_t number, walked;
};

/* Where a piece begins: halves, then quarters, then eighths of the pass, so that however many there
 * are, they lie all over it. */
static uint64_t piece_from(const struct records *records, struct piece *piece)
{
	uint64_t number = ++piece->number, last = records->count - piece->operations;
	double share = 0, digit = 0.5;

	for (; number; number >>= 1, digit /= 2)
		share += number & 1 ? digit : 0;
	return (uint64_t)(share * (double)last) / piece->unit * piece->unit;
}

/* Finds how many operations a batch needs; what this reads warms up, and is not counted. */
static int size_pieces(struct records *records, const struct records_test *test, int fd,
		       const struct part_rule *rule, struct piece *piece)
{
	uint64_t at = 0, ns = 0, next;
	int err = 0;

	*piece = (struct piece){ .unit = unit(records, test), .operations = records->count };
	piece->batch = piece->unit;
	if (records->count <= FEW_OPERATIONS * piece->unit)
		return 0;
	for (bool grows = true; grows && !err; piece->batch = next) {
		err = records_place(records, test, fd, at);
		err = err ? err : walk_timed(records, test, fd, at, at + piece->batch, &ns);
		at += piece->batch;
		next = larger(records, piece->batch, ns, rule);
		grows = next > piece->batch && at + next <= records->count;
	}
	piece->operations = PIECE_BATCHES * piece->batch;
	while (piece->operations * records->record_bytes < rule->piece_bytes)
		piece->operations *= 2;
	if (piece->operations > records->count)
		piece->operations = records->count;
	return err;
}

static void look(const struct records *records, const struct part_rule *rule, struct part *part)
{
	estimate_pieces(&part->series, &rule->settle, records->count * records->record_bytes,
			&part->estimate);
}

static int walk_piece(struct records *records, const struct records_test *test, int fd,
		      const struct part_rule *rule, struct part *part, struct piece *piece)
{
	uint64_t from = piece_from(records, piece), end = from + piece->operations, at, ns;
	int err = records_place(records, test, fd, from);

	part->last_from = from;
	for (at = from; at < end && !err && !finished(part, rule);) {
		uint64_t to = at + piece->batch < end ? at + piece->batch : end,
			 bytes = (to - at) * records->record_bytes;

		err = walk_timed(records, test, fd, at, to, &ns);
		at = to;
		if (cut(part, rule, bytes, ns) && series_look(&part->series))
			look(records, rule, part);
	}
	part->last_to = at;
	piece->walked += at - from;
	return err;
}

int part_pieces(struct records *records, const struct records_test *test, int fd,
		const struct part_rule *rule, struct part *part)
{
	struct piece piece;
	int err = size_pieces(records, test, fd, rule, &piece);

	begin(part);
	while (!err && !finished(part, rule) && piece.walked < records->count)
		err = walk_piece(records, test, fd, rule, part, &piece);
	end_batch(part, !part->estimate.settled);
	look(records, rule, part);
	return err;
}

int part_again(struct records *records, const struct records_test *test, int fd,
	       const struct part *part, double *ns_per_byte)
{
	uint64_t ns = 0, bytes = (part->last_to - part->last_from) * records->record_bytes;
	int err = records_place(records, test, fd, part->last_from);

	err = err ? err : walk_timed(records, test, fd, part->last_from, part->last_to, &ns);
	*ns_per_byte = bytes ? (double)ns / (double)bytes : 0;
	return err;
}
