/* SPDX-License-Identifier: MIT */
/* Everything that takes bytes from the network of an iperf 3 partner. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "bench/net/wire/iperf3/messages.h"
#include "bench/net/wire/iperf3/protocol.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was understood, said again and understood again, is the same. */
static void params(const char *data, size_t len)
{
	struct iperf3_params one, other;
	char why[100];

	if (iperf3_params_decode(data, len, &one, why, sizeof(why)))
		return;
	if (!one.parallel || iperf3_params_streams(&one) > IPERF3_SIDES || !one.length)
		abort();
	char *again = iperf3_params_encode(&one);
	if (again && iperf3_params_decode(again, strlen(again), &other, why, sizeof(why)))
		abort();
	if (again &&
	    (one.udp != other.udp || one.parallel != other.parallel || one.length != other.length ||
	     one.reverse != other.reverse || one.bidir != other.bidir || one.omit != other.omit))
		abort();
	free(again);
}

static void results(const char *data, size_t len)
{
	static struct iperf3_results one, other;
	char why[100];

	if (iperf3_results_decode(data, len, &one, why, sizeof(why)))
		return;
	char *again = iperf3_results_encode(&one);
	if (again && (iperf3_results_decode(again, strlen(again), &other, why, sizeof(why)) ||
		      one.count != other.count))
		abort();
	free(again);
}

/* A control connection's bytes, as both ends would follow them: a byte is taken or refused, and
 * nothing but the last step ends a test well. */
static void dialogues(const uint8_t *data, size_t len)
{
	enum iperf3_step client = STEP_GREETED, server = STEP_RUNNING;
	bool client_ended = false, server_ended = false;

	for (size_t i = 0; i < len; i++) {
		enum iperf3_step before = client;
		if (!client_ended)
			client_ended = iperf3_client_follow(&client, (int8_t)data[i]);
		if (client < before || client > before + 1)
			abort();
		before = server;
		if (!server_ended)
			server_ended = iperf3_server_follow(&server, (int8_t)data[i]);
		if (server < before)
			abort();
		/* the owner moves the server on when it has sent its results */
		if (server == STEP_RESULTS && data[i] & 0x80)
			server = STEP_SHOWN;
	}
}

static void framing(const uint8_t *data, size_t len)
{
	size_t told;

	if (len >= 4 && !iperf3_message_length(data, IPERF3_PARAMS_MOST, &told) &&
	    (told < 2 || told > IPERF3_PARAMS_MOST))
		abort();
	if (len >= IPERF3_COOKIE && iperf3_cookie_ok((const char *)data) &&
	    strlen((const char *)data) != IPERF3_COOKIE - 1)
		abort();
	iperf3_answer_ok(data, len);
}

/* The input cut into datagrams of one stream. */
static void datagrams(const uint8_t *data, size_t len)
{
	static struct iperf3_count count;
	bool wide = len % 2;
	size_t piece = wide ? IPERF3_HEADER_WIDE : IPERF3_HEADER;

	memset(&count, 0, sizeof(count));
	for (size_t at = 0; at < len; at += piece) {
		struct iperf3_datagram datagram;
		size_t left = len - at < piece ? len - at : piece;
		if (iperf3_datagram_decode(data + at, left, wide, &datagram))
			continue;
		iperf3_count_add(&count, &datagram, at * 1000);
	}
	if (count.duplicates > count.out_of_order || count.out_of_order > count.received ||
	    count.lost > count.packets || count.jitter_us < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	params((const char *)copy, len);
	results((const char *)copy, len);
	dialogues(copy, len);
	framing(copy, len);
	datagrams(copy, len);
	free(copy);
	return 0;
}
