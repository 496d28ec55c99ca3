/* SPDX-License-Identifier: MIT */
/* Everything that takes bytes from a partner that speaks iperf 2. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "bench/net/wire/iperf2/serve_flows.h"
#include "bench/net/wire/iperf2/protocol.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void headers(const uint8_t *data, size_t len)
{
	struct iperf2_request request;
	uint8_t again[IPERF2_EXTENDED];
	ssize_t header = iperf2_header_length(data, len);

	if (header > 0 && (size_t)header >= IPERF2_HEADER_ROOM)
		abort();
	if (iperf2_is_uncopied(data, len) && (header != 0 || iperf2_is_uncopied_ack(data, len)))
		abort(); /* a stock server has to take it for data */
	if (!iperf2_request_decode(data, len, len % 2, &request))
		iperf2_request_encode(&request, len % 2, again);
}

static void reports(const uint8_t *data, size_t len)
{
	struct iperf2_report report;

	if (iperf2_report_decode(data, len, &report))
		return;
	iperf2_report_plausible(&report, 100, 1470, 1000000);
	iperf2_report_repair(&report, 100, 1470);
	iperf2_report_mend_bytes(&report, 1470);
	if (report.lost > report.datagrams + 1000)
		abort();
}

/* The first datagram, then the input cut in pieces as its followers. */
static void flows(const uint8_t *data, size_t len)
{
	static struct flow flow;
	uint8_t answer[IPERF2_ACK_ROOM];
	size_t piece = len > 40 ? 40 : len;

	if (flow_begin(&flow, data, len))
		return;
	for (size_t at = 0; at < len; at += piece) {
		size_t left = len - at < piece ? len - at : piece;
		ssize_t answered =
			flow_take(&flow, data + at, left, at * 1000, answer, sizeof(answer));
		if (answered > (ssize_t)sizeof(answer))
			abort();
	}
}

/* Senders by the input's first byte of each piece, more than the table has places for. */
static void tables(const uint8_t *data, size_t len)
{
	static struct flow_table table;
	struct address peer;
	struct flow_earlier *earlier;
	struct flow_client *place;

	if (!table.candidates && flow_table_open(&table))
		abort();
	for (size_t at = 0; at + 24 < len; at += 24) {
		struct iperf2_datagram datagram;
		address_any(AF_INET, data[at], &peer);
		if (flow_table_find(&table, &peer) ||
		    iperf2_datagram_decode(data + at + 1, 23, data[at] & 1, data[at] & 2, 0,
					   &datagram))
			continue;
		place = flow_table_free_place(&table);
		earlier = flow_table_remember(&table, &peer, &datagram, at, 23);
		if (!place)
			place = flow_table_weakest(&table, earlier->count, at);
		if (!place)
			continue;
		place->stage = FLOW_RUNNING;
		place->peer = peer;
		place->hash = flow_address_hash(&peer);
		memset(&place->flow, 0, sizeof(place->flow));
		flow_count_earlier(&place->flow, earlier);
		if (place->flow.count.received >= earlier->count)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	headers(copy, len);
	reports(copy, len);
	flows(copy, len);
	tables(copy, len);
	free(copy);
	return 0;
}
