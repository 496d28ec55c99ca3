/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lab/export/rows.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

void export_run_read(const struct folder *folder, struct export_run *out)
{
	const struct records *records = &folder->journal.records;
	const cJSON *start = records_first(records, "testRunStart"),
		    *end = records_first(records, "testRunEnd");
	const char *machine = json_text(folder->collect, "machine"),
		   *when = records->count ? json_text(records->at[0].json, "timestamp") : NULL;

	*out = (struct export_run){
		.id = or_empty(records_run_id(records)),
		.machine = or_empty(machine ? machine : json_text(start, "dutInfo.name")),
		.plan = or_empty(json_text(start, "metadata.plan")),
		.version = or_empty(json_text(start, "version")),
		.when = or_empty(when),
		.ended = end,
		.status = or_empty(json_text(end, "status")),
		.result = or_empty(json_text(end, "result")),
	};
}

/* ---- steps, with what their two extensions say ---- */

struct steps {
	struct export_step *at;
	size_t count, room;
};

static struct export_step *find(struct steps *steps, const char *id)
{
	/* The last one is nearly always it. */
	for (size_t i = steps->count; id && i > 0; i--)
		if (!strcmp(steps->at[i - 1].id, id))
			return &steps->at[i - 1];
	return NULL;
}

static int add(struct steps *steps, const char *id, const char *name)
{
	if (steps->count == steps->room) {
		size_t room = steps->room ? 2 * steps->room : 32;
		struct export_step *at = realloc(steps->at, room * sizeof(*at));

		if (!at)
			return -1;
		steps->at = at;
		steps->room = room;
	}
	steps->at[steps->count++] = (struct export_step){ .id = id,
							  .name = name,
							  .bench = "",
							  .label = "",
							  .target = "",
							  .outcome = "",
							  .reason = "" };
	return 0;
}

static void take_extension(struct export_step *step, const cJSON *extension)
{
	const cJSON *content = json_path(extension, "content");
	const char *name = or_empty(json_text(extension, "name"));

	if (!strcmp(name, "step")) {
		step->bench = or_empty(json_text(content, "bench"));
		step->label = or_empty(json_text(content, "label"));
		step->target = or_empty(json_text(content, "target"));
	} else if (!strcmp(name, "outcome")) {
		step->outcome = or_empty(json_text(content, "outcome"));
		step->reason = or_empty(json_text(content, "reason"));
		step->seconds = json_number(content, "seconds", 0);
	}
}

static int read_steps(const struct folder *folder, struct steps *steps)
{
	const struct records *records = &folder->journal.records;

	for (size_t i = 0; i < records->count; i++) {
		const cJSON *json = records->at[i].json;
		const cJSON *start = json_path(json, "testStepArtifact.testStepStart"),
			    *extension = json_path(json, "testStepArtifact.extension");
		struct export_step *step;

		if (start && record_step(json) &&
		    add(steps, record_step(json), or_empty(json_text(start, "name"))))
			return -1;
		step = extension ? find(steps, record_step(json)) : NULL;
		if (step)
			take_extension(step, extension);
	}
	return 0;
}

int export_steps(const struct folder *folder,
		 int (*each)(void *context, const struct export_step *step), void *context)
{
	struct steps steps = { 0 };
	int err = read_steps(folder, &steps);

	for (size_t i = 0; !err && i < steps.count; i++)
		err = each(context, &steps.at[i]);
	free(steps.at);
	return err;
}

int export_measurements(const struct folder *folder,
			int (*each)(void *context, const struct export_step *row), void *context)
{
	const struct records *records = &folder->journal.records;
	struct steps steps = { 0 };
	int err = read_steps(folder, &steps);

	for (size_t i = 0; !err && i < records->count; i++) {
		const cJSON *json = records->at[i].json;
		const cJSON *body = json_path(json, "testStepArtifact.measurement");
		const struct export_step *step = body ? find(&steps, record_step(json)) : NULL;

		if (step) {
			struct export_step row = *step;

			row.body = body;
			row.timestamp = or_empty(json_text(json, "timestamp"));
			row.sequence = records->at[i].sequence;
			err = each(context, &row);
		}
	}
	free(steps.at);
	return err;
}

void export_place(const cJSON *measurement, struct text *out)
{
	const cJSON *axis = json_first(json_path(measurement, "metadata.at"));

	for (; axis; axis = axis->next) {
		const char *unit = or_empty(json_text(axis, "unit"));

		text_add(out, "%s%s=%.15g%s%s", out->len ? ";" : "",
			 or_empty(json_text(axis, "axis")), json_number(axis, "value", 0),
			 *unit ? " " : "", unit);
	}
}
