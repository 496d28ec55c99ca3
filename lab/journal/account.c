/* SPDX-License-Identifier: MIT */
/* The readable report of a run: what it was, what it measured, what went wrong. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/journal/journal.h"

enum { REPORT_ROOM = 4 << 20 };

/* ---- the heading ---- */

static double seconds_of(const char *timestamp)
{
	struct tm tm = { 0 };
	char *rest = timestamp ? strptime(timestamp, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	return rest ? (double)timegm(&tm) + strtod(rest, NULL) : -1;
}

static void add_wall_time(const struct records *records, struct text *out)
{
	double start = seconds_of(json_text(records->at[0].json, "timestamp"));
	double end = seconds_of(json_text(records->at[records->count - 1].json, "timestamp"));

	if (start < 0 || end < start)
		return;
	text_add(out, "took     ");
	text_add_duration(out, end - start);
	text_add(out, "\n");
}

static void add_line(struct text *out, const char *name, const char *value)
{
	if (value)
		text_add(out, "%-8s %s\n", name, value);
}

static void add_platforms(const cJSON *dut, struct text *out)
{
	const cJSON *platform;

	for (platform = json_first(json_path(dut, "platformInfos")); platform;
	     platform = platform->next)
		add_line(out, "platform", json_text(platform, "info"));
}

static void add_heading(const struct folder *folder, struct text *out)
{
	const struct records *records = &folder->journal.records;
	const cJSON *start = records_first(records, "testRunStart"),
		    *end = records_first(records, "testRunEnd");
	const char *image = json_text(folder->payload, "sha256"),
		   *accel = json_text(folder->collect, "accel");
	const char *machine = json_text(folder->collect, "machine");

	text_add(out, "run      %s\n", or_unknown(records_run_id(records)));
	if (machine)
		text_add(out, "machine  %s%s%s\n", machine, accel ? ", " : "",
			 accel && !strcmp(accel, "tcg") ?
				 "tcg: emulated, so figures are the emulator's" :
			 accel ? accel :
				 "");
	add_line(out, "device", json_text(start, "dutInfo.name"));
	add_platforms(json_path(start, "dutInfo"), out);
	if (folder->partner)
		text_add(out, "partner  %s, run %s, at %s\n",
			 or_unknown(json_text(folder->partner, "mac")),
			 or_unknown(json_text(folder->partner, "runId")),
			 or_unknown(json_text(folder->partner, "address")));
	text_add(out, "plan     %s\n", or_unknown(json_text(start, "metadata.plan")));
	text_add(out, "image    %s%s\n", image ? "sha256 " : "build id ",
		 or_unknown(image ? image : json_text(start, "metadata.buildId")));
	if (records->count)
		add_wall_time(records, out);
	if (end)
		text_add(out, "end      %s, %s\n", or_unknown(json_text(end, "status")),
			 or_unknown(json_text(end, "result")));
	else
		text_add(out, "end      none: the run was cut off\n");
}

/* ---- steps ---- */

static const cJSON *extension_of(const struct step_view *step, const char *name)
{
	for (size_t i = 0; i < step->records->count; i++) {
		const cJSON *json = step->records->at[i].json;
		const cJSON *extension = json_path(json, "testStepArtifact.extension");
		const char *id = record_step(json), *found = json_text(extension, "name");

		if (found && !strcmp(found, name) && !strcmp(id ? id : "", step->id))
			return json_path(extension, "content");
	}
	return NULL;
}

static void add_outcome(const struct step_view *step, struct text *out)
{
	const cJSON *outcome = extension_of(step, "outcome");
	const char *word = json_text(outcome, "outcome"), *reason = json_text(outcome, "reason");
	const char *target = json_text(extension_of(step, "step"), "target");

	text_add(out, "%-18s %-8s ", step->name, word ? word : "no outcome");
	text_add_duration(out, json_number(outcome, "seconds", 0));
	if (target && *target)
		text_add(out, ", on %s", target);
	if (reason && *reason)
		text_add(out, ": %s", reason);
	text_add(out, "\n");
}

/* The name of the step that a record belongs to, and ": "; nothing for a record of the run. */
static void add_owner(const struct records *records, const struct record *record, struct text *out)
{
	const char *step = record_step(record->json);

	for (size_t i = 0; step && i < records->count; i++) {
		const char *id = record_step(records->at[i].json);
		const char *name =
			json_text(records->at[i].json, "testStepArtifact.testStepStart.name");

		if (name && id && !strcmp(id, step)) {
			text_add(out, "%s: ", name);
			return;
		}
	}
}

static bool deserves_a_remark(const char *kind, const cJSON *body)
{
	const char *severity = json_text(body, "severity"), *type = json_text(body, "type");

	if (!strcmp(kind, "log"))
		return severity && strcmp(severity, "INFO") != 0 && strcmp(severity, "DEBUG") != 0;
	return !strcmp(kind, "error") ||
	       (!strcmp(kind, "diagnosis") && type && strcmp(type, "PASS") != 0);
}

/* What a person must know beside the figures: errors, warnings, judgements that are not a pass. */
static void add_remark(const struct records *records, const struct record *record, struct text *out)
{
	const cJSON *body;
	const char *kind = record_kind(record->json, &body), *message = json_text(body, "message");
	const char *word = json_text(body, "severity"), *what = json_text(body, "symptom");

	if (!kind || !deserves_a_remark(kind, body))
		return;
	word = word ? word : json_text(body, "type");
	what = what ? what : json_text(body, "verdict");
	text_add(out, "%-8s ", word ? word : "ERROR");
	add_owner(records, record, out);
	text_add(out, "%s%s%s\n", what ? what : "", what && message ? ": " : "",
		 message ? message : "");
}

static void for_each_step(const struct records *records, struct text *out,
			  void (*each)(const struct step_view *step, struct text *out))
{
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *start =
			json_path(records->at[i].json, "testStepArtifact.testStepStart");
		const char *id = record_step(records->at[i].json), *name = json_text(start, "name");
		struct step_view step = { id, or_unknown(name), records };

		if (start && id)
			each(&step, out);
	}
}

enum { STEPS_MAX = 512 };

static void add_tables(const struct records *records, struct text *out)
{
	struct step_view *steps = calloc(STEPS_MAX, sizeof(*steps));
	size_t count = 0;

	for (size_t i = 0; steps && i < records->count && count < STEPS_MAX; i++) {
		const cJSON *start =
			json_path(records->at[i].json, "testStepArtifact.testStepStart");
		const char *id = record_step(records->at[i].json);

		if (start && id)
			steps[count++] = (struct step_view){ id,
							     or_unknown(json_text(start, "name")),
							     records };
	}
	if (steps)
		tables_write(steps, count, out);
	free(steps);
}

void account_write(const struct folder *folder, struct text *out)
{
	const struct records *records = &folder->journal.records;

	add_heading(folder, out);
	text_add(out, "\n");
	for_each_step(records, out, add_outcome);
	text_add(out, "\n");
	add_tables(records, out);
	table_heading(out);
	for_each_step(records, out, figures_write);
	text_add(out, "\n");
	for (size_t i = 0; i < records->count; i++)
		add_remark(records, &records->at[i], out);
}

char *account_make(const struct folder *folder)
{
	static const char cut[] = "(the report is longer than 4 MiB; the rest is in the journal)\n";
	char *buffer = malloc(REPORT_ROOM + sizeof(cut));
	struct text text;

	if (!buffer)
		return NULL;
	text_begin(&text, buffer, REPORT_ROOM);
	account_write(folder, &text);
	if (text.cut)
		memcpy(buffer + text.len, cut, sizeof(cut));
	return buffer;
}
