/* SPDX-License-Identifier: MIT */
/*
 * The data of one iperf 3 test at one of its ends: its streams, a thread each, and what was
 * counted. Client and server differ only in who decides about the end.
 *
 * Life: open, attach a connected socket to every stream, start, watch until it is over, end (or
 * first drain, then end), conclude, free. All but the streams' loops runs in one thread, the
 * owner's.
 */
#ifndef ASSAY_IPERF3_TEST_H
#define ASSAY_IPERF3_TEST_H

#include "bench/net/wire/iperf3/messages.h"
#include "bench/net/wire/sockets.h"

#include <pthread.h>

/* What has been counted so far; a difference of two is an interval, or the test without what was
 * omitted. */
struct iperf3_tally {
	uint64_t at_ns, bytes, packets; /* packets: sent, or the highest sequence received */
	uint64_t lost, out_of_order, duplicates;
	double jitter_ms;
	uint64_t retransmits;
};

/* The kernel's view of a sending TCP connection (TCP_INFO). */
struct iperf3_kernel {
	bool known;
	uint32_t cwnd, wnd, rtt_us, rttvar_us, pmtu; /* windows in bytes; wnd 0: not told */
};

struct iperf3_stream {
	struct iperf3_test *test;
	int fd, id;
	bool sender;
	struct address local, peer;
	uint8_t *buffer;
	size_t room; /* of it */

	/* Written by its thread; the lock is for the datagrams' count. */
	atomic_uint_least64_t bytes, packets;
	atomic_uint_least64_t last_ns; /* of the latest datagram, or late bytes, received */
	struct iperf3_count count;
	pthread_mutex_t lock;
	int err; /* what ended it early */
	uint64_t end_ns;
	double cpu_user, cpu_system;

	/* The owner's. */
	pthread_t thread;
	bool started;
	struct iperf3_tally base, last;	   /* when counting began; at the last look */
	struct iperf3_kernel kernel, most; /* the latest; the largest of each */
	uint32_t rtt_least_us;
	uint64_t rtt_sum_us, looks;
};

/* A stream's interval. */
struct iperf3_interval {
	struct iperf3_tally delta; /* at_ns: its length */
	uint64_t from_ns, to_ns;   /* since counting began, or since the start while omitted */
	bool omitted;
};

enum iperf3_phase { PHASE_RUN, PHASE_DRAIN /* senders end; nothing counts any more */, PHASE_STOP };
struct iperf3_test {
	struct iperf3_params params;
	bool server;
	uint64_t amount; /* of bytes, -n or -k; 0: by time */
	unsigned count;
	struct iperf3_stream *stream;
	atomic_int phase;
	int wake_fd; /* readable when the phase has changed */
	atomic_bool omitting;
	atomic_uint running, senders;  /* threads */
	atomic_uint_least64_t claimed; /* bytes of -n and -k that a sender has taken on */
	uint64_t start_ns, count_ns;   /* count_ns: the omitted part is over */
	uint64_t end_ns;
};

/* 0 or -errno. */
int iperf3_test_open(struct iperf3_test *test, const struct iperf3_params *params, bool server);
/* Takes over a connected socket as the next stream and gives it its options. */
int iperf3_test_attach(struct iperf3_test *test, int fd);
bool iperf3_test_complete(const struct iperf3_test *test);
int iperf3_test_start_receivers(struct iperf3_test *test);
int iperf3_test_start_senders(struct iperf3_test *test);
/* Counting begins anew: what was before is omitted. */
void iperf3_test_count(struct iperf3_test *test);
/* What happened since the last look (of any stream, in the order of their ids). */
void iperf3_test_look(struct iperf3_test *test, unsigned index, struct iperf3_interval *out);
/* Senders end; receivers go on so that no sender at the other end is stuck. TCP does not count
 * after that, as with stock; datagrams do: they had been sent. */
void iperf3_test_drain(struct iperf3_test *test);
/* Ends all threads, within a tenth of a second or so. */
void iperf3_test_end(struct iperf3_test *test);
void iperf3_test_free(struct iperf3_test *test);

/* Over all streams of a direction, the omitted part included. */
uint64_t iperf3_test_bytes(const struct iperf3_test *test, bool sent);
/* Without the omitted part. */
uint64_t iperf3_test_received(const struct iperf3_test *test);
int iperf3_test_error(const struct iperf3_test *test);
/* Since counting began; at_ns: how long. */
struct iperf3_tally iperf3_stream_total(const struct iperf3_stream *stream);
/* What we tell the other end. */
void iperf3_test_results(const struct iperf3_test *test, struct iperf3_results *out);

/* stream.c */
void *iperf3_stream_run(void *stream);

#endif
