/* SPDX-License-Identifier: MIT */
/* The figures of one step: a row each, or a matrix where they stand over two axes. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

/* From that many points of one metric on, a line each is no longer readable: a matrix is. */
enum { MATRIX_FROM = 9, MATRIX_SIDE = 24, LABEL_ROOM = 80 };

/* What the benchmark calls a detail stays in the journal: the table is for reading. */
static const cJSON *measurement_of(const struct step_view *step, size_t at)
{
	const cJSON *json = step->records->at[at].json, *found;
	const char *id = record_step(json);

	if (!id || strcmp(id, step->id))
		return NULL;
	found = json_path(json, "testStepArtifact.measurement");
	return cJSON_IsTrue(json_path(found, "metadata.detail")) ? NULL : found;
}

static void add_axis_value(const cJSON *axis, struct text *out)
{
	const char *unit = json_text(axis, "unit");
	double value = json_number(axis, "value", 0);

	if (unit && (!strcmp(unit, "B") || !strcmp(unit, "bytes")) && value >= 0 && value < 1e18) {
		text_add_bytes(out, (uint64_t)value);
		return;
	}
	text_add(out, "%.10g", value); /* a place, not a figure: exact */
	if (unit && *unit)
		text_add(out, " %s", unit);
}

void figures_place(const cJSON *at, char *label, size_t room)
{
	const cJSON *axis;
	struct text text;

	text_begin(&text, label, room);
	for (axis = json_first(at); axis; axis = axis->next) {
		const char *name = json_text(axis, "axis");

		text_add(&text, "%s", text.len ? " x " : "");
		/* A size speaks for itself; a bare number needs its name. */
		if (name && !*or_unknown(json_text(axis, "unit")))
			text_add(&text, "%s ", name);
		add_axis_value(axis, &text);
	}
}

static size_t count_in(const cJSON *measurement)
{
	double n = json_number(measurement, "metadata.n", 1);

	return n >= 0 && n < 1e15 ? (size_t)n : 0;
}

static void add_row(const struct step_view *step, const cJSON *measurement, struct text *out)
{
	double value = json_number(measurement, "value", 0);
	char at[LABEL_ROOM];
	const char *unit = json_text(measurement, "unit"), *name = json_text(measurement, "name");
	struct summary_row row = {
		.step = step->name,
		.metric = or_unknown(name),
		.unit = unit ? unit : "",
		.at = at,
		.value = value,
		.min = json_number(measurement, "metadata.min", value),
		.max = json_number(measurement, "metadata.max", value),
		.n = count_in(measurement),
	};

	figures_place(json_path(measurement, "metadata.at"), at, sizeof(at));
	if (cJSON_IsNumber(json_path(measurement, "value")))
		table_row(out, &row);
	else
		text_add(out, "%-18s %-22s %-16s %12s\n", step->name, row.metric, at,
			 or_unknown(json_text(measurement, "value")));
}

/* ---- a metric over two axes ---- */

struct matrix {
	double rows[MATRIX_SIDE], columns[MATRIX_SIDE];
	size_t row_count, column_count;
	const cJSON *cell[MATRIX_SIDE][MATRIX_SIDE];
	const cJSON *row_axis[MATRIX_SIDE], *column_axis[MATRIX_SIDE];
	bool full;
};

static size_t place(double *values, const cJSON **axes, size_t *count, const cJSON *axis,
		    bool *full)
{
	double value = json_number(axis, "value", 0);
	size_t at = 0;

	while (at < *count && (values[at] < value || values[at] > value))
		at++;
	if (at == MATRIX_SIDE) {
		*full = true;
		return 0;
	}
	if (at == *count) {
		values[at] = value;
		axes[at] = axis;
		++*count;
	}
	return at;
}

static void fill_matrix(struct matrix *matrix, const struct step_view *step, const char *metric)
{
	for (size_t i = 0; i < step->records->count; i++) {
		const cJSON *measurement = measurement_of(step, i),
			    *at = json_path(measurement, "metadata.at");
		const char *name = json_text(measurement, "name");
		size_t row, column;

		if (!name || strcmp(name, metric) != 0 || cJSON_GetArraySize(at) != 2)
			continue;
		row = place(matrix->rows, matrix->row_axis, &matrix->row_count,
			    cJSON_GetArrayItem(at, 0), &matrix->full);
		column = place(matrix->columns, matrix->column_axis, &matrix->column_count,
			       cJSON_GetArrayItem(at, 1), &matrix->full);
		matrix->cell[row][column] = measurement;
	}
}

static void add_label(struct text *out, const cJSON *axis, int width)
{
	char label[LABEL_ROOM];
	struct text text;

	text_begin(&text, label, sizeof(label));
	add_axis_value(axis, &text);
	text_add(out, "%*s", width, label);
}

static void add_cell(struct text *out, const cJSON *measurement)
{
	char cell[32] = "-";
	struct text text;

	if (measurement) {
		text_begin(&text, cell, sizeof(cell));
		text_add_value(&text, json_number(measurement, "value", 0));
	}
	text_add(out, " %9s", cell);
}

static void add_matrix(const struct step_view *step, const char *metric, const char *unit,
		       struct text *out)
{
	struct matrix *matrix = calloc(1, sizeof(*matrix));

	if (!matrix)
		return;
	fill_matrix(matrix, step, metric);
	text_add(out, "%s %s, %s: %s down, %s across%s\n%11s", step->name, metric, unit,
		 or_unknown(json_text(matrix->row_axis[0], "axis")),
		 or_unknown(json_text(matrix->column_axis[0], "axis")),
		 matrix->full ? " (not all points shown)" : "", "");
	for (size_t column = 0; column < matrix->column_count; column++) {
		text_add(out, " ");
		add_label(out, matrix->column_axis[column], 9);
	}
	for (size_t row = 0; row < matrix->row_count; row++) {
		text_add(out, "\n");
		add_label(out, matrix->row_axis[row], 11);
		for (size_t column = 0; column < matrix->column_count; column++)
			add_cell(out, matrix->cell[row][column]);
	}
	text_add(out, "\n");
	free(matrix);
}

/* How many two-axes points the step has of this metric, and whether `at` is the first of them. */
static size_t points_of(const struct step_view *step, const char *metric, size_t at, bool *first)
{
	size_t count = 0;

	*first = true;
	for (size_t i = 0; i < step->records->count; i++) {
		const cJSON *measurement = measurement_of(step, i);
		const char *name = json_text(measurement, "name");

		if (!name || strcmp(name, metric) != 0 ||
		    cJSON_GetArraySize(json_path(measurement, "metadata.at")) != 2)
			continue;
		*first &= i >= at;
		count++;
	}
	return count;
}

static void add_measurement(const struct step_view *step, size_t at, struct text *out)
{
	const cJSON *measurement = measurement_of(step, at);
	const char *metric = json_text(measurement, "name"), *unit = json_text(measurement, "unit");
	bool two_axes = cJSON_GetArraySize(json_path(measurement, "metadata.at")) == 2, first;

	if (!metric)
		return;
	if (!two_axes || points_of(step, metric, at, &first) < MATRIX_FROM)
		add_row(step, measurement, out);
	else if (first)
		add_matrix(step, metric, unit ? unit : "", out);
}

void figures_write(const struct step_view *step, struct text *out)
{
	for (size_t i = 0; i < step->records->count; i++)
		add_measurement(step, i, out);
}
