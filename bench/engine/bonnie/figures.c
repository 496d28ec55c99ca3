/* SPDX-License-Identifier: MIT */
/* Samples to cells. */
#include "bench/engine/bonnie/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

double figures_of(const struct run *run, unsigned phase, unsigned which, unsigned round)
{
	const struct run_shared *shared = run->shared;
	uint32_t metric = phase * BONNIE_FIGURES + which;

	for (uint32_t i = 0; i < shared->count && i < shared->room; i++)
		if (shared->samples[i].metric == metric && !round--)
			return shared->samples[i].value;
	return NAN;
}

static unsigned count_of(const struct run *run, uint32_t metric)
{
	const struct run_shared *shared = run->shared;
	unsigned count = 0;

	for (uint32_t i = 0; i < shared->count && i < shared->room; i++)
		count += shared->samples[i].metric == metric;
	return count;
}

unsigned figures_rounds(const struct run *run)
{
	unsigned rounds = 1;

	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		unsigned count = count_of(run, phase * BONNIE_FIGURES + BONNIE_RATE);

		rounds = count > rounds ? count : rounds;
	}
	return rounds;
}

bool figures_any(const struct run *run, unsigned first, unsigned last)
{
	bool any = false;

	for (unsigned phase = first; phase < last; phase++)
		any = any || count_of(run, phase * BONNIE_FIGURES + BONNIE_RATE);
	return any;
}

bool figures_short(const struct run *run, unsigned phase, unsigned round)
{
	return bonnie_amount(run->value, phase) / figures_of(run, phase, BONNIE_RATE, round) < 0.5;
}

/* Blank when it was not measured. */
static void cell_figure(double value, int decimals, const char *instead, char cell[CELL])
{
	if (isnan(value))
		cell[0] = '\0';
	else if (instead)
		snprintf(cell, CELL, "%s", instead);
	else
		snprintf(cell, CELL, "%.*f", decimals, value);
}

void cells_phase(const struct run *run, unsigned phase, unsigned round, bool old, char rate[CELL],
		 char cpu[CELL])
{
	double per_second = figures_of(run, phase, BONNIE_RATE, round);
	bool too_short = figures_short(run, phase, round), seeks = phase == BONNIE_SEEKS_PHASE;

	cell_figure(seeks ? per_second : floor(per_second), seeks && (per_second < 1000 || old),
		    too_short ? "+++++" : NULL, rate);
	cell_figure(floor(figures_of(run, phase, BONNIE_CPU, round)), 0, too_short ? "+++" : NULL,
		    cpu);
}

void cell_latency(const struct run *run, unsigned phase, unsigned round, char cell[CELL])
{
	double us = figures_of(run, phase, BONNIE_LATENCY, round);

	if (isnan(us))
		cell[0] = '\0';
	else if (us > 99999999)
		snprintf(cell, CELL, "%.0fs", floor(us / 1e6));
	else if (us > 99999)
		snprintf(cell, CELL, "%.0fms", floor(us / 1e3));
	else
		snprintf(cell, CELL, "%.0fus", floor(us));
}

void cell_size(uint64_t bytes, char cell[CELL])
{
	unsigned long long mib = bytes >> 20;

	if (mib % 1024)
		snprintf(cell, CELL, "%lluM", mib);
	else
		snprintf(cell, CELL, "%lluG", mib / 1024);
}

void cell_chunk(uint64_t bytes, char cell[CELL])
{
	if (bytes % 1024)
		snprintf(cell, CELL, "%llu", (unsigned long long)bytes);
	else
		snprintf(cell, CELL, "%lluk", (unsigned long long)bytes / 1024);
}

void cell_machine(const struct run *run, char cell[CELL])
{
	struct utsname host = { 0 };
	const char *wanted = run->value[BONNIE_MACHINE].text;

	if (!*wanted && !uname(&host))
		wanted = host.nodename;
	snprintf(cell, CELL, "%.30s", *wanted ? wanted : "unknown");
	/* The readers split at commas and know no quoting. */
	for (char *c = cell; *c; c++)
		if (*c == ',' || (unsigned char)*c <= ' ')
			*c = '_';
}

void cell_files(const union value *values, char cell[CELL])
{
	struct bonnie_files files;
	struct text text;

	bonnie_files(values, &files);
	text_begin(&text, cell, CELL);
	text_add(&text, "%u", files.count / BONNIE_FILES_UNIT);
	if (files.kind != FILES_PLAIN)
		text_add(&text, files.kind == FILES_LINK ? ":link" : ":symlink");
	else if (files.max_bytes)
		text_add(&text, ":%llu:%llu", (unsigned long long)files.max_bytes,
			 (unsigned long long)files.min_bytes);
	if (files.directories > 1)
		text_add(&text, "/%u", files.directories);
}
