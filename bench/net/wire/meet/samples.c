/* SPDX-License-Identifier: MIT */
/* What the shares of a meeting come to, as samples: see bench/net/simultaneous.h. */
#include "bench/net/simultaneous.h"
#include "bench/net/wire/meet/tally.h"

#include <math.h>

static void sample_known(struct run *run, unsigned metric, double value)
{
	if (isfinite(value))
		run_sample(run, metric, value);
}

static void sample_intervals(struct run *run, unsigned metric, const struct meet_terms *terms,
			     const struct meet_share *share)
{
	for (uint64_t i = 0; share && i < share->interval_count; i++)
		run_sample(run, metric,
			   (double)share->interval[i] * 8e3 / (double)terms->interval_ns);
}

static void sample_share(struct run *run, const struct attendance *attendance,
			 const struct meet_share *share)
{
	if (!share)
		return;
	run_sample(run, BYTES, (double)share->bytes);
	if (!attendance->terms.udp && run->value[DIRECTION].num == DIRECTION_OUT)
		run_sample(run, RETRANSMITS, (double)share->retransmits);
	if (!share->reported)
		return;
	run_sample(run, LOST, (double)share->lost);
	run_sample(run, DATAGRAMS, (double)share->datagrams);
}

static void sample_machine(struct run *run, const struct meet_machine *machine)
{
	sample_known(run, ALONE_RATE, machine->alone);
	sample_known(run, TOGETHER_RATE, machine->together);
	sample_known(run, PORTION, machine->portion);
	sample_known(run, PENALTY, machine->penalty);
	sample_known(run, START, machine->start_ms);
	sample_known(run, START_ERROR, machine->start_error_ms);
	sample_known(run, CLOCK_UNCERTAINTY, machine->uncertainty_ms);
	sample_known(run, JITTER, machine->jitter_ms);
	sample_known(run, LOST_PERCENT, machine->lost_percent);
	sample_known(run, ALONE_JITTER, machine->alone_jitter_ms);
	sample_known(run, ALONE_LOST_PERCENT, machine->alone_lost_percent);
	run_note(run, "machine %llu is %s", (unsigned long long)machine->place, machine->name);
}

/* Late by more than an interval's tenth, or than the clocks can be wrong: the order may still hold,
 * but the overlap is not what was asked for. A UDP server's way back begins after a silence, for
 * all machines alike. */
static void judge_start(struct run *run, const struct meet_machine *machine)
{
	enum { SILENCE_MS = 400 };
	bool back = run->value[DIRECTION].num == DIRECTION_IN &&
		    run->value[PROTOCOL].num == PROTOCOL_UDP;
	double allowed_ms =
		run->value[INTERVAL].real * 100 + machine->uncertainty_ms + (back ? SILENCE_MS : 0);

	if (machine->start_error_ms > allowed_ms || machine->start_error_ms < -allowed_ms)
		run_warn(run,
			 "machine %llu started %.1f ms off its agreed time; its clock is known to "
			 "%.2f ms",
			 (unsigned long long)machine->place, machine->start_error_ms,
			 machine->uncertainty_ms);
}

void attendance_sample(struct run *run, const struct attendance *attendance)
{
	const struct meet_terms *terms = &attendance->terms;
	struct meet_tally tally;

	meet_tally_make(&tally, terms, (const struct meet_share *const *)attendance->alone,
			(const struct meet_share *const *)attendance->together,
			attendance->begin_ns);
	for (uint64_t i = 0; i < terms->machines; i++) {
		if (!tally.machine[i].place)
			continue;
		run_at(run, i + 1, 0);
		sample_machine(run, &tally.machine[i]);
		sample_share(run, attendance, attendance->together[i]);
		sample_intervals(run, ALONE_SHARE, terms, attendance->alone[i]);
		sample_intervals(run, SHARE, terms, attendance->together[i]);
		judge_start(run, &tally.machine[i]);
	}
	run_at(run, 0, 0);
	sample_known(run, AGGREGATE, tally.aggregate);
	sample_known(run, FAIRNESS, tally.fairness);
	if (attendance->place)
		run_sample(run, OWN_PLACE, (double)attendance->place);
	if (attendance->place && isfinite(attendance->drift_ppm))
		run_sample(run, CLOCK_DRIFT, attendance->drift_ppm);
}
