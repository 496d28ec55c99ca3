/* SPDX-License-Identifier: MIT */
/* The headers of iperf 2: see iperf2.h. */
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/words.h"

#include <errno.h>
#include <string.h>

enum flag {
	VERSION1 = 0x80000000,	   /* the server shall connect back */
	EXTEND = 0x40000000,	   /* the extension follows */
	SEQNO64B = 0x08000000,	   /* the datagram header's fourth word is the id's high half */
	VERSION2 = 0x04000000,	   /* -R, --full-duplex, -X */
	V2PEERDETECT = 0x02000000, /* -X */
	BOUNCEBACK = 0x00800000,
	UNCOPIED = 0x00100000,	 /* ours: no version of iperf 2 up to 2.2.1 has a meaning for it */
	LENGTH_BIT = 0x00010000, /* the header's length is in bits 1..8 */
	LENGTH_MASK = 0x1fe,
	RUN_NOW = 0x00000001, /* with VERSION1: -d, else -r */
};
enum { UPPER_REVERSE = 0x0400, UPPER_DUPLEX = 0x0800 };
/* Word offsets of the header and of its extension (2.1.x). */
enum { FLAGS = 0, THREADS = 4, PORT = 8, BUFFER = 12, WINBAND = 16, AMOUNT = 20 };
enum { TYPE = 24, UPPER = 32, VERSION_HIGH = 36, VERSION_LOW = 40, RATE_LOW = 48, RATE_HIGH = 52 };
enum { THREADS_MOST = 1024, LENGTH_MOST = 1 << 30, WINDOW_MOST = 1 << 28 };

static uint32_t flags_of(const struct iperf2_request *request, bool udp)
{
	uint32_t flags = 0;

	if (request->back != BACK_NONE)
		flags |= VERSION1;
	if (request->back == BACK_TOGETHER)
		flags |= RUN_NOW;
	if (request->wide_ids)
		flags |= SEQNO64B;
	if (request->uncopied)
		flags |= UNCOPIED;
	if (request->extended)
		flags |= EXTEND | LENGTH_BIT | (IPERF2_EXTENDED + (udp ? 16u : 0)) << 1;
	return flags;
}

/* Positive: bytes, of which the field holds 31 bits; negative: hundredths of a second. */
static uint32_t amount_of(const struct iperf2_request *request)
{
	if (request->bytes)
		return request->bytes > INT32_MAX ? INT32_MAX : (uint32_t)request->bytes;
	return (uint32_t) - (int32_t)(request->centiseconds & INT32_MAX);
}

size_t iperf2_request_encode(const struct iperf2_request *request, bool udp, uint8_t *out)
{
	size_t len = request->extended ? IPERF2_EXTENDED : IPERF2_HEADER;

	memset(out, 0, len);
	put32(out + FLAGS, flags_of(request, udp));
	put32(out + THREADS, request->threads);
	put32(out + PORT, request->port);
	put32(out + BUFFER, request->length);
	put32(out + AMOUNT, amount_of(request));
	if (udp && !request->extended)
		put32(out + WINBAND, (uint32_t)request->rate);
	if (!udp)
		put32(out + WINBAND,
		      request->window <= WINDOW_MOST ? (uint32_t)request->window : WINDOW_MOST);
	if (!request->extended)
		return len;
	put32(out + VERSION_HIGH, 0x00020001); /* 2.1.8.3, whose extension this is */
	put32(out + VERSION_LOW, 0x00080003);
	put32(out + RATE_LOW, (uint32_t)request->rate);
	put32(out + RATE_HIGH, (uint32_t)(request->rate >> 32) << 8);
	return len;
}

void iperf2_wide_encode(uint8_t *out)
{
	memset(out, 0, IPERF2_HEADER);
	put32(out + FLAGS, SEQNO64B);
}

ssize_t iperf2_header_length(const uint8_t *in, size_t len)
{
	if (len < 4)
		return -EAGAIN;
	uint32_t flags = get32(in);
	if (!(flags & (VERSION1 | EXTEND | VERSION2)))
		return 0; /* zeros, the pattern "0123", or a 2.0.x plain header: all of it is data */
	if (!(flags & LENGTH_BIT))
		return flags & (EXTEND | VERSION2) ? IPERF2_EXTENDED : IPERF2_HEADER;
	size_t named = (flags & LENGTH_MASK) >> 1;
	return named >= IPERF2_HEADER ? (ssize_t)named : -EBADMSG;
}

static int decode_amount(uint32_t word, struct iperf2_request *out)
{
	if (word & 0x80000000)
		out->centiseconds = -word;
	else
		out->bytes = word;
	return word ? 0 : -EBADMSG;
}

static void decode_extension(const uint8_t *in, uint32_t flags, struct iperf2_request *out)
{
	uint32_t upper = get32(in + UPPER) >> 16;

	out->extended = true;
	/* Type 1 is the extension of 2.0.10 and 2.0.13, whose rate 2.1.8 takes for garbage; so do
	 * we. */
	if (get32(in + TYPE) == 1)
		return;
	out->rate = get32(in + RATE_LOW) | (uint64_t)(get32(in + RATE_HIGH) >> 8) << 32;
	out->same_connection |= (flags & VERSION2) && (upper & (UPPER_REVERSE | UPPER_DUPLEX));
}

int iperf2_request_decode(const uint8_t *in, size_t len, bool udp, struct iperf2_request *out)
{
	*out = (struct iperf2_request){ 0 };
	if (len < IPERF2_HEADER)
		return -EAGAIN;
	uint32_t flags = get32(in + FLAGS), port = get32(in + PORT);
	if (flags & VERSION1 && !(flags & VERSION2)) /* 2.1.x: VERSION2 wins over VERSION1 */
		out->back = flags & RUN_NOW ? BACK_TOGETHER : BACK_AFTER;
	out->wide_ids = flags & SEQNO64B;
	out->wants_reply = flags & V2PEERDETECT;
	out->same_connection = flags & BOUNCEBACK;
	out->threads = get32(in + THREADS);
	out->length = get32(in + BUFFER);
	out->port = (uint16_t)port;
	if (udp && !(flags & EXTEND))
		out->rate = get32(in + WINBAND);
	/* 2.0.10 leaves pattern bytes here, 0x36373839: no window that anybody asks for. */
	if (!udp && get32(in + WINBAND) <= WINDOW_MOST)
		out->window = get32(in + WINBAND);
	out->uncopied = !udp && flags & UNCOPIED;
	if (out->threads > THREADS_MOST || port > UINT16_MAX || out->length > LENGTH_MOST)
		return -EBADMSG;
	if (out->back != BACK_NONE && !port)
		return -EBADMSG;
	if ((flags & (EXTEND | VERSION2)) && len >= IPERF2_EXTENDED)
		decode_extension(in, flags, out);
	return decode_amount(get32(in + AMOUNT), out);
}

void iperf2_header_ack(uint8_t out[IPERF2_HEADER_ACK])
{
	memset(out, 0, IPERF2_HEADER_ACK);
	put32(out, 2); /* type: header ack */
	put32(out + 4, IPERF2_HEADER_ACK);
	put32(out + 12, 0x00020001);
	put32(out + 16, 0x00080003);
}

/* The word alone cannot be the pattern ("0123"), zeros or a flag word of stock's; the rest must be
 * a whole request as well. */
bool iperf2_is_uncopied(const uint8_t *in, size_t len)
{
	struct iperf2_request request;

	return len >= IPERF2_HEADER && get32(in + FLAGS) == UNCOPIED &&
	       !iperf2_request_decode(in, len, false, &request) && request.threads == 1;
}

void iperf2_uncopied_ack(uint8_t out[IPERF2_HEADER_ACK])
{
	iperf2_header_ack(out);
	put32(out + 8, UNCOPIED);
}

bool iperf2_is_uncopied_ack(const uint8_t *in, size_t len)
{
	return len >= IPERF2_HEADER_ACK && get32(in) == 2 && get32(in + 4) == IPERF2_HEADER_ACK &&
	       get32(in + 8) == UNCOPIED;
}

size_t iperf2_datagram_bytes(enum iperf2_layout layout)
{
	return layout == IPERF2_TWELVE ? 12 : 16;
}

void iperf2_datagram_encode(const struct iperf2_datagram *datagram, enum iperf2_layout layout,
			    bool wide_ids, uint8_t *out)
{
	uint64_t id = datagram->fin ? -datagram->id : datagram->id;

	put32(out, (uint32_t)id);
	put32(out + 4, (uint32_t)(datagram->sent_us / 1000000));
	put32(out + 8, (uint32_t)(datagram->sent_us % 1000000));
	/* A FIN without 64-bit ids has a zero high half: 2.0.13 to 2.2.1 then read 32 bits of two's
	 * complement. */
	if (layout == IPERF2_SIXTEEN)
		put32(out + 12, wide_ids ? (uint32_t)(id >> 32) : 0);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Up to 2.0.9 and since 2.0.13 a FIN is minus its number; 2.0.10 sets the top bit of it. The number
 * is near the id that should come next, which tells the two apart. */
static uint64_t fin_id(uint32_t low, uint32_t high, bool has_high, uint64_t expected)
{
	uint64_t negated = (uint32_t)-low, cleared = low & INT32_MAX;

	if (has_high && high >> 31 && high != 0x80000000)
		return -((uint64_t)high << 32 | low);
	return distance(cleared, expected) < distance(negated, expected) ? cleared : negated;
}

int iperf2_datagram_decode(const uint8_t *in, size_t len, enum iperf2_layout layout, bool wide_ids,
			   uint64_t expected, struct iperf2_datagram *out)
{
	if (len < iperf2_datagram_bytes(layout))
		return -EBADMSG;
	uint32_t low = get32(in), high = layout == IPERF2_SIXTEEN ? get32(in + 12) : 0;
	bool negative = wide_ids ? high >> 31 : low >> 31;
	/* A receiver that was told of 64-bit ids still meets a FIN of 32 bits: all senders of ours
	 * and 2.0.10. */
	if (wide_ids && !high && low >> 31)
		negative = distance(low, expected) > INT32_MAX / 2;
	out->fin = negative;
	out->sent_us = get32(in + 4) * 1000000ull + get32(in + 8);
	if (negative)
		out->id = fin_id(low, high, layout == IPERF2_SIXTEEN, expected);
	else
		out->id = wide_ids ? (uint64_t)high << 32 | low : low;
	return 0;
}

static bool looks_like_request(const uint8_t *in, size_t len)
{
	struct iperf2_request request;

	return !iperf2_request_decode(in, len, true, &request) && request.threads && request.port;
}

int iperf2_first_datagram(const uint8_t *in, size_t len, enum iperf2_layout *layout,
			  struct iperf2_request *request)
{
	*request = (struct iperf2_request){ 0 };
	*layout = IPERF2_SIXTEEN;
	if (len < 12)
		return -EBADMSG;
	uint32_t at12 = len >= 16 ? get32(in + 12) : 0, at16 = len >= 20 ? get32(in + 16) : 0;
	if (len >= 16 + IPERF2_HEADER && at16 & (VERSION1 | EXTEND | SEQNO64B) &&
	    looks_like_request(in + 16, len - 16)) {
		int err = iperf2_request_decode(in + 16, len - 16, true, request);
		request->wide_ids &= at12 ==
				     0; /* 2.0.13 -r claims 64 bits and leaves a pattern there */
		return err;
	}
	if (len >= 12 + IPERF2_HEADER &&
	    (at12 == 0 || at12 == VERSION1 || at12 == (VERSION1 | RUN_NOW)) && at16 &&
	    looks_like_request(in + 12, len - 12)) {
		*layout = IPERF2_TWELVE;
		return iperf2_request_decode(in + 12, len - 12, true, request);
	}
	if (len < 16)
		*layout = IPERF2_TWELVE;
	request->wide_ids = at16 == SEQNO64B && !at12; /* 2.0.13, plain */
	return 0;
}
