/* SPDX-License-Identifier: MIT */
/*
 * Figures computed again from the samples that were kept, by code of the reader's own: sd over n-1,
 * percentiles between closest ranks (Hyndman and Fan, type 7). Without samples (they do not travel
 * over serial, and not every figure keeps them) a figure must at least not contradict itself.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/verify.h"

/* The samples of one series. */
struct samples {
	double *value;
	size_t count;
};

static int by_value(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

static double rank(const struct samples *sorted, double percent)
{
	double place = percent / 100 * (double)(sorted->count - 1);
	size_t below = (size_t)place;
	double share = place - (double)below;

	return share > 0 ? sorted->value[below] * (1 - share) + sorted->value[below + 1] * share :
			   sorted->value[below];
}

static bool is_near(double told, double computed, double scale)
{
	return fabs(told - computed) <= 1e-9 * (fabs(computed) + scale) + 1e-12;
}

/* ---- with samples ---- */

struct figure {
	const char *name;
	double value;
};

static double sum_of(const struct samples *samples)
{
	double sum = 0;

	for (size_t i = 0; i < samples->count; i++)
		sum += samples->value[i];
	return sum;
}

static double deviation_of(const struct samples *samples, double mean)
{
	double squares = 0;

	for (size_t i = 0; i < samples->count; i++)
		squares += (samples->value[i] - mean) * (samples->value[i] - mean);
	return samples->count > 1 ? sqrt(squares / (double)(samples->count - 1)) : 0;
}

static double named(const struct figure *figures, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (!strcmp(figures[i].name, name))
			return figures[i].value;
	return NAN;
}

static void compare(const struct record *record, const cJSON *measurement, struct samples *samples,
		    struct claim *claim)
{
	double last = samples->value[samples->count - 1], sum = sum_of(samples),
	       mean = sum / (double)samples->count;
	const cJSON *metadata = json_path(measurement, "metadata");
	const char *name = or_unknown(json_text(measurement, "name")),
		   *by = json_text(metadata, "by");

	qsort(samples->value, samples->count, sizeof(double), by_value);
	const double least = samples->value[0], most = samples->value[samples->count - 1];
	const struct figure figures[] = {
		{ "n", (double)samples->count },
		{ "min", least },
		{ "max", most },
		{ "mean", mean },
		{ "sd", deviation_of(samples, mean) },
		{ "median", rank(samples, 50) },
		{ "p95", rank(samples, 95) },
		{ "p99", rank(samples, 99) },
		{ "sum", sum },
		{ "last", last },
	};

	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		double told = json_number(metadata, figures[i].name, figures[i].value);

		if (!is_near(told, figures[i].value, most - least))
			claim_fail(claim, "record %u: %s of %s is %.9g; its %zu samples give %.9g",
				   record->sequence, figures[i].name, name, told, samples->count,
				   figures[i].value);
	}
	double computed = named(figures, COUNT_OF(figures), by);
	double told = json_number(measurement, "value", NAN);
	if (!isnan(computed) && !is_near(told, computed, most - least))
		claim_fail(claim, "record %u: %s is %.9g; the %s of its samples is %.9g",
			   record->sequence, name, told, by, computed);
}

static bool same_place(const cJSON *a, const cJSON *b)
{
	const cJSON *first = json_path(a, "metadata.at"), *second = json_path(b, "metadata.at");

	return (!first && !second) || cJSON_Compare(first, second, 1);
}

/* The measurement that sums this series up: same step, name and place on the axes. */
static const struct record *find_summary(const struct inquest *inquest,
					 const struct step_told *step, const cJSON *series)
{
	const char *name = json_text(series, "name");

	for (size_t i = step->first; name && i <= step->last; i++) {
		const cJSON *measurement = step_part(&inquest->records->at[i], step, "measurement");
		const char *found = json_text(measurement, "name");

		if (found && !strcmp(found, name) && same_place(measurement, series))
			return &inquest->records->at[i];
	}
	return NULL;
}

/* Elements of the series that starts at this record. False: not all of them are here. */
static bool read_samples(const struct records *records, const struct step_told *step, size_t start,
			 struct samples *out)
{
	const char *id = json_text(step_part(&records->at[start], step, "measurementSeriesStart"),
				   "measurementSeriesId");

	for (size_t i = start + 1; id && i <= step->last; i++) {
		const cJSON *element = step_part(&records->at[i], step, "measurementSeriesElement"),
			    *end = step_part(&records->at[i], step, "measurementSeriesEnd");
		const char *of = json_text(element ? element : end, "measurementSeriesId");

		if (!of || strcmp(of, id) != 0)
			continue;
		if (end)
			return out->count &&
			       !(fabs(json_number(end, "totalCount", 0) - (double)out->count) > 0);
		out->value[out->count++] = json_number(element, "value", NAN);
	}
	return false;
}

static size_t judge_series(const struct inquest *inquest, const struct step_told *step,
			   size_t start, double *room, struct claim *claim)
{
	const cJSON *series =
		step_part(&inquest->records->at[start], step, "measurementSeriesStart");
	const struct record *summary = find_summary(inquest, step, series);
	const cJSON *measurement = summary ? step_part(summary, step, "measurement") : NULL;
	const char *ours = json_text(series, "unit"), *theirs = json_text(measurement, "unit");
	struct samples samples = { .value = room };

	if (measurement && (!ours || !theirs || strcmp(ours, theirs) != 0))
		claim_fail(claim, "record %u: unit %s; its samples are in %s", summary->sequence,
			   or_unknown(theirs), or_unknown(ours));
	if (!read_samples(inquest->records, step, start, &samples) || !measurement)
		return 0;
	compare(summary, measurement, &samples, claim);
	return 1;
}

/* ---- without ---- */

static void judge_alone(const struct record *record, const cJSON *measurement, struct claim *claim)
{
	const cJSON *metadata = json_path(measurement, "metadata");
	const char *name = or_unknown(json_text(measurement, "name")),
		   *unit = json_text(measurement, "unit"), *by = json_text(metadata, "by");
	double value = json_number(measurement, "value", NAN), n = json_number(metadata, "n", NAN);
	double least = json_number(metadata, "min", -INFINITY),
	       most = json_number(metadata, "max", INFINITY),
	       median = json_number(metadata, "median", NAN),
	       mean = json_number(metadata, "mean", NAN), sd = json_number(metadata, "sd", 0);
	double slack = 1e-9 * fabs(value);

	if (!unit || !*unit)
		claim_fail(claim, "record %u: %s has no unit", record->sequence, name);
	if (n < 1 || n - floor(n) > 0)
		claim_fail(claim, "record %u: %s of %g samples", record->sequence, name, n);
	if (least > most || median < least || median > most || mean < least - slack ||
	    mean > most + slack || sd < 0 ||
	    (by && strcmp(by, "sum") != 0 && (value < least - slack || value > most + slack)))
		claim_fail(claim, "record %u: value, median or mean of %s lies outside %g to %g",
			   record->sequence, name, least, most);
	if (by && !is_near(value, json_number(metadata, by, value), 0))
		claim_fail(claim, "record %u: %s is %.9g; its %s is %.9g", record->sequence, name,
			   value, by, json_number(metadata, by, value));
}

size_t figures_recompute(const struct inquest *inquest, struct claim *claim)
{
	double *room = calloc(inquest->records->count + 1, sizeof(*room));
	size_t count = 0;

	for (size_t i = 0; room && i < inquest->steps.count; i++) {
		const struct step_told *step = &inquest->steps.at[i];

		for (size_t at = step->first; at <= step->last; at++) {
			const struct record *record = &inquest->records->at[at];
			const cJSON *measurement = step_part(record, step, "measurement");

			if (measurement)
				judge_alone(record, measurement, claim);
			if (step_part(record, step, "measurementSeriesStart"))
				count += judge_series(inquest, step, at, room, claim);
		}
	}
	free(room);
	return count;
}
