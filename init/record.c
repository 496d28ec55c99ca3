/* SPDX-License-Identifier: MIT */
/* Samples and notes to records: what the supervisor writes about a run and its steps. */
#include "init/init.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the run ---- */

static cJSON *settings_json(const struct settings *settings)
{
	cJSON *all = cJSON_CreateObject();
	char value[200];
	struct text text;

	for (size_t i = 0; i < SETTINGS; i++) {
		text_begin(&text, value, sizeof(value));
		param_format(&settings_table[i], &settings->value[i], &text);
		cJSON_AddStringToObject(all, settings_table[i].name, value);
	}
	return all;
}

static cJSON *run_metadata(const struct story *story)
{
	cJSON *metadata = cJSON_CreateObject();
	char hex[65];

	cJSON_AddStringToObject(metadata, "runId", story->run_id);
	cJSON_AddStringToObject(metadata, "buildId", story->machine.build_id);
	digest_hex(&story->machine.init_digest, hex, 32);
	cJSON_AddStringToObject(metadata, "initSha256", hex);
	cJSON_AddStringToObject(metadata, "plan", story->settings.value[SET_PLAN].text);
	digest_hex(&story->settings.plan_digest, hex, 32);
	cJSON_AddStringToObject(metadata, "planSha256", hex);
	return metadata;
}

void record_start(struct story *story)
{
	journal_write(&story->journal, artifact_schema_version());
	journal_write(&story->journal,
		      artifact_run_start("assay", assay_version, story->command_line,
					 settings_json(&story->settings),
					 fingerprint_dut(&story->machine), run_metadata(story)));
	story->journal_open = true;
}

void record_log(struct story *story, const char *step, enum severity severity, const char *format,
		...)
{
	char message[WHY_ROOM + 128];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	journal_write(&story->journal, artifact_log(step, severity, message));
}

void record_end(struct story *story, enum run_status status, enum run_result result)
{
	journal_write(&story->journal, artifact_run_end(status, result));
}

/* ---- a step ---- */

static cJSON *step_values(const struct request *request)
{
	const struct param *params = request->bench->params;
	cJSON *values = cJSON_CreateObject();
	char value[200];
	struct text text;

	for (size_t i = 0; i < params_count(params); i++) {
		text_begin(&text, value, sizeof(value));
		param_format(&params[i], &request->value[i], &text);
		cJSON_AddStringToObject(values, params[i].name, value);
	}
	return values;
}

void record_step_start(struct story *story, const struct step *step)
{
	cJSON *content = cJSON_CreateObject();

	cJSON_AddStringToObject(content, "bench", step->request->bench->name);
	cJSON_AddStringToObject(content, "label", step->request->label);
	cJSON_AddStringToObject(content, "definition", step->request->bench->definition);
	cJSON_AddStringToObject(content, "target", step->target);
	cJSON_AddItemToObject(content, "parameters", step_values(step->request));
	cJSON_AddNumberToObject(content, "expectedSeconds", step->expected_seconds);
	cJSON_AddNumberToObject(content, "deadlineSeconds", step->deadline_seconds);
	journal_write(&story->journal, artifact_step_start(step->id, step->name));
	journal_write(&story->journal, artifact_extension(step->id, "step", content));
}

/* All samples of one metric at one point of the axes. */
struct group {
	uint32_t metric, count, filled;
	uint64_t point[AXES];
	double *values;
	uint64_t *at_ns;
};

static struct group *group_of(struct group *groups, size_t *count, const struct sample *sample)
{
	for (size_t i = *count; i-- > 0;)
		if (groups[i].metric == sample->metric &&
		    !memcmp(groups[i].point, sample->point, sizeof(sample->point)))
			return &groups[i];
	groups[*count] = (struct group){ .metric = sample->metric };
	memcpy(groups[*count].point, sample->point, sizeof(sample->point));
	return &groups[(*count)++];
}

static cJSON *point_json(const struct bench *bench, const uint64_t *point)
{
	cJSON *at = bench->axes ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; at && i < AXES && bench->axes[i].name; i++) {
		cJSON *axis = cJSON_CreateObject();

		cJSON_AddStringToObject(axis, "axis", bench->axes[i].name);
		cJSON_AddNumberToObject(axis, "value", (double)point[i]);
		cJSON_AddStringToObject(axis, "unit", bench->axes[i].unit);
		cJSON_AddItemToArray(at, axis);
	}
	return at;
}

static const char *better_name(enum direction better)
{
	static const char *const names[] = { "more", "less", "neither" };

	return names[better];
}

static const char *summary_name(enum summary summary)
{
	static const char *const names[] = { "median", "mean", "sum", "max", "min", "last" };

	return names[summary];
}

static cJSON *spread_json(const struct bench *bench, const struct group *group,
			  const struct stats *stats)
{
	const struct metric *metric = &bench->metrics[group->metric];
	cJSON *metadata = cJSON_CreateObject(), *at = point_json(bench, group->point);

	cJSON_AddStringToObject(metadata, "better", better_name(metric->better));
	cJSON_AddStringToObject(metadata, "by", summary_name(metric->summary));
	if (metric->detail)
		cJSON_AddBoolToObject(metadata, "detail", true);
	cJSON_AddNumberToObject(metadata, "n", (double)stats->n);
	cJSON_AddNumberToObject(metadata, "min", stats->min);
	cJSON_AddNumberToObject(metadata, "max", stats->max);
	cJSON_AddNumberToObject(metadata, "mean", stats->mean);
	cJSON_AddNumberToObject(metadata, "sd", stats->sd);
	cJSON_AddNumberToObject(metadata, "median", stats->median);
	cJSON_AddNumberToObject(metadata, "p95", stats->p95);
	cJSON_AddNumberToObject(metadata, "p99", stats->p99);
	if (at)
		cJSON_AddItemToObject(metadata, "at", at);
	return metadata;
}

/* Raw samples: to the partition only; start and end, with the count, go everywhere. */
static void record_series(struct story *story, const struct step *step, const struct run *run,
			  const struct group *group, size_t index)
{
	const struct metric *metric = &run->bench->metrics[group->metric];
	int64_t now_ms = wall_ms(), now_ns = (int64_t)run->now_ns();
	char series[40], timestamp[TIMESTAMP_ROOM];
	cJSON *metadata = cJSON_CreateObject(), *at = point_json(run->bench, group->point);

	snprintf(series, sizeof(series), "%s-%zu", step->id, index);
	if (at)
		cJSON_AddItemToObject(metadata, "at", at);
	journal_write(&story->journal, artifact_series_start(step->id, series, metric->name,
							     metric->unit, metadata));
	for (uint32_t i = 0; i < group->count; i++) {
		timestamp_format(now_ms - (now_ns - (int64_t)group->at_ns[i]) / 1000000, timestamp);
		journal_write_bulk(&story->journal,
				   artifact_series_element(step->id, series, i, group->values[i],
							   timestamp, NULL));
	}
	journal_write(&story->journal, artifact_series_end(step->id, series, group->count));
}

static double summary_value(enum summary summary, const struct group *group,
			    const struct stats *stats, double last)
{
	switch (summary) {
	case BY_MEAN:
		return stats->mean;
	case BY_SUM:
		return stats->sum;
	case BY_MAX:
		return stats->max;
	case BY_MIN:
		return stats->min;
	case BY_LAST:
		return last;
	default:
		return group->count ? stats->median : 0;
	}
}

static double record_group(struct story *story, const struct step *step, const struct run *run,
			   struct group *group, size_t index)
{
	const struct metric *metric = &run->bench->metrics[group->metric];
	double last = group->values[group->count - 1], value;
	struct stats stats;

	if (metric->series)
		record_series(story, step, run, group, index);
	stats_of(group->values, group->count, &stats);
	value = summary_value(metric->summary, group, &stats, last);
	journal_write(&story->journal,
		      artifact_measurement(step->id, metric->name, value, metric->unit,
					   spread_json(run->bench, group, &stats)));
	return value;
}

static void describe_point(const struct bench *bench, const struct group *group, char *out,
			   size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	for (size_t i = 0; bench->axes && i < AXES && bench->axes[i].name; i++)
		text_add(&text, "%s%s %llu%s%s", i ? " x " : "",
			 bench->axes[i].unit[0] ? "" : bench->axes[i].name,
			 (unsigned long long)group->point[i], bench->axes[i].unit[0] ? " " : "",
			 bench->axes[i].unit);
}

/* One row a point; a surface of many points is one row with its range, the whole being in the
 * journal. */
static void add_rows(struct story *story, const struct step *step, const struct bench *bench,
		     struct group *groups, size_t count, uint32_t metric, double *values)
{
	enum { ROWS_MOST = 4 };
	struct summary_row row = {
		step->name, bench->metrics[metric].name, bench->metrics[metric].unit, "", 0, 0, 0, 0
	};
	struct stats stats, own;
	char at[48];
	double *picked = calloc(count ? count : 1, sizeof(*picked));
	size_t n = 0;

	for (size_t i = 0; picked && i < count; i++)
		if (groups[i].metric == metric)
			picked[n++] = values[i];
	if (picked && n > ROWS_MOST) {
		stats_of(picked, n, &stats);
		snprintf(at, sizeof(at), "%zu points", n);
		row.at = at;
		row.value = stats.median;
		row.min = stats.min;
		row.max = stats.max;
		row.n = n;
		table_row(&story->summary, &row);
	}
	for (size_t i = 0; n <= ROWS_MOST && i < count; i++) {
		if (groups[i].metric != metric)
			continue;
		describe_point(bench, &groups[i], at, sizeof(at));
		stats_of(groups[i].values, groups[i].count, &own); /* sorted already */
		row.at = at;
		row.value = values[i];
		row.min = own.min;
		row.max = own.max;
		row.n = own.n;
		table_row(&story->summary, &row);
	}
	free(picked);
}

static void fill_groups(struct group *groups, size_t *count, const struct run_shared *shared,
			double *values, uint64_t *at_ns)
{
	size_t start = 0;

	for (uint32_t i = 0; i < shared->count; i++)
		group_of(groups, count, &shared->samples[i])->count++;
	for (size_t i = 0; i < *count; i++) {
		groups[i].values = values + start;
		groups[i].at_ns = at_ns + start;
		start += groups[i].count;
	}
	for (uint32_t i = 0; i < shared->count; i++) {
		struct group *group = group_of(groups, count, &shared->samples[i]);

		group->values[group->filled] = shared->samples[i].value;
		group->at_ns[group->filled++] = shared->samples[i].at_ns;
	}
}

static void record_samples(struct story *story, const struct step *step, const struct run *run)
{
	uint32_t n = run->shared->count;
	struct group *groups = calloc(n ? n : 1, sizeof(*groups));
	double *values = calloc(n ? n : 1, sizeof(*values)),
	       *summaries = calloc(n ? n : 1, sizeof(*summaries));
	uint64_t *at_ns = calloc(n ? n : 1, sizeof(*at_ns));
	size_t count = 0;

	if (!groups || !values || !at_ns || !summaries)
		record_log(story, step->id, SEVERITY_ERROR, "no memory to summarise %u samples", n);
	else
		fill_groups(groups, &count, run->shared, values, at_ns);
	/* In the order in which the benchmark declares its metrics: that is the order for reading. */
	for (uint32_t metric = 0; count && run->bench->metrics[metric].name; metric++) {
		for (size_t i = 0; i < count; i++)
			if (groups[i].metric == metric)
				summaries[i] = record_group(story, step, run, &groups[i], i);
		if (!run->bench->metrics[metric].detail)
			add_rows(story, step, run->bench, groups, count, metric, summaries);
	}
	free(groups);
	free(values);
	free(summaries);
	free(at_ns);
}

static void record_notes(struct story *story, const struct step *step,
			 const struct run_shared *shared)
{
	static const enum verdict_type types[] = {
		[NOTE_PASS] = VERDICT_PASS, [NOTE_FAIL] = VERDICT_FAIL, [NOTE_UNKNOWN] = VERDICT_UNKNOWN
	};

	for (uint32_t i = 0; i < shared->note_count && i < RUN_NOTES; i++) {
		const struct run_note *note = &shared->notes[i];

		if (note->kind == NOTE_INFO || note->kind == NOTE_WARNING)
			record_log(story, step->id,
				   note->kind == NOTE_INFO ? SEVERITY_INFO : SEVERITY_WARNING, "%s",
				   note->text);
		else
			journal_write(&story->journal,
				      artifact_diagnosis(step->id, note->verdict, types[note->kind],
							 note->text));
	}
	if (shared->dropped)
		record_log(story, step->id, SEVERITY_WARNING,
			   "%u samples found no room and are not counted", shared->dropped);
}

static void record_stock_files(struct story *story, const struct step *step, const struct run *run)
{
	enum { STOCK_ROOM = 1 << 20 };
	char *buffer = run->bench->stock ? malloc(STOCK_ROOM) : NULL;
	char name[80];
	struct text text;

	for (const struct stock_file *file = run->bench->stock; buffer && file->name; file++) {
		text_begin(&text, buffer, STOCK_ROOM);
		if (file->write(run, &text) || text.cut || !text.len)
			continue;
		snprintf(name, sizeof(name), "%s-%s", step->id, file->name);
		if (!results_put(&story->results, name, text.start, text.len))
			journal_write(&story->journal,
				      artifact_file(step->id, file->name, name, "text/plain"));
		else if (!story->journal.sink_count)
			text_add(&story->summary, "\n%s:\n%s", file->name, text.start);
	}
	free(buffer);
}

static void record_outcome(struct story *story, const struct step *step,
			   const struct result *result)
{
	cJSON *content = cJSON_CreateObject();
	enum run_status status = result->outcome == RUN_SKIPPED ? STATUS_SKIP :
				 result->outcome == RUN_OK || result->outcome == RUN_FAILED ?
								  STATUS_COMPLETE :
								  STATUS_ERROR;

	cJSON_AddStringToObject(content, "outcome", outcome_name(result->outcome));
	cJSON_AddNumberToObject(content, "seconds", result->seconds);
	cJSON_AddStringToObject(content, "reason", result->reason);
	journal_write(&story->journal, artifact_extension(step->id, "outcome", content));
	journal_write(&story->journal, artifact_step_end(step->id, status));
}

void record_step_end(struct story *story, const struct step *step, const struct run *run,
		     const struct result *result)
{
	record_samples(story, step, run);
	record_notes(story, step, run->shared);
	if (result->outcome != RUN_OK && result->outcome != RUN_FAILED)
		journal_write(&story->journal,
			      artifact_error(step->id, outcome_name(result->outcome),
					     result->reason));
	record_stock_files(story, step, run);
	record_outcome(story, step, result);
}

void record_skip(struct story *story, const struct step *step, const char *reason)
{
	struct result result = { .outcome = RUN_SKIPPED };

	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	journal_write(&story->journal,
		      artifact_diagnosis(step->id, "skipped", VERDICT_UNKNOWN, reason));
	record_outcome(story, step, &result);
}
