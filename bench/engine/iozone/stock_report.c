/* SPDX-License-Identifier: MIT */
/* The blocks that -R prints after the table. */
#include "bench/engine/iozone/stock.h"

#include <errno.h>

enum { KIB = 1024 };

/* A number for each record that fits into the file; 0 where the cross-over left a hole. */
static void add_row(const struct run *run, unsigned metric, uint64_t file_bytes, struct text *out)
{
	struct iozone_cell cell = { file_bytes, 0 };

	text_add(out, "\"%llu\"  ", (unsigned long long)file_bytes / KIB);
	while ((cell.record_bytes = iozone_next_record(run->value, cell.record_bytes)) &&
	       cell.record_bytes <= file_bytes)
		text_add(out, " %llu ", stock_rate(run, metric, &cell));
	text_add(out, "\n");
}

static void add_share_row(const struct run *run, unsigned metric, uint64_t file_bytes,
			  struct text *out)
{
	struct iozone_cell cell = { file_bytes, 0 };

	text_add(out, "\"%llu\"  ", (unsigned long long)file_bytes / KIB);
	while ((cell.record_bytes = iozone_next_record(run->value, cell.record_bytes)) &&
	       cell.record_bytes <= file_bytes)
		text_add(out, "%7.2f", stock_share(run, metric, &cell));
	text_add(out, "\n");
}

static void add_block(const struct run *run, const struct stock_column *column, bool shares,
		      struct text *out)
{
	text_add(out, "\n\"%s %sreport%s\"\n      ", column->report,
		 shares ? "CPU utilization " : "",
		 shares ? " (Zero values should be ignored)" : "");
	for (uint64_t record = 0; (record = iozone_next_record(run->value, record));)
		text_add(out, "  \"%llu\"", (unsigned long long)record / KIB);
	text_add(out, "\n");
	for (uint64_t file = 0; (file = iozone_next_file(run->value, file));)
		(shares ? add_share_row : add_row)(run, column->metric, file, out);
}

static void add_blocks(const struct run *run, bool shares, struct text *out)
{
	for (size_t i = 0; i < IOZONE_RATES; i++)
		if (stock_has(run, &stock_columns[i]))
			add_block(run, &stock_columns[i], shares, out);
}

int stock_report(const struct run *run, struct text *out)
{
	if (!run->shared->count)
		return -ENODATA;
	text_add(out, "Excel output is below:\n");
	add_blocks(run, false, out);
	if (run->value[IOZONE_CPU].on)
		add_blocks(run, true, out);
	return out->cut ? -ENOSPC : 0;
}
