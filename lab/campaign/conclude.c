/* SPDX-License-Identifier: MIT */
/* What came of a campaign: which boots are missing, and what compare says to its questions. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/campaign/campaign.h"

static bool has_runs(const struct desk *desk, size_t which)
{
	char path[PATH_ROOM];
	DIR *folder;
	bool found = false;

	if (path_format(path, sizeof(path), "%s/machines/%s", desk->folder,
			desk->campaign->entrants[which].name))
		return false;
	folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		found |= entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return found;
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

static size_t add_members(const struct desk *desk, const size_t *members, size_t count,
			  struct command *command)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (has_runs(desk, members[i])) {
			command_add(command, "%s/machines/%s", desk->folder,
				    desk->campaign->entrants[members[i]].name);
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

static int ask(const struct desk *desk, const char *name, const size_t *members, size_t count,
	       const char *factor, bool json, char *path)
{
	struct command *command = calloc(1, sizeof(*command));
	const union value *value = desk->campaign->value;
	int status = -1;
	pid_t pid;

	if (!command || path_format(path, PATH_ROOM, "%s/compare-%s.%s", desk->folder, name,
				    json ? "json" : "txt")) {
		free(command);
		return -1;
	}
	command_begin(command);
	command_add(command, "/proc/self/exe");
	command_add(command, "compare");
	if (add_members(desk, members, count, command) >= 2) {
		command_add(command, "factor=%s", factor);
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

static void answer(const struct desk *desk, const char *name, const size_t *members, size_t count,
		   const char *factor)
{
	char path[PATH_ROOM];

	if (ask(desk, name, members, count, factor, true, path) ||
	    ask(desk, name, members, count, factor, false, path)) {
		printf("\n%s: not compared: fewer than two machines have runs to compare\n", name);
		return;
	}
	printf("\n%s (%s):\n", name, path);
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

		answer(desk, inquiry->name, inquiry->members, inquiry->member_count,
		       inquiry->value[QUESTION_FACTOR].text);
	}
	if (!campaign->inquiry_count && campaign->entrant_count > 1)
		answer(desk, "all", all, campaign->entrant_count, "");
}
