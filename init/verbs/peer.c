/* SPDX-License-Identifier: MIT */
/* The verb `peer`: a partner for network benchmarks. It listens because it was asked to, and until
 * then only. */
#include "init/verbs/help.h"
#include "init/partner/partner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT, IPERF3_AT, ECHO, MEET, CALLS, SECONDS, ADDRESS, LEAVE_OUT, RESULTS, JOURNAL };
const struct param peer_words[] = {
	[PORT] = { "port", "5001", "iperf 2, TCP and UDP; several: 5001,5002; 0: not served",
		   PARAM_TEXT, 1, 60, NULL },
	[IPERF3_AT] = { "iperf3_port", "5201", "iperf 3, TCP and UDP; 0: not served", PARAM_TEXT, 1,
			60, NULL },
	[ECHO] = { "echo", "5211", "for net.rr, TCP and UDP; 0: not served", PARAM_TEXT, 1, 60,
		   NULL },
	[MEET] = { "meet", "5210", "for net.simultaneous and calls, TCP; 0: not served", PARAM_TEXT,
		   1, 60, NULL },
	[CALLS] = { "calls", "yes", "start a client towards who asks for it (called=yes)",
		    PARAM_BOOL },
	[SECONDS] = { "seconds", "0", "how long to serve; 0: until interrupted", PARAM_SECONDS, 0,
		      1e6, NULL },
	[ADDRESS] = { "address", "", "listen here only; empty: on every address", PARAM_TEXT, 0,
		      120, NULL },
	[LEAVE_OUT] = { "leave_out", "no", "go on without a service whose port is in use",
			PARAM_BOOL },
	[RESULTS] = { "results", "", "keep a journal as a folder RUN-ID in this one", PARAM_TEXT, 0,
		      150, "DIR" },
	[JOURNAL] = { "journal", "", "keep a journal in this new folder", PARAM_TEXT, 0, 150,
		      "DIR" },
	{ 0 }
};

static int take_word(union value *values, char *word, char *why, size_t room)
{
	char *value = strchr(word, '=');
	struct text text;

	if (!value) {
		text_begin(&text, why, room);
		text_add(&text, "%.80s: expected NAME=VALUE of", word);
		for (const struct param *param = peer_words; param->name; param++)
			text_add(&text, " %s", param->name);
		return -EINVAL;
	}
	*value++ = '\0';
	return params_set(peer_words, values, word, value, why, room);
}

static int read_options(const union value *values, struct services_options *options, char *why,
			size_t room)
{
	static const struct {
		unsigned param;
		enum service service;
	} rows[] = { { PORT, SERVICE_IPERF2 },
		     { IPERF3_AT, SERVICE_IPERF3 },
		     { ECHO, SERVICE_ECHO },
		     { MEET, SERVICE_MEET } };
	const char *address = values[ADDRESS].text;
	int err = 0;

	options->calls = values[CALLS].on;
	options->leave_out_taken = values[LEAVE_OUT].on;
	for (size_t i = 0; i < COUNT_OF(rows) && !err; i++)
		err = partner_ports(rows[i].service, values[rows[i].param].text, options, why,
				    room);
	if (!err && address[0] && address_resolve(address, 0, &options->at))
		err = text_refuse(-EINVAL, why, room, "address=%s: no such address", address);
	return err;
}

static int read_words(int argc, char **argv, union value *values, struct services_options *options,
		      char *why, size_t room)
{
	int err = params_defaults(peer_words, values, why, room);

	for (int i = 1; i < argc && !err; i++)
		err = take_word(values, argv[i], why, room);
	if (!err && values[RESULTS].text[0] && values[JOURNAL].text[0])
		err = text_refuse(-EINVAL, why, room, "results and journal: one of them");
	return err ? err : read_options(values, options, why, room);
}

static void join_words(struct story *story, int argc, char **argv)
{
	struct text text;

	text_begin(&text, story->command_line, sizeof(story->command_line));
	for (int i = 0; i < argc; i++)
		text_add(&text, "%s%s", i ? " " : "", argv[i]);
}

/* The same two files as a booted machine's partition has. */
static int open_journal(struct story *story, const union value *values, char *why, size_t room)
{
	const char *results = values[RESULTS].text, *journal = values[JOURNAL].text;
	char folder[sizeof(story->results.folder) + 80];
	int err;

	if (!results[0] && !journal[0])
		return 0;
	snprintf(folder, sizeof(folder), "%s%s%s", results[0] ? results : journal,
		 results[0] ? "/" : "", results[0] ? story->run_id : "");
	err = results_open_folder(&story->results, folder);
	if (err)
		return text_refuse(err, why, room, "%s: %s", folder, strerror(-err));
	journal_add_sink(&story->journal, &story->results.sink);
	return 0;
}

static void begin_story(struct story *story)
{
	params_defaults(settings_table, story->settings.value, NULL, 0);
	discover(&story->machine);
	discover_program(&story->machine);
	discover_links(&story->machine);
	run_id_make(story->run_id, sizeof(story->run_id));
	story->journal.wall_ms = wall_ms;
}

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

static int fail(int code, const char *why)
{
	fprintf(stderr, "assay peer: %s\n", why);
	return code;
}

int peer_main(int argc, char **argv)
{
	static struct story story;
	struct services_options options = { 0 };
	union value values[COUNT_OF(peer_words)];
	char why[WHY_ROOM] = "";

	join_words(&story, argc, argv); /* reading cuts them */
	if (read_words(argc, argv, values, &options, why, sizeof(why)))
		return fail(CODE_USAGE, why);
	begin_story(&story);
	if (open_journal(&story, values, why, sizeof(why)))
		return fail(CODE_FAILED, why);
	record_start(&story);
	int err = partner_serve_all(&story, &options, values[SECONDS].real, say, why, sizeof(why));
	if (err)
		journal_write(&story.journal, artifact_error(NULL, "cannot-serve", why));
	record_end(&story, err ? STATUS_ERROR : STATUS_COMPLETE,
		   err || !story.served ? RESULT_NOT_APPLICABLE : RESULT_PASS);
	if (story.results.usable && story.results.sink.dead)
		err = text_refuse(story.results.sink.dead, why, sizeof(why), "%s: %s",
				  story.results.folder, strerror(-story.results.sink.dead));
	return err ? fail(CODE_FAILED, why) : CODE_OK;
}
