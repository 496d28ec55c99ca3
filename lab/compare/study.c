/* SPDX-License-Identifier: MIT */
/* Figures, sorted into metrics: a row for each metric and point, a cell for each subject. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

enum { BUCKETS_FIRST = 1024 };

/* ---- texts that stay ---- */

const char *study_keep(struct study *study, const char *text)
{
	size_t count = study->kept.count;

	/* Neighbours are mostly of one step: the last few are the likely ones. */
	for (size_t i = count; i && i + 32 > count; i--)
		if (!strcmp(study->kept.line[i - 1], text))
			return study->kept.line[i - 1];
	notes_add(&study->kept, "%s", text);
	return study->kept.count > count ? study->kept.line[count] : "";
}

/* ---- rows ---- */

static void describe_place(const struct observation *from, char *out, size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	for (size_t i = 0; i < from->axes; i++) {
		const struct axis_point *at = &from->at[i];

		text_add(&text, "%s", i ? " x " : "");
		if (!*at->unit)
			text_add(&text, "%s ", at->axis);
		text_add(&text, "%.10g%s%s", at->value, *at->unit ? " " : "", at->unit);
	}
}

static size_t hash_key(const char *const *parts, size_t count)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < count; i++)
		for (const char *at = parts[i];; at++) {
			hash = (hash ^ (uint8_t)*at) * 1099511628211u;
			if (!*at)
				break;
		}
	return (size_t)hash;
}

static size_t bucket_of(const struct study *study, const char *bench, const char *label,
			const char *name, const char *place)
{
	const char *parts[] = { bench, label, name, place };
	size_t at = hash_key(parts, COUNT_OF(parts)) % study->bucket_count;

	while (study->buckets[at]) {
		const struct metric *metric = &study->metrics[study->buckets[at] - 1];

		if (!strcmp(metric->name, name) && !strcmp(metric->place, place) &&
		    !strcmp(metric->bench, bench) && !strcmp(metric->label, label))
			break;
		at = (at + 1) % study->bucket_count;
	}
	return at;
}

static int make_buckets(struct study *study)
{
	size_t count = study->bucket_count ? 2 * study->bucket_count : BUCKETS_FIRST;
	size_t *buckets = calloc(count, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	free(study->buckets);
	study->buckets = buckets;
	study->bucket_count = count;
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		buckets[bucket_of(study, metric->bench, metric->label, metric->name, metric->place)] =
			i + 1;
	}
	return 0;
}

static int make_room(struct study *study)
{
	size_t room = study->metric_room ? 2 * study->metric_room : 256;
	struct metric *metrics;

	if (2 * (study->metric_count + 1) > study->bucket_count && make_buckets(study))
		return -ENOMEM;
	if (study->metric_count < study->metric_room)
		return 0;
	metrics = realloc(study->metrics, room * sizeof(*metrics));
	if (!metrics)
		return -ENOMEM;
	study->metrics = metrics;
	study->metric_room = room;
	return 0;
}

static struct metric *metric_of(struct study *study, const struct observation *from)
{
	char bench[NAME_ROOM], label[NAME_ROOM], name[NAME_ROOM], place[AT_ROOM];
	struct metric *metric;
	size_t at;

	if (make_room(study))
		return NULL;
	snprintf(bench, sizeof(bench), "%s", from->bench);
	snprintf(label, sizeof(label), "%s", from->label);
	snprintf(name, sizeof(name), "%s", from->name);
	describe_place(from, place, sizeof(place));
	at = bucket_of(study, bench, label, name, place);
	if (study->buckets[at])
		return &study->metrics[study->buckets[at] - 1];
	metric = &study->metrics[study->metric_count++];
	*metric = (struct metric){ .axes = from->axes,
				   .better = from->better,
				   .detail = from->detail };
	memcpy(metric->bench, bench, sizeof(bench));
	memcpy(metric->label, label, sizeof(label));
	memcpy(metric->name, name, sizeof(name));
	memcpy(metric->place, place, sizeof(place));
	memcpy(metric->at, from->at, sizeof(metric->at));
	study->buckets[at] = study->metric_count;
	return metric;
}

/* ---- cells ---- */

static void check_alike(struct study *study, struct cell *cell, const struct observation *from)
{
	const char *parameters = from->parameters ? study_keep(study, from->parameters) : NULL;
	const char *unit = study_keep(study, from->unit ? from->unit : "");

	if (!cell->count) {
		cell->parameters = parameters;
		cell->unit = unit;
		return;
	}
	cell->mixed |= strcmp(cell->unit, unit) != 0;
	cell->mixed |= parameters && cell->parameters && strcmp(parameters, cell->parameters) != 0;
}

int study_add(struct study *study, size_t subject, const struct observation *from)
{
	struct metric *metric = metric_of(study, from);
	struct cell *cell = metric ? &metric->cells[subject] : NULL;

	if (!cell)
		return -ENOMEM;
	check_alike(study, cell, from);
	if (cell->count && cell->levels[cell->count - 1].boot == from->level.boot) {
		struct level *last = &cell->levels[cell->count - 1];

		*last = level_join(last, &from->level);
		return 0;
	}
	if (cell->count == cell->room) {
		size_t room = cell->room ? 2 * cell->room : 4;
		struct level *levels = realloc(cell->levels, room * sizeof(*levels));

		if (!levels)
			return -ENOMEM;
		cell->levels = levels;
		cell->room = room;
	}
	cell->levels[cell->count++] = from->level;
	return 0;
}

struct boot_of *study_add_boot(struct study *study, size_t at)
{
	struct subject *subject = &study->subjects[at];

	if (subject->count == subject->room) {
		size_t room = subject->room ? 2 * subject->room : 8;
		struct boot_of *boots = realloc(subject->boots, room * sizeof(*boots));

		if (!boots)
			return NULL;
		subject->boots = boots;
		subject->room = room;
	}
	subject->boots[subject->count] = (struct boot_of){ 0 };
	return &subject->boots[subject->count++];
}

const struct metric *study_find(const struct study *study, const char *bench, const char *name,
				size_t from)
{
	for (size_t i = from; i < study->metric_count; i++)
		if (!strcmp(study->metrics[i].bench, bench) &&
		    !strcmp(study->metrics[i].name, name))
			return &study->metrics[i];
	return NULL;
}

bool metric_levels(const struct metric *metric, size_t subject, struct levels *out)
{
	const struct cell *cell = &metric->cells[subject];

	levels_of(cell->levels, cell->count, out);
	return cell->count;
}

void study_free(struct study *study)
{
	for (size_t i = 0; i < study->metric_count; i++)
		for (size_t subject = 0; subject < SUBJECTS_MAX; subject++)
			free(study->metrics[i].cells[subject].levels);
	for (size_t i = 0; i < study->fact_count; i++)
		for (size_t subject = 0; subject < SUBJECTS_MAX; subject++)
			free(study->facts[i].values[subject]);
	for (size_t i = 0; i < SUBJECTS_MAX; i++) {
		free(study->subjects[i].boots);
		notes_free(&study->subjects[i].left_out);
	}
	free(study->metrics);
	free(study->buckets);
	free(study->facts);
	notes_free(&study->kept);
	notes_free(&study->warnings);
	notes_free(&study->sentences);
}
