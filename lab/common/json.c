/* SPDX-License-Identifier: MIT */
/* Reading records without surprises: what is not there or of another type reads as missing. */
#include "lab/lab.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16 << 20 };

const cJSON *json_path(const cJSON *from, const char *path)
{
	while (from && *path) {
		char key[64];
		size_t len = strcspn(path, ".");

		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		from = cJSON_IsObject(from) ? cJSON_GetObjectItemCaseSensitive(from, key) : NULL;
		path += len + (path[len] == '.');
	}
	return from;
}

const char *json_text(const cJSON *from, const char *path)
{
	return cJSON_GetStringValue(json_path(from, path));
}

const cJSON *json_first(const cJSON *list)
{
	return list ? list->child : NULL;
}

const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

double json_number(const cJSON *from, const char *path, double missing)
{
	const cJSON *item = json_path(from, path);

	return cJSON_IsNumber(item) ? item->valuedouble : missing;
}

cJSON *json_load(const char *path, char *why, size_t room)
{
	char *text = NULL;
	ssize_t len = file_load(&text, FILE_MAX, path);
	cJSON *json;

	if (len < 0) {
		text_refuse((int)len, why, room, "%s: %s", path, strerror((int)-len));
		return NULL;
	}
	json = cJSON_ParseWithOpts(text, NULL, 1);
	if (!json)
		text_refuse(-EINVAL, why, room, "%s: not JSON", path);
	free(text);
	return json;
}
