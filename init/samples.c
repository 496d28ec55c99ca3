/* SPDX-License-Identifier: MIT */
/* The samples of a step to measurements, series and the rows that people read. */
#include "init/init.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static cJSON *point_json(const struct bench *bench, const struct group *group)
{
	const struct axis *axes = bench_axes(bench, group->metric);
	cJSON *at = axes ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; at && i < AXES && axes[i].name; i++) {
		cJSON *axis = cJSON_CreateObject();

		cJSON_AddStringToObject(axis, "axis", axes[i].name);
		cJSON_AddNumberToObject(axis, "value", (double)group->point[i]);
		cJSON_AddStringToObject(axis, "unit", axes[i].unit);
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
	const struct {
		const char *name;
		double value;
	} figures[] = {
		{ "n", (double)stats->n }, { "min", stats->min }, { "max", stats->max },
		{ "mean", stats->mean },   { "sd", stats->sd },	  { "median", stats->median },
		{ "p95", stats->p95 },	   { "p99", stats->p99 },
	};
	cJSON *metadata = cJSON_CreateObject(), *at = point_json(bench, group);

	cJSON_AddStringToObject(metadata, "better", better_name(metric->better));
	cJSON_AddStringToObject(metadata, "by", summary_name(metric->summary));
	if (metric->detail)
		cJSON_AddBoolToObject(metadata, "detail", true);
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		cJSON_AddNumberToObject(metadata, figures[i].name, figures[i].value);
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
	cJSON *metadata = cJSON_CreateObject(), *at = point_json(run->bench, group);

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

static double record_group(struct story *story, const struct step *step, const struct run *run,
			   struct group *group, size_t index)
{
	const struct metric *metric = &run->bench->metrics[group->metric];
	double last = group->values[group->count - 1], value;
	struct stats stats;

	if (metric->series)
		record_series(story, step, run, group, index);
	stats_of(group->values, group->count, &stats);
	value = summary_of(metric->summary, &stats, last);
	journal_write(&story->journal,
		      artifact_measurement(step->id, metric->name, value, metric->unit,
					   spread_json(run->bench, group, &stats)));
	return value;
}

static void describe_point(const struct bench *bench, const struct group *group, char *out,
			   size_t room)
{
	const struct axis *axes = bench_axes(bench, group->metric);
	struct text text;

	text_begin(&text, out, room);
	for (size_t i = 0; axes && i < AXES && axes[i].name; i++)
		text_add(&text, "%s%s %llu%s%s", i ? " x " : "",
			 axes[i].unit[0] ? "" : axes[i].name, (unsigned long long)group->point[i],
			 axes[i].unit[0] ? " " : "", axes[i].unit);
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

void record_samples(struct story *story, const struct step *step, const struct run *run)
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
