/* SPDX-License-Identifier: MIT */
/* The UDP server's table of flows: see serve_flows.h. */
#include "bench/net/wire/iperf2/serve_flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Senders without a place while the table is full. A flood of so many between two datagrams of a
 * good client makes it be forgotten; then it is remembered anew. */
enum { CANDIDATES = 16384, REPLAYED_MOST = 256 };
/* Silent for so long, a flow gives way when others wait for a place. */
#define SILENT_FLOW_NS (2 * SECOND_NS)

struct flow_candidate {
	uint64_t hash;
	struct flow_earlier sent;
};

int flow_table_open(struct flow_table *table)
{
	table->candidates = calloc(CANDIDATES, sizeof(*table->candidates));
	return table->candidates ? 0 : -ENOMEM;
}

void flow_table_close(struct flow_table *table)
{
	free(table->candidates);
}

/* FNV-1a, over the host's bytes and the port. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
	return hash;
}

uint64_t flow_address_hash(const struct address *address)
{
	uint16_t port = address_port(address);
	bool four = address->any.sa_family == AF_INET;
	uint64_t hash = hash_bytes(0xcbf29ce484222325,
				   four ? (const void *)&address->v4.sin_addr :
					  (const void *)&address->v6.sin6_addr,
				   four ? 4 : 16);

	hash = hash_bytes(hash, &port, sizeof(port));
	return hash ^ hash >> 32; /* the low bits choose a place */
}

struct flow_client *flow_table_find(struct flow_table *table, const struct address *peer)
{
	uint64_t hash = flow_address_hash(peer);

	if (table->latest && table->latest->stage != FLOW_FREE && table->latest->hash == hash &&
	    address_equal(&table->latest->peer, peer))
		return table->latest;
	for (size_t i = 0; i < SERVE_FLOWS; i++) {
		struct flow_client *client = &table->client[i];
		if (client->stage != FLOW_FREE && client->hash == hash &&
		    address_equal(&client->peer, peer))
			return table->latest = client;
	}
	return NULL;
}

struct flow_client *flow_table_free_place(struct flow_table *table)
{
	struct flow_client *told = NULL;

	for (size_t i = 0; i < SERVE_FLOWS; i++) {
		if (table->client[i].stage == FLOW_FREE)
			return &table->client[i];
		if (table->client[i].stage == FLOW_TOLD)
			told = &table->client[i];
	}
	return told;
}

bool flow_client_is_lone(const struct flow_client *client)
{
	return client->flow.count.received <= 1 && !client->flow.count.finished;
}

/* Lower is weaker. */
static uint64_t strength_of(const struct flow_client *client, uint64_t now_ns)
{
	return client->flow.heard_ns + SILENT_FLOW_NS < now_ns ? 0 : client->flow.count.received;
}

struct flow_client *flow_table_weakest(struct flow_table *table, unsigned count, uint64_t now_ns)
{
	struct flow_client *weakest = NULL;
	uint64_t least = count;

	for (size_t i = 0; i < SERVE_FLOWS; i++) {
		struct flow_client *client = &table->client[i];
		uint64_t strength = strength_of(client, now_ns);
		if (client->stage != FLOW_RUNNING || strength >= least)
			continue;
		weakest = client;
		least = strength;
	}
	return weakest;
}

struct flow_earlier *flow_table_remember(struct flow_table *table, const struct address *peer,
					 const struct iperf2_datagram *datagram, uint64_t at_ns,
					 size_t len)
{
	uint64_t hash = flow_address_hash(peer);
	struct flow_candidate *candidate = &table->candidates[hash % CANDIDATES];
	struct flow_earlier *sent = &candidate->sent;

	if (candidate->hash != hash || !sent->count) {
		candidate->hash = hash;
		*sent = (struct flow_earlier){
			.first = *datagram, .first_ns = at_ns, .len = len, .in_a_row = true
		};
	}
	sent->in_a_row &= datagram->id == sent->first.id + sent->count;
	sent->count++;
	sent->latest = *datagram;
	sent->latest_ns = at_ns;
	return sent;
}

void flow_count_earlier(struct flow *flow, const struct flow_earlier *earlier)
{
	unsigned before = earlier->count - 1;

	if (!earlier->in_a_row || before > REPLAYED_MOST)
		return;
	for (unsigned i = 0; i < before; i++) {
		struct iperf2_datagram datagram = earlier->first;
		datagram.id += i;
		datagram.sent_us += (earlier->latest.sent_us - earlier->first.sent_us) * i / before;
		iperf2_count_add(&flow->count, &datagram,
				 earlier->first_ns +
					 (earlier->latest_ns - earlier->first_ns) * i / before,
				 earlier->len);
	}
}
