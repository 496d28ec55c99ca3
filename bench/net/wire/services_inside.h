/* SPDX-License-Identifier: MIT */
/* Shared by services.c and service_kinds.c and nobody else. */
#ifndef ASSAY_SERVICES_INSIDE_H
#define ASSAY_SERVICES_INSIDE_H

#include "bench/net/wire/services.h"

#include <pthread.h>

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

/* A service more is a row more. */
struct service_kind {
	const char *name;
	uint16_t port; /* the usual one */
	int (*start)(struct server *server, const struct address *at, void **handle);
	void (*stop)(void *handle);
	unsigned (*active)(void *handle);
};
extern const struct service_kind service_kinds[SERVICE_KINDS];

/* Passes a finished test on, from the server's own thread. */
void server_tell(struct server *server, struct served_test *test);

#endif
