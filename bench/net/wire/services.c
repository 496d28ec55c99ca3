/* SPDX-License-Identifier: MIT */
/* Everything that a partner serves: see services.h. */
#include "bench/net/wire/services.h"

#include "bench/net/wire/echo/serve.h"
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/iperf2/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One listening server of one service. */
struct server {
	enum service service;
	uint16_t port;
	struct services *all;
	void *handle;
};

enum { SERVERS_MOST = SERVICE_KINDS * SERVICES_PORTS };
struct services {
	struct services_options options;
	struct server server[SERVERS_MOST];
	size_t count;
	pthread_mutex_t lock;	 /* count and handles, which a telling server reads of the others */
	pthread_mutex_t telling; /* the servers tell one at a time each; here one in all */
};

static unsigned active_besides(struct services *services, const struct server *except);

static void tell(struct server *server, struct served_test *test)
{
	struct services *all = server->all;

	test->service = server->service;
	test->others += active_besides(all, server);
	pthread_mutex_lock(&all->telling);
	if (all->options.told)
		all->options.told(all->options.context, test);
	pthread_mutex_unlock(&all->telling);
}

/* ---- iperf 2 ---- */

static const char *iperf2_words(int err)
{
	switch (err) {
	case 0:
		return "";
	case -ENODATA:
		return "said nothing";
	case -EBADMSG:
		return "sent a header that is not iperf 2's";
	case -EOPNOTSUPP:
		return "asked for -R or --full-duplex, which is not served";
	case -ECANCELED:
		return "cut off: we were told to end";
	default:
		return strerror(-err);
	}
}

static void tell_iperf2(void *context, const struct served *served)
{
	struct served_test test = {
		.udp = served->udp,
		.sent = served->sent,
		.peer = served->peer,
		.local = served->local,
		.bytes = served->bytes,
		.seconds = served->seconds,
		.has_counts = served->has_report,
		.datagrams = served->report.datagrams,
		.lost = served->report.lost,
		.out_of_order = served->report.out_of_order,
		.duplicates = served->receiving.duplicates,
		.jitter_ms = (double)served->report.jitter_us / 1e3,
		.sent_datagrams = served->sent ? served->datagrams : 0,
		.others = served->others,
		.err = served->err,
	};

	snprintf(test.words, sizeof(test.words), "%s", iperf2_words(served->err));
	tell(context, &test);
}

static int start_iperf2(struct server *server, const struct address *at, void **handle)
{
	const struct services_options *options = &server->all->options;
	struct serve_options iperf2 = {
		.at = *at,
		.only = options->only,
		.interface = options->interface,
		.tcp = true,
		.udp = true,
		.length = 128 * 1024,
		.rate = IPERF2_RATE,
		.seconds_most = options->seconds_most,
		.done = tell_iperf2,
		.context = server,
	};
	struct serve *serve = NULL;
	int err = serve_start(&iperf2, &serve);

	*handle = serve;
	return err;
}

static void stop_iperf2(void *handle)
{
	serve_stop(handle);
}

static unsigned count_iperf2(void *handle)
{
	struct serve_state state;

	serve_state(handle, &state);
	return state.active;
}

/* ---- echo, the partner of net.rr ---- */

static const char *echo_words(int err)
{
	switch (err) {
	case 0:
		return "";
	case -ENODATA:
		return "said nothing";
	case -EBADMSG:
		return "sent something that is not of the echo service";
	case -EPROTONOSUPPORT:
		return "speaks another version of the echo service";
	case -EMSGSIZE:
		return "asked for sizes beyond the limits";
	case -ECANCELED:
		return "cut off: we were told to end";
	default:
		return strerror(-err);
	}
}

static void tell_echo(void *context, const struct echo_served *served)
{
	struct served_test test = {
		.udp = served->udp,
		.peer = served->peer,
		.local = served->local,
		.bytes = served->transactions * served->request,
		.transactions = served->transactions,
		.seconds = served->seconds,
		.others = served->others,
		.err = served->err,
	};

	snprintf(test.words, sizeof(test.words), "%s", echo_words(served->err));
	tell(context, &test);
}

static int start_echo(struct server *server, const struct address *at, void **handle)
{
	const struct services_options *options = &server->all->options;
	struct echo_serve_options echo = {
		.at = *at,
		.only = options->only,
		.interface = options->interface,
		.seconds_most = options->seconds_most,
		.done = tell_echo,
		.context = server,
	};
	struct echo_serve *serve = NULL;
	int err = echo_serve_start(&echo, &serve);

	*handle = serve;
	return err;
}

static void stop_echo(void *handle)
{
	echo_serve_stop(handle);
}

static unsigned count_echo(void *handle)
{
	return echo_serve_active(handle);
}

/* ---- all of them ---- */

/* A service more is a row more. */
static const struct {
	const char *name;
	uint16_t port;
	int (*start)(struct server *server, const struct address *at, void **handle);
	void (*stop)(void *handle);
	unsigned (*active)(void *handle);
} kinds[SERVICE_KINDS] = {
	[SERVICE_IPERF2] = { "iperf 2", IPERF2_PORT, start_iperf2, stop_iperf2, count_iperf2 },
	[SERVICE_ECHO] = { "echo", ECHO_PORT, start_echo, stop_echo, count_echo },
};

const char *service_name(enum service service)
{
	return kinds[service].name;
}

static unsigned active_besides(struct services *services, const struct server *except)
{
	unsigned active = 0;

	pthread_mutex_lock(&services->lock);
	for (size_t i = 0; i < services->count; i++) {
		const struct server *server = &services->server[i];
		if (server != except && server->handle)
			active += kinds[server->service].active(server->handle);
	}
	pthread_mutex_unlock(&services->lock);
	return active;
}

unsigned services_active(struct services *services)
{
	return active_besides(services, NULL);
}

/* The system may have no IPv6; then IPv4 alone. */
static int start_anywhere(struct server *server, void **handle)
{
	struct address at;

	address_any(AF_INET6, server->port, &at);
	int err = kinds[server->service].start(server, &at, handle);
	if (err != -EAFNOSUPPORT && err != -EADDRNOTAVAIL)
		return err;
	address_any(AF_INET, server->port, &at);
	return kinds[server->service].start(server, &at, handle);
}

static int start_one(struct services *services, enum service service, uint16_t port, char *why,
		     size_t room)
{
	struct server *server = &services->server[services->count];
	struct address at = services->options.at;
	void *handle;

	*server = (struct server){ .service = service, .port = port, .all = services };
	if (at.len)
		address_set_port(&at, port);
	int err = at.len ? kinds[service].start(server, &at, &handle) :
			   start_anywhere(server, &handle);
	if (!err) {
		pthread_mutex_lock(&services->lock);
		server->handle = handle;
		services->count++;
		pthread_mutex_unlock(&services->lock);
		return 0;
	}
	if (err == -EADDRINUSE)
		return text_refuse(err, why, room, "%s: port %u is in use", kinds[service].name,
				   port);
	return text_refuse(err, why, room, "%s: port %u: %s", kinds[service].name, port,
			   strerror(-err));
}

/* One that cannot have its port ends the start, unless it may be left out. */
static int start_kind(struct services *services, enum service service, struct text *why)
{
	const struct services_options *options = &services->options;
	const uint16_t usual[SERVICES_PORTS] = { kinds[service].port },
		       *ports = options->ports[service][0] ? options->ports[service] : usual;
	int err = 0;

	for (size_t i = 0; i < SERVICES_PORTS && ports[i]; i++) {
		char line[160] = "";
		int failed = start_one(services, service, ports[i], line, sizeof(line));
		if (!failed)
			continue;
		text_add(why, "%s%s", why->len ? "; " : "", line);
		err = err ? err : failed;
		if (!options->leave_out_taken)
			break;
	}
	return err;
}

static int start_all(struct services *services, struct text *why)
{
	int err = 0;

	for (int service = 0; service < SERVICE_KINDS; service++) {
		int failed = services->options.serve[service] ?
				     start_kind(services, (enum service)service, why) :
				     0;
		err = err ? err : failed;
		if (err && !services->options.leave_out_taken)
			return err;
	}
	return services->count ? 0 : err ? err : -EINVAL;
}

int services_start(const struct services_options *options, struct services **out, char *why,
		   size_t room)
{
	struct services *services = calloc(1, sizeof(*services));
	struct text words;

	text_begin(&words, why, room);
	if (!services)
		return text_refuse(-ENOMEM, why, room, "no memory for the services");
	services->options = *options;
	pthread_mutex_init(&services->lock, NULL);
	pthread_mutex_init(&services->telling, NULL);
	int err = start_all(services, &words);
	if (err)
		services_stop(services);
	else
		*out = services;
	return err;
}

void services_describe(const struct services *services, struct text *out)
{
	for (size_t i = 0; i < services->count; i++) {
		const struct server *server = &services->server[i];
		bool more = i && server[-1].service == server->service;

		if (more)
			text_add(out, " and %u", server->port);
		else
			text_add(out, "%s%s on port %u", i ? ", " : "", kinds[server->service].name,
				 server->port);
	}
}

void services_stop(struct services *services)
{
	for (size_t i = 0; i < services->count; i++) {
		struct server *server = &services->server[i];
		pthread_mutex_lock(&services->lock);
		void *handle = server->handle;
		server->handle = NULL;
		pthread_mutex_unlock(&services->lock);
		kinds[server->service].stop(handle);
	}
	pthread_mutex_destroy(&services->lock);
	pthread_mutex_destroy(&services->telling);
	free(services);
}
