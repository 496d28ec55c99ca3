/* SPDX-License-Identifier: MIT */
/* Sessions, threads and sums: see talk.h. */
#include "bench/net/wire/echo/talk.h"

#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { STACK = 128 * 1024 };
#define START_NS (20 * MILLISECOND_NS) /* until all threads are there */
#define BYE_NS	 (2 * SECOND_NS)

bool echo_may_pass(int err)
{
	return err == -EHOSTUNREACH || err == -ENETUNREACH || err == -ENETDOWN || err == -ENOBUFS ||
	       err == -EPERM || err == -EHOSTDOWN || err == -EAGAIN || err == -EINTR;
}

void echo_count_response(struct echo_tally *tally, uint64_t now_ns)
{
	tally->end_ns = now_ns;
	atomic_store_explicit(&tally->completed, tally->completed + 1, memory_order_relaxed);
}

static int open_talker(struct echo_talk *talk, unsigned index)
{
	const struct echo_talk_options *options = &talk->options;
	struct echo_talker *talker = &talk->talkers[index];

	talker->talk = talk;
	talker->index = index;
	talker->session = (struct echo_session){
		.fd = -1,
		.udp = options->udp,
		.request = options->request,
		.response = options->response,
	};
	histogram_clear(&talker->tally.latency);
	histogram_clear(&talker->tally.service);
	histogram_clear(&talker->tally.lag);
	talker->out = calloc(1, options->request);
	talker->in = calloc(1, options->response + 1);
	if (!talker->out || !talker->in)
		return -ENOMEM;
	return echo_session_open(&talker->session, &options->peer, options->connect_until_ns,
				 &talk->stop);
}

int echo_talk_open(const struct echo_talk_options *options, struct echo_talk **out)
{
	struct echo_talk *talk =
		calloc(1, sizeof(*talk) + options->sessions * sizeof(talk->talkers[0]));
	int err = 0;

	if (!talk)
		return -ENOMEM;
	talk->options = *options;
	for (unsigned i = 0; i < options->sessions; i++)
		talk->talkers[i].session.fd = -1;
	for (unsigned i = 0; i < options->sessions && !err; i++)
		err = open_talker(talk, i);
	if (err)
		echo_talk_free(talk);
	else
		*out = talk;
	return err;
}

static void finish(struct echo_talker *talker)
{
	struct echo_tally *tally = &talker->tally;

	tally->has_answered =
		!echo_session_finish(&talker->session, clock_raw_ns() + BYE_NS, &tally->answered);
	echo_session_close(&talker->session);
}

static void *run_talker(void *argument)
{
	struct echo_talker *talker = argument;
	struct echo_talk *talk = talker->talk;
	uint64_t now_ns = clock_raw_ns();

	/* A pace of microseconds needs timers that are not rounded to 50. */
	prctl(PR_SET_TIMERSLACK, 1);
	if (talk->start_ns > now_ns)
		clock_sleep_ns(talk->start_ns - now_ns);
	talker->tally.err = talk->options.rate > 0 ? echo_talk_open_loop(talker) :
						     echo_talk_closed(talker);
	if (!talker->tally.err)
		finish(talker);
	echo_session_close(&talker->session);
	atomic_fetch_sub(&talk->running, 1);
	return NULL;
}

int echo_talk_start(struct echo_talk *talk)
{
	pthread_attr_t attributes;
	int err = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	talk->start_ns = clock_raw_ns() + START_NS;
	talk->until_ns = talk->start_ns + talk->options.duration_ns;
	for (unsigned i = 0; i < talk->options.sessions && !err; i++) {
		struct echo_talker *talker = &talk->talkers[i];
		atomic_fetch_add(&talk->running, 1);
		err = -pthread_create(&talker->thread, &attributes, run_talker, talker);
		talker->started = !err;
		atomic_fetch_sub(&talk->running, !!err);
	}
	pthread_attr_destroy(&attributes);
	return err;
}

uint64_t echo_talk_completed(const struct echo_talk *talk)
{
	uint64_t completed = 0;

	for (unsigned i = 0; i < talk->options.sessions; i++)
		completed += atomic_load_explicit(&talk->talkers[i].tally.completed,
						  memory_order_relaxed);
	return completed;
}

void echo_talk_join(struct echo_talk *talk)
{
	for (unsigned i = 0; i < talk->options.sessions; i++) {
		if (talk->talkers[i].started)
			pthread_join(talk->talkers[i].thread, NULL);
		talk->talkers[i].started = false;
	}
}

static void add_tally(const struct echo_tally *tally, struct echo_tally *out)
{
	out->sent += tally->sent;
	out->completed += tally->completed;
	out->unsent += tally->unsent;
	out->lost += tally->lost;
	out->duplicates += tally->duplicates;
	out->garbage += tally->garbage;
	out->errors += tally->errors;
	out->answered += tally->answered;
	out->has_answered &= tally->has_answered;
	if (tally->end_ns > out->end_ns)
		out->end_ns = tally->end_ns;
	histogram_merge(&out->latency, &tally->latency);
	histogram_merge(&out->service, &tally->service);
	histogram_merge(&out->lag, &tally->lag);
	if (!out->err)
		out->err = tally->err;
}

void echo_talk_sum(const struct echo_talk *talk, struct echo_tally *out)
{
	*out = (struct echo_tally){ .has_answered = true };
	histogram_clear(&out->latency);
	histogram_clear(&out->service);
	histogram_clear(&out->lag);
	for (unsigned i = 0; i < talk->options.sessions; i++)
		add_tally(&talk->talkers[i].tally, out);
}

void echo_talk_free(struct echo_talk *talk)
{
	atomic_store(&talk->stop, true);
	echo_talk_join(talk);
	for (unsigned i = 0; i < talk->options.sessions; i++) {
		echo_session_close(&talk->talkers[i].session);
		free(talk->talkers[i].out);
		free(talk->talkers[i].in);
	}
	free(talk);
}
