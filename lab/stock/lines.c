/* SPDX-License-Identifier: MIT */
/* Lines, fields and numbers of text that others wrote. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/stock/stock.h"

bool stock_line(const char **cursor, const char *end, char out[STOCK_LINE])
{
	const char *at = *cursor, *stop;
	size_t len;

	if (at >= end)
		return false;
	stop = memchr(at, '\n', (size_t)(end - at));
	len = (size_t)((stop ? stop : end) - at);
	*cursor = stop ? stop + 1 : end;
	if (len > STOCK_LINE - 1)
		len = STOCK_LINE - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)at[i] < ' ' ? ' ' : at[i];
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	return true;
}

size_t stock_fields(char *line, const char *fields[STOCK_FIELDS])
{
	size_t count = 0;
	char *comma;

	for (; count < STOCK_FIELDS - 1; line = comma + 1) {
		fields[count++] = line;
		comma = strchr(line, ',');
		if (!comma)
			return count;
		*comma = '\0';
	}
	fields[count++] = line;
	return count;
}

bool stock_number(const char *text, double *out)
{
	size_t len = strspn(text, "+-.0123456789eE");
	char *end;

	if (!len || text[len] || len > 40)
		return false;
	*out = strtod(text, &end);
	return !*end && isfinite(*out);
}

bool stock_contains(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

int stock_take(struct taker *taker, const char *bench, const char *name, const char *unit,
	       enum better better, double value)
{
	struct observation figure = {
		.bench = bench,
		.label = "",
		.name = name,
		.unit = unit,
		.better = better,
		.level = { .value = value, .mean = value, .low = value, .high = value, .n = 1 },
	};

	taker->taken++;
	return taker->take(taker->context, &figure);
}
