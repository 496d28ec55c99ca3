/* SPDX-License-Identifier: MIT */
/* Everything that a partner serves: see services.h. */
#include "bench/net/wire/services_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *service_name(enum service service)
{
	return service_kinds[service].name;
}

static unsigned active_besides(struct services *services, const struct server *except)
{
	unsigned active = 0;

	pthread_mutex_lock(&services->lock);
	for (size_t i = 0; i < services->count; i++) {
		const struct server *server = &services->server[i];
		if (server != except && server->handle)
			active += service_kinds[server->service].active(server->handle);
	}
	pthread_mutex_unlock(&services->lock);
	return active;
}

void server_tell(struct server *server, struct served_test *test)
{
	struct services *all = server->all;

	test->service = server->service;
	test->others += active_besides(all, server);
	pthread_mutex_lock(&all->telling);
	if (all->options.told)
		all->options.told(all->options.context, test);
	pthread_mutex_unlock(&all->telling);
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
	int err = service_kinds[server->service].start(server, &at, handle);
	if (err != -EAFNOSUPPORT && err != -EADDRNOTAVAIL)
		return err;
	address_any(AF_INET, server->port, &at);
	return service_kinds[server->service].start(server, &at, handle);
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
	int err = at.len ? service_kinds[service].start(server, &at, &handle) :
			   start_anywhere(server, &handle);
	if (!err) {
		pthread_mutex_lock(&services->lock);
		server->handle = handle;
		services->count++;
		pthread_mutex_unlock(&services->lock);
		return 0;
	}
	if (err == -EADDRINUSE)
		return text_refuse(err, why, room, "%s: port %u is in use",
				   service_kinds[service].name, port);
	return text_refuse(err, why, room, "%s: port %u: %s", service_kinds[service].name, port,
			   strerror(-err));
}

/* One that cannot have its port ends the start, unless it may be left out. */
static int start_kind(struct services *services, enum service service, struct text *why)
{
	const struct services_options *options = &services->options;
	const uint16_t usual[SERVICES_PORTS] = { service_kinds[service].port },
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
			text_add(out, "%s%s on port %u", i ? ", " : "",
				 service_kinds[server->service].name, server->port);
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
		service_kinds[server->service].stop(handle);
	}
	pthread_mutex_destroy(&services->lock);
	pthread_mutex_destroy(&services->telling);
	free(services);
}
