/* SPDX-License-Identifier: MIT */
/* bonnie++'s text report, a line (2.00: and its latencies) for each repeat. */
#include "bench/engine/bonnie/figures.h"
#include "bench/engine/bonnie/stock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* 9999 KiB/s and below as they are, then MiB/s with one decimal below 100, then whole, then GiB/s. */
static void scale(double rate, char cell[CELL])
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

static void add_rates(const struct run *run, unsigned first, unsigned last, unsigned round,
		      struct text *out)
{
	bool old = bonnie_is_old(run->value);

	for (unsigned phase = first; phase < last; phase++) {
		char rate[CELL], cpu[CELL];

		cells_phase(run, phase, round, old, rate, cpu);
		if (!old && phase < BONNIE_SEEKS_PHASE && *rate && *rate != '+')
			scale(figures_of(run, phase, BONNIE_RATE, round), rate);
		text_add(out, " %5s %3s", rate, cpu);
	}
	text_add(out, "\n");
}

static void add_latencies(const struct run *run, unsigned first, unsigned last, unsigned round,
			  struct text *out)
{
	char latency[CELL];

	if (bonnie_is_old(run->value))
		return;
	text_add(out, "Latency          ");
	for (unsigned phase = first; phase < last; phase++) {
		cell_latency(run, phase, round, latency);
		text_add(out, "%10s", latency);
	}
	text_add(out, "\n");
}

static void add_io(const struct run *run, unsigned round, struct text *out)
{
	char name[CELL], size[CELL];
	int width;

	cell_machine(run, name);
	cell_size(bonnie_file_bytes(run->value), size);
	width = 19 - (int)strlen(name);
	text_add(out, "%s%*s", name, width > (int)strlen(size) ? width : (int)strlen(size) + 1,
		 size);
	add_rates(run, 0, BONNIE_IO_PHASES, round, out);
	add_latencies(run, 0, BONNIE_IO_PHASES, round, out);
}

static void add_io_heading(bool old, struct text *out)
{
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
}

static void add_files_heading(const struct run *run, struct text *out)
{
	bool old = bonnie_is_old(run->value);
	struct bonnie_files files;
	const char *column = "              files";
	char name[CELL];

	bonnie_files(run->value, &files);
	cell_machine(run, name);
	if (files.kind != FILES_PLAIN && !old)
		column = "files:max";
	else if (files.kind != FILES_PLAIN || files.max_bytes)
		column = "files:max:min";
	text_add(out, "%-19s ------Sequential Create------ --------Random Create--------\n",
		 old ? "" : "Version 2.00a");
	text_add(out, "%-19s -Create-- --Read--- -Delete-- -Create-- --Read--- -Delete--\n",
		 old ? "" : name);
	text_add(out, "%-19s", column);
	for (int i = 0; i < 6; i++)
		text_add(out, "  /sec %%CP");
	text_add(out, "\n");
}

static void add_files(const struct run *run, unsigned round, struct text *out)
{
	char files[CELL];

	cell_files(run->value, files);
	text_add(out, "%19s", files);
	add_rates(run, BONNIE_IO_PHASES, BONNIE_PHASES, round, out);
	add_latencies(run, BONNIE_IO_PHASES, BONNIE_PHASES, round, out);
}

int stock_text(const struct run *run, struct text *out)
{
	unsigned rounds = figures_rounds(run);

	if (!run->shared->count)
		return -ENODATA;
	if (figures_any(run, 0, BONNIE_IO_PHASES))
		add_io_heading(bonnie_is_old(run->value), out);
	for (unsigned i = 0; i < rounds && figures_any(run, 0, BONNIE_IO_PHASES); i++)
		add_io(run, i, out);
	if (figures_any(run, BONNIE_IO_PHASES, BONNIE_PHASES))
		add_files_heading(run, out);
	for (unsigned i = 0; i < rounds && figures_any(run, BONNIE_IO_PHASES, BONNIE_PHASES); i++)
		add_files(run, i, out);
	return out->cut ? -ENOSPC : 0;
}
