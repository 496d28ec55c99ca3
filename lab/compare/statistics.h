/* SPDX-License-Identifier: MIT */
/*
 * What figures of several boots say about two machines. Pure and deterministic: the same figures,
 * seed and rules give the same answer everywhere.
 */
#ifndef ASSAY_LAB_COMPARE_STATISTICS_H
#define ASSAY_LAB_COMPARE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- levels.c: spread within and between boots, kept apart ---- */

struct level {		  /* one boot */
	double value;	  /* the figure that it reports */
	double mean, sd;  /* of the samples behind it; sd divides by n-1 */
	double low, high; /* of those samples */
	size_t n;	  /* how many samples */
	size_t boot;	  /* which boot of its machine */
};
struct levels {
	size_t boots, samples;
	double median, min, max; /* of the boots' figures */
	double within_sd;	 /* pooled over the boots' samples; NAN: no boot has two */
	double between_sd;	 /* of the boots' figures; NAN: one boot */
	/* What boots add of their own, beyond what their samples' spread explains: the square root
	 * of the variance component of a one-way analysis of variance with unequal n (Searle,
	 * Casella, McCulloch 1992, 3.6), 0 where that is negative. NAN: one boot, or no spread
	 * within. */
	double between_component;
};
void levels_of(const struct level *boots, size_t count, struct levels *out);
/* Two of the same boot become one: all their samples together. */
struct level level_join(const struct level *a, const struct level *b);

/* ---- student.c ---- */

/* P(T <= t) and its inverse, whole degrees of freedom (Abramowitz and Stegun 26.7.3, 26.7.4). */
double student_probability(double t, unsigned freedom);
double student_quantile(double probability, unsigned freedom);
double normal_probability(double z);

/* ---- resample.c ---- */

struct pair { /* figures of the boots of two machines */
	const double *a, *b;
	size_t a_count, b_count;
	bool ratio; /* the effect is b/a, and differences are those of logarithms; false: b-a */
};
struct draws {
	uint64_t seed;
	size_t count; /* of the bootstrap, and of the permutations when there are more than
			 EXACT_MOST */
};
enum { EXACT_MOST = 20000 };
/* Of the medians. */
double pair_effect(const struct pair *pair);
/* Two-sided, over all ways to hand the figures to machines of these sizes, by the difference of the
 * means; sampled (+1/+1) when there are too many. NAN: a machine without a figure. */
double pair_permute(const struct pair *pair, const struct draws *draws, bool *exact);
/* 95 % interval of the effect: bootstrap over boots, percentiles, expanded for small numbers by the
 * t quantile and sqrt(n/(n-1)) of the smaller machine (Hesterberg 2015, The American Statistician
 * 69:371). False: a machine has fewer than two boots. */
bool pair_interval(const struct pair *pair, const struct draws *draws, double *low, double *high);
/* By how much medians of two such groups of boots of ONE machine may differ by chance: the 99 %
 * bound by the boots' own pooled spread. For ratios as a share (0.1: 10 %). NAN: fewer than three
 * boots in all. */
double pair_noise(const struct pair *pair);

/* ---- judge.c ---- */

enum judgement {
	JUDGED_SAME,
	JUDGED_BETTER,
	JUDGED_WORSE,
	JUDGED_UNCLEAR,
	JUDGED_APART,
	JUDGEMENTS
};
const char *
judgement_name(enum judgement judgement); /* "same", "better", "worse", "cannot tell", ... */
enum better { BETTER_MORE, BETTER_LESS, BETTER_NEITHER };
struct rules {
	struct draws draws;
	double alpha; /* of the permutation test */
	double floor; /* the least difference that counts, as a share */
	double limit; /* "same" never hides a difference above this: the interval must lie within it
		       */
};
struct comparison {
	enum judgement judgement;
	bool ratio;	  /* effect, low, high are ratios; else differences in the metric's unit */
	bool informative; /* too few repeats or boots for a claim */
	bool exact;	  /* all permutations were tried */
	double effect, low, high; /* low and high NAN: not known */
	double p;		  /* NAN: not known */
	double floor; /* what was taken as noise, as a share (of the larger median); NAN: no claim */
	char reason[160];
};
enum { REPEATS_LEAST = 3, BOOTS_LEAST = 2 };
/* b beside a. */
void judge(const struct level *a, size_t a_count, const struct level *b, size_t b_count,
	   enum better better, const struct rules *rules, struct comparison *out);

#endif
