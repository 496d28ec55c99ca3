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

#include "lab/journal/journal.h"

enum shape { TEXT, INTEGER, SCALAR, BOOLEAN, OBJECT, ANYTHING, TIME };
enum many { ONE, LIST };

struct key {
	const char *name;
	enum shape shape;
	bool required;
	const struct key *inside; /* of an object; NULL: any content */
	enum many many;
	const char *choices; /* of a text: "PASS|FAIL" */
};

#define SEVERITIES "INFO|DEBUG|WARNING|ERROR|FATAL"
#define STATUSES   "COMPLETE|ERROR|SKIP"
#define COMPARISONS                                                                                    \
	"EQUAL|NOT_EQUAL|LESS_THAN|LESS_THAN_OR_EQUAL|GREATER_THAN|GREATER_THAN_OR_EQUAL|REGEX_MATCH|" \
	"REGEX_NO_MATCH|IN_SET|NOT_IN_SET"

/* One key a line. */
/* clang-format off */
static const struct key source_location[] = {
	{ "file", TEXT, true },
	{ "line", INTEGER, true },
	{ 0 },
};
static const struct key validator[] = {
	{ "type", TEXT, true, .choices = COMPARISONS },
	{ "value", ANYTHING, true },
	{ "name", TEXT, false },
	{ "metadata", OBJECT, false },
	{ 0 },
};
static const struct key subcomponent[] = {
	{ "name", TEXT, true },
	{ "type", TEXT, false, .choices = "UNSPECIFIED|ASIC|ASIC-SUBSYSTEM|BUS|FUNCTION|CONNECTOR" },
	{ "location", TEXT, false },
	{ "version", TEXT, false },
	{ "revision", TEXT, false },
	{ 0 },
};
static const struct key platform_info[] = {
	{ "info", TEXT, true },
	{ 0 },
};
static const struct key software_info[] = {
	{ "softwareInfoId", TEXT, true },
	{ "name", TEXT, true },
	{ "version", TEXT, false },
	{ "revision", TEXT, false },
	{ "softwareType", TEXT, false, .choices = "UNSPECIFIED|FIRMWARE|SYSTEM|APPLICATION" },
	{ "computerSystem", TEXT, false },
	{ 0 },
};
static const struct key hardware_info[] = {
	{ "hardwareInfoId", TEXT, true },
	{ "name", TEXT, true },
	{ "version", TEXT, false },
	{ "revision", TEXT, false },
	{ "location", TEXT, false },
	{ "serialNumber", TEXT, false },
	{ "partNumber", TEXT, false },
	{ "partType", TEXT, false },
	{ "manufacturer", TEXT, false },
	{ "manufacturerPartNumber", TEXT, false },
	{ "odataId", TEXT, false },
	{ "computerSystem", TEXT, false },
	{ "manager", TEXT, false },
	{ 0 },
};
static const struct key dut_info[] = {
	{ "dutInfoId", TEXT, true },
	{ "name", TEXT, false },
	{ "platformInfos", OBJECT, false, platform_info, LIST },
	{ "softwareInfos", OBJECT, false, software_info, LIST },
	{ "hardwareInfos", OBJECT, false, hardware_info, LIST },
	{ "metadata", OBJECT, false },
	{ 0 },
};
static const struct key run_start[] = {
	{ "name", TEXT, true },
	{ "version", TEXT, true },
	{ "commandLine", TEXT, true },
	{ "parameters", OBJECT, true },
	{ "dutInfo", OBJECT, true, dut_info },
	{ "metadata", OBJECT, false },
	{ 0 },
};
static const struct key run_end[] = {
	{ "status", TEXT, true, .choices = STATUSES },
	{ "result", TEXT, true, .choices = "PASS|FAIL|NOT_APPLICABLE" },
	{ 0 },
};
static const struct key log_keys[] = {
	{ "severity", TEXT, true, .choices = SEVERITIES },
	{ "message", TEXT, true },
	{ "sourceLocation", OBJECT, false, source_location },
	{ 0 },
};
static const struct key error_keys[] = {
	{ "symptom", TEXT, true },
	{ "message", TEXT, false },
	{ "softwareInfoIds", TEXT, false, NULL, LIST },
	{ "sourceLocation", OBJECT, false, source_location },
	{ 0 },
};
static const struct key step_start[] = {
	{ "name", TEXT, true },
	{ 0 },
};
static const struct key step_end[] = {
	{ "status", TEXT, true, .choices = STATUSES },
	{ 0 },
};
/* Of one measurement and of a series of them. */
#define MEASURED_KEYS \
	{ "unit", TEXT, false }, \
	{ "validators", OBJECT, false, validator, LIST }, \
	{ "hardwareInfoId", TEXT, false }, \
	{ "subcomponent", OBJECT, false, subcomponent }, \
	{ "metadata", OBJECT, false }

static const struct key measurement[] = {
	{ "name", TEXT, true },
	{ "value", SCALAR, true },
	MEASURED_KEYS,
	{ 0 },
};
static const struct key series_start[] = {
	{ "name", TEXT, true },
	{ "measurementSeriesId", TEXT, true },
	MEASURED_KEYS,
	{ 0 },
};
static const struct key series_element[] = {
	{ "index", INTEGER, true },
	{ "value", SCALAR, true },
	{ "timestamp", TIME, true },
	{ "measurementSeriesId", TEXT, true },
	{ "metadata", OBJECT, false },
	{ 0 },
};
static const struct key series_end[] = {
	{ "measurementSeriesId", TEXT, true },
	{ "totalCount", INTEGER, true },
	{ 0 },
};
static const struct key diagnosis[] = {
	{ "verdict", TEXT, true },
	{ "type", TEXT, true, .choices = "PASS|FAIL|UNKNOWN" },
	{ "message", TEXT, false },
	{ "hardwareInfoId", TEXT, false },
	{ "subcomponent", OBJECT, false, subcomponent },
	{ "sourceLocation", OBJECT, false, source_location },
	{ 0 },
};
static const struct key file_keys[] = {
	{ "displayName", TEXT, true },
	{ "uri", TEXT, true },
	{ "isSnapshot", BOOLEAN, true },
	{ "description", TEXT, false },
	{ "contentType", TEXT, false },
	{ "metadata", OBJECT, false },
	{ 0 },
};
static const struct key extension[] = {
	{ "name", TEXT, true },
	{ "content", OBJECT, true },
	{ 0 },
};
static const struct key schema_version[] = {
	{ "major", INTEGER, true },
	{ "minor", INTEGER, true },
	{ 0 },
};

static const struct key run_artifacts[] = {
	{ "testRunStart", OBJECT, false, run_start },
	{ "testRunEnd", OBJECT, false, run_end },
	{ "log", OBJECT, false, log_keys },
	{ "error", OBJECT, false, error_keys },
	{ 0 },
};
static const struct key step_artifacts[] = {
	{ "testStepId", TEXT, true },
	{ "testStepStart", OBJECT, false, step_start },
	{ "testStepEnd", OBJECT, false, step_end },
	{ "measurement", OBJECT, false, measurement },
	{ "measurementSeriesStart", OBJECT, false, series_start },
	{ "measurementSeriesElement", OBJECT, false, series_element },
	{ "measurementSeriesEnd", OBJECT, false, series_end },
	{ "diagnosis", OBJECT, false, diagnosis },
	{ "error", OBJECT, false, error_keys },
	{ "log", OBJECT, false, log_keys },
	{ "file", OBJECT, false, file_keys },
	{ "extension", OBJECT, false, extension },
	{ 0 },
};
static const struct key line_keys[] = {
	{ "sequenceNumber", INTEGER, true },
	{ "timestamp", TIME, true },
	{ "schemaVersion", OBJECT, false, schema_version },
	{ "testRunArtifact", OBJECT, false, run_artifacts },
	{ "testStepArtifact", OBJECT, false, step_artifacts },
	{ 0 },
};
/* clang-format on */

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
