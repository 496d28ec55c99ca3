/* SPDX-License-Identifier: MIT */
/* The HTTP server, by libmicrohttpd in one thread: every connection bounded in memory and in time. */
#include "lab/serve/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BACKLOG = 1024, MEMORY_EACH = 16 << 10 };

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *len, void **state)
{
	struct request *request = *state;

	(void)context;
	(void)version;
	if (!request || !request->client)
		return MHD_NO;
	/* The first call comes before the body: the only place to refuse one. An answer given there
	 * ends the connection. */
	if (!request->has_begun) {
		request->has_begun = true;
		return strcmp(method, MHD_HTTP_METHOD_PUT) ?
			       MHD_YES :
			       request_begin(connection, request, url, method);
	}
	if (*len) {
		if (request->is_put)
			arrival_add(&request->arrival, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return request->is_put ? request_put(connection, request) :
				 request_begin(connection, request, url, method);
}

/* Called with the first line of a request, before its headers. */
static void *note_request(void *context, const char *uri, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *request = calloc(1, sizeof(*request));

	(void)context;
	(void)uri;
	if (request) {
		request->client = info ? info->socket_context : NULL;
		request->arrival.fd = -1;
	}
	if (request && request->client)
		request->client->is_asking = true;
	return request;
}

static void note_end(void *context, struct MHD_Connection *connection, void **state,
		     enum MHD_RequestTerminationCode code)
{
	struct request *request = *state;
	struct client *client = request ? request->client : NULL;
	char size[24];
	struct text text;

	(void)context;
	(void)connection;
	if (request && request->is_put)
		arrival_drop(&request->arrival);
	if (client && request->said[0] && code == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
		struct station *station =
			stations_find(&client->serving->stations, client->address);

		text_begin(&text, size, sizeof(size));
		text_add_bytes(&text, request->said_bytes);
		client->serving->say("%s  %s by HTTP, %s", client->address, request->said, size);
		snprintf(station->file, sizeof(station->file), "%s", request->said);
	}
	if (client) {
		client->until_ns = serve_now_ns() + client->serving->patience_ns;
		client->is_asking = false;
	}
	free(request);
	*state = NULL;
}

static void write_address(const struct sockaddr *from, char out[ADDRESS_ROOM])
{
	struct sockaddr_in in;

	memcpy(&in, from, sizeof(in));
	inet_ntop(AF_INET, &in.sin_addr, out, ADDRESS_ROOM);
}

static struct client *make_client(struct http *http, struct MHD_Connection *connection)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->serving = http->serving;
	client->fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	write_address(
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
		client->address);
	client->until_ns = serve_now_ns() + http->serving->patience_ns;
	client->next = http->clients;
	client->link = &http->clients;
	if (client->next)
		client->next->link = &client->next;
	http->clients = client;
	return client;
}

static void note_connection(void *context, struct MHD_Connection *connection, void **state,
			    enum MHD_ConnectionNotificationCode code)
{
	struct client *client = *state;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*state = make_client(context, connection);
	} else if (client) {
		*client->link = client->next;
		if (client->next)
			client->next->link = client->link;
		free(client);
		*state = NULL;
	}
}

/* Names here need no escapes: a '%' stays one, and is refused. */
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

/* ---- from start to stop ---- */

int http_start(struct http *http, struct serving *serving, const char *address, uint16_t port,
	       const struct http_limits *limits, char *why, size_t room)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(port) };

	*http = (struct http){ .serving = serving };
	inet_pton(AF_INET, address, &own.sin_addr);
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, port, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &own,
		MHD_OPTION_CONNECTION_LIMIT, limits->connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits->per_address,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_EACH,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(serving->patience_ns / 1000000000 + 1),
		MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_URI_LOG_CALLBACK, note_request,
		http, MHD_OPTION_NOTIFY_COMPLETED, note_end, http, MHD_OPTION_NOTIFY_CONNECTION,
		note_connection, http, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
		MHD_OPTION_END);
	if (!http->daemon)
		return text_refuse(-EADDRINUSE, why, room, "HTTP on %s port %u: %s", address, port,
				   errno ? strerror(errno) : "it cannot be served");
	return 0;
}

int http_poll_fd(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

static void cut_slow(struct http *http)
{
	uint64_t now = serve_now_ns();

	for (struct client *client = http->clients; client; client = client->next) {
		if (client->until_ns > now)
			continue;
		/* libmicrohttpd sees the end of the stream and closes it. */
		shutdown(client->fd, SHUT_RDWR);
		client->until_ns = UINT64_MAX;
		if (client->is_asking)
			http->serving->say("%s  too slow: cut off", client->address);
	}
}

int http_turn(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG left_ms = 1000;

	cut_slow(http);
	MHD_run(http->daemon);
	if (MHD_get_timeout(http->daemon, &left_ms) != MHD_YES || left_ms > 1000)
		left_ms = 1000;
	return (int)left_ms;
}

void http_stop(struct http *http)
{
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	http->daemon = NULL;
}
