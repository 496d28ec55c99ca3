/* SPDX-License-Identifier: MIT */
/*
 * What bonnie++ itself would have written: its CSV line and its text report, one per repeat. Field
 * orders and the rules for blanks, "+++++" and units are those of bonnie++ 2.00a (format 1.98, 50
 * fields) and 1.03e (27 fields), as bon_csv2txt and bon_csv2html 2.00a read them. Numbers that
 * these rules hide are in the journal.
 */
#include "bench/file/bonnie.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

enum { CELL = 32 };

static bool is_old(const struct run *run)
{
	return run->value[BONNIE_DEFINITION].num == BONNIE_1_03;
}

/* The sample that this repeat took; NAN when it took none. */
static double figure(const struct run *run, unsigned phase, unsigned which, unsigned round)
{
	const struct run_shared *shared = run->shared;
	uint32_t metric = phase * BONNIE_FIGURES + which;

	for (uint32_t i = 0; i < shared->count && i < shared->room; i++)
		if (shared->samples[i].metric == metric && !round--)
			return shared->samples[i].value;
	return NAN;
}

static double elapsed_s(const struct run *run, unsigned phase, unsigned round)
{
	double amount = (double)bonnie_file_bytes(run->value) / 1024;

	if (phase == BONNIE_PUTC || phase == BONNIE_GETC)
		amount = (double)bonnie_per_byte_bytes(run->value) / 1024;
	if (phase == BONNIE_SEEKS_PHASE)
		amount = (double)run->value[BONNIE_SEEKS].num;
	return amount / figure(run, phase, BONNIE_RATE, round);
}

/* Blank when it was not measured. */
static void figure_cell(double value, int decimals, const char *instead, char cell[CELL])
{
	if (isnan(value))
		cell[0] = '\0';
	else if (instead)
		snprintf(cell, CELL, "%s", instead);
	else
		snprintf(cell, CELL, "%.*f", decimals, value);
}

/* Rate and CPU. A measurement of less than half a second is not one, says bonnie++. */
static void phase_cells(const struct run *run, unsigned phase, unsigned round, char rate[CELL],
			char cpu[CELL])
{
	double per_second = figure(run, phase, BONNIE_RATE, round);
	double percent = figure(run, phase, BONNIE_CPU, round);
	bool too_short = elapsed_s(run, phase, round) < 0.5;
	bool seeks = phase == BONNIE_SEEKS_PHASE;

	figure_cell(seeks ? per_second : floor(per_second),
		    seeks && (per_second < 1000 || is_old(run)), too_short ? "+++++" : NULL, rate);
	figure_cell(floor(percent), 0, too_short ? "+++" : NULL, cpu);
}

static void latency_cell(const struct run *run, unsigned phase, unsigned round, char cell[CELL])
{
	double us = figure(run, phase, BONNIE_LATENCY, round);

	if (isnan(us))
		cell[0] = '\0';
	else if (us > 99999999)
		snprintf(cell, CELL, "%.0fs", floor(us / 1e6));
	else if (us > 99999)
		snprintf(cell, CELL, "%.0fms", floor(us / 1e3));
	else
		snprintf(cell, CELL, "%.0fus", floor(us));
}

static void size_cell(uint64_t bytes, char cell[CELL])
{
	unsigned long long mib = bytes >> 20;

	if (mib % 1024)
		snprintf(cell, CELL, "%lluM", mib);
	else
		snprintf(cell, CELL, "%lluG", mib / 1024);
}

static void chunk_cell(uint64_t bytes, char cell[CELL])
{
	if (bytes % 1024)
		snprintf(cell, CELL, "%llu", (unsigned long long)bytes);
	else
		snprintf(cell, CELL, "%lluk", (unsigned long long)bytes / 1024);
}

static void machine_name(const struct run *run, char name[CELL])
{
	struct utsname host = { 0 };
	const char *wanted = run->value[BONNIE_MACHINE].text;

	if (!*wanted && !uname(&host))
		wanted = host.nodename;
	snprintf(name, CELL, "%.30s", *wanted ? wanted : "unknown");
	/* The readers split at commas and know no quoting. */
	for (char *c = name; *c; c++)
		if (*c == ',' || (unsigned char)*c <= ' ')
			*c = '_';
}

static unsigned rounds_of(const struct run *run)
{
	unsigned rounds = 0;

	while (!isnan(figure(run, BONNIE_PUT_BLOCK, BONNIE_RATE, rounds)))
		rounds++;
	return rounds ? rounds : 1;
}

/* ---- CSV ---- */

static void add_rates(const struct run *run, unsigned round, struct text *out)
{
	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		char rate[CELL], cpu[CELL];

		phase_cells(run, phase, round, rate, cpu);
		text_add(out, ",%s,%s", rate, cpu);
	}
}

static void add_line_2_00(const struct run *run, unsigned round, struct text *out)
{
	char name[CELL], size[CELL], latency[CELL];

	machine_name(run, name);
	size_cell(bonnie_file_bytes(run->value), size);
	text_add(out, "1.98,2.00a,%s,1,%llu,%s,,%llu,%u", name,
		 (unsigned long long)(run->value[BONNIE_SEED].num + round), size,
		 (unsigned long long)run->value[BONNIE_SEEKS].num, bonnie_seekers(run->value));
	add_rates(run, round, out);
	text_add(out, ",,,,,,,,,,,,,,,,,"); /* 17 fields of the file creation part, as with -n 0 */
	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		latency_cell(run, phase, round, latency);
		text_add(out, ",%s", latency);
	}
	text_add(out, ",,,,,,\n");
}

static void add_line_1_03(const struct run *run, unsigned round, struct text *out)
{
	char name[CELL], size[CELL], chunk[CELL];

	machine_name(run, name);
	size_cell(bonnie_file_bytes(run->value), size);
	chunk_cell(run->value[BONNIE_CHUNK].num, chunk);
	text_add(out, "%s,%s", name, size);
	if (run->value[BONNIE_CHUNK].num != 8192)
		text_add(out, ":%s", chunk);
	add_rates(run, round, out);
	text_add(out, ",,,,,,,,,,,,,\n"); /* 13 fields of the file creation part */
}

static int write_csv(const struct run *run, struct text *out)
{
	if (!run->shared->count)
		return -ENODATA;
	for (unsigned round = 0; round < rounds_of(run); round++)
		if (is_old(run))
			add_line_1_03(run, round, out);
		else
			add_line_2_00(run, round, out);
	return out->cut ? -ENOSPC : 0;
}

/* ---- text ---- */

/* 9999 KiB/s and below as they are, then MiB/s with one decimal below 100, then whole, then GiB/s. */
static void scaled_cell(double rate, char cell[CELL])
{
	if (rate < 10000)
		snprintf(cell, CELL, "%.0fk", floor(rate));
	else if (rate < 100 * 1024)
		snprintf(cell, CELL, "%.1fm", rate / 1024);
	else if (rate < 10000 * 1024.0)
		snprintf(cell, CELL, "%.0fm", floor(rate / 1024));
	else
		snprintf(cell, CELL, "%.0fg", floor(rate / 1048576));
}

static void add_text_rates(const struct run *run, unsigned round, struct text *out)
{
	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		char rate[CELL], cpu[CELL];

		phase_cells(run, phase, round, rate, cpu);
		if (!is_old(run) && phase != BONNIE_SEEKS_PHASE && *rate && *rate != '+')
			scaled_cell(figure(run, phase, BONNIE_RATE, round), rate);
		text_add(out, " %5s %3s", rate, cpu);
	}
	text_add(out, "\n");
}

static void add_text(const struct run *run, unsigned round, struct text *out)
{
	char name[CELL], size[CELL], latency[CELL];
	int width;

	machine_name(run, name);
	size_cell(bonnie_file_bytes(run->value), size);
	width = 19 - (int)strlen(name);
	text_add(out, "%s%*s", name, width > (int)strlen(size) ? width : (int)strlen(size) + 1,
		 size);
	add_text_rates(run, round, out);
	if (is_old(run))
		return;
	text_add(out, "Latency          ");
	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		latency_cell(run, phase, round, latency);
		text_add(out, "%10s", latency);
	}
	text_add(out, "\n");
}

static int write_text(const struct run *run, struct text *out)
{
	bool old = is_old(run);

	if (!run->shared->count)
		return -ENODATA;
	text_add(out,
		 "Version %s       ------Sequential Output------ --Sequential Input- --Random-\n",
		 old ? "1.03e" : "2.00a");
	text_add(
		out,
		"                    -Per Chr- --Block-- -Rewrite- -Per Chr- --Block-- --Seeks--\n");
	text_add(
		out,
		old ? "Machine        Size K/sec %%CP K/sec %%CP K/sec %%CP K/sec %%CP K/sec %%CP  /sec %%CP\n" :
		      "Name:Size etc        /sec %%CP  /sec %%CP  /sec %%CP  /sec %%CP  /sec %%CP  /sec %%CP\n");
	for (unsigned round = 0; round < rounds_of(run); round++)
		add_text(run, round, out);
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file bonnie_stock[] = {
	{ "bonnie.csv", write_csv },
	{ "bonnie.txt", write_text },
	{ 0 },
};
