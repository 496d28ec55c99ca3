/* SPDX-License-Identifier: MIT */
/* What a run says of its machine and image, as keys and values; and in what two runs differ. */
#include "lib/lib.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which facts ---- */

/* What differs between any two boots and changes no figure. */
static const char *const of_the_boot[] = {
	"wallClock",  "carrierChanges", "runId", "entropy",
	"objections", "previous",	"boots", "factsComplete"
};
/* Which piece it is, not of which kind; and the words that it was started with. */
static const char *const of_the_piece[] = {
	"kernelCommandLine", "mac",   "serial",	 "uuid", "wwn", "wwid",
	"pciAddress",	     "slots", "bootNic",
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_left_out(const char *name, bool pieces)
{
	return is_among(name, of_the_boot, COUNT_OF(of_the_boot)) ||
	       (!pieces && is_among(name, of_the_piece, COUNT_OF(of_the_piece)));
}

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Of the results' disk nothing is measured. */
static bool is_results(const cJSON *item)
{
	const char *partition = text_of(item, "partitionName"),
		   *objections = text_of(item, "objections");

	return (partition && !strcmp(partition, "assay-results")) ||
	       (objections && strstr(objections, "holds results"));
}

/* ---- walking ---- */

enum { KEY_ROOM = 160, DEPTH_MOST = 8 };

struct walk {
	bool pieces;
	int (*each)(void *context, const char *key, const char *value);
	void *context;
};

static int walk_item(const struct walk *walk, const char *key, const cJSON *item, unsigned depth);

/* One fact a word, so that a difference is the word that differs. */
static int walk_words(const struct walk *walk, const char *key, const char *line)
{
	char *copy = strdup(line), *cursor = copy, below[KEY_ROOM];
	struct word word;
	int err = copy ? 0 : -ENOMEM;

	while (!err && text_next_word(&cursor, &word)) {
		snprintf(below, sizeof(below), "%.60s.%.90s", key, word.key);
		err = walk->each(walk->context, below, word.value ? word.value : "yes");
	}
	free(copy);
	return err;
}

static int walk_children(const struct walk *walk, const char *key, const cJSON *parent,
			 unsigned depth)
{
	const cJSON *child;
	unsigned place = 0;
	int err = 0;

	for (child = parent->child; !err && child; child = child->next) {
		char below[KEY_ROOM];

		if ((child->string && is_left_out(child->string, walk->pieces)) ||
		    is_results(child))
			continue;
		if (child->string)
			snprintf(below, sizeof(below), "%.80s%s%.70s", key, *key ? "." : "",
				 child->string);
		else
			snprintf(below, sizeof(below), "%.140s.%u", key, place++);
		err = walk_item(walk, below, child, depth + 1);
	}
	return err;
}

/* In its second second the kernel knows the TSC better, and renames it: no other clock. */
static int walk_clocks(const struct walk *walk, const char *key, const char *names)
{
	static const char early[] = "tsc-early";
	const char *at = strstr(names, early);
	char now[200];

	if (!at)
		return walk->each(walk->context, key, names);
	snprintf(now, sizeof(now), "%.*stsc%s", (int)(at - names), names, at + sizeof(early) - 1);
	return walk->each(walk->context, key, now);
}

/* The kernel's own share of the memory varies by some pages with the devices. */
static void format_number(const char *key, double value, char *out, size_t room)
{
	if (!strcmp(key, "memoryBytes"))
		snprintf(out, room, "%.0f MiB", 16 * round(value / 0x1p24));
	else
		snprintf(out, room, "%.15g", value);
}

static int walk_item(const struct walk *walk, const char *key, const cJSON *item, unsigned depth)
{
	char value[64];

	if (depth > DEPTH_MOST)
		return 0;
	if (cJSON_IsObject(item) || cJSON_IsArray(item))
		return walk_children(walk, key, item, depth);
	if (cJSON_IsString(item) && !strcmp(key, "kernelCommandLine"))
		return walk_words(walk, key, item->valuestring);
	if (cJSON_IsString(item) && !strncmp(key, "clocksource", 11))
		return walk_clocks(walk, key, item->valuestring);
	if (cJSON_IsString(item))
		return walk->each(walk->context, key, item->valuestring);
	if (cJSON_IsNumber(item)) {
		format_number(key, item->valuedouble, value, sizeof(value));
		return walk->each(walk->context, key, value);
	}
	return walk->each(walk->context, key, cJSON_IsTrue(item) ? "yes" : "no");
}

static int walk_text(const struct walk *walk, const char *key, const char *value)
{
	return value ? walk->each(walk->context, key, value) : 0;
}

static int walk_lists(const struct walk *walk, const cJSON *dut)
{
	const cJSON *item;
	int err = 0;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(dut, "platformInfos")) {
		if (!err)
			err = walk_text(walk, "platform", text_of(item, "info"));
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(dut, "softwareInfos")) {
		const char *id = text_of(item, "softwareInfoId");
		char key[80];

		snprintf(key, sizeof(key), "software.%.40s", id ? id : "unknown");
		if (!err)
			err = walk_text(walk, key, text_of(item, "version"));
	}
	return err;
}

int facts_walk(const cJSON *run_start, bool pieces,
	       int (*each)(void *context, const char *key, const char *value), void *context)
{
	const struct walk walk = { pieces, each, context };
	const cJSON *dut = cJSON_GetObjectItemCaseSensitive(run_start, "dutInfo"),
		    *metadata = cJSON_GetObjectItemCaseSensitive(run_start, "metadata"),
		    *machine = cJSON_GetObjectItemCaseSensitive(dut, "metadata");
	int err = machine ? walk_item(&walk, "", machine, 0) : 0;

	if (!err)
		err = walk_lists(&walk, dut);
	if (!err)
		err = walk_text(&walk, "payload", text_of(metadata, "payloadDigest"));
	return err ? err : walk_text(&walk, "plan", text_of(metadata, "plan"));
}

/* ---- two runs ---- */

struct known {
	char *key, *value;
	bool met;
};
struct comparing {
	struct known *at;
	size_t count, room, next; /* next: where the last was met; the other run has them so, too */
	ssize_t changes;
	void (*each)(void *context, const char *key, const char *before, const char *now);
	void *context;
};

static int keep(void *context, const char *key, const char *value)
{
	struct comparing *all = context;
	struct known *known;

	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 256;
		struct known *at = realloc(all->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		all->at = at;
		all->room = room;
	}
	known = &all->at[all->count++];
	*known = (struct known){ strdup(key), strdup(value), false };
	return known->key && known->value ? 0 : -ENOMEM;
}

/* A key may be there more than once: each is met once. */
static struct known *meet(struct comparing *all, const char *key)
{
	for (size_t i = 0; i < all->count; i++) {
		struct known *known = &all->at[(all->next + i) % all->count];

		if (known->met || strcmp(known->key, key) != 0)
			continue;
		known->met = true;
		all->next = (size_t)(known - all->at) + 1;
		return known;
	}
	return NULL;
}

static int compare(void *context, const char *key, const char *value)
{
	struct comparing *all = context;
	const struct known *before = meet(all, key);

	if (before && !strcmp(before->value, value))
		return 0;
	all->changes++;
	all->each(all->context, key, before ? before->value : NULL, value);
	return 0;
}

ssize_t facts_compare(const cJSON *before, const cJSON *now,
		      void (*each)(void *context, const char *key, const char *before,
				   const char *now),
		      void *context)
{
	struct comparing all = { .each = each, .context = context };
	int err = facts_walk(before, true, keep, &all);

	if (!err)
		err = facts_walk(now, true, compare, &all);
	for (size_t i = 0; !err && i < all.count; i++)
		if (!all.at[i].met) {
			all.changes++;
			each(context, all.at[i].key, all.at[i].value, NULL);
		}
	for (size_t i = 0; i < all.count; i++) {
		free(all.at[i].key);
		free(all.at[i].value);
	}
	free(all.at);
	return err ? err : all.changes;
}
