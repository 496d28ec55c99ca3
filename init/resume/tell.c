/* SPDX-License-Identifier: MIT */
/* A run that goes on: what is recorded already, once more to the ways out that do not keep it; then
 * what the cut cost. See resume.h. */
#include "init/resume/resume.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- once more ---- */

static void hand_out(struct story *story, const char *line, size_t len, unsigned sequence,
		     const struct digest *head)
{
	bool bulk = line_is_element(line, len);

	for (size_t i = 0; i < story->journal.sink_count; i++) {
		struct sink *sink = story->journal.sinks[i];

		if (sink != &story->results.sink && !sink->dead && !(bulk && sink->skip_bulk))
			sink->dead = sink->append(sink, line, len, sequence, head);
	}
}

/* So that the serial log of this boot, or a desk that came later, has the whole run. */
static void repeat(struct story *story)
{
	static char line[JOURNAL_LINE + 2];
	int fd = results_read(&story->results, story->run_id, "journal.jsonl");
	FILE *journal = fd < 0 ? NULL : fdopen(fd, "r");
	struct digest head = { 0 };

	for (unsigned i = 0;
	     journal && i < story->resume->owed.records && fgets(line, sizeof(line), journal);
	     i++) {
		size_t len = strlen(line);

		digest_chain(&head, line, len - 1);
		hand_out(story, line, len, i, &head);
		if (!line_is_element(line, len))
			resume_row(&story->summary, line, len);
	}
	if (journal)
		fclose(journal);
	upload_again(story);
}

/* ---- what the cut cost ---- */

struct gap {
	char now[TIMESTAMP_ROOM], words[120];
	double seconds;
	bool known;
};

/* Only the wall clock was there on both sides, and it may have been set between. */
static void measure_gap(const struct owed *owed, struct gap *gap)
{
	timestamp_format(wall_ms(), gap->now);
	gap->known = timestamps_apart(owed->last_at, gap->now, &gap->seconds) && gap->seconds >= 0;
	if (gap->known)
		snprintf(gap->words, sizeof(gap->words), "%.1f s later by the wall clock",
			 gap->seconds);
	else
		snprintf(gap->words, sizeof(gap->words),
			 "at %s: the wall clock does not tell how much later", gap->now);
}

static cJSON *interruption(const struct owed *owed, const struct gap *gap)
{
	cJSON *content = cJSON_CreateObject();

	cJSON_AddNumberToObject(content, "boot", owed->cuts + 2);
	cJSON_AddNumberToObject(content, "lastRecord", owed->records - 1);
	cJSON_AddStringToObject(content, "lastRecordAt", owed->last_at);
	cJSON_AddStringToObject(content, "resumedAt", gap->now);
	if (gap->known)
		cJSON_AddNumberToObject(content, "gapSeconds", gap->seconds);
	cJSON_AddNumberToObject(content, "tornBytes", (double)owed->torn_bytes);
	cJSON_AddNumberToObject(content, "measurementsKept", owed->figures);
	return content;
}

static bool is_tried_again(const struct owed *owed)
{
	return owed->place < MAX_STEPS && owed->steps[owed->place].attempts < STEP_ATTEMPTS;
}

static void describe_loss(const struct owed *owed, const struct gap *gap, char *out, size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	text_add(&text, "the machine went down under it; what it measured is lost");
	if (owed->figures)
		text_add(&text, " but for %u figures, which are not all", owed->figures);
	text_add(&text, "; the run goes on %s", gap->words);
	if (is_tried_again(owed))
		text_add(&text, ", and with this step once more");
	else if (owed->place < MAX_STEPS)
		text_add(&text, ", without this step: it was cut off %u times",
			 owed->steps[owed->place].attempts);
}

/* The step that stands open gets its end: as it was, if that was recorded, or as cut off. */
static void end_step(struct story *story, struct owed *owed, const struct gap *gap)
{
	struct step step = { .target = "" };
	struct result result = { .outcome = RUN_INTERRUPTED };
	struct owed_step *known = owed->place < MAX_STEPS ? &owed->steps[owed->place] : NULL;

	snprintf(step.id, sizeof(step.id), "%s", owed->step);
	if (owed->series[0])
		journal_write(&story->journal,
			      artifact_series_end(step.id, owed->series, owed->elements));
	if (owed->has_outcome) {
		record_step_closed(story, step.id, owed->outcome);
		if (known)
			known->ended = true;
		return;
	}
	timestamps_apart(owed->step_at, owed->last_at, &result.seconds);
	describe_loss(owed, gap, result.reason, sizeof(result.reason));
	journal_write(&story->journal,
		      artifact_extension(step.id, "interrupted", interruption(owed, gap)));
	record_not_run(story, &step, &result);
	if (!known)
		return;
	known->ended = true;
	known->outcome = result.outcome;
	known->seconds = result.seconds;
	snprintf(known->reason, sizeof(known->reason), "%s", result.reason);
}

static void say(struct story *story, const struct owed *owed, const struct gap *gap)
{
	char message[WHY_ROOM], where[40] = "between steps";
	struct text text;

	if (owed->step[0])
		snprintf(where, sizeof(where), "in step %s", owed->step);
	text_begin(&text, message, sizeof(message));
	text_add(&text, "the run was cut off %s, behind record %u (%s); boot %u of it goes on %s",
		 where, owed->records - 1, owed->last_at, owed->cuts + 2, gap->words);
	if (owed->torn_bytes)
		text_add(&text, "; %llu bytes of unfinished records are dropped",
			 (unsigned long long)owed->torn_bytes);
	console_say("assay: %s", message);
	journal_write(&story->journal, artifact_error(NULL, "interrupted", message));
}

void resume_tell(struct story *story)
{
	struct owed *owed = &story->resume->owed;
	struct gap gap = { 0 };

	repeat(story);
	story->journal.sequence = owed->records;
	story->journal.head = owed->head;
	story->journal_open = true;
	measure_gap(owed, &gap);
	say(story, owed, &gap);
	if (owed->step[0])
		end_step(story, owed, &gap);
}
