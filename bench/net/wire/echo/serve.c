/* SPDX-License-Identifier: MIT */
/* The echo service's life: places, threads, what is told. See serve.h. */
#include "bench/net/wire/echo/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { STACK = 128 * 1024, DAY_SECONDS = 86400 };

static int start_thread(pthread_t *thread, void *(*body)(void *), void *argument)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	int err = -pthread_create(thread, &attributes, body, argument);
	pthread_attr_destroy(&attributes);
	return err;
}

static struct echo_client *free_place(struct echo_serve *serve)
{
	for (size_t i = 0; i < ECHO_CLIENTS; i++)
		if (!serve->clients[i].used)
			return &serve->clients[i];
	return NULL;
}

int echo_spawn(struct echo_serve *serve, const struct echo_client *plan, void *(*body)(void *))
{
	double most = serve->options.seconds_most > 0 ? serve->options.seconds_most : DAY_SECONDS;
	pthread_t thread;
	int err = -EBUSY;

	pthread_mutex_lock(&serve->lock);
	struct echo_client *client = free_place(serve);
	if (client) {
		*client = *plan;
		client->serve = serve;
		client->start_ns = client->last_ns = clock_raw_ns();
		client->deadline_ns = client->start_ns + (uint64_t)(most * 1e9);
		client->used = true;
		serve->running++;
		err = start_thread(&thread, body, client);
		if (!err)
			pthread_detach(thread);
		client->used = !err;
		serve->running -= !!err;
	}
	pthread_mutex_unlock(&serve->lock);
	return err ? -EBUSY : 0;
}

bool echo_knows(struct echo_serve *serve, const struct address *peer)
{
	bool known = false;

	pthread_mutex_lock(&serve->lock);
	for (size_t i = 0; i < ECHO_CLIENTS && !known; i++) {
		const struct echo_client *client = &serve->clients[i];
		known = client->used && client->served.udp &&
			address_equal(&client->served.peer, peer);
	}
	pthread_mutex_unlock(&serve->lock);
	return known;
}

void echo_tell(struct echo_client *client, int err)
{
	struct echo_serve *serve = client->serve;
	struct echo_served served = client->served;

	if (client->told)
		return;
	client->told = true;
	served.err = err;
	served.request = client->hello.request;
	served.response = client->hello.response;
	served.seconds = (double)(client->last_ns - client->start_ns) / 1e9;
	served.others = echo_serve_active(serve) - 1;
	pthread_mutex_lock(&serve->telling);
	/* Somebody who connects and leaves without a byte asked for nothing. */
	if (serve->options.done && (err != -ENODATA || served.transactions))
		serve->options.done(serve->options.context, &served);
	pthread_mutex_unlock(&serve->telling);
}

void echo_leave(struct echo_client *client, int err)
{
	struct echo_serve *serve = client->serve;

	close(client->fd);
	echo_tell(client, err);
	pthread_mutex_lock(&serve->lock);
	client->used = false;
	if (!--serve->running)
		pthread_cond_broadcast(&serve->idle);
	pthread_mutex_unlock(&serve->lock);
}

int echo_look_up(struct echo_client *client)
{
	uint64_t now_ns = clock_raw_ns();

	if (client->moved)
		client->last_ns = now_ns;
	client->moved = false;
	if (atomic_load(&client->serve->stop))
		return -ECANCELED;
	return now_ns >= client->deadline_ns || now_ns - client->last_ns >= ECHO_IDLE_NS ?
		       -ETIMEDOUT :
		       0;
}

static int open_sockets(struct echo_serve *serve)
{
	const struct echo_serve_options *options = &serve->options;
	int yes = 1;

	serve->tcp_fd = socket_listen_on(&options->at, options->interface, SOCK_STREAM, 0);
	if (serve->tcp_fd < 0)
		return serve->tcp_fd;
	serve->udp_fd = socket_listen_on(&options->at, options->interface, SOCK_DGRAM, 0);
	if (serve->udp_fd < 0)
		return serve->udp_fd;
	/* Only now: flows share the port with this socket, another server must not. */
	if (setsockopt(serve->udp_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)))
		return -errno;
	/* To which of our addresses a datagram came; IPv4's option works on a socket for both. */
	setsockopt(serve->udp_fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
	if (options->at.any.sa_family == AF_INET6)
		setsockopt(serve->udp_fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
	return 0;
}

static int start_listeners(struct echo_serve *serve)
{
	int err = start_thread(&serve->tcp_thread, echo_serve_tcp, serve);

	serve->tcp_runs = !err;
	if (!err)
		err = start_thread(&serve->udp_thread, echo_serve_udp, serve);
	serve->udp_runs = serve->tcp_runs && !err;
	return err;
}

int echo_serve_start(const struct echo_serve_options *options, struct echo_serve **out)
{
	struct echo_serve *serve = calloc(1, sizeof(*serve));
	int err = 0;

	if (!serve)
		return -ENOMEM;
	serve->options = *options;
	serve->tcp_fd = serve->udp_fd = -1;
	pthread_mutex_init(&serve->lock, NULL);
	pthread_mutex_init(&serve->telling, NULL);
	pthread_cond_init(&serve->idle, NULL);
	if (getrandom(serve->secret, sizeof(serve->secret), 0) != sizeof(serve->secret))
		err = -EIO;
	if (!err)
		err = open_sockets(serve);
	if (!err)
		err = start_listeners(serve);
	if (err)
		echo_serve_stop(serve);
	else
		*out = serve;
	return err;
}

unsigned echo_serve_active(struct echo_serve *serve)
{
	pthread_mutex_lock(&serve->lock);
	unsigned active = serve->running;
	pthread_mutex_unlock(&serve->lock);
	return active;
}

void echo_serve_stop(struct echo_serve *serve)
{
	atomic_store(&serve->stop, true);
	if (serve->tcp_runs)
		pthread_join(serve->tcp_thread, NULL);
	if (serve->udp_runs)
		pthread_join(serve->udp_thread, NULL);
	pthread_mutex_lock(&serve->lock);
	while (serve->running)
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
