/* SPDX-License-Identifier: MIT */
/* A journal as a power cut left it. See resume.h. */
#include "init/resume/resume.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HASH_LINE = 65 };

void step_id_format(size_t place, unsigned attempt, char *out, size_t room)
{
	snprintf(out, room, "s%zu%s", place + 1, attempt > 1 ? "r" : "");
}

bool step_id_parse(const char *id, size_t *place, unsigned *attempt)
{
	char again[12];
	char *end;
	unsigned long number = id[0] == 's' ? strtoul(id + 1, &end, 10) : 0;

	if (!number || number > MAX_STEPS)
		return false;
	*place = number - 1;
	*attempt = *end == 'r' ? 2 : 1;
	step_id_format(*place, *attempt, again, sizeof(again));
	return !strcmp(id, again);
}

static bool timestamp_parse(const char *in, double *seconds)
{
	struct tm tm = { 0 };
	char *rest = strptime(in, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest)
		return false;
	*seconds = (double)timegm(&tm) + strtod(rest, NULL);
	return true;
}

bool timestamps_apart(const char *from, const char *to, double *seconds)
{
	double start, end;

	if (!timestamp_parse(from, &start) || !timestamp_parse(to, &end))
		return false;
	*seconds = end - start;
	return true;
}

/* ---- what a record means ---- */

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	return text ? text : "";
}

static void keep(char *out, size_t room, const char *text)
{
	snprintf(out, room, "%s", text);
}

static void learn_run(struct owed *owed, const cJSON *run)
{
	const cJSON *start = cJSON_GetObjectItem(run, "testRunStart");

	if (start)
		keep(owed->run_id, sizeof(owed->run_id),
		     text_of(cJSON_GetObjectItem(start, "metadata"), "runId"));
	owed->ended = owed->ended || cJSON_GetObjectItem(run, "testRunEnd");
	owed->cuts += !strcmp(text_of(cJSON_GetObjectItem(run, "error"), "symptom"), "interrupted");
}

static void open_step(struct owed *owed, const char *id)
{
	unsigned attempt;

	keep(owed->step, sizeof(owed->step), id);
	keep(owed->step_at, sizeof(owed->step_at), owed->last_at);
	owed->series[0] = '\0';
	owed->figures = 0;
	owed->has_outcome = false;
	if (!step_id_parse(id, &owed->place, &attempt)) {
		owed->place = MAX_STEPS;
		return;
	}
	owed->steps[owed->place] = (struct owed_step){ .attempts = attempt };
}

static void learn_outcome(struct owed *owed, const cJSON *content)
{
	struct owed_step *step = owed->place < MAX_STEPS ? &owed->steps[owed->place] :
							   &(struct owed_step){ 0 };
	const cJSON *seconds = cJSON_GetObjectItem(content, "seconds");

	owed->has_outcome = outcome_parse(text_of(content, "outcome"), &owed->outcome);
	step->outcome = owed->outcome;
	step->seconds = cJSON_IsNumber(seconds) ? seconds->valuedouble : 0;
	keep(step->reason, sizeof(step->reason), text_of(content, "reason"));
}

static void close_step(struct owed *owed)
{
	if (owed->place < MAX_STEPS && owed->has_outcome)
		owed->steps[owed->place].ended = true;
	owed->step[0] = owed->series[0] = '\0';
}

static void learn_step(struct owed *owed, const cJSON *step)
{
	const char *id = text_of(step, "testStepId");
	const cJSON *start = cJSON_GetObjectItem(step, "measurementSeriesStart");
	const cJSON *extension = cJSON_GetObjectItem(step, "extension");

	if (cJSON_GetObjectItem(step, "testStepStart"))
		open_step(owed, id);
	if (!owed->step[0] || strcmp(owed->step, id))
		return; /* of a step inside a step; a pair's run is not resumed */
	if (start) {
		keep(owed->series, sizeof(owed->series), text_of(start, "measurementSeriesId"));
		owed->elements = 0;
	}
	if (cJSON_GetObjectItem(step, "measurementSeriesEnd"))
		owed->series[0] = '\0';
	owed->figures += !!cJSON_GetObjectItem(step, "measurement");
	if (extension && !strcmp(text_of(extension, "name"), "outcome"))
		learn_outcome(owed, cJSON_GetObjectItem(extension, "content"));
	if (cJSON_GetObjectItem(step, "testStepEnd"))
		close_step(owed);
}

bool line_is_element(const char *line, size_t len)
{
	static const char kind[] = "\"measurementSeriesElement\"";

	return memmem(line, len < 200 ? len : 200, kind, sizeof(kind) - 1);
}

static bool learn(struct owed *owed, const char *line, size_t len)
{
	const cJSON *number;
	cJSON *json;
	bool sound;

	if (line_is_element(line, len)) { /* they come in thousands */
		owed->elements++;
		return true;
	}
	json = cJSON_ParseWithLength(line, len);
	number = cJSON_GetObjectItem(json, "sequenceNumber");
	sound = cJSON_IsNumber(number) && number->valuedouble >= owed->records &&
		number->valuedouble <= owed->records;
	if (sound) {
		keep(owed->last_at, sizeof(owed->last_at), text_of(json, "timestamp"));
		learn_run(owed, cJSON_GetObjectItem(json, "testRunArtifact"));
		learn_step(owed, cJSON_GetObjectItem(json, "testStepArtifact"));
	}
	cJSON_Delete(json);
	return sound;
}

/* ---- lines and hashes ---- */

static bool read_hash(FILE *chain, char out[HASH_LINE + 1])
{
	return fread(out, 1, HASH_LINE, chain) == HASH_LINE && out[HASH_LINE - 1] == '\n';
}

/* 1: a record more; 0: what follows is torn; -EBADMSG. */
static int read_record(FILE *journal, FILE *chain, struct owed *owed)
{
	static char line[JOURNAL_LINE + 2];
	char hash[HASH_LINE + 1] = "", ours[65];
	struct digest head = owed->head;
	size_t len;

	/* Without its hash a line was never confirmed, whatever it looks like. */
	if (!read_hash(chain, hash) || !fgets(line, sizeof(line), journal))
		return 0;
	len = strlen(line);
	if (!len || line[len - 1] != '\n')
		return feof(journal) ? 0 : -EBADMSG;
	digest_chain(&head, line, len - 1);
	digest_hex(&head, ours, 32);
	if (strncmp(hash, ours, 64) != 0 || !learn(owed, line, len - 1))
		return -EBADMSG;
	owed->head = head;
	owed->records++;
	owed->bytes += len;
	return 1;
}

static uint64_t size_of(FILE *file)
{
	return fseeko(file, 0, SEEK_END) ? 0 : (uint64_t)ftello(file);
}

int owed_read(FILE *journal, FILE *chain, struct owed *out)
{
	int more;

	*out = (struct owed){ .place = MAX_STEPS };
	while ((more = read_record(journal, chain, out)) > 0)
		;
	if (more < 0)
		return more;
	out->torn_bytes =
		size_of(journal) - out->bytes + size_of(chain) - (uint64_t)out->records * HASH_LINE;
	return 0;
}
