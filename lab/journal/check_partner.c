/* SPDX-License-Identifier: MIT */
/*
 * One of a pair: the partner's records as they came (partner-journal.jsonl with its chain; the raw
 * series stayed with it), what partner.json says of them, and the figures that our own journal took
 * over. Our journal is chained and came over serial too, so it holds the others to their word.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

static void say(struct finding *finding, const char *what, const char *whose)
{
	notes_add(&finding->notes, "%s%s%s", what, whose ? " " : "", whose ? whose : "");
	finding->how = FINDING_BAD;
}

static const cJSON *step_part(const struct record *record, const char *part)
{
	return json_path(json_path(record->json, "testStepArtifact"), part);
}

/* The content of a partner-result record, or NULL. */
static const cJSON *source_of(const struct record *record)
{
	const cJSON *extension = step_part(record, "extension");
	const char *name = json_text(extension, "name");

	return name && !strcmp(name, "partner-result") ? json_path(extension, "content") : NULL;
}

static void check_chain(const struct folder *folder, struct finding *finding)
{
	const struct journal_copy *theirs = &folder->partner_journal;

	for (size_t i = 0; i < theirs->problems.count; i++)
		say(finding, "partner-journal:", theirs->problems.line[i]);
	/* A power cut may leave the last line without its end here as well. */
	if (theirs->torn)
		notes_add(&finding->notes, "partner-journal is cut off in record %zu",
			  theirs->records.count);
	if (!theirs->records.count)
		say(finding, "partner-journal is empty", NULL);
}

static void check_facts(const struct folder *folder, struct finding *finding)
{
	const struct journal_copy *theirs = &folder->partner_journal;
	const struct record *last =
		theirs->records.count ? &theirs->records.at[theirs->records.count - 1] : NULL;
	const char *id = json_text(folder->partner, "runId"),
		   *head = json_text(folder->partner, "head"),
		   *said = records_run_id(&theirs->records);
	double count = json_number(folder->partner, "records", -1);

	/* Where the machine was cut off, partner.json may be older than the records beside it. */
	if (id && last && count < (double)theirs->records.count &&
	    !records_first(&folder->journal.records, "testRunEnd")) {
		count = (double)theirs->records.count;
		head = last->head;
	}
	if (!id || !head || count < 0)
		return say(finding, "partner.json does not say runId, head and records", NULL);
	if (!said || strcmp(said, id) != 0)
		say(finding, "partner-journal is of run", said ? said : "without a name");
	if (last &&
	    (count < (double)theirs->records.count || count > (double)theirs->records.count))
		say(finding, "partner-journal has another number of records than partner.json says",
		    NULL);
	else if (last && !heads_agree(last->head, head))
		say(finding,
		    "partner-journal ends with another head than partner.json says:", last->head);
}

/* Does the partner's own journal have this figure for the step? */
static bool is_in_theirs(const struct records *theirs, const char *step, const cJSON *ours)
{
	const char *name = json_text(ours, "name");
	double value = json_number(ours, "value", 0);

	for (size_t i = 0; name && i < theirs->count; i++) {
		const cJSON *measurement = step_part(&theirs->at[i], "measurement");
		const char *other = json_text(measurement, "name"),
			   *id = record_step(theirs->at[i].json);
		double found = json_number(measurement, "value", value + 1);

		if (other && id && !strcmp(other, name) && !strcmp(id, step) && found >= value &&
		    found <= value)
			return true;
	}
	return false;
}

/* One step of ours that shows the partner's figures. */
static void check_view(const struct folder *folder, const struct record *start, const cJSON *source,
		       struct finding *finding)
{
	const struct records *ours = &folder->journal.records,
			     *theirs = &folder->partner_journal.records;
	const char *view = record_step(start->json), *step = json_text(source, "step"),
		   *head = json_text(source, "head");
	double number = json_number(source, "lastNumber", -1);
	const struct record *last =
		number >= 0 && number < 1e9 ? records_find(theirs, (unsigned)number) : NULL;

	if (!view || !step || !head)
		return say(finding, "a partner-result that does not say step and head", view);
	if (!last || !heads_agree(last->head, head))
		say(finding, "partner-journal does not hold what was told of step", step);
	for (size_t i = 0; i < ours->count; i++) {
		const cJSON *measurement = step_part(&ours->at[i], "measurement");
		const char *id = record_step(ours->at[i].json);

		if (measurement && id && !strcmp(id, view) &&
		    !is_in_theirs(theirs, step, measurement))
			say(finding, "a figure that the partner did not tell:",
			    json_text(measurement, "name"));
	}
}

static const char *reason_to_skip(const struct folder *folder)
{
	const char *partition = json_text(folder->collect, "partition");

	if (!folder->partner && !folder->has_partner_journal)
		return partition && !strcmp(partition, "none") ?
			       "no results partition: what a partner told did not travel over serial" :
			       "not one of a pair";
	return cJSON_IsTrue(json_path(folder->partner, "incomplete")) ?
		       "the results partition had no room for what the partner told" :
		       NULL;
}

void check_partner(const struct folder *folder, struct finding *finding)
{
	const struct records *ours = &folder->journal.records;
	const char *reason = reason_to_skip(folder);
	size_t views = 0;

	for (size_t i = 0; i < ours->count; i++)
		views += source_of(&ours->at[i]) != NULL;
	if (reason && (!views || strcmp(reason, "not one of a pair") != 0)) {
		finding->how = FINDING_SKIPPED;
		notes_add(&finding->notes, "%s", reason);
		return;
	}
	if (!folder->partner || !folder->has_partner_journal)
		return say(finding, "partner.json or partner-journal.jsonl is missing", NULL);
	check_chain(folder, finding);
	check_facts(folder, finding);
	for (size_t i = 0; i < ours->count; i++) {
		const cJSON *source = source_of(&ours->at[i]);

		if (source)
			check_view(folder, &ours->at[i], source, finding);
	}
}
