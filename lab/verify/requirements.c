/* SPDX-License-Identifier: MIT */
/* The requirements that one run can be asked about, in the order in which they are read. */
#include <string.h>

#include "lab/verify/verify.h"

/* clang-format off */
const struct requirement requirements[] = {
	{ "R1", "the run has an id of its own", judge_run_id },
	{ "R2", "image, plan, command line, boot path and firmware are stated", judge_statement },
	{ "R3", "it ran on the image that it says", judge_image },
	{ "R4", "the hardware is described", judge_hardware },
	{ "R5", "what can be tuned is recorded", judge_tunables },
	{ "R6", "virtualisation is stated", judge_hypervisor },
	{ "M1", "each step is defined by its parameters", judge_plan },
	{ "M2", "the storage's purge state is declared", judge_purge },
	{ "M3", "preconditioning is recorded", judge_precondition },
	{ "M4", "steady state follows from the stored rounds", judge_steady },
	{ "M5", "the data's pattern is declared", judge_pattern },
	{ "M6", "reads of blocks never written are stated", judge_written },
	{ "M7", "the state of the caches is declared", judge_caches },
	{ "M8", "durations are those of the plan", judge_durations },
	{ "M9", "network: both ends are told and agree", judge_network },
	{ "M10", "repeats: three a figure, two boots for a claim", judge_repeats },
	{ "M11", "variation between boots is told apart", judge_boots },
	{ "M12", "the noise before the measurements is stored", judge_noise },
	{ "M13", "what invalidates a step is marked", judge_invalid },
	{ "M14", "data written were verified", judge_integrity },
	{ "M15", "times are in order, durations from a monotonic clock", judge_clocks },
	{ "E1", "records whole and in order", judge_order },
	{ "E2", "a cut or resumed run says so", judge_cut },
	{ "E3", "both channels agree", judge_channels },
	{ "E4", "states follow from the steps", judge_states },
	{ "E5", "the hash chain holds, and its end was told", judge_chain },
	{ "E6", "signature", judge_signature },
	{ "E8", "TPM", judge_tpm },
	{ "E9", "results were kept, or the run says that they were not", judge_retention },
	{ "S2", "a disk was written only after its name was said", judge_target },
	{ "V1", "every record is in the format", judge_format },
};
/* clang-format on */
const size_t requirement_count = COUNT_OF(requirements);

int inquest_begin(struct inquest *inquest, const struct folder *folder)
{
	*inquest = (struct inquest){ .folder = folder, .records = &folder->journal.records };
	inquest->start = records_first(inquest->records, "testRunStart");
	inquest->dut = json_path(inquest->start, "dutInfo.metadata");
	inquest->finding_count = checks_run(folder, inquest->findings);
	return steps_read(inquest->records, &inquest->steps);
}

void inquest_end(struct inquest *inquest)
{
	for (size_t i = 0; i < inquest->finding_count; i++)
		notes_free(&inquest->findings[i].notes);
	steps_free(&inquest->steps);
}

void requirement_judge(const struct requirement *requirement, const struct inquest *inquest,
		       struct claim *claim)
{
	*claim = (struct claim){ .word = CLAIM_NOT_APPLICABLE };
	requirement->judge(inquest, claim);
}
