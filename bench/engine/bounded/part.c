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

/* A device with a limit by slices of time (a cloud volume, a throttled disk) lets a burst through,
 * then nothing until the slice is over. A batch that ends anywhere in that says little; one that
 * ends behind such a stall, and began behind one, is whole slices. */
enum { STALL_TIMES = 2, STALL_NS = 1000000, STALLS_APART_NS = 150000000 };

static bool cut(struct part *part, const struct part_rule *rule, uint64_t bytes, uint64_t ns)
{
	struct cutter *cutter = &part->cutter;
	double usual;
	bool stall;

	cutter->all.bytes += bytes;
	cutter->all.ns += ns;
	cutter->open.bytes += bytes;
	cutter->open.ns += ns;
	usual = (double)cutter->all.ns / (double)cutter->all.bytes * (double)bytes;
	stall = rule->stalls && ns > STALL_NS && (double)ns > STALL_TIMES * usual;
	cutter->smooth_ns = stall ? 0 : cutter->smooth_ns + ns;
	if (cutter->open.ns < rule->batch_ns ||
	    (rule->stalls && !stall && cutter->smooth_ns < STALLS_APART_NS))
		return false;
	series_add(&part->series, cutter->open.bytes, cutter->open.ns);
	cutter->open = (struct batch){ 0 };
	return true;
}

static void begin(struct part *part)
{
	part->cutter = (struct cutter){ 0 };
	series_clear(&part->series);
	part->estimate = (struct estimate){ 0 };
}

/* Operations in a step: doubled until it takes long enough, but never so many that the pass has
 * too few batches. */
static uint64_t larger(const struct records *records, uint64_t batch, uint64_t ns,
		       const struct part_rule *rule)
{
	return ns < rule->step_ns && batch * 4 * SERIES_GROUPS <= records->count ? batch * 2 :
										   batch;
}

int part_beginning(struct records *records, const struct records_test *test, int fd,
		   const struct part_rule *rule, struct part *part)
{
	uint64_t pass_bytes = records->count * records->record_bytes;
	uint64_t batch = unit(records, test), to;
	int err = 0;

	begin(part);
	for (uint64_t at = 0; at < records->count && !err && !finished(part, rule); at = to) {
		uint64_t ns;

		to = at + batch < records->count ? at + batch : records->count;
		err = walk_timed(records, test, fd, at, to, &ns);
		batch = larger(records, batch, ns, rule);
		if (cut(part, rule, (to - at) * records->record_bytes, ns) &&
		    series_look(&part->series))
			estimate_beginning(&part->series, &rule->settle, pass_bytes,
					   &part->estimate);
	}
	if (part->cutter.open.bytes)
		series_add(&part->series, part->cutter.open.bytes, part->cutter.open.ns);
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
	if (part->cutter.open.bytes && !part->estimate.settled)
		series_add(&part->series, part->cutter.open.bytes, part->cutter.open.ns);
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
