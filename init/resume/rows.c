/* SPDX-License-Identifier: MIT */
/* The table that people read, of steps that an earlier boot measured: from their records, as
 * samples.c made it of the samples. See resume.h. */
#include "init/resume/resume.h"

#include <cjson/cJSON.h>
#include <string.h>

enum { ROWS_MOST = 4, POINTS = 4096, STEP_ROOM = 32768 };

/* One metric of one step, as its points come one behind the other. */
static struct {
	char name[64], metric[40], unit[16], at[ROWS_MOST][48];
	double value[POINTS], min[ROWS_MOST], max[ROWS_MOST];
	size_t n[ROWS_MOST], count;
	char step_text[STEP_ROOM];
	struct text step; /* complete metrics of the step that is open */
} rows;

static double number_of(const cJSON *object, const char *key)
{
	const cJSON *number = cJSON_GetObjectItem(object, key);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	return text ? text : "";
}

static void describe_point(const cJSON *axes, char *out, size_t room)
{
	struct text text;
	const cJSON *axis;

	text_begin(&text, out, room);
	cJSON_ArrayForEach(axis, axes) {
		const char *unit = text_of(axis, "unit");

		text_add(&text, "%s%s %.0f%s%s", text.len ? " x " : "",
			 *unit ? "" : text_of(axis, "axis"), number_of(axis, "value"),
			 *unit ? " " : "", unit);
	}
}

static void end_metric(void)
{
	struct summary_row row = { rows.name, rows.metric, rows.unit, "", 0, 0, 0, 0 };
	struct stats stats;
	char at[48];

	for (size_t i = 0; rows.count <= ROWS_MOST && i < rows.count; i++) {
		row.at = rows.at[i];
		row.value = rows.value[i];
		row.min = rows.min[i];
		row.max = rows.max[i];
		row.n = rows.n[i];
		table_row(&rows.step, &row);
	}
	if (rows.count > ROWS_MOST) {
		stats_of(rows.value, rows.count, &stats);
		snprintf(at, sizeof(at), "%zu points", rows.count);
		row.at = at;
		row.value = stats.median;
		row.min = stats.min;
		row.max = stats.max;
		row.n = rows.count;
		table_row(&rows.step, &row);
	}
	rows.count = 0;
}

static void add_measurement(const cJSON *measurement)
{
	const cJSON *metadata = cJSON_GetObjectItem(measurement, "metadata");
	size_t i;

	if (cJSON_IsTrue(cJSON_GetObjectItem(metadata, "detail")))
		return;
	if (rows.count && strcmp(rows.metric, text_of(measurement, "name")) != 0)
		end_metric();
	i = rows.count < POINTS ? rows.count++ : POINTS - 1;
	snprintf(rows.metric, sizeof(rows.metric), "%s", text_of(measurement, "name"));
	snprintf(rows.unit, sizeof(rows.unit), "%s", text_of(measurement, "unit"));
	rows.value[i] = number_of(measurement, "value");
	if (i >= ROWS_MOST)
		return;
	rows.min[i] = number_of(metadata, "min");
	rows.max[i] = number_of(metadata, "max");
	rows.n[i] = (size_t)number_of(metadata, "n");
	describe_point(cJSON_GetObjectItem(metadata, "at"), rows.at[i], sizeof(rows.at[i]));
}

/* What an interrupted step left is in the journal; the table is for what may be compared. */
static void end_step(struct text *summary, const char *outcome)
{
	end_metric();
	if (strcmp(outcome, outcome_name(RUN_INTERRUPTED)) != 0)
		text_add(summary, "%s", rows.step.start);
	text_begin(&rows.step, rows.step_text, sizeof(rows.step_text));
}

void resume_row(struct text *summary, const char *line, size_t len)
{
	cJSON *json = cJSON_ParseWithLength(line, len);
	const cJSON *step = cJSON_GetObjectItem(json, "testStepArtifact");
	const cJSON *start = cJSON_GetObjectItem(step, "testStepStart");
	const cJSON *measurement = cJSON_GetObjectItem(step, "measurement");
	const cJSON *extension = cJSON_GetObjectItem(step, "extension");

	if (start) {
		rows.count = 0;
		text_begin(&rows.step, rows.step_text, sizeof(rows.step_text));
		snprintf(rows.name, sizeof(rows.name), "%s", text_of(start, "name"));
	}
	if (measurement && rows.step.start)
		add_measurement(measurement);
	if (extension && rows.step.start && !strcmp(text_of(extension, "name"), "outcome"))
		end_step(summary, text_of(cJSON_GetObjectItem(extension, "content"), "outcome"));
	cJSON_Delete(json);
}
