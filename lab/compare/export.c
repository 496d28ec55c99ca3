/* SPDX-License-Identifier: MIT */
/* The comparison as JSON; docs/compare.md describes each key. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "lab/compare/compare.h"

/* JSON knows no NaN: null says that there is no such number. */
static void add_number(cJSON *to, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(to, key, value);
	else
		cJSON_AddNullToObject(to, key);
}

static void add_notes(cJSON *to, const char *key, const struct notes *notes)
{
	cJSON *list = cJSON_AddArrayToObject(to, key);

	for (size_t i = 0; i < notes->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(notes->line[i]));
}

static void add_rules(cJSON *to, const struct study *study)
{
	cJSON *rules = cJSON_AddObjectToObject(to, "rules");

	cJSON_AddNumberToObject(rules, "seed", (double)study->rules.draws.seed);
	cJSON_AddNumberToObject(rules, "resamples", (double)study->rules.draws.count);
	cJSON_AddNumberToObject(rules, "alpha", study->rules.alpha);
	cJSON_AddNumberToObject(rules, "floor", study->rules.floor);
	cJSON_AddNumberToObject(rules, "limit", study->rules.limit);
	cJSON_AddNumberToObject(rules, "leastRepeats", REPEATS_LEAST);
	cJSON_AddNumberToObject(rules, "leastBoots", BOOTS_LEAST);
	cJSON_AddStringToObject(rules, "factor", study->factor);
}

static cJSON *describe_boot(const struct boot_of *boot)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "run", boot->run);
	cJSON_AddStringToObject(json, "path", boot->path);
	cJSON_AddStringToObject(json, "machine", boot->machine);
	cJSON_AddStringToObject(json, "accel", boot->accel);
	cJSON_AddStringToObject(json, "plan", boot->plan);
	return json;
}

static cJSON *describe_subject(const struct subject *subject)
{
	cJSON *json = cJSON_CreateObject(), *boots;

	cJSON_AddStringToObject(json, "name", subject->name);
	cJSON_AddStringToObject(json, "path", subject->path);
	cJSON_AddStringToObject(json, "kind", subject->kind);
	cJSON_AddStringToObject(json, "role", role_name(subject_role(subject)));
	cJSON_AddBoolToObject(json, "emulated", subject->emulated);
	boots = cJSON_AddArrayToObject(json, "boots");
	for (size_t i = 0; i < subject->count; i++)
		cJSON_AddItemToArray(boots, describe_boot(&subject->boots[i]));
	add_notes(json, "leftOut", &subject->left_out);
	return json;
}

static void add_differences(cJSON *to, const struct study *study)
{
	cJSON *list = cJSON_AddArrayToObject(to, "differences");

	for (size_t i = 0; i < study->fact_count; i++) {
		const struct fact *fact = &study->facts[i];
		cJSON *json, *values;

		if (!fact->differs)
			continue;
		json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "fact", fact->path);
		cJSON_AddStringToObject(json, "group", fact->group);
		cJSON_AddBoolToObject(json, "intended", fact->intended);
		values = cJSON_AddArrayToObject(json, "values");
		for (size_t subject = 0; subject < study->subject_count; subject++)
			cJSON_AddItemToArray(values,
					     fact->values[subject] ?
						     cJSON_CreateString(fact->values[subject]) :
						     cJSON_CreateNull());
		cJSON_AddItemToArray(list, json);
	}
}

static cJSON *describe_cell(const struct metric *metric, size_t subject)
{
	const struct cell *cell = &metric->cells[subject];
	struct levels levels;
	cJSON *json, *values, *runs;

	if (!metric_levels(metric, subject, &levels))
		return cJSON_CreateNull();
	json = cJSON_CreateObject();
	cJSON_AddNumberToObject(json, "boots", (double)levels.boots);
	cJSON_AddNumberToObject(json, "repeats", (double)levels.samples);
	add_number(json, "median", levels.median);
	add_number(json, "min", levels.min);
	add_number(json, "max", levels.max);
	add_number(json, "withinSd", levels.within_sd);
	add_number(json, "betweenSd", levels.between_sd);
	add_number(json, "betweenComponent", levels.between_component);
	values = cJSON_AddArrayToObject(json, "values");
	runs = cJSON_AddArrayToObject(json, "valueBoots");
	for (size_t i = 0; i < cell->count; i++) {
		cJSON_AddItemToArray(values, cJSON_CreateNumber(cell->levels[i].value));
		cJSON_AddItemToArray(runs, cJSON_CreateNumber((double)cell->levels[i].boot));
	}
	return json;
}

static cJSON *describe_comparison(const struct metric *metric, size_t subject)
{
	const struct comparison *found = &metric->against[subject];
	cJSON *json;

	if (!metric->compared[subject])
		return cJSON_CreateNull();
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "verdict", judgement_name(found->judgement));
	cJSON_AddBoolToObject(json, "informative", found->informative);
	cJSON_AddStringToObject(json, "effect", found->ratio ? "ratio" : "difference");
	add_number(json, "value", found->effect);
	add_number(json, "low", found->low);
	add_number(json, "high", found->high);
	add_number(json, "p", found->p);
	cJSON_AddBoolToObject(json, "exact", found->exact);
	add_number(json, "noise", found->floor);
	cJSON_AddStringToObject(json, "reason", found->reason);
	return json;
}

static const char *better_name(enum better better)
{
	return better == BETTER_MORE ? "more" : better == BETTER_LESS ? "less" : "neither";
}

static const char *unit_of(const struct metric *metric)
{
	for (size_t i = 0; i < SUBJECTS_MAX; i++)
		if (metric->cells[i].count)
			return metric->cells[i].unit;
	return "";
}

static cJSON *describe_metric(const struct study *study, const struct metric *metric)
{
	cJSON *json = cJSON_CreateObject(), *at, *subjects, *against;

	cJSON_AddStringToObject(json, "bench", metric->bench);
	cJSON_AddStringToObject(json, "label", metric->label);
	cJSON_AddStringToObject(json, "metric", metric->name);
	cJSON_AddStringToObject(json, "unit", unit_of(metric));
	cJSON_AddStringToObject(json, "better", better_name(metric->better));
	cJSON_AddBoolToObject(json, "detail", metric->detail);
	at = cJSON_AddArrayToObject(json, "at");
	for (size_t i = 0; i < metric->axes; i++) {
		cJSON *axis = cJSON_CreateObject();

		cJSON_AddStringToObject(axis, "axis", metric->at[i].axis);
		cJSON_AddNumberToObject(axis, "value", metric->at[i].value);
		cJSON_AddStringToObject(axis, "unit", metric->at[i].unit);
		cJSON_AddItemToArray(at, axis);
	}
	subjects = cJSON_AddArrayToObject(json, "subjects");
	against = cJSON_AddArrayToObject(json, "against");
	for (size_t i = 0; i < study->subject_count; i++) {
		cJSON_AddItemToArray(subjects, describe_cell(metric, i));
		cJSON_AddItemToArray(against, describe_comparison(metric, i));
	}
	return json;
}

static void add_verdicts(cJSON *to, const struct study *study)
{
	cJSON *list = cJSON_AddArrayToObject(to, "verdicts");

	for (size_t subject = 0; subject < study->subject_count; subject++) {
		cJSON *json = cJSON_CreateObject();
		unsigned counts[JUDGEMENTS] = { 0 };

		for (size_t i = 0; i < study->metric_count; i++)
			if (study->metrics[i].compared[subject])
				counts[study->metrics[i].against[subject].judgement]++;
		for (int j = 0; subject && j < JUDGEMENTS; j++)
			cJSON_AddNumberToObject(json, judgement_name(j), counts[j]);
		cJSON_AddItemToArray(list, json);
	}
}

static void add_sentences(cJSON *to, const struct study *study)
{
	cJSON *list = cJSON_AddArrayToObject(to, "sentences");

	for (size_t i = 0; i < study->sentences.count; i++) {
		const char *line = study->sentences.line[i];
		size_t len = strcspn(line, "\t");
		char question[NAME_ROOM];
		cJSON *json = cJSON_CreateObject();

		memcpy(question, line, len < NAME_ROOM ? len : NAME_ROOM - 1);
		question[len < NAME_ROOM ? len : NAME_ROOM - 1] = '\0';
		cJSON_AddStringToObject(json, "question", question);
		cJSON_AddStringToObject(json, "text", line[len] ? line + len + 1 : "");
		cJSON_AddItemToArray(list, json);
	}
}

cJSON *study_json(const struct study *study)
{
	cJSON *json = cJSON_CreateObject(), *list;

	cJSON_AddNumberToObject(json, "compare", 1);
	add_rules(json, study);
	list = cJSON_AddArrayToObject(json, "subjects");
	for (size_t i = 0; i < study->subject_count; i++)
		cJSON_AddItemToArray(list, describe_subject(&study->subjects[i]));
	add_differences(json, study);
	add_notes(json, "warnings", &study->warnings);
	add_verdicts(json, study);
	add_sentences(json, study);
	list = cJSON_AddArrayToObject(json, "metrics");
	for (size_t i = 0; i < study->metric_count; i++)
		cJSON_AddItemToArray(list, describe_metric(study, &study->metrics[i]));
	return json;
}
