/* SPDX-License-Identifier: MIT */
/* M1, M8, M9, M11, M13: what was to run, how long it ran, who was at the other end, what disturbed.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/verify.h"

/* Of a run that ended, the places 1 to N of the plan each have one step. */
static void judge_places(const struct inquest *inquest, struct claim *claim)
{
	double next = 1, of = 0;

	for (size_t i = 0; i < inquest->steps.count; i++) {
		const cJSON *told = inquest->steps.at[i].told;
		double place = json_number(told, "place", 0);

		if (!(place > 0))
			continue;
		of = json_number(told, "of", 0);
		/* A step that is told by the partner too has its place twice. */
		if (place < next - 1 || place > next)
			claim_fail(claim, "step %s is place %g of the plan, and place %g is absent",
				   inquest->steps.at[i].id, place, next);
		next = place + 1;
	}
	if (of >= next && records_first(inquest->records, "testRunEnd"))
		claim_fail(claim, "the plan has %g steps, and the run that ended tells of %g", of,
			   next - 1);
}

/* What the run said of its plan before the first step is what its steps then were. */
static void judge_digest(const struct inquest *inquest, struct claim *claim)
{
	const char *stated = json_text(inquest->start, "metadata.stepsSha256");
	char computed[65];

	if (!stated)
		return claim_missing(claim, "a digest of the steps");
	/* A run that was cut off, refused or resumed tells of fewer. */
	if (claim->word == CLAIM_FAIL || !inquest->steps.count ||
	    !records_first(inquest->records, "testRunEnd"))
		return;
	steps_digest(inquest, computed);
	if (strcmp(stated, computed) != 0)
		claim_fail(claim, "the plan's steps had digest %.16s, those recorded have %.16s",
			   stated, computed);
	claim_fact(claim, "digest of the steps: %s", stated);
}

/* Cut off before it said what it was to be, at each try. */
static bool is_untold(const struct inquest *inquest, const struct step_told *step)
{
	const struct step_told *again = step_second_try(&inquest->steps, step);

	return !step->told && step->outcome && !strcmp(step->outcome, "interrupted") &&
	       !(again && again->told);
}

void judge_plan(const struct inquest *inquest, struct claim *claim)
{
	bool told_all = true;

	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];
		char *values;

		if (!step->parameters && step_second_try(&inquest->steps, step))
			continue;
		if (!step->parameters) {
			claim_missing(claim, "parameters of step %s (%s)", step->id, step->name);
			continue;
		}
		values = cJSON_PrintUnformatted(step->parameters);
		claim_fact(claim, "%s (%s): %s", step->id, step->name, values ? values : "?");
		cJSON_free(values);
	}
	judge_places(inquest, claim);
	for (size_t i = 0; i < inquest->steps.count; i++)
		told_all = told_all && !is_untold(inquest, &inquest->steps.at[i]);
	if (told_all)
		judge_digest(inquest, claim);
	if (!inquest->steps.count)
		claim_remark(claim, "no step");
}

/* These run for so many seconds, no less; others' `seconds` is a limit. */
static double least_seconds(const struct step_told *step)
{
	static const char *const timed[] = { "net.tcp", "net.udp", "self.null", "self.noise" };
	const char *seconds = json_text(step->parameters, "seconds"),
		   *bytes = json_text(step->parameters, "bytes");

	for (size_t i = 0; seconds && i < COUNT_OF(timed); i++)
		if (step->bench && !strcmp(step->bench, timed[i]) &&
		    (!bytes || !strcmp(bytes, "0")))
			return strtod(seconds, NULL);
	return 0;
}

void judge_durations(const struct inquest *inquest, struct claim *claim)
{
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];
		double least = least_seconds(step);

		if (!step->outcome || strcmp(step->outcome, "ok") != 0)
			continue;
		if (step->deadline_seconds > 0 && step->seconds > step->deadline_seconds * 1.01 + 1)
			claim_fail(claim, "step %s (%s) took %g s, its limit was %g s", step->id,
				   step->name, step->seconds, step->deadline_seconds);
		if (step->seconds < least * 0.99)
			claim_fail(claim, "step %s (%s) took %g s, and was to measure for %g s",
				   step->id, step->name, step->seconds, least);
		claim_fact(claim, "%s (%s): %g s%s%s", step->id, step->name, step->seconds,
			   json_text(step->parameters, "omit") ? ", warm-up omitted: " : "",
			   json_text(step->parameters, "omit") ?
				   json_text(step->parameters, "omit") :
				   "");
	}
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no step ran to its end");
}

void judge_network(const struct inquest *inquest, struct claim *claim)
{
	claim_take(inquest, "partner", claim);
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		if (!step_is_of(step, "net.") || !step_ran(step) ||
		    step_extension(inquest->records, step, "partner-result"))
			continue;
		if (step->target && *step->target)
			claim_fact(claim, "%s (%s): with %s", step->id, step->name, step->target);
		else
			claim_missing(claim, "%s (%s): who was at the other end", step->id,
				      step->name);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE && !claim->notes.count)
		claim_remark(claim, "no network step ran");
}

void judge_boots(const struct inquest *inquest, struct claim *claim)
{
	(void)inquest;
	claim_remark(claim, "one run is one boot: `assay compare` tells boots apart");
}

static bool is_pass(const char *outcome)
{
	return outcome && !strcmp(outcome, "ok");
}

void judge_invalid(const struct inquest *inquest, struct claim *claim)
{
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		for (size_t at = step->first; at <= step->last; at++) {
			const cJSON *found =
				step_part(&inquest->records->at[at], step, "diagnosis");
			const char *verdict = json_text(found, "verdict");

			if (!verdict || strncmp(verdict, "invalid", 7) != 0)
				continue;
			claim_fact(claim, "%s (%s): %s", step->id, step->name,
				   or_unknown(json_text(found, "message")));
			if (is_pass(step->outcome))
				claim_fail(claim, "step %s (%s) is ok, and was found invalid",
					   step->id, step->name);
		}
		if (step->outcome && !strcmp(step->outcome, "invalid"))
			claim_fact(claim, "%s (%s) is invalid", step->id, step->name);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no step was found invalid");
}
