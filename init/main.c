/* SPDX-License-Identifier: MIT */
/* Process 1 tells the story; anything else is an ordinary command. */
#include "init/sentry/gate.h"
#include "init/guard/guard.h"
#include "init/verbs/help.h"
#include "init/partner/partner.h"
#include "init/resume/previous.h"
#include "init/resume/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the story, phase by phase ---- */

static int phase_configure(struct story *story)
{
	file_read(story->command_line, sizeof(story->command_line), "/proc/cmdline");
	if (configure(&story->settings, story->command_line, FROM_KERNEL, story->refusal,
		      sizeof(story->refusal)))
		console_say("assay: refused: %s", story->refusal);
	return 0; /* the refusal is recorded once there is a journal, and ends the plan */
}

/* What the medium's owner wrote beside the results stands above the plan and below the words, and a
 * medium without words of its own (UEFI) has no other way to be told. */
static void read_results_file(struct story *story)
{
	static const char name[] = "assay.ini";
	char *text;
	int err = results_load(&story->results, name, &text);

	if (err)
		text_refuse(err, story->refusal, sizeof(story->refusal),
			    "%s on the results partition cannot be read: %s", name, strerror(-err));
	else if (text && !story->refusal[0])
		err = configure_with(&story->settings, text, story->command_line, FROM_KERNEL,
				     story->refusal, sizeof(story->refusal));
	if (err)
		console_say("assay: refused: %s", story->refusal);
	story->has_results_file = text;
	free(text);
}

static void say_origin(const struct machine *machine)
{
	const struct origin *origin = &machine->origin;
	bool uefi = origin->firmware_bits;
	char hex[17] = "not known";

	if (!machine->payload_err)
		digest_hex(&machine->payload_digest, hex, 8);
	console_say("assay: booted %s by %s; %s%s%s; payload %s", origin->path,
		    origin->loader[0] ? origin->loader : "an unknown loader", machine->firmware,
		    uefi ? ", secure boot " : "", uefi ? origin->secure_boot : "", hex);
}

/* What is missing from the plan because nothing here drives it, by name. */
static void tell_unclaimed(struct story *story)
{
	char what[120];

	for (size_t i = 0; i < story->machine.unclaimed_count; i++) {
		unclaimed_format(&story->machine.unclaimed[i], what, sizeof(what));
		console_say("assay: no driver took the %s", what);
		record_log(story, NULL, SEVERITY_WARNING, "no driver took the %s", what);
	}
}

static bool needs_network(const struct story *story)
{
	return !story->refusal[0] &&
	       (plan_needs(&story->settings, NEEDS_PEER) || role_is_peer(story) ||
		story->settings.value[SET_RESULTS].text[0]);
}

/* All that the settings need, and no more: what somebody wrote beside the results may name a link.
 * The lease that is asked for from then on takes longer than all else here. */
static int discover_settings(struct story *story)
{
	struct machine *machine = &story->machine;
	int err;

	discover(machine);
	origin_read(machine);
	discover_settle(story->settings.value[SET_SETTLE].real);
	discover_identities(machine);
	origin_await(machine, story->settings.value[SET_SETTLE].real);
	err = results_mount(&story->results, machine);
	read_results_file(story);
	return err;
}

static int discover_all(struct story *story)
{
	struct machine *machine = &story->machine;
	struct identity identity;
	int err = discover_settings(story);

	if (needs_network(story))
		network_begin(story);
	identity_begin(&identity, machine->build_id);
	discover_signatures(machine, NULL);
	fingerprint_prepare(machine);
	previous_find(story);
	run_id_make(story->run_id, sizeof(story->run_id));
	if (!err)
		err = results_check_room(&story->results);
	if (!story->refusal[0] && plan_writes(&story->settings))
		discover_await(machine, story->settings.value[SET_SCRATCH].text,
			       story->settings.value[SET_SETTLE].real);
	discover_links(machine);
	machine->unclaimed_count =
		unclaimed_find("/sys", machine->unclaimed, COUNT_OF(machine->unclaimed));
	if (needs_network(story))
		network_end(story);
	identity_end(&identity, machine);
	if (!err)
		err = resume_begin(story);
	return err;
}

static int phase_discover(struct story *story)
{
	struct machine *machine = &story->machine;
	int err = discover_all(story);

	quiet_prepare(&story->quiet);
	story->journal.wall_ms = wall_ms;
	/* First to the disk: what is seen on a serial line has been kept. */
	if (!err)
		journal_add_sink(&story->journal, &story->results.sink);
	/* A way out that is not there would be told as one that failed. */
	if (console_any_serial())
		journal_add_sink(&story->journal, &console_sink);
	pair_prepare(story);
	upload_prepare(story);
	sign_prepare(story);
	tpm_prepare();
	resume_records(story);
	if (!story->resume || !story->resume->goes_on)
		tpm_keep_log(story);
	else
		tpm_tell_boot(story);
	say_origin(machine);
	console_say("assay: %s; %s", machine->product[0] ? machine->product : "machine",
		    story->results.state);
	disks_say(machine);
	record_log(story, NULL, err ? SEVERITY_WARNING : SEVERITY_INFO, "%s", story->results.state);
	previous_tell(story);
	if (story->has_results_file)
		record_log(story, NULL, SEVERITY_INFO,
			   "settings: assay.ini of the results partition was read");
	tell_unclaimed(story);
	/* No partition at all is a way to work; one that is there and cannot take results is not. */
	return err == -ENODEV ? 0 : err;
}

static int refuse(struct story *story, const char *symptom, const char *message)
{
	journal_write(&story->journal, artifact_error(NULL, symptom, message));
	return -EINVAL;
}

static void make_plan(struct story *story)
{
	countdown_ask(story);
	pair_find(story);
	plan_make(&story->plan, &story->settings, &story->machine, &story->network);
	plan_add_further(&story->plan, &story->settings, story->further);
	resume_plan(story);
	console_say("assay: plan %s: %s; %zu steps, about %.0f s",
		    story->settings.value[SET_PLAN].text, story->settings.plan_summary,
		    story->plan.count, story->plan.expected_seconds);
}

static void say_links(struct story *story)
{
	char name[16];

	for (size_t i = 0; i < WISHES; i++) {
		const struct network *network = story_network(story, i);
		const char *what = i ? wish_name(i, name) : "network";

		if (network->up)
			record_log(story, NULL, SEVERITY_INFO, "%s: %s has %s (%s)", what,
				   network->nic, network->address, network->how);
		else if (i && story->settings.wish[i].said && network->why_not[0])
			record_log(story, NULL, SEVERITY_WARNING, "%s: %s", what, network->why_not);
		if (network->remark[0])
			record_log(story, NULL, SEVERITY_WARNING, "%s: %s", what, network->remark);
	}
}

static int phase_plan(struct story *story)
{
	if (story->refusal[0])
		return refuse(story, "setting-refused", story->refusal);
	upload_earlier(story);
	if (!role_is_peer(story)) {
		if (gate_pass(story, story->refusal, sizeof(story->refusal)))
			return refuse(story, "noise-gate", story->refusal);
		make_plan(story);
	}
	say_links(story);
	return 0;
}

static int phase_measure(struct story *story)
{
	if (role_is_peer(story))
		return role_serve(story);
	measure_all(story);
	return 0;
}

static int phase_summarise(struct story *story)
{
	struct text *table = &story->summary;

	story_put(story, "summary.txt", table->start, table->len);
	for (char *line = table->start, *end; (end = strchr(line, '\n')); line = end + 1)
		console_say("%.*s", (int)(end - line), line);
	return 0;
}

static int phase_finish(struct story *story);

/* Each phase has one event, done or failed, so a list is enough. Every entry is recorded. */
enum phase { CONFIGURE, DISCOVER, PLAN, MEASURE, SUMMARISE, FINISH, PHASES };
static const struct {
	const char *name;
	int (*enter)(struct story *story);
	enum phase if_failed;
} phases[PHASES] = {
	[CONFIGURE] = { "configure", phase_configure, DISCOVER },
	[DISCOVER] = { "discover", phase_discover, FINISH },
	[PLAN] = { "plan", phase_plan, FINISH },
	[MEASURE] = { "measure", phase_measure, SUMMARISE },
	[SUMMARISE] = { "summarise", phase_summarise, FINISH },
	[FINISH] = { "finish", phase_finish, PHASES },
};

static int first_error;

static void say_state(struct story *story, enum run_status status)
{
	char words[200] = "";
	struct text counts;
	const char *state;

	text_begin(&counts, words, sizeof(words));
	state = summarise_state(story, status, &counts);
	console_say("assay: state=%s%s%s", state, words[0] ? " steps: " : "", words);
	record_log(story, NULL, SEVERITY_INFO, "state: %s%s%s", state, words[0] ? ": " : "", words);
}

static int phase_finish(struct story *story)
{
	enum run_status status = STATUS_ERROR;
	enum run_result result = RESULT_NOT_APPLICABLE;
	char head[65];

	if (first_error == -ENOSPC)
		journal_write(&story->journal,
			      artifact_error(NULL, "results-full", story->results.state));
	else if (first_error && !story->refusal[0])
		journal_write(&story->journal,
			      artifact_error(NULL, "results-unusable", story->results.state));
	if (!first_error)
		summarise(story, &status, &result);
	if (story->results.usable && story->results.sink.dead)
		status = STATUS_ERROR;
	say_state(story, status);
	upload_conclude(story);
	record_end(story, status, result);
	digest_hex(&story->journal.head, head, 32);
	tpm_quote_end(story);
	sign_end(story, head);
	if (story->results.marked && !story->results.sink.dead)
		results_mark(&story->results, NULL);
	upload_end(story);
	if (story->results.usable && story->results.sink.dead)
		console_say(
			"assay: the results partition failed: %s; what follows it is on serial only",
			strerror(-story->results.sink.dead));
	results_close(&story->results);
	console_say("assay: end status=%s result=%s records=%u head=%s", run_status_name(status),
		    run_result_name(result), story->journal.sequence, head);
	screen_end(story, head);
	return 0;
}

static void say_where(struct story *story, enum phase phase)
{
	if (story->journal_open && phase != FINISH)
		journal_write(&story->journal,
			      artifact_log(NULL, SEVERITY_DEBUG, phases[phase].name));
}

static void story_tell(struct story *story)
{
	for (enum phase phase = CONFIGURE; phase < PHASES;) {
		int err;

		say_where(story, phase);
		err = phases[phase].enter(story);
		if (err && !first_error)
			first_error = err;
		phase = err ? phases[phase].if_failed : phase + 1;
	}
}

static void be_process_one(void)
{
	static struct story story; /* all zeros: a megabyte less to load and to hash */
	static char table[65536];

	story.duties = &boot_duties;
	boot_prepare();
	console_say("assay %s", assay_version);
	text_begin(&story.summary, table, sizeof(table));
	table_heading(&story.summary);
	story_tell(&story);
	boot_leave(story.refusal[0] ? AFTER_POWEROFF :
				      (enum after)story.settings.value[SET_AFTER].num);
}

/* ---- an ordinary command ---- */

static int refuse_verb(const char *word)
{
	char meant[NEAREST_WORDS];

	if (bench_find(word))
		fprintf(stderr,
			"assay: %s is a benchmark: `assay run %s` runs it, `assay help %s` tells of it\n",
			word, word, word);
	else
		fprintf(stderr, "assay: no verb '%s'%s `assay help` lists them\n", word,
			verb_hint(word, meant));
	return CODE_USAGE;
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	if (getpid() == 1)
		be_process_one();
	if (argc < 2)
		return help_usage(CODE_USAGE);
	if (!strcmp(argv[1], "--version")) {
		printf("assay %s\n", assay_version);
		return CODE_OK;
	}
	if (help_is_asked(argv[1]))
		return help_usage(CODE_OK);
	verb = verb_find(argv[1]);
	if (!verb)
		return refuse_verb(argv[1]);
	/* What stands behind "complete" is another's command line. */
	for (int i = 2; i < argc && verb->main != complete_main; i++)
		if (help_is_asked(argv[i]))
			return help_verb(verb, argc - 2, argv + 2);
	return verb->main(argc - 1, argv + 1);
}
