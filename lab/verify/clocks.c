/* SPDX-License-Identifier: MIT */
/* M15: the records' times are in order and agree with the durations that the steps measured. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "lab/verify/verify.h"

/* A wall clock that is set during the run says so. */
static bool is_about_the_clock(const struct record *record)
{
	const cJSON *body;
	const char *kind = record_kind(record->json, &body), *text = json_text(body, "message");

	return kind && text && (strstr(text, "wall clock") || strstr(text, "clock was set"));
}

static void judge_order_of_times(const struct inquest *inquest, struct claim *claim)
{
	const struct records *records = inquest->records;
	double before = -1;

	for (size_t i = 0; i < records->count; i++) {
		double now = time_of(json_text(records->at[i].json, "timestamp"));

		if (now < 0)
			continue;
		/* Milliseconds are rounded. */
		if (now < before - 0.002 && !is_about_the_clock(&records->at[i]))
			claim_fail(claim, "record %u is stamped %.3f s before the one before it",
				   records->at[i].sequence, before - now);
		before = now;
	}
}

/* A test that was served for another machine has no plan, and is written down when it is over. */
static bool was_served(const struct step_told *step)
{
	return step->name && !strncmp(step->name, "peer ", 5) && !step->parameters;
}

/* What happened in a step happened between its first record and its last. */
static void judge_step(const struct inquest *inquest, const struct step_told *step,
		       struct claim *claim)
{
	double start = time_of(json_text(inquest->records->at[step->first].json, "timestamp"));
	double end = time_of(json_text(inquest->records->at[step->last].json, "timestamp"));

	/* What a partner told is written down afterwards, too. */
	if (!step->outcome || !step->told || start < 0 || end < start || was_served(step) ||
	    step_extension(inquest->records, step, "partner-result"))
		return;
	if (step->seconds < 0)
		claim_fail(claim, "step %s (%s) took %g s", step->id, step->name, step->seconds);
	if (step->seconds > end - start + 1)
		claim_fail(claim, "step %s (%s) took %g s within %.3f s between its records",
			   step->id, step->name, step->seconds, end - start);
}

static void judge_elements(const struct inquest *inquest, struct claim *claim)
{
	const struct records *records = inquest->records;

	for (size_t i = 0; i < records->count; i++) {
		const cJSON *element =
			json_path(records->at[i].json, "testStepArtifact.measurementSeriesElement");
		double sampled = time_of(json_text(element, "timestamp"));
		double written = time_of(json_text(records->at[i].json, "timestamp"));

		/* Whole seconds are allowed by the format. */
		if (element && sampled > written + 1)
			claim_fail(claim, "record %u: a sample of %.3f s after its record",
				   records->at[i].sequence, sampled - written);
	}
}

void judge_clocks(const struct inquest *inquest, struct claim *claim)
{
	const cJSON *clock = json_path(inquest->dut, "wallClock");
	const char *source = json_text(clock, "setFrom");

	judge_order_of_times(inquest, claim);
	judge_elements(inquest, claim);
	for (size_t i = 0; i < inquest->steps.count; i++)
		judge_step(inquest, &inquest->steps.at[i], claim);
	if (source)
		claim_fact(claim, "wall clock set from %s, %s", source,
			   cJSON_IsTrue(json_path(clock, "synchronised")) ? "synchronised" :
									    "not synchronised");
	else
		claim_missing(claim, "where the wall clock was set from");
	claim_fact(claim, "clock source %s", or_unknown(json_text(inquest->dut, "clocksource")));
}
