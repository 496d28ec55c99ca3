/* SPDX-License-Identifier: MIT */
/*
 * The table that people make of several runs of bonnie++: each run a line, figure and %CP side by
 * side, then their arithmetic mean and, under it, their standard deviation. 1.03's text in wider
 * columns. Every figure is a number: what bonnie++ hides as +++++ is named below the table.
 */
#include "bench/engine/bonnie/figures.h"
#include "bench/engine/bonnie/stock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEFT = 30, PAIR = 13 };

struct half { /* of the page: phases side by side in groups */
	unsigned first, last;
	const char *unit;
	struct group {
		const char *title;
		unsigned phases;
	} groups[3];
	const char *columns[6];
};

static const struct half halves[] = {
	{ 0,
	  BONNIE_IO_PHASES,
	  "K/sec",
	  { { "Sequential Output", 3 }, { "Sequential Input", 2 }, { "Random", 1 } },
	  { "Per Chr", "Block", "Rewrite", "Per Chr", "Block", "Seeks" } },
	{ BONNIE_IO_PHASES,
	  BONNIE_PHASES,
	  "/sec",
	  { { "Sequential Create", 3 }, { "Random Create", 3 } },
	  { "Create", "Read", "Delete", "Create", "Read", "Delete" } },
};

static void add_title(const char *title, unsigned pairs, struct text *out)
{
	int dashes = (int)(pairs * PAIR) - 1 - (int)strlen(title);

	text_add(out, " ");
	for (int i = 0; i < dashes / 2; i++)
		text_add(out, "-");
	text_add(out, "%s", title);
	for (int i = 0; i < dashes - dashes / 2; i++)
		text_add(out, "-");
}

static void add_heading(const struct half *half, struct text *out)
{
	text_add(out, "\n%*s", LEFT, "");
	for (const struct group *group = half->groups;
	     group < half->groups + COUNT_OF(half->groups) && group->title; group++)
		add_title(group->title, group->phases, out);
	text_add(out, "\n%*s", LEFT, "");
	for (size_t i = 0; i < COUNT_OF(half->columns); i++)
		add_title(half->columns[i], 1, out);
	text_add(out, "\n%-*s", LEFT, half->first ? "Machine Files Run" : "Machine Size Run");
	for (unsigned phase = half->first; phase < half->last; phase++)
		text_add(out, " %8s %3s", phase == BONNIE_SEEKS_PHASE ? "/sec" : half->unit, "%CP");
	text_add(out, "\n");
}

static void add_pair(unsigned phase, double rate, double cpu, struct text *out)
{
	if (isnan(rate))
		text_add(out, " %8s %3s", "", "");
	else
		text_add(out, " %8.*f %3.0f", phase == BONNIE_SEEKS_PHASE ? 1 : 0, rate, cpu);
}

static void add_left(const struct run *run, const struct half *half, const char *what,
		     struct text *out)
{
	char name[CELL], size[CELL], left[3 * CELL];

	cell_machine(run, name);
	if (half->first)
		cell_files(run->value, size);
	else
		cell_size(bonnie_file_bytes(run->value), size);
	snprintf(left, sizeof(left), "%s %s %s", name, size, what);
	text_add(out, "%-*s", LEFT, left);
}

/* As bonnie++ would: whole numbers, cut off, and of the seeks a tenth. */
static double printed(const struct run *run, unsigned phase, unsigned which, unsigned round)
{
	double value = figures_of(run, phase, which, round);

	return phase == BONNIE_SEEKS_PHASE && which == BONNIE_RATE ? value : floor(value);
}

static void add_run(const struct run *run, const struct half *half, unsigned round,
		    struct text *out)
{
	char what[CELL];

	snprintf(what, sizeof(what), "run %u", round + 1);
	add_left(run, half, what, out);
	for (unsigned phase = half->first; phase < half->last; phase++)
		add_pair(phase, printed(run, phase, BONNIE_RATE, round),
			 printed(run, phase, BONNIE_CPU, round), out);
	text_add(out, "\n");
}

/* Mean and standard deviation of the runs as they are printed, cut to whole numbers. */
static void summarise(const struct run *run, unsigned phase, unsigned which, struct stats *stats)
{
	unsigned rounds = figures_rounds(run), n = 0;
	double *values = malloc(rounds * sizeof(*values));

	*stats = (struct stats){ .mean = NAN, .sd = NAN };
	for (unsigned round = 0; values && round < rounds; round++) {
		double value = printed(run, phase, which, round);

		if (!isnan(value))
			values[n++] = value;
	}
	if (n)
		stats_of(values, n, stats);
	free(values);
}

static void add_summary(const struct run *run, const struct half *half, bool deviation,
			struct text *out)
{
	add_left(run, half, deviation ? "deviation" : "average", out);
	for (unsigned phase = half->first; phase < half->last; phase++) {
		struct stats rate, cpu;

		summarise(run, phase, BONNIE_RATE, &rate);
		summarise(run, phase, BONNIE_CPU, &cpu);
		add_pair(phase, deviation ? rate.sd : rate.mean, deviation ? cpu.sd : cpu.mean,
			 out);
	}
	text_add(out, "\n");
}

static void add_half(const struct run *run, const struct half *half, struct text *out)
{
	unsigned rounds = figures_rounds(run);

	if (!figures_any(run, half->first, half->last))
		return;
	add_heading(half, out);
	for (unsigned round = 0; round < rounds; round++)
		add_run(run, half, round, out);
	for (int deviation = 0; deviation < 2 && rounds > 1; deviation++)
		add_summary(run, half, deviation, out);
}

static void add_conditions(const struct run *run, struct text *out)
{
	const union value *value = run->value;
	char chunk[CELL];

	cell_chunk(value[BONNIE_CHUNK].num, chunk);
	text_add(out, "bonnie++ as %s defines it", bonnie_is_old(value) ? "1.03e" : "2.00a");
	if (value[BONNIE_IO].on)
		text_add(out, ", chunks of %s, %llu seeks by %u seekers%s, %s", chunk,
			 (unsigned long long)value[BONNIE_SEEKS].num, bonnie_seekers(value),
			 value[BONNIE_DIRECT].on ? ", O_DIRECT" : "",
			 bonnie_syncs(value, true) ? "fsync in the time of writing" :
						     "no fsync in the time of writing");
	text_add(out, ", data %s, %u run%s\n",
		 value[BONNIE_PATTERN].num ? "nearly all zeros, as bonnie++'s" : "random",
		 figures_rounds(run), figures_rounds(run) == 1 ? "" : "s");
}

/* Where a run took less than half a second. */
static void add_short(const struct run *run, struct text *out)
{
	const char *before = "\nless than half a second in some run (+++++ in the CSV): ";

	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		bool any = false;

		for (unsigned round = 0; round < figures_rounds(run); round++)
			any = any || figures_short(run, phase, round);
		if (any)
			text_add(out, "%s%s", before,
				 run->bench->metrics[phase * BONNIE_FIGURES].name);
		before = any ? ", " : before;
	}
	if (*before == ',')
		text_add(out, "\n");
}

int stock_page(const struct run *run, struct text *out)
{
	if (!run->shared->count)
		return -ENODATA;
	add_conditions(run, out);
	for (size_t i = 0; i < COUNT_OF(halves); i++)
		add_half(run, &halves[i], out);
	add_short(run, out);
	return out->cut ? -ENOSPC : 0;
}
