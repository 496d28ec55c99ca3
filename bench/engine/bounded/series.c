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
	series->look = SERIES_GROUPS;
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

/* Half of the interval of the ratio ns / bytes over groups of `size` batches from `from`. */
static double interval(const struct series *series, size_t from, size_t size)
{
	size_t groups = (series->count - from) / size, end = from + groups * size;
	struct batch all = sum(series, from, end);
	double slope = ns_per_byte(all), square = 0;

	if (groups < 2 || !all.bytes)
		return INFINITY;
	for (size_t at = from; at < end; at += size) {
		struct batch group = sum(series, at, at + size);
		double rest = (double)group.ns - slope * (double)group.bytes;

		square += rest * rest;
	}
	square *= (double)groups / (double)(groups - 1);
	return student_t(groups - 1) * sqrt(square) / (double)all.bytes;
}

/* ---- settling ---- */

static bool steady(const struct series *series, size_t from, const struct rule *rule)
{
	size_t middle = from + (series->count - from) / 2;
	struct batch all = sum(series, from, series->count);
	double first = ns_per_byte(sum(series, from, middle)),
	       second = ns_per_byte(sum(series, middle, series->count));

	return series->count - from >= SERIES_GROUPS && all.ns >= rule->least_ns &&
	       fabs(first - second) <= SERIES_DRIFT * ns_per_byte(all);
}

static size_t past_caches(const struct series *series, uint64_t bytes)
{
	size_t at = 0;

	for (uint64_t passed = 0; at < series->count && passed < bytes; at++)
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
	rest = series->count - out->from;
	out->half_width = interval(series, out->from,
				   rest >= 4 * SERIES_GROUPS ? rest / (2 * SERIES_GROUPS) : 1);
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
