/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

static const struct param params[] = {
	{ "count", "5", "", PARAM_COUNT, 1, 10 },
	{ "size", "4k", "", PARAM_BYTES, 4096, 1 << 20 },
	{ "rate", "1m", "", PARAM_RATE, 1, 1e9 },
	{ "time", "0.5", "", PARAM_SECONDS, 0, 60 },
	{ "real", "-1.5", "", PARAM_REAL, -2, 2 },
	{ "flag", "no", "", PARAM_BOOL },
	{ "way", "b", "", PARAM_CHOICE, .choices = "a|b|ccc" },
	{ "text", "", "", PARAM_TEXT, 0, 4 },
	{ 0 },
};
enum { N = COUNT_OF(params) - 1 };

static void defaults(void **state)
{
	union value values[N];

	(void)state;
	assert_int_equal(params_count(params), N);
	assert_int_equal(params_defaults(params, values, NULL, 0), 0);
	assert_int_equal(values[1].num, 4096);
	assert_int_equal(values[6].num, 1);
}

static void refusals(void **state)
{
	static const struct {
		const char *name, *in;
		int err;
		const char *said;
	} rows[] = {
		{ "count", "10", 0, "" },
		{ "count", "11", -ERANGE, "from 1 to 10" },
		{ "count", "0", -ERANGE, "out of range" },
		{ "count", "1x", -EINVAL, "whole number" },
		{ "count", "99999999999999999999", -ERANGE, "out of range" },
		{ "size", "2M", -ERANGE, "from 4k to 1M" },
		{ "size", "4kb", -EINVAL, "a size" },
		{ "rate", "0", -ERANGE, "bit/s" },
		{ "time", "61", -ERANGE, "to 60" },
		{ "time", "", -EINVAL, "a time" },
		{ "real", "2.5", -ERANGE, "from -2 to 2" },
		{ "flag", "maybe", -EINVAL, "yes or no" },
		{ "way", "c", -EINVAL, "a|b|ccc" },
		{ "way", "", -EINVAL, "a|b|ccc" },
		{ "way", "ccc", 0, "" },
		{ "text", "12345", -ERANGE, "characters" },
		{ "text", "1234", 0, "" },
		{ "colour", "red", -ENOENT, "known here: count, size" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		union value values[N];
		char why[512] = "";

		params_defaults(params, values, NULL, 0);
		CHECK_ROW(i, rows[i].in,
			  params_set(params, values, rows[i].name, rows[i].in, why, sizeof(why)) ==
				  rows[i].err);
		CHECK_ROW(i, why, strstr(why, rows[i].said));
		CHECK_ROW(i, why, !rows[i].err == !why[0]);
	}
}

/* A refused value leaves the old one: nothing is half set. */
static void refusal_keeps(void **state)
{
	union value values[N];

	(void)state;
	params_defaults(params, values, NULL, 0);
	params_set(params, values, "count", "77", NULL, 0);
	assert_int_equal(values[0].num, 5);
}

static void round_trip(void **state)
{
	static const struct {
		const char *name, *in;
	} rows[] = { { "count", "7" },	  { "size", "12345" }, { "rate", "999999" },
		     { "time", "0.125" }, { "real", "-0.1" },  { "flag", "yes" },
		     { "way", "ccc" },	  { "text", "a=b" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		union value values[N], again[N];
		size_t at = (size_t)(params_find(params, rows[i].name) - params);
		char buffer[64];
		struct text text;

		params_defaults(params, values, NULL, 0);
		params_defaults(params, again, NULL, 0);
		assert_int_equal(params_set(params, values, rows[i].name, rows[i].in, NULL, 0), 0);
		text_begin(&text, buffer, sizeof(buffer));
		param_format(&params[at], &values[at], &text);
		assert_int_equal(params_set(params, again, rows[i].name, buffer, NULL, 0), 0);
		assert_memory_equal(&values[at], &again[at], sizeof(values[at]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(refusals),
		cmocka_unit_test(refusal_keeps),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
