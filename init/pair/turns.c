/* SPDX-License-Identifier: MIT */
/* A network step in two turns: see init/pair/pair.h. */
#include "init/pair/pair.h"
#include "init/sentry/sentry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t patience(const struct pair *pair)
{
	return pair_deadline(pair->patience_seconds);
}

/* ---- losing it ---- */

static const char *words_of(int err)
{
	switch (err) {
	case -ENODATA:
	case -ECONNRESET:
	case -EPIPE:
		return "it closed the connection";
	case -ETIMEDOUT:
		return "no sign of life";
	case -EBADMSG:
	case -EPROTO:
		return "it said what cannot be";
	case -ESHUTDOWN:
		return "it took its leave";
	default:
		return strerror(-err);
	}
}

int pair_lose(struct story *story, int err, const char *doing)
{
	struct pair *pair = story->pair;

	if (pair->gone)
		return err;
	pair->gone = true;
	snprintf(pair->why_gone, sizeof(pair->why_gone),
		 "the partner %s has gone (last heard %.0f s ago): %s: %s", pair->mac,
		 pair_channel_silence(&pair->channel), doing, words_of(err));
	pair_channel_end(&pair->channel);
	free(pair->held.bytes);
	pair->held = (struct pair_held){ 0 };
	console_say("assay: %s", pair->why_gone);
	record_log(story, NULL, SEVERITY_WARNING, "%s", pair->why_gone);
	return err;
}

/* ---- saying and hearing ---- */

static int say(struct story *story, const struct pair_message *message, const char *doing)
{
	int err = pair_channel_send(&story->pair->channel, message, patience(story->pair));

	return err ? pair_lose(story, err, doing) : 0;
}

/* What is expected next. */
struct awaited {
	enum pair_type type;
	unsigned step, turn;
	const char *step_id;  /* whose records are looked at; NULL: none */
	uint64_t deadline_ns; /* at the latest */
	bool at_barrier;      /* until what it announced is over, if that is before the deadline */
};

static uint64_t deadline_of(const struct pair *pair, const struct awaited *awaited,
			    uint64_t start_ns)
{
	uint64_t until_ns = pair->ahead_until_ns > start_ns ? pair->ahead_until_ns : start_ns;

	until_ns += (uint64_t)(pair->patience_seconds * 1e9);
	return awaited->at_barrier && until_ns < awaited->deadline_ns ? until_ns :
									awaited->deadline_ns;
}

static int tell_clock(struct story *story)
{
	struct pair_message message = { .type = PAIR_CLOCK, .now_ns = clock_raw_ns() };

	return pair_channel_send(&story->pair->channel, &message, patience(story->pair));
}

/* 1: it is what was awaited; 0: something that may come in between; -errno. */
static int handle(struct story *story, const struct awaited *awaited,
		  const struct pair_message *message)
{
	struct pair *pair = story->pair;
	bool has_turn = message->type == PAIR_READY || message->type == PAIR_SERVING ||
			message->type == PAIR_DONE;

	if (message->type == awaited->type && message->step == awaited->step &&
	    (!has_turn || message->turn == awaited->turn))
		return 1;
	switch (message->type) {
	case PAIR_AHEAD:
		pair->ahead_until_ns = clock_raw_ns() + message->most_ms * MILLISECOND_NS;
		return 0;
	case PAIR_RECORD:
		return pair_records_take(story, message, awaited->step_id);
	case PAIR_ASK:
		return tell_clock(story);
	case PAIR_BYE:
		return -ESHUTDOWN;
	default:
		return -EPROTO;
	}
}

static int hear(struct story *story, const struct awaited *awaited, struct pair_message *message,
		const char *doing)
{
	struct pair *pair = story->pair;
	uint64_t start_ns = clock_raw_ns();
	int got;

	do {
		got = pair_channel_receive(&pair->channel, message,
					   deadline_of(pair, awaited, start_ns));
		if (!got)
			got = handle(story, awaited, message);
	} while (!got);
	return got < 0 ? pair_lose(story, got, doing) : 0;
}

/* ---- how long it may take ---- */

static bool has_turns(const struct step *step)
{
	return step->request->bench->need == NEEDS_PEER && !step->skip[0];
}

static unsigned number_of(const struct story *story, const struct step *step)
{
	return (unsigned)(step - story->plan.step);
}

/* From `next` to the following network step, which is *barrier. What is skipped here need not be
 * there: with `all` it counts as well. */
static double seconds_before_barrier(const struct story *story, const struct step *next, bool all,
				     unsigned *barrier)
{
	const struct step *end = story->plan.step + story->plan.count;
	double seconds = 0;

	for (; next < end && !has_turns(next); next++)
		seconds += all || !next->skip[0] ? next->deadline_seconds : 0;
	*barrier = next < end ? number_of(story, next) : PAIR_STEP_NONE;
	return seconds;
}

static uint32_t to_ms(double seconds)
{
	return seconds * 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(seconds * 1000);
}

void pair_announce(struct story *story, const struct step *next)
{
	struct pair *pair = story->pair;
	struct pair_message message = { .type = PAIR_AHEAD };

	if (!pair || !pair->joined || pair->gone)
		return;
	pair_say_taken(story);
	message.most_ms = to_ms(seconds_before_barrier(story, next, false, &message.step));
	say(story, &message, "telling it how far we are");
}

/* The longest wait at a barrier, whatever the partner announces: its plan is ours, so it cannot
 * need much more than our own steps since the barrier before. */
static double barrier_most(const struct story *story, unsigned number)
{
	double seconds = 0;

	for (size_t i = number == PAIR_STEP_NONE ? story->plan.count : number; i-- > 0;) {
		const struct step *step = &story->plan.step[i];

		if (has_turns(step))
			break;
		seconds += step->deadline_seconds;
	}
	return 4 * seconds + 4 * story->pair->patience_seconds;
}

static int meet(struct story *story, unsigned number, unsigned turn, double most_seconds,
		uint32_t *their_ms)
{
	struct awaited awaited = { .type = PAIR_READY,
				   .step = number,
				   .turn = turn,
				   .deadline_ns = pair_deadline(barrier_most(story, number)),
				   .at_barrier = true };
	struct pair_message message = {
		.type = PAIR_READY, .step = number, .turn = turn, .most_ms = to_ms(most_seconds)
	};
	static const char doing[] = "waiting for it before the next step";
	int err = story->pair->gone ? -ESHUTDOWN : say(story, &message, doing);

	if (!err)
		err = hear(story, &awaited, &message, doing);
	*their_ms = err ? 0 : message.most_ms;
	return err;
}

/* ---- the two turns ---- */

static void not_measured(struct story *story, const struct step *step, struct result *result,
			 const char *why)
{
	*result = (struct result){ .outcome = RUN_ERROR };
	snprintf(result->reason, sizeof(result->reason), "%.500s", why);
	record_not_run(story, step, result);
}

static int await_server(struct story *story, const struct step *step, unsigned turn, char *why,
			size_t room)
{
	struct pair_message message;
	struct awaited awaited = { .type = PAIR_SERVING,
				   .step = number_of(story, step),
				   .turn = turn,
				   .step_id = step->id,
				   .deadline_ns = patience(story->pair) };
	int err = hear(story, &awaited, &message, "waiting for its servers");

	if (err)
		return text_refuse(err, why, room, "%s", story->pair->why_gone);
	return message.ok ?
		       0 :
		       text_refuse(-ECONNREFUSED, why, room, "the partner %s could not serve: %.*s",
				   story->pair->mac, (int)message.text_len, message.text);
}

/* The shortest of a few round trips (Cristian 1989): half of it is how wrong the answer can be. */
void pair_read_clock(struct story *story, struct health *health)
{
	enum { ROUNDS = 3 };
	static const char doing[] = "asking for its clock";
	struct pair *pair = story->pair;

	for (int i = 0; pair && pair->serves_us && !pair->gone && i < ROUNDS; i++) {
		struct pair_message message = { .type = PAIR_ASK };
		struct awaited awaited = { .type = PAIR_CLOCK, .deadline_ns = patience(pair) };
		double asked_s = (double)clock_raw_ns() / 1e9, trip_s;

		if (say(story, &message, doing) || hear(story, &awaited, &message, doing))
			return;
		trip_s = (double)clock_raw_ns() / 1e9 - asked_s;
		if (i && trip_s >= health->partner_trip_s)
			continue;
		health->partner_trip_s = trip_s;
		health->partner_s = (double)message.now_ns / 1e9;
		health->asked_s = asked_s + trip_s / 2;
	}
}

static void measure_served(struct story *story, const struct step *step, struct result *result)
{
	story->pair->serves_us = true;
	measure_step(story, step, result);
	story->pair->serves_us = false;
}

/* Our turn. However it ends, the step has its outcome in result. */
static void measure(struct story *story, const struct step *step, unsigned turn,
		    struct result *result)
{
	struct pair_message message = { .type = PAIR_DONE,
					.step = number_of(story, step),
					.turn = turn };
	char why[WHY_ROOM];

	if (await_server(story, step, turn, why, sizeof(why)))
		not_measured(story, step, result, why);
	else
		measure_served(story, step, result);
	message.outcome = result->outcome;
	if (story->pair->gone || say(story, &message, "telling it that we have measured"))
		return;
	int err = pair_records_tell(story->pair, message.step, patience(story->pair));
	if (err)
		pair_lose(story, err, "telling it our records");
}

/* No longer than we would let our own measurement take, and some. */
static double serving_seconds(const struct pair *pair, const struct step *step, uint32_t their_ms)
{
	double ours = 4 * step->deadline_seconds, theirs = their_ms / 1e3;

	return (theirs < ours ? theirs : ours) + pair->patience_seconds;
}

static void serve(struct story *story, const struct step *step, unsigned turn, uint32_t their_ms)
{
	struct awaited awaited = {
		.type = PAIR_DONE, .step = number_of(story, step), .turn = turn, .step_id = step->id
	};
	struct pair_message message = { .type = PAIR_SERVING, .step = awaited.step, .turn = turn };
	struct pair_server server;
	char why[WHY_ROOM] = "";
	int err;

	message.ok = !pair_server_start(&server, story, step, why, sizeof(why));
	message.text = why;
	message.text_len = strnlen(why, 400);
	err = say(story, &message, "telling it that we serve");
	awaited.deadline_ns = pair_deadline(serving_seconds(story->pair, step, their_ms));
	if (!err)
		err = hear(story, &awaited, &message, "serving it");
	/* In the first turn the step of ours is still open, in the second it is closed. */
	pair_server_stop(&server, story, turn ? NULL : step);
	awaited.type = PAIR_END;
	awaited.deadline_ns = patience(story->pair);
	if (!err)
		err = hear(story, &awaited, &message, "waiting for its records");
	if (!err)
		story->pair->left_out = message.number;
}

void pair_measure(struct story *story, const struct step *step, struct result *result)
{
	struct pair *pair = story->pair;
	bool measured = false;
	uint32_t their_ms;

	if (pair->gone) {
		*result = (struct result){ .outcome = pair->missed ? RUN_SKIPPED : RUN_ERROR };
		pair->missed = true;
		snprintf(result->reason, sizeof(result->reason), "%.500s", pair->why_gone);
		record_not_run(story, step, result);
		return;
	}
	for (unsigned turn = 0; turn < 2; turn++) {
		if (meet(story, number_of(story, step), turn, step->deadline_seconds, &their_ms))
			break;
		if (pair->serves_first == !turn) {
			console_say("  serving the partner %s", pair->mac);
			serve(story, step, turn, their_ms);
			continue;
		}
		measure(story, step, turn, result);
		measured = true;
	}
	if (!measured)
		not_measured(story, step, result, pair->why_gone);
	pair->missed = pair->gone && result->outcome != RUN_OK;
	pair_records_settle(story, pair->view_count ? step : NULL);
}

void pair_finish(struct story *story)
{
	struct pair *pair = story->pair;
	struct pair_message message = { .type = PAIR_BYE };
	struct awaited awaited = { .type = PAIR_END, .step = PAIR_STEP_NONE };
	uint32_t their_ms;
	int err = 0;

	if (!pair || !pair->joined || pair->gone ||
	    meet(story, PAIR_STEP_NONE, 0, pair->patience_seconds, &their_ms))
		return;
	/* One after the other: two that only talk would fill each other's buffers. */
	for (unsigned turn = 0; turn < 2 && !err; turn++) {
		awaited.deadline_ns = patience(story->pair);
		if (pair->serves_first == !turn)
			err = pair_records_tell(pair, PAIR_STEP_NONE, awaited.deadline_ns);
		else
			err = hear(story, &awaited, &message, "waiting for its last records");
	}
	if (err) {
		pair_lose(story, err, "exchanging the last records");
		return;
	}
	pair_records_settle(story, NULL);
	record_log(story, NULL, SEVERITY_INFO, "the partner %s told %u records in all", pair->mac,
		   pair->records);
	pair_channel_end(&pair->channel);
	pair->gone = true; /* nothing is held or told from here on */
}
