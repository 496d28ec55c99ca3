/* SPDX-License-Identifier: MIT */
/* What came of a campaign: which boots are missing, and what compare says to its questions. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/campaign/campaign.h"

static bool is_filled(const char *path)
{
	DIR *folder = opendir(path);
	bool found = false;

	for (struct dirent *entry; folder && (entry = readdir(folder));)
		found |= entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return found;
}

static bool has_runs(const struct desk *desk, size_t which)
{
	char path[PATH_ROOM];

	return !path_format(path, sizeof(path), "%s/machines/%s", desk->folder,
			    desk->campaign->entrants[which].name) &&
	       is_filled(path);
}

static void tell_missing(const struct desk *desk)
{
	for (size_t i = 0; i < desk->slot_count; i++) {
		const struct standing *at = &desk->state.at[i];
		const char *name = slot_name(desk->campaign, &desk->slots[i]);

		if (at->progress == SLOT_FAILED)
			printf("failed   boot %zu, %s: %s\n", i + 1, name, at->reason);
		else if (at->progress == SLOT_DONE && *at->reason)
			printf("note     boot %zu, %s: %s\n", i + 1, name, at->reason);
	}
	for (size_t i = 0; i < desk->campaign->entrant_count; i++) {
		const struct entrant *entrant = &desk->campaign->entrants[i];

		if (entrant->value[ENTRANT_KIND].num != KIND_REAL || has_runs(desk, i))
			continue;
		printf("waits    machine %s: boot it with assay.plan=%s; then assay collect console=LOG "
		       "disk=DISK results=%s/machines/%s,\n         or let it join: assay serve "
		       "interface=NAME results=%s/machines/%s\n",
		       entrant->name, desk->campaign->value[CAMPAIGN_PLAN].text, desk->folder,
		       entrant->name, desk->folder, entrant->name);
	}
}

/* ---- questions ---- */

/* What one call of compare is about. */
struct matter {
	const char *name, *factor;
	const size_t *members;
	size_t count;
};

static size_t add_members(const struct desk *desk, const struct matter *matter,
			  struct command *command)
{
	size_t found = 0;

	for (size_t i = 0; i < matter->count; i++)
		if (has_runs(desk, matter->members[i])) {
			command_add(command, "%s/machines/%s", desk->folder,
				    desk->campaign->entrants[matter->members[i]].name);
			found++;
		}
	return found;
}

static size_t add_meetings(const struct desk *desk, struct command *command)
{
	size_t found = 0;

	for (size_t i = 0; i < desk->campaign->meeting_count; i++) {
		char path[PATH_ROOM];

		if (path_format(path, sizeof(path), "%s/together/%s", desk->folder,
				desk->campaign->meetings[i].name) ||
		    !is_filled(path))
			continue;
		command_add(command, "%s", path);
		found++;
	}
	return found;
}

/* What stands behind the last blank line of the table: the sentences. */
static void print_sentences(const char *path)
{
	char *text = NULL, *at, *last = NULL;

	if (file_load(&text, 64 << 20, path) <= 0)
		return;
	for (at = text; (at = strstr(at, "\n\n")); at++)
		last = at + 2;
	fputs(last ? last : text, stdout);
	free(text);
}

static int ask(const struct desk *desk, const struct matter *matter, bool json, char *path)
{
	struct command *command = calloc(1, sizeof(*command));
	const union value *value = desk->campaign->value;
	int status = -1;
	size_t found;
	pid_t pid;

	if (!command || path_format(path, PATH_ROOM, "%s/compare-%s.%s", desk->folder, matter->name,
				    json ? "json" : "txt")) {
		free(command);
		return -1;
	}
	command_begin(command);
	command_add(command, "/proc/self/exe");
	command_add(command, "compare");
	found = matter->count ? add_members(desk, matter, command) :
				2 * add_meetings(desk, command);
	if (found >= 2) {
		command_add(command, "factor=%s", matter->factor);
		command_add(command, "format=%s", json ? "json" : "text");
		command_add(command, "floor=%g%%", value[CAMPAIGN_FLOOR].real);
		command_add(command, "limit=%g%%", value[CAMPAIGN_LIMIT].real);
		command_add(command, "noisy=%s",
			    value[CAMPAIGN_NOISY].num == NOISY_KEEP ? "keep" : "leave");
		pid = process_start(command, NULL, path);
		status = pid > 0 ? process_wait(pid) : -1;
	}
	free(command);
	return status;
}

static void answer(const struct desk *desk, const struct matter *matter)
{
	char path[PATH_ROOM];

	if (ask(desk, matter, true, path) || ask(desk, matter, false, path)) {
		printf("\n%s: not compared: too few of its machines have runs\n", matter->name);
		return;
	}
	printf("\n%s (%s):\n", matter->name, path);
	print_sentences(path);
}

void conclude(struct desk *desk)
{
	const struct campaign *campaign = desk->campaign;
	size_t all[ENTRANTS_MAX];

	tell_missing(desk);
	fflush(stdout);
	for (size_t i = 0; i < campaign->entrant_count; i++)
		all[i] = i;
	for (size_t i = 0; i < campaign->inquiry_count; i++) {
		const struct inquiry *inquiry = &campaign->inquiries[i];

		answer(desk, &(struct matter){ inquiry->name, inquiry->value[QUESTION_FACTOR].text,
					       inquiry->members, inquiry->member_count });
	}
	if (!campaign->inquiry_count && campaign->entrant_count > 1)
		answer(desk, &(struct matter){ "all", "", all, campaign->entrant_count });
	if (campaign->meeting_count)
		answer(desk, &(struct matter){ "together", "", NULL, 0 });
}
