/* SPDX-License-Identifier: MIT */
/* Lists of numbers and sizes: see lists.h. */
#include "bench/engine/lists.h"

#include <errno.h>
#include <string.h>

enum { ITEM_ROOM = 32 };

struct reading {
	struct list *list;
	int (*parse)(const char *in, uint64_t *out);
	uint64_t least, most;
};

static bool add(const struct reading *reading, uint64_t item)
{
	struct list *list = reading->list;

	for (size_t i = 0; i < list->count; i++)
		if (list->item[i] == item)
			return false;
	if (item < reading->least || item > reading->most || list->count == LIST_MOST)
		return false;
	list->item[list->count++] = item;
	return true;
}

/* "8" or "1-128". */
static bool take_item(const struct reading *reading, char *in)
{
	char *dash = strchr(in, '-');
	uint64_t from, to;

	if (dash)
		*dash++ = '\0';
	if (reading->parse(in, &from) || (dash && reading->parse(dash, &to)))
		return false;
	if (!dash)
		return add(reading, from);
	if (!from || from >= to || to > reading->most)
		return false;
	for (; from < to; from *= 2)
		if (!add(reading, from))
			return false;
	return add(reading, to);
}

static bool take_all(const struct reading *reading, const char *in)
{
	char item[ITEM_ROOM];

	for (;;) {
		size_t len = strcspn(in, ",");
		if (len >= sizeof(item))
			return false;
		memcpy(item, in, len);
		item[len] = '\0';
		if (!take_item(reading, item))
			return false;
		if (!in[len])
			return true;
		in += len + 1;
	}
}

int list_parse(struct list *list, const char *name, const char *in,
	       int (*parse)(const char *in, uint64_t *out), uint64_t least, uint64_t most,
	       char *why, size_t room)
{
	struct reading reading = { list, parse, least, most };
	char from[24], to[24];
	struct text low, high;

	list->count = 0;
	if (take_all(&reading, in))
		return 0;
	text_begin(&low, from, sizeof(from));
	text_add_bytes(&low, least);
	text_begin(&high, to, sizeof(to));
	text_add_bytes(&high, most);
	return text_refuse(
		-EINVAL, why, room,
		"%s=%s: expected up to %d different values from %s to %s, such as A,B,C, "
		"or A-B, which doubles",
		name, in, LIST_MOST, from, to);
}
