/* SPDX-License-Identifier: MIT */
/* A prober in a thread: see probing.h. */
#include "bench/net/wire/probing.h"

#include "bench/bench.h"

#define PATIENCE_NS (2 * SECOND_NS)
#define SLICE_NS    (20 * MILLISECOND_NS)

static void take_reply(void *context, const struct prober_reply *reply)
{
	struct probing *probing = context;

	/* A probe of the time before, that took so long, is one of its losses. */
	if (reply->number <= probing->first || reply->duplicate)
		return;
	histogram_add(&probing->rtt, reply->rtt_ns);
	histogram_add(&probing->response, reply->response_ns);
	probing->received++;
}

int probing_open(struct probing *probing, const struct address *peer, size_t data_bytes,
		 uint64_t interval_ns)
{
	struct prober_options options = {
		.peer = *peer,
		.data_bytes = data_bytes,
		.interval_ns = interval_ns,
		.replied = take_reply,
		.context = probing,
	};

	return prober_open(&probing->prober, &options);
}

static void *probe(void *argument)
{
	struct probing *probing = argument;
	uint64_t until_ns = clock_raw_ns() + probing->duration_ns;

	prober_begin(probing->prober);
	while (prober_send(probing->prober, until_ns))
		;
	uint64_t now_ns = clock_raw_ns(), patience_ns = now_ns + PATIENCE_NS;
	probing->sent = prober_counts(probing->prober)->sent - probing->first;
	/* Not until the prober has all: those that were lost earlier never come. */
	while (probing->received < probing->sent && now_ns < patience_ns) {
		prober_listen(probing->prober, now_ns + SLICE_NS);
		now_ns = clock_raw_ns();
	}
	atomic_store(&probing->done, true);
	return NULL;
}

int probing_start(struct probing *probing, uint64_t duration_ns)
{
	histogram_clear(&probing->rtt);
	histogram_clear(&probing->response);
	probing->duration_ns = duration_ns;
	probing->first = prober_counts(probing->prober)->sent;
	probing->sent = probing->received = 0;
	atomic_store(&probing->done, false);
	return -pthread_create(&probing->thread, NULL, probe, probing);
}

bool probing_done(const struct probing *probing)
{
	return atomic_load(&probing->done);
}

void probing_join(struct probing *probing)
{
	pthread_join(probing->thread, NULL);
}

void probing_close(struct probing *probing)
{
	prober_close(probing->prober);
	probing->prober = NULL;
}
