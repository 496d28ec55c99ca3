/* SPDX-License-Identifier: MIT */
/*
 * The wire format of iperf 2 (2.0.5 to 2.2.1), pure: bytes to structs and back, the receiver's
 * accounting and the sender's schedule. No sockets, no clock, no memory of its own.
 *
 * There is no control connection: the first bytes of the data carry the request. Every integer on
 * the wire is a big-endian 32-bit word. Source: iperf 2's include/payloads.h and src/ of these
 * versions, and captures between them; where versions differ the comment names them.
 *
 * Decoders take the bytes that arrived and their number; they never read further. Errors: -EAGAIN
 * (more bytes could change the answer), -EBADMSG (not of the format, or a value no iperf writes).
 */
#ifndef ASSAY_IPERF2_H
#define ASSAY_IPERF2_H

#include "lib/lib.h"

enum {
	IPERF2_PORT = 5001,
	IPERF2_HEADER = 24,	    /* client header, version 1 */
	IPERF2_EXTENDED = 60,	    /* with the extension of 2.1.x */
	IPERF2_HEADER_ROOM = 256,   /* the longest that a length field can name */
	IPERF2_DATAGRAM_LEAST = 64, /* what a UDP sender of ours needs; stock accepts less */
	IPERF2_HEADER_ACK = 28,
	IPERF2_ACK_ROOM = 1472,
	IPERF2_RATE = 1048576, /* bit/s of -u without -b: 1024*1024 */
};

/* Which of the two datagram headers: 12 bytes up to 2.0.9, 16 bytes (a high half of the id)
 * since 2.0.10. Nothing on the wire negotiates it. */
enum iperf2_layout { IPERF2_SIXTEEN, IPERF2_TWELVE };

enum iperf2_back { BACK_NONE, BACK_AFTER /* -r */, BACK_TOGETHER /* -d */ };

/* What a client asks for. */
struct iperf2_request {
	enum iperf2_back back;
	uint16_t port;	       /* where the client listens for the way back */
	uint32_t threads;      /* -P */
	uint32_t length;       /* -l when given, else 0 */
	uint64_t rate;	       /* bit/s of UDP; 0: the server's default */
	uint64_t bytes;	       /* -n; 0: by time */
	uint32_t centiseconds; /* -t in 1/100 s; 0 when bytes is set */
	bool wide_ids;	       /* UDP ids have 64 bits */
	bool extended;	       /* encode: write the 36-byte extension; decode: it was there */
	bool wants_reply;      /* -X: the client waits for a header ack before its data */
	uint64_t window; /* TCP: the client's -w; 0: not said (2.0.5 says it, 2.1.8 does not) */
	bool uncopied;	 /* ours alone, stock ignores it: see iperf2_uncopied_ack() */
	bool same_connection; /* -R, --full-duplex, bounce-back: answers on the same connection, not
				 served */
};

/* Writes IPERF2_HEADER bytes, or IPERF2_EXTENDED with request->extended; returns that number. `udp`
 * puts the rate where the layout's readers look for it (mWinBand up to 2.0.9, lRate of the
 * extension in 2.1). */
size_t iperf2_request_encode(const struct iperf2_request *request, bool udp, uint8_t *out);
/* What tells a server from 2.0.13 on, without a request, that the ids of a UDP test have 64 bits:
 * IPERF2_HEADER bytes behind the datagram header. */
void iperf2_wide_encode(uint8_t *out);
/* How many bytes a TCP server must read before data begins: 0 (no header to interpret: plain tests
 * of 2.0.x, -C), 24..255, or an error. Needs 4 bytes. */
ssize_t iperf2_header_length(const uint8_t *in, size_t len);
/* Decodes a whole header of iperf2_header_length() bytes. `udp`: mWinBand is a rate. */
int iperf2_request_decode(const uint8_t *in, size_t len, bool udp, struct iperf2_request *out);
/* The 28 bytes with which a 2.1 server answers -X. */
void iperf2_header_ack(uint8_t out[IPERF2_HEADER_ACK]);
/* Whether a plain client's first bytes are our request for a test without copying; a stock server
 * takes them for data, and so must ours when it is false. */
bool iperf2_is_uncopied(const uint8_t *in, size_t len);
/* The same 28 bytes with a flag: this server does not copy either. */
void iperf2_uncopied_ack(uint8_t out[IPERF2_HEADER_ACK]);
bool iperf2_is_uncopied_ack(const uint8_t *in, size_t len);

/* ---- datagrams ---- */

struct iperf2_datagram {
	uint64_t id; /* of a FIN: the number of the datagrams before it, plus the first id */
	bool fin;
	uint64_t sent_us; /* the sender's wall clock */
};

size_t iperf2_datagram_bytes(enum iperf2_layout layout);
/* Writes the datagram header; a FIN's id goes out negated, as each layout's versions do. */
void iperf2_datagram_encode(const struct iperf2_datagram *datagram, enum iperf2_layout layout,
			    bool wide_ids, uint8_t *out);
/* `expected` is the id that should come next: it tells 2.0.10's sign bit from a two's complement. */
int iperf2_datagram_decode(const uint8_t *in, size_t len, enum iperf2_layout layout, bool wide_ids,
			   uint64_t expected, struct iperf2_datagram *out);
/* Guesses the layout from a client's first datagram and decodes the request in it. A datagram
 * without a request (2.0.10 and later, plain test) gives an empty one and the 16-byte layout. */
int iperf2_first_datagram(const uint8_t *in, size_t len, enum iperf2_layout *layout,
			  struct iperf2_request *request);

/* ---- the receiver's report, sent in answer to a FIN ("AckFIN") ---- */

struct iperf2_report {
	uint64_t bytes, lost, out_of_order, datagrams;
	uint64_t duration_us, jitter_us;
};

/* Writes the answer to a FIN of fin_len bytes. Sixteen: 128 bytes, zeros around the report,
 * which 2.0.13 to 2.2.1 accept. Twelve: the FIN's header echoed and its length kept, which 2.0.5
 * and 2.0.6 expect. Returns the length, or -ENOSPC. */
ssize_t iperf2_report_encode(const struct iperf2_report *report, enum iperf2_layout layout,
			     const uint8_t *fin, size_t fin_len, uint8_t *out, size_t room);
/* -EAGAIN: not a report but the early header ack of 2.0.10 and 2.0.13 (drop it and wait on). */
int iperf2_report_decode(const uint8_t *in, size_t len, struct iperf2_report *out);
/* Whether a report can be one of `sent` datagrams of `length` bytes sent within elapsed_us; UDP
 * answers can come from anybody, and garbage may have the right bit. */
bool iperf2_report_plausible(const struct iperf2_report *report, uint64_t sent, size_t length,
			     uint64_t elapsed_us);
/* Puts right what a known server bug makes absurd (2.0.10 answers a loss near 2^31 to a two's
 * complement FIN) for a sender of so many datagrams. True when something was changed. */
bool iperf2_report_repair(struct iperf2_report *report, uint64_t sent, size_t length);

/* A stock server reads 1470 bytes of a datagram (its own -l) and counts no more: puts the bytes
 * right and returns how many of each datagram were counted; 0: all. */
size_t iperf2_report_mend_bytes(struct iperf2_report *report, size_t length);

/* ---- the receiver's accounting ---- */

enum {
	IPERF2_WINDOW = 4096
}; /* how far back a duplicate is told from a late one; a power of two */
struct iperf2_count {
	bool started, finished, base_zero;
	uint64_t last;	   /* highest id so far */
	uint64_t received; /* datagrams that count, duplicates included */
	uint64_t bytes, gaps, late, duplicates;
	uint64_t tail; /* of the gaps: what is missing between the last of data and the FIN */
	double jitter_us, transit_us;
	uint64_t first_ns, last_ns;
	uint64_t seen[IPERF2_WINDOW / 64];
	struct histogram variation; /* ns: RFC 3550's |D(i-1,i)|, of which the jitter is a mean */
};
/* Takes in one datagram that arrived at received_ns (any steady clock) with len bytes. The jitter
 * is RFC 3550's, from the differences of arrival and sending time, started at 0 by the first
 * datagram. */
void iperf2_count_add(struct iperf2_count *count, const struct iperf2_datagram *datagram,
		      uint64_t received_ns, size_t len);
uint64_t iperf2_count_expected(const struct iperf2_count *count);
uint64_t iperf2_count_lost(const struct iperf2_count *count);
/* As stock reports it: total = highest id, lost = gaps repaired by what came late; duplicates are
 * out of order. */
void iperf2_count_report(const struct iperf2_count *count, struct iperf2_report *out);

/* ---- the sender's schedule ---- */

/* Datagram k is due at start + k * gap: absolute, so that errors of sleeping do not add up. */
struct iperf2_pace {
	uint64_t start_ns;
	double gap_ns;
	uint64_t sent;
	uint64_t slips; /* times the sender was so late that the schedule moved */
};
enum { IPERF2_DEBT_NS = 100000000 }; /* later than this is not made up by a burst */
void iperf2_pace_begin(struct iperf2_pace *pace, uint64_t now_ns, uint64_t rate, size_t length);
/* Nanoseconds until the next datagram is due; 0: it is due. */
uint64_t iperf2_pace_wait(struct iperf2_pace *pace, uint64_t now_ns);
/* How many are due by now, at least one and at most `most`; without a rate always `most`. */
unsigned iperf2_pace_due(const struct iperf2_pace *pace, uint64_t now_ns, unsigned most);

#endif
