/* SPDX-License-Identifier: MIT */
/*
 * What iozone says of many children (-t): a block for each test and number of children. With -R its
 * end has the sums once more. kB are KiB there as everywhere in iozone; older ones write KB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/stock/stock.h"

static const struct test {
	const char *title, *name;
} tests[] = {
	{ "initial writers", "initial_write" },
	{ "rewriters", "rewrite" },
	{ "readers", "read" },
	{ "re-readers", "reread" },
	{ "reverse readers", "reverse_read" },
	{ "stride readers", "stride_read" },
	{ "random readers", "random_read" },
	{ "mixed workload", "mixed_workload" },
	{ "random writers", "random_write" },
	{ "pwrite writers", "pwrite" },
	{ "pread readers", "pread" },
	{ "fwriters", "fwrite" },
	{ "freaders", "fread" },
};

/* The lines of a block behind its first. */
static const struct row {
	const char *words, *suffix;
	bool is_amount; /* no rate */
} rows[] = {
	{ "Parent sees throughput for ", "_parent", false },
	{ "Min throughput per ", "_min", false },
	{ "Max throughput per ", "_max", false },
	{ "Min xfer ", "_min_xfer", true },
};

struct block {
	const struct test *test; /* NULL: of none that is known */
	unsigned long children;
	char parameters[80];
};

static const char *behind(const char *line, const char *words)
{
	size_t len = strlen(words);

	line += strspn(line, " ");
	return strncmp(line, words, len) != 0 ? NULL : line + len;
}

/* "= 2730949.00 kB/sec": the number, and its unit as ours; NULL: in another, or no number. */
static const char *read_value(const char *line, bool is_amount, double *value)
{
	const char *at = strchr(line, '=');
	char number[32];
	size_t len;

	if (!at)
		return NULL;
	at += 1 + strspn(at + 1, " ");
	len = strcspn(at, " ");
	if (len >= sizeof(number))
		return NULL;
	snprintf(number, sizeof(number), "%.*s", (int)len, at);
	at += len + strspn(at + len, " ");
	if (!stock_number(number, value) || *value < 0)
		return NULL;
	if (!strncasecmp(at, "kB", 2) && (is_amount ? !at[2] : !strcmp(at + 2, "/sec")))
		return is_amount ? "KiB" : "KiB/s";
	return !is_amount && !strcmp(at, "ops/sec") ? "op/s" : NULL;
}

static const struct test *test_titled(const char *title, size_t len)
{
	for (const struct test *test = tests; test < tests + COUNT_OF(tests); test++)
		if (strlen(test->title) == len && !strncmp(test->title, title, len))
			return test;
	return NULL;
}

/* " 2 initial writers   = ..." */
static void begin_block(struct block *block, const char *rest)
{
	char *title;
	size_t len;

	block->children = strtoul(rest, &title, 10);
	title += strspn(title, " ");
	for (len = strcspn(title, "="); len && title[len - 1] == ' ';)
		len--;
	block->test = block->children && block->children < 1000000 ? test_titled(title, len) : NULL;
}

/* "Each process writes a 4096 kByte file in 64 kByte records": what our own parameters would say. */
static void describe(struct block *block, const char *line)
{
	const char *file = strstr(line, " writes a "), *record = strstr(line, " file in ");
	unsigned long long file_kib, record_kib;

	if (!file || !record)
		return;
	file_kib = strtoull(file + 10, NULL, 10);
	record_kib = strtoull(record + 9, NULL, 10);
	if (file_kib && record_kib && file_kib < 1ull << 50 && record_kib < 1ull << 50)
		snprintf(block->parameters, sizeof(block->parameters), "file=%llu;record=%llu",
			 file_kib * 1024, record_kib * 1024);
}

static int take(struct taker *taker, const struct block *block, const struct row *row,
		const char *line)
{
	char name[40];
	struct observation figure = {
		.bench = "file.iozone_throughput",
		.label = "",
		.name = name,
		.parameters = block->parameters,
		.better = BETTER_MORE,
		.detail = row,
		.at = { { "threads", "", (double)block->children } },
		.axes = 1,
		.level.n = 1,
	};
	double value;

	figure.unit = read_value(line, row && row->is_amount, &value);
	if (!block->test || !figure.unit || (!row && !(value > 0)))
		return 0;
	snprintf(name, sizeof(name), "%s%s", block->test->name, row ? row->suffix : "");
	figure.level.value = figure.level.mean = figure.level.low = figure.level.high = value;
	taker->taken++;
	return taker->take(taker->context, &figure);
}

static int take_line(struct taker *taker, struct block *block, const char *line)
{
	const char *rest = behind(line, "Children see throughput for ");

	if (rest) {
		begin_block(block, rest);
		return take(taker, block, NULL, rest);
	}
	if (behind(line, "Each process ") || behind(line, "Each thread "))
		describe(block, line);
	for (const struct row *row = rows; row < rows + COUNT_OF(rows); row++)
		if (behind(line, row->words))
			return take(taker, block, row, line);
	return 0;
}

static bool fits(const char *text, size_t len)
{
	return stock_contains(text, len, "Children see throughput for ");
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len;
	struct block block = { 0 };
	char line[STOCK_LINE];
	int err = 0;

	while (!err && stock_line(&at, end, line))
		err = take_line(taker, &block, line);
	return err;
}

const struct stock stock_iozone_throughput = { "iozone throughput report", fits, read_all };
