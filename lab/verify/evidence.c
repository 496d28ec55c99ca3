/* SPDX-License-Identifier: MIT */
/* E: is the evidence whole, in both channels, and unaltered? */
#include <cjson/cJSON.h>
#include <string.h>

#include "lab/verify/verify.h"

void judge_order(const struct inquest *inquest, struct claim *claim)
{
	claim_take(inquest, "ends", claim);
	claim_take(inquest, "steps", claim);
	claim_take(inquest, "series", claim);
	claim_take(inquest, "files", claim);
	claim_fact(claim, "%zu records", inquest->records->count);
}

/* A log line of the run itself that holds this text, or NULL. */
static const char *find_said(const struct inquest *inquest, const char *kind, const char *key,
			     const char *part)
{
	for (size_t i = 0; i < inquest->records->count; i++) {
		const cJSON *body;
		const char *found = record_kind(inquest->records->at[i].json, &body);
		const char *text = json_text(body, key);

		if (found && !strcmp(found, kind) && text && strstr(text, part))
			return text;
	}
	return NULL;
}

void judge_cut(const struct inquest *inquest, struct claim *claim)
{
	bool ended = records_first(inquest->records, "testRunEnd");

	/* Whoever shortens both files makes the same: only a signature or the other channel knows. */
	if (inquest->folder->journal.torn || !ended)
		claim_informative(claim, "cut off after %zu records: what follows is not known",
				  inquest->records->count);
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		if (step->outcome &&
		    (!strcmp(step->outcome, "interrupted") || !strcmp(step->outcome, "cut")))
			claim_fact(claim, "step %s (%s): %s", step->id, step->name, step->outcome);
		else if (!step->outcome && ended)
			claim_fail(claim, "step %s (%s) has no outcome in a run that ended",
				   step->id, step->name);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "neither cut nor resumed");
}

void judge_channels(const struct inquest *inquest, struct claim *claim)
{
	claim_take(inquest, "channels", claim);
}

void judge_chain(const struct inquest *inquest, struct claim *claim)
{
	const struct folder *folder = inquest->folder;
	const struct records *records = inquest->records;

	claim_take(inquest, "chain", claim);
	if (folder->has_console && folder->console.ended && !folder->console.said_head[0])
		claim_missing(claim, "the chain's end was not told on the serial console");
	if (records->count)
		claim_fact(claim, "chain end %s", records->at[records->count - 1].head);
}

void judge_retention(const struct inquest *inquest, struct claim *claim)
{
	static const char *const named[] = { "results-full", "results-unusable", "sink-failed" };

	for (size_t i = 0; i < COUNT_OF(named); i++)
		if (find_said(inquest, "error", "symptom", named[i]))
			claim_fact(claim, "%s is recorded", named[i]);
	if (find_said(inquest, "log", "message", "results partition: runs/"))
		claim_fact(claim, "kept on the results partition in a folder of its own");
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no results partition is told of");
}

void judge_format(const struct inquest *inquest, struct claim *claim)
{
	claim_take(inquest, "schema", claim);
}
