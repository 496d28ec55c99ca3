/* SPDX-License-Identifier: MIT */
/*
 * An iperf 2 server: TCP and UDP on one port, several clients at once, a thread for each TCP
 * connection and each way back (-r, -d), one for all UDP flows. It serves net.tcp and net.udp with
 * role=server and `assay peer`. Every state has a limit, so that a vanished, silent or endless
 * client ends by itself.
 */
#ifndef ASSAY_IPERF2_SERVE_H
#define ASSAY_IPERF2_SERVE_H

#include "bench/net/wire/iperf2/flow.h"
#include "bench/net/wire/sockets.h"
#include "bench/net/wire/transfer.h"

#include <pthread.h>

/* One finished test, or one that ended otherwise (err). */
struct served {
	bool udp, sent; /* sent: by us, the way back */
	struct address peer, local;
	uint64_t bytes;
	double seconds;
	uint64_t start_ns;	     /* of its first data, on clock_raw_ns(); 0: there was none */
	struct iperf2_report report; /* UDP: what the receiver counted */
	bool has_report;
	struct receiving receiving; /* UDP received */
	struct sending sending;	    /* UDP sent */
	uint64_t datagrams;	    /* UDP: sent or received */
	size_t length;		    /* of a datagram */
	enum iperf2_back back;	    /* what the client asked for */
	unsigned others;	    /* tests that ran at the same time when it ended */
	int err; /* -ENODATA silent, -EBADMSG, -EOPNOTSUPP (-R ...), -ETIMEDOUT, -EFBIG ... */
};

struct serve_options {
	struct address at;     /* where to listen, with the port */
	struct address only;   /* len 0: anybody; else the one host that is served */
	const char *interface; /* what comes through it only; NULL: through any */
	bool tcp, udp;
	uint64_t window;
	size_t length;	     /* of a TCP read or write when the client does not say */
	uint64_t rate;	     /* UDP way back when the client does not say */
	unsigned batch;	     /* UDP way back: see struct datagram_send */
	bool apart;	     /* and never several as one packet */
	bool one_way;	     /* serves no way back, whatever a client asks for */
	uint64_t idle_ns;    /* UDP: a flow that is silent so long has ended; 0: 20 s */
	double seconds_most; /* a test longer than this is cut; 0: a day */
	/* Called from the server's threads, one call at a time. */
	void (*done)(void *context, const struct served *served);
	void *context;
};

struct serve_state {
	unsigned active, finished, strangers, turned_away;
	unsigned garbage; /* datagrams that belong to no test: not iperf's, or one and no more */
	uint64_t received_bytes, sent_bytes; /* so far, running tests included */
};

enum { SERVE_TESTS = 128, SERVE_FLOWS = 64 };
struct serve;

/* 0 and *out, or -errno (-EADDRINUSE: the port is taken). Ignores SIGPIPE by never raising it. */
int serve_start(const struct serve_options *options, struct serve **out);
void serve_state(struct serve *serve, struct serve_state *out);
/* Ends what runs, waits for it, frees. Takes less than two seconds. */
void serve_stop(struct serve *serve);

#endif
