/* SPDX-License-Identifier: MIT */
/* A client's connection or flow with the echo service: its beginning and its end. See header.h. */
#ifndef ASSAY_ECHO_SESSION_H
#define ASSAY_ECHO_SESSION_H

#include "bench/net/wire/echo/header.h"
#include "bench/net/wire/sockets.h"

struct echo_session {
	int fd; /* connected, blocking; -1: none */
	bool udp;
	uint32_t request, response; /* bytes */
	uint64_t cookie;
};

/* Connects (waiting for the partner as socket_connect does) and agrees on the sizes. 0, or what the
 * last attempt ended in: -ECONNREFUSED, -ETIMEDOUT, -ENODATA (it closed), -EBADMSG (something else
 * serves there), -EPROTONOSUPPORT, -EMSGSIZE, -EBUSY, ... */
int echo_session_open(struct echo_session *session, const struct address *peer, uint64_t until_ns,
		      const atomic_bool *stop);
/* Ends it in good order and learns how many requests the partner answered. -errno: it did not say. */
int echo_session_finish(struct echo_session *session, uint64_t until_ns, uint64_t *answered);
void echo_session_close(struct echo_session *session);

#endif
