/* SPDX-License-Identifier: MIT */
/* What the shares of a meeting come to: see tally.h. */
#include "bench/net/wire/meet/tally.h"

#include "bench/net/wire/meet/meeting.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double meet_rate(const struct meet_terms *terms, const struct meet_share *share, uint64_t run_count)
{
	double window_ns = (double)meet_window_ns(terms, run_count);

	if (!share || !share->ended_ns || share->failure[0])
		return NAN;
	if (share->reported)
		return share->received_us ?
			       (double)share->received_bytes * 8 / (double)share->received_us :
			       NAN;
	return terms->udp ? NAN : (double)share->window_bytes * 8e3 / window_ns;
}

double meet_fairness(const double *rates, uint64_t count)
{
	double sum = 0, squares = 0;

	for (uint64_t i = 0; i < count; i++) {
		sum += rates[i];
		squares += rates[i] * rates[i];
	}
	return squares > 0 ? sum * sum / ((double)count * squares) : NAN;
}

static void take_reports(struct meet_machine *machine, const struct meet_share *alone,
			 const struct meet_share *together)
{
	const struct meet_share *shares[] = { alone, together };
	double *jitter[] = { &machine->alone_jitter_ms, &machine->jitter_ms };
	double *lost[] = { &machine->alone_lost_percent, &machine->lost_percent };

	for (int i = 0; i < 2; i++) {
		bool known = shares[i] && shares[i]->reported && !shares[i]->failure[0];
		*jitter[i] = known ? (double)shares[i]->jitter_us / 1e3 : NAN;
		*lost[i] = known && shares[i]->datagrams ?
				   100.0 * (double)shares[i]->lost / (double)shares[i]->datagrams :
				   NAN;
	}
}

static void take_start(struct meet_machine *machine, const struct meet_terms *terms,
		       const struct meet_share *together, uint64_t begin_ns)
{
	uint64_t offset_ns = meet_start_offset(terms, machine->place, terms->machines);

	machine->start_ms = machine->start_error_ms = machine->uncertainty_ms = NAN;
	if (!together || !together->started_ns)
		return;
	machine->start_ms = ((double)together->started_ns - (double)begin_ns) / 1e6;
	machine->start_error_ms = machine->start_ms - (double)offset_ns / 1e6;
	machine->uncertainty_ms = (double)together->uncertainty_ns / 1e6;
}

void meet_tally_make(struct meet_tally *tally, const struct meet_terms *terms,
		     const struct meet_share *const *alone,
		     const struct meet_share *const *together, uint64_t begin_ns)
{
	double rates[MEET_MACHINES];

	*tally = (struct meet_tally){ .machines = terms->machines };
	for (uint64_t i = 0; i < terms->machines; i++) {
		struct meet_machine *machine = &tally->machine[i];
		const struct meet_share *any = together[i] ? together[i] : alone[i];

		machine->place = any ? i + 1 : 0;
		snprintf(machine->name, sizeof(machine->name), "%s", any ? any->name : "");
		machine->alone = meet_rate(terms, alone[i], 1);
		rates[i] = machine->together = meet_rate(terms, together[i], terms->machines);
		machine->penalty =
			machine->alone > 0 ? 100 * (1 - machine->together / machine->alone) : NAN;
		tally->aggregate += machine->together;
		take_reports(machine, alone[i], together[i]);
		take_start(machine, terms, together[i], begin_ns);
	}
	tally->fairness = meet_fairness(rates, terms->machines);
	for (uint64_t i = 0; i < terms->machines; i++)
		tally->machine[i].portion =
			tally->aggregate > 0 ? 100 * rates[i] / tally->aggregate : NAN;
}
