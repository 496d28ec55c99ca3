/* SPDX-License-Identifier: MIT */
/* One test of the server's: the dialogue with its client. See serve.h. */
#include "bench/net/wire/iperf3/serve_inside.h"

#include "bench/bench.h"
#include "bench/net/wire/words.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS (2 * MILLISECOND_NS)

static uint64_t within(uint64_t ns)
{
	return clock_raw_ns() + ns;
}

static int say(struct iperf3_place *place, int8_t state)
{
	return iperf3_control_state(&place->session.control, state,
				    within(place->session.limits->answer_ns));
}

/* The client is told why there will be no test. */
static int refuse(struct iperf3_place *place, enum iperf3_error error, int err)
{
	uint8_t words[9] = { (uint8_t)STATE_SERVER_ERROR };

	put32(words + 1, error);
	put32(words + 5, (uint32_t)-err);
	iperf3_control_write(&place->session.control, words, sizeof(words),
			     within(place->session.limits->answer_ns));
	return err;
}

static int read_params(struct iperf3_place *place)
{
	struct iperf3_session *session = &place->session;
	char *json;
	size_t len;
	int err = say(place, STATE_PARAM_EXCHANGE);

	session->step = STEP_PARAMS;
	if (!err)
		err = iperf3_control_receive(&session->control, IPERF3_PARAMS_MOST, &json, &len,
					     within(place->session.limits->silent_ns));
	if (err)
		return err == -EMSGSIZE ? refuse(place, IPERF3_ERECVPARAMS, err) : err;
	err = iperf3_params_decode(json, len, &session->params, session->why, sizeof(session->why));
	free(json);
	if (err)
		return refuse(place, err == -EOPNOTSUPP ? IPERF3_EUNIMP : IPERF3_ERECVPARAMS, err);
	return 0;
}

/* ---- streams ---- */

/* The word of a client that goes away, or the connection's end, while something else is awaited. */
static int heard(struct iperf3_place *place, uint64_t until_ns)
{
	struct iperf3_session *session = &place->session;
	int8_t state;
	int err = socket_wait(session->control.fd, POLLIN, until_ns, session->control.stop);

	if (err)
		return err == -ETIMEDOUT ? 0 : err;
	err = iperf3_control_read_state(&session->control, &state,
					within(place->session.limits->answer_ns));
	return err ? err : iperf3_server_follow(&session->step, state);
}

/* UDP streams are opened by one test at a time. */
static int await_turn(struct iperf3_place *place)
{
	struct iperf3_serve *serve = place->serve;
	uint64_t until_ns = within(place->session.limits->streams_ns);
	int err = 0;

	for (bool mine = !place->session.params.udp; !mine && !err;) {
		pthread_mutex_lock(&serve->lock);
		mine = !serve->turn;
		if (mine)
			serve->turn = place;
		pthread_mutex_unlock(&serve->lock);
		if (!mine)
			err = clock_raw_ns() >= until_ns ? -ETIMEDOUT :
							   heard(place, within(LOOK_NS));
	}
	return err;
}

/* A client whose first word was not answered, as far as it knows, says it again. */
static void answer_again(struct iperf3_place *place)
{
	uint8_t word[4], answer[4];

	iperf3_hello_encode(IPERF3_UDP_ANSWER, answer);
	pthread_mutex_lock(&place->serve->lock);
	for (unsigned i = 0; i < place->arrived && place->session.params.udp; i++)
		while (recv(place->arrival[i].fd, word, sizeof(word), MSG_DONTWAIT) == sizeof(word))
			(void)!send(place->arrival[i].fd, answer, sizeof(answer), MSG_NOSIGNAL);
	pthread_mutex_unlock(&place->serve->lock);
}

static int await_arrivals(struct iperf3_place *place)
{
	uint64_t until_ns = within(place->session.limits->streams_ns);

	for (;;) {
		pthread_mutex_lock(&place->serve->lock);
		bool all = place->arrived == place->wanted;
		pthread_mutex_unlock(&place->serve->lock);
		if (all)
			return 0;
		if (clock_raw_ns() >= until_ns)
			return -ETIMEDOUT;
		int err = heard(place, within(LOOK_NS));
		if (err)
			return err;
		answer_again(place);
	}
}

static int compare_order(const void *a, const void *b)
{
	const struct iperf3_arrival *one = a, *other = b;

	return one->order < other->order ? -1 : one->order > other->order;
}

static int attach_all(struct iperf3_place *place)
{
	int err = 0;

	qsort(place->arrival, place->arrived, sizeof(place->arrival[0]), compare_order);
	for (unsigned i = 0; i < place->arrived && !err; i++) {
		err = iperf3_test_attach(&place->session.test, place->arrival[i].fd);
		place->arrival[i].fd = -1;
	}
	return err;
}

static void want_streams(struct iperf3_place *place, bool wants)
{
	pthread_mutex_lock(&place->serve->lock);
	place->wants = wants;
	place->wanted = iperf3_params_streams(&place->session.params);
	if (!wants && place->serve->turn == place)
		place->serve->turn = NULL;
	pthread_mutex_unlock(&place->serve->lock);
}

static int open_streams(struct iperf3_place *place)
{
	struct iperf3_session *session = &place->session;
	int err = iperf3_test_open(&session->test, &session->params, true);

	session->opened = !err;
	if (!err)
		err = await_turn(place);
	if (err)
		return err;
	want_streams(place, true);
	session->step = STEP_STREAMS;
	err = say(place, STATE_CREATE_STREAMS);
	if (!err)
		err = await_arrivals(place);
	want_streams(place, false);
	if (err)
		return err;
	err = attach_all(place);
	return err ? refuse(place, IPERF3_EINITSTREAM, err) : 0;
}

/* ---- data and results ---- */

static int start(struct iperf3_place *place)
{
	struct iperf3_session *session = &place->session;
	int err = iperf3_test_start_receivers(&session->test);

	if (!err)
		err = say(place, STATE_TEST_START);
	if (!err)
		err = say(place, STATE_TEST_RUNNING);
	session->step = STEP_RUNNING;
	iperf3_serve_run(place, true);
	return err ? err : iperf3_test_start_senders(&session->test);
}

static uint64_t deadline(const struct iperf3_place *place)
{
	const struct iperf3_params *params = &place->session.params;
	double most = place->serve->options.seconds_most;
	double asked =
		params->seconds + params->omit + (double)place->session.limits->grace_ns / 1e9;

	return within((uint64_t)((params->seconds <= 0 || asked > most ? most : asked) * 1e9));
}

static int run(struct iperf3_place *place)
{
	struct iperf3_session *session = &place->session;
	int8_t state;
	int err = iperf3_session_watch(session, false, deadline(place));

	if (err == WATCH_SPOKE) {
		err = iperf3_control_read_state(&session->control, &state,
						within(place->session.limits->answer_ns));
		if (!err)
			err = iperf3_server_follow(&session->step, state);
	}
	iperf3_test_end(&session->test);
	iperf3_serve_run(place, false);
	if (session->tick)
		session->tick(session->context, session);
	iperf3_test_results(&session->test, &session->ours);
	session->has_ours = true;
	return err;
}

static int exchange(struct iperf3_place *place)
{
	struct iperf3_session *session = &place->session;
	int8_t state;
	int err = say(place, STATE_EXCHANGE_RESULTS);

	if (!err)
		err = iperf3_session_receive_results(session);
	if (err == -EBADMSG || err == -EMSGSIZE)
		return refuse(place, IPERF3_ERECVRESULTS, err);
	if (!err)
		err = iperf3_session_send_results(session);
	if (!err)
		err = say(place, STATE_DISPLAY_RESULTS);
	if (err)
		return err;
	session->step = STEP_SHOWN;
	/* Both have everything; a client that leaves without a word has lost nothing. */
	if (!iperf3_control_read_state(&session->control, &state,
				       within(place->session.limits->silent_ns)))
		iperf3_server_follow(&session->step, state);
	session->step = STEP_OVER;
	return 0;
}

/* A client that waits for us, while we gave up, hears so. */
static void give_up(struct iperf3_place *place)
{
	const struct iperf3_session *session = &place->session;

	if (session->err == -ETIMEDOUT || session->err == -ECANCELED)
		iperf3_control_write(&(struct iperf3_control){ session->control.fd, NULL },
				     &(int8_t){ STATE_SERVER_TERMINATE }, 1,
				     within(SECOND_NS / 10));
}

void *iperf3_serve_test(void *argument)
{
	struct iperf3_place *place = argument;
	struct iperf3_session *session = &place->session;

	iperf3_session_wire(session, session->control.fd);
	int err = read_params(place);
	if (!err)
		err = open_streams(place);
	if (!err)
		err = start(place);
	if (!err)
		err = run(place);
	if (!err)
		err = exchange(place);
	iperf3_serve_run(place, false);
	session->err = err;
	if (err)
		give_up(place);
	iperf3_serve_tell(place);
	iperf3_session_close(session);
	iperf3_serve_leave(place);
	return NULL;
}
