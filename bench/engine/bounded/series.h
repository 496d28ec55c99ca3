/* SPDX-License-Identifier: MIT */
/*
 * What a part of a pass says of the whole: pure arithmetic on batches of (bytes, ns) in the order
 * of time.
 *
 * The rule. A series has settled when, past what the caches may still colour (`past_bytes`), at
 * least SERIES_LEAST batches that took at least `least_ns` remain whose first and second half
 * differ by at most SERIES_DRIFT of their mean; up to half of what lies past the caches may be left
 * out in front for that. The estimate is tight when half of its 95 % confidence interval is at most
 * `tight` of it. The interval does not take neighbours for independent: a burst is followed by a
 * pause, and a slow spell lasts. The variance is that of the slow waves alone: the mean square of
 * the first SERIES_WAVES cosine coefficients, and Student's t has as many degrees of freedom
 * (Lazarus, Lewis, Stock and Watson, HAR Inference, Journal of Business & Economic Statistics 36,
 * 2018: "equal-weighted cosine"; of SERIES_WAVES + 1 batches or fewer it is the plain variance).
 */
#ifndef ASSAY_ENGINE_BOUNDED_SERIES_H
#define ASSAY_ENGINE_BOUNDED_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERIES_ROOM = 512, SERIES_LEAST = 5, SERIES_WAVES = 8 };
#define SERIES_DRIFT 0.10

struct batch {
	uint64_t bytes, ns;
};

struct series {
	struct batch batch[SERIES_ROOM], open; /* open: not whole yet, when several are joined */
	size_t count;
	unsigned joined, in_open; /* batches as they came in each of ours */
	uint64_t added, look;	  /* batches as they came; how many the next look waits for */
	uint64_t bytes, ns;	  /* of all */
	uint64_t skipped_bytes;	  /* of these, what came before the first batch */
};

void series_clear(struct series *series);
/* When the room is used up, neighbours are joined: the batches become longer, nothing is lost. */
void series_add(struct series *series, uint64_t bytes, uint64_t ns);

/* It counts, but it is no batch: what comes before the first whole one, or after the last. */
void series_skip(struct series *series, uint64_t bytes, uint64_t ns);

/* Whether it is time to look at the estimate: after SERIES_LEAST batches, then after each fourth
 * part more. Looking after each one would stop at the luckiest moment, and the interval would hold
 * less often than it says. */
bool series_look(struct series *series);

struct rule {
	uint64_t past_bytes; /* of the series' own start: still coloured by caches */
	uint64_t least_ns;   /* that the settled part has to take */
	double tight;	     /* fraction */
};

struct slope {
	bool settled;
	double ns_per_byte; /* of the settled part; of all when it has not settled */
	double half_width;  /* of the 95 % interval, ns per byte; INFINITY: not known */
	size_t from;	    /* the first settled batch */
};
void slope_of(const struct series *series, const struct rule *rule, struct slope *out);

/* A pass over so many bytes. */
struct estimate {
	bool settled, tight;
	double ns;	   /* of the whole pass */
	double half_width; /* of the 95 % interval, as a fraction of ns */
};
/* The series is the pass's own beginning: it counts as it was, the rest at the settled rate. */
void estimate_beginning(const struct series *series, const struct rule *rule, uint64_t pass_bytes,
			struct estimate *out);
/* The series are pieces from all over the pass: all of it at the settled rate. */
void estimate_pieces(const struct series *series, const struct rule *rule, uint64_t pass_bytes,
		     struct estimate *out);
/* Of a whole pass: how far the caches reach. That is the shortest beginning from which the rest, at
 * the rate of the pass's second half, comes within `tight` of the pass's time, and so does each
 * longer one; what the batches' own scatter would explain does not count. pass->bytes when none
 * does; 0 when the rate is one. */
uint64_t series_settled_bytes(const struct series *pass, double tight);

/* 97.5 % quantile of Student's t. */
double student_t(size_t degrees);

#endif
