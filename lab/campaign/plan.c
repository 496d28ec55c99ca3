/* SPDX-License-Identifier: MIT */
/* config/campaigns/NAME.ini */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/campaign/campaign.h"

const struct param campaign_keys[] = {
	[CAMPAIGN_SUMMARY] = { "summary", "", "in one line", PARAM_TEXT, 0, 159 },
	[CAMPAIGN_PLAN] = { "plan", "quick", "what each machine measures", PARAM_TEXT, 1, 63 },
	[CAMPAIGN_BOOTS] = { "boots", "4", "of each machine", PARAM_COUNT, 1, 100 },
	[CAMPAIGN_SEED] = { "seed", "1", "of the order", PARAM_COUNT, 0, 0x1p53 },
	[CAMPAIGN_WORDS] = { "words", "", "kernel words for all", PARAM_TEXT, 0, 159 },
	[CAMPAIGN_SETTINGS] = { "settings", "", "of the machines, such as memory=2G", PARAM_TEXT, 0,
				159 },
	[CAMPAIGN_TIMEOUT] = { "timeout", "0", "of one boot; 0: the machine's", PARAM_SECONDS, 0,
			       1e6 },
	[CAMPAIGN_NOISY] = { "noisy", "leave", "runs that the noise gate calls noisy", PARAM_CHOICE,
			     .choices = "leave|keep" },
	[CAMPAIGN_FLOOR] = { "floor", "5", "percent: the least difference that counts", PARAM_REAL,
			     0.1, 100 },
	[CAMPAIGN_LIMIT] = { "limit", "25", "percent: what 'same' may hide at most", PARAM_REAL, 1,
			     500 },
	{ 0 },
};
const struct param entrant_keys[] = {
	[ENTRANT_MACHINE] = { "machine", "", "its file; empty: of this name", PARAM_TEXT, 0, 159 },
	[ENTRANT_KIND] = { "kind", "qemu",
			   "real: it is booted elsewhere, its runs are brought here", PARAM_CHOICE,
			   .choices = "qemu|real" },
	[ENTRANT_WORDS] = { "words", "", "further kernel words", PARAM_TEXT, 0, 159 },
	[ENTRANT_SETTINGS] = { "settings", "", "further settings", PARAM_TEXT, 0, 159 },
	{ 0 },
};
const struct param meeting_keys[] = {
	[MEETING_MACHINES] = { "machines", "", "in the order of their places: a,b", PARAM_TEXT, 0,
			       159 },
	[MEETING_PLAN] = { "plan", "simultaneous", "what they do together", PARAM_TEXT, 1, 63 },
	[MEETING_BOOTS] = { "boots", "2", "how often", PARAM_COUNT, 1, 100 },
	[MEETING_WORDS] = { "words", "", "further kernel words", PARAM_TEXT, 0, 159 },
	{ 0 },
};
const struct param inquiry_keys[] = {
	[QUESTION_MACHINES] = { "machines", "", "the others are compared to the first: a,b",
				PARAM_TEXT, 0, 159 },
	[QUESTION_FACTOR] = { "factor", "", "what is meant to differ, as in disk,nic", PARAM_TEXT,
			      0, 159 },
	{ 0 },
};

struct reading {
	struct campaign *campaign;
	const char *path;
	bool seen;
	const struct param *keys;
	union value *values;
	char *why;
	size_t room;
};

static int refuse_at(struct reading *reading, int line, const char *what)
{
	return text_refuse(-EINVAL, reading->why, reading->room, "%s:%d: %s", reading->path, line,
			   what);
}

/* "machine file-virtio" after its first word; NULL when that word is another. */
static const char *named(const char *section, const char *kind)
{
	size_t len = strlen(kind);

	return !strncmp(section, kind, len) && section[len] == ' ' ? section + len + 1 : NULL;
}

static int open_named(struct reading *reading, const struct ini_line *line, const char *name,
		      char *into, const struct param *keys, union value *values)
{
	if (!path_name_is_plain(name) || strlen(name) >= NAME_ROOM)
		return refuse_at(reading, line->line,
				 "a name of letters, digits, . _ and - expected in the section");
	snprintf(into, NAME_ROOM, "%s", name);
	reading->keys = keys;
	reading->values = values;
	return params_defaults(keys, values, reading->why, reading->room);
}

static int open_section(struct reading *reading, const struct ini_line *line)
{
	struct campaign *c = reading->campaign;
	const char *name;

	if (!strcmp(line->section, "campaign")) {
		reading->seen = true;
		reading->keys = campaign_keys;
		reading->values = c->value;
		return 0;
	}
	if ((name = named(line->section, "machine")) && c->entrant_count < ENTRANTS_MAX) {
		struct entrant *entrant = &c->entrants[c->entrant_count++];

		return open_named(reading, line, name, entrant->name, entrant_keys, entrant->value);
	}
	if ((name = named(line->section, "together")) && c->meeting_count < MEETINGS_MAX) {
		struct meeting *meeting = &c->meetings[c->meeting_count++];

		return open_named(reading, line, name, meeting->name, meeting_keys, meeting->value);
	}
	if ((name = named(line->section, "compare")) && c->inquiry_count < QUESTIONS_MAX) {
		struct inquiry *inquiry = &c->inquiries[c->inquiry_count++];

		return open_named(reading, line, name, inquiry->name, inquiry_keys, inquiry->value);
	}
	return refuse_at(
		reading, line->line,
		"[campaign], [machine NAME], [together NAME] or [compare NAME] expected (at most 16, 8, "
		"16 of the last three)");
}

static int take_line(void *context, const struct ini_line *line)
{
	struct reading *reading = context;
	char why[WHY_ROOM];

	if (!line->name)
		return open_section(reading, line);
	if (!reading->keys)
		return refuse_at(reading, line->line, "a section expected first: [campaign]");
	if (!params_set(reading->keys, reading->values, line->name, line->value, why, sizeof(why)))
		return 0;
	return refuse_at(reading, line->line, why);
}

/* "a,b" to the machines' numbers. */
static int find_members(struct reading *reading, const char *list, const char *of, size_t *members,
			size_t *count)
{
	const struct campaign *campaign = reading->campaign;

	for (*count = 0; *list;) {
		size_t len = strcspn(list, ", "), at = 0;

		while (at < campaign->entrant_count &&
		       (strlen(campaign->entrants[at].name) != len ||
			strncmp(campaign->entrants[at].name, list, len) != 0))
			at++;
		if (at == campaign->entrant_count || *count == ENTRANTS_MAX)
			return text_refuse(-EINVAL, reading->why, reading->room,
					   "%s: [%s]: there is no section [machine %.*s]",
					   reading->path, of, (int)len, list);
		members[(*count)++] = at;
		list += len;
		list += strspn(list, ", ");
	}
	return *count >= 2 ?
		       0 :
		       text_refuse(-EINVAL, reading->why, reading->room,
				   "%s: [%s]: machines = two or more expected", reading->path, of);
}

static int check_names(struct reading *reading)
{
	const struct campaign *campaign = reading->campaign;

	for (size_t i = 0; i < campaign->entrant_count; i++)
		for (size_t before = 0; before < i; before++)
			if (!strcmp(campaign->entrants[i].name, campaign->entrants[before].name))
				return text_refuse(-EINVAL, reading->why, reading->room,
						   "%s: two sections [machine %s]", reading->path,
						   campaign->entrants[i].name);
	return 0;
}

static int finish(struct reading *reading)
{
	struct campaign *campaign = reading->campaign;
	int err = check_names(reading);

	if (!reading->seen || !campaign->entrant_count)
		return text_refuse(-EINVAL, reading->why, reading->room,
				   "%s: [campaign] and at least one [machine NAME] expected",
				   reading->path);
	for (size_t i = 0; !err && i < campaign->meeting_count; i++) {
		struct meeting *meeting = &campaign->meetings[i];

		err = find_members(reading, meeting->value[MEETING_MACHINES].text, meeting->name,
				   meeting->members, &meeting->member_count);
	}
	for (size_t i = 0; !err && i < campaign->inquiry_count; i++) {
		struct inquiry *inquiry = &campaign->inquiries[i];

		err = find_members(reading, inquiry->value[QUESTION_MACHINES].text, inquiry->name,
				   inquiry->members, &inquiry->member_count);
	}
	return err;
}

static void take_name(struct campaign *campaign, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(campaign->name, sizeof(campaign->name), "%.63s", slash ? slash + 1 : path);
	campaign->name[strcspn(campaign->name, ".")] = '\0';
}

int campaign_read(struct campaign *campaign, const char *text, const char *path, char *why,
		  size_t room)
{
	struct reading reading = { .campaign = campaign, .path = path, .why = why, .room = room };
	int err;

	*campaign = (struct campaign){ 0 };
	take_name(campaign, path);
	err = params_defaults(campaign_keys, campaign->value, why, room);
	if (!err)
		err = ini_read(text, path, take_line, &reading, why, room);
	return err ? err : finish(&reading);
}
