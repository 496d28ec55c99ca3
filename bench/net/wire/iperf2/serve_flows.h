/* SPDX-License-Identifier: MIT */
/*
 * The UDP server's table of flows, told apart by their senders. It is small, and a flood of first
 * datagrams from many ports must not keep a good client out: what has sent one datagram only, or
 * has fallen silent, gives way to a sender of at least two.
 */
#ifndef ASSAY_SERVE_FLOWS_H
#define ASSAY_SERVE_FLOWS_H

#include "bench/net/wire/iperf2/serve.h"

enum flow_stage { FLOW_FREE, FLOW_RUNNING, FLOW_ENDED /* FIN seen, until quiet */, FLOW_TOLD };
struct flow_client {
	enum flow_stage stage;
	uint64_t hash; /* of the peer */
	struct address peer;
	struct address local; /* where its datagrams arrived, where answers come from */
	struct flow flow;
	uint64_t ended_ns, deadline_ns;
	uint64_t drops; /* of the socket, when it began */
	uint64_t merged;
	unsigned others; /* tests beside it when its data ended */
};

struct flow_table {
	struct flow_client client[SERVE_FLOWS];
	struct flow_client *latest;
	struct flow_candidate *candidates;
};

/* 0 or -ENOMEM. */
int flow_table_open(struct flow_table *table);
void flow_table_close(struct flow_table *table);
struct flow_client *flow_table_find(struct flow_table *table, const struct address *peer);
/* A place that is free or whose test is over; NULL: none. */
struct flow_client *flow_table_free_place(struct flow_table *table);
/* A running flow that has to give way; NULL: all are good. */
struct flow_client *flow_table_weakest(struct flow_table *table, uint64_t now_ns);
/* For a sender without a place: true when it has sent a datagram before, which *before then
 * tells; else `now` is remembered. */
struct flow_first {
	struct iperf2_datagram datagram;
	uint64_t at_ns;
	size_t len;
};
bool flow_table_knows(struct flow_table *table, const struct address *peer,
		      const struct flow_first *now, struct flow_first *before);
/* Whether all that ever came of it was one datagram. */
bool flow_client_is_lone(const struct flow_client *client);
uint64_t flow_address_hash(const struct address *address);

#endif
