/* SPDX-License-Identifier: MIT */
/* Connections and requests, between libmicrohttpd (http.c) and what they ask for (http_answer.c). */
#ifndef ASSAY_LAB_SERVE_HTTP_H
#define ASSAY_LAB_SERVE_HTTP_H

#include "lab/serve/serve.h"

#include <microhttpd.h>

/* A connection. Who is slower than its deadline is cut off, whatever it dribbles meanwhile. */
struct client {
	struct client *next, **link;
	struct serving *serving;
	char address[ADDRESS_ROOM];
	int fd;
	bool is_asking;
	uint64_t until_ns;
};

/* A request on it. */
struct request {
	struct client *client;
	bool is_put, has_begun;
	struct arrival arrival;
	char said[NAME_ROOM]; /* a file of the tree on its way out */
	uint64_t said_bytes;
};

/* What is to be answered without looking at the body, or MHD_YES when that is to come first. */
enum MHD_Result request_begin(struct MHD_Connection *connection, struct request *request,
			      const char *url, const char *method);
/* A PUT whose body is here. */
enum MHD_Result request_put(struct MHD_Connection *connection, struct request *request);

#endif
