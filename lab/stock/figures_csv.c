/* SPDX-License-Identifier: MIT */
/*
 * Figures that somebody typed in from a page or a paper: a first line "# assay figures", then
 * bench,label,metric,value,unit,better (more, less or neither); # begins a remark.
 */
#include <string.h>

#include "lab/stock/stock.h"

static const char heading[] = "# assay figures";

static bool fits(const char *text, size_t len)
{
	return len > strlen(heading) && !memcmp(text, heading, strlen(heading));
}

static int take_line(struct taker *taker, char *line)
{
	const char *fields[STOCK_FIELDS];
	struct observation figure = { .level.n = 1 };
	double value;

	if (*line == '#' || stock_fields(line, fields) != 6 || !stock_number(fields[3], &value))
		return 0;
	figure.bench = fields[0];
	figure.label = fields[1];
	figure.name = fields[2];
	figure.unit = fields[4];
	figure.better = !strcmp(fields[5], "more") ? BETTER_MORE :
			!strcmp(fields[5], "less") ? BETTER_LESS :
						     BETTER_NEITHER;
	figure.level.value = figure.level.mean = figure.level.low = figure.level.high = value;
	taker->taken++;
	return taker->take(taker->context, &figure);
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len;
	char line[STOCK_LINE];
	int err = 0;

	while (!err && stock_line(&at, end, line))
		err = take_line(taker, line);
	return err;
}

const struct stock stock_figures = { "typed-in figures", fits, read_all };
