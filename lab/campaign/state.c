/* SPDX-License-Identifier: MIT */
/* What was done of a campaign: a line for each beginning and each end, synced, never rewritten. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/journal/journal.h"
#include "lab/campaign/campaign.h"

static const char *const words[] = {
	[SLOT_OPEN] = "open",	  [SLOT_CUT] = "started",     [SLOT_DONE] = "done",
	[SLOT_FAILED] = "failed", [SLOT_SKIPPED] = "skipped",
};

static void take_line(struct state *state, const cJSON *line)
{
	double slot = json_number(line, "slot", -1);
	const char *word = json_text(line, "state"), *reason = json_text(line, "reason"),
		   *run = json_text(line, "run");
	struct standing *at;

	if (slot < 0 || slot >= (double)state->count || !word)
		return;
	at = &state->at[(size_t)slot];
	for (enum progress progress = SLOT_CUT; progress <= SLOT_SKIPPED; progress++)
		if (!strcmp(word, words[progress]))
			at->progress = progress;
	/* What has no end yet was cut, unless an end follows. */
	at->tries += at->progress == SLOT_CUT;
	at->seconds = json_number(line, "seconds", 0);
	snprintf(at->reason, sizeof(at->reason), "%s", reason ? reason : "");
	snprintf(at->run, sizeof(at->run), "%s", run ? run : "");
}

static int check_digest(const cJSON *line, const char *digest, char *why, size_t room)
{
	const char *found = json_text(line, "digest");

	if (found && !strcmp(found, digest))
		return 0;
	return text_refuse(
		-EINVAL, why, room,
		"the folder holds another campaign, or this one before it was changed: folder=DIR "
		"takes another place");
}

int state_read(struct state *state, const char *text, size_t len, const char *digest, char *why,
	       size_t room)
{
	const char *at = text, *end = text + len;
	bool first = true;
	int err = 0;

	while (!err && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		cJSON *line = stop ? record_parse(at, (size_t)(stop - at)) : NULL;

		if (first && stop)
			err = check_digest(line, digest, why, room);
		else if (line)
			take_line(state, line);
		cJSON_Delete(line);
		first = false;
		at = stop ? stop + 1 : end;
	}
	return err;
}

static int append(struct state *state, cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	int err = text ? file_write_all(state->fd, text, strlen(text)) : -ENOMEM;

	cJSON_Delete(json);
	free(text);
	if (!err)
		err = file_write_all(state->fd, "\n", 1);
	return err ? err : fsync(state->fd) ? -errno : 0;
}

/* Behind a torn line the next one must stand on a line of its own. */
static int mend(struct state *state, const char *text, ssize_t len)
{
	return len > 0 && text[len - 1] != '\n' ? file_write_all(state->fd, "\n", 1) : 0;
}

int state_open(struct state *state, const char *folder, const char *digest, size_t slots, char *why,
	       size_t room)
{
	char *text = NULL;
	ssize_t len;
	int err = path_format(state->path, sizeof(state->path), "%s/state.jsonl", folder);

	state->count = slots;
	if (err)
		return err;
	len = file_load(&text, 16 << 20, state->path);
	if (len > 0)
		err = state_read(state, text, (size_t)len, digest, why, room);
	if (!err)
		state->fd = open(state->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (!err && state->fd < 0)
		err = text_refuse(-errno, why, room, "%.200s: %s", state->path, strerror(errno));
	if (!err)
		err = mend(state, text, len);
	if (!err && len <= 0) {
		cJSON *json = cJSON_CreateObject();

		cJSON_AddNumberToObject(json, "campaign", 1);
		cJSON_AddStringToObject(json, "digest", digest);
		err = append(state, json);
	}
	free(text);
	return err;
}

int state_note(struct state *state, size_t slot, const char *name, const struct standing *standing)
{
	cJSON *json = cJSON_CreateObject();

	state->at[slot] = *standing;
	cJSON_AddNumberToObject(json, "slot", (double)slot);
	cJSON_AddStringToObject(json, "name", name);
	cJSON_AddStringToObject(json, "state", words[standing->progress]);
	cJSON_AddNumberToObject(json, "seconds", standing->seconds);
	if (*standing->run)
		cJSON_AddStringToObject(json, "run", standing->run);
	if (*standing->reason)
		cJSON_AddStringToObject(json, "reason", standing->reason);
	return append(state, json);
}
