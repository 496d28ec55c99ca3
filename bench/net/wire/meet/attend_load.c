/* SPDX-License-Identifier: MIT */
/* What one machine of a meeting does in a phase in which it runs: see visit.h. */
#include "bench/net/wire/meet/load.h"
#include "bench/net/wire/meet/meeting.h"
#include "bench/net/wire/meet/visit.h"

#include "bench/net/simultaneous.h"

#include <stdio.h>
#include <string.h>

/* The connection is made so long before the start. */
#define EARLY_NS (300 * MILLISECOND_NS)
/* After the last data: the server's close, or its report. */
#define AFTER_NS (15 * SECOND_NS)

static struct load_options load_options_of(const struct visit *visit)
{
	const union value *value = visit->run->value;
	bool udp = value[PROTOCOL].num == PROTOCOL_UDP;
	struct load_options options = {
		.udp = udp,
		.towards_us = value[DIRECTION].num == DIRECTION_IN,
		.peer = visit->peer,
		.local = visit->local,
		.back_port = (uint16_t)(value[LISTEN].num ? value[LISTEN].num : value[PORT].num),
		.streams = (unsigned)value[STREAMS].num,
		.length = value[LENGTH].num ? value[LENGTH].num :
			  udp		    ? 1470 :
					      128 * 1024,
		.window = value[WINDOW].num,
		.rate = value[RATE].num,
		.seconds = value[SECONDS].real,
		.connect_seconds = value[CONNECT_TIMEOUT].real,
	};

	address_set_port(&options.peer, (uint16_t)value[PORT].num);
	return options;
}

/* Reads the counter where it has to be read, in the order of time. */
static int count_load(struct visit *visit, struct load *load, const struct schedule *schedule,
		      struct meet_share *share)
{
	uint64_t interval_ns = visit->seen->terms.interval_ns, last = 0, window = 0;
	uint64_t tick_ns = schedule->begin_ns + interval_ns, next_ns = schedule->begin_ns;
	int err = 0;

	while (!err && tick_ns - interval_ns < schedule->end_ns) {
		if (next_ns < schedule->window_ns && schedule->window_ns < tick_ns)
			next_ns = schedule->window_ns;
		else if (next_ns < schedule->window_end_ns && schedule->window_end_ns < tick_ns)
			next_ns = schedule->window_end_ns;
		else
			next_ns = tick_ns;
		err = visit_hear_until(visit, next_ns);
		uint64_t bytes = load_bytes(load);
		if (next_ns <= schedule->window_ns)
			window = bytes;
		if (next_ns <= schedule->window_end_ns && bytes > window)
			share->window_bytes = bytes - window;
		run_progress(visit->run, (double)(clock_raw_ns() - schedule->begin_ns) /
						 (double)(schedule->end_ns - schedule->begin_ns));
		if (next_ns < tick_ns)
			continue;
		/* What lies in queues may come and go: a counter that went back is not less than
		 * nothing. */
		share->interval[share->interval_count++] = bytes > last ? bytes - last : 0;
		last = bytes > last ? bytes : last;
		tick_ns += interval_ns;
	}
	return err;
}

/* Waits for its end, unless the meeting is over (err): then it is cut off. */
static int end_load(struct visit *visit, struct load *load, int err, struct meet_share *share)
{
	uint64_t until_ns = clock_raw_ns() + AFTER_NS;

	while (!err && load_runs(load, clock_raw_ns() + 20 * MILLISECOND_NS) &&
	       clock_raw_ns() < until_ns)
		err = visit_hear_until(visit, clock_raw_ns());
	load_end(load, share);
	if (err)
		snprintf(share->failure, sizeof(share->failure), "cut off");
	if (share->started_ns)
		share->started_ns = meet_client_partner_ns(visit->client, share->started_ns);
	if (share->ended_ns)
		share->ended_ns = meet_client_partner_ns(visit->client, share->ended_ns);
	return err;
}

int visit_load(struct visit *visit, const struct schedule *schedule, struct meet_share *share)
{
	struct load_options options = load_options_of(visit);
	struct load *load = NULL;
	int err = visit_hear_until(visit, schedule->start_ns - EARLY_NS);

	if (err)
		return err;
	int failed = load_open(&load, &options);
	if (failed) {
		snprintf(share->failure, sizeof(share->failure), "connecting to port %llu: %s",
			 (unsigned long long)visit->run->value[PORT].num, strerror(-failed));
		return 0;
	}
	err = visit_hear_until(visit, schedule->start_ns);
	failed = err ? 0 : load_start(load);
	if (failed)
		snprintf(share->failure, sizeof(share->failure), "starting: %s", strerror(-failed));
	else if (!err)
		err = end_load(visit, load, count_load(visit, load, schedule, share), share);
	load_free(load);
	return err;
}

struct schedule visit_schedule(const struct visit *visit, const struct meet_message *start,
			       uint64_t own_ns)
{
	const struct meet_terms *terms = &visit->seen->terms;
	const struct meet_client *client = visit->client;
	uint64_t count = start->run_count;
	uint64_t last_ns = start->begin_ns + (count - 1) * terms->stagger_ns;
	uint64_t window_end_ns = last_ns + meet_window_ns(terms, count);

	return (struct schedule){
		.begin_ns = meet_client_our_ns(client, start->begin_ns),
		.start_ns = meet_client_our_ns(client, own_ns),
		.end_ns = meet_client_our_ns(client, start->begin_ns + meet_span_ns(terms, count)),
		.window_ns = meet_client_our_ns(client, last_ns),
		.window_end_ns = meet_client_our_ns(client, window_end_ns),
	};
}
