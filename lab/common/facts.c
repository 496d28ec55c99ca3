/* SPDX-License-Identifier: MIT */
/* What a journal says of its machine, flattened: "links.0.driver" and its value. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/lab.h"

struct taker {
	int (*each)(void *context, const char *path, const char *value);
	void *context;
};

/* What differs between any two boots or boards and changes no figure. */
static bool is_label(const char *name)
{
	static const char *const labels[] = { "kernelCommandLine",
					      "wallClock",
					      "mac",
					      "serial",
					      "carrierChanges",
					      "uuid",
					      "runId",
					      "entropy",
					      "wwn",
					      "objections",
					      "pciAddress",
					      "previous",
					      "factsComplete",
					      "boots",
					      "bootNic" };

	for (size_t i = 0; i < COUNT_OF(labels); i++)
		if (!strcmp(name, labels[i]))
			return true;
	return false;
}

/* Of the results' disk nothing is measured. */
static bool is_results(const cJSON *item)
{
	const char *partition = json_text(item, "partitionName"),
		   *objections = json_text(item, "objections");

	return (partition && !strcmp(partition, "assay-results")) ||
	       (objections && strstr(objections, "holds results"));
}

/* The kernel's own share of the memory varies by some pages with the devices. */
static void format_number(const char *path, double value, char *out, size_t room)
{
	if (!strcmp(path, "memoryBytes"))
		snprintf(out, room, "%.0f MiB", 16 * round(value / 0x1p24));
	else
		snprintf(out, room, "%.15g", value);
}

static int flatten(const struct taker *taker, const char *path, const cJSON *item, unsigned depth);

static int flatten_children(const struct taker *taker, const char *path, const cJSON *item,
			    unsigned depth)
{
	const cJSON *child;
	unsigned place = 0;
	int err = 0;

	for (child = json_first(item); !err && child; child = child->next) {
		char below[160];

		if ((child->string && is_label(child->string)) || is_results(child))
			continue;
		if (child->string)
			snprintf(below, sizeof(below), "%.80s%s%.70s", path, *path ? "." : "",
				 child->string);
		else
			snprintf(below, sizeof(below), "%.140s.%u", path, place++);
		err = flatten(taker, below, child, depth + 1);
	}
	return err;
}

static int flatten(const struct taker *taker, const char *path, const cJSON *item, unsigned depth)
{
	char value[64];

	if (depth > 8)
		return 0;
	if (cJSON_IsObject(item) || cJSON_IsArray(item))
		return flatten_children(taker, path, item, depth);
	if (cJSON_IsString(item))
		return taker->each(taker->context, path, item->valuestring);
	if (cJSON_IsNumber(item)) {
		format_number(path, item->valuedouble, value, sizeof(value));
		return taker->each(taker->context, path, value);
	}
	return taker->each(taker->context, path, cJSON_IsTrue(item) ? "yes" : "no");
}

static int add_text(const struct taker *taker, const char *path, const char *value)
{
	return value ? taker->each(taker->context, path, value) : 0;
}

int facts_each(const struct folder *folder,
	       int (*each)(void *context, const char *path, const char *value), void *context)
{
	const struct taker taker = { each, context };
	const cJSON *start = records_first(&folder->journal.records, "testRunStart"), *item;
	const cJSON *dut = json_path(start, "dutInfo");
	int err = flatten(&taker, "", json_path(dut, "metadata"), 0);

	for (item = json_first(json_path(dut, "platformInfos")); !err && item; item = item->next)
		err = add_text(&taker, "platform", json_text(item, "info"));
	for (item = json_first(json_path(dut, "softwareInfos")); !err && item; item = item->next) {
		char path[80];

		snprintf(path, sizeof(path), "software.%.40s",
			 or_unknown(json_text(item, "softwareInfoId")));
		err = add_text(&taker, path, json_text(item, "version"));
	}
	if (!err)
		err = add_text(&taker, "payload", json_text(start, "metadata.payloadDigest"));
	if (!err)
		err = add_text(&taker, "plan", json_text(start, "metadata.plan"));
	return err ? err : add_text(&taker, "accel", json_text(folder->collect, "accel"));
}
