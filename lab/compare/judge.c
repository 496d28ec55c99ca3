/* SPDX-License-Identifier: MIT */
/*
 * The verdict on one metric. Different: the permutation test says so AND the medians are further
 * apart than boots of one machine are from each other. Same: neither, and the interval leaves no
 * room for more than `limit`. All else cannot be told; too few boots or repeats never carry a
 * claim.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab/compare/statistics.h"

struct figures_pair {
	double *values;
	struct pair pair;
	struct levels a, b;
};

const char *judgement_name(enum judgement judgement)
{
	static const char *const names[JUDGEMENTS] = {
		[JUDGED_SAME] = "same",
		[JUDGED_BETTER] = "better",
		[JUDGED_WORSE] = "worse",
		[JUDGED_UNCLEAR] = "cannot tell",
		[JUDGED_APART] = "not comparable",
	};
	return names[judgement];
}

static bool take_values(const struct level *a, size_t a_count, const struct level *b,
			size_t b_count, struct figures_pair *out)
{
	out->values = malloc((a_count + b_count + 1) * sizeof(*out->values));
	if (!out->values)
		return false;
	out->pair = (struct pair){ out->values, out->values + a_count, a_count, b_count, true };
	for (size_t i = 0; i < a_count + b_count; i++) {
		out->values[i] = i < a_count ? a[i].value : b[i - a_count].value;
		/* Losses and steal may be 0: no ratio then. */
		out->pair.ratio &= out->values[i] > 0;
	}
	levels_of(a, a_count, &out->a);
	levels_of(b, b_count, &out->b);
	return true;
}

static void say_unclear(struct comparison *out, const char *reason)
{
	out->judgement = JUDGED_UNCLEAR;
	snprintf(out->reason, sizeof(out->reason), "%s", reason);
}

/* How far apart the medians are and how far the floor reaches, on one scale. */
static double distance(const struct figures_pair *figures, const struct comparison *out,
		       const struct rules *rules, double *floor)
{
	double noise = pair_noise(&figures->pair);
	double larger = fmax(fabs(figures->a.median), fabs(figures->b.median));

	if (out->ratio) {
		*floor = log1p(fmax(rules->floor, noise));
		return fabs(log(out->effect));
	}
	*floor = fmax(rules->floor * larger, noise);
	return fabs(out->effect);
}

static bool interval_within(const struct figures_pair *figures, const struct comparison *out,
			    double limit)
{
	double larger = fmax(fabs(figures->a.median), fabs(figures->b.median));

	if (isnan(out->low))
		return false;
	if (out->ratio)
		return out->low >= 1 / (1 + limit) && out->high <= 1 + limit;
	return out->low >= -limit * larger && out->high <= limit * larger;
}

static void decide(const struct figures_pair *figures, enum better better,
		   const struct rules *rules, struct comparison *out)
{
	double floor, apart = distance(figures, out, rules, &floor),
		      larger = fmax(fabs(figures->a.median), fabs(figures->b.median));
	bool more = out->ratio ? out->effect > 1 : out->effect > 0;

	out->floor = out->ratio ? exp(floor) - 1 : larger > 0 ? floor / larger : 0;
	if (apart > floor && out->p <= rules->alpha) {
		out->judgement = more == (better == BETTER_MORE) ? JUDGED_BETTER : JUDGED_WORSE;
		return;
	}
	if (apart <= floor && interval_within(figures, out, rules->limit)) {
		out->judgement = JUDGED_SAME;
		return;
	}
	out->judgement = JUDGED_UNCLEAR;
	if (apart > floor)
		snprintf(out->reason, sizeof(out->reason),
			 "p = %.3f: chance is not excluded; more boots would tell", out->p);
	else
		snprintf(
			out->reason, sizeof(out->reason),
			"within the noise of boots (%.0f %%), but the interval is wider than %.0f %%",
			100 * out->floor, 100 * rules->limit);
}

static bool claim_allowed(const struct figures_pair *figures, struct comparison *out)
{
	const struct levels *few = figures->a.boots < figures->b.boots ? &figures->a : &figures->b;
	size_t repeats = figures->a.samples < figures->b.samples ? figures->a.samples :
								   figures->b.samples;

	if (few->boots >= BOOTS_LEAST && repeats >= REPEATS_LEAST)
		return true;
	out->informative = true;
	out->judgement = JUDGED_UNCLEAR;
	snprintf(out->reason, sizeof(out->reason),
		 "informative only: %zu boot%s, %zu repeat%s; %d and %d make a claim", few->boots,
		 few->boots == 1 ? "" : "s", repeats, repeats == 1 ? "" : "s", BOOTS_LEAST,
		 REPEATS_LEAST);
	return false;
}

/* The smallest p that so few boots can reach. */
static double least_p(const struct pair *pair)
{
	double ways = 1;

	for (size_t i = 1; i <= pair->a_count; i++)
		ways *= (double)(pair->b_count + i) / (double)i;
	return (pair->a_count == pair->b_count ? 2 : 1) / ways;
}

void judge(const struct level *a, size_t a_count, const struct level *b, size_t b_count,
	   enum better better, const struct rules *rules, struct comparison *out)
{
	struct figures_pair figures = { 0 };

	*out = (struct comparison){ .low = NAN, .high = NAN, .p = NAN, .effect = NAN, .floor = NAN };
	if (!a_count || !b_count || !take_values(a, a_count, b, b_count, &figures)) {
		say_unclear(out, "one of them has no figure");
		return;
	}
	out->ratio = figures.pair.ratio;
	out->effect = pair_effect(&figures.pair);
	out->p = pair_permute(&figures.pair, &rules->draws, &out->exact);
	pair_interval(&figures.pair, &rules->draws, &out->low, &out->high);
	if (claim_allowed(&figures, out)) {
		decide(&figures, better, rules, out);
		if (out->judgement == JUDGED_UNCLEAR && out->p > rules->alpha &&
		    least_p(&figures.pair) > rules->alpha)
			snprintf(out->reason, sizeof(out->reason),
				 "with %zu and %zu boots p cannot come below %.2f: more boots",
				 a_count, b_count, least_p(&figures.pair));
	}
	free(figures.values);
}
