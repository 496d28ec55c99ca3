/* SPDX-License-Identifier: MIT */
/* The steps of a run, as the records tell them. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/verify/sha256.h"
#include "lab/verify/verify.h"

const cJSON *step_part(const struct record *record, const struct step_told *step, const char *kind)
{
	const char *id = record_step(record->json), *found;
	const cJSON *body;

	if (!id || !step->id || strcmp(id, step->id) != 0)
		return NULL;
	found = record_kind(record->json, &body);
	return found && !strcmp(found, kind) ? body : NULL;
}

const cJSON *step_extension(const struct records *records, const struct step_told *step,
			    const char *name)
{
	for (size_t i = step->first; i <= step->last; i++) {
		const cJSON *part = step_part(&records->at[i], step, "extension");
		const char *found = json_text(part, "name");

		if (found && !strcmp(found, name))
			return json_path(part, "content");
	}
	return NULL;
}

static void take_end(const struct records *records, size_t start, struct step_told *step)
{
	for (size_t i = start; i < records->count; i++) {
		const char *id = record_step(records->at[i].json);
		const cJSON *end;

		if (!id || strcmp(id, step->id) != 0)
			continue;
		step->last = i;
		end = step_part(&records->at[i], step, "testStepEnd");
		if (end)
			step->status = json_text(end, "status");
	}
}

static void take_step(const struct records *records, size_t start, const cJSON *begun,
		      struct step_told *step)
{
	const cJSON *outcome;

	*step = (struct step_told){ .id = record_step(records->at[start].json),
				    .name = or_unknown(json_text(begun, "name")),
				    .first = start,
				    .last = start };
	take_end(records, start, step);
	step->told = step_extension(records, step, "step");
	step->parameters = json_path(step->told, "parameters");
	step->bench = json_text(step->told, "bench");
	step->label = json_text(step->told, "label");
	step->target = json_text(step->told, "target");
	step->deadline_seconds = json_number(step->told, "deadlineSeconds", 0);
	outcome = step_extension(records, step, "outcome");
	step->outcome = json_text(outcome, "outcome");
	step->seconds = json_number(outcome, "seconds", 0);
}

int steps_read(const struct records *records, struct steps_told *out)
{
	*out = (struct steps_told){ .at = calloc(records->count + 1, sizeof(*out->at)) };
	if (!out->at)
		return -ENOMEM;
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *begun =
			json_path(records->at[i].json, "testStepArtifact.testStepStart");

		if (begun && record_step(records->at[i].json))
			take_step(records, i, begun, &out->at[out->count++]);
	}
	return 0;
}

void steps_free(struct steps_told *steps)
{
	free(steps->at);
	*steps = (struct steps_told){ 0 };
}

bool step_is_of(const struct step_told *step, const char *prefix)
{
	const char *name = step->bench ? step->bench : step->name;

	return !strncmp(name, prefix, strlen(prefix));
}

bool step_ran(const struct step_told *step)
{
	return step->outcome && (!strcmp(step->outcome, "ok") || !strcmp(step->outcome, "failed"));
}

/* Those have a number alone; a second try and a partner's view have a letter behind it. */
bool step_is_planned(const struct records *records, const struct step_told *step)
{
	const char *digits = step->id + (*step->id == 's');

	return step->told && *digits && !digits[strspn(digits, "0123456789")] &&
	       !strstr(step->name, " via net.") && !step_extension(records, step, "partner-result");
}

const struct step_told *step_second_try(const struct steps_told *steps,
					const struct step_told *step)
{
	size_t len = strlen(step->id);

	if (!step->outcome || strcmp(step->outcome, "interrupted") != 0)
		return NULL;
	for (size_t i = 0; i < steps->count; i++)
		if (steps->at[i].outcome && !strncmp(steps->at[i].id, step->id, len) &&
		    !strcmp(steps->at[i].id + len, "r"))
			return &steps->at[i];
	return NULL;
}

/* A chain over "[BENCH LABEL]" and "NAME=VALUE" of each. */
static void add_step(const struct step_told *step, uint8_t head[32])
{
	char line[600];

	snprintf(line, sizeof(line), "[%s %s]", or_unknown(step->bench),
		 step->label ? step->label : "");
	sha256_chain(head, line, strlen(line));
	for (const cJSON *item = json_first(step->parameters); item; item = item->next) {
		snprintf(line, sizeof(line), "%s=%s", item->string,
			 or_unknown(cJSON_GetStringValue(item)));
		sha256_chain(head, line, strlen(line));
	}
}

void steps_digest(const struct inquest *inquest, char out[65])
{
	uint8_t head[32] = { 0 };

	for (size_t i = 0; i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i],
				       *again = step_second_try(&inquest->steps, step);

		/* One that was cut off before it said what it is says so at its second try. */
		if (step_is_planned(inquest->records, step))
			add_step(step, head);
		else if (!step->told && again && again->told)
			add_step(again, head);
	}
	sha256_hex(head, out);
}

double time_of(const char *timestamp)
{
	struct tm tm = { 0 };
	char *rest = timestamp ? strptime(timestamp, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	double seconds = rest ? (double)timegm(&tm) : -1;
	char *zone = rest;

	if (rest && *rest == '.')
		seconds += strtod(rest, &zone);
	if (zone && (*zone == '+' || *zone == '-') && strlen(zone) == 6)
		seconds -= (*zone == '-' ? -60.0 : 60.0) *
			   (60.0 * (double)atoi(zone + 1) + (double)atoi(zone + 4));
	return seconds;
}
