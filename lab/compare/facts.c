/* SPDX-License-Identifier: MIT */
/* In what the machines differ, by what their journals say of them: the fingerprint, flattened to
 * facts. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

/* ---- which facts, and what they are of ---- */

struct belonging {
	const char *start, *group;
};
/* The first whose beginning fits; a group is what factor= names. */
static const struct belonging belongings[] = {
	{ "accel", "hypervisor" },
	{ "platform", "hypervisor" },
	{ "hypervisor", "hypervisor" },
	{ "blocks", "disk" },
	{ "links", "nic" },
	{ "unclaimed", "devices" },
	{ "cpu", "cpu" },
	{ "smt", "cpu" },
	{ "idle", "cpu" },
	{ "microcode", "cpu" },
	{ "governor", "cpu" },
	{ "turbo", "cpu" },
	{ "vulnerabilities", "cpu" },
	{ "memory", "memory" },
	{ "swap", "memory" },
	{ "transparentHugepages", "memory" },
	{ "dirty", "memory" },
	{ "numa", "memory" },
	{ "firmware", "firmware" },
	{ "software.firmware", "firmware" },
	{ "boot", "firmware" },
	{ "vendor", "board" },
	{ "product", "board" },
	{ "software", "image" },
	{ "payload", "image" },
	{ "plan", "plan" },
	{ "clocksource", "clock" },
	{ "congestion", "network" },
	{ "tcp", "network" },
};

static const char *group_of(const char *path)
{
	for (size_t i = 0; i < COUNT_OF(belongings); i++)
		if (!strncmp(path, belongings[i].start, strlen(belongings[i].start)))
			return belongings[i].group;
	return "other";
}

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
					      "boots" };

	for (size_t i = 0; i < COUNT_OF(labels); i++)
		if (!strcmp(name, labels[i]))
			return true;
	return false;
}

/* ---- one fact ---- */

static struct fact *fact_of(struct study *study, const char *path)
{
	struct fact *fact;

	for (size_t i = 0; i < study->fact_count; i++)
		if (!strcmp(study->facts[i].path, path))
			return &study->facts[i];
	if (study->fact_count == study->fact_room) {
		size_t room = study->fact_room ? 2 * study->fact_room : 128;
		struct fact *facts = realloc(study->facts, room * sizeof(*facts));

		if (!facts)
			return NULL;
		study->facts = facts;
		study->fact_room = room;
	}
	fact = &study->facts[study->fact_count++];
	*fact = (struct fact){ 0 };
	snprintf(fact->path, sizeof(fact->path), "%s", path);
	snprintf(fact->group, sizeof(fact->group), "%s", group_of(path));
	return fact;
}

static bool has_value(const char *values, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = values; at; at = strstr(at, " / ") ? strstr(at, " / ") + 3 : NULL)
		if (!strncmp(at, value, len) && (!at[len] || !strncmp(at + len, " / ", 3)))
			return true;
	return false;
}

static int add_value(struct study *study, size_t subject, const char *path, const char *value)
{
	struct fact *fact = fact_of(study, path);
	char *joined;

	if (!fact)
		return -ENOMEM;
	if (!fact->values[subject]) {
		fact->values[subject] = strdup(value);
		return fact->values[subject] ? 0 : -ENOMEM;
	}
	if (has_value(fact->values[subject], value))
		return 0;
	if (asprintf(&joined, "%s / %s", fact->values[subject], value) < 0)
		return -ENOMEM;
	free(fact->values[subject]);
	fact->values[subject] = joined;
	return 0;
}

/* The kernel's own share of the memory varies by some pages with the devices. */
static void format_number(const char *path, double value, char *out, size_t room)
{
	if (!strcmp(path, "memoryBytes"))
		snprintf(out, room, "%.0f MiB", 16 * round(value / 0x1p24));
	else
		snprintf(out, room, "%.15g", value);
}

/* ---- flattening ---- */

/* Of the results' disk nothing is measured. */
static bool is_results(const cJSON *item)
{
	const char *partition = json_text(item, "partitionName"),
		   *objections = json_text(item, "objections");

	return (partition && !strcmp(partition, "assay-results")) ||
	       (objections && strstr(objections, "holds results"));
}

static int flatten(struct study *study, size_t subject, const char *path, const cJSON *item,
		   unsigned depth);

static int flatten_children(struct study *study, size_t subject, const char *path,
			    const cJSON *item, unsigned depth)
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
		err = flatten(study, subject, below, child, depth + 1);
	}
	return err;
}

static int flatten(struct study *study, size_t subject, const char *path, const cJSON *item,
		   unsigned depth)
{
	char value[64];

	if (depth > 8)
		return 0;
	if (cJSON_IsObject(item) || cJSON_IsArray(item))
		return flatten_children(study, subject, path, item, depth);
	if (cJSON_IsString(item))
		return add_value(study, subject, path, item->valuestring);
	if (cJSON_IsNumber(item)) {
		format_number(path, item->valuedouble, value, sizeof(value));
		return add_value(study, subject, path, value);
	}
	return add_value(study, subject, path, cJSON_IsTrue(item) ? "yes" : "no");
}

static int add_text(struct study *study, size_t subject, const char *path, const char *value)
{
	return value ? add_value(study, subject, path, value) : 0;
}

int facts_add(struct study *study, size_t subject, const struct folder *folder)
{
	const cJSON *start = records_first(&folder->journal.records, "testRunStart"), *item;
	const cJSON *dut = json_path(start, "dutInfo");
	int err = flatten(study, subject, "", json_path(dut, "metadata"), 0);

	for (item = json_first(json_path(dut, "platformInfos")); !err && item; item = item->next)
		err = add_text(study, subject, "platform", json_text(item, "info"));
	for (item = json_first(json_path(dut, "softwareInfos")); !err && item; item = item->next) {
		char path[80];

		snprintf(path, sizeof(path), "software.%.40s",
			 or_unknown(json_text(item, "softwareInfoId")));
		err = add_text(study, subject, path, json_text(item, "version"));
	}
	if (!err)
		err = add_text(study, subject, "payload",
			       json_text(start, "metadata.payloadDigest"));
	if (!err)
		err = add_text(study, subject, "plan", json_text(start, "metadata.plan"));
	return err ? err : add_text(study, subject, "accel", json_text(folder->collect, "accel"));
}

/* ---- judging ---- */

static bool is_intended(const char *factors, const struct fact *fact)
{
	while (*factors) {
		size_t len = strcspn(factors, ",");
		char word[NAME_ROOM];

		snprintf(word, sizeof(word), "%.*s", (int)len, factors);
		if (len && (!strcmp(word, fact->group) || strstr(fact->path, word)))
			return true;
		factors += len + (factors[len] == ',');
	}
	return false;
}

static bool differs(const struct study *study, const struct fact *fact)
{
	const char *first = NULL;

	for (size_t i = 0; i < study->subject_count; i++) {
		const char *value = fact->values[i] ? fact->values[i] : "";

		/* What stock tools wrote says nothing of the machine. */
		if (strcmp(study->subjects[i].kind, "runs") != 0 || !study->subjects[i].count)
			continue;
		if (first && strcmp(first, value) != 0)
			return true;
		first = value;
	}
	return false;
}

/* The groups of the facts that differ and are (or are not) the intended ones, each once. */
static size_t list_groups(const struct study *study, bool intended, char *out, size_t room)
{
	size_t count = 0;
	struct text text;

	text_begin(&text, out, room);
	for (size_t i = 0; i < study->fact_count; i++) {
		const struct fact *fact = &study->facts[i];
		bool seen = false;

		if (!fact->differs || fact->intended != intended)
			continue;
		for (size_t before = 0; before < i; before++)
			seen |= study->facts[before].differs &&
				study->facts[before].intended == intended &&
				!strcmp(study->facts[before].group, fact->group);
		if (!seen)
			text_add(&text, "%s%s", count++ ? ", " : "", fact->group);
	}
	return count;
}

void facts_judge(struct study *study)
{
	char groups[400];
	size_t others;

	for (size_t i = 0; i < study->fact_count; i++) {
		struct fact *fact = &study->facts[i];

		fact->differs = differs(study, fact);
		fact->intended = fact->differs && is_intended(study->factor, fact);
	}
	others = list_groups(study, false, groups, sizeof(groups));
	if (*study->factor && others)
		notes_add(&study->warnings,
			  "more than the intended factor (%s) differs: %s. What the figures show "
			  "cannot be laid to %s alone",
			  study->factor, groups, study->factor);
	else if (others > 1)
		notes_add(&study->warnings,
			  "the machines differ in %zu respects: %s. What the figures show cannot "
			  "be laid to one of them; factor=WORD names the intended one",
			  others, groups);
	if (*study->factor && !list_groups(study, true, groups, sizeof(groups)))
		notes_add(&study->warnings,
			  "the intended factor (%s) does not differ, as far as "
			  "the machines can see it",
			  study->factor);
}
