/* SPDX-License-Identifier: MIT */
/*
 * M10: at least three repeats of a figure and two boots make a claim; less is informative only. One
 * run is one boot. A benchmark repeats inside a step (n samples) or as several steps of a plan with
 * the same benchmark, target and parameters.
 */
#include <cjson/cJSON.h>
#include <string.h>

#include "lab/verify/verify.h"

enum { REPEATS_LEAST = 3 };

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static size_t steps_alike(const struct inquest *inquest, const struct step_told *step)
{
	size_t count = 0;

	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *other = &inquest->steps.at[i];

		count += step_ran(other) && same_text(other->bench, step->bench) &&
			 same_text(other->target, step->target) &&
			 cJSON_Compare(other->parameters, step->parameters, 1);
	}
	return count;
}

static void count_figures(const struct inquest *inquest, const struct step_told *step,
			  size_t *enough, size_t *all)
{
	size_t alike = step->parameters ? steps_alike(inquest, step) : 1;

	for (size_t i = step->first; i <= step->last; i++) {
		const cJSON *measurement = step_part(&inquest->records->at[i], step, "measurement");
		double n = json_number(measurement, "metadata.n", 1);

		if (!measurement || cJSON_IsTrue(json_path(measurement, "metadata.detail")))
			continue;
		++*all;
		*enough += n >= REPEATS_LEAST || alike >= REPEATS_LEAST;
	}
}

void judge_repeats(const struct inquest *inquest, struct claim *claim)
{
	size_t enough = 0, all = 0, recomputed;

	for (size_t i = 0; i < inquest->steps.count; i++)
		if (step_ran(&inquest->steps.at[i]))
			count_figures(inquest, &inquest->steps.at[i], &enough, &all);
	if (!all)
		return claim_remark(claim, "no figure");
	recomputed = figures_recompute(inquest, claim);
	if (enough < all)
		claim_informative(claim, "%zu of %zu figures have fewer than %d repeats",
				  all - enough, all, REPEATS_LEAST);
	claim_informative(claim, "one boot; a claim needs two: `assay compare` joins runs");
	claim_fact(claim, "%zu of %zu figures have %d repeats or more", enough, all, REPEATS_LEAST);
	claim_fact(claim, "%zu series of samples were kept, and their figures follow from them",
		   recomputed);
}
