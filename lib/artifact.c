/* SPDX-License-Identifier: MIT */
/* OCP Test & Validation Output 2.0: each artifact kind, in the schema's own names. */
#include "lib/lib.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

static const char *const severities[] = { "DEBUG", "INFO", "WARNING", "ERROR", "FATAL" };
static const char *const verdicts[] = { "PASS", "FAIL", "UNKNOWN" };
static const char *const statuses[] = { "COMPLETE", "ERROR", "SKIP" };
static const char *const results[] = { "PASS", "FAIL", "NOT_APPLICABLE" };

const char *run_status_name(enum run_status status)
{
	return statuses[status];
}

const char *run_result_name(enum run_result result)
{
	return results[result];
}

/* {"testStepArtifact": {"testStepId": step, kind: body}}, or the run's when step is NULL. */
static cJSON *wrap(const char *step, const char *kind, cJSON *body)
{
	cJSON *artifact = cJSON_CreateObject();
	cJSON *inner =
		cJSON_AddObjectToObject(artifact, step ? "testStepArtifact" : "testRunArtifact");

	if (step)
		cJSON_AddStringToObject(inner, "testStepId", step);
	if (!inner || !body || !cJSON_AddItemToObject(inner, kind, body)) {
		cJSON_Delete(body);
		cJSON_Delete(artifact);
		return NULL;
	}
	return artifact;
}

static void add_optional(cJSON *object, const char *key, cJSON *item)
{
	if (item)
		cJSON_AddItemToObject(object, key, item);
}

/* JSON has no NaN and no infinity; a value that is none is null in no schema, so it travels as a
 * word. */
static void add_value(cJSON *object, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, "value", value);
	else
		cJSON_AddStringToObject(object, "value",
					isnan(value) ? "nan" :
					value > 0    ? "inf" :
						       "-inf");
}

/* A body of two texts, as half of the kinds have. */
static cJSON *texts(const char *key, const char *value, const char *other_key, const char *other)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, key, value);
	cJSON_AddStringToObject(body, other_key, other);
	return body;
}

cJSON *artifact_schema_version(void)
{
	cJSON *artifact = cJSON_CreateObject();
	cJSON *version = cJSON_AddObjectToObject(artifact, "schemaVersion");

	cJSON_AddNumberToObject(version, "major", 2);
	cJSON_AddNumberToObject(version, "minor", 0);
	return artifact;
}

cJSON *artifact_run_start(const char *name, const char *version, const char *command_line,
			  cJSON *parameters, cJSON *dut_info, cJSON *metadata)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "name", name);
	cJSON_AddStringToObject(body, "version", version);
	cJSON_AddStringToObject(body, "commandLine", command_line);
	cJSON_AddItemToObject(body, "parameters", parameters ? parameters : cJSON_CreateObject());
	cJSON_AddItemToObject(body, "dutInfo", dut_info ? dut_info : cJSON_CreateObject());
	add_optional(body, "metadata", metadata);
	return wrap(NULL, "testRunStart", body);
}

cJSON *artifact_run_end(enum run_status status, enum run_result result)
{
	return wrap(NULL, "testRunEnd",
		    texts("status", statuses[status], "result", results[result]));
}

cJSON *artifact_log(const char *step, enum severity severity, const char *message)
{
	return wrap(step, "log", texts("severity", severities[severity], "message", message));
}

cJSON *artifact_error(const char *step, const char *symptom, const char *message)
{
	return wrap(step, "error", texts("symptom", symptom, "message", message));
}

cJSON *artifact_step_start(const char *step, const char *name)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "name", name);
	return wrap(step, "testStepStart", body);
}

cJSON *artifact_step_end(const char *step, enum run_status status)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "status", statuses[status]);
	return wrap(step, "testStepEnd", body);
}

cJSON *artifact_measurement(const char *step, const char *name, double value, const char *unit,
			    cJSON *metadata)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "name", name);
	add_value(body, value);
	cJSON_AddStringToObject(body, "unit", unit);
	add_optional(body, "metadata", metadata);
	return wrap(step, "measurement", body);
}

cJSON *artifact_diagnosis(const char *step, const char *verdict, enum verdict_type type,
			  const char *message)
{
	cJSON *body = texts("verdict", verdict, "type", verdicts[type]);

	cJSON_AddStringToObject(body, "message", message);
	return wrap(step, "diagnosis", body);
}

cJSON *artifact_series_start(const char *step, const char *series, const char *name,
			     const char *unit, cJSON *metadata)
{
	cJSON *body = texts("name", name, "measurementSeriesId", series);

	cJSON_AddStringToObject(body, "unit", unit);
	add_optional(body, "metadata", metadata);
	return wrap(step, "measurementSeriesStart", body);
}

cJSON *artifact_series_element(const char *step, const char *series, unsigned index, double value,
			       const char *timestamp, cJSON *metadata)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddNumberToObject(body, "index", index);
	add_value(body, value);
	cJSON_AddStringToObject(body, "timestamp", timestamp);
	cJSON_AddStringToObject(body, "measurementSeriesId", series);
	add_optional(body, "metadata", metadata);
	return wrap(step, "measurementSeriesElement", body);
}

cJSON *artifact_series_end(const char *step, const char *series, unsigned count)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "measurementSeriesId", series);
	cJSON_AddNumberToObject(body, "totalCount", count);
	return wrap(step, "measurementSeriesEnd", body);
}

cJSON *artifact_extension(const char *step, const char *name, cJSON *content)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "name", name);
	cJSON_AddItemToObject(body, "content", content ? content : cJSON_CreateObject());
	return wrap(step, "extension", body);
}

cJSON *artifact_file(const char *step, const char *name, const char *uri, const char *content_type)
{
	cJSON *body = texts("displayName", name, "uri", uri);

	cJSON_AddBoolToObject(body, "isSnapshot", true);
	cJSON_AddStringToObject(body, "contentType", content_type);
	return wrap(step, "file", body);
}

void timestamp_format(int64_t unix_ms, char out[TIMESTAMP_ROOM])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;
	char date[24];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, TIMESTAMP_ROOM, "%s.%03dZ", date, (int)(unix_ms % 1000));
}
