/* SPDX-License-Identifier: MIT */
/* Journal lines, wherever they were found. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

int records_add(struct records *records, const struct record *record)
{
	if (records->count == records->room) {
		size_t room = records->room ? 2 * records->room : 256;
		struct record *at = realloc(records->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		records->at = at;
		records->room = room;
	}
	records->at[records->count++] = *record;
	return 0;
}

const struct record *records_find(const struct records *records, unsigned sequence)
{
	size_t low = 0, high = records->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (records->at[middle].sequence < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low < records->count && records->at[low].sequence == sequence ? &records->at[low] :
									       NULL;
}

void records_free(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		cJSON_Delete(records->at[i].json);
	free(records->at);
	free(records->text);
	*records = (struct records){ 0 };
}

cJSON *record_parse(const char *line, size_t len)
{
	const char *end = NULL;
	cJSON *json;

	/* A NUL inside would end the text for cJSON and not for us. */
	if (memchr(line, '\0', len))
		return NULL;
	json = cJSON_ParseWithLengthOpts(line, len, &end, 0);
	if (json && (end != line + len || !cJSON_IsObject(json))) {
		cJSON_Delete(json);
		return NULL;
	}
	return json;
}

static const cJSON *artifact_of(const cJSON *json)
{
	const cJSON *artifact = json_path(json, "testStepArtifact");

	return artifact ? artifact : json_path(json, "testRunArtifact");
}

const char *record_kind(const cJSON *json, const cJSON **body)
{
	const cJSON *artifact = artifact_of(json), *item = NULL;

	if (!artifact)
		item = json_path(json, "schemaVersion");
	else
		for (item = json_first(artifact); item; item = item->next)
			if (strcmp(item->string, "testStepId") != 0)
				break;
	if (body)
		*body = item;
	return item ? item->string : NULL;
}

const char *record_step(const cJSON *json)
{
	return json_text(json, "testStepArtifact.testStepId");
}

const cJSON *records_first(const struct records *records, const char *kind)
{
	for (size_t i = 0; i < records->count; i++) {
		const cJSON *body;
		const char *found = record_kind(records->at[i].json, &body);

		if (found && !strcmp(found, kind))
			return body;
	}
	return NULL;
}

const char *records_run_id(const struct records *records)
{
	const cJSON *start = records_first(records, "testRunStart");
	const char *id = json_text(start, "metadata.runId");

	return id ? id : json_text(start, "dutInfo.metadata.runId");
}
