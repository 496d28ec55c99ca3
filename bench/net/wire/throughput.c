/* SPDX-License-Identifier: MIT */
/* The search for the highest rate without loss: see throughput.h. */
#include "bench/net/wire/throughput.h"

#include <math.h>

/* Beyond the halvings from the highest rate down: a path may carry a small part of what can be
 * sent, and the rate that was found may fail when it is repeated. */
enum { MORE_HALVINGS = 4, MORE_CONFIRMATIONS = 2 };
#define OFFERED_ENOUGH 0.98

unsigned throughput_trials_most(double resolution, unsigned repeats)
{
	return 1 + (unsigned)ceil(log2(1 / resolution)) + MORE_HALVINGS +
	       (repeats - 1) * MORE_CONFIRMATIONS;
}

void throughput_begin(struct throughput_search *search, double highest, double resolution,
		      unsigned repeats)
{
	*search = (struct throughput_search){
		.resolution = resolution,
		.repeats = repeats,
		.trials_most = throughput_trials_most(resolution, repeats),
		.high = highest,
	};
}

double throughput_result(const struct throughput_search *search)
{
	return search->passed_count ? search->passed[search->passed_count - 1] : 0;
}

static bool is_narrow(const struct throughput_search *search)
{
	double low = throughput_result(search);

	return low > 0 &&
	       (search->ceiling || search->high - low <= search->resolution * search->high);
}

bool throughput_is_found(const struct throughput_search *search)
{
	return is_narrow(search) && search->times >= search->repeats;
}

bool throughput_next(const struct throughput_search *search, double *rate)
{
	if (search->trials >= search->trials_most || throughput_is_found(search))
		return false;
	if (!search->trials)
		*rate = search->high;
	else if (is_narrow(search))
		*rate = throughput_result(search);
	else
		*rate = (throughput_result(search) + search->high) / 2;
	return true;
}

/* Rates that passed once and do not now are no result; the search goes on between those below. */
static void fall(struct throughput_search *search, double rate)
{
	search->high = rate;
	search->ceiling = search->sender_limited = false;
	while (search->passed_count && throughput_result(search) >= rate)
		search->passed_count--;
	search->times = search->passed_count ? 1 : 0;
}

static void rise(struct throughput_search *search, double rate)
{
	if (rate > throughput_result(search) && search->passed_count < THROUGHPUT_PASSED) {
		search->passed_count++;
		search->times = 0;
	}
	search->passed[search->passed_count - 1] = rate;
	search->times++;
}

void throughput_take(struct throughput_search *search, double asked, double offered, bool passed)
{
	bool limited = asked <= 0 || offered < asked * OFFERED_ENOUGH;
	double rate = limited ? offered : asked;
	bool first = !search->trials++;

	if (!passed || rate <= 0) {
		fall(search, rate);
		return;
	}
	rise(search, rate);
	search->limited += limited;
	if (limited && (asked <= 0 || search->limited > 1))
		search->ceiling = search->sender_limited = true;
	search->ceiling |= first && !limited;
}
