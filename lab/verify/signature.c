/* SPDX-License-Identifier: MIT */
/* E6, E8: who vouches for the chain's end. */
#include <cjson/cJSON.h>
#include <string.h>

#include "lab/verify/verify.h"

void judge_signature(const struct inquest *inquest, struct claim *claim)
{
	(void)inquest;
	claim_remark(claim, "unsigned");
}

void judge_tpm(const struct inquest *inquest, struct claim *claim)
{
	const char *state = json_text(inquest->dut, "tpm.state");

	if (state)
		claim_fact(claim, "%s", state);
	else
		claim_remark(claim, "the run does not say whether there is a TPM");
}
