/* SPDX-License-Identifier: MIT */
/* Which figures stand beside which, and whether they may: units and parameters must be the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

static void set_apart(struct comparison *out, const char *what, const char *a, const char *b)
{
	*out = (struct comparison){
		.judgement = JUDGED_APART, .effect = NAN, .low = NAN, .high = NAN, .p = NAN
	};
	snprintf(out->reason, sizeof(out->reason), "%s: %s against %s", what, a, b);
}

static size_t word_length(const char *text)
{
	return strcspn(text, ";");
}

/* The value of "name=" in "a=1;b=2". */
static const char *value_in(const char *parameters, const char *name, size_t len)
{
	for (const char *at = parameters; *at; at += word_length(at), at += *at == ';')
		if (!strncmp(at, name, len) && at[len] == '=')
			return at + len + 1;
	return NULL;
}

/* The first parameter that both state and that differs, as two texts "name=value". */
static bool differ(const char *a, const char *b, char *one, char *other, size_t room)
{
	for (const char *at = a; *at; at += word_length(at), at += *at == ';') {
		size_t name = strcspn(at, "=;"), len = word_length(at);
		const char *value = value_in(b, at, name);

		if (!value || at[name] != '=' ||
		    (word_length(value) == len - name - 1 &&
		     !strncmp(value, at + name + 1, len - name - 1)))
			continue;
		snprintf(one, room, "%.*s", (int)len, at);
		snprintf(other, room, "%.*s", (int)word_length(value), value);
		return true;
	}
	return false;
}

/* What one states and the other does not know of (a stock tool's text, another version) is no
 * difference. */
static bool comparable(const struct cell *a, const struct cell *b, struct comparison *out)
{
	char one[60], other[60];

	if (strcmp(a->unit, b->unit) != 0)
		set_apart(out, "other units", a->unit, b->unit);
	else if (a->mixed || b->mixed)
		set_apart(out, "not measured alike on every boot", a->mixed ? "mixed" : "alike",
			  b->mixed ? "mixed" : "alike");
	else if (a->parameters && b->parameters &&
		 differ(a->parameters, b->parameters, one, other, sizeof(one)))
		set_apart(out, "other parameters", one, other);
	else
		return true;
	return false;
}

static void judge_cell(struct study *study, struct metric *metric, size_t subject)
{
	const struct cell *a = &metric->cells[0], *b = &metric->cells[subject];

	if (!a->count || !b->count || metric->better == BETTER_NEITHER)
		return;
	/* self.*: under which conditions it was measured, no figure of the machine. */
	if ((metric->detail || !strncmp(metric->bench, "self.", 5)) && !study->all)
		return;
	metric->compared[subject] = true;
	if (comparable(a, b, &metric->against[subject]))
		judge(a->levels, a->count, b->levels, b->count, metric->better, &study->rules,
		      &metric->against[subject]);
}

/* ---- a stock tool knows no labels: its figures go to the first step that has no partner otherwise
 * ---- */

static bool has(const struct metric *metric, size_t subject)
{
	return metric->cells[subject].count;
}

static bool is_same_place(const struct metric *a, const struct metric *b)
{
	return !strcmp(a->bench, b->bench) && !strcmp(a->name, b->name) &&
	       !strcmp(a->place, b->place);
}

static void move_unlabelled(struct study *study, struct metric *from, size_t subject)
{
	for (size_t i = 0; i < study->metric_count; i++) {
		struct metric *to = &study->metrics[i];

		if (to == from || !*to->label || !is_same_place(to, from) || has(to, subject))
			continue;
		to->cells[subject] = from->cells[subject];
		from->cells[subject] = (struct cell){ 0 };
		return;
	}
}

static bool has_partner(const struct study *study, const struct metric *metric, size_t subject)
{
	for (size_t other = 0; other < study->subject_count; other++)
		if (other != subject && has(metric, other))
			return true;
	return false;
}

static void pair_labels(struct study *study)
{
	for (size_t subject = 0; subject < study->subject_count; subject++)
		for (size_t i = 0; i < study->metric_count; i++) {
			struct metric *metric = &study->metrics[i];

			if (!*metric->label && has(metric, subject) &&
			    !has_partner(study, metric, subject))
				move_unlabelled(study, metric, subject);
		}
}

void study_judge(struct study *study)
{
	pair_labels(study);
	for (size_t i = 0; i < study->metric_count; i++)
		for (size_t subject = 1; subject < study->subject_count; subject++)
			judge_cell(study, &study->metrics[i], subject);
}
