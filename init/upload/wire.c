/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 as far as one PUT needs it (RFC 9112): every wait has the caller's limit. */
#include "init/upload/upload.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- the URL ---- */

static int refuse_url(const char *in, char *why, size_t room)
{
	return text_refuse(-EINVAL, why, room,
			   "results=%.100s: expected http://ADDRESS[:PORT]/ with a numeric address "
			   "(IPv6 in brackets)",
			   in);
}

static int parse_port(const char *in, size_t len, uint16_t *port)
{
	uint64_t number = 80;
	char digits[8];

	if (!len)
		return *port = 80, 0;
	if (len < 2 || len > 6)
		return -EINVAL;
	snprintf(digits, sizeof(digits), "%.*s", (int)len - 1, in + 1);
	if (*in != ':' || text_u64(digits, &number) || !number || number > 65535)
		return -EINVAL;
	*port = (uint16_t)number;
	return 0;
}

static int parse_server(const char *host, size_t len, struct address *out)
{
	bool bracketed = *host == '[';
	const char *end = bracketed ? memchr(host, ']', len) : memchr(host, ':', len);
	size_t name = bracketed ? 1 : 0;
	char text[64];
	uint16_t port;

	if (bracketed && !end)
		return -EINVAL;
	end = end ? end : host + len;
	name = (size_t)(end - host) - name;
	if (!name || name >= sizeof(text))
		return -EINVAL;
	snprintf(text, sizeof(text), "%.*s", (int)name, host + bracketed);
	end += bracketed;
	if (text[strspn(text, bracketed ? "0123456789abcdefABCDEF:." : "0123456789.")] ||
	    parse_port(end, (size_t)(host + len - end), &port))
		return -EINVAL;
	return address_resolve(text, port, out) ? -EINVAL : 0;
}

int upload_url_parse(const char *in, struct upload_url *out, char *why, size_t room)
{
	static const char scheme[] = "http://";
	const char *host = in + sizeof(scheme) - 1, *path;
	size_t len, path_len;

	*out = (struct upload_url){ 0 };
	if (strncmp(in, scheme, sizeof(scheme) - 1) != 0)
		return refuse_url(in, why, room);
	len = strcspn(host, "/");
	path = host + len;
	path_len = strlen(path);
	if (len >= sizeof(out->host) || path_len + 2 > sizeof(out->path) ||
	    path[strspn(path,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")] ||
	    parse_server(host, len, &out->server))
		return refuse_url(in, why, room);
	snprintf(out->host, sizeof(out->host), "%.*s", (int)len, host);
	snprintf(out->path, sizeof(out->path), "%s%s", path,
		 path_len && path[path_len - 1] == '/' ? "" : "/");
	return 0;
}

/* ---- the answer ---- */

/* The end of a head that begins here: behind its empty line. NULL: not yet. */
static const char *head_end(const char *in, size_t len)
{
	const char *end = memmem(in, len, "\r\n\r\n", 4);

	return end ? end + 4 : NULL;
}

static int parse_status(const char *in, size_t len, unsigned *status)
{
	static const char begin[] = "HTTP/1.";

	if (strncmp(in, begin, len < 7 ? len : 7) != 0)
		return -EPROTO;
	if (len < 13)
		return -EAGAIN;
	if (!isdigit((unsigned char)in[7]) || in[8] != ' ' || in[9] < '1' || in[9] > '5' ||
	    !isdigit((unsigned char)in[10]) || !isdigit((unsigned char)in[11]) ||
	    (in[12] != ' ' && in[12] != '\r'))
		return -EPROTO;
	*status = (unsigned)(in[9] - '0') * 100 + (unsigned)(in[10] - '0') * 10 +
		  (unsigned)(in[11] - '0');
	return 0;
}

static void parse_header(const char *line, size_t len, struct http_reply *out)
{
	static const char name[] = "assay-next:";
	uint64_t number = 0;
	size_t at = sizeof(name) - 1;

	if (len <= at || strncasecmp(line, name, at) != 0)
		return;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	out->has_next = at < len && len - at <= 10;
	for (; out->has_next && at < len; at++) {
		out->has_next = isdigit((unsigned char)line[at]);
		number = number * 10 + (uint64_t)(line[at] - '0');
	}
	out->has_next = out->has_next && number <= UINT32_MAX;
	out->next = out->has_next ? (unsigned)number : 0;
}

int http_reply_parse(const char *in, size_t len, struct http_reply *out)
{
	const char *head = in, *end;
	int err;

	do {
		size_t left = len - (size_t)(head - in);

		*out = (struct http_reply){ 0 };
		err = parse_status(head, left, &out->status);
		end = err ? NULL : head_end(head, left);
		if (err)
			return err;
		if (!end)
			return len >= HTTP_HEAD_MAX ? -EPROTO : -EAGAIN;
		for (const char *line = head; line < end;) {
			const char *eol = memmem(line, (size_t)(end - line), "\r\n", 2);

			parse_header(line, (size_t)(eol - line), out);
			line = eol + 2;
		}
		head = end;
	} while (out->status < 200); /* an interim answer: the final one follows */
	out->head_bytes = (size_t)(head - in);
	return 0;
}

/* ---- a request ---- */

/* -EPIPE and its like are no end: who refuses a body may have said why before closing. */
static int send_all(int fd, const char *data, size_t len, uint64_t deadline_ns)
{
	while (len) {
		ssize_t done = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done > 0) {
			data += done;
			len -= (size_t)done;
		} else if (done < 0 && errno == EAGAIN) {
			int err = socket_wait(fd, POLLOUT, deadline_ns, NULL);

			if (err)
				return err;
		} else if (done < 0 && errno != EINTR) {
			return errno == EPIPE || errno == ECONNRESET ? 0 : -errno;
		}
	}
	return 0;
}

/* Its head, and of the body the first line as far as it is there. */
static int receive(int fd, uint64_t deadline_ns, struct http_reply *reply, char *why, size_t room)
{
	static char in[HTTP_HEAD_MAX + 1];
	size_t len = 0;
	int err = -EAGAIN;

	while (err == -EAGAIN) {
		ssize_t got = recv(fd, in + len, HTTP_HEAD_MAX - len, MSG_DONTWAIT);

		if (got > 0) {
			len += (size_t)got;
			err = http_reply_parse(in, len, reply);
		} else if (!got) {
			return -ECONNRESET;
		} else if (errno != EAGAIN && errno != EINTR) {
			return -errno;
		} else {
			int waited = socket_wait(fd, POLLIN, deadline_ns, NULL);

			if (waited)
				return waited;
		}
	}
	if (!err) {
		const char *body = in + reply->head_bytes;

		in[len] = '\0';
		snprintf(why, room, "%.*s", (int)strcspn(body, "\r\n"), body);
	}
	return err;
}

int upload_put(const struct upload_url *url, const char *name, const char *data, size_t len,
	       uint64_t deadline_ns, struct http_reply *reply, char *why, size_t room)
{
	enum { CONNECT_NS = 2000000000 };
	uint64_t connect_ns = clock_raw_ns() + CONNECT_NS;
	char head[600];
	int n, fd, err;

	n = snprintf(head, sizeof(head),
		     "PUT %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: assay\r\n"
		     "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n"
		     "Connection: close\r\n\r\n",
		     url->path, name, url->host, len);
	fd = socket_connect(&url->server, 0, connect_ns < deadline_ns ? connect_ns : deadline_ns,
			    NULL);
	if (fd < 0)
		return text_refuse(fd, why, room, "%s", strerror(-fd));
	err = send_all(fd, head, (size_t)n, deadline_ns);
	if (!err)
		err = send_all(fd, data, len, deadline_ns);
	if (!err)
		err = receive(fd, deadline_ns, reply, why, room);
	close(fd);
	return err ? text_refuse(err, why, room, "%s",
				 err == -EPROTO ? "its answer is not HTTP" : strerror(-err)) :
		     0;
}
