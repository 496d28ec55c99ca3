/* SPDX-License-Identifier: MIT */
/* One slot of the schedule: a machine booted afresh by `assay boot`, or several at once with one
 * partner. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/campaign/campaign.h"

static void add_words(struct command *command, const char *words)
{
	char copy[400], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		command_add(command, "%s", word);
}

/* Of a meeting each journal has everybody's share: the first machine's are those to look at. */
static void add_results(const struct desk *desk, const struct slot *slot, size_t which,
			struct command *command)
{
	const struct campaign *campaign = desk->campaign;
	const char *name = campaign->entrants[which].name;
	const struct meeting *meeting = slot->together ? &campaign->meetings[slot->which] : NULL;

	if (!meeting)
		command_add(command, "results=%s/machines/%s", desk->folder, name);
	else if (meeting->members[0] == which)
		command_add(command, "results=%s/together/%s", desk->folder, meeting->name);
	else
		command_add(command, "results=%s/together/others/%s-%s", desk->folder,
			    meeting->name, name);
}

static void add_places(const struct desk *desk, const struct entrant *entrant,
		       struct command *command)
{
	command_add(command, "accel=%s", desk->accel);
	command_add(command, "image=%s", desk->image);
	command_add(command, "payload=%s", desk->payload);
	command_add(command, "work=%s/running/%s", desk->folder, entrant->name);
	if (desk->campaign->value[CAMPAIGN_TIMEOUT].real > 0)
		command_add(command, "timeout=%.0f", desk->campaign->value[CAMPAIGN_TIMEOUT].real);
}

static void fill_command(const struct desk *desk, const struct slot *slot, size_t which,
			 const char *plan, const char *further, struct command *command)
{
	const struct campaign *campaign = desk->campaign;
	const struct entrant *entrant = &campaign->entrants[which];
	const char *file = entrant->value[ENTRANT_MACHINE].text;

	command_begin(command);
	command_add(command, "%s", desk->starter);
	command_add(command, "boot");
	command_add(command, "%s", *file ? file : entrant->name);
	command_add(command, "plan=%s", plan);
	add_results(desk, slot, which, command);
	add_places(desk, entrant, command);
	command_add(command, "words=%s %s %s", campaign->value[CAMPAIGN_WORDS].text,
		    entrant->value[ENTRANT_WORDS].text, further);
	add_words(command, campaign->value[CAMPAIGN_SETTINGS].text);
	add_words(command, entrant->value[ENTRANT_SETTINGS].text);
	if (slot->together) /* they share one */
		command_add(command, "peer.kind=none");
}

static int make_folders(struct desk *desk, const char *name)
{
	static const char *const below[] = { "machines", "running", "logs" };
	char path[PATH_ROOM];
	int err = 0;

	for (size_t i = 0; !err && i < COUNT_OF(below); i++) {
		err = i == 2 ? path_format(path, sizeof(path), "%s/logs", desk->folder) :
			       path_format(path, sizeof(path), "%s/%s/%s", desk->folder, below[i],
					   name);
		if (!err)
			err = path_make(path);
	}
	return err ? text_refuse(err, desk->why, WHY_ROOM, "%.200s: %s", desk->folder,
				 strerror(-err)) :
		     0;
}

static int start(struct desk *desk, size_t slot, size_t which, const char *plan,
		 const char *further, struct booting *out)
{
	const struct entrant *entrant = &desk->campaign->entrants[which];
	struct command *command = calloc(1, sizeof(*command));
	char log[PATH_ROOM];
	int err = command ? make_folders(desk, entrant->name) : -ENOMEM;

	*out = (struct booting){ .entrant = which, .log = -1 };
	if (!err)
		err = path_format(log, sizeof(log), "%s/logs/%03zu-%s.txt", desk->folder, slot + 1,
				  entrant->name);
	if (!err) {
		fill_command(desk, &desk->slots[slot], which, plan, further, command);
		out->pid = process_start(command, NULL, log);
		err = out->pid < 0 ? out->pid : 0;
	}
	if (!err)
		out->log = open(log, O_RDONLY | O_CLOEXEC);
	if (!err)
		snprintf(desk->phase[which], sizeof(desk->phase[0]), "boots");
	free(command);
	return err;
}

/* ---- together ---- */

static void describe_partner(const struct peer *peer, const struct meeting *meeting, size_t place,
			     const char *name, char *out, size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	text_add(
		&text,
		"assay.peer=198.18.0.2 assay.net.simultaneous.port=%u assay.net.simultaneous.meet_port=%u "
		"assay.net.simultaneous.listen=%u assay.net.simultaneous.machines=%zu "
		"assay.net.simultaneous.place=%zu assay.net.simultaneous.name=%s %s",
		peer->port, peer->meet_port, peer->back_port, meeting->member_count, place + 1,
		name, meeting->value[MEETING_WORDS].text);
}

static int start_all(struct desk *desk, size_t slot, const struct meeting *meeting,
		     const struct peer *peer, struct booting *boots, size_t *count)
{
	int err = 0;

	for (size_t i = 0; !err && i < meeting->member_count; i++) {
		size_t which = meeting->members[i];
		char words[800];

		describe_partner(peer, meeting, i, desk->campaign->entrants[which].name, words,
				 sizeof(words));
		err = start(desk, slot, which, meeting->value[MEETING_PLAN].text, words, &boots[i]);
		*count += !err;
	}
	return err;
}

static int run_together(struct desk *desk, size_t slot, struct booting *boots, size_t *count)
{
	const struct meeting *meeting = &desk->campaign->meetings[desk->slots[slot].which];
	char work[PATH_ROOM], results[PATH_ROOM];
	struct peer peer = { 0 };
	int err = path_format(work, sizeof(work), "%s/running", desk->folder), watched = 0;

	if (!err)
		err = path_format(results, sizeof(results), "%s/partner", desk->folder);
	if (!err)
		err = path_make(work);
	if (!err)
		err = peer_start_own(&peer, work, results, desk->why, WHY_ROOM);
	if (!err)
		err = start_all(desk, slot, meeting, &peer, boots, count);
	if (*count)
		watched = boots_watch(desk, slot, boots, *count);
	peer_end(&peer);
	return err ? err : watched;
}

static int run_alone(struct desk *desk, size_t slot, struct booting *boots, size_t *count)
{
	int err = start(desk, slot, desk->slots[slot].which,
			desk->campaign->value[CAMPAIGN_PLAN].text, "", &boots[0]);

	if (err)
		return err;
	*count = 1;
	return boots_watch(desk, slot, boots, 1);
}

/* A run that ended with a failed step is a result; no run at all is none. */
static void judge(struct standing *standing, const struct booting *boots, size_t count)
{
	standing->progress = SLOT_DONE;
	for (size_t i = 0; i < count; i++) {
		if (!*boots[i].run)
			standing->progress = SLOT_FAILED;
		if (boots[i].status && !*standing->reason)
			snprintf(standing->reason, sizeof(standing->reason), "%s",
				 *boots[i].reason ? boots[i].reason : "it left no run");
		if (*boots[i].run)
			memcpy(standing->run, boots[i].run, sizeof(standing->run));
	}
	if (!count)
		standing->progress = SLOT_FAILED;
}

int slot_run(struct desk *desk, size_t slot)
{
	struct booting *boots = calloc(ENTRANTS_MAX, sizeof(*boots));
	const char *name = slot_name(desk->campaign, &desk->slots[slot]);
	struct standing standing = desk->state.at[slot];
	size_t count = 0;
	int err;

	if (!boots)
		return -ENOMEM;
	standing.progress = SLOT_CUT;
	standing.tries++;
	*standing.reason = *standing.run = '\0';
	desk->began = live_now();
	err = state_note(&desk->state, slot, name, &standing);
	if (!err)
		err = desk->slots[slot].together ? run_together(desk, slot, boots, &count) :
						   run_alone(desk, slot, boots, &count);
	standing.seconds = live_now() - desk->began;
	if (!err) {
		judge(&standing, boots, count);
		err = state_note(&desk->state, slot, name, &standing);
	}
	free(boots);
	return err;
}
