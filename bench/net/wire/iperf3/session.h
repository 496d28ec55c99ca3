/* SPDX-License-Identifier: MIT */
/* A test from its cookie to its results, as either end has it, and what came out of it. */
#ifndef ASSAY_IPERF3_SESSION_H
#define ASSAY_IPERF3_SESSION_H

#include "bench/net/wire/iperf3/control.h"
#include "bench/net/wire/iperf3/test.h"

/* Of the states, at both ends. */
struct iperf3_limits {
	uint64_t silent_ns;  /* connected and said nothing */
	uint64_t answer_ns;  /* a message that is due */
	uint64_t streams_ns; /* all streams of a test */
	uint64_t grace_ns;   /* a test beyond its time */
	uint64_t idle_ns;    /* not a byte moved */
};
extern const struct iperf3_limits iperf3_limits; /* the usual ones */

struct iperf3_session {
	bool server;
	const struct iperf3_limits *limits; /* NULL: the usual ones */
	struct iperf3_control control;
	char cookie[IPERF3_COOKIE];
	struct address local, peer; /* of the control connection */
	struct iperf3_params params;
	enum iperf3_step step;
	struct iperf3_test test;
	bool opened; /* test is */
	struct iperf3_results ours, theirs;
	bool has_ours, has_theirs;
	unsigned others;		/* tests that ran at the same time (server) */
	int32_t told_error, told_errno; /* of a server's error */
	int err;
	char why[160]; /* beside err, what it was about; may be empty */

	/* Called in the session's thread at each interval, and once when the data has ended. */
	uint64_t interval_ns; /* 0: never */
	void (*tick)(void *context, struct iperf3_session *session);
	void *context;
};

/* Takes over the control connection: its options and addresses. */
int iperf3_session_wire(struct iperf3_session *session, int fd);

/* What the watching came to: the other end spoke, or it is over by time or amount; or -errno. */
enum { WATCH_SPOKE = 1, WATCH_OVER = 2 };
/* Runs the data phase. ends: we decide about its end, by time or amount (a client); else only the
 * deadline does, -ETIMEDOUT. */
int iperf3_session_watch(struct iperf3_session *session, bool ends, uint64_t deadline_ns);
/* The results of both ends, in each end's order. */
int iperf3_session_send_results(struct iperf3_session *session);
int iperf3_session_receive_results(struct iperf3_session *session);
/* Ends what runs, closes, frees; the figures stay. */
void iperf3_session_close(struct iperf3_session *session);

/* One stream, as far as each of its ends has told. */
struct iperf3_ends {
	bool outgoing, has_sent, has_received;
	struct iperf3_side sent, received;
};
unsigned iperf3_session_streams(const struct iperf3_session *session);
struct iperf3_ends iperf3_session_ends(const struct iperf3_session *session, unsigned index);

/* One direction, both ends' counts of it. What is unknown is -1 where that is possible. */
struct iperf3_way {
	unsigned streams;
	bool has_sent, has_received;
	uint64_t sent_bytes, received_bytes;
	double sent_seconds, received_seconds; /* the longest of its streams */
	int64_t retransmits;
	uint64_t sent_packets, packets; /* packets: the receiver's highest sequence */
	uint64_t lost;
	double jitter_ms;		  /* mean over the streams */
	int64_t out_of_order, duplicates; /* known of what we receive */
};
#define IPERF3_WAY_NONE                                                 \
	{                                                               \
		.retransmits = -1, .out_of_order = -1, .duplicates = -1 \
	}
void iperf3_way_add(struct iperf3_way *way, const struct iperf3_ends *ends);
/* outgoing: from us to the other end. */
struct iperf3_way iperf3_session_way(const struct iperf3_session *session, bool outgoing);
/* How a session ended, for people: "opening the streams: the other end closed the connection".
 * Without reason the system's own words are left to the caller. */
void iperf3_session_describe(const struct iperf3_session *session, bool reason, char *out,
			     size_t room);

#endif
