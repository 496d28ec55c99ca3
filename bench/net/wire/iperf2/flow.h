/* SPDX-License-Identifier: MIT */
/*
 * UDP tests of iperf 2, both ends of them. A flow is the receiving end, pure: datagrams and times
 * in, the answer to a FIN out. A datagram_send is the sending end: paced by an absolute schedule,
 * it sleeps and never spins. Datagrams leave one at a time, as they become due; only those that are
 * overdue together, or have no schedule, leave in a batch.
 */
#ifndef ASSAY_FLOW_H
#define ASSAY_FLOW_H

#include "bench/net/wire/iperf2/protocol.h"
#include "lib/lib.h"

#include <stdatomic.h>

/* What is told of a receiving end beside its report. */
struct receiving {
	uint64_t duplicates, tail_lost; /* tail: of the lost, those at the very end */
	uint64_t buffer_drops;		/* of the socket meanwhile, whoever's they were */
	uint64_t merged;		/* datagrams that came several in one packet */
	uint64_t variation_p50_ns, variation_p95_ns, variation_p99_ns;
};

/* And of a sending end. */
struct sending {
	uint64_t gap_p50_ns, gap_p99_ns, slips, batched, refused;
	unsigned batch_largest, fins, passed_over;
};

struct flow {
	enum iperf2_layout layout;
	struct iperf2_request request;
	bool has_request;
	struct iperf2_count count;
	uint64_t heard_ns; /* the latest datagram */
	uint64_t largest;  /* datagram length */
};

/* Begins with a test's first datagram. -EBADMSG: not one, or the late FIN of a test that is over,
 * which stock listeners ignore as well. */
int flow_begin(struct flow *flow, const uint8_t *in, size_t len);
/* Counts one datagram (the first one too). Returns the length of the report to send back (after a
 * FIN, once for each copy of it), 0 for none, or -EBADMSG. `room` of at least IPERF2_ACK_ROOM
 * serves every version. */
ssize_t flow_take(struct flow *flow, const uint8_t *in, size_t len, uint64_t received_ns,
		  uint8_t *answer, size_t room);

/* All but the drops and the merged ones, which the socket's reader knows. */
struct receiving flow_receiving(const struct flow *flow);

struct datagram_send {
	/* Set by the caller. */
	int fd; /* connected */
	size_t length;
	bool merge;	       /* a batch may be one packet: see datagram_writer_open() */
	unsigned batch;	       /* at most so many due datagrams in one system call; 0: as it pays */
	uint64_t rate;	       /* bit/s; 0: as fast as it goes */
	uint64_t bytes_wanted; /* 0: by time */
	uint64_t duration_ns;
	struct iperf2_request request; /* what goes behind the header when has_request */
	bool has_request;
	enum iperf2_layout layout;
	uint64_t deadline_ns;
	const atomic_bool *stop;

	/* Its results. */
	uint64_t wall_offset_us;
	atomic_uint_least64_t bytes;
	uint64_t datagrams; /* of data: the FIN is not one */
	uint64_t refused;   /* sends that came back as "connection refused" (ICMP) */
	uint64_t slips;	    /* times the schedule had to move: the sender was held up */
	uint64_t batched;   /* datagrams that left in a batch of more than one */
	unsigned batch_largest;
	uint64_t start_ns, end_ns; /* of data, the last gap included */
	struct histogram gaps;	   /* ns between sends */
	bool acknowledged;	   /* the receiver's report arrived */
	unsigned fins;
	unsigned passed_over; /* answers that were no report, or could not be true */
	struct iperf2_report report;
	int err;
};

/* Asks whether anybody listens, by a datagram that stock listeners ignore (a FIN before any test):
 * an ICMP refusal means no, and it is asked again until the deadline; silence means yes or that
 * nothing can be learned. */
int datagram_probe(int fd, size_t length, uint64_t deadline_ns, const atomic_bool *stop);
/* Sends the test and its FIN until the report comes. 0 also when no report came; `acknowledged`
 * tells. */
int datagram_send(struct datagram_send *send);
double datagram_seconds(const struct datagram_send *send);
struct sending datagram_sending(const struct datagram_send *send);

#endif
