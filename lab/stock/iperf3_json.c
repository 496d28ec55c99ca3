/* SPDX-License-Identifier: MIT */
/* iperf3 -J: one document a test, several in a file one behind the other. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "lab/stock/stock.h"

enum { DOCUMENTS_MOST = 10000 };

static bool fits(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at < len && text[at] == '{' && stock_contains(text, len, "\"test_start\"");
}

static int take_number(struct taker *taker, const cJSON *from, const char *path, const char *name,
		       const char *unit, enum better better, double factor)
{
	double value = json_number(from, path, NAN);

	/* 3.12 prints -1 ("not known") as 2^64-1. */
	if (!isfinite(value) || value < 0 || value > 1e18)
		return 0;
	return stock_take(taker, "net.iperf3", name, unit, better, value * factor);
}

/* One way: what was received, what was sent; seen from the end that wrote this. */
static int take_way(struct taker *taker, const cJSON *received, const cJSON *sent, bool outgoing)
{
	int err = take_number(taker, received, "bits_per_second",
			      outgoing ? "outgoing" : "incoming", "Mbit/s", BETTER_MORE, 1e-6);

	if (!err)
		err = take_number(taker, sent, "bits_per_second",
				  outgoing ? "outgoing_sent" : "incoming_sent", "Mbit/s",
				  BETTER_NEITHER, 1e-6);
	if (!err)
		err = take_number(taker, sent, "retransmits",
				  outgoing ? "retransmits" : "incoming_retransmits", "segments",
				  BETTER_LESS, 1);
	return err;
}

static int take_datagrams(struct taker *taker, const cJSON *sum, bool outgoing)
{
	static const struct {
		const char *path, *out, *in, *unit;
	} rows[] = {
		{ "jitter_ms", "jitter", "incoming_jitter", "ms" },
		{ "lost_packets", "lost", "incoming_lost", "datagrams" },
		{ "lost_percent", "lost_percent", "incoming_lost_percent", "%" },
	};
	int err = 0;

	for (size_t i = 0; i < COUNT_OF(rows) && !err; i++)
		err = take_number(taker, sum, rows[i].path, outgoing ? rows[i].out : rows[i].in,
				  rows[i].unit, BETTER_LESS, 1);
	return err;
}

static bool flag(const cJSON *document, const char *path)
{
	const cJSON *item = json_path(document, path);

	return cJSON_IsTrue(item) || (cJSON_IsNumber(item) && fabs(item->valuedouble) > 0);
}

static int take_document(struct taker *taker, const cJSON *document)
{
	const cJSON *end = json_path(document, "end"), *received = json_path(end, "sum_received"),
		    *sent = json_path(end, "sum_sent");
	const char *protocol = json_text(document, "start.test_start.protocol");
	bool server = json_path(document, "start.accepted_connection");
	bool outgoing = flag(document, "start.test_start.reverse") == server;
	bool udp = protocol && !strcmp(protocol, "UDP");
	int err = take_way(taker, received, sent, outgoing);

	/* Before 3.13 UDP has one sum, of the sender's bytes and the receiver's losses. */
	if (!err && udp && !received)
		err = take_number(taker, end, "sum.bits_per_second",
				  outgoing ? "outgoing_sent" : "incoming_sent", "Mbit/s",
				  BETTER_NEITHER, 1e-6);
	if (!err && udp)
		err = take_datagrams(taker, received ? received : json_path(end, "sum"), outgoing);
	if (!err && json_path(end, "sum_received_bidir_reverse"))
		err = take_way(taker, json_path(end, "sum_received_bidir_reverse"),
			       json_path(end, "sum_sent_bidir_reverse"), !outgoing);
	if (!err)
		err = take_number(taker, end, "cpu_utilization_percent.host_total", "cpu", "%",
				  BETTER_LESS, 1);
	if (!err)
		err = take_number(taker, end, "cpu_utilization_percent.remote_total", "cpu_partner",
				  "%", BETTER_LESS, 1);
	return err;
}

static int read_all(const char *text, size_t len, struct taker *taker)
{
	const char *at = text, *end = text + len, *next;
	int err = 0;

	for (unsigned i = 0; !err && at < end && i < DOCUMENTS_MOST; i++) {
		cJSON *document = cJSON_ParseWithLengthOpts(at, (size_t)(end - at), &next, 0);

		if (!document)
			break;
		err = take_document(taker, document);
		cJSON_Delete(document);
		at = next;
	}
	return err;
}

const struct stock stock_iperf3 = { "iperf3 JSON", fits, read_all };
