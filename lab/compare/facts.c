/* SPDX-License-Identifier: MIT */
/* In what the machines differ, by what their journals say of them: the fingerprint, flattened to
 * facts. */
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
	{ "virtualisation", "hypervisor" },
	{ "cpu", "cpu" },
	{ "processor", "cpu" },
	{ "topology", "cpu" },
	{ "frequency", "cpu" },
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
	{ "hugePages", "memory" },
	{ "firmware", "firmware" },
	{ "software.firmware", "firmware" },
	{ "boot", "firmware" },
	{ "vendor", "board" },
	{ "product", "board" },
	{ "board", "board" },
	{ "system", "board" },
	{ "software", "image" },
	{ "payload", "image" },
	{ "plan", "plan" },
	{ "clocksource", "clock" },
	{ "congestion", "network" },
	{ "tcp", "network" },
	{ "queueDiscipline", "network" },
	{ "socket", "network" },
};

static const char *group_of(const char *path)
{
	for (size_t i = 0; i < COUNT_OF(belongings); i++)
		if (!strncmp(path, belongings[i].start, strlen(belongings[i].start)))
			return belongings[i].group;
	return "other";
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

struct taking {
	struct study *study;
	size_t subject;
};

static int take(void *context, const char *path, const char *value)
{
	const struct taking *taking = context;

	return add_value(taking->study, taking->subject, path, value);
}

int facts_add(struct study *study, size_t subject, const struct folder *folder)
{
	struct taking taking = { study, subject };

	return facts_each(folder, take, &taking);
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

/* Bounds that the kernel reckons from the memory it finds: a page more or less is no other machine.
 */
static bool is_reckoned(const char *path)
{
	return !strcmp(path, "tcpRmem") || !strcmp(path, "tcpWmem");
}

/* Lists of numbers of which each is within 1 % of the other's. */
static bool is_near(const char *a, const char *b)
{
	while (*a && *b) {
		char *a_end, *b_end;
		double x = strtod(a, &a_end), y = strtod(b, &b_end);

		if (a_end == a || b_end == b || !(fabs(x - y) <= 0.01 * fabs(x)))
			return false;
		a = a_end + strspn(a_end, " \t");
		b = b_end + strspn(b_end, " \t");
	}
	return *a == *b;
}

static bool differs(const struct study *study, const struct fact *fact)
{
	const char *first = NULL;

	for (size_t i = 0; i < study->subject_count; i++) {
		const char *value = fact->values[i] ? fact->values[i] : "";

		/* What stock tools wrote says nothing of the machine. */
		if (strcmp(study->subjects[i].kind, "runs") != 0 || !study->subjects[i].count)
			continue;
		if (first && strcmp(first, value) != 0 &&
		    !(is_reckoned(fact->path) && is_near(first, value)))
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
