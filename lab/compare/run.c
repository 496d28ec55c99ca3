/* SPDX-License-Identifier: MIT */
/* One run's journal as one boot: its figures, or the reason why they do not count. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

/* ---- may it be compared? ---- */

static bool text_is(const char *text, const char *word)
{
	return text && !strcmp(text, word);
}

/* What the noise gate said before the first step, "noise gate: noisy: cpu 0: ..."; NULL: nothing,
 * or quiet. */
static const char *gate_word(const struct record *record)
{
	static const char start[] = "noise gate: ";
	const char *message = json_text(record->json, "testRunArtifact.log.message");

	if (!message || strncmp(message, start, strlen(start)) != 0)
		return NULL;
	message += strlen(start);
	return !strncmp(message, "noisy", 5) || !strncmp(message, "unusable", 8) ? message : NULL;
}

/* A judgement on the whole run, by the gate or by whatever step made it. */
static const char *noise_word(const struct records *records, char *out, size_t room)
{
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *diagnosis =
			json_path(records->at[i].json, "testStepArtifact.diagnosis");
		const char *verdict = json_text(diagnosis, "verdict"),
			   *message = json_text(diagnosis, "message"),
			   *gate = gate_word(&records->at[i]);

		if (!gate && !text_is(verdict, "noisy") && !text_is(verdict, "unusable"))
			continue;
		snprintf(out, room, "%s%s%s", gate ? gate : verdict, gate ? "" : ": ",
			 gate ? "" : or_unknown(message));
		return out;
	}
	return NULL;
}

const char *run_objection(const struct study *study, const struct folder *folder, char *out,
			  size_t room)
{
	const struct records *records = &folder->journal.records;
	const cJSON *start = records_first(records, "testRunStart"),
		    *end = records_first(records, "testRunEnd");

	if (!start)
		return "failed: the journal has no start";
	if (folder->journal.problems.count) {
		snprintf(out, room, "invalid: %s", folder->journal.problems.line[0]);
		return out;
	}
	if (!end)
		return "interrupted: it has no end";
	if (text_is(json_text(end, "status"), "ERROR"))
		return "failed: it ended with an error";
	return study->keep_noisy ? NULL : noise_word(records, out, room);
}

/* ---- its steps ---- */

struct step {
	char id[32], bench[NAME_ROOM], label[NAME_ROOM];
	char *parameters;
	bool usable;
	char finding[160], why[200];
};
struct steps {
	struct step *at;
	size_t count, room;
};

/* Where and when, not what: ports, addresses, patience. */
static bool defines(const char *parameter)
{
	static const char *const others[] = {
		"port",	   "listen", "meet_port", "meet_timeout", "connect_timeout",
		"timeout", "place",  "name",	  "machine"
	};

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (!strcmp(parameter, others[i]))
			return false;
	return true;
}

static char *join_parameters(const cJSON *parameters)
{
	size_t room = 16;
	char *joined;
	struct text text;
	const cJSON *item;

	for (item = json_first(parameters); item; item = item->next)
		room += strlen(item->string) + strlen(or_unknown(cJSON_GetStringValue(item))) + 2;
	joined = malloc(room);
	if (!joined)
		return NULL;
	text_begin(&text, joined, room);
	for (item = json_first(parameters); item; item = item->next)
		if (defines(item->string))
			text_add(&text, "%s%s=%s", text.len ? ";" : "", item->string,
				 or_unknown(cJSON_GetStringValue(item)));
	return joined;
}

static struct step *step_of(struct steps *steps, const char *id)
{
	for (size_t i = steps->count; id && i; i--)
		if (!strcmp(steps->at[i - 1].id, id))
			return &steps->at[i - 1];
	return NULL;
}

static int open_step(struct steps *steps, const char *id, const char *name)
{
	if (steps->count == steps->room) {
		size_t room = steps->room ? 2 * steps->room : 16;
		struct step *at = realloc(steps->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		steps->at = at;
		steps->room = room;
	}
	steps->at[steps->count] = (struct step){ .why = "it has no outcome" };
	snprintf(steps->at[steps->count].id, sizeof(steps->at->id), "%s", id);
	snprintf(steps->at[steps->count].bench, NAME_ROOM, "%s", name);
	steps->count++;
	return 0;
}

static void describe_step(struct step *step, const cJSON *content)
{
	const char *bench = json_text(content, "bench"), *label = json_text(content, "label");

	if (bench)
		snprintf(step->bench, sizeof(step->bench), "%s", bench);
	if (label)
		snprintf(step->label, sizeof(step->label), "%s", label);
	free(step->parameters);
	step->parameters = join_parameters(json_path(content, "parameters"));
}

/* What failed says what was found, in a diagnosis before its outcome. */
static void note_finding(struct step *step, const cJSON *diagnosis)
{
	if (text_is(json_text(diagnosis, "type"), "FAIL") && !*step->finding)
		snprintf(step->finding, sizeof(step->finding), "%s",
			 or_unknown(json_text(diagnosis, "message")));
}

static void end_step(struct step *step, const cJSON *content)
{
	const char *word = json_text(content, "outcome"), *reason = json_text(content, "reason");

	if (text_is(word, "failed") && *step->finding)
		reason = step->finding;
	step->usable = text_is(word, "ok");
	snprintf(step->why, sizeof(step->why), "%s%s%s", or_unknown(word),
		 reason && *reason ? ": " : "", reason ? reason : "");
}

static int note_step(struct steps *steps, const cJSON *json)
{
	const cJSON *body;
	const char *kind = record_kind(json, &body), *id = record_step(json), *name;
	struct step *step;

	if (!kind || !id)
		return 0;
	name = json_text(body, "name");
	if (!strcmp(kind, "testStepStart"))
		return open_step(steps, id, or_unknown(name));
	step = step_of(steps, id);
	if (step && !strcmp(kind, "diagnosis"))
		note_finding(step, body);
	if (!step || strcmp(kind, "extension") != 0)
		return 0;
	if (text_is(name, "step"))
		describe_step(step, json_path(body, "content"));
	if (text_is(name, "outcome"))
		end_step(step, json_path(body, "content"));
	if (text_is(name, "invalid")) {
		const char *reason = json_text(body, "content.reason");

		step->usable = false;
		snprintf(step->why, sizeof(step->why), "invalid: %s", or_unknown(reason));
	}
	return 0;
}

static void steps_free(struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		free(steps->at[i].parameters);
	free(steps->at);
}

/* ---- figures ---- */

static size_t read_axes(const cJSON *at, struct axis_point *out)
{
	size_t count = 0;
	const cJSON *axis;

	for (axis = json_first(at); axis && count < AXES_MAX; axis = axis->next) {
		const char *unit = json_text(axis, "unit");

		snprintf(out[count].axis, sizeof(out->axis), "%s",
			 or_unknown(json_text(axis, "axis")));
		snprintf(out[count].unit, sizeof(out->unit), "%s", unit ? unit : "");
		out[count++].value = json_number(axis, "value", 0);
	}
	return count;
}

static enum better better_of(const cJSON *measurement)
{
	const char *word = json_text(measurement, "metadata.better");

	return text_is(word, "more") ? BETTER_MORE :
	       text_is(word, "less") ? BETTER_LESS :
				       BETTER_NEITHER;
}

static int add_measurement(struct study *study, size_t subject, const struct step *step,
			   const cJSON *measurement)
{
	double value = json_number(measurement, "value", NAN);
	double n = json_number(measurement, "metadata.n", 1);
	struct observation found = {
		.bench = step->bench,
		.label = step->label,
		.name = json_text(measurement, "name"),
		.unit = json_text(measurement, "unit"),
		.parameters = step->parameters,
		.better = better_of(measurement),
		.detail = cJSON_IsTrue(json_path(measurement, "metadata.detail")),
		.level = { .value = value,
			   .mean = json_number(measurement, "metadata.mean", value),
			   .sd = json_number(measurement, "metadata.sd", 0),
			   .low = json_number(measurement, "metadata.min", value),
			   .high = json_number(measurement, "metadata.max", value),
			   .n = n >= 1 && n < 1e15 ? (size_t)n : 1,
			   .boot = study->subjects[subject].count - 1 },
	};

	if (!found.name || !isfinite(value))
		return 0;
	found.axes = read_axes(json_path(measurement, "metadata.at"), found.at);
	return study_add(study, subject, &found);
}

static int add_figures(struct study *study, size_t subject, const struct records *records,
		       struct steps *steps)
{
	int err = 0;

	for (size_t i = 0; !err && i < records->count; i++) {
		const cJSON *json = records->at[i].json;
		const cJSON *measurement = json_path(json, "testStepArtifact.measurement");
		const struct step *step = measurement ? step_of(steps, record_step(json)) : NULL;

		if (step && step->usable)
			err = add_measurement(study, subject, step, measurement);
	}
	return err;
}

/* The judgement of the layer below; later boots confirm or are louder. */
static void note_cache(struct subject *subject, const struct records *records, struct steps *steps)
{
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *json = records->at[i].json;
		const cJSON *diagnosis = json_path(json, "testStepArtifact.diagnosis");
		const struct step *step = diagnosis ? step_of(steps, record_step(json)) : NULL;
		const char *type = json_text(diagnosis, "type"),
			   *message = json_text(diagnosis, "message");

		if (!step || strcmp(step->bench, "disk.hostcache") != 0 || !type)
			continue;
		if (!strcmp(subject->cache.type, "FAIL"))
			return;
		snprintf(subject->cache.type, sizeof(subject->cache.type), "%s", type);
		snprintf(subject->cache.message, sizeof(subject->cache.message), "%s",
			 message ? message : "");
	}
}

static void name_unusable(struct subject *subject, const char *run, const struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		if (!steps->at[i].usable)
			notes_add(&subject->left_out, "%s, step %s%s%s: %s", run,
				  steps->at[i].bench, *steps->at[i].label ? " " : "",
				  steps->at[i].label, steps->at[i].why);
}

static void describe_boot(struct boot_of *boot, const struct folder *folder)
{
	const struct records *records = &folder->journal.records;
	const char *machine = json_text(folder->collect, "machine"),
		   *accel = json_text(folder->collect, "accel");
	const cJSON *start = records_first(records, "testRunStart");

	snprintf(boot->run, sizeof(boot->run), "%s", or_unknown(records_run_id(records)));
	snprintf(boot->path, sizeof(boot->path), "%s", folder->path);
	snprintf(boot->machine, sizeof(boot->machine), "%s", machine ? machine : "");
	snprintf(boot->accel, sizeof(boot->accel), "%s", accel ? accel : "");
	snprintf(boot->plan, sizeof(boot->plan), "%s",
		 or_unknown(json_text(start, "metadata.plan")));
}

int run_add(struct study *study, size_t at, const struct folder *folder)
{
	struct subject *subject = &study->subjects[at];
	const struct records *records = &folder->journal.records;
	const char *id = records_run_id(records), *objection;
	struct steps steps = { 0 };
	struct boot_of *boot;
	char room[300];
	int err = 0;

	objection = run_objection(study, folder, room, sizeof(room));
	if (objection) {
		notes_add(&subject->left_out, "%s: %s", id ? id : folder->path, objection);
		return 0;
	}
	boot = study_add_boot(study, at);
	if (!boot)
		return -ENOMEM;
	describe_boot(boot, folder);
	subject->emulated |= !strcmp(boot->accel, "tcg");
	for (size_t i = 0; !err && i < records->count; i++)
		err = note_step(&steps, records->at[i].json);
	if (!err)
		err = add_figures(study, at, records, &steps);
	note_cache(subject, records, &steps);
	name_unusable(subject, or_unknown(id), &steps);
	steps_free(&steps);
	return err ? err : facts_add(study, at, folder);
}
