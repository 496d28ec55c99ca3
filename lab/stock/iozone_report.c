/* SPDX-License-Identifier: MIT */
/*
 * iozone's plain table (-a) and its Excel tables (-R). In the plain one a deselected test leaves
 * its column blank, so a number belongs to the title that it stands under. 0 in an Excel table is a
 * cell that was left out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/stock/iozone.h"

/* In the order of the columns, and of the tables. */
static const struct test {
	const char *name, *title;
} tests[IOZONE_TESTS] = {
	{ "write", "Writer report" },
	{ "rewrite", "Re-writer report" },
	{ "read", "Reader report" },
	{ "reread", "Re-Reader report" },
	{ "random_read", "Random read report" },
	{ "random_write", "Random write report" },
	{ "backward_read", "Backward read report" },
	{ "record_rewrite", "Record rewrite report" },
	{ "stride_read", "Stride read report" },
	{ "fwrite", "Fwrite report" },
	{ "frewrite", "Re-Fwrite report" },
	{ "fread", "Fread report" },
	{ "freread", "Re-Fread report" },
	{ "pwrite", "Pwrite report" },
	{ "repwrite", "Re-Pwrite report" },
	{ "pread", "Pread report" },
	{ "repread", "Re-Pread report" },
	{ "pwritev", "Pwritev report" },
	{ "repwritev", "Re-Pwritev report" },
	{ "preadv", "Preadv report" },
	{ "repreadv", "Re-Preadv report" },
};
enum { COLUMNS = IOZONE_TESTS };

const struct iozone_unit iozone_kib = { "KiB/s", BETTER_MORE },
			 iozone_ops = { "op/s", BETTER_MORE }, iozone_us = { "us/op", BETTER_LESS };

static const struct iozone_unit *unit_of(const char *text, size_t len)
{
	if (stock_contains(text, len, "operations per second"))
		return &iozone_ops;
	if (stock_contains(text, len, "microseconds per operation"))
		return &iozone_us;
	return &iozone_kib;
}

size_t iozone_test_titled(const char *title, size_t len)
{
	for (size_t test = 0; test < IOZONE_TESTS; test++)
		if (strlen(tests[test].title) == len && !strncasecmp(tests[test].title, title, len))
			return test;
	return IOZONE_TESTS;
}

int iozone_take_cell(struct taker *taker, size_t test, const struct iozone_unit *unit, double file,
		     double record, double value)
{
	struct observation figure = {
		.bench = "file.iozone",
		.label = "",
		.name = tests[test].name,
		.unit = unit->name,
		.better = unit->better,
		.at = { { "file", "KiB", file }, { "record", "KiB", record } },
		.axes = 2,
		.level = { .value = value, .mean = value, .low = value, .high = value, .n = 1 },
	};

	if (!(value > 0) || !(file > 0) || !(record > 0) || !isfinite(value + file + record))
		return 0;
	taker->taken++;
	return taker->take(taker->context, &figure);
}

/* ---- plain ---- */

struct columns {
	size_t ends[COLUMNS + 2]; /* behind each title's last letter: kB, reclen, then the tests */
	size_t count;
};

/* "kB  reclen    write  rewrite ...": the second line of titles. */
static bool read_titles(const char *line, struct columns *columns)
{
	size_t at = strspn(line, " ");

	if ((strncmp(line + at, "kB ", 3) != 0 && strncmp(line + at, "KB ", 3) != 0) ||
	    !strstr(line, "reclen"))
		return false;
	for (columns->count = 0; line[at] && columns->count < COLUMNS + 2;) {
		at += strcspn(line + at, " ");
		columns->ends[columns->count++] = at;
		at += strspn(line + at, " ");
	}
	return columns->count > 2;
}

static size_t nearest(const struct columns *columns, size_t end)
{
	size_t best = 0;

	for (size_t i = 1; i < columns->count; i++) {
		size_t now = end > columns->ends[i] ? end - columns->ends[i] :
						      columns->ends[i] - end;
		size_t was = end > columns->ends[best] ? end - columns->ends[best] :
							 columns->ends[best] - end;

		if (now < was)
			best = i;
	}
	return best;
}

struct numbers {
	double value[COLUMNS + 2];
	size_t end[COLUMNS + 2], count;
};

/* A line of nothing but numbers. */
static bool read_numbers(const char *line, struct numbers *out)
{
	size_t at = strspn(line, " ");

	for (out->count = 0; line[at]; at += strspn(line + at, " ")) {
		size_t len = strcspn(line + at, " ");
		char word[32];

		if (len >= sizeof(word) || out->count == COLUMNS + 2)
			return false;
		snprintf(word, sizeof(word), "%.*s", (int)len, line + at);
		if (!stock_number(word, &out->value[out->count]))
			return false;
		at += len;
		out->end[out->count++] = at;
	}
	return out->count >= 3;
}

static int take_row(struct taker *taker, const struct columns *columns,
		    const struct iozone_unit *unit, const struct numbers *row)
{
	int err = 0;

	for (size_t i = 2; i < row->count && !err; i++) {
		/* A whole row needs no places: wide numbers push the ones behind them along. */
		size_t column = row->count == columns->count ? i : nearest(columns, row->end[i]);

		if (column >= 2 && column - 2 < COLUMNS)
			err = iozone_take_cell(taker, column - 2, unit, row->value[0],
					       row->value[1], row->value[i]);
	}
	return err;
}

static bool fits_plain(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	struct columns columns = { 0 };
	struct numbers row;
	char line[STOCK_LINE];
	bool titles = false;

	while (stock_line(&at, end, line)) {
		titles |= read_titles(line, &columns);
		if (titles && read_numbers(line, &row))
			return true;
	}
	return false;
}

static int read_plain(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len;
	const struct iozone_unit *unit = unit_of(text, len);
	struct columns columns = { 0 };
	struct numbers row;
	char line[STOCK_LINE];
	int err = 0;

	while (!err && stock_line(&at, end, line)) {
		if (strstr(line, "Excel output is below"))
			break; /* the same figures again */
		if (!read_titles(line, &columns) && columns.count && read_numbers(line, &row))
			err = take_row(taker, &columns, unit, &row);
	}
	return err;
}

/* ---- Excel ---- */

/* "Writer report" in quotes. */
static bool read_title(const char *line, size_t *test)
{
	const char *end = *line == '"' ? strchr(line + 1, '"') : NULL;

	*test = end ? iozone_test_titled(line + 1, (size_t)(end - line - 1)) : IOZONE_TESTS;
	return *test < IOZONE_TESTS;
}

/* Numbers, in quotes or not. */
static size_t split_quoted(char *line, double out[IOZONE_RECORDS_MOST])
{
	size_t count = 0;
	char *rest = line, *word;

	for (char *at = line; *at; at++)
		if (*at == '"')
			*at = ' ';
	for (word = strtok_r(line, " ", &rest); word && count < IOZONE_RECORDS_MOST;
	     word = strtok_r(NULL, " ", &rest))
		if (!stock_number(word, &out[count++]))
			return 0;
	return count;
}

static int take_excel_row(struct taker *taker, size_t test, const struct iozone_unit *unit,
			  char *line, const double *records, size_t count)
{
	double values[IOZONE_RECORDS_MOST];
	size_t found = split_quoted(line, values);
	int err = 0;

	for (size_t i = 1; i < found && i - 1 < count && !err; i++)
		err = iozone_take_cell(taker, test, unit, values[0], records[i - 1], values[i]);
	return err;
}

static bool fits_excel(const char *text, size_t len)
{
	return stock_contains(text, len, "er report\"") ||
	       stock_contains(text, len, " read report\"") ||
	       stock_contains(text, len, " write report\"");
}

static int read_excel(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len;
	const struct iozone_unit *unit = unit_of(text, len);
	double records[IOZONE_RECORDS_MOST];
	size_t test = COLUMNS, found, count = 0;
	char line[STOCK_LINE];
	int err = 0;

	while (!err && stock_line(&at, end, line)) {
		if (read_title(line, &found)) {
			test = found;
			count = 0;
		} else if (!*line) {
			test = COLUMNS;
		} else if (test < COLUMNS && !count) {
			count = split_quoted(line, records);
		} else if (test < COLUMNS) {
			err = take_excel_row(taker, test, unit, line, records, count);
		}
	}
	return err;
}

const struct stock stock_iozone = { "iozone table", fits_plain, read_plain };
const struct stock stock_iozone_excel = { "iozone Excel report", fits_excel, read_excel };
