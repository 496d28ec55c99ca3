/* SPDX-License-Identifier: MIT */
/* Records that cross the wire: ours are held until the partner is told them; its are kept as they
 * came, and its figures become a step of ours. See init/pair/pair.h. */
#include "init/pair/pair.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ours, held ---- */

enum { HELD_MOST = 8 << 20 };
struct held_head { /* before each line */
	uint32_t number, len;
	struct digest head;
};

static bool make_room(struct pair_held *held, size_t more)
{
	size_t room = held->room ? held->room : 65536;
	char *bytes;

	while (room < held->len + more)
		room *= 2;
	if (room > HELD_MOST)
		return false;
	if (room == held->room)
		return true;
	bytes = realloc(held->bytes, room);
	if (!bytes)
		return false;
	held->bytes = bytes;
	held->room = room;
	return true;
}

static int hold_line(struct sink *sink, const char *line, size_t len, unsigned sequence,
		     const struct digest *head)
{
	struct pair *pair = sink->state;
	struct pair_held *held = &pair->held;
	struct held_head before = { sequence, (uint32_t)len - 1, *head };

	if (pair->gone)
		return 0;
	if (!make_room(held, sizeof(before) + len)) {
		held->left_out++;
		return 0;
	}
	memcpy(held->bytes + held->len, &before, sizeof(before));
	memcpy(held->bytes + held->len + sizeof(before), line, len - 1);
	held->len += sizeof(before) + len - 1;
	return 0;
}

static int flush_nothing(struct sink *sink)
{
	(void)sink;
	return 0;
}

void pair_records_begin(struct pair *pair)
{
	pair->sink = (struct sink){ .name = "partner",
				    .append = hold_line,
				    .flush = flush_nothing,
				    .state = pair,
				    .skip_bulk = true };
}

int pair_records_tell(struct pair *pair, unsigned step, uint64_t deadline_ns)
{
	struct pair_held *held = &pair->held;
	struct pair_message message = { .type = PAIR_RECORD };
	struct held_head before;
	int err = 0;

	for (size_t at = 0; at < held->len && !err; at += sizeof(before) + before.len) {
		memcpy(&before, held->bytes + at, sizeof(before));
		message.number = before.number;
		message.digest = before.head;
		message.text = held->bytes + at + sizeof(before);
		message.text_len = before.len;
		err = pair_channel_send(&pair->channel, &message, deadline_ns);
	}
	if (!err)
		err = pair_channel_send(&pair->channel,
					&(struct pair_message){ .type = PAIR_END,
								.step = step,
								.number = held->left_out },
					deadline_ns);
	held->len = 0;
	return err;
}

/* ---- the partner's, kept ---- */

/* Where no number is absent, the head must be what the line gives. */
static bool fits_chain(struct pair *pair, const struct pair_message *message)
{
	struct digest head = pair->head;

	if (message->number < pair->next_number)
		return false;
	if (message->number > pair->next_number)
		return true; /* series do not travel */
	digest_chain(&head, message->text, message->text_len);
	return !memcmp(&head, &message->digest, sizeof(head));
}

static void store(struct story *story, const struct pair_message *message)
{
	struct pair *pair = story->pair;
	char hex[66];

	if (pair->store_err)
		return;
	digest_hex(&message->digest, hex, 32);
	strcat(hex, "\n");
	pair->store_err = results_append(&story->results, "partner-journal.jsonl", message->text,
					 message->text_len);
	if (!pair->store_err)
		pair->store_err = results_append(&story->results, "partner-journal.jsonl", "\n", 1);
	if (!pair->store_err)
		pair->store_err =
			results_append(&story->results, "partner-journal.sha256", hex, 65);
}

int pair_records_take(struct story *story, const struct pair_message *message, const char *step)
{
	struct pair *pair = story->pair;
	cJSON *json, *number, *artifact;
	const char *id;

	if (!fits_chain(pair, message))
		return -EBADMSG;
	json = cJSON_ParseWithLength(message->text, message->text_len);
	number = cJSON_GetObjectItemCaseSensitive(json, "sequenceNumber");
	if (!cJSON_IsNumber(number) || number->valuedouble < message->number ||
	    number->valuedouble > message->number) {
		cJSON_Delete(json);
		return -EBADMSG;
	}
	pair->records++;
	pair->next_number = message->number + 1;
	pair->head = message->digest;
	store(story, message);
	artifact = cJSON_GetObjectItemCaseSensitive(json, "testStepArtifact");
	id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(artifact, "testStepId"));
	if (step && id && !strcmp(id, step) && pair->view_count < PAIR_VIEW) {
		pair->view_first = pair->view_count ? pair->view_first : message->number;
		pair->view_last = message->number;
		pair->view_head = message->digest;
		pair->view[pair->view_count++] = json;
	} else {
		cJSON_Delete(json);
	}
	return 0;
}

/* What is needed to check partner-journal.jsonl, and to find the partner's own results again. */
static void put_facts(struct story *story)
{
	const struct pair *pair = story->pair;
	cJSON *facts = cJSON_CreateObject();
	char hex[65], *text;

	cJSON_AddStringToObject(facts, "runId", pair->partner.run_id);
	cJSON_AddStringToObject(facts, "mac", pair->mac);
	cJSON_AddStringToObject(facts, "address", story->network.partner);
	cJSON_AddStringToObject(facts, "plan", pair->partner.plan_name);
	digest_hex(&pair->partner.plan, hex, 32);
	cJSON_AddStringToObject(facts, "stepsSha256", hex);
	digest_hex(&pair->partner.payload, hex, 32);
	cJSON_AddStringToObject(facts, "initSha256", hex);
	cJSON_AddNumberToObject(facts, "records", pair->records);
	cJSON_AddNumberToObject(facts, "leftOut", pair->left_out);
	cJSON_AddNumberToObject(facts, "lastNumber", (double)pair->next_number - 1);
	digest_hex(&pair->head, hex, 32);
	cJSON_AddStringToObject(facts, "head", hex);
	cJSON_AddBoolToObject(facts, "gone", pair->gone);
	cJSON_AddBoolToObject(facts, "incomplete", pair->store_err != 0);
	text = cJSON_Print(facts);
	results_sync(&story->results); /* the records before what is said of them */
	if (text)
		results_put(&story->results, "partner.json", text, strlen(text));
	free(text);
	cJSON_Delete(facts);
}

/* ---- its figures, as a step of ours ---- */

static const cJSON *get(const cJSON *from, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(from, name);
}

static const char *get_text(const cJSON *from, const char *name)
{
	return cJSON_GetStringValue(get(from, name));
}

static const struct metric *metric_of(const struct bench *bench, const cJSON *measurement)
{
	const char *name = get_text(measurement, "name"), *unit = get_text(measurement, "unit");

	for (const struct metric *metric = bench->metrics; name && unit && metric->name; metric++)
		if (!strcmp(metric->name, name) && !strcmp(metric->unit, unit))
			return metric;
	return NULL;
}

/* Only numbers that we know by name are taken over: what the partner says is not trusted to be
 * anything else. */
static cJSON *copy_spread(const cJSON *theirs)
{
	static const char *const names[] = {
		"n", "min", "max", "mean", "sd", "median", "p95", "p99"
	};
	cJSON *spread = cJSON_CreateObject();

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const cJSON *number = get(theirs, names[i]);

		if (cJSON_IsNumber(number) && isfinite(number->valuedouble))
			cJSON_AddNumberToObject(spread, names[i], number->valuedouble);
	}
	return spread;
}

static cJSON *copy_point(const struct bench *bench, const cJSON *theirs, struct text *label)
{
	cJSON *at = cJSON_CreateArray();

	for (int i = 0; bench->axes && i < AXES && bench->axes[i].name; i++) {
		const struct axis *ours = &bench->axes[i];
		const cJSON *axis = cJSON_GetArrayItem(theirs, i), *value = get(axis, "value");
		cJSON *copy = cJSON_CreateObject();

		cJSON_AddStringToObject(copy, "axis", ours->name);
		cJSON_AddNumberToObject(copy, "value",
					cJSON_IsNumber(value) ? value->valuedouble : 0);
		cJSON_AddStringToObject(copy, "unit", ours->unit);
		cJSON_AddItemToArray(at, copy);
		text_add(label, "%s%s %.10g%s%s", i ? " x " : "", ours->unit[0] ? "" : ours->name,
			 cJSON_IsNumber(value) ? value->valuedouble : 0, ours->unit[0] ? " " : "",
			 ours->unit);
	}
	return at;
}

static double number_or(const cJSON *from, const char *name, double missing)
{
	const cJSON *number = get(from, name);

	return cJSON_IsNumber(number) ? number->valuedouble : missing;
}

/* One figure of the partner's: the record, and the row for people. */
static void record_figure(struct story *story, const struct step *view, const cJSON *measurement)
{
	static const char *const directions[] = { "more", "less", "neither" };
	const struct metric *metric = metric_of(view->request->bench, measurement);
	const cJSON *theirs = get(measurement, "metadata"), *value = get(measurement, "value");
	char at[64] = "";
	struct text label;
	cJSON *metadata;

	if (!metric || !cJSON_IsNumber(value) || !isfinite(value->valuedouble))
		return;
	text_begin(&label, at, sizeof(at));
	metadata = copy_spread(theirs);
	cJSON_AddStringToObject(metadata, "better", directions[metric->better]);
	cJSON_AddStringToObject(metadata, "partner", story->pair->mac);
	if (metric->detail)
		cJSON_AddBoolToObject(metadata, "detail", true);
	if (view->request->bench->axes)
		cJSON_AddItemToObject(metadata, "at",
				      copy_point(view->request->bench, get(theirs, "at"), &label));
	if (!metric->detail)
		table_row(
			&story->summary,
			&(struct summary_row){ .step = view->name,
					       .metric = metric->name,
					       .unit = metric->unit,
					       .at = at,
					       .value = value->valuedouble,
					       .min = number_or(theirs, "min", 0),
					       .max = number_or(theirs, "max", 0),
					       .n = (size_t)fmin(number_or(theirs, "n", 1), 1e9) });
	journal_write(&story->journal,
		      artifact_measurement(view->id, metric->name, value->valuedouble, metric->unit,
					   metadata));
}

/* Its outcome in the words that we know. */
static enum outcome read_outcome(const cJSON *extension, char *reason, size_t room)
{
	const cJSON *content = get(extension, "content");
	const char *word = get_text(content, "outcome"), *why = get_text(content, "reason");

	snprintf(reason, room, "%.300s", why ? why : "");
	for (enum outcome i = RUN_OK; word && i < OUTCOMES; i++)
		if (!strcmp(outcome_name(i), word))
			return i;
	snprintf(reason, room, "the partner told no outcome");
	return RUN_ERROR;
}

static void record_source(struct story *story, const struct step *view, const struct step *step)
{
	const struct pair *pair = story->pair;
	cJSON *content = cJSON_CreateObject();
	char hex[65];

	digest_hex(&pair->view_head, hex, 32);
	cJSON_AddStringToObject(content, "step", step->id);
	cJSON_AddStringToObject(content, "runId", pair->partner.run_id);
	cJSON_AddStringToObject(content, "mac", pair->mac);
	cJSON_AddNumberToObject(content, "firstNumber", pair->view_first);
	cJSON_AddNumberToObject(content, "lastNumber", pair->view_last);
	cJSON_AddStringToObject(content, "head", hex);
	journal_write(&story->journal, artifact_extension(view->id, "partner-result", content));
}

static void record_view(struct story *story, const struct step *step)
{
	struct pair *pair = story->pair;
	struct result result = { .outcome = RUN_ERROR };
	struct step view = { .request = step->request };

	snprintf(view.id, sizeof(view.id), "%.8sp", step->id);
	snprintf(view.name, sizeof(view.name), "%.50s (partner)", step->name);
	journal_write(&story->journal, artifact_step_start(view.id, view.name));
	record_source(story, &view, step);
	snprintf(result.reason, sizeof(result.reason), "the partner told no outcome");
	for (size_t i = 0; i < pair->view_count; i++) {
		const cJSON *artifact = get(pair->view[i], "testStepArtifact");
		const cJSON *extension = get(artifact, "extension");
		const char *name = get_text(extension, "name");

		record_figure(story, &view, get(artifact, "measurement"));
		if (name && !strcmp(name, "outcome")) {
			result.outcome =
				read_outcome(extension, result.reason, sizeof(result.reason));
			result.seconds = number_or(get(extension, "content"), "seconds", 0);
		}
	}
	record_outcome(story, &view, &result);
}

void pair_records_drop_view(struct pair *pair)
{
	while (pair->view_count)
		cJSON_Delete(pair->view[--pair->view_count]);
}

void pair_records_settle(struct story *story, const struct step *step)
{
	struct pair *pair = story->pair;
	bool told = pair->store_err;

	if (step)
		record_view(story, step);
	pair_records_drop_view(pair);
	put_facts(story);
	if (!told && pair->store_err && pair->store_err != -ENODEV)
		record_log(story, NULL, SEVERITY_WARNING,
			   "the partner's records are not kept any more: %s",
			   strerror(-pair->store_err));
}
