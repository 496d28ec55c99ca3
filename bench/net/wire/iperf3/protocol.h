/* SPDX-License-Identifier: MIT */
/*
 * The wire format of iperf 3 (3.12 to 3.18), pure: bytes to structs and back, which state may
 * follow which, and the receiver's accounting. No sockets, no clock, no memory of its own.
 *
 * A control connection (TCP) carries single state bytes, and JSON behind a length in two of the
 * states; every data connection begins with the test's cookie. Source: iperf 3's iperf_api.[ch],
 * iperf_udp.c, and captures between 3.12 and between 3.18.
 */
#ifndef ASSAY_IPERF3_H
#define ASSAY_IPERF3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IPERF3_PORT = 5201,
	IPERF3_COOKIE = 37,   /* 36 characters of a-z2-7 and the end */
	IPERF3_STREAMS = 128, /* -P; with --bidir as many each way */
	IPERF3_SIDES = 2 * IPERF3_STREAMS,
	IPERF3_BLOCK = 128 * 1024, /* -l of TCP when nobody says */
	IPERF3_BLOCK_MOST = 1 << 20,
	IPERF3_DATAGRAM_LEAST = 16,
	IPERF3_DATAGRAM_MOST = 65507,
	IPERF3_HEADER = 12, /* of a datagram; 16 with 64-bit counters */
	IPERF3_HEADER_WIDE = 16,
	IPERF3_UDP_RATE = 1 << 20, /* bit/s of -u without -b */
	IPERF3_PARAMS_MOST = 8192, /* 3.18's limit */
	IPERF3_RESULTS_MOST = 1 << 20,
};

/* One signed byte. */
enum iperf3_state {
	STATE_TEST_START = 1,
	STATE_TEST_RUNNING = 2,
	STATE_TEST_END = 4,
	STATE_PARAM_EXCHANGE = 9,
	STATE_CREATE_STREAMS = 10,
	STATE_SERVER_TERMINATE = 11,
	STATE_CLIENT_TERMINATE = 12,
	STATE_EXCHANGE_RESULTS = 13,
	STATE_DISPLAY_RESULTS = 14,
	STATE_IPERF_DONE = 16,
	STATE_ACCESS_DENIED = -1,
	STATE_SERVER_ERROR = -2, /* two big-endian words follow: iperf's error, errno */
};
/* Of iperf's errors those that we tell a client (iperf_api.h). */
enum iperf3_error {
	IPERF3_EUNIMP = 13,
	IPERF3_ESENDRESULTS = 116,
	IPERF3_ERECVPARAMS = 114,
	IPERF3_ERECVRESULTS = 117,
	IPERF3_EINITSTREAM = 201,
	IPERF3_ESTREAMACCEPT = 204,
};

/* Where a test stands; the same steps at both ends. */
enum iperf3_step {
	STEP_GREETED, /* the cookie has been sent */
	STEP_PARAMS,
	STEP_STREAMS,
	STEP_STARTED,
	STEP_RUNNING,
	STEP_RESULTS,
	STEP_SHOWN,
	STEP_OVER,
};
/* What a server's (client's) byte does to the other end's test: 0 and *step, or
 * -EPROTO: that byte is none, or has no place here; -EBUSY (access denied); -EREMOTEIO (server
 * error); -ECONNABORTED (the other end was interrupted). */
int iperf3_client_follow(enum iperf3_step *step, int8_t byte);
int iperf3_server_follow(enum iperf3_step *step, int8_t byte);

void iperf3_cookie_make(const uint8_t random[IPERF3_COOKIE - 1], char out[IPERF3_COOKIE]);
/* A cookie as stock makes it, or any 36 printable characters and the end. */
bool iperf3_cookie_ok(const char cookie[IPERF3_COOKIE]);
/* The second stream's number is 3: stock skips 2. */
int iperf3_stream_id(unsigned index);
/* The length in front of JSON: 2 to most, else -EMSGSIZE. */
int iperf3_message_length(const uint8_t in[4], size_t most, size_t *len);

/* ---- UDP ---- */

/* The first datagram of a stream, and its answer: host order, little-endian on all that run. */
#define IPERF3_UDP_HELLO      0x36373839u
#define IPERF3_UDP_ANSWER     0x39383736u
#define IPERF3_UDP_ANSWER_OLD 987654321u
void iperf3_hello_encode(uint32_t word, uint8_t out[4]);
/* A datagram of exactly four bytes with one of the two answers. */
bool iperf3_answer_ok(const uint8_t *in, size_t len);

struct iperf3_datagram {
	uint64_t sequence; /* from 1 */
	uint64_t sent_us;  /* the sender's clock of its own choice */
};
void iperf3_datagram_encode(const struct iperf3_datagram *datagram, bool wide, uint8_t *out);
/* -EBADMSG: too short, a sequence of 0, or no microseconds. */
int iperf3_datagram_decode(const uint8_t *in, size_t len, bool wide, struct iperf3_datagram *out);

/* The receiver's accounting as stock does it; duplicates are told apart beside it, within a window.
 */
enum { IPERF3_WINDOW = 4096 };
struct iperf3_count {
	uint64_t packets; /* highest sequence */
	uint64_t received, lost, out_of_order, duplicates, malformed;
	bool has_transit;
	double transit_us, jitter_us;
	uint64_t seen[IPERF3_WINDOW / 64];
};
void iperf3_count_add(struct iperf3_count *count, const struct iperf3_datagram *datagram,
		      uint64_t received_us);

#endif
