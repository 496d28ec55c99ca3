/* SPDX-License-Identifier: MIT */
/* The summary that people read: the same at the machine and at the desk. */
#include "lib/lib.h"

#include <stdio.h>

void table_heading(struct text *out)
{
	text_add(out, "%-18s %-22s %-16s %12s %-10s %12s %12s %6s\n", "step", "metric", "at",
		 "value", "unit", "min", "max", "n");
}

static void add_cell(struct text *out, double value, int width)
{
	char cell[32];
	struct text text;

	text_begin(&text, cell, sizeof(cell));
	text_add_value(&text, value);
	text_add(out, " %*s", width, cell);
}

void table_row(struct text *out, const struct summary_row *row)
{
	text_add(out, "%-18s %-22s %-16s", row->step, row->metric, row->at);
	add_cell(out, row->value, 12);
	text_add(out, " %-10s", row->unit);
	if (row->n > 1) {
		add_cell(out, row->min, 12);
		add_cell(out, row->max, 12);
		text_add(out, " %6zu", row->n);
	} else {
		text_add(out, " %12s %12s %6zu", "", "", row->n);
	}
	text_add(out, "\n");
}
