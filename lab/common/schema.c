/* SPDX-License-Identifier: MIT */
/*
 * OCP Test & Validation Output 2.0, as in the published JSON schemas
 * (opencomputeproject/ocp-diag-core, json_spec/output): a key that the schema does not name makes a
 * line invalid.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lab/lab.h"

enum shape { TEXT, INTEGER, SCALAR, BOOLEAN, OBJECT, ANYTHING, TIME };
enum many { ONE, LIST };

struct key {
	const char *name;
	enum shape shape;
	bool required;
	const char *choices;	  /* of a text: "PASS|FAIL" */
	const struct key *inside; /* of an object; NULL: any content */
	enum many many;
};

#define SEVERITIES "INFO|DEBUG|WARNING|ERROR|FATAL"
#define STATUSES   "COMPLETE|ERROR|SKIP"
#define COMPARISONS                                                                                    \
	"EQUAL|NOT_EQUAL|LESS_THAN|LESS_THAN_OR_EQUAL|GREATER_THAN|GREATER_THAN_OR_EQUAL|REGEX_MATCH|" \
	"REGEX_NO_MATCH|IN_SET|NOT_IN_SET"

static const struct key source_location[] = {
	{ "file", TEXT, true, NULL, NULL, ONE },
	{ "line", INTEGER, true, NULL, NULL, ONE },
	{ 0 },
};
static const struct key validator[] = {
	{ "type", TEXT, true, COMPARISONS, NULL, ONE },
	{ "value", ANYTHING, true, NULL, NULL, ONE },
	{ "name", TEXT, false, NULL, NULL, ONE },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key subcomponent[] = {
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "type", TEXT, false, "UNSPECIFIED|ASIC|ASIC-SUBSYSTEM|BUS|FUNCTION|CONNECTOR", NULL,
	  ONE },
	{ "location", TEXT, false, NULL, NULL, ONE },
	{ "version", TEXT, false, NULL, NULL, ONE },
	{ "revision", TEXT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key platform_info[] = {
	{ "info", TEXT, true, NULL, NULL, ONE },
	{ 0 },
};
static const struct key software_info[] = {
	{ "softwareInfoId", TEXT, true, NULL, NULL, ONE },
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "version", TEXT, false, NULL, NULL, ONE },
	{ "revision", TEXT, false, NULL, NULL, ONE },
	{ "softwareType", TEXT, false, "UNSPECIFIED|FIRMWARE|SYSTEM|APPLICATION", NULL, ONE },
	{ "computerSystem", TEXT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key hardware_info[] = {
	{ "hardwareInfoId", TEXT, true, NULL, NULL, ONE },
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "version", TEXT, false, NULL, NULL, ONE },
	{ "revision", TEXT, false, NULL, NULL, ONE },
	{ "location", TEXT, false, NULL, NULL, ONE },
	{ "serialNumber", TEXT, false, NULL, NULL, ONE },
	{ "partNumber", TEXT, false, NULL, NULL, ONE },
	{ "partType", TEXT, false, NULL, NULL, ONE },
	{ "manufacturer", TEXT, false, NULL, NULL, ONE },
	{ "manufacturerPartNumber", TEXT, false, NULL, NULL, ONE },
	{ "odataId", TEXT, false, NULL, NULL, ONE },
	{ "computerSystem", TEXT, false, NULL, NULL, ONE },
	{ "manager", TEXT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key dut_info[] = {
	{ "dutInfoId", TEXT, true, NULL, NULL, ONE },
	{ "name", TEXT, false, NULL, NULL, ONE },
	{ "platformInfos", OBJECT, false, NULL, platform_info, LIST },
	{ "softwareInfos", OBJECT, false, NULL, software_info, LIST },
	{ "hardwareInfos", OBJECT, false, NULL, hardware_info, LIST },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key run_start[] = {
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "version", TEXT, true, NULL, NULL, ONE },
	{ "commandLine", TEXT, true, NULL, NULL, ONE },
	{ "parameters", OBJECT, true, NULL, NULL, ONE },
	{ "dutInfo", OBJECT, true, NULL, dut_info, ONE },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key run_end[] = {
	{ "status", TEXT, true, STATUSES, NULL, ONE },
	{ "result", TEXT, true, "PASS|FAIL|NOT_APPLICABLE", NULL, ONE },
	{ 0 },
};
static const struct key log_keys[] = {
	{ "severity", TEXT, true, SEVERITIES, NULL, ONE },
	{ "message", TEXT, true, NULL, NULL, ONE },
	{ "sourceLocation", OBJECT, false, NULL, source_location, ONE },
	{ 0 },
};
static const struct key error_keys[] = {
	{ "symptom", TEXT, true, NULL, NULL, ONE },
	{ "message", TEXT, false, NULL, NULL, ONE },
	{ "softwareInfoIds", TEXT, false, NULL, NULL, LIST },
	{ "sourceLocation", OBJECT, false, NULL, source_location, ONE },
	{ 0 },
};
static const struct key step_start[] = {
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ 0 },
};
static const struct key step_end[] = {
	{ "status", TEXT, true, STATUSES, NULL, ONE },
	{ 0 },
};
static const struct key measurement[] = {
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "value", SCALAR, true, NULL, NULL, ONE },
	{ "unit", TEXT, false, NULL, NULL, ONE },
	{ "validators", OBJECT, false, NULL, validator, LIST },
	{ "hardwareInfoId", TEXT, false, NULL, NULL, ONE },
	{ "subcomponent", OBJECT, false, NULL, subcomponent, ONE },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key series_start[] = {
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "measurementSeriesId", TEXT, true, NULL, NULL, ONE },
	{ "unit", TEXT, false, NULL, NULL, ONE },
	{ "validators", OBJECT, false, NULL, validator, LIST },
	{ "hardwareInfoId", TEXT, false, NULL, NULL, ONE },
	{ "subcomponent", OBJECT, false, NULL, subcomponent, ONE },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key series_element[] = {
	{ "index", INTEGER, true, NULL, NULL, ONE },
	{ "value", SCALAR, true, NULL, NULL, ONE },
	{ "timestamp", TIME, true, NULL, NULL, ONE },
	{ "measurementSeriesId", TEXT, true, NULL, NULL, ONE },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key series_end[] = {
	{ "measurementSeriesId", TEXT, true, NULL, NULL, ONE },
	{ "totalCount", INTEGER, true, NULL, NULL, ONE },
	{ 0 },
};
static const struct key diagnosis[] = {
	{ "verdict", TEXT, true, NULL, NULL, ONE },
	{ "type", TEXT, true, "PASS|FAIL|UNKNOWN", NULL, ONE },
	{ "message", TEXT, false, NULL, NULL, ONE },
	{ "hardwareInfoId", TEXT, false, NULL, NULL, ONE },
	{ "subcomponent", OBJECT, false, NULL, subcomponent, ONE },
	{ "sourceLocation", OBJECT, false, NULL, source_location, ONE },
	{ 0 },
};
static const struct key file_keys[] = {
	{ "displayName", TEXT, true, NULL, NULL, ONE },
	{ "uri", TEXT, true, NULL, NULL, ONE },
	{ "isSnapshot", BOOLEAN, true, NULL, NULL, ONE },
	{ "description", TEXT, false, NULL, NULL, ONE },
	{ "contentType", TEXT, false, NULL, NULL, ONE },
	{ "metadata", OBJECT, false, NULL, NULL, ONE },
	{ 0 },
};
static const struct key extension[] = {
	{ "name", TEXT, true, NULL, NULL, ONE },
	{ "content", OBJECT, true, NULL, NULL, ONE },
	{ 0 },
};
static const struct key schema_version[] = {
	{ "major", INTEGER, true, NULL, NULL, ONE },
	{ "minor", INTEGER, true, NULL, NULL, ONE },
	{ 0 },
};

static const struct key run_artifacts[] = {
	{ "testRunStart", OBJECT, false, NULL, run_start, ONE },
	{ "testRunEnd", OBJECT, false, NULL, run_end, ONE },
	{ "log", OBJECT, false, NULL, log_keys, ONE },
	{ "error", OBJECT, false, NULL, error_keys, ONE },
	{ 0 },
};
static const struct key step_artifacts[] = {
	{ "testStepId", TEXT, true, NULL, NULL, ONE },
	{ "testStepStart", OBJECT, false, NULL, step_start, ONE },
	{ "testStepEnd", OBJECT, false, NULL, step_end, ONE },
	{ "measurement", OBJECT, false, NULL, measurement, ONE },
	{ "measurementSeriesStart", OBJECT, false, NULL, series_start, ONE },
	{ "measurementSeriesElement", OBJECT, false, NULL, series_element, ONE },
	{ "measurementSeriesEnd", OBJECT, false, NULL, series_end, ONE },
	{ "diagnosis", OBJECT, false, NULL, diagnosis, ONE },
	{ "error", OBJECT, false, NULL, error_keys, ONE },
	{ "log", OBJECT, false, NULL, log_keys, ONE },
	{ "file", OBJECT, false, NULL, file_keys, ONE },
	{ "extension", OBJECT, false, NULL, extension, ONE },
	{ 0 },
};
static const struct key line_keys[] = {
	{ "sequenceNumber", INTEGER, true, NULL, NULL, ONE },
	{ "timestamp", TIME, true, NULL, NULL, ONE },
	{ "schemaVersion", OBJECT, false, NULL, schema_version, ONE },
	{ "testRunArtifact", OBJECT, false, NULL, run_artifacts, ONE },
	{ "testStepArtifact", OBJECT, false, NULL, step_artifacts, ONE },
	{ 0 },
};

static bool is_integer(const cJSON *item)
{
	return cJSON_IsNumber(item) && item->valuedouble >= 0 && !(fmod(item->valuedouble, 1) > 0);
}

/* RFC 3339: 2026-01-31T12:00:00.123Z, or an offset in place of Z. */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	size_t at = 0;

	for (; form[at]; at++)
		if (form[at] == 'd' ? !isdigit((unsigned char)text[at]) : text[at] != form[at])
			return false;
	if (text[at] == '.')
		at += 1 + strspn(text + at + 1, "0123456789");
	if (!strcmp(text + at, "Z"))
		return true;
	return (text[at] == '+' || text[at] == '-') && strlen(text + at) == 6 &&
	       text[at + 3] == ':' && strspn(text + at + 1, "0123456789:") == 5;
}

static bool is_of_shape(const cJSON *item, enum shape shape)
{
	switch (shape) {
	case TEXT:
		return cJSON_IsString(item);
	case INTEGER:
		return is_integer(item);
	case SCALAR:
		return cJSON_IsString(item) || cJSON_IsBool(item) || cJSON_IsNumber(item);
	case BOOLEAN:
		return cJSON_IsBool(item);
	case OBJECT:
		return cJSON_IsObject(item);
	case TIME:
		return cJSON_IsString(item) && is_time(item->valuestring);
	case ANYTHING:
		break;
	}
	return true;
}

static const char *shape_name(enum shape shape)
{
	static const char *const names[] = {
		[TEXT] = "a text",
		[INTEGER] = "a whole number",
		[SCALAR] = "a number, text or truth value",
		[BOOLEAN] = "true or false",
		[OBJECT] = "an object",
		[ANYTHING] = "a value",
		[TIME] = "a time like 2026-01-31T12:00:00Z",
	};
	return names[shape];
}

static bool is_chosen(const char *choices, const char *word)
{
	size_t len = strlen(word);

	if (strchr(word, '|'))
		return false;
	for (const char *at = choices; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (len && !strncmp(at, word, len) && (at[len] == '|' || !at[len]))
			return true;
	}
	return false;
}

static int check_object(const cJSON *object, const struct key *keys, const char *where, char *why,
			size_t room);

static int check_value(const cJSON *item, const struct key *key, const char *where, char *why,
		       size_t room)
{
	if (!is_of_shape(item, key->shape))
		return text_refuse(-EINVAL, why, room, "%s: '%s' must be %s", where, key->name,
				   shape_name(key->shape));
	if (key->choices && !is_chosen(key->choices, item->valuestring))
		return text_refuse(-EINVAL, why, room, "%s: '%s' is '%s', expected one of %s",
				   where, key->name, item->valuestring, key->choices);
	return key->inside ? check_object(item, key->inside, key->name, why, room) : 0;
}

static int check_key(const cJSON *item, const struct key *key, const char *where, char *why,
		     size_t room)
{
	const cJSON *element;

	if (key->many == ONE)
		return check_value(item, key, where, why, room);
	if (!cJSON_IsArray(item))
		return text_refuse(-EINVAL, why, room, "%s: '%s' must be a list", where, key->name);
	for (element = json_first(item); element; element = element->next) {
		int err = check_value(element, key, where, why, room);

		if (err)
			return err;
	}
	return 0;
}

static int check_required(const cJSON *object, const struct key *keys, const char *where, char *why,
			  size_t room)
{
	for (const struct key *key = keys; key->name; key++)
		if (key->required && !cJSON_GetObjectItemCaseSensitive(object, key->name))
			return text_refuse(-EINVAL, why, room, "%s: key '%s' is missing", where,
					   key->name);
	return 0;
}

static int check_object(const cJSON *object, const struct key *keys, const char *where, char *why,
			size_t room)
{
	const cJSON *item;
	int err = check_required(object, keys, where, why, room);

	for (item = json_first(object); item; item = item->next) {
		const struct key *key = keys;

		while (!err && key->name && strcmp(key->name, item->string) != 0)
			key++;
		if (!err && !key->name)
			err = text_refuse(-EINVAL, why, room, "%s: key '%s' is not in the schema",
					  where, item->string);
		if (!err && cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
			err = text_refuse(-EINVAL, why, room, "%s: key '%s' is there twice", where,
					  item->string);
		if (!err)
			err = check_key(item, key, where, why, room);
	}
	return err;
}

/* "Exactly one of" is what tables of keys do not say. */
static int check_alternatives(const cJSON *line, char *why, size_t room)
{
	const cJSON *run = json_path(line, "testRunArtifact"),
		    *step = json_path(line, "testStepArtifact");
	int kinds = !!run + !!step + !!json_path(line, "schemaVersion");

	if (kinds != 1)
		return text_refuse(
			-EINVAL, why, room,
			"exactly one of schemaVersion, testRunArtifact, testStepArtifact expected, found %d",
			kinds);
	if (run && cJSON_GetArraySize(run) != 1)
		return text_refuse(-EINVAL, why, room,
				   "testRunArtifact: exactly one artifact expected");
	if (step && cJSON_GetArraySize(step) != 2)
		return text_refuse(
			-EINVAL, why, room,
			"testStepArtifact: testStepId and exactly one artifact expected");
	return 0;
}

int schema_check(const cJSON *line, char *why, size_t room)
{
	int err;

	if (!cJSON_IsObject(line))
		return text_refuse(-EINVAL, why, room, "not an object");
	err = check_object(line, line_keys, "line", why, room);
	return err ? err : check_alternatives(line, why, room);
}
