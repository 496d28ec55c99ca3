/* SPDX-License-Identifier: MIT */
/* The schema: one line each, and what is wrong with it. */
#include "tests/unit/test.h"

#include "lab/journal/journal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define LINE(artifact) "{\"sequenceNumber\":1,\"timestamp\":\"2026-01-31T12:00:00Z\"," artifact "}"
#define RUN(artifact)  LINE("\"testRunArtifact\":{" artifact "}")
#define STEP(artifact) LINE("\"testStepArtifact\":{\"testStepId\":\"s1\"," artifact "}")
#define START(dut)                                                                                                       \
	RUN("\"testRunStart\":{\"name\":\"a\",\"version\":\"1\",\"commandLine\":\"\",\"parameters\":{},\"dutInfo\":" dut \
	    "}")

static const struct {
	const char *line, *expected; /* NULL: it is good */
} lines[] = {
	{ LINE("\"schemaVersion\":{\"major\":2,\"minor\":0}"), NULL },
	{ START("{\"dutInfoId\":\"d\"}"), NULL },
	{ START("{\"dutInfoId\":\"d\",\"platformInfos\":[{\"info\":\"x\"}],\"hardwareInfos\":[{\"hardwareInfoId\":\"h\","
		"\"name\":\"cpu\"}],\"softwareInfos\":[{\"softwareInfoId\":\"s\",\"name\":\"k\",\"softwareType\":\"SYSTEM\"}]}"),
	  NULL },
	{ RUN("\"testRunEnd\":{\"status\":\"COMPLETE\",\"result\":\"NOT_APPLICABLE\"}"), NULL },
	{ RUN("\"log\":{\"severity\":\"INFO\",\"message\":\"m\",\"sourceLocation\":{\"file\":\"f\",\"line\":3}}"),
	  NULL },
	{ RUN("\"error\":{\"symptom\":\"s\",\"softwareInfoIds\":[\"s\"]}"), NULL },
	{ STEP("\"testStepStart\":{\"name\":\"n\"}"), NULL },
	{ STEP("\"measurement\":{\"name\":\"n\",\"value\":true}"), NULL },
	{ STEP("\"measurement\":{\"name\":\"n\",\"value\":1.5,\"unit\":\"s\",\"validators\":[{\"type\":\"LESS_THAN\","
	       "\"value\":2}],\"metadata\":{\"any\":[1]}}"),
	  NULL },
	{ STEP("\"measurementSeriesElement\":{\"index\":0,\"value\":\"nan\",\"timestamp\":\"2026-01-31T12:00:00.123+01:00\","
	       "\"measurementSeriesId\":\"x\"}"),
	  NULL },
	{ STEP("\"diagnosis\":{\"verdict\":\"v\",\"type\":\"UNKNOWN\",\"subcomponent\":{\"name\":\"n\",\"type\":\"BUS\"}}"),
	  NULL },
	{ STEP("\"file\":{\"displayName\":\"d\",\"uri\":\"u\",\"isSnapshot\":true}"), NULL },
	{ STEP("\"extension\":{\"name\":\"n\",\"content\":{\"anything\":null}}"), NULL },

	{ "[]", "not an object" },
	{ "{}", "key 'sequenceNumber' is missing" },
	{ LINE("\"other\":{}"), "key 'other' is not in the schema" },
	{ "{\"sequenceNumber\":1,\"timestamp\":\"2026-01-31T12:00:00Z\"}",
	  "exactly one of schemaVersion" },
	{ "{\"sequenceNumber\":-1,\"timestamp\":\"2026-01-31T12:00:00Z\"}",
	  "'sequenceNumber' must be a whole number" },
	{ "{\"sequenceNumber\":1.5,\"timestamp\":\"2026-01-31T12:00:00Z\"}",
	  "'sequenceNumber' must be a whole number" },
	{ "{\"sequenceNumber\":1,\"sequenceNumber\":1,\"timestamp\":\"2026-01-31T12:00:00Z\"}",
	  "is there twice" },
	{ "{\"sequenceNumber\":1,\"timestamp\":\"2026-01-31\"}", "a time like" },
	{ "{\"sequenceNumber\":1,\"timestamp\":\"2026-01-31T12:00:00\"}", "a time like" },
	{ "{\"sequenceNumber\":1,\"timestamp\":\"2026-01-31T12:00:00+1:000\"}", "a time like" },
	{ "{\"sequenceNumber\":1,\"timestamp\":7}", "a time like" },
	{ RUN(""), "testRunArtifact: exactly one artifact" },
	{ RUN("\"testStepStart\":{\"name\":\"n\"}"),
	  "testRunArtifact: key 'testStepStart' is not in the schema" },
	{ RUN("\"testRunEnd\":{\"status\":\"COMPLETE\"}"), "testRunEnd: key 'result' is missing" },
	{ RUN("\"testRunEnd\":{\"status\":\"complete\",\"result\":\"PASS\"}"),
	  "expected one of COMPLETE|ERROR|SKIP" },
	{ RUN("\"testRunEnd\":{\"status\":\"\",\"result\":\"PASS\"}"),
	  "expected one of COMPLETE|ERROR|SKIP" },
	{ RUN("\"testRunEnd\":{\"status\":\"COMPLETE|ERROR\",\"result\":\"PASS\"}"),
	  "expected one of COMPLETE|ERROR|SKIP" },
	{ RUN("\"log\":{\"severity\":\"INFO\",\"message\":1}"), "log: 'message' must be a text" },
	{ RUN("\"log\":[]"), "'log' must be an object" },
	{ RUN("\"error\":{\"symptom\":\"s\",\"softwareInfoIds\":\"s\"}"),
	  "'softwareInfoIds' must be a list" },
	{ START("{}"), "dutInfo: key 'dutInfoId' is missing" },
	{ START("{\"dutInfoId\":\"d\",\"platformInfos\":[{}]}"),
	  "platformInfos: key 'info' is missing" },
	{ START("{\"dutInfoId\":\"d\",\"colour\":\"red\"}"),
	  "dutInfo: key 'colour' is not in the schema" },
	{ LINE("\"testStepArtifact\":{\"testStepStart\":{\"name\":\"n\"}}"),
	  "key 'testStepId' is missing" },
	{ STEP("\"log\":{\"severity\":\"INFO\",\"message\":\"\"},\"error\":{\"symptom\":\"s\"}"),
	  "exactly one artifact" },
	{ STEP("\"measurement\":{\"name\":\"n\",\"value\":null}"), "'value' must be" },
	{ STEP("\"measurement\":{\"name\":\"n\",\"value\":1,\"units\":\"s\"}"),
	  "measurement: key 'units'" },
	{ STEP("\"measurement\":{\"name\":\"n\",\"value\":1,\"validators\":[{\"type\":\"LESS\",\"value\":2}]}"),
	  "validators: 'type' is 'LESS'" },
	{ STEP("\"file\":{\"displayName\":\"d\",\"uri\":\"u\",\"isSnapshot\":1}"),
	  "'isSnapshot' must be true or false" },
	{ STEP("\"extension\":{\"name\":\"n\",\"content\":[]}"), "'content' must be an object" },
};

static void each_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		char why[WHY_ROOM] = "good";
		cJSON *json = cJSON_Parse(lines[i].line);
		int err;

		CHECK_ROW(i, lines[i].line, json);
		err = schema_check(json, why, sizeof(why));
		cJSON_Delete(json);
		if (!lines[i].expected && err)
			fail_msg("row %zu: refused: %s", i, why);
		if (lines[i].expected && (!err || !strstr(why, lines[i].expected)))
			fail_msg("row %zu: \"%s\" where \"%s\" was expected", i, why,
				 lines[i].expected);
	}
}

/* What our own writer makes is legal. */
static void our_artifacts_are_legal(void **state)
{
	cJSON *artifacts[] = {
		artifact_schema_version(),
		artifact_run_end(STATUS_SKIP, RESULT_FAIL),
		artifact_log(NULL, SEVERITY_FATAL, "m"),
		artifact_log("s1", SEVERITY_DEBUG, "m"),
		artifact_error(NULL, "s", "m"),
		artifact_error("s1", "s", "m"),
		artifact_step_start("s1", "n"),
		artifact_step_end("s1", STATUS_ERROR),
		artifact_measurement("s1", "n", 1, "s", NULL),
		artifact_diagnosis("s1", "v", VERDICT_FAIL, "m"),
		artifact_series_start("s1", "x", "n", "s", NULL),
		artifact_series_element("s1", "x", 0, 1, "2026-01-31T12:00:00Z", NULL),
		artifact_series_end("s1", "x", 1),
		artifact_extension("s1", "n", NULL),
		artifact_file("s1", "n", "u", "text/plain"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(artifacts); i++) {
		char why[WHY_ROOM] = "";

		cJSON_AddNumberToObject(artifacts[i], "sequenceNumber", (double)i);
		cJSON_AddStringToObject(artifacts[i], "timestamp", "2026-01-31T12:00:00.000Z");
		if (schema_check(artifacts[i], why, sizeof(why)))
			fail_msg("artifact %zu: %s", i, why);
		cJSON_Delete(artifacts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line),
		cmocka_unit_test(our_artifacts_are_legal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
