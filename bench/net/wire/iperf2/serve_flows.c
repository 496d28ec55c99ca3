/* SPDX-License-Identifier: MIT */
/* The UDP server's table of flows: see serve_flows.h. */
#include "bench/net/wire/iperf2/serve_flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Senders of one datagram while the table is full. A flood of so many in the time between two
 * datagrams of a good client makes it be forgotten; then its next two count. */
enum { CANDIDATES = 16384 /* a power of two */ };
/* Silent for so long, a flow gives way when others wait for a place. */
#define SILENT_FLOW_NS (2 * SECOND_NS)

struct flow_candidate {
	uint64_t hash, id, sent_us, at_ns;
	uint32_t len;
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

struct flow_client *flow_table_weakest(struct flow_table *table, uint64_t now_ns)
{
	struct flow_client *weakest = NULL;

	for (size_t i = 0; i < SERVE_FLOWS; i++) {
		struct flow_client *client = &table->client[i];
		bool silent = client->flow.heard_ns + SILENT_FLOW_NS < now_ns;
		if (client->stage != FLOW_RUNNING || !(flow_client_is_lone(client) || silent))
			continue;
		if (!weakest || client->flow.heard_ns < weakest->flow.heard_ns)
			weakest = client;
	}
	return weakest;
}

bool flow_table_knows(struct flow_table *table, const struct address *peer,
		      const struct flow_first *now, struct flow_first *before)
{
	uint64_t hash = flow_address_hash(peer);
	struct flow_candidate *candidate = &table->candidates[hash % CANDIDATES];

	if (candidate->len && candidate->hash == hash) {
		*before =
			(struct flow_first){ { .id = candidate->id, .sent_us = candidate->sent_us },
					     candidate->at_ns,
					     candidate->len };
		candidate->len = 0;
		return true;
	}
	*candidate = (struct flow_candidate){ hash, now->datagram.id, now->datagram.sent_us,
					      now->at_ns, (uint32_t)now->len };
	return false;
}
