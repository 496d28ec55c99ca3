/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics 1.0 text (the format's specification, and RFC draft-richih-opsawg-openmetrics): a
 * gauge for each metric and unit, its places as labels, with the time of the record, so that a
 * time-series store can take old runs in. stat="min" and "max" stand beside a value of several.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/export/export.h"
#include "lab/export/rows.h"

enum { FAMILY_ROOM = 160, LABELS_ROOM = 2048 };

struct sample {
	char family[FAMILY_ROOM], unit[48];
	char *labels;
	double value, time;
	size_t order;
};
struct samples {
	struct sample *at;
	size_t count, room;
	struct export_run run;
};

/* ---- names ---- */

/* Names are of [a-zA-Z0-9_]. */
static void add_name(struct text *out, const char *text)
{
	for (; *text; text++)
		text_add(out, "%c", isalnum((unsigned char)*text) ? *text : '_');
}

static const char *unit_name(const char *unit)
{
	static const char *const names[][2] = {
		{ "s", "seconds" },
		{ "ms", "milliseconds" },
		{ "us", "microseconds" },
		{ "ns", "nanoseconds" },
		{ "B", "bytes" },
		{ "KiB", "kibibytes" },
		{ "%", "percent" },
		{ "/s", "per_second" },
		{ "KiB/s", "kibibytes_per_second" },
		{ "MB/s", "megabytes_per_second" },
		{ "Mbit/s", "megabits_per_second" },
		{ "1", "" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!strcmp(unit, names[i][0]))
			return names[i][1];
	return unit;
}

static void name_family(struct sample *sample, const struct export_step *row)
{
	const char *unit = json_text(row->body, "unit"), *name = json_text(row->body, "name");
	struct text text;

	text_begin(&text, sample->unit, sizeof(sample->unit));
	add_name(&text, unit_name(unit ? unit : ""));
	text_begin(&text, sample->family, sizeof(sample->family) - sizeof(sample->unit) - 1);
	text_add(&text, "assay_");
	add_name(&text, *row->bench ? row->bench : row->name);
	text_add(&text, "_");
	add_name(&text, name ? name : "unnamed");
	text.room = sizeof(sample->family);
	/* The unit is the name's end, by the format's rule. */
	text_add(&text, "%s%s", *sample->unit ? "_" : "", sample->unit);
}

/* ---- labels ---- */

static void add_label(struct text *out, const char *name, const char *value)
{
	if (!*value)
		return;
	text_add(out, "%s%s=\"", out->len ? "," : "", name);
	for (; *value; value++)
		if (*value == '\\' || *value == '"')
			text_add(out, "\\%c", *value);
		else if (*value == '\n')
			text_add(out, "\\n");
		else
			text_add(out, "%c", *value);
	text_add(out, "\"");
}

static void add_places(struct text *out, const cJSON *measurement)
{
	const cJSON *axis = json_first(json_path(measurement, "metadata.at"));

	for (; axis; axis = axis->next) {
		const char *word = json_text(axis, "axis"), *unit = json_text(axis, "unit");
		char name[80], value[80];
		struct text text;

		/* "at_" keeps an axis from being called like one of ours. */
		text_begin(&text, name, sizeof(name));
		text_add(&text, "at_");
		add_name(&text, word ? word : "");
		snprintf(value, sizeof(value), "%.15g%s%.40s", json_number(axis, "value", 0),
			 unit && *unit ? " " : "", unit ? unit : "");
		add_label(out, name, value);
	}
}

static char *make_labels(const struct samples *samples, const struct export_step *row,
			 const char *stat)
{
	char room[LABELS_ROOM];
	struct text text;

	text_begin(&text, room, sizeof(room));
	add_label(&text, "run", samples->run.id);
	add_label(&text, "machine", samples->run.machine);
	add_label(&text, "plan", samples->run.plan);
	add_label(&text, "step", row->id);
	add_label(&text, "label", row->label);
	add_label(&text, "target", row->target);
	add_places(&text, row->body);
	add_label(&text, "stat", stat);
	return text.cut ? NULL : strdup(room);
}

/* ---- samples ---- */

static double seconds_of(const char *timestamp)
{
	struct tm tm = { 0 };
	char *rest = strptime(timestamp, "%Y-%m-%dT%H:%M:%S", &tm);

	return rest ? (double)timegm(&tm) + strtod(rest, NULL) : 0;
}

static int add_sample(struct samples *samples, const struct export_step *row, const char *stat,
		      double value)
{
	struct sample *sample;

	if (samples->count == samples->room) {
		size_t room = samples->room ? 2 * samples->room : 256;
		struct sample *at = realloc(samples->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		samples->at = at;
		samples->room = room;
	}
	sample = &samples->at[samples->count];
	*sample = (struct sample){ .value = value,
				   .time = seconds_of(row->timestamp),
				   .order = samples->count };
	name_family(sample, row);
	sample->labels = make_labels(samples, row, stat);
	if (!sample->labels)
		return 0; /* labels of more than 2 KB: not a record of ours */
	samples->count++;
	return 0;
}

static int add_row(void *context, const struct export_step *row)
{
	const cJSON *value = json_path(row->body, "value");
	const double n = json_number(row->body, "metadata.n", 1);
	int err;

	if (cJSON_IsBool(value))
		return add_sample(context, row, "value", cJSON_IsTrue(value));
	if (!cJSON_IsNumber(value))
		return 0;
	err = add_sample(context, row, "value", value->valuedouble);
	if (!err && n > 1)
		err = add_sample(context, row, "min",
				 json_number(row->body, "metadata.min", value->valuedouble));
	if (!err && n > 1)
		err = add_sample(context, row, "max",
				 json_number(row->body, "metadata.max", value->valuedouble));
	return err;
}

/* A family stands in one piece, and no set of labels twice in it: the later one would be refused.
 */
static int compare(const void *a, const void *b)
{
	const struct sample *first = a, *second = b;
	int order = strcmp(first->family, second->family);

	if (!order)
		order = strcmp(first->labels, second->labels);
	return order ? order : (first->order > second->order) - (first->order < second->order);
}

static void put_samples(const struct samples *samples, FILE *out)
{
	const struct sample *last = NULL;

	for (size_t i = 0; i < samples->count; i++) {
		const struct sample *sample = &samples->at[i];
		bool same = last && !strcmp(last->family, sample->family);

		if (same && !strcmp(last->labels, sample->labels))
			continue;
		if (!same)
			fprintf(out, "# TYPE %s gauge\n", sample->family);
		if (!same && *sample->unit)
			fprintf(out, "# UNIT %s %s\n", sample->family, sample->unit);
		fprintf(out, "%s{%s} %.17g", sample->family, sample->labels, sample->value);
		if (sample->time > 0)
			fprintf(out, " %.3f", sample->time);
		fputc('\n', out);
		last = sample;
	}
}

/* ---- steps and the run ---- */

struct outcomes {
	FILE *out;
	const struct export_run *run;
};

static int put_outcome(void *context, const struct export_step *step)
{
	const struct outcomes *outcomes = context;
	char room[LABELS_ROOM];
	struct text text;

	text_begin(&text, room, sizeof(room));
	add_label(&text, "run", outcomes->run->id);
	add_label(&text, "machine", outcomes->run->machine);
	add_label(&text, "step", step->id);
	add_label(&text, "name", step->name);
	add_label(&text, "outcome", *step->outcome ? step->outcome : "none");
	if (!text.cut)
		fprintf(outcomes->out, "assay_step_ok{%s} %d\n", room,
			!strcmp(step->outcome, "ok"));
	return 0;
}

static void put_run(const struct export_run *run, FILE *out)
{
	char room[LABELS_ROOM];
	struct text text;

	text_begin(&text, room, sizeof(room));
	add_label(&text, "run", run->id);
	add_label(&text, "machine", run->machine);
	add_label(&text, "plan", run->plan);
	add_label(&text, "version", run->version);
	add_label(&text, "result", run->ended ? run->result : "cut off");
	fprintf(out, "# TYPE assay_run info\nassay_run_info{%s} 1\n", text.cut ? "" : room);
}

static void samples_free(struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++)
		free(samples->at[i].labels);
	free(samples->at);
}

int export_openmetrics(const struct folder *folder, FILE *out, char *why, size_t room)
{
	struct samples samples = { 0 };
	struct outcomes outcomes = { out, &samples.run };
	int err;

	(void)why;
	(void)room;
	export_run_read(folder, &samples.run);
	err = export_measurements(folder, add_row, &samples);
	if (!err) {
		put_run(&samples.run, out);
		fputs("# TYPE assay_step_ok gauge\n", out);
		err = export_steps(folder, put_outcome, &outcomes);
		if (samples.count)
			qsort(samples.at, samples.count, sizeof(*samples.at), compare);
		put_samples(&samples, out);
		fputs("# EOF\n", out);
	}
	samples_free(&samples);
	return err ? -ENOMEM : 0;
}
