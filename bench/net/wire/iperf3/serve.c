/* SPDX-License-Identifier: MIT */
/* The server's life: places, threads, what is told. See serve.h. */
#include "bench/net/wire/iperf3/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STACK = 256 * 1024 };

static int start_thread(pthread_t *thread, void *(*body)(void *), void *argument, bool detached)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	if (detached)
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int err = -pthread_create(thread, &attributes, body, argument);
	pthread_attr_destroy(&attributes);
	return err;
}

/* ---- places ---- */

static struct iperf3_place *new_place(struct iperf3_serve *serve,
				      const struct iperf3_pending *pending)
{
	const struct iperf3_serve_options *options = &serve->options;
	struct iperf3_place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	place->serve = serve;
	place->session = (struct iperf3_session){
		.server = true,
		.limits = options->limits,
		.control = { pending->fd, &serve->stop },
		.interval_ns = options->interval_ns,
		.tick = options->tick,
		.context = options->context,
	};
	memcpy(place->session.cookie, pending->cookie, IPERF3_COOKIE);
	return place;
}

int iperf3_serve_spawn(struct iperf3_serve *serve, const struct iperf3_pending *pending)
{
	struct iperf3_place **free_one = NULL;
	pthread_t ignored;
	int err = -EBUSY;

	pthread_mutex_lock(&serve->lock);
	for (size_t i = 0; i < SERVE_PLACES && serve->state.active < serve->options.tests_most; i++)
		if (!serve->place[i])
			free_one = &serve->place[i];
	struct iperf3_place *place = free_one ? new_place(serve, pending) : NULL;
	if (place)
		err = start_thread(&ignored, iperf3_serve_test, place, true);
	if (!err) {
		*free_one = place;
		serve->state.active++;
	} else {
		free(place);
		serve->state.busy++;
	}
	pthread_mutex_unlock(&serve->lock);
	return err ? -EBUSY : 0;
}

void iperf3_serve_leave(struct iperf3_place *place)
{
	struct iperf3_serve *serve = place->serve;

	pthread_mutex_lock(&serve->lock);
	for (unsigned i = 0; i < place->arrived; i++)
		if (place->arrival[i].fd >= 0)
			close(place->arrival[i].fd);
	for (size_t i = 0; i < SERVE_PLACES; i++)
		if (serve->place[i] == place)
			serve->place[i] = NULL;
	if (serve->turn == place)
		serve->turn = NULL;
	memcpy(serve->ended[serve->ended_count++ % SERVE_ENDED], place->session.cookie,
	       IPERF3_COOKIE);
	free(place);
	if (!--serve->state.active)
		pthread_cond_broadcast(&serve->idle);
	pthread_mutex_unlock(&serve->lock);
}

void iperf3_serve_run(struct iperf3_place *place, bool running)
{
	struct iperf3_serve *serve = place->serve;

	pthread_mutex_lock(&serve->lock);
	if (running != place->running)
		serve->state.running += running ? 1u : -1u;
	place->running = running;
	for (size_t i = 0; i < SERVE_PLACES; i++) {
		struct iperf3_place *other = serve->place[i];
		if (other && other->running && serve->state.running - 1 > other->session.others)
			other->session.others = serve->state.running - 1;
	}
	pthread_mutex_unlock(&serve->lock);
}

void iperf3_serve_tell(struct iperf3_place *place)
{
	struct iperf3_serve *serve = place->serve;
	const struct iperf3_session *session = &place->session;
	char words[300] = "";
	struct iperf3_served served = {
		.peer = session->peer,
		.local = session->local,
		.params = session->params,
		.in = iperf3_session_way(session, false),
		.out = iperf3_session_way(session, true),
		.others = session->others,
		.err = session->err,
		.words = words,
		.session = session,
	};

	if (session->err)
		iperf3_session_describe(session, true, words, sizeof(words));
	pthread_mutex_lock(&serve->telling);
	if (serve->options.done)
		serve->options.done(serve->options.context, &served);
	pthread_mutex_unlock(&serve->telling);
	pthread_mutex_lock(&serve->lock);
	*(session->err ? &serve->state.broken : &serve->state.finished) += 1;
	pthread_mutex_unlock(&serve->lock);
}

void iperf3_serve_state(struct iperf3_serve *serve, struct iperf3_serve_state *out)
{
	pthread_mutex_lock(&serve->lock);
	*out = serve->state;
	pthread_mutex_unlock(&serve->lock);
}

/* ---- life ---- */

/* The UDP port is shared with the sockets of its streams, which are connected to one client each.
 * That is allowed only once it is ours: another program's port stays refused. */
static int listen_both(struct iperf3_serve *serve)
{
	const struct iperf3_serve_options *options = &serve->options;
	int yes = 1;

	serve->udp_fd = -1;
	serve->tcp_fd = socket_listen_on(&options->at, options->interface, SOCK_STREAM, 0);
	if (serve->tcp_fd < 0)
		return serve->tcp_fd;
	serve->udp_fd = socket_listen_on(&options->at, options->interface, SOCK_DGRAM, 0);
	if (serve->udp_fd < 0)
		return serve->udp_fd;
	return setsockopt(serve->udp_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ? -errno : 0;
}

int iperf3_serve_start(const struct iperf3_serve_options *options, struct iperf3_serve **out)
{
	struct iperf3_serve *serve = calloc(1, sizeof(*serve));

	if (!serve)
		return -ENOMEM;
	serve->options = *options;
	if (!options->tests_most || options->tests_most > SERVE_PLACES)
		serve->options.tests_most = SERVE_TESTS;
	if (!options->limits)
		serve->options.limits = &iperf3_limits;
	if (options->seconds_most <= 0)
		serve->options.seconds_most = 86400;
	pthread_mutex_init(&serve->lock, NULL);
	pthread_mutex_init(&serve->telling, NULL);
	pthread_cond_init(&serve->idle, NULL);
	int err = listen_both(serve);
	if (!err)
		err = start_thread(&serve->reception, iperf3_serve_receive, serve, false);
	serve->received = !err;
	if (err)
		iperf3_serve_stop(serve);
	else
		*out = serve;
	return err;
}

void iperf3_serve_stop(struct iperf3_serve *serve)
{
	atomic_store(&serve->stop, true);
	if (serve->received)
		pthread_join(serve->reception, NULL);
	pthread_mutex_lock(&serve->lock);
	while (serve->state.active)
		pthread_cond_wait(&serve->idle, &serve->lock);
	pthread_mutex_unlock(&serve->lock);
	if (serve->tcp_fd >= 0)
		close(serve->tcp_fd);
	if (serve->udp_fd >= 0)
		close(serve->udp_fd);
	pthread_mutex_destroy(&serve->lock);
	pthread_mutex_destroy(&serve->telling);
	pthread_cond_destroy(&serve->idle);
	free(serve);
}
