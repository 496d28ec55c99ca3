/* SPDX-License-Identifier: MIT */
/* The supervisor: each way to end is one outcome, and the samples before the end are kept. */
#include "tests/unit/memory_sink.h"
#include "tests/unit/test.h"

#include "init/init.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static struct result run_crash(const char *how, double deadline)
{
	static struct story story;
	static char table[8192];
	struct request request;
	struct result result;
	struct step step;

	used = 0;
	memset(&story, 0, sizeof(story));
	story.journal.wall_ms = wall_ms;
	journal_add_sink(&story.journal, &sink);
	text_begin(&story.summary, table, sizeof(table));
	assert_int_equal(request_init(&request, bench_find("self.crash"), NULL, 0), 0);
	assert_int_equal(request_set(&request, "how", how, FROM_USER, NULL, 0), 0);
	plan_step(&step, &request, 0, deadline);
	record_step_start(&story, &step);
	measure_step(&story, &step, &result);
	return result;
}

/* Every end is a state of its own, in the result and in the records [E4]. */
static void outcomes(void **state)
{
	static const struct {
		const char *how;
		enum outcome outcome;
		const char *reason, *record;
	} rows[] = {
		{ "nothing", RUN_OK, "", "\"status\":\"COMPLETE\"" },
		{ "error", RUN_ERROR, "broken as asked", "\"symptom\":\"error\"" },
		{ "fail", RUN_FAILED, "found wrong", "\"type\":\"FAIL\"" },
		{ "exit", RUN_ERROR, "code 3", "\"symptom\":\"error\"" },
		{ "trap", RUN_CRASHED, "signal", "\"symptom\":\"crashed\"" },
		{ "hang", RUN_TIMEOUT, "not done after", "\"symptom\":\"timeout\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct result result = run_crash(rows[i].how, 0.5);

		CHECK_ROW(i, rows[i].how, result.outcome == rows[i].outcome);
		CHECK_ROW(i, result.reason, strstr(result.reason, rows[i].reason));
		CHECK_ROW(i, lines, strstr(lines, rows[i].record));
		/* three samples were taken before it broke: all are there, whatever the end */
		CHECK_ROW(i, rows[i].how, strstr(lines, "\"name\":\"before\",\"value\":3"));
		CHECK_ROW(i, rows[i].how, strstr(lines, "\"n\":3"));
	}
}

/* A step that could not start is never silently a skip: an error in what it stands on makes the run
 * fail [E4]. */
static void steps_that_did_not_start(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *record, *not_record;
		enum run_result result;
	} rows[] = {
		{ RUN_SKIPPED, "\"verdict\":\"skipped\"", "\"symptom\"", RESULT_NOT_APPLICABLE },
		{ RUN_ERROR, "\"symptom\":\"error\"", "\"skipped\"", RESULT_FAIL },
	};
	static struct story story;
	struct step step = { .id = "s1" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct result result = { .outcome = rows[i].outcome, .reason = "mke2fs ended" };
		enum run_status status;
		enum run_result run;

		used = 0;
		memset(&story, 0, sizeof(story));
		story.journal.wall_ms = wall_ms;
		journal_add_sink(&story.journal, &sink);
		record_not_run(&story, &step, &result);
		story.plan.count = 1;
		story.result[0] = result;
		summarise(&story, &status, &run);
		CHECK_ROW(i, lines, strstr(lines, rows[i].record));
		CHECK_ROW(i, lines, !strstr(lines, rows[i].not_record));
		CHECK_ROW(i, "result", run == rows[i].result);
	}
}

static void every_line_is_json(void **state)
{
	char *line = lines, *end;
	unsigned n = 0;

	(void)state;
	run_crash("trap", 5);
	for (; (end = strchr(line, '\n')); line = end + 1, n++) {
		cJSON *json = cJSON_ParseWithLength(line, (size_t)(end - line));

		assert_non_null(json);
		cJSON_Delete(json);
	}
	assert_true(n >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(steps_that_did_not_start),
		cmocka_unit_test(every_line_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
