/* SPDX-License-Identifier: MIT */
/* What is answered: files and scripts of the tree, the status; what is put. */
#include "lab/serve/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A body gets the patience and a second for each so many bytes, in either direction. */
enum { BYTES_A_SECOND = 16 << 10 };

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
			      struct MHD_Response *response, const char *media)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, media);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result say_why(struct MHD_Connection *connection, unsigned status, const char *why,
			       const char *header, const char *value)
{
	char body[WHY_ROOM + 2];
	struct MHD_Response *response;

	snprintf(body, sizeof(body), "%s\n", why);
	response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);
	if (response && header)
		MHD_add_response_header(response, header, value);
	return answer(connection, status, response, "text/plain; charset=utf-8");
}

static enum MHD_Result give_text(struct MHD_Connection *connection, char *text)
{
	if (!text)
		return say_why(connection, MHD_HTTP_NOT_FOUND, "there is no such file", NULL, NULL);
	return answer(connection, MHD_HTTP_OK,
		      MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE),
		      "text/plain; charset=utf-8");
}

/* ---- GET ---- */

static enum MHD_Result give_file(struct MHD_Connection *connection, struct request *request,
				 const char *path, bool is_head)
{
	const char *range =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_RANGE);
	uint64_t size = 0, first = 0, bytes;
	int fd = tree_open(request->client->serving, path, &size), err = 0;
	struct MHD_Response *response;
	char where[80];
	bool part;

	if (fd < 0)
		return say_why(connection, MHD_HTTP_NOT_FOUND, "there is no such file", NULL, NULL);
	bytes = size;
	part = range && range_parse(range, size, &first, &bytes, &err);
	if (err) {
		close(fd);
		snprintf(where, sizeof(where), "bytes */%llu", (unsigned long long)size);
		return say_why(connection, MHD_HTTP_RANGE_NOT_SATISFIABLE,
			       "the range lies outside the file", MHD_HTTP_HEADER_CONTENT_RANGE,
			       where);
	}
	response = MHD_create_response_from_fd_at_offset64(bytes, fd, first);
	if (!response) {
		close(fd);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	snprintf(where, sizeof(where), "bytes %llu-%llu/%llu", (unsigned long long)first,
		 (unsigned long long)(first + bytes - 1), (unsigned long long)size);
	if (part)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, where);
	if (!is_head)
		snprintf(request->said, sizeof(request->said), "%.*s", NAME_ROOM - 1, path);
	request->said_bytes = bytes;
	request->client->until_ns += bytes / BYTES_A_SECOND * 1000000000;
	return answer(connection, part ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response,
		      "application/octet-stream");
}

static const char *mac_of(struct MHD_Connection *connection, const struct station *station,
			  char out[MAC_ROOM])
{
	const char *said = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "mac");

	if (said && mac_read(said, out))
		return out;
	return station->mac;
}

static enum MHD_Result get(struct MHD_Connection *connection, struct request *request,
			   const struct resource *resource, bool is_head)
{
	struct serving *serving = request->client->serving;
	struct station *station = stations_find(&serving->stations, request->client->address);
	char mac[MAC_ROOM], table[32768];

	if (resource->kind == RESOURCE_STATUS)
		return give_text(connection, status_text(serving));
	if (resource->kind != RESOURCE_TREE)
		return say_why(connection, MHD_HTTP_FORBIDDEN,
			       "results are brought here, not fetched", NULL, NULL);
	if (!station->mac[0] && file_read(table, sizeof(table), "/proc/net/arp") > 0)
		arp_find(table, station->address, station->mac);
	if (!script_is(resource->path))
		return give_file(connection, request, resource->path, is_head);
	return give_text(connection, tree_script(serving, resource->path, station->address,
						 mac_of(connection, station, mac)));
}

/* ---- PUT ---- */

static enum MHD_Result refuse(struct MHD_Connection *connection, const struct request *request,
			      const struct arrival *arrival)
{
	struct serving *serving = request->client->serving;

	serving->refusals++;
	serving->say("%s  refused (%u): %s", request->client->address, arrival->status,
		     arrival->why);
	return say_why(connection, arrival->status, arrival->why, NULL, NULL);
}

static enum MHD_Result put_begin(struct MHD_Connection *connection, struct request *request,
				 const struct resource *resource)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_CONTENT_RANGE);
	uint64_t bytes = 0;

	if (resource->kind != RESOURCE_RECORDS && resource->kind != RESOURCE_FILE)
		return say_why(connection, MHD_HTTP_FORBIDDEN,
			       "nothing is taken here but runs/RUN-ID/...", NULL, NULL);
	if (range || (length && text_u64(length, &bytes)))
		return say_why(connection, MHD_HTTP_BAD_REQUEST,
			       "a whole body of a sound length expected", NULL, NULL);
	arrival_begin(&request->arrival, request->client->serving, resource, bytes);
	request->is_put = true;
	if (request->arrival.status)
		return refuse(connection, request, &request->arrival);
	request->client->until_ns += bytes / BYTES_A_SECOND * 1000000000;
	return MHD_YES;
}

enum MHD_Result request_put(struct MHD_Connection *connection, struct request *request)
{
	struct arrival *arrival = &request->arrival;
	char next[16];
	unsigned number, status = arrival_finish(arrival, request->client->address, &number);

	arrival_drop(arrival);
	if (status >= 300) {
		request->client->serving->refusals++;
		request->client->serving->say("%s  refused (%u): %s", request->client->address,
					      status, arrival->why);
	}
	snprintf(next, sizeof(next), "%u", number);
	return say_why(connection, status, status < 300 ? "kept" : arrival->why, "Assay-Next",
		       next);
}

enum MHD_Result request_begin(struct MHD_Connection *connection, struct request *request,
			      const char *url, const char *method)
{
	struct resource resource;
	char why[WHY_ROOM];
	int err = resource_parse(url, &resource, why, sizeof(why));

	request->client->until_ns = serve_now_ns() + request->client->serving->patience_ns;
	if (err)
		return say_why(connection,
			       err == -EPERM ? MHD_HTTP_FORBIDDEN : MHD_HTTP_BAD_REQUEST, why, NULL,
			       NULL);
	if (!strcmp(method, MHD_HTTP_METHOD_PUT))
		return put_begin(connection, request, &resource);
	if (!strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD))
		return get(connection, request, &resource, *method == 'H');
	return say_why(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET, HEAD or PUT expected",
		       MHD_HTTP_HEADER_ALLOW, "GET, HEAD, PUT");
}
