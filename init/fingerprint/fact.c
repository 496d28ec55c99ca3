/* SPDX-License-Identifier: MIT */
/* A value, or that it is absent. See parts.h. */
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char absent[] = "absent";

void fact_text(cJSON *object, const char *key, const char *value)
{
	cJSON_AddStringToObject(object, key, value[0] ? value : absent);
}

void fact_number(cJSON *object, const char *key, double value)
{
	if (isnan(value))
		cJSON_AddStringToObject(object, key, absent);
	else
		cJSON_AddNumberToObject(object, key, value);
}

void fact_count(cJSON *object, const char *key, unsigned long value)
{
	fact_number(object, key, value ? (double)value : NAN);
}

/* Of what a driver gives, printable ASCII only goes on. */
static void read_formatted(char *out, size_t room, const char *format, va_list args)
{
	char path[BELOW_SYS];

	out[0] = '\0';
	vsnprintf(path, sizeof(path), format, args);
	if (file_read(out, room, "%s", path) <= 0)
		out[0] = '\0';
	text_make_plain(out);
}

void fact_file(cJSON *object, const char *key, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	read_formatted(text, sizeof(text), format, args);
	va_end(args);
	fact_text(object, key, text);
}

void fact_file_number(cJSON *object, const char *key, double unit, const char *format, ...)
{
	char text[64], *end;
	double value;
	va_list args;

	va_start(args, format);
	read_formatted(text, sizeof(text), format, args);
	va_end(args);
	value = strtod(text, &end);
	fact_number(object, key, end > text ? value * unit : NAN);
}

static bool is_listed(const char *list, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = list; *at; at += strspn(at, " /")) {
		size_t word = strcspn(at, "/");

		word -= word && at[word - 1] == ' ';
		if (word == len && !strncmp(at, value, len))
			return true;
		at += strcspn(at, "/");
	}
	return false;
}

void fact_each(cJSON *object, const char *key, const char *folder, const char *prefix,
	       const char *file)
{
	char list[200] = "", value[64];
	struct dirent *entry;
	struct text text;
	DIR *dir = opendir(folder);

	text_begin(&text, list, sizeof(list));
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    file_read(value, sizeof(value), "%s/%s/%s", folder, entry->d_name, file) <= 0)
			continue;
		text_make_plain(value);
		if (value[0] && !is_listed(list, value))
			text_add(&text, "%s%s", text.len ? " / " : "", value);
	}
	if (dir)
		closedir(dir);
	fact_text(object, key, list);
}
