/* SPDX-License-Identifier: MIT */
/* M2, M3, M5-M7, M14, S2: what the storage steps say of the disk, the data and the caches. */
#include <cjson/cJSON.h>
#include <string.h>

#include "lab/verify/verify.h"

static bool is_storage(const struct step_told *step)
{
	return step_ran(step) && (step_is_of(step, "disk.") || step_is_of(step, "file."));
}

/* A step's log line with one of these words (NULL ends), or NULL. */
static const char *find_said(const struct inquest *inquest, const struct step_told *step,
			     const char *const words[])
{
	for (size_t i = step->first; i <= step->last; i++) {
		const char *text =
			json_text(step_part(&inquest->records->at[i], step, "log"), "message");

		for (size_t word = 0; text && words[word]; word++)
			if (strstr(text, words[word]))
				return text;
	}
	return NULL;
}

static void for_storage(const struct inquest *inquest, struct claim *claim,
			void (*each)(const struct inquest *inquest, const struct step_told *step,
				     struct claim *claim))
{
	for (size_t i = 0; i < inquest->steps.count; i++)
		if (is_storage(&inquest->steps.at[i]))
			each(inquest, &inquest->steps.at[i], claim);
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no storage step ran");
}

static void judge_one_purge(const struct inquest *inquest, const struct step_told *step,
			    struct claim *claim)
{
	static const char *const words[] = { "purged:", NULL };
	const char *said = find_said(inquest, step, words),
		   *trimmed =
			   json_text(step_extension(inquest->records, step, "ground"), "trimmed");

	if (said)
		claim_fact(claim, "%s (%s): %s", step->id, step->name, said);
	else if (trimmed)
		claim_fact(claim, "%s (%s): %s", step->id, step->name,
			   strcmp(trimmed, "no") != 0 ? trimmed : "unknown: not discarded before");
	else
		claim_missing(claim, "%s (%s): purged, discarded or unknown", step->id, step->name);
}

void judge_purge(const struct inquest *inquest, struct claim *claim)
{
	for_storage(inquest, claim, judge_one_purge);
}

static bool is_raw_rate(const struct step_told *step)
{
	return step_is_of(step, "disk.steady") || step_is_of(step, "disk.latency");
}

static void judge_one_precondition(const struct inquest *inquest, const struct step_told *step,
				   struct claim *claim)
{
	static const char *const words[] = { "the region was written", "not preconditioned",
					     "the region held data", "drawn from the region",
					     NULL };
	const char *said = find_said(inquest, step, words);

	if (!is_raw_rate(step))
		claim_fact(claim, "%s (%s): none; it measures what it wrote itself", step->id,
			   step->name);
	else if (said)
		claim_fact(claim, "%s (%s): %s", step->id, step->name, said);
	else
		claim_missing(claim, "%s (%s): what was written before", step->id, step->name);
}

void judge_precondition(const struct inquest *inquest, struct claim *claim)
{
	for_storage(inquest, claim, judge_one_precondition);
}

static void judge_one_pattern(const struct inquest *inquest, const struct step_told *step,
			      struct claim *claim)
{
	const char *pattern = json_text(step->parameters, "pattern"),
		   *seed = json_text(step->parameters, "seed");

	(void)inquest;
	if (pattern || seed)
		claim_fact(claim, "%s (%s): pattern %s, seed %s", step->id, step->name,
			   pattern ? pattern : "random", or_unknown(seed));
	else
		claim_missing(claim, "%s (%s): the data's pattern", step->id, step->name);
}

void judge_pattern(const struct inquest *inquest, struct claim *claim)
{
	for_storage(inquest, claim, judge_one_pattern);
}

static void judge_one_written(const struct inquest *inquest, const struct step_told *step,
			      struct claim *claim)
{
	if (is_raw_rate(step))
		judge_one_precondition(inquest, step, claim);
	else
		claim_fact(claim, "%s (%s): reads what it wrote", step->id, step->name);
}

void judge_written(const struct inquest *inquest, struct claim *claim)
{
	for_storage(inquest, claim, judge_one_written);
}

static void judge_one_cache(const struct inquest *inquest, const struct step_told *step,
			    struct claim *claim)
{
	const cJSON *ground = step_extension(inquest->records, step, "ground");
	const char *cold = json_text(step->parameters, "cold"),
		   *direct = json_text(step->parameters, "direct"),
		   *device = json_text(ground, "queue.write_cache");

	if (!cold && !direct && !step_is_of(step, "disk."))
		return claim_missing(claim, "%s (%s): whether the page cache was cold", step->id,
				     step->name);
	claim_fact(claim, "%s (%s): page cache %s%s%s, device cache %s", step->id, step->name,
		   step_is_of(step, "disk.")	    ? "bypassed" :
		   direct && !strcmp(direct, "yes") ? "bypassed" :
						      "in use",
		   cold ? ", cold=" : "", cold ? cold : "", or_unknown(device));
}

void judge_caches(const struct inquest *inquest, struct claim *claim)
{
	for_storage(inquest, claim, judge_one_cache);
}

void judge_integrity(const struct inquest *inquest, struct claim *claim)
{
	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];
		bool judged = false;

		if (!step_is_of(step, "file.verify") || !step_ran(step))
			continue;
		for (size_t at = step->first; at <= step->last; at++) {
			const cJSON *found =
				step_part(&inquest->records->at[at], step, "diagnosis");
			const char *type = json_text(found, "type");

			if (type)
				claim_fact(claim, "%s: %s: %s", step->id, type,
					   or_unknown(json_text(found, "message")));
			judged |= type && strcmp(type, "UNKNOWN") != 0;
		}
		if (!judged)
			claim_fail(claim, "%s (%s) ran and does not say what came of it", step->id,
				   step->name);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no step that verifies data ran");
}

/* The guard says which disk will be written, and how it was named, before the first step on it. */
void judge_target(const struct inquest *inquest, struct claim *claim)
{
	for (size_t i = 0; i < inquest->records->count; i++) {
		const cJSON *json = inquest->records->at[i].json;
		const char *text = json_text(json, "testRunArtifact.log.message");
		const cJSON *content = json_path(json, "testStepArtifact.extension");
		const char *name = json_text(content, "name");

		if (text &&
		    (strstr(text, " will be written: ") || !strncmp(text, "writing to ", 11)))
			claim_fact(claim, "%s", text);
		if (name && !strcmp(name, "ground") && !claim->facts.count)
			claim_fail(claim,
				   "record %u: a disk was prepared, and no record before says that "
				   "it would be written",
				   inquest->records->at[i].sequence);
	}
	if (claim->word == CLAIM_NOT_APPLICABLE)
		claim_remark(claim, "no disk was to be written");
}
