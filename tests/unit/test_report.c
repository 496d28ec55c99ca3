/* SPDX-License-Identifier: MIT */
/* The report on runs that lack something, and on more points than a page takes. */
#include "tests/unit/test.h"

#include "lab/journal/journal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 20 };

static char journal[ROOM], report[ROOM];
static unsigned number;

static void add(cJSON *artifact)
{
	char *line;

	cJSON_AddNumberToObject(artifact, "sequenceNumber", number++);
	cJSON_AddStringToObject(artifact, "timestamp", "2026-01-31T12:00:00.000Z");
	line = cJSON_PrintUnformatted(artifact);
	strcat(strcat(journal, line), "\n");
	free(line);
	cJSON_Delete(artifact);
}

static void add_point(double value, int points, const double *at)
{
	cJSON *metadata = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(metadata, "at");

	for (int i = 0; i < points; i++) {
		cJSON *axis = cJSON_CreateObject();

		cJSON_AddStringToObject(axis, "axis", i ? "record" : "file");
		cJSON_AddNumberToObject(axis, "value", at[i]);
		cJSON_AddStringToObject(axis, "unit", "KiB");
		cJSON_AddItemToArray(list, axis);
	}
	add(artifact_measurement("s1", "write", value, "KiB/s", metadata));
}

static const char *report_of_journal(void)
{
	struct folder folder = { 0 };
	struct text text;

	assert_int_equal(
		journal_read(strdup(journal), strlen(journal), NULL, false, &folder.journal), 0);
	text_begin(&text, report, sizeof(report));
	account_write(&folder, &text);
	folder_free(&folder);
	assert_false(text.cut);
	return report;
}

static int fresh(void **state)
{
	(void)state;
	journal[0] = '\0';
	number = 0;
	return 0;
}

static void empty_and_half_runs(void **state)
{
	(void)state;
	assert_non_null(strstr(report_of_journal(), "the run was cut off"));
	add(artifact_schema_version());
	add(artifact_step_start("s1", "net.tcp"));
	add(artifact_step_start("s2", "net.udp"));
	add(artifact_extension("s2", "outcome", NULL));
	add(artifact_error("s2", "setting-refused", "no such thing"));
	add(artifact_measurement("s1", "x", 1, "s", NULL));
	report_of_journal();
	assert_non_null(strstr(report, "net.udp"));
	assert_non_null(strstr(report, "no outcome"));
	assert_non_null(strstr(report, "ERROR    net.udp: setting-refused: no such thing"));
}

static void few_points_are_rows(void **state)
{
	(void)state;
	add(artifact_step_start("s1", "file.iozone"));
	for (int i = 1; i <= 4; i++)
		add_point(i, 2, (double[]){ 64 * i, 4 });
	report_of_journal();
	assert_non_null(strstr(report, "128 KiB x 4 KiB"));
	assert_null(strstr(report, "across"));
}

static void many_points_are_a_matrix(void **state)
{
	size_t lines = 0;

	(void)state;
	add(artifact_step_start("s1", "file.iozone"));
	for (int file = 1; file <= 40; file++)
		for (int record = 1; record <= 40; record++)
			add_point(file * record, 2, (double[]){ file, record });
	report_of_journal();
	assert_non_null(strstr(report, "file down, record across (not all points shown)"));
	for (const char *at = report; (at = strchr(at, '\n')); at++)
		lines++;
	assert_true(lines < 60);
}

/* Whatever a journal says, the report is made of it without a fault. */
static void random_journals(void **state)
{
	static char kept[ROOM];
	struct random random;
	size_t len;

	(void)state;
	add(artifact_schema_version());
	add(artifact_step_start("s1", "file.iozone"));
	for (int i = 0; i < 10; i++)
		add_point(i, 2, (double[]){ i, 4 });
	add(artifact_diagnosis("s1", "v", VERDICT_FAIL, "m"));
	add(artifact_run_end(STATUS_COMPLETE, RESULT_PASS));
	strcpy(kept, journal);
	len = strlen(kept);
	random_seed(&random, 5);
	for (int round = 0; round < 2000; round++) {
		memcpy(journal, kept, len + 1);
		for (int change = 0; change < 10; change++)
			journal[random_below(&random, len)] =
				"0{}[]\":,ax-e9"[random_below(&random, 13)];
		report_of_journal();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(empty_and_half_runs, fresh),
		cmocka_unit_test_setup(few_points_are_rows, fresh),
		cmocka_unit_test_setup(many_points_are_a_matrix, fresh),
		cmocka_unit_test_setup(random_journals, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
