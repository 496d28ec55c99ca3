/* SPDX-License-Identifier: MIT */
/* assay campaign: one plan over several machines, boots interleaved; goes on where it was stopped. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lab/campaign/campaign.h"

enum { FOLDER, ACCEL, IMAGE, PAYLOAD, STARTER, ONLY, ARGS };
enum { TRIES_MOST = 2, INI_MAX = 1 << 20 };

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay campaign: %s\n", why);
	return code;
}

/* ---- before the first boot ---- */

static int load(struct desk *desk, const char *word, char digest[65])
{
	struct digest of;
	char path[PATH_ROOM], meant[NEAREST_WORDS], *text = NULL;
	ssize_t got;
	int err = config_path(path, sizeof(path), "campaigns", word);

	if (err)
		return err;
	got = file_load(&text, INI_MAX, path);
	if (got < 0)
		return text_refuse((int)got, desk->why, WHY_ROOM, "%s: %s%s", path,
				   strerror((int)-got), config_hint("campaigns", word, meant));
	digest_of(text, (size_t)got, &of);
	digest_hex(&of, digest, 32);
	err = memchr(text, '\0', (size_t)got) ?
		      text_refuse(-EINVAL, desk->why, WHY_ROOM, "%s: not a text file", path) :
		      campaign_read(desk->campaign, text, path, desk->why, WHY_ROOM);
	free(text);
	return err;
}

static int lock(struct desk *desk)
{
	int fd = open(desk->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
		return text_refuse(
			-EBUSY, desk->why, WHY_ROOM,
			"%.200s is in use by another campaign; folder=DIR takes another place",
			desk->folder);
	return 0;
}

static void find_obstacles(struct desk *desk)
{
	const struct campaign *campaign = desk->campaign;

	for (size_t i = 0; i < campaign->entrant_count; i++) {
		if (!entrant_obstacle(&campaign->entrants[i],
				      campaign->value[CAMPAIGN_SETTINGS].text, desk->obstacles[i],
				      sizeof(desk->obstacles[i])))
			*desk->obstacles[i] = '\0';
		else
			printf("machine %s cannot be run here: %s\n", campaign->entrants[i].name,
			       desk->obstacles[i]);
	}
}

/* Of the machines that a slot needs, the first that cannot be run. */
static const char *slot_obstacle(const struct desk *desk, const struct slot *slot)
{
	const struct meeting *meeting = &desk->campaign->meetings[slot->which];

	if (!slot->together)
		return *desk->obstacles[slot->which] ? desk->obstacles[slot->which] : NULL;
	for (size_t i = 0; i < meeting->member_count; i++)
		if (*desk->obstacles[meeting->members[i]])
			return desk->obstacles[meeting->members[i]];
	return NULL;
}

/* ---- boot by boot ---- */

static void tell_start(struct desk *desk, size_t slot)
{
	double left;
	char line[64] = "";
	struct text text;

	live_clear(desk);
	text_begin(&text, line, sizeof(line));
	desk->began = live_now();
	left = live_left(desk, slot);
	if (left >= 0) {
		text_add(&text, "; about ");
		text_add_duration(&text, left);
		text_add(&text, " left");
	}
	if (desk->state.at[slot].progress == SLOT_CUT)
		printf("boot %zu (%s) was cut short and is done again\n", slot + 1,
		       slot_name(desk->campaign, &desk->slots[slot]));
	if (!desk->terminal)
		printf("boot %zu of %zu: %s, its %u.%s\n", slot + 1, desk->slot_count,
		       slot_name(desk->campaign, &desk->slots[slot]), desk->slots[slot].boot + 1,
		       line);
	fflush(stdout);
}

static void tell_end(struct desk *desk, size_t slot)
{
	const struct standing *at = &desk->state.at[slot];
	char line[32];
	struct text text;

	live_clear(desk);
	text_begin(&text, line, sizeof(line));
	text_add_duration(&text, at->seconds);
	printf("boot %zu of %zu: %s: %s after %s%s%s\n", slot + 1, desk->slot_count,
	       slot_name(desk->campaign, &desk->slots[slot]),
	       at->progress == SLOT_DONE ? "done" : "failed", line, *at->reason ? ": " : "",
	       at->reason);
	fflush(stdout);
}

static bool is_due(const struct standing *at)
{
	return at->progress == SLOT_OPEN || at->progress == SLOT_CUT ||
	       (at->progress == SLOT_FAILED && at->tries < TRIES_MOST);
}

static int skip(struct desk *desk, size_t slot, const char *obstacle)
{
	struct standing standing = { .progress = SLOT_SKIPPED };

	if (desk->state.at[slot].progress == SLOT_SKIPPED)
		return 0;
	snprintf(standing.reason, sizeof(standing.reason), "%s", obstacle);
	return state_note(&desk->state, slot, slot_name(desk->campaign, &desk->slots[slot]),
			  &standing);
}

static int run_slots(struct desk *desk, size_t most)
{
	int err = 0;
	size_t booted = 0;

	for (size_t slot = 0; !err && slot < desk->slot_count; slot++) {
		const char *obstacle = slot_obstacle(desk, &desk->slots[slot]);

		if (obstacle)
			err = skip(desk, slot, obstacle);
		while (!err && !obstacle && is_due(&desk->state.at[slot])) {
			if (booted++ == most)
				return -EAGAIN;
			tell_start(desk, slot);
			err = slot_run(desk, slot);
			if (!err)
				tell_end(desk, slot);
		}
		if (!err && watch_stopped())
			err = -EINTR;
	}
	return err;
}

static int count_done(const struct desk *desk)
{
	int done = 0;

	for (size_t i = 0; i < desk->slot_count; i++)
		done += desk->state.at[i].progress == SLOT_DONE;
	return done;
}

static int finish(struct desk *desk, int err)
{
	live_clear(desk);
	if (err == -EINTR || err == -EAGAIN) {
		printf("stopped with %d of %zu boots done; the same command goes on\n",
		       count_done(desk), desk->slot_count);
		return CODE_FAILED;
	}
	if (err)
		return refuse(CODE_FAILED, *desk->why ? desk->why : strerror(-err));
	printf("%d of %zu boots done, in %s\n", count_done(desk), desk->slot_count, desk->folder);
	conclude(desk);
	for (size_t i = 0; i < desk->slot_count; i++)
		if (desk->state.at[i].progress == SLOT_FAILED)
			return refuse(CODE_FAILED, "a boot left no run");
	return count_done(desk) ? CODE_OK :
				  refuse(CODE_NOTHING, "none of the machines can be run here");
}

static int run(struct desk *desk, const char *word, const struct arg *args)
{
	static char folder[PATH_ROOM];
	char digest[65];
	uint64_t most = UINT64_MAX;
	int err = load(desk, word, digest);

	if (!err && args[ONLY].value && text_u64(args[ONLY].value, &most))
		err = text_refuse(-EINVAL, desk->why, WHY_ROOM, "boots=%s: a number expected",
				  args[ONLY].value);
	if (err)
		return refuse(err == -EINVAL ? CODE_USAGE : CODE_FAILED, desk->why);
	if (args[FOLDER].value)
		err = path_format(folder, sizeof(folder), "%s", args[FOLDER].value);
	else
		err = path_format(folder, sizeof(folder), "results/%s", desk->campaign->name);
	desk->folder = folder;
	desk->slot_count = schedule_make(desk->campaign, desk->slots, SLOTS_MAX);
	if (!err)
		err = path_make(folder);
	if (!err)
		err = lock(desk);
	if (!err)
		err = state_open(&desk->state, folder, digest, desk->slot_count, desk->why,
				 WHY_ROOM);
	if (err)
		return refuse(CODE_FAILED, *desk->why ? desk->why : strerror(-err));
	printf("campaign %s: plan %s, %zu boots, in %s\n", desk->campaign->name,
	       desk->campaign->value[CAMPAIGN_PLAN].text, desk->slot_count, folder);
	find_obstacles(desk);
	watch_signals();
	return finish(desk, run_slots(desk, most));
}

static struct arg keys[ARGS + 1] = {
	[FOLDER] = { "folder", NULL, "DIR", "everything is kept there; none given: results/NAME" },
	[ACCEL] = { "accel", "auto", "auto|kvm|tcg", "as for boot" },
	[IMAGE] = { "image", "build/assay.efi", "FILE", "what is booted" },
	[PAYLOAD] = { "payload", "build/payload.json", "FILE", "what the image is said to be" },
	[STARTER] = { "starter", "/proc/self/exe", "FILE",
		      "called in place of assay, as: PROGRAM boot MACHINE plan=... results=..." },
	[ONLY] = { "boots", NULL, "NUMBER", "at most so many boots now; the same command goes on" },
};

static const struct key_group files[] = {
	{ "[campaign] ", "the campaign", campaign_keys },
	{ "[machine NAME] ", "each machine", entrant_keys },
	{ "[together NAME] ", "several at once", meeting_keys },
	{ "[compare NAME] ", "a question to answer at the end", inquiry_keys },
	{ 0 },
};

static int campaign_main(int argc, char **argv)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	char why[WHY_ROOM];
	struct text text;
	int rest = args_take(argc, argv, keys, why, sizeof(why)), code;

	if (desk)
		desk->campaign = calloc(1, sizeof(*desk->campaign));
	if (!desk || !desk->campaign) {
		code = refuse(CODE_FAILED, "out of memory");
	} else if (rest < 0) {
		code = refuse(CODE_USAGE, why);
	} else if (rest != 1) {
		text_begin(&text, why, sizeof(why));
		text_add(&text, "one campaign expected: FILE.ini, or one of config/campaigns: ");
		config_names("campaigns", &text);
		code = refuse(CODE_USAGE, why);
	} else {
		desk->accel = keys[ACCEL].value;
		desk->image = keys[IMAGE].value;
		desk->payload = keys[PAYLOAD].value;
		desk->starter = keys[STARTER].value;
		desk->terminal = isatty(STDOUT_FILENO);
		code = run(desk, argv[1], keys);
	}
	free(desk ? desk->campaign : NULL);
	free(desk);
	return code;
}

const struct verb verb_campaign = {
	.name = "campaign",
	.usage = "campaign NAME|FILE.ini [NAME=VALUE ...]",
	.summary =
		"one plan over several machines, boots interleaved; goes on where it was stopped",
	.main = campaign_main,
	.operand = "CAMPAIGN",
	.args = keys,
	.files = files,
	.notes =
		"A campaign is config/campaigns/NAME.ini, or a file by its path. Interrupt it when you "
		"like: the same command goes on where it was. docs/campaign.md says more.",
	.examples = "assay campaign page-2011-small\n"
		    "assay campaign mine.ini folder=results/mine boots=4\n",
};
