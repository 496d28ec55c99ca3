/* SPDX-License-Identifier: MIT */
/* What a URL names. Nothing here touches a file system: what is not in the alphabet of our own
 * names is refused, so that there is no escape to decode and no way up. */
#include "lab/serve/serve.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char alphabet[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+:@=-";

static bool digits_are(const char *in, size_t count, int (*is)(int))
{
	for (size_t i = 0; i < count; i++)
		if (!is((unsigned char)in[i]) || isupper((unsigned char)in[i]))
			return false;
	return true;
}

bool run_id_is_sound(const char *id)
{
	return strlen(id) == 48 && digits_are(id, 8, isdigit) && id[8] == '-' &&
	       digits_are(id + 9, 6, isdigit) && id[15] == '-' && digits_are(id + 16, 32, isxdigit);
}

/* No empty part, none that begins with a dot. */
static bool is_plain_path(const char *path)
{
	while (*path) {
		size_t len = strspn(path, alphabet);

		if (!len || *path == '.' || (path[len] && path[len] != '/'))
			return false;
		path += len;
		if (*path && !*++path)
			return false;
	}
	return true;
}

static bool is_desks_own(const char *name)
{
	static const char *const own[] = { "journal.jsonl", "journal.sha256", "collect.json",
					   "payload.json",  "console.log",    "records" };

	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (!strcmp(name, own[i]))
			return true;
	return false;
}

static int parse_records(const char *number, struct resource *out, char *why, size_t room)
{
	uint64_t first;

	if (text_u64(number, &first) || first > UINT32_MAX || strlen(number) > 10)
		return text_refuse(-EINVAL, why, room, "records/%.40s: a number expected", number);
	out->kind = RESOURCE_RECORDS;
	out->first = (unsigned)first;
	return 0;
}

static int parse_run(const char *rest, struct resource *out, char *why, size_t room)
{
	size_t len = strcspn(rest, "/");
	const char *name = rest + len + 1;

	if (rest[len] != '/' || len >= sizeof(out->run_id))
		return text_refuse(-EINVAL, why, room,
				   "runs/RUN-ID/NAME or runs/RUN-ID/records/NUMBER expected");
	snprintf(out->run_id, sizeof(out->run_id), "%.*s", (int)len, rest);
	if (!run_id_is_sound(out->run_id))
		return text_refuse(-EINVAL, why, room,
				   "'%.60s' is no run id: YYYYMMDD-HHMMSS- and 32 digits expected",
				   out->run_id);
	if (!strncmp(name, "records/", 8))
		return parse_records(name + 8, out, why, room);
	if (!path_name_is_plain(name) || strlen(name) >= sizeof(out->name))
		return text_refuse(-EINVAL, why, room, "'%.60s' is no name for a file of a run",
				   name);
	if (is_desks_own(name))
		return text_refuse(-EPERM, why, room, "%s is written by the desk, from the records",
				   name);
	out->kind = RESOURCE_FILE;
	strcpy(out->name, name);
	return 0;
}

int resource_parse(const char *url, struct resource *out, char *why, size_t room)
{
	*out = (struct resource){ .kind = RESOURCE_STATUS };
	if (url[0] != '/')
		return text_refuse(-EINVAL, why, room, "a path from / on expected");
	if (!url[1])
		return 0;
	if (!is_plain_path(url + 1))
		return text_refuse(-EINVAL, why, room, "nothing here has such a name");
	if (!strncmp(url, "/runs/", 6))
		return parse_run(url + 6, out, why, room);
	out->kind = RESOURCE_TREE;
	out->path = url + 1;
	return 0;
}

static bool number_at(const char **at, uint64_t *out)
{
	const char *start = *at;
	uint64_t value = 0;

	for (; isdigit((unsigned char)**at); (*at)++) {
		if (value > (UINT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(**at - '0');
	}
	*out = value;
	return *at > start;
}

static bool suffix_parse(const char *at, uint64_t size, uint64_t *first, uint64_t *bytes, int *err)
{
	uint64_t count;

	if (!number_at(&at, &count) || *at)
		return false;
	*err = count && size ? 0 : -ERANGE;
	*bytes = count < size ? count : size;
	*first = size - *bytes;
	return true;
}

bool range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *bytes, int *err)
{
	uint64_t last = UINT64_MAX;
	const char *at = header + 6;

	*err = 0;
	if (strncmp(header, "bytes=", 6) != 0)
		return false;
	if (*at == '-')
		return suffix_parse(at + 1, size, first, bytes, err);
	if (!number_at(&at, first) || *at++ != '-')
		return false;
	if (*at && (!number_at(&at, &last) || *at || last < *first))
		return false;
	if (*first >= size) {
		*err = -ERANGE;
		return true;
	}
	*bytes = (last < size - 1 ? last : size - 1) - *first + 1;
	return true;
}
