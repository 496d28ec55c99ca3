/* SPDX-License-Identifier: MIT */
/* In what this machine differs from what it was, or another was, in the last whole run on the same
 * results partition. */
#include "init/resume/previous.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_LINE = 65, TAIL = 4096, RUNS_TRIED = 8, CHANGES_KEPT = 60, CHANGES_SAID = 4 };

/* ---- reading it ---- */

/* The line without its newline, when its hash follows from the ones before it; -EBADMSG. */
static int read_proved(FILE *journal, FILE *chain, struct digest *head, char *line, size_t room)
{
	char hash[HASH_LINE + 1] = "", ours[65];
	size_t len;

	if (fread(hash, 1, HASH_LINE, chain) != HASH_LINE || !fgets(line, (int)room, journal))
		return -EBADMSG;
	len = strlen(line);
	if (!len || line[len - 1] != '\n')
		return -EBADMSG;
	line[len - 1] = '\0';
	digest_chain(head, line, len - 1);
	digest_hex(head, ours, 32);
	return strncmp(hash, ours, 64) ? -EBADMSG : 0;
}

static const cJSON *run_part(const cJSON *json, const char *kind)
{
	return cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(json, "testRunArtifact"), kind);
}

/* Its last line is whole, and the end of the run. */
static bool has_end(FILE *journal)
{
	static char tail[TAIL + 1];
	size_t len;
	char *line;
	cJSON *json;
	bool ends;

	if (fseeko(journal, -TAIL, SEEK_END) && fseeko(journal, 0, SEEK_SET))
		return false;
	len = fread(tail, 1, TAIL, journal);
	if (!len || tail[len - 1] != '\n')
		return false;
	tail[len - 1] = '\0';
	line = strrchr(tail, '\n');
	json = cJSON_Parse(line ? line + 1 : tail);
	ends = run_part(json, "testRunEnd");
	cJSON_Delete(json);
	return ends;
}

int previous_read(FILE *journal, FILE *chain, cJSON **start)
{
	static char line[JOURNAL_LINE + 2];
	struct digest head = { 0 };
	cJSON *json;
	int err = read_proved(journal, chain, &head, line, sizeof(line));

	*start = NULL;
	if (!err)
		err = read_proved(journal, chain, &head, line, sizeof(line));
	if (err)
		return err;
	json = cJSON_Parse(line);
	if (!run_part(json, "testRunStart"))
		err = -EBADMSG;
	else if (!has_end(journal))
		err = -ENODATA;
	else
		*start = cJSON_DetachItemFromObjectCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(json, "testRunArtifact"), "testRunStart");
	cJSON_Delete(json);
	return err;
}

static int read_run(const struct results *results, const char *run_id, cJSON **start)
{
	static const char *const names[2] = { "journal.jsonl", "journal.sha256" };
	FILE *files[2] = { 0 };
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		int fd = results_read(results, run_id, names[i]);

		files[i] = fd < 0 ? NULL : fdopen(fd, "r");
		err = fd < 0 ? fd : files[i] ? 0 : -ENOMEM;
	}
	if (!err)
		err = previous_read(files[0], files[1], start);
	for (size_t i = 0; i < 2; i++)
		if (files[i])
			fclose(files[i]);
	return err;
}

void previous_find(struct story *story)
{
	struct previous *previous = &story->previous;
	char bound[64] = "";
	const char *why = "no earlier run is on the results partition";

	if (!story->results.mounted) {
		why = "there is no results partition";
	} else {
		for (unsigned tried = 0; tried < RUNS_TRIED && !previous->start; tried++) {
			if (!results_run_before(&story->results, bound, bound))
				break;
			why = "no earlier run on the results partition is whole";
			if (!read_run(&story->results, bound, &previous->start))
				snprintf(previous->run_id, sizeof(previous->run_id), "%s", bound);
		}
	}
	snprintf(previous->why_not, sizeof(previous->why_not), "%s", previous->start ? "" : why);
}

/* ---- comparing ---- */

struct telling {
	cJSON *list;
	struct text said;
	unsigned count;
};

static void add_unless_null(cJSON *object, const char *key, const char *value)
{
	if (value)
		cJSON_AddStringToObject(object, key, value);
}

static void tell(void *context, const char *key, const char *before, const char *now)
{
	struct telling *telling = context;
	cJSON *change;

	if (telling->count < CHANGES_SAID)
		text_add(&telling->said, "%s%s: %.60s -> %.60s", telling->count ? "; " : "", key,
			 before ? before : "not there", now ? now : "not there");
	if (telling->count++ >= CHANGES_KEPT)
		return;
	change = cJSON_CreateObject();
	cJSON_AddStringToObject(change, "fact", key);
	add_unless_null(change, "before", before);
	add_unless_null(change, "now", now);
	cJSON_AddItemToArray(telling->list, change);
}

static void conclude(struct previous *previous, struct telling *telling, ssize_t changes)
{
	if (changes > CHANGES_SAID)
		text_add(&telling->said, "; and %zd more", changes - CHANGES_SAID);
	if (changes < 0)
		snprintf(previous->words, sizeof(previous->words),
			 "not compared with run %s: no memory", previous->run_id);
	else if (!changes)
		snprintf(previous->words, sizeof(previous->words),
			 "the machine is the same as in run %s", previous->run_id);
	else
		snprintf(previous->words, sizeof(previous->words),
			 "%zd thing%s changed since run %s: %.1000s", changes,
			 changes == 1 ? "" : "s", previous->run_id, telling->said.start);
}

void previous_compare(struct previous *previous, cJSON *start)
{
	static char said[1100];
	cJSON *detail = cJSON_CreateObject();
	struct telling telling = { 0 };
	ssize_t changes;

	cJSON_AddStringToObject(detail, "run", previous->start ? previous->run_id : "none");
	if (previous->start) {
		text_begin(&telling.said, said, sizeof(said));
		telling.list = cJSON_CreateArray();
		changes = facts_compare(previous->start, start, tell, &telling);
		cJSON_AddNumberToObject(detail, "changes", (double)changes);
		cJSON_AddItemToObject(detail, "changed", telling.list);
		conclude(previous, &telling, changes);
	} else {
		cJSON_AddStringToObject(detail, "why", previous->why_not);
		snprintf(previous->words, sizeof(previous->words),
			 "not compared with an earlier run: %s", previous->why_not);
	}
	cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(start, "metadata"), "previousRun",
			      detail);
	cJSON_Delete(previous->start);
	previous->start = NULL;
}

void previous_tell(struct story *story)
{
	if (!story->previous.words[0])
		return;
	console_say("assay: %s", story->previous.words);
	journal_write(&story->journal, artifact_log(NULL, SEVERITY_INFO, story->previous.words));
}
