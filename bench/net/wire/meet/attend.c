/* SPDX-License-Identifier: MIT */
/* One machine at a meeting: see bench/net/simultaneous.h. */
#include "bench/net/wire/meet/visit.h"

#include "bench/net/wire/meet/meeting.h"
#include "bench/net/wire/partner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A partner that is busy is asked again this often. */
#define AGAIN_NS (500 * MILLISECOND_NS)
/* How long the partner may take from one message to the next, beside what is being measured; it has
 * limits of its own, and they are shorter. */
#define QUIET_NS (60 * SECOND_NS)

static unsigned long long show(uint64_t number)
{
	return number;
}

/* ---- what the partner says at any time ---- */

void visit_keep_share(struct visit *visit, const struct meet_share *share)
{
	struct attendance *seen = visit->seen;
	bool alone = share->phase < seen->phases;
	struct meet_share **place;

	if (share->place < 1 || share->place > seen->terms.machines)
		return;
	place = &(alone ? seen->alone : seen->together)[share->place - 1];
	if (!*place)
		*place = malloc(sizeof(**place));
	if (*place)
		**place = *share;
}

static void take(struct visit *visit)
{
	const struct meet_message *heard = &visit->client->message;

	if (heard->say == MEET_SHARE)
		visit_keep_share(visit, &heard->share);
	if (heard->say != MEET_END)
		return;
	visit->ended = true;
	snprintf(visit->text, sizeof(visit->text), "%s", heard->text);
}

int visit_hear_until(struct visit *visit, uint64_t until_ns)
{
	for (;;) {
		int err = meet_client_hear(visit->client, until_ns);
		if (err == -ETIMEDOUT)
			return 0;
		if (err)
			return err;
		take(visit);
		if (visit->ended)
			return -ECANCELED;
	}
}

/* ---- phases ---- */

/* When we start in it; 0: not at all. */
static uint64_t own_start(const struct visit *visit, const struct meet_message *start)
{
	for (uint64_t i = 0; i < start->run_count && i < start->start_count; i++)
		if (start->runs[i] == visit->seen->place)
			return start->starts[i];
	return 0;
}

static int run_phase(struct visit *visit)
{
	const struct meet_message *start = &visit->client->message;
	uint64_t own_ns = own_start(visit, start);

	visit->seen->begin_ns = start->begin_ns;
	if (!own_ns)
		return 0;
	struct schedule schedule = visit_schedule(visit, start, own_ns);
	memset(visit->says, 0, sizeof(*visit->says));
	visit->says->say = MEET_SHARE;
	visit->says->share.phase = start->phase;
	visit->says->share.place = visit->seen->place;
	visit->says->share.uncertainty_ns = visit->seen->uncertainty_ns;
	run_activity(visit->run, "phase %llu of %llu", show(start->phase),
		     show(visit->seen->phases));
	int err = visit_load(visit, &schedule, &visit->says->share);
	/* Ended too early for the others to get it: it is kept here. */
	if (err && visit->says->share.interval_count)
		visit_keep_share(visit, &visit->says->share);
	return err ? err : meet_client_say(visit->client, visit->says);
}

static int prepare_phase(struct visit *visit)
{
	const struct meet_message *heard = &visit->client->message;
	struct attendance *seen = visit->seen;

	seen->place = heard->place;
	seen->phase = heard->phase;
	seen->phases = heard->phases;
	if (seen->place < 1 || seen->place > seen->terms.machines)
		return -EBADMSG;
	int err = meet_client_agree(visit->client, clock_raw_ns() + 5 * SECOND_NS);
	if (err)
		return err;
	seen->uncertainty_ns = visit->client->uncertainty_ns;
	seen->drift_ppm = meet_client_drift_ppm(visit->client);
	memset(visit->says, 0, sizeof(*visit->says));
	visit->says->say = MEET_READY;
	visit->says->phase = seen->phase;
	visit->says->uncertainty_ns = seen->uncertainty_ns;
	return meet_client_say(visit->client, visit->says);
}

/* Another machine's phase takes as long as ours. */
static uint64_t next_word_until(const struct visit *visit)
{
	const struct meet_terms *terms = &visit->seen->terms;

	return clock_raw_ns() + QUIET_NS + meet_span_ns(terms, terms->machines);
}

static int go_through_phases(struct visit *visit)
{
	int err = 0;

	while (!err && !visit->ended) {
		if (visit->client->message.say == MEET_PHASE)
			err = prepare_phase(visit);
		else if (visit->client->message.say == MEET_START)
			err = run_phase(visit);
		if (err || visit->ended)
			break;
		err = meet_client_hear(visit->client, next_word_until(visit));
		if (!err)
			take(visit);
	}
	if (visit->ended && !visit->text[0])
		return 0;
	if (visit->ended)
		return run_fail(visit->run, -ECONNABORTED, "the meeting ended early: %s",
				visit->text);
	return run_fail(visit->run, err, "the meeting with %s broke off in phase %llu of %llu",
			visit->run->target, show(visit->seen->phase), show(visit->seen->phases));
}

/* ---- gathering ---- */

static void fill_hello(const struct visit *visit, struct meet_message *hello)
{
	const union value *value = visit->run->value;

	memset(hello, 0, sizeof(*hello));
	hello->say = MEET_HELLO;
	hello->version = MEET_VERSION;
	hello->place = value[PLACE].num;
	hello->terms = visit->seen->terms;
	snprintf(hello->name, sizeof(hello->name), "%.40s", value[NAME].text);
	if (!hello->name[0]) {
		char host[ADDRESS_ROOM];
		address_format(&visit->local, host);
		snprintf(hello->name, sizeof(hello->name), "%.40s", host);
	}
}

/* Says hello and waits until all are there. 0: the first phase is announced; -EAGAIN: refused for
 * now; else what run_fail returned. */
static int gather(struct visit *visit, uint64_t until_ns)
{
	struct run *run = visit->run;
	const struct meet_message *heard;
	uint64_t present = 1;
	int err;

	fill_hello(visit, visit->says);
	err = meet_client_say(visit->client, visit->says);
	while (!err && !(err = meet_client_hear(visit->client, until_ns))) {
		heard = &visit->client->message;
		if (heard->say == MEET_PHASE)
			return 0;
		if (heard->say == MEET_REFUSED && heard->busy && clock_raw_ns() < until_ns)
			return -EAGAIN;
		if (heard->say == MEET_REFUSED)
			return run_fail(run, heard->busy ? -EBUSY : -ECONNREFUSED,
					"meeting at %s: %s", run->target, heard->text);
		if (heard->say == MEET_END)
			return run_fail(run, -ECONNABORTED, "meeting at %s: %s", run->target,
					heard->text);
		present = heard->say == MEET_WAIT ? heard->present : present;
		run_activity(run, "%llu of %llu machines are here", show(present),
			     show(visit->seen->terms.machines));
	}
	if (err == -ETIMEDOUT)
		return run_fail(run, err, "meeting at %s: %llu of %llu machines came", run->target,
				show(present), show(visit->seen->terms.machines));
	return run_fail(run, err, "meeting at %s", run->target);
}

static int find_partner(struct visit *visit, uint64_t until_ns)
{
	struct run *run = visit->run;
	struct address at = visit->peer;
	unsigned port = (unsigned)run->value[MEET_AT].num;

	uint64_t answer_ns = clock_raw_ns() + (uint64_t)(run->value[CONNECT_TIMEOUT].real * 1e9);

	address_set_port(&at, (uint16_t)port);
	run_activity(run, "meeting at %s", run->target);
	int err =
		meet_client_open(&visit->client, &at, answer_ns < until_ns ? answer_ns : until_ns);
	return err ? run_fail(run, err, "no meeting service (assay peer) answers at %s port %u",
			      run->target, port) :
		     0;
}

/* A busy partner is asked again, as long as its own word says that there is hope. */
static int meet(struct visit *visit, uint64_t until_ns)
{
	for (;;) {
		int err = find_partner(visit, until_ns);
		if (!err)
			err = gather(visit, until_ns);
		if (err != -EAGAIN)
			return err;
		const struct meet_message *refused = &visit->client->message;
		if (clock_raw_ns() + refused->seconds * SECOND_NS + AGAIN_NS >= until_ns)
			return run_fail(visit->run, -EBUSY, "meeting at %s: %s", visit->run->target,
					refused->text);
		meet_client_close(visit->client);
		visit->client = NULL;
		clock_sleep_ns(AGAIN_NS);
	}
}

int meeting_attend(struct run *run, struct attendance *attendance)
{
	const union value *value = run->value;
	struct visit visit = { .run = run, .seen = attendance };
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(value[MEET_TIMEOUT].real * 1e9);
	int err = partner_find(run, 0, value[CONNECT_TIMEOUT].real, &visit.peer, &visit.local);

	if (err)
		return err;
	visit.says = calloc(1, sizeof(*visit.says));
	if (!visit.says)
		return run_fail(run, -ENOMEM, "memory for the meeting");
	err = meet(&visit, until_ns);
	if (!err)
		err = go_through_phases(&visit);
	meet_client_close(visit.client);
	free(visit.says);
	return err;
}
