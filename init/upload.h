/* SPDX-License-Identifier: MIT */
/* Records and files of the run to a desk over HTTP (`assay serve`): upload.c decides, upload_wire.c
 * speaks. */
#ifndef ASSAY_UPLOAD_H
#define ASSAY_UPLOAD_H

#include "init/init.h"

#include "bench/net/wire/sockets.h"

struct upload_url {
	struct address server;
	char host[80]; /* for the Host header: "198.18.0.1:8080" */
	char path[80]; /* begins and ends with a slash */
};
/* http://ADDRESS[:PORT][/PATH/] with an IPv4 address or an IPv6 one in brackets (RFC 3986): a
 * number, as the image asks no name server. Port 80 unless said. */
int upload_url_parse(const char *in, struct upload_url *out, char *why, size_t room);

/* What is looked at of an answer. */
struct http_reply {
	unsigned status; /* the final one: 1xx are passed over */
	bool has_next;
	unsigned next;	   /* Assay-Next: the record that is wanted next */
	size_t head_bytes; /* until the body */
};
enum { HTTP_HEAD_MAX = 8192 };
/* 0; -EAGAIN: its head is not whole yet; -EPROTO: that is no HTTP/1 answer. */
int http_reply_parse(const char *in, size_t len, struct http_reply *out);

/* One PUT on a connection of its own. 0 when an answer came, whatever it says; its reason goes to
 * why. */
int upload_put(const struct upload_url *url, const char *name, const char *data, size_t len,
	       uint64_t deadline_ns, struct http_reply *reply, char *why, size_t room);

#endif
