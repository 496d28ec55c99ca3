/* SPDX-License-Identifier: MIT */
/* iperf 3's two JSON messages, pure: what a client asks for, and what each end tells the other
 * when the test is over. Limits and types are those of 3.18, which is stricter than 3.12. */
#ifndef ASSAY_IPERF3_MESSAGES_H
#define ASSAY_IPERF3_MESSAGES_H

#include "bench/net/wire/iperf3/protocol.h"

struct iperf3_params {
	bool udp, reverse, bidir;
	bool nodelay;	     /* -N */
	bool wide;	     /* --udp-counters-64bit */
	bool wants_output;   /* --get-server-output: tolerated, none is sent */
	unsigned parallel;   /* -P */
	uint32_t omit;	     /* -O, seconds */
	double seconds;	     /* -t; 0: by bytes, or until the client ends it */
	uint64_t bytes;	     /* -n, over all streams; whole blocks are sent */
	uint64_t blocks;     /* -k, over all streams */
	size_t length;	     /* -l */
	uint64_t rate;	     /* -b, bit/s of each stream; 0: unlimited */
	uint32_t burst;	     /* blocks at once of -b */
	uint64_t window;     /* -w */
	uint32_t mss, tos;   /* -M, -S */
	char congestion[16]; /* -C */
	char version[24];    /* the client's, as it says */
};
/* How many streams there are in all, and whether the index'th carries data towards the server. */
unsigned iperf3_params_streams(const struct iperf3_params *params);
bool iperf3_params_upward(const struct iperf3_params *params, unsigned index);

/* JSON without its length, malloc'd; NULL: out of memory. */
char *iperf3_params_encode(const struct iperf3_params *params);
/* -EBADMSG: no JSON object, a wrong type, or out of bounds; -EOPNOTSUPP: SCTP; a line in why. */
int iperf3_params_decode(const char *in, size_t len, struct iperf3_params *out, char *why,
			 size_t room);

struct iperf3_side {
	int id;
	uint64_t bytes;	     /* without the omitted part */
	int64_t retransmits; /* -1: unknown */
	double jitter_seconds;
	uint64_t lost, packets; /* since the beginning, the omitted part included */
	uint64_t omitted_lost, omitted_packets;
	bool has_omitted; /* told so from 3.18 on */
	double start, end;
};
struct iperf3_results {
	double cpu_total, cpu_user, cpu_system; /* % of one CPU */
	int has_retransmits;			/* 1, 0; -1: not a sender */
	char congestion[16];
	unsigned count;
	struct iperf3_side side[IPERF3_SIDES];
};
char *iperf3_results_encode(const struct iperf3_results *results);
int iperf3_results_decode(const char *in, size_t len, struct iperf3_results *out, char *why,
			  size_t room);
/* NULL: nothing was told of that stream. */
const struct iperf3_side *iperf3_results_side(const struct iperf3_results *results, int id);

#endif
