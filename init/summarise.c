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
