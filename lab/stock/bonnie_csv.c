/* SPDX-License-Identifier: MIT */
/*
 * bonnie++'s CSV: 27 fields of 1.03, 48 of 1.96 and 1.97, 50 of 1.98 (2.00). A figure that it would
 * not give
 * ("+++++": under half a second) is none.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/stock/stock.h"

static const char *const io_names[] = {
	"putc", "put_block", "rewrite", "getc", "get_block", "seeks"
};
static const char *const file_names[] = { "seq_create", "seq_stat", "seq_del",
					  "ran_create", "ran_stat", "ran_del" };

struct layout {
	size_t fields, least; /* least: without latencies, as readers accept it */
	const char *version, *definition;
	size_t size, io, files, latency; /* first field of each group; latency 0: none */
};
static const struct layout layouts[] = {
	{ 50, 38, "1.98", "2.00", 5, 9, 26, 38 },
	{ 48, 36, "1.97", "1.9x", 5, 7, 24, 36 },
	{ 48, 36, "1.96", "1.9x", 5, 7, 24, 36 },
	{ 27, 27, NULL, "1.03", 1, 2, 15, 0 },
};

static const struct layout *layout_of(const char *const *fields, size_t count)
{
	for (size_t i = 0; i < COUNT_OF(layouts); i++) {
		const struct layout *layout = &layouts[i];

		if (count < layout->least || count > layout->fields)
			continue;
		if (layout->version ?
			    !strcmp(fields[0], layout->version) :
			    strspn(fields[1], "0123456789") && strcmp(fields[0], "name") != 0)
			return layout;
	}
	return NULL;
}

/* "16G" and "16G:64k": what our own parameter size= would say. */
static void describe(const struct layout *layout, const char *const *fields, char *out, size_t room)
{
	char size[32];
	uint64_t bytes;
	struct text text;

	snprintf(size, sizeof(size), "%.*s", (int)strcspn(fields[layout->size], ":"),
		 fields[layout->size]);
	text_begin(&text, out, room);
	text_add(&text, "definition=%s", layout->definition);
	if (*size && strspn(size, "0123456789") == strlen(size))
		strcat(size, "M");
	if (*size && strlen(size) < 20 && !text_bytes(size, &bytes))
		text_add(&text, ";size=%llu", (unsigned long long)bytes);
}

static int take(struct taker *taker, const char *parameters, const char *name, const char *unit,
		enum better better, double value)
{
	struct observation figure = {
		.bench = "file.bonnie",
		.label = "",
		.name = name,
		.unit = unit,
		.parameters = parameters,
		.better = better,
		.level = { .value = value, .mean = value, .low = value, .high = value, .n = 1 },
	};

	taker->taken++;
	return taker->take(taker->context, &figure);
}

/* Rate and processor time of one phase. */
static int take_pair(struct taker *taker, const char *parameters, const char *const *fields,
		     const char *name, const char *unit)
{
	char cpu[40];
	double value;
	int err = 0;

	snprintf(cpu, sizeof(cpu), "%s_cpu", name);
	if (stock_number(fields[0], &value))
		err = take(taker, parameters, name, unit, BETTER_MORE, value);
	if (!err && stock_number(fields[1], &value))
		err = take(taker, parameters, cpu, "%", BETTER_LESS, value);
	return err;
}

/* "12470us", "184ms", "2s", into microseconds. */
static bool read_latency(const char *text, double *us)
{
	char number[32];
	size_t len = strspn(text, "0123456789.");
	double factor = !strcmp(text + len, "us") ? 1 :
			!strcmp(text + len, "ms") ? 1e3 :
			!strcmp(text + len, "s")  ? 1e6 :
						    0;

	if (!len || len >= sizeof(number) || !(factor > 0))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)len, text);
	if (!stock_number(number, us))
		return false;
	*us *= factor;
	return true;
}

static int take_latency(struct taker *taker, const char *parameters, const char *field,
			const char *name)
{
	char full[48];
	double us;

	snprintf(full, sizeof(full), "%s_latency", name);
	return read_latency(field, &us) ? take(taker, parameters, full, "us", BETTER_LESS, us) : 0;
}

static int take_line(struct taker *taker, const char *const *fields, size_t count,
		     const struct layout *layout)
{
	char parameters[80];
	int err = 0;

	describe(layout, fields, parameters, sizeof(parameters));
	for (size_t i = 0; i < 6 && !err; i++) {
		err = take_pair(taker, parameters, fields + layout->io + 2 * i, io_names[i],
				i < 5 ? "KiB/s" : "/s");
		if (!err && layout->files + 2 * i + 1 < count)
			err = take_pair(taker, parameters, fields + layout->files + 2 * i,
					file_names[i], "/s");
		if (!err && layout->latency && layout->latency + 6 + i < count)
			err = take_latency(taker, parameters, fields[layout->latency + i],
					   io_names[i]);
		if (!err && layout->latency && layout->latency + 6 + i < count)
			err = take_latency(taker, parameters, fields[layout->latency + 6 + i],
					   file_names[i]);
	}
	return err;
}

static int walk(const char *text, size_t len, struct taker *taker, size_t *lines)
{
	const char *at = text, *end = text + len, *fields[STOCK_FIELDS];
	char line[STOCK_LINE];
	int err = 0;

	*lines = 0;
	while (!err && stock_line(&at, end, line)) {
		size_t count = stock_fields(line, fields);
		const struct layout *layout = layout_of(fields, count);

		if (!layout)
			continue;
		++*lines;
		if (taker)
			err = take_line(taker, fields, count, layout);
	}
	return err;
}

static bool fits(const char *text, size_t len)
{
	size_t lines;

	walk(text, len, NULL, &lines);
	return lines;
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	size_t lines;

	return walk(text, len, taker, &lines);
}

const struct stock stock_bonnie = { "bonnie++ CSV", fits, read_all };
