/* SPDX-License-Identifier: MIT */
/*
 * What iozone itself would have written, column for column as version 3.489 does: its table, the
 * blocks of -R, the worksheet of -b. Rates go through iozone's clock: whole microseconds, less one
 * for the clock's resolution, at least one. The journal has the times as they were.
 */
#ifndef ASSAY_ENGINE_IOZONE_STOCK_H
#define ASSAY_ENGINE_IOZONE_STOCK_H

#include "bench/file/iozone.h"

struct stock_column {
	unsigned metric, test;
	int width, blank;		/* of a number, and of none */
	const char *report, *worksheet; /* its title with -R and with -b */
};
extern const struct stock_column stock_columns[IOZONE_RATES];

/* Does the report have a block of this column? Also where -+n left zeros in it. */
bool stock_has(const struct run *run, const struct stock_column *column);
/* In the run's unit; 0: not measured. */
unsigned long long stock_rate(const struct run *run, unsigned metric,
			      const struct iozone_cell *cell);
/* The processor's share in percent; 0: not measured. */
double stock_share(const struct run *run, unsigned metric, const struct iozone_cell *cell);
/* "iozone -a -n 64k ... ": what one would type to have iozone measure the same. */
void stock_command_line(const union value *values, struct text *out);
/* iozone's echo of its options. */
void stock_options(const union value *values, struct text *out);

int stock_table(const struct run *run, struct text *out);
int stock_report(const struct run *run, struct text *out);
int stock_worksheet(const struct run *run, struct text *out);

#endif
