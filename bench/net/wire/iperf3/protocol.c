/* SPDX-License-Identifier: MIT */
/* iperf 3's bytes and states: see protocol.h. */
#include "bench/net/wire/iperf3/protocol.h"

#include "bench/net/wire/words.h"
#include "lib/lib.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- states ---- */

struct rule {
	int8_t byte;
	enum iperf3_step from, to;
};

static int follow(const struct rule *rules, size_t count, enum iperf3_step *step, int8_t byte)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].byte == byte && rules[i].from == *step) {
			*step = rules[i].to;
			return 0;
		}
	return -EPROTO;
}

int iperf3_client_follow(enum iperf3_step *step, int8_t byte)
{
	static const struct rule rules[] = {
		{ STATE_PARAM_EXCHANGE, STEP_GREETED, STEP_PARAMS },
		{ STATE_CREATE_STREAMS, STEP_PARAMS, STEP_STREAMS },
		{ STATE_TEST_START, STEP_STREAMS, STEP_STARTED },
		{ STATE_TEST_RUNNING, STEP_STARTED, STEP_RUNNING },
		{ STATE_EXCHANGE_RESULTS, STEP_RUNNING, STEP_RESULTS },
		{ STATE_DISPLAY_RESULTS, STEP_RESULTS, STEP_SHOWN },
	};

	if (byte == STATE_SERVER_TERMINATE)
		return -ECONNABORTED;
	if (byte == STATE_SERVER_ERROR)
		return -EREMOTEIO;
	/* Only the first answer can be "busy": later it has no meaning. */
	if (byte == STATE_ACCESS_DENIED && *step == STEP_GREETED)
		return -EBUSY;
	return follow(rules, COUNT_OF(rules), step, byte);
}

int iperf3_server_follow(enum iperf3_step *step, int8_t byte)
{
	static const struct rule rules[] = {
		{ STATE_TEST_END, STEP_RUNNING, STEP_RESULTS },
		{ STATE_IPERF_DONE, STEP_SHOWN, STEP_OVER },
		/* 3.12 that was to be left without its results says so at once */
		{ STATE_IPERF_DONE, STEP_RESULTS, STEP_OVER },
	};

	if (byte == STATE_CLIENT_TERMINATE)
		return -ECONNABORTED;
	return follow(rules, COUNT_OF(rules), step, byte);
}

void iperf3_cookie_make(const uint8_t random[IPERF3_COOKIE - 1], char out[IPERF3_COOKIE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (size_t i = 0; i < IPERF3_COOKIE - 1; i++)
		out[i] = letters[random[i] % 32];
	out[IPERF3_COOKIE - 1] = '\0';
}

bool iperf3_cookie_ok(const char cookie[IPERF3_COOKIE])
{
	for (size_t i = 0; i < IPERF3_COOKIE - 1; i++)
		if (cookie[i] <= ' ' || cookie[i] > '~')
			return false;
	return !cookie[IPERF3_COOKIE - 1];
}

int iperf3_stream_id(unsigned index)
{
	return index ? (int)index + 2 : 1;
}

int iperf3_message_length(const uint8_t in[4], size_t most, size_t *len)
{
	*len = get32(in);
	return *len < 2 || *len > most ? -EMSGSIZE : 0;
}

/* ---- datagrams ---- */

void iperf3_hello_encode(uint32_t word, uint8_t out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(word >> 8 * i);
}

bool iperf3_answer_ok(const uint8_t *in, size_t len)
{
	uint8_t now[4], old[4];

	iperf3_hello_encode(IPERF3_UDP_ANSWER, now);
	iperf3_hello_encode(IPERF3_UDP_ANSWER_OLD, old);
	return len == 4 && (!memcmp(in, now, 4) || !memcmp(in, old, 4));
}

void iperf3_datagram_encode(const struct iperf3_datagram *datagram, bool wide, uint8_t *out)
{
	put32(out, (uint32_t)(datagram->sent_us / 1000000));
	put32(out + 4, (uint32_t)(datagram->sent_us % 1000000));
	if (wide)
		put32(out + 8, (uint32_t)(datagram->sequence >> 32));
	put32(out + (wide ? 12 : 8), (uint32_t)datagram->sequence);
}

int iperf3_datagram_decode(const uint8_t *in, size_t len, bool wide, struct iperf3_datagram *out)
{
	if (len < (wide ? IPERF3_HEADER_WIDE : IPERF3_HEADER) || get32(in + 4) >= 1000000)
		return -EBADMSG;
	out->sent_us = (uint64_t)get32(in) * 1000000 + get32(in + 4);
	out->sequence = wide ? (uint64_t)get32(in + 8) << 32 | get32(in + 12) : get32(in + 8);
	return out->sequence ? 0 : -EBADMSG;
}

/* ---- the receiver's accounting (iperf_udp_recv) ---- */

static uint64_t *word_of(struct iperf3_count *count, uint64_t sequence, uint64_t *bit)
{
	*bit = 1ull << sequence % 64;
	return &count->seen[sequence % IPERF3_WINDOW / 64];
}

/* Forgets what the window leaves behind when it moves on to this sequence. */
static void move_window(struct iperf3_count *count, uint64_t sequence)
{
	uint64_t step = sequence - count->packets, bit;

	if (step >= IPERF3_WINDOW)
		memset(count->seen, 0, sizeof(count->seen));
	for (uint64_t i = 1; i <= step && step < IPERF3_WINDOW; i++)
		*word_of(count, count->packets + i, &bit) &= ~bit;
}

static void count_order(struct iperf3_count *count, uint64_t sequence)
{
	uint64_t bit, *word;

	if (sequence > count->packets) {
		move_window(count, sequence);
		count->lost += sequence - count->packets - 1;
		count->packets = sequence;
	} else {
		count->out_of_order++;
		count->lost -= count->lost > 0;
	}
	word = word_of(count, sequence, &bit);
	if (count->packets - sequence >= IPERF3_WINDOW)
		return;
	count->duplicates += !!(*word & bit);
	*word |= bit;
}

void iperf3_count_add(struct iperf3_count *count, const struct iperf3_datagram *datagram,
		      uint64_t received_us)
{
	double transit_us = (double)received_us - (double)datagram->sent_us;

	count->received++;
	count_order(count, datagram->sequence);
	if (count->has_transit)
		count->jitter_us += (fabs(transit_us - count->transit_us) - count->jitter_us) / 16;
	count->has_transit = true;
	count->transit_us = transit_us;
}
