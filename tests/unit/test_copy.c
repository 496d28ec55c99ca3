/* SPDX-License-Identifier: MIT */
/* Fields of PostgreSQL's COPY: what would end a field, a row or the data is escaped, and what the
 * server would refuse is replaced. */
#include <stdlib.h>

#include "lab/export/copy.h"
#include "tests/unit/test.h"

static const struct {
	const char *in, *out;
} cases[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "a\tb\nc\rd", "a\\tb\\nc\\rd" },
	{ "\\.", "\\\\." },
	{ "\\N", "\\\\N" },
	{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
	{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	{ "a\x80z", "a?z" },			       /* a continuation of nothing */
	{ "\xc3", "?" },			       /* cut off */
	{ "\xe2\x82", "??" },			       /* ... later */
	{ "\xe2\x82z", "??z" },			       /* ... by another */
	{ "\xc3\n", "?\\n" },			       /* and nothing is swallowed */
	{ "\xc0\xaf\xc1\xbf", "????" },		       /* not the shortest form */
	{ "\xe0\x9f\xbf\xf0\x8f\xbf\xbf", "???????" }, /* ... of three and four */
	{ "\xed\xa0\x80", "???" },		       /* a surrogate */
	{ "\xf4\x90\x80\x80", "????" },		       /* above U+10FFFF */
	{ "\xf5\xff\xfe", "???" },
};

static char *written(const char *in, bool next)
{
	char *out = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&out, &len);

	if (next)
		copy_next(file, in);
	else
		copy_text(file, in);
	fclose(file);
	return out;
}

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *out = written(cases[i].in, false);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

static void test_further_fields(void **state)
{
	char *none = written(NULL, true), *empty = written("", true), *word = written("\\N", true);

	(void)state;
	assert_string_equal(none, "\t\\N");
	assert_string_equal(empty, "\t");
	assert_string_equal(word, "\t\\\\N");
	free(none);
	free(empty);
	free(word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_further_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
