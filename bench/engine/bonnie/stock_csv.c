/* SPDX-License-Identifier: MIT */
/*
 * bonnie++'s CSV, a line a repeat: format 1.98 of 2.00a (50 fields; the only one that its
 * bon_csv2txt and bon_csv2html read) and that of 1.03e (27 fields). Each definition writes its own,
 * and beside it the same figures in the other's layout.
 */
#include "bench/engine/bonnie/figures.h"
#include "bench/engine/bonnie/stock.h"

#include <errno.h>

/* As 2.00a prints it: without names for its fields 7 and 8, which hold the number of seeks and of
 * seekers. Its readers pass over the line. */
static const char header_1_98[] =
	"format_version,bonnie_version,name,concurrency,seed,file_size,io_chunk_size,putc,putc_cpu,"
	"put_block,put_block_cpu,rewrite,rewrite_cpu,getc,getc_cpu,get_block,get_block_cpu,seeks,"
	"seeks_cpu,num_files,max_size,min_size,num_dirs,file_chunk_size,seq_create,seq_create_cpu,"
	"seq_stat,seq_stat_cpu,seq_del,seq_del_cpu,ran_create,ran_create_cpu,ran_stat,ran_stat_cpu,"
	"ran_del,ran_del_cpu,putc_latency,put_block_latency,rewrite_latency,getc_latency,"
	"get_block_latency,seeks_latency,seq_create_latency,seq_stat_latency,seq_del_latency,"
	"ran_create_latency,ran_stat_latency,ran_del_latency\n";
static const char header_1_03[] =
	"name,file_size,putc,putc_cpu,put_block,put_block_cpu,rewrite,rewrite_cpu,getc,getc_cpu,"
	"get_block,get_block_cpu,seeks,seeks_cpu,num_files,seq_create,seq_create_cpu,seq_stat,"
	"seq_stat_cpu,seq_del,seq_del_cpu,ran_create,ran_create_cpu,ran_stat,ran_stat_cpu,ran_del,"
	"ran_del_cpu\n";

static void add_rates(const struct run *run, unsigned first, unsigned last, unsigned round,
		      bool old, struct text *out)
{
	for (unsigned phase = first; phase < last; phase++) {
		char rate[CELL], cpu[CELL];

		cells_phase(run, phase, round, old, rate, cpu);
		text_add(out, ",%s,%s", rate, cpu);
	}
}

static void add_unless_0(uint64_t value, struct text *out)
{
	text_add(out, ",");
	if (value)
		text_add(out, "%llu", (unsigned long long)value);
}

/* max, min, directories and chunk: blank where they say nothing. 2.00a's own writer puts the
 * directories into the place of the chunk; its readers take them from here. */
static void add_files_1_98(const union value *values, struct text *out)
{
	struct bonnie_files files;

	bonnie_files(values, &files);
	if (!files.count) {
		text_add(out, ",,,,,");
		return;
	}
	add_unless_0(files.count / BONNIE_FILES_UNIT, out);
	if (files.kind != FILES_PLAIN)
		text_add(out, ",%s", files.kind == FILES_LINK ? "link" : "symlink");
	else
		add_unless_0(files.max_bytes, out);
	add_unless_0(files.min_bytes, out);
	add_unless_0(files.directories > 1 ? files.directories : 0, out);
	add_unless_0(values[BONNIE_FILES_CHUNK].num, out);
}

static void add_size_1_98(const union value *values, struct text *out)
{
	char size[CELL];

	cell_size(bonnie_file_bytes(values), size);
	if (values[BONNIE_IO].on)
		text_add(out, ",%s,,%llu,%u", size, (unsigned long long)values[BONNIE_SEEKS].num,
			 bonnie_seekers(values));
	else
		text_add(out, ",,,,");
}

static void add_line_1_98(const struct run *run, unsigned round, struct text *out)
{
	char name[CELL], latency[CELL];

	cell_machine(run, name);
	text_add(out, "1.98,%s,%s,1,%llu", bonnie_is_old(run->value) ? "1.03e" : "2.00a", name,
		 (unsigned long long)(run->value[BONNIE_SEED].num + round));
	add_size_1_98(run->value, out);
	add_rates(run, 0, BONNIE_IO_PHASES, round, false, out);
	add_files_1_98(run->value, out);
	add_rates(run, BONNIE_IO_PHASES, BONNIE_PHASES, round, false, out);
	for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
		cell_latency(run, phase, round, latency);
		text_add(out, ",%s", latency);
	}
	text_add(out, "\n");
}

static void add_line_1_03(const struct run *run, unsigned round, struct text *out)
{
	const union value *value = run->value;
	char name[CELL], size[CELL] = "", chunk[CELL], files[CELL] = "";

	cell_machine(run, name);
	cell_chunk(value[BONNIE_CHUNK].num, chunk);
	if (value[BONNIE_IO].on)
		cell_size(bonnie_file_bytes(value), size);
	if (value[BONNIE_FILES].num)
		cell_files(value, files);
	text_add(out, "%s,%s", name, size);
	if (*size && value[BONNIE_CHUNK].num != 8192)
		text_add(out, ":%s", chunk);
	add_rates(run, 0, BONNIE_IO_PHASES, round, true, out);
	text_add(out, ",%s", files);
	add_rates(run, BONNIE_IO_PHASES, BONNIE_PHASES, round, true, out);
	text_add(out, "\n");
}

static int write_all(const struct run *run, bool old, struct text *out)
{
	if (!run->shared->count)
		return -ENODATA;
	if (run->value[BONNIE_REPEATS].num > 1)
		text_add(out, "%s", old ? header_1_03 : header_1_98);
	for (unsigned round = 0; round < figures_rounds(run); round++)
		if (old)
			add_line_1_03(run, round, out);
		else
			add_line_1_98(run, round, out);
	return out->cut ? -ENOSPC : 0;
}

int stock_csv(const struct run *run, struct text *out)
{
	return write_all(run, bonnie_is_old(run->value), out);
}

int stock_csv_1_98(const struct run *run, struct text *out)
{
	return bonnie_is_old(run->value) ? write_all(run, false, out) : -ENODATA;
}

int stock_csv_1_03(const struct run *run, struct text *out)
{
	return bonnie_is_old(run->value) ? -ENODATA : write_all(run, true, out);
}
