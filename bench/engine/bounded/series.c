/* SPDX-License-Identifier: MIT */
/* Batches, settling, intervals: see series.h. */
#include "bench/engine/bounded/series.h"

#include <math.h>
#include <string.h>

/* ---- batches ---- */

void series_clear(struct series *series)
{
	memset(series, 0, sizeof(*series));
	series->joined = 1;
	series->look = SERIES_LEAST;
}

static void join(struct series *series)
{
	for (size_t i = 0; i < SERIES_ROOM / 2; i++) {
		const struct batch *pair = &series->batch[2 * i];

		series->batch[i] =
			(struct batch){ pair[0].bytes + pair[1].bytes, pair[0].ns + pair[1].ns };
	}
	series->count = SERIES_ROOM / 2;
	series->joined *= 2;
}

void series_add(struct series *series, uint64_t bytes, uint64_t ns)
{
	series->added++;
	series->bytes += bytes;
	series->ns += ns;
	series->open.bytes += bytes;
	series->open.ns += ns;
	if (++series->in_open < series->joined)
		return;
	if (series->count == SERIES_ROOM) {
		join(series); /* what is open is now half a batch */
		return;
	}
	series->batch[series->count++] = series->open;
	series->open = (struct batch){ 0 };
	series->in_open = 0;
}

void series_skip(struct series *series, uint64_t bytes, uint64_t ns)
{
	series->bytes += bytes;
	series->ns += ns;
	series->skipped_bytes += series->count ? 0 : bytes;
}

bool series_look(struct series *series)
{
	if (series->added < series->look)
		return false;
	series->look = series->added + (series->added + 3) / 4;
	return true;
}

static struct batch sum(const struct series *series, size_t from, size_t to)
{
	struct batch all = { 0 };

	for (size_t i = from; i < to; i++) {
		all.bytes += series->batch[i].bytes;
		all.ns += series->batch[i].ns;
	}
	return all;
}

static double ns_per_byte(struct batch batch)
{
	return batch.bytes ? (double)batch.ns / (double)batch.bytes : 0;
}

/* ---- interval ---- */

double student_t(size_t degrees)
{
	static const double table[] = { INFINITY, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
					2.306,	  2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131 };

	/* Beyond the table its first expansion about the normal quantile: right to 0.001. */
	if (degrees < sizeof(table) / sizeof(table[0]))
		return table[degrees];
	return 1.95996 + 2.37227 / (double)degrees + 2.8 / ((double)degrees * (double)degrees);
}

/* The batches' deviations from the slope, weighted by a cosine of `halves` half periods over them. */
static double wave(const struct series *series, size_t from, double slope, size_t halves)
{
	double all = (double)sum(series, from, series->count).bytes, before = 0, total = 0;

	for (size_t i = from; i < series->count; i++) {
		const struct batch *batch = &series->batch[i];
		double middle = (before + (double)batch->bytes / 2) / all;

		before += (double)batch->bytes;
		total += ((double)batch->ns - slope * (double)batch->bytes) *
			 cos(M_PI * (double)halves * middle);
	}
	return total;
}

/* Half of the interval of the ratio ns / bytes of all batches from `from`. */
static double interval(const struct series *series, size_t from)
{
	size_t count = series->count - from, waves;
	struct batch all = sum(series, from, series->count);
	double square = 0;

	if (count < 2 || !all.bytes)
		return INFINITY;
	waves = count - 1 < SERIES_WAVES ? count - 1 : SERIES_WAVES;
	for (size_t i = 1; i <= waves; i++) {
		double one = wave(series, from, ns_per_byte(all), i);

		square += 2 * one * one / (double)waves;
	}
	return student_t(waves) * sqrt(square) / (double)all.bytes;
}

/* ---- settling ---- */

static bool steady(const struct series *series, size_t from, const struct rule *rule)
{
	size_t middle = from + (series->count - from) / 2;
	struct batch all = sum(series, from, series->count);
	double first = ns_per_byte(sum(series, from, middle)),
	       second = ns_per_byte(sum(series, middle, series->count));

	return series->count - from >= SERIES_LEAST && all.ns >= rule->least_ns &&
	       fabs(first - second) <= SERIES_DRIFT * ns_per_byte(all);
}

static size_t past_caches(const struct series *series, uint64_t bytes)
{
	size_t at = 0;

	for (uint64_t passed = series->skipped_bytes; at < series->count && passed < bytes; at++)
		passed += series->batch[at].bytes;
	return at;
}

void slope_of(const struct series *series, const struct rule *rule, struct slope *out)
{
	size_t past = past_caches(series, rule->past_bytes), rest = series->count - past;

	*out = (struct slope){ .half_width = INFINITY };
	for (size_t quarter = 0; quarter <= 2 && !out->settled; quarter++) {
		out->from = past + rest * quarter / 4;
		out->settled = steady(series, out->from, rule);
	}
	if (!out->settled)
		out->from = past < series->count ? past : 0;
	out->ns_per_byte = ns_per_byte(sum(series, out->from, series->count));
	out->half_width = interval(series, out->from);
}

/* ---- the whole pass ---- */

static void conclude(struct estimate *out, double half_width_ns, double tight)
{
	out->half_width = out->ns > 0 ? half_width_ns / out->ns : INFINITY;
	out->tight = out->settled && out->half_width <= tight;
}

void estimate_beginning(const struct series *series, const struct rule *rule, uint64_t pass_bytes,
			struct estimate *out)
{
	double rest = pass_bytes > series->bytes ? (double)(pass_bytes - series->bytes) : 0;
	struct slope slope;

	slope_of(series, rule, &slope);
	*out = (struct estimate){ .settled = slope.settled || rest == 0 };
	out->ns = (double)series->ns + rest * slope.ns_per_byte;
	conclude(out, rest > 0 ? rest * slope.half_width : 0, rule->tight);
}

void estimate_pieces(const struct series *series, const struct rule *rule, uint64_t pass_bytes,
		     struct estimate *out)
{
	struct slope slope;

	slope_of(series, rule, &slope);
	*out = (struct estimate){ .settled = slope.settled };
	out->ns = (double)pass_bytes * slope.ns_per_byte;
	conclude(out, (double)pass_bytes * slope.half_width, rule->tight);
}

/* ---- how far the caches reach ---- */

/* The standard deviation of the later half's batches, in ns: writers that are held back go in
 * bursts, and these are no change of rate. */
static double scatter(const struct series *pass, double slope)
{
	size_t from = pass->count / 2, count = pass->count - from;
	double square = 0;

	for (size_t i = from; i < pass->count; i++) {
		double rest = (double)pass->batch[i].ns - slope * (double)pass->batch[i].bytes;

		square += rest * rest;
	}
	return count ? sqrt(square / (double)count) : 0;
}

uint64_t series_settled_bytes(const struct series *pass, double tight)
{
	double late = ns_per_byte(sum(pass, pass->count / 2, pass->count));
	double left_ns = 0, left_bytes = 0, whole = (double)pass->ns, wide = scatter(pass, late);
	size_t at = pass->count;

	while (at > 0) {
		double past, allowed = tight * whole;

		left_ns += (double)pass->batch[at - 1].ns;
		left_bytes += (double)pass->batch[at - 1].bytes;
		past = 2 * wide * sqrt((double)(pass->count - at + 1));
		if (fabs(left_ns - left_bytes * late) > (past > allowed ? past : allowed))
			break;
		at--;
	}
	return sum(pass, 0, at).bytes;
}
