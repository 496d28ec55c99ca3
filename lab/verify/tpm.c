/* SPDX-License-Identifier: MIT */
/* E8: do the PCRs that the run states follow from the event log that it kept? */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/event_log.h"
#include "lab/verify/quote.h"
#include "lab/verify/sha256.h"
#include "lab/verify/verify.h"

/* Those that the firmware extends; the kernel and what it starts extend others after the log. */
enum { FIRMWARE_PCRS = 8 };

static void compare(const struct inquest *inquest, const struct event_log *log, struct claim *claim)
{
	const cJSON *stated = json_path(inquest->start, "metadata.tpm.pcrSha256");
	char replayed[65];

	for (int i = 0; i < FIRMWARE_PCRS; i++) {
		const char *hex = cJSON_GetStringValue(cJSON_GetArrayItem(stated, i));

		sha256_hex(log->pcr[i], replayed);
		if (!hex)
			claim_missing(claim, "PCR %d", i);
		else if (strcmp(hex, replayed) != 0)
			claim_fail(claim, "PCR %d is stated as %.16s; the event log gives %.16s", i,
				   hex, replayed);
		else
			claim_fact(claim, "PCR %d %s", i, hex);
	}
}

static void judge_log(const struct inquest *inquest, struct claim *claim)
{
	enum { LOG_MOST = 1 << 20 };
	struct event_log log;
	char path[PATH_ROOM], *data = NULL;
	ssize_t len =
		path_format(path, sizeof(path), "%s/tpm-event-log.bin", inquest->folder->path);

	if (!len)
		len = file_load(&data, LOG_MOST, path);
	if (len < 0)
		return claim_missing(claim, "the event log is not here");
	if (event_log_replay(data, (size_t)len, &log)) {
		claim_fact(claim, "event log: %zu events", log.events);
		compare(inquest, &log, claim);
	} else {
		claim_fail(claim, "the event log is damaged, or without SHA-256");
	}
	free(data);
}

void judge_tpm(const struct inquest *inquest, struct claim *claim)
{
	const char *state = json_text(inquest->start, "metadata.tpm.state");

	if (!state)
		claim_remark(claim, "the run does not say whether there is a TPM");
	else if (!strcmp(state, "none"))
		claim_remark(claim, "the machine has no TPM, as the run says");
	else
		claim_fact(claim, "%s", state);
	if (state && strcmp(state, "none") != 0)
		judge_log(inquest, claim);
	/* Whatever the run says: files that call themselves a quote are looked at. */
	judge_quote(inquest, claim);
}
