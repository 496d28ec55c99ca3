/* SPDX-License-Identifier: MIT */
/* What needs more than one metric: processor time per byte, and what simultaneous use costs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

/* ---- processor time ---- */

static const struct cost {
	const char *bench, *cpu, *rate, *words;
} costs[] = {
	{ "net.tcp", "cpu", "outgoing", "TCP" },
	{ "net.iperf3", "cpu", "outgoing", "iperf3" },
	{ "file.bonnie", "put_block_cpu", "put_block", "block write" },
	{ "file.bonnie", "get_block_cpu", "get_block", "block read" },
};

static const struct level *level_of(const struct cell *cell, size_t boot)
{
	for (size_t i = 0; i < cell->count; i++)
		if (cell->levels[i].boot == boot)
			return &cell->levels[i];
	return NULL;
}

static const struct metric *sibling(const struct study *study, const struct metric *of,
				    const char *name)
{
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (!strcmp(metric->name, name) && !strcmp(metric->bench, of->bench) &&
		    !strcmp(metric->label, of->label) && !strcmp(metric->place, of->place))
			return metric;
	}
	return NULL;
}

/* Processor time per amount, boot for boot. Malloc'd. */
static struct level *divide(const struct cell *cpu, const struct cell *rate, size_t *count)
{
	struct level *out = calloc(cpu->count + 1, sizeof(*out));

	*count = 0;
	for (size_t i = 0; out && i < cpu->count; i++) {
		const struct level *by = level_of(rate, cpu->levels[i].boot);

		if (!by || !(by->value > 0) || !(cpu->levels[i].value > 0))
			continue;
		out[*count] = cpu->levels[i];
		out[(*count)++].value = cpu->levels[i].value / by->value;
	}
	return out;
}

static void describe_interval(const struct comparison *found, char *out, size_t room)
{
	*out = '\0';
	if (!isnan(found->low))
		snprintf(out, room, " (%.2f to %.2f)", found->low, found->high);
}

static void say_cost(struct study *study, const struct cost *cost, const struct metric *cpu,
		     size_t subject)
{
	const struct metric *rate = sibling(study, cpu, cost->rate);
	struct comparison found;
	struct level *a, *b;
	struct levels of_a, of_b;
	size_t a_count, b_count;
	char interval[40];

	if (!rate || !rate->compared[subject] || !cpu->compared[subject] ||
	    rate->against[subject].judgement == JUDGED_APART)
		return;
	a = divide(&cpu->cells[0], &rate->cells[0], &a_count);
	b = divide(&cpu->cells[subject], &rate->cells[subject], &b_count);
	if (a && b && a_count && b_count) {
		judge(a, a_count, b, b_count, BETTER_LESS, &study->rules, &found);
		metric_levels(cpu, 0, &of_a);
		metric_levels(cpu, subject, &of_b);
		describe_interval(&found, interval, sizeof(interval));
		sentence_add(
			study, "cpu",
			"%s%s%s: %s takes %.3g %% of a CPU, %s %.3g %%; for the same amount %.2f times "
			"the processor time%s, %s.",
			cost->words, *cpu->label ? " " : "", cpu->label,
			study->subjects[subject].name, of_b.median, study->subjects[0].name,
			of_a.median, found.effect, interval,
			found.informative ? "informative only" : judgement_name(found.judgement));
	}
	free(a);
	free(b);
}

void sentences_cost(struct study *study, size_t subject)
{
	for (size_t c = 0; c < COUNT_OF(costs); c++)
		for (size_t i = 0; i < study->metric_count; i++)
			if (!strcmp(study->metrics[i].bench, costs[c].bench) &&
			    !strcmp(study->metrics[i].name, costs[c].cpu))
				say_cost(study, &costs[c], &study->metrics[i], subject);
}

/* ---- simultaneous use ---- */

static double median_of(const struct metric *metric, size_t subject)
{
	struct levels levels;

	return metric && metric_levels(metric, subject, &levels) ? levels.median : NAN;
}

/* The figure of a metric without a machine, of the same step. */
static double shared_figure(const struct study *study, const struct metric *of, const char *name,
			    size_t subject)
{
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (!strcmp(metric->bench, of->bench) && !strcmp(metric->label, of->label) &&
		    !strcmp(metric->name, name))
			return median_of(metric, subject);
	}
	return NAN;
}

/* The loss is that of the two figures beside it: the median of each boot's own may point the other
 * way. */
static void add_machine(const struct study *study, const struct metric *together, size_t subject,
			struct text *out)
{
	double before = median_of(sibling(study, together, "alone"), subject),
	       now = median_of(together, subject), lost = 100 * (1 - now / before);

	text_add(out, "%s%s", out->len ? "; " : "", together->place);
	if (!isnan(before))
		text_add(out, " %.4g Mbit/s alone,", before);
	text_add(out, " %.4g together", now);
	if (isfinite(lost))
		text_add(out, " (%.0f %% %s)", fabs(lost), lost < 0 ? "more" : "less");
}

static bool is_first_of_step(const struct study *study, const struct metric *metric, size_t subject)
{
	for (const struct metric *before = study->metrics; before < metric; before++)
		if (!strcmp(before->bench, metric->bench) && !strcmp(before->name, metric->name) &&
		    !strcmp(before->label, metric->label) && before->cells[subject].count)
			return false;
	return metric->cells[subject].count;
}

static void say_step(struct study *study, const struct metric *first, size_t subject)
{
	double fairness = shared_figure(study, first, "fairness", subject),
	       aggregate = shared_figure(study, first, "aggregate", subject);
	char list[800];
	struct text text;

	text_begin(&text, list, sizeof(list));
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (!strcmp(metric->bench, first->bench) && !strcmp(metric->label, first->label) &&
		    !strcmp(metric->name, "together") && metric->cells[subject].count)
			add_machine(study, metric, subject, &text);
	}
	sentence_add(study, "simultaneous",
		     "Simultaneous use, %s%s%s: %s; all together %.4g Mbit/s, fairness %.2f.",
		     study->subjects[subject].name, *first->label ? ", " : "", first->label, list,
		     aggregate, fairness);
}

void sentences_together(struct study *study, size_t subject)
{
	for (size_t i = 0; i < study->metric_count; i++) {
		const struct metric *metric = &study->metrics[i];

		if (!strcmp(metric->bench, "net.simultaneous") &&
		    !strcmp(metric->name, "together") && is_first_of_step(study, metric, subject))
			say_step(study, metric, subject);
	}
}
