/* SPDX-License-Identifier: MIT */
/* The comparison as people read it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/compare/compare.h"

/* So many points of one metric are told in one line. */
enum { SURFACE_FROM = 9 };

static void add_subject(const struct study *study, size_t at, struct text *out)
{
	const struct subject *subject = &study->subjects[at];

	text_add(out, "%c  %s: ", (char)('A' + at), subject->name);
	if (strcmp(subject->kind, "runs") != 0)
		text_add(out, "%s", subject->kind);
	else
		text_add(out, "%zu boot%s", subject->count, subject->count == 1 ? "" : "s");
	if (subject->count && *subject->boots->machine)
		text_add(out, ", machine %s", subject->boots->machine);
	if (subject->count && *subject->boots->plan)
		text_add(out, ", plan %s", subject->boots->plan);
	text_add(out, "%s\n",
		 subject->emulated ? ", tcg: emulated, so figures are the emulator's" : "");
	for (size_t i = 0; i < subject->left_out.count; i++)
		text_add(out, "   left out: %s\n", subject->left_out.line[i]);
}

/* A machine of another version of the image may be silent about a fact. */
static bool is_stated_by_all(const struct study *study, const struct fact *fact)
{
	for (size_t i = 0; i < study->subject_count; i++)
		if (!fact->values[i] && study->subjects[i].count &&
		    !strcmp(study->subjects[i].kind, "runs"))
			return false;
	return true;
}

static void add_fact(const struct study *study, const struct fact *fact, struct text *out)
{
	text_add(out, "   %-10s %s %-34s", fact->group, fact->intended ? "*" : " ", fact->path);
	for (size_t subject = 0; subject < study->subject_count; subject++)
		text_add(out, "%s%.60s", subject ? " | " : " ",
			 fact->values[subject] ? fact->values[subject] : "-");
	text_add(out, "\n");
}

void differences_print(const struct study *study, struct text *out)
{
	size_t differing = 0, silent = 0;

	for (size_t i = 0; i < study->fact_count; i++) {
		const struct fact *fact = &study->facts[i];

		if (!fact->differs)
			continue;
		silent += !is_stated_by_all(study, fact);
		if (!is_stated_by_all(study, fact))
			continue;
		if (!differing++)
			text_add(out, "in what they differ, as the machines see it%s:\n",
				 *study->factor ? " (*: intended)" : "");
		add_fact(study, fact, out);
	}
	if (!differing)
		text_add(out, "the machines do not differ, as far as they can see it\n");
	if (silent)
		text_add(out,
			 "   and %zu facts that not all of them state: assay compare "
			 "format=json lists them\n",
			 silent);
}

/* ---- rows ---- */

static void name_of(const struct metric *metric, char *out, size_t room)
{
	snprintf(out, room, "%s%s%s %s", metric->bench, *metric->label ? " " : "", metric->label,
		 metric->name);
}

/* The longest name or place sets its column's width. */
static int name_width(const struct study *study)
{
	char name[3 * NAME_ROOM + 4];
	size_t width = 34;

	for (size_t i = 0; i < study->metric_count; i++) {
		name_of(&study->metrics[i], name, sizeof(name));
		width = strlen(name) > width ? strlen(name) : width;
	}
	return (int)width;
}

static void add_heading(int width, struct text *out)
{
	text_add(out, "%-*s %-20s %-12s %10s %11s %10s %11s %7s %16s %6s %6s  %s\n", width,
		 "metric", "at", "unit", "A", "in/between", "other", "in/between", "ratio", "95 %",
		 "noise", "p", "verdict");
}

static void add_share(struct text *out, double sd, double median)
{
	if (isnan(sd) || !(fabs(median) > 0))
		text_add(out, "-");
	else
		text_add(out, "%.1f", 100 * sd / fabs(median));
}

static void add_levels(const struct metric *metric, size_t subject, struct text *out)
{
	char cell[32], spread[32];
	struct levels levels;
	struct text text;

	metric_levels(metric, subject, &levels);
	text_begin(&text, cell, sizeof(cell));
	text_add_value(&text, levels.median);
	text_begin(&text, spread, sizeof(spread));
	add_share(&text, levels.within_sd, levels.median);
	text_add(&text, "/");
	add_share(&text, levels.between_sd, levels.median);
	text_add(&text, "%%");
	text_add(out, " %10s %11s", cell, spread);
}

static void add_numbers(const struct comparison *found, struct text *out)
{
	char effect[24], interval[40] = "-", noise[16] = "-";

	snprintf(effect, sizeof(effect), found->ratio ? "%.3f" : "%+.3g", found->effect);
	if (!isnan(found->low))
		snprintf(interval, sizeof(interval),
			 found->ratio ? "%.3f to %.3f" : "%+.3g to %+.3g", found->low, found->high);
	if (!isnan(found->floor))
		snprintf(noise, sizeof(noise), "%.0f%%", 100 * found->floor);
	text_add(out, " %7s %16s %6s %6.3f  ", effect, interval, noise, found->p);
}

static void add_comparison(const struct comparison *found, struct text *out)
{
	if (found->judgement == JUDGED_APART)
		text_add(out, " %7s %16s %6s %6s  ", "", "", "", "");
	else
		add_numbers(found, out);
	if (found->informative)
		text_add(out, "informative only\n");
	else
		text_add(out, "%s%s%s\n", judgement_name(found->judgement),
			 *found->reason ? ": " : "", found->reason);
}

static void add_name(const struct metric *metric, int width, struct text *out)
{
	char name[3 * NAME_ROOM + 4];

	name_of(metric, name, sizeof(name));
	text_add(out, "%-*s %-20s %-12s", width, name, metric->place, metric->cells[0].unit);
}

static void add_row(const struct study *study, const struct metric *metric, size_t subject,
		    int width, struct text *out)
{
	if (study->subject_count > 2)
		text_add(out, "%c ", (char)('A' + subject));
	add_name(metric, width, out);
	add_levels(metric, 0, out);
	add_levels(metric, subject, out);
	add_comparison(&metric->against[subject], out);
}

/* ---- surfaces ---- */

static bool is_of_surface(const struct metric *a, const struct metric *b, size_t subject)
{
	return a->axes == 2 && b->axes == 2 && b->compared[subject] && !strcmp(a->name, b->name) &&
	       !strcmp(a->bench, b->bench) && !strcmp(a->label, b->label);
}

/* How many points of this metric there are; first: whether this is the first of them. */
static size_t surface_of(const struct study *study, const struct metric *metric, size_t subject,
			 bool *first)
{
	size_t count = 0;

	*first = true;
	for (size_t i = 0; i < study->metric_count; i++) {
		if (!is_of_surface(metric, &study->metrics[i], subject))
			continue;
		*first &= &study->metrics[i] >= metric;
		count++;
	}
	return count;
}

static void add_surface(const struct study *study, const struct metric *metric, size_t subject,
			struct text *out)
{
	unsigned counts[JUDGEMENTS] = { 0 };
	double logs = 0, low = INFINITY, high = 0;
	size_t ratios = 0;

	for (size_t i = 0; i < study->metric_count; i++) {
		const struct comparison *found = &study->metrics[i].against[subject];

		if (!is_of_surface(metric, &study->metrics[i], subject))
			continue;
		counts[found->judgement]++;
		if (!found->ratio || found->judgement == JUDGED_APART)
			continue;
		ratios++;
		logs += log(found->effect);
		low = fmin(low, found->effect);
		high = fmax(high, found->effect);
	}
	if (study->subject_count > 2)
		text_add(out, "%c ", (char)('A' + subject));
	text_add(out, "%s %s, all points:", metric->bench, metric->name);
	for (int j = 0; j < JUDGEMENTS; j++)
		if (counts[j])
			text_add(out, " %u %s,", counts[j], judgement_name(j));
	if (ratios)
		text_add(out, " ratio %.3f in the geometric mean, %.3f to %.3f",
			 exp(logs / (double)ratios), low, high);
	text_add(out, "\n");
}

/* One machine by itself: how repeatable it is. */
static void add_alone(const struct study *study, int width, struct text *out)
{
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (metric->better == BETTER_NEITHER || metric->detail)
			continue;
		add_name(metric, width, out);
		add_levels(metric, 0, out);
		text_add(out, "\n");
	}
}

static void add_metrics(const struct study *study, struct text *out)
{
	int width = name_width(study);

	add_heading(width, out);
	if (study->subject_count == 1)
		add_alone(study, width, out);
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		for (size_t subject = 1; subject < study->subject_count; subject++) {
			bool first = true;
			bool surface = !study->all && metric->axes == 2 &&
				       surface_of(study, metric, subject, &first) >= SURFACE_FROM;

			if (!metric->compared[subject])
				continue;
			if (!surface)
				add_row(study, metric, subject, width, out);
			else if (first)
				add_surface(study, metric, subject, out);
		}
	}
}

static void add_rules(const struct study *study, struct text *out)
{
	text_add(
		out,
		"medians over boots; spread in %% of the median, within boots / between boots; 95 %% interval "
		"by bootstrap over boots (%zu draws, seed %llu),\n"
		"expanded for few boots; p of a two-sided permutation test over boots; noise: how far "
		"apart medians of one machine's boots may be, at least %.0f %%;\n"
		"different: p <= %g and further apart than the noise; same: within it, and the "
		"interval within %.0f %%\n",
		study->rules.draws.count, (unsigned long long)study->rules.draws.seed,
		100 * study->rules.floor, study->rules.alpha, 100 * study->rules.limit);
}

void study_print(const struct study *study, struct text *out)
{
	for (size_t i = 0; i < study->subject_count; i++)
		add_subject(study, i, out);
	text_add(out, "\n");
	differences_print(study, out);
	for (size_t i = 0; i < study->warnings.count; i++)
		text_add(out, "WARNING  %s\n", study->warnings.line[i]);
	text_add(out, "\n");
	add_metrics(study, out);
	add_rules(study, out);
	text_add(out, "\n");
	for (size_t i = 0; i < study->sentences.count; i++) {
		const char *tab = strchr(study->sentences.line[i], '\t');

		text_add(out, "%s\n", tab ? tab + 1 : study->sentences.line[i]);
	}
}
