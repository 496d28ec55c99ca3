/* SPDX-License-Identifier: MIT */
/* Settings described once: the same row parses, limits, prints, and explains. */
#include "lib/lib.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t params_count(const struct param *params)
{
	size_t n = 0;

	while (params && params[n].name)
		n++;
	return n;
}

const struct param *params_find(const struct param *params, const char *name)
{
	for (const struct param *p = params; p && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

/* The index of `in` among "a|b|c", or -EINVAL. */
static int choice_index(const char *choices, const char *in)
{
	size_t len = strlen(in);
	int index = 0;

	for (const char *at = choices; len && at; index++) {
		size_t width = strcspn(at, "|");

		if (width == len && !strncmp(at, in, len))
			return index;
		at = at[width] ? at + width + 1 : NULL;
	}
	return -EINVAL;
}

static void choice_add(const char *choices, uint64_t index, struct text *out)
{
	while (index-- && choices)
		choices = strchr(choices, '|') ? strchr(choices, '|') + 1 : NULL;
	if (choices)
		text_add(out, "%.*s", (int)strcspn(choices, "|"), choices);
}

static int parse(const struct param *param, union value *value, const char *in)
{
	int index;

	switch (param->type) {
	case PARAM_COUNT:
		return text_u64(in, &value->num);
	case PARAM_BYTES:
		return text_bytes(in, &value->num);
	case PARAM_RATE:
		return text_rate(in, &value->num);
	case PARAM_SECONDS:
		return text_seconds(in, &value->real);
	case PARAM_REAL:
		return text_real(in, &value->real);
	case PARAM_BOOL:
		return text_bool(in, &value->on);
	case PARAM_CHOICE:
		index = choice_index(param->choices, in);
		value->num = index < 0 ? 0 : (uint64_t)index;
		return index < 0 ? index : 0;
	case PARAM_TEXT:
		if (strlen(in) >= sizeof(value->text))
			return -ERANGE;
		strcpy(value->text, in);
		return 0;
	}
	return -EINVAL;
}

/* What min and max bound; NAN where they bound nothing. */
static double measure_of(const struct param *param, const union value *value)
{
	switch (param->type) {
	case PARAM_COUNT:
	case PARAM_BYTES:
	case PARAM_RATE:
		return (double)value->num;
	case PARAM_SECONDS:
	case PARAM_REAL:
		return value->real;
	case PARAM_TEXT:
		return (double)strlen(value->text);
	default:
		return NAN;
	}
}

static bool in_bounds(const struct param *param, const union value *value)
{
	double size = measure_of(param, value);

	if (isnan(size) || (param->min == 0 && param->max == 0 && param->type == PARAM_TEXT))
		return true;
	return size >= param->min && size <= param->max;
}

int param_set(const struct param *param, union value *value, const char *in, char *why, size_t room)
{
	union value parsed = { 0 };
	char expected[200];
	struct text text;
	int err = parse(param, &parsed, in);

	if (!err && !in_bounds(param, &parsed))
		err = -ERANGE;
	if (!err) {
		*value = parsed;
		return 0;
	}
	text_begin(&text, expected, sizeof(expected));
	param_expected(param, &text);
	return text_refuse(err, why, room, "%s=%.80s: %s; expected %s", param->name, in,
			   err == -ERANGE ? "out of range" : "not of the form", expected);
}

int params_defaults(const struct param *params, union value *values, char *why, size_t room)
{
	int err = 0;

	for (const struct param *p = params; !err && p && p->name; p++)
		err = param_set(p, &values[p - params], p->dflt, why, room);
	return err;
}

int params_set(const struct param *params, union value *values, const char *name, const char *in,
	       char *why, size_t room)
{
	const struct param *param = params_find(params, name);
	char known[400], meant[NEAREST_WORDS];
	struct nearest nearest;
	struct text text;

	if (param)
		return param_set(param, &values[param - params], in, why, room);
	text_begin(&text, known, sizeof(known));
	nearest_begin(&nearest, name);
	for (const struct param *p = params; p && p->name; p++) {
		text_add(&text, "%s%s", p == params ? "" : ", ", p->name);
		nearest_offer(&nearest, p->name, p->name);
	}
	return text_refuse(-ENOENT, why, room, "%.80s: unknown setting; known here: %s%s", name,
			   known[0] ? known : "none", nearest_words(&nearest, meant));
}

int params_take(const struct param *params, union value *values, const char *word, char *why,
		size_t room)
{
	size_t len = strcspn(word, "=");

	for (const struct param *p = params; word[len] && p && p->name; p++)
		if (strlen(p->name) == len && !strncmp(p->name, word, len))
			return param_set(p, &values[p - params], word + len + 1, why, room);
	return -ENOENT;
}

static void add_seconds(double seconds, struct text *out)
{
	text_add(out, "%.9g", seconds);
}

static void add_number(const struct param *param, double number, struct text *out)
{
	if (param->type == PARAM_BYTES)
		text_add_bytes(out, (uint64_t)number);
	else if (param->type == PARAM_SECONDS)
		add_seconds(number, out);
	else
		text_add(out, "%.15g", number);
}

void param_format(const struct param *param, const union value *value, struct text *out)
{
	switch (param->type) {
	case PARAM_COUNT:
	case PARAM_BYTES:
	case PARAM_RATE:
		/* In full: a rounded "1.5G" would not parse back to the same number. */
		text_add(out, "%llu", (unsigned long long)value->num);
		break;
	case PARAM_SECONDS:
		add_seconds(value->real, out);
		break;
	case PARAM_REAL:
		text_add(out, "%.15g", value->real);
		break;
	case PARAM_BOOL:
		text_add(out, "%s", value->on ? "yes" : "no");
		break;
	case PARAM_CHOICE:
		choice_add(param->choices, value->num, out);
		break;
	case PARAM_TEXT:
		text_add(out, "%s", value->text);
		break;
	}
}

void param_expected(const struct param *param, struct text *out)
{
	static const char *const kinds[] = {
		[PARAM_COUNT] = "a whole number",
		[PARAM_BYTES] = "a size (suffix k, M, G, T)",
		[PARAM_RATE] = "a rate in bit/s (k, m, g decimal; K, M, G binary)",
		[PARAM_SECONDS] = "a time (s; or suffix us, ms, min, h)",
		[PARAM_REAL] = "a number",
		[PARAM_BOOL] = "yes or no",
		[PARAM_TEXT] = "a text",
	};

	if (param->type == PARAM_CHOICE) {
		text_add(out, "one of %s", param->choices);
		return;
	}
	text_add(out, "%s", param->choices ? param->choices : kinds[param->type]);
	if (param->type == PARAM_BOOL || (param->type == PARAM_TEXT && param->max == 0))
		return;
	text_add(out, " from ");
	add_number(param, param->min, out);
	text_add(out, " to ");
	add_number(param, param->max, out);
	text_add(out, "%s", param->type == PARAM_TEXT ? " characters" : "");
}
