/* SPDX-License-Identifier: MIT */
/* What somebody may have meant, and what comes with the program. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

static void distance_counts_slips(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned slips;
	} cases[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "report", "report", 0 },
		{ "reprot", "report", 1 }, /* swapped */
		{ "reort", "report", 1 },
		{ "rreport", "report", 1 },
		{ "raport", "report", 1 },
		{ "ca", "abc", 3 }, /* optimal string alignment, not the full Damerau distance, 2 */
		{ "kitten", "sitting", 3 },
		{ "plan", "verify", 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(text_distance(cases[i].a, cases[i].b), cases[i].slips);
		assert_int_equal(text_distance(cases[i].b, cases[i].a), cases[i].slips);
	}
}

static void long_words_have_no_distance(void **state)
{
	char word[200];

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(text_distance(word, "a"), NEAREST_ROOM);
	assert_int_equal(text_distance("a", word), NEAREST_ROOM);
	word[NEAREST_ROOM - 1] = '\0';
	assert_int_equal(text_distance(word, word), 0);
}

static void nearest_names_what_is_close(void **state)
{
	static const char *const known[] = { "list",   "help",	 "plan",
					     "report", "verify", "format-results" };
	static const struct {
		const char *word, *hint;
	} cases[] = {
		{ "reprot", "; did you mean report?" },
		{ "verfiy", "; did you mean verify?" },
		{ "plna", "; did you mean plan?" },
		{ "format_result", "; did you mean format-results?" },
		{ "pl", "" },
		{ "dance", "" },
		{ "", "" },
		{ "x", "" },
		{ "%s%n", "" },
	};
	char out[NEAREST_WORDS];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct nearest nearest;

		nearest_begin(&nearest, cases[i].word);
		for (size_t k = 0; k < COUNT_OF(known); k++)
			nearest_offer(&nearest, known[k], known[k]);
		assert_string_equal(nearest_words(&nearest, out), cases[i].hint);
	}
}

static void nearest_takes_a_part_for_the_whole(void **state)
{
	struct nearest nearest;
	char out[NEAREST_WORDS];

	(void)state;
	nearest_begin(&nearest, "iozne");
	nearest_offer(&nearest, "file.iozone", "file.iozone");
	nearest_offer(&nearest, "iozone", "file.iozone");
	assert_string_equal(nearest_words(&nearest, out), "; did you mean file.iozone?");
}

static void nearest_reads_a_folder(void **state)
{
	struct nearest nearest;
	char out[NEAREST_WORDS];

	(void)state;
	nearest_begin(&nearest, "quikc");
	nearest_offer_files(&nearest, "config/plans", ".ini");
	assert_string_equal(nearest_words(&nearest, out), "; did you mean quick?");
	nearest_begin(&nearest, "quikc");
	nearest_offer_files(&nearest, "config/nowhere", ".ini");
	assert_string_equal(nearest_words(&nearest, out), "");
}

static void shipped_files_are_those_of_the_present_folder(void **state)
{
	char path[300], small[8];

	(void)state;
	assert_true(shipped_path(path, sizeof(path), "config/plans/%s.ini", "quick"));
	assert_string_equal(path, "config/plans/quick.ini");
	/* Nowhere: what is said to be missing is the name that was asked for. */
	assert_true(shipped_path(path, sizeof(path), "config/plans/%s.ini", "nowhere"));
	assert_string_equal(path, "config/plans/nowhere.ini");
	assert_false(shipped_path(small, sizeof(small), "config/plans/%s.ini", "quick"));
	assert_false(shipped_path(path, sizeof(path), "config/%0300d", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_slips),
		cmocka_unit_test(long_words_have_no_distance),
		cmocka_unit_test(nearest_names_what_is_close),
		cmocka_unit_test(nearest_takes_a_part_for_the_whole),
		cmocka_unit_test(nearest_reads_a_folder),
		cmocka_unit_test(shipped_files_are_those_of_the_present_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
