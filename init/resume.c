/* SPDX-License-Identifier: MIT */
/* Is there a run that was cut off, and may this boot go on with it? See resume.h. */
#include "init/resume/resume.h"

#include "init/network/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- whose run it is ---- */

static const struct {
	const char *name, *other;
} keys[MARK_KEYS] = {
	[MARK_RUN] = { "run", "another run" },
	[MARK_IMAGE] = { "image", "another image" },
	[MARK_PLAN] = { "plan", "another plan, or other settings of it" },
	[MARK_MACHINE] = { "machine", "another machine" },
};

static void mix(struct digest *digest, const struct param *param, const union value *value)
{
	char line[300];
	struct text text;

	text_begin(&text, line, sizeof(line));
	text_add(&text, "%s=", param->name);
	param_format(param, value, &text);
	digest_chain(digest, line, text.len);
}

/* All that is done, and on what: not how long one waits for it, nor where the records go. */
static void digest_settings(const struct settings *settings, struct digest *out)
{
	static const enum setting meant[] = { SET_PLAN,		SET_PEER, SET_SCRATCH,
					      SET_SCRATCH_OVER, SET_ROLE, SET_DEADLINE };

	settings_digest_steps(settings, out);
	digest_chain(out, (const char *)settings->plan_digest.bytes,
		     sizeof(settings->plan_digest.bytes));
	for (size_t i = 0; i < COUNT_OF(meant); i++)
		mix(out, &settings_table[meant[i]], &settings->value[meant[i]]);
	for (size_t link = 0; link < WISHES; link++)
		for (size_t key = 0; key < LINK_KEYS; key++)
			mix(out, &link_table[key], &settings->link[link][key]);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void describe_machine(const struct machine *machine, struct text *out)
{
	const char *mac[MAX_LINKS];

	for (size_t i = 0; i < machine->link_count; i++)
		mac[i] = machine->link[i].mac;
	if (machine->link_count)
		qsort(mac, machine->link_count, sizeof(*mac), by_text);
	text_add(out, "%s, %s, %s, %s, %u CPUs, NICs", machine->vendor, machine->product,
		 machine->uuid, machine->cpu, machine->cpus);
	for (size_t i = 0; i < machine->link_count; i++)
		text_add(out, " %s", mac[i]);
}

void mark_make(struct mark *mark, const struct story *story)
{
	struct digest settings;
	struct text text;
	char hex[65];

	*mark = (struct mark){ 0 };
	snprintf(mark->text[MARK_RUN], sizeof(*mark->text), "%s", story->run_id);
	digest_hex(&story->machine.init_digest, hex, 32);
	snprintf(mark->text[MARK_IMAGE], sizeof(*mark->text), "%s %s", story->machine.build_id,
		 hex);
	digest_settings(&story->settings, &settings);
	digest_hex(&settings, mark->text[MARK_PLAN], 32);
	text_begin(&text, mark->text[MARK_MACHINE], sizeof(*mark->text));
	describe_machine(&story->machine, &text);
}

int mark_parse(const char *in, struct mark *out)
{
	size_t found = 0;

	*out = (struct mark){ 0 };
	for (size_t key = 0; key < MARK_KEYS; key++) {
		size_t name = strlen(keys[key].name), len;

		if (strncmp(in, keys[key].name, name) != 0 || in[name] != ' ')
			return -EINVAL;
		in += name + 1;
		len = strcspn(in, "\n");
		if (len >= sizeof(*out->text) || in[len] != '\n')
			return -EINVAL;
		memcpy(out->text[key], in, len);
		in += len + 1;
		found++;
	}
	/* The run's name becomes a path. */
	return *in ||
			       strspn(out->text[MARK_RUN], "0123456789abcdef-") !=
				       strlen(out->text[MARK_RUN]) ||
			       strlen(out->text[MARK_RUN]) < 32 ||
			       strlen(out->text[MARK_RUN]) > 63 ?
		       -EINVAL :
		       0;
}

void mark_format(const struct mark *mark, struct text *out)
{
	for (size_t key = 0; key < MARK_KEYS; key++)
		text_add(out, "%s %s\n", keys[key].name, mark->text[key]);
}

const char *mark_difference(const struct mark *a, const struct mark *b)
{
	for (size_t key = MARK_IMAGE; key < MARK_KEYS; key++)
		if (strcmp(a->text[key], b->text[key]) != 0)
			return keys[key].other;
	return NULL;
}

/* ---- may it go on? ---- */

static const char *forbidden(const struct story *story)
{
	if (story->refusal[0])
		return "a setting is refused";
	if (!story->settings.value[SET_RESUME].on)
		return "assay.resume=no";
	if (story->settings.value[SET_ROLE].num != ROLE_RUN)
		return "this boot serves other machines";
	return settings_find_peer(&story->settings) ? "a pair begins its run anew" : NULL;
}

static int read_both(const struct story *story, struct owed *owed, const char *run_id)
{
	static const char *const names[2] = { "journal.jsonl", "journal.sha256" };
	FILE *files[2] = { 0 };
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		int fd = results_read(&story->results, run_id, names[i]);

		files[i] = fd < 0 ? NULL : fdopen(fd, "r");
		err = fd < 0 ? fd : files[i] ? 0 : -ENOMEM;
	}
	if (!err)
		err = owed_read(files[0], files[1], owed);
	for (size_t i = 0; i < 2; i++)
		if (files[i])
			fclose(files[i]);
	return err;
}

/* 0: it goes on; 1: nothing is owed; -errno and why not. */
static int judge(const struct story *story, const struct mark *left, struct owed *owed, char *why,
		 size_t room)
{
	const char *no = forbidden(story);
	struct mark ours;
	int err;

	mark_make(&ours, story);
	err = read_both(story, owed, left->text[MARK_RUN]);
	if (err == -ENOENT || (!err && (owed->ended || owed->records < 2)))
		return 1;
	no = no ? no : mark_difference(left, &ours);
	if (no)
		return text_refuse(-EPERM, why, room, "%s", no);
	if (err == -EBADMSG || (!err && strcmp(owed->run_id, left->text[MARK_RUN]) != 0))
		return text_refuse(-EBADMSG, why, room,
				   "its journal is damaged in record %u, as no power cut does it",
				   owed->records);
	return err ? text_refuse(err, why, room, "%s", strerror(-err)) : 0;
}

static void not_resumed(struct story *story, const char *run_id, const char *why)
{
	struct resume *resume = story->resume;

	resume->goes_on = false;
	snprintf(resume->not_resumed, sizeof(resume->not_resumed),
		 "run %.63s was cut off and does not go on here: %.500s; it is kept as it is",
		 run_id, why);
}

static void find(struct story *story)
{
	struct mark left;
	struct resume *resume;
	char why[WHY_ROOM], *text = NULL;
	int verdict;

	if (results_load(&story->results, results_mark_name, &text) || !text)
		return;
	verdict = mark_parse(text, &left);
	free(text);
	resume = verdict ? NULL : calloc(1, sizeof(*resume));
	if (!resume)
		return;
	verdict = judge(story, &left, &resume->owed, why, sizeof(why));
	if (verdict > 0) {
		free(resume);
		return;
	}
	story->resume = resume;
	resume->goes_on = !verdict;
	if (verdict)
		snprintf(
			resume->not_resumed, sizeof(resume->not_resumed),
			"run %.63s was cut off and does not go on here: %.500s; it is kept as it is",
			left.text[MARK_RUN], why);
	else
		snprintf(story->run_id, sizeof(story->run_id), "%s", resume->owed.run_id);
}

static int go_on(struct story *story)
{
	struct owed *owed = &story->resume->owed;
	int err = results_continue(&story->results, story->run_id, owed->bytes, owed->records);

	if (!err)
		return 0;
	not_resumed(story, owed->run_id, story->results.state);
	run_id_make(story->run_id, sizeof(story->run_id));
	return err;
}

int resume_begin(struct story *story)
{
	static char text[sizeof(struct mark) + 40];
	bool owes = story->settings.value[SET_ROLE].num == ROLE_RUN && !story->refusal[0];
	struct text mark_text;
	struct mark mark;
	int err;

	find(story);
	if (story->resume && story->resume->goes_on)
		return go_on(story);
	mark_make(&mark, story);
	text_begin(&mark_text, text, sizeof(text));
	mark_format(&mark, &mark_text);
	err = owes ? results_mark(&story->results, text) : 0;
	if (err)
		return text_refuse(err, story->results.state, sizeof(story->results.state),
				   "assay-results cannot be written: %s", strerror(-err));
	return results_begin(&story->results, story->run_id);
}

void resume_records(struct story *story)
{
	if (story->resume && story->resume->goes_on) {
		resume_tell(story);
		return;
	}
	record_start(story);
	if (!story->resume)
		return;
	console_say("assay: %s", story->resume->not_resumed);
	record_log(story, NULL, SEVERITY_WARNING, "%s", story->resume->not_resumed);
}

void resume_plan(struct story *story)
{
	struct resume *resume = story->resume;

	if (!resume || !resume->goes_on)
		return;
	for (size_t i = 0; i < story->plan.count; i++) {
		struct owed_step *owed = &resume->owed.steps[i];
		struct step *step = &story->plan.step[i];

		if (owed->ended && owed->outcome == RUN_INTERRUPTED)
			owed->ended = owed->attempts >= STEP_ATTEMPTS;
		story->result[i] =
			(struct result){ .outcome = owed->outcome, .seconds = owed->seconds };
		snprintf(story->result[i].reason, sizeof(story->result[i].reason), "%s",
			 owed->reason);
		story->done[i] = owed->ended;
		if (owed->ended)
			story->plan.expected_seconds -= step->skip[0] ? 0 : step->expected_seconds;
		else
			step_id_format(i, owed->attempts + 1, step->id, sizeof(step->id));
	}
	if (story->plan.expected_seconds < 0)
		story->plan.expected_seconds = 0;
}
