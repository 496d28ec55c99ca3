/* SPDX-License-Identifier: MIT */
/*
 * The echo service, the partner of net.rr: TCP and UDP on one port, a thread for each connection
 * and each UDP flow, as netperf's server has a process for each. Every state has a limit, so that a
 * vanished, silent or endless client ends by itself, and a stranger over UDP is never answered with
 * more bytes than came (see header.h).
 */
#ifndef ASSAY_ECHO_SERVE_H
#define ASSAY_ECHO_SERVE_H

#include "bench/net/wire/echo/header.h"
#include "bench/net/wire/sockets.h"

/* One finished connection or flow, or one that ended otherwise (err). */
struct echo_served {
	bool udp;
	struct address peer, local;
	uint32_t request, response; /* bytes */
	uint64_t transactions;	    /* requests that were answered */
	uint64_t garbage;	    /* UDP: datagrams of another size */
	double seconds;		    /* from READY to the last response */
	unsigned others;	    /* connections and flows that were open when it ended */
	int err; /* -ENODATA silent, -EBADMSG, -EPROTONOSUPPORT, -EMSGSIZE, -ETIMEDOUT ... */
};

struct echo_serve_options {
	struct address at;     /* where to listen, with the port */
	struct address only;   /* len 0: anybody; else the one host that is served */
	const char *interface; /* not NULL: packets of this NIC only (SO_BINDTODEVICE) */
	double seconds_most;   /* a client served for longer is cut off; 0: a day */
	/* Called from the server's threads, one call at a time. */
	void (*done)(void *context, const struct echo_served *served);
	void *context;
};

enum { ECHO_CLIENTS = 128 };
struct echo_serve;

/* 0 and *out, or -errno (-EADDRINUSE: the port is taken). Never raises SIGPIPE. */
int echo_serve_start(const struct echo_serve_options *options, struct echo_serve **out);
/* Connections and flows that are open. */
unsigned echo_serve_active(struct echo_serve *serve);
/* Ends what runs, waits for it, frees. Takes less than two seconds. */
void echo_serve_stop(struct echo_serve *serve);

#endif
