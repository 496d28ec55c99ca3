/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void bytes(void **state)
{
	static const struct {
		const char *in;
		int err;
		uint64_t want;
	} rows[] = {
		{ "512", 0, 512 },
		{ "4k", 0, 4096 },
		{ "4K", 0, 4096 },
		{ "64KiB", 0, 65536 },
		{ "1.5G", 0, 1610612736 },
		{ "1t", 0, 1ull << 40 },
		{ "0", 0, 0 },
		{ "100B", 0, 100 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999t", -ERANGE, 0 },
		{ "1e30", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "4kb", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "1.5.5k", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "4 k", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t got = 0;

		CHECK_ROW(i, rows[i].in, text_bytes(rows[i].in, &got) == rows[i].err);
		CHECK_ROW(i, rows[i].in, got == rows[i].want);
	}
}

static void rates(void **state)
{
	static const struct {
		const char *in;
		int err;
		uint64_t want;
	} rows[] = {
		{ "1m", 0, 1000000 },	   { "1M", 0, 1048576 },      { "500k", 0, 500000 },
		{ "1.5g", 0, 1500000000 }, { "1048576", 0, 1048576 }, { "1mbit", -EINVAL, 0 },
		{ "1mm", -EINVAL, 0 },	   { "", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t got = 0;

		CHECK_ROW(i, rows[i].in, text_rate(rows[i].in, &got) == rows[i].err);
		CHECK_ROW(i, rows[i].in, got == rows[i].want);
	}
}

static void seconds(void **state)
{
	static const struct {
		const char *in;
		int err;
		double want;
	} rows[] = {
		{ "5", 0, 5 },		 { "0.5", 0, 0.5 },	 { ".5", 0, 0.5 },
		{ "200ms", 0, 0.2 },	 { "3min", 0, 180 },	 { "1h", 0, 3600 },
		{ "-1", -EINVAL, 0 },	 { "1 s", -EINVAL, 0 },	 { "nan", -EINVAL, 0 },
		{ "1e999", -ERANGE, 0 }, { "5sec", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double got = 0;

		CHECK_ROW(i, rows[i].in, text_seconds(rows[i].in, &got) == rows[i].err);
		CHECK_ROW(i, rows[i].in, got > rows[i].want - 1e-9 && got < rows[i].want + 1e-9);
	}
}

static void words(void **state)
{
	char line[] =
		"console=ttyS0 assay.plan=quick  bare \"assay.note=two words\" a.b=\"x y\"z empty= \t";
	static const struct {
		const char *key, *value;
	} want[] = {
		{ "console", "ttyS0" },	       { "assay.plan", "quick" }, { "bare", NULL },
		{ "assay.note", "two words" }, { "a.b", "x yz" },	  { "empty", "" },
	};
	char *cursor = line;
	struct word word;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		CHECK_ROW(i, want[i].key, text_next_word(&cursor, &word));
		assert_string_equal(word.key, want[i].key);
		if (want[i].value)
			assert_string_equal(word.value, want[i].value);
		else
			assert_null(word.value);
	}
	assert_false(text_next_word(&cursor, &word));
}

/* An open quote must end at the end of the line, not behind it. */
static void unclosed_quote(void **state)
{
	char line[] = "a=\"b c";
	char *cursor = line;
	struct word word;

	(void)state;
	assert_true(text_next_word(&cursor, &word));
	assert_string_equal(word.value, "b c");
	assert_false(text_next_word(&cursor, &word));
}

static void cut_text(void **state)
{
	char buffer[8];
	struct text text;

	(void)state;
	text_begin(&text, buffer, sizeof(buffer));
	text_add(&text, "%s", "1234");
	assert_false(text.cut);
	text_add(&text, "%s", "56789");
	assert_true(text.cut);
	assert_string_equal(buffer, "1234567");
	text_add(&text, "more");
	assert_string_equal(buffer, "1234567");
}

static void people_forms(void **state)
{
	static const struct {
		uint64_t in;
		const char *want;
	} rows[] = { { 0, "0" },       { 512, "512" },	  { 4096, "4k" },
		     { 1536, "1536" }, { 1 << 20, "1M" }, { 1ull << 40, "1T" } };
	char buffer[32];
	struct text text;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t back = 1;

		text_begin(&text, buffer, sizeof(buffer));
		text_add_bytes(&text, rows[i].in);
		assert_string_equal(buffer, rows[i].want);
		assert_int_equal(text_bytes(buffer, &back), 0);
		assert_int_equal(back, rows[i].in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),	  cmocka_unit_test(rates),
		cmocka_unit_test(seconds),	  cmocka_unit_test(words),
		cmocka_unit_test(unclosed_quote), cmocka_unit_test(cut_text),
		cmocka_unit_test(people_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
