/* SPDX-License-Identifier: MIT */
/* Benchmark x target x parameters to steps, each with a limit or the reason why it is skipped. */
#include "init/ground/ground.h"
#include "init/guard/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOMES] = {
		"ok", "failed", "error", "skipped", "timeout", "crashed", "invalid", "interrupted"
	};

	return names[outcome];
}

bool outcome_ended(enum outcome outcome)
{
	return outcome == RUN_OK || outcome == RUN_FAILED || outcome == RUN_INVALID;
}

bool outcome_parse(const char *word, enum outcome *out)
{
	for (enum outcome outcome = RUN_OK; outcome < OUTCOMES; outcome++)
		if (!strcmp(word, outcome_name(outcome))) {
			*out = outcome;
			return true;
		}
	return false;
}

bool plan_stands_on_disk(const struct bench *bench)
{
	return bench->need == NEEDS_DIRECTORY || bench->need == NEEDS_DISK;
}

bool plan_needs(const struct settings *settings, enum need need)
{
	for (size_t i = 0; i < settings->request_count; i++)
		if (settings->request[i].bench->need == need)
			return true;
	return false;
}

bool plan_writes(const struct settings *settings)
{
	return plan_needs(settings, NEEDS_DIRECTORY) || plan_needs(settings, NEEDS_DISK);
}

static void expect(struct step *step, const struct speeds *speeds, double deadline)
{
	const struct request *request = step->request;

	step->expected_seconds = request->bench->seconds(request->value, speeds);
	step->deadline_seconds = deadline > 0 ? deadline : 4 * step->expected_seconds + 60;
}

void plan_step(struct step *step, const struct request *request, size_t index, double deadline)
{
	const struct bench *bench = request->bench;

	*step = (struct step){ .request = request };
	snprintf(step->id, sizeof(step->id), "s%zu", index + 1);
	snprintf(step->name, sizeof(step->name), "%.28s%s%s", bench->name,
		 request->label[0] ? " " : "", request->label);
	expect(step, &speeds_plain, deadline);
}

static bool is_server(const struct request *request)
{
	const struct param *params = request->bench->params, *role = params_find(params, "role");
	char word[160];
	struct text text;

	if (!role)
		return false;
	text_begin(&text, word, sizeof(word));
	param_format(role, &request->value[role - params], &text);
	return !strcmp(word, "server");
}

static void bind_peer(struct step *step, const struct settings *settings,
		      const struct network *network)
{
	const char *peer = settings->value[SET_PEER].text;
	bool find = settings_find_peer(settings);

	if (find && network->partner[0])
		peer = network->partner;
	if (!network->up)
		snprintf(step->skip, sizeof(step->skip), "no network: %.480s", network->why_not);
	else if (find && is_server(step->request))
		snprintf(step->skip, sizeof(step->skip),
			 "role=server: in a pair each machine serves the other in turn");
	else if (find && !network->partner[0])
		snprintf(step->skip, sizeof(step->skip), "%.500s", network->why_no_partner);
	else if (!peer[0])
		snprintf(step->skip, sizeof(step->skip), "no partner named (assay.peer=ADDRESS)");
	else
		snprintf(step->target, sizeof(step->target), "%s", peer);
}

/* On the disk for its file system: too small is known before anything is written. */
static void bind_directory(struct step *step, const struct block *disk)
{
	enum file_system kind = (enum file_system)step->request->ground[GROUND_FILE_SYSTEM].num;
	uint64_t least = file_system_least_bytes(kind);

	if (disk->bytes < least)
		snprintf(step->skip, sizeof(step->skip),
			 "file_system=%s needs a disk of %.0f MiB, %s has %.1f MiB",
			 file_system_name(kind), (double)least / 1048576, disk->name,
			 (double)disk->bytes / 1048576);
	else
		strcpy(step->target, "/scratch/work");
}

/* A raw disk is measured over a part of it, or all: how long depends on its size. */
static void bind_disk(struct step *step, const struct block *disk, double deadline)
{
	struct speeds speeds = speeds_plain;

	snprintf(step->target, sizeof(step->target), "/dev/%s", disk->name);
	speeds.disk_bytes = (double)disk->bytes;
	expect(step, &speeds, deadline);
}

static void bind_ground(struct step *step, const struct plan *plan, const char *why_not,
			double deadline)
{
	if (!plan->scratch)
		snprintf(step->skip, sizeof(step->skip), "no scratch disk: %.480s", why_not);
	else if (step->request->bench->need == NEEDS_DISK)
		bind_disk(step, plan->scratch, deadline);
	else
		bind_directory(step, plan->scratch);
	step->sets_ground = !step->skip[0];
}

/* The disk that may be written, if any; asked only when a step wants it. */
static const struct block *find_scratch(const struct settings *settings,
					const struct machine *machine, char *why, size_t room)
{
	struct naming naming;

	if (naming_of(&naming, settings, why, room))
		return NULL;
	return guard_choose(machine, &naming, why, room);
}

void plan_make(struct plan *plan, const struct settings *settings, const struct machine *machine,
	       const struct network *network)
{
	char why_not[WHY_ROOM - 64] = "";

	*plan = (struct plan){ 0 };
	if (plan_writes(settings))
		plan->scratch = find_scratch(settings, machine, why_not, sizeof(why_not));
	for (size_t i = 0; i < settings->request_count; i++) {
		struct step *step = &plan->step[plan->count++];

		plan_step(step, &settings->request[i], i, settings->value[SET_DEADLINE].real);
		if (step->request->bench->need == NEEDS_PEER)
			bind_peer(step, settings, network);
		else if (plan_stands_on_disk(step->request->bench))
			bind_ground(step, plan, why_not, settings->value[SET_DEADLINE].real);
		/* In a pair a network step has two turns. */
		if (!step->skip[0])
			plan->expected_seconds += step->expected_seconds *
						  (1 + (network->partner[0] &&
							step->request->bench->need == NEEDS_PEER));
	}
}

/* The network steps run once more through each further link that names a partner. */
int plan_check_room(const struct settings *settings, char *why, size_t room)
{
	size_t peers = 0, steps = 0;

	for (size_t i = 1; i < WISHES; i++)
		peers += settings->wish[i].peer[0] != '\0';
	if (peers && settings_find_peer(settings))
		return text_refuse(
			-EINVAL, why, room,
			"net.N.peer beside peer=find: those that find each other measure "
			"through one link");
	for (size_t i = 0; i < settings->request_count; i++)
		steps += settings->request[i].bench->need == NEEDS_PEER;
	if (settings->request_count + peers * steps > MAX_STEPS)
		return text_refuse(-E2BIG, why, room,
				   "%zu steps and %zu of them through %zu further links: more than "
				   "%d",
				   settings->request_count, steps, peers, MAX_STEPS);
	return 0;
}

static void bind_further(struct step *step, const struct settings *settings,
			 const struct network *network, size_t link)
{
	char name[16];
	size_t len = strlen(step->name);

	snprintf(step->name + len, sizeof(step->name) - len, " via %s", wish_name(link, name));
	if (network->up)
		snprintf(step->target, sizeof(step->target), "%s", settings->wish[link].peer);
	else
		snprintf(step->skip, sizeof(step->skip), "no network: %s: %.480s", name,
			 network->why_not);
}

void plan_add_further(struct plan *plan, const struct settings *settings,
		      const struct network further[WISHES - 1])
{
	for (size_t link = 1; link < WISHES; link++)
		for (size_t i = 0; settings->wish[link].peer[0] && i < settings->request_count;
		     i++) {
			const struct request *request = &settings->request[i];
			struct step *step = &plan->step[plan->count];

			if (request->bench->need != NEEDS_PEER || is_server(request) ||
			    plan->count == MAX_STEPS)
				continue;
			plan_step(step, request, plan->count++, settings->value[SET_DEADLINE].real);
			bind_further(step, settings, &further[link - 1], link);
			if (!step->skip[0])
				plan->expected_seconds += step->expected_seconds;
		}
}

static void print_value(const struct param *param, const union value *value, struct text *out)
{
	text_add(out, " %s=", param->name);
	param_format(param, value, out);
}

static void print_values(const struct request *request, struct text *out)
{
	const struct param *params = request->bench->params;

	for (size_t i = 0; i < params_count(params); i++)
		if (request->from[i] != FROM_DEFAULT)
			print_value(&params[i], &request->value[i], out);
	for (size_t key = 0; key < GROUND_KEYS; key++)
		if (request->ground_from[key] != FROM_DEFAULT)
			print_value(&ground_table[key], &request->ground[key], out);
}

void plan_print(const struct settings *settings, const struct plan *plan, struct text *out)
{
	text_add(out, "plan %s: %s\n", settings->value[SET_PLAN].text, settings->plan_summary);
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->step[i];

		text_add(out, "%-4s %-28s about ", step->id, step->name);
		text_add_duration(out, step->expected_seconds);
		text_add(out, ", at most ");
		text_add_duration(out, step->deadline_seconds);
		print_values(step->request, out);
		text_add(out, "%s%s\n", step->skip[0] ? "; skipped: " : "", step->skip);
	}
	text_add(out, "%zu steps, about ", plan->count);
	text_add_duration(out, plan->expected_seconds);
	text_add(out, " of measuring\n");
}
