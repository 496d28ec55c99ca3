/* SPDX-License-Identifier: MIT */
/* Asking the partner to call us: see ask.h. */
#include "bench/net/wire/meet/ask.h"

#include "bench/net/wire/meet/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A partner that is busy is asked again this often. */
#define AGAIN_NS (500 * MILLISECOND_NS)
/* Beyond what it said that it takes. */
enum { GRACE_SECONDS = 30 };

struct ask {
	struct meet_client *client;
	uint64_t until_ns;
};

/* What the partner decides by itself, or what would be said to itself. */
static bool is_for_us(const char *name)
{
	static const char *const rows[] = { "role", "called", "meet_port", "connect_timeout" };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (!strcmp(rows[i], name))
			return true;
	return false;
}

static void add_words(const struct run *run, struct text *out)
{
	const struct param *params = run->bench->params;
	char value[200];
	struct text text;

	for (size_t i = 0; i < params_count(params); i++) {
		text_begin(&text, value, sizeof(value));
		param_format(&params[i], &run->value[i], &text);
		if (!is_for_us(params[i].name) && text.len)
			text_add(out, "%s%s=%s", out->len ? " " : "", params[i].name, value);
	}
}

static int say_call(const struct run *run, struct meet_client *client)
{
	struct meet_message *call = calloc(1, sizeof(*call));
	struct text text;

	if (!call)
		return -ENOMEM;
	call->say = MEET_CALL;
	call->version = MEET_VERSION;
	snprintf(call->bench, sizeof(call->bench), "%s", run->bench->name);
	text_begin(&text, call->words, sizeof(call->words));
	add_words(run, &text);
	int err = text.cut ? -E2BIG : meet_client_say(client, call);
	free(call);
	return err;
}

/* 0: it has begun; -EAGAIN: refused for now; else what run_fail returned. */
static int try_once(struct run *run, struct ask *ask, const struct address *at, uint64_t until_ns)
{
	int err = meet_client_open(&ask->client, at, until_ns);

	if (err)
		return run_fail(run, err,
				"calling: no meeting service (assay peer) answers at %s port %u",
				run->target, address_port(at));
	err = say_call(run, ask->client);
	if (!err)
		err = meet_client_hear(ask->client, until_ns);
	if (err)
		return run_fail(run, err, "calling %s", run->target);
	const struct meet_message *heard = &ask->client->message;
	if (heard->say == MEET_CALLING) {
		ask->until_ns = clock_raw_ns() + (heard->seconds + GRACE_SECONDS) * SECOND_NS;
		return 0;
	}
	if (heard->say != MEET_REFUSED)
		return run_fail(run, -EBADMSG, "calling %s: it said %s", run->target,
				meet_say_name(heard->say));
	if (heard->busy && clock_raw_ns() + heard->seconds * SECOND_NS + AGAIN_NS < until_ns)
		return -EAGAIN;
	return run_fail(run, heard->busy ? -EBUSY : -ECONNREFUSED, "calling %s: %s", run->target,
			heard->text);
}

int ask_partner(struct run *run, const struct address *peer, uint16_t port, double patience_seconds,
		struct ask **out)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(patience_seconds * 1e9);
	struct ask *ask = calloc(1, sizeof(*ask));
	struct address at = *peer;
	int err = -EAGAIN;

	if (!ask)
		return run_fail(run, -ENOMEM, "memory for a call");
	address_set_port(&at, port);
	run_activity(run, "calling %s", run->target);
	while (err == -EAGAIN) {
		err = try_once(run, ask, &at, until_ns);
		if (!err)
			break;
		meet_client_close(ask->client);
		ask->client = NULL;
		clock_sleep_ns(err == -EAGAIN ? AGAIN_NS : 0);
	}
	if (err)
		free(ask);
	else
		*out = ask;
	return err;
}

static void sample_figure(struct run *run, const char *prefix, const struct meet_message *called,
			  const struct meet_figure *figure)
{
	const struct metric *metrics = run->bench->metrics;
	char name[80];

	snprintf(name, sizeof(name), "%s%s", prefix, figure->name);
	for (unsigned i = 0; metrics[i].name; i++)
		for (uint32_t n = 0; n < figure->count && !strcmp(metrics[i].name, name); n++)
			run_sample(run, i, called->value[figure->first + n]);
}

/* Its words end with the system's reason, which is added here anew. */
static int length_without_reason(const struct meet_message *called)
{
	const char *reason = strerror((int)called->err);
	size_t len = strlen(called->text), tail = strlen(reason);

	if (len > tail + 2 && !strcmp(called->text + len - tail, reason) &&
	    !strncmp(called->text + len - tail - 2, ": ", 2))
		len -= tail + 2;
	return (int)len;
}

int ask_finish(struct run *run, struct ask *ask, const char *prefix, bool only_free)
{
	const struct meet_message *called = &ask->client->message;
	int err = only_free ? -ECANCELED : meet_client_hear(ask->client, ask->until_ns);

	if (!err && called->say != MEET_CALLED)
		err = -EBADMSG;
	for (uint32_t i = 0; !err && i < called->figure_count; i++)
		sample_figure(run, prefix, called, &called->figure[i]);
	if (!err && called->err)
		err = run_fail(run, -(int)called->err, "%s called, and says: %.*s", run->target,
			       length_without_reason(called), called->text);
	else if (err && !only_free)
		err = run_fail(run, err, "%s called, and did not say what it measured",
			       run->target);
	meet_client_close(ask->client);
	free(ask);
	return only_free ? 0 : err;
}
