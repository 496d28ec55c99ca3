/* SPDX-License-Identifier: MIT */
/*
 * The UDP server's table of flows, told apart by their senders. It is small, and a flood of first
 * datagrams from many ports must not keep a good client out: whoever has sent less, or has fallen
 * silent, gives way to a sender of more.
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
/* What a sender without a place has sent so far. */
struct flow_earlier {
	struct iperf2_datagram first, latest;
	uint64_t first_ns, latest_ns;
	size_t len;
	unsigned count;
	bool in_a_row; /* its ids, without gaps */
};
/* Adds one to what is known of such a sender, from the second on with what came before it. */
struct flow_earlier *flow_table_remember(struct flow_table *table, const struct address *peer,
					 const struct iperf2_datagram *datagram, uint64_t at_ns,
					 size_t len);
/* A running flow that has to give way to a sender of so many datagrams: the one that has sent
 * least, when that is less, or the longest silent; NULL: all are better. */
struct flow_client *flow_table_weakest(struct flow_table *table, unsigned count, uint64_t now_ns);
/* Counts what came before a place was found, the last one excepted, as evenly as it came. */
void flow_count_earlier(struct flow *flow, const struct flow_earlier *earlier);
/* Whether all that ever came of it was one datagram. */
bool flow_client_is_lone(const struct flow_client *client);
uint64_t flow_address_hash(const struct address *address);

#endif
