/* SPDX-License-Identifier: MIT */
/* The server's life: places, threads, what is told. See serve.h. */
#include "bench/net/wire/iperf2/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 256 * 1024, GRACE_SECONDS = 30, DAY_SECONDS = 86400 };

uint64_t serve_deadline(const struct serve *serve, const struct iperf2_request *request)
{
	double most = serve->options.seconds_most > 0 ? serve->options.seconds_most : DAY_SECONDS;
	double asked = request->centiseconds / 100.0 + GRACE_SECONDS;

	if (!request->centiseconds || asked > most)
		asked = most;
	return clock_raw_ns() + (uint64_t)(asked * 1e9);
}

static int start_thread(pthread_t *thread, void *(*body)(void *), void *argument, bool detached)
{
	pthread_attr_t attributes;
	pthread_t ignored;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	if (detached)
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int err = -pthread_create(thread ? thread : &ignored, &attributes, body, argument);
	pthread_attr_destroy(&attributes);
	return err;
}

static struct serve_test *free_place(struct serve *serve)
{
	for (size_t i = 0; i < SERVE_TESTS; i++)
		if (!serve->tests[i].used)
			return &serve->tests[i];
	return NULL;
}

int serve_spawn(struct serve *serve, const struct serve_test *plan, void *(*body)(void *test))
{
	int err = -EAGAIN;

	pthread_mutex_lock(&serve->lock);
	struct serve_test *test = free_place(serve);
	if (test) {
		*test = *plan;
		test->used = true;
		test->serve = serve;
		test->active_ns = clock_raw_ns();
		serve->threads++;
		err = start_thread(NULL, body, test, true);
		if (err) {
			test->used = false;
			serve->threads--;
		}
	}
	if (err)
		serve->turned_away++;
	pthread_mutex_unlock(&serve->lock);
	return err;
}

void serve_leave(struct serve_test *test)
{
	struct serve *serve = test->serve;

	pthread_mutex_lock(&serve->lock);
	serve->received_done += test->in.bytes;
	serve->sent_done += test->out.bytes + (test->datagrams ? test->datagrams->bytes : 0);
	free(test->datagrams);
	test->datagrams = NULL;
	test->used = false;
	pthread_cond_broadcast(&serve->left);
	if (!--serve->threads)
		pthread_cond_broadcast(&serve->idle);
	pthread_mutex_unlock(&serve->lock);
}

void serve_tell(struct serve *serve, struct served *served)
{
	pthread_mutex_lock(&serve->lock);
	serve->finished += !served->err;
	/* UDP flows have been counted when their data ended; a thread tells of itself. */
	if (!served->udp || served->sent)
		served->others = serve->threads + serve->running_flows - 1;
	pthread_mutex_unlock(&serve->lock);
	pthread_mutex_lock(&serve->telling);
	if (serve->options.done)
		serve->options.done(serve->options.context, served);
	pthread_mutex_unlock(&serve->telling);
}

void serve_state(struct serve *serve, struct serve_state *out)
{
	pthread_mutex_lock(&serve->lock);
	*out = (struct serve_state){
		.active = serve->threads + serve->flows,
		.finished = serve->finished,
		.strangers = serve->strangers,
		.turned_away = serve->turned_away,
		.garbage = serve->garbage,
		.received_bytes = serve->received_done + serve->udp_received,
		.sent_bytes = serve->sent_done,
	};
	for (size_t i = 0; i < SERVE_TESTS; i++) {
		struct serve_test *test = &serve->tests[i];
		if (!test->used)
			continue;
		out->received_bytes += test->in.bytes;
		out->sent_bytes += test->out.bytes + (test->datagrams ? test->datagrams->bytes : 0);
	}
	pthread_mutex_unlock(&serve->lock);
}

static int listen_all(struct serve *serve)
{
	const struct serve_options *options = &serve->options;

	serve->tcp_fd = serve->udp_fd = -1;
	if (options->tcp)
		serve->tcp_fd = socket_listen_on(&options->at, options->interface, SOCK_STREAM,
						 options->window);
	if (serve->tcp_fd < 0 && options->tcp)
		return serve->tcp_fd;
	if (options->udp)
		serve->udp_fd = socket_listen_on(&options->at, options->interface, SOCK_DGRAM,
						 options->window);
	return serve->udp_fd < 0 && options->udp ? serve->udp_fd : 0;
}

static int start_listeners(struct serve *serve)
{
	int err = 0;

	if (serve->tcp_fd >= 0)
		err = start_thread(&serve->tcp_thread, serve_tcp, serve, false);
	serve->tcp_runs = serve->tcp_fd >= 0 && !err;
	if (!err && serve->udp_fd >= 0)
		err = start_thread(&serve->udp_thread, serve_udp, serve, false);
	serve->udp_runs = serve->udp_fd >= 0 && !err;
	return err;
}

int serve_start(const struct serve_options *options, struct serve **out)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	pthread_condattr_t attributes;

	if (!serve)
		return -ENOMEM;
	serve->options = *options;
	pthread_mutex_init(&serve->lock, NULL);
	pthread_mutex_init(&serve->telling, NULL);
	pthread_cond_init(&serve->idle, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&serve->left, &attributes);
	pthread_condattr_destroy(&attributes);
	int err = listen_all(serve);
	if (!err)
		err = start_listeners(serve);
	if (err)
		serve_stop(serve);
	else
		*out = serve;
	return err;
}

void serve_stop(struct serve *serve)
{
	atomic_store(&serve->stop, true);
	if (serve->tcp_runs)
		pthread_join(serve->tcp_thread, NULL);
	if (serve->udp_runs)
		pthread_join(serve->udp_thread, NULL);
	pthread_mutex_lock(&serve->lock);
	while (serve->threads)
		pthread_cond_wait(&serve->idle, &serve->lock);
	pthread_mutex_unlock(&serve->lock);
	if (serve->tcp_fd >= 0)
		close(serve->tcp_fd);
	if (serve->udp_fd >= 0)
		close(serve->udp_fd);
	pthread_mutex_destroy(&serve->lock);
	pthread_mutex_destroy(&serve->telling);
	pthread_cond_destroy(&serve->idle);
	pthread_cond_destroy(&serve->left);
	free(serve);
}
