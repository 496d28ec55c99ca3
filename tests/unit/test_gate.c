/* SPDX-License-Identifier: MIT */
/* What the noise gate makes of its figures. [M12] */
#include "tests/unit/test.h"

#include "init/sentry/gate.h"

#include <math.h>
#include <string.h>

static void thresholds(void **state)
{
	static const struct {
		struct gate_figures figures[2];
		size_t count;
		enum noise noise;
	} rows[] = {
		{ { { 0, true, 0, 0, 0 } }, 1, NOISE_QUIET },
		{ { { 0, true, 1.0, 900, 200 } }, 1, NOISE_QUIET },
		{ { { 0, true, 1.1, 900, 200 } }, 1, NOISE_NOISY },
		{ { { 0, true, 1.0, 900, 201 } }, 1, NOISE_NOISY },
		{ { { 0, true, 9.9, 900, 4999 } }, 1, NOISE_NOISY },
		{ { { 0, true, 10, 900, 0 } }, 1, NOISE_UNUSABLE },
		{ { { 0, true, 0, 900, 5000 } }, 1, NOISE_UNUSABLE },
		{ { { 0, true, NAN, 900, 0 } }, 1, NOISE_UNUSABLE },
		/* the worst decides, wherever it stands */
		{ { { 0, true, 0, 0, 0 }, { 1, true, 50, 0, 0 } }, 2, NOISE_UNUSABLE },
		{ { { 0, true, 50, 0, 0 }, { 1, true, 0, 0, 0 } }, 2, NOISE_UNUSABLE },
		{ { { 0, true, 0, 0, 0 }, { 1, true, 2, 0, 0 } }, 2, NOISE_NOISY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, noise_name(rows[i].noise),
			  gate_judge(rows[i].figures, rows[i].count) == rows[i].noise);
}

static void words(void **state)
{
	struct gate_figures many[9] = { 0 };
	char line[400];
	struct text text;

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(many); i++)
		many[i] = (struct gate_figures){ i, true, i < 3 ? 0.5 : 50, 20, 30 };
	text_begin(&text, line, sizeof(line));
	gate_describe(many, COUNT_OF(many), &text);
	assert_false(text.cut);
	assert_non_null(
		strstr(line, "cpu 3: 50 % stolen, longest 20 us, timers 30 us late; cpu 4"));
	assert_null(strstr(line, "cpu 2"));
	assert_non_null(strstr(line, "2 CPUs more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
