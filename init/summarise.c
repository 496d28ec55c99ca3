/* SPDX-License-Identifier: MIT */
/* What the outcomes of the steps make of the run. */
#include "init/init.h"

void summarise(const struct story *story, enum run_status *status, enum run_result *result)
{
	size_t ran = 0, bad = 0;

	for (size_t i = 0; i < story->plan.count; i++) {
		enum outcome outcome = story->result[i].outcome;

		ran += outcome != RUN_SKIPPED;
		bad += outcome != RUN_SKIPPED && outcome != RUN_OK;
	}
	/* A partner has no steps of its own; how those of others ended is theirs to judge. */
	ran += story->served;
	*status = ran ? STATUS_COMPLETE : STATUS_SKIP;
	*result = bad ? RESULT_FAIL : ran ? RESULT_PASS : RESULT_NOT_APPLICABLE;
}

const char *summarise_state(const struct story *story, enum run_status status, struct text *counts)
{
	size_t of[OUTCOMES] = { 0 }, steps = story->plan.count;

	for (size_t i = 0; i < steps; i++)
		of[story->result[i].outcome]++;
	for (enum outcome outcome = RUN_OK; outcome < OUTCOMES && status != STATUS_ERROR; outcome++)
		if (of[outcome])
			text_add(counts, "%s%zu %s", counts->len ? ", " : "", of[outcome],
				 outcome_name(outcome));
	if (status == STATUS_ERROR)
		return "aborted";
	if (steps - of[RUN_OK] - of[RUN_SKIPPED] - of[RUN_INVALID] - of[RUN_INTERRUPTED])
		return "failed";
	if (of[RUN_INVALID])
		return "invalid";
	if (of[RUN_SKIPPED] || of[RUN_INTERRUPTED])
		return of[RUN_OK] ? "partial" : "nothing";
	return of[RUN_OK] || story->served ? "passed" : "nothing";
}
