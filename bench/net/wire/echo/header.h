/* SPDX-License-Identifier: MIT */
/*
 * What net.rr and its partner say to each other before and after the transactions, pure. All of it
 * is one block of ECHO_HEADER bytes, over TCP and UDP alike; between them the bytes are data.
 *
 * TCP: HELLO; READY; then the client sends requests of `request` bytes, one or many at a time, and
 * gets `response` bytes for each, in order; it closes its side; DONE with how many the server
 * answered; the server closes.
 *
 * UDP: HELLO without a cookie; CHALLENGE, which is no longer than the HELLO, with a cookie that
 * only the owner of the sender's address can know; HELLO with it; READY; requests and responses, a
 * datagram each; BYE; DONE. Who has not shown its cookie never gets more bytes than it sent.
 *
 * The first bytes of a response (at most ECHO_TAG) are those of its request: there the client
 * counts.
 */
#ifndef ASSAY_ECHO_HEADER_H
#define ASSAY_ECHO_HEADER_H

#include <stddef.h>
#include <stdint.h>

enum { ECHO_PORT = 5211, ECHO_HEADER = 32, ECHO_VERSION = 1, ECHO_TAG = 4 };
enum { ECHO_TCP_MOST = 1 << 20, ECHO_UDP_MOST = 65000 }; /* bytes of a request, of a response */

enum echo_kind {
	ECHO_HELLO = 1,
	ECHO_CHALLENGE,
	ECHO_READY,
	ECHO_BYE,
	ECHO_DONE,
	ECHO_REFUSED,
};
enum echo_refusal { ECHO_NOT_REFUSED, ECHO_OTHER_VERSION, ECHO_BAD_SIZE, ECHO_BUSY };

struct echo_header {
	enum echo_kind kind;
	enum echo_refusal refusal;
	uint32_t request, response; /* bytes */
	uint64_t cookie;
	uint64_t count; /* DONE: requests that were answered */
};

void echo_encode(const struct echo_header *header, uint8_t out[ECHO_HEADER]);
/* -EBADMSG: not of this protocol; -EPROTONOSUPPORT: another version of it; -EMSGSIZE: sizes beyond
 * the limits or zero. */
int echo_decode(const uint8_t *in, size_t len, struct echo_header *out);
/* The errno of a refusal: -EPROTONOSUPPORT, -EMSGSIZE, -EBUSY. */
int echo_refusal_error(enum echo_refusal refusal);

/* The low bytes of a transaction's number, at the start of its request and of its response. */
void echo_tag_write(uint8_t *data, size_t len, uint32_t number);
/* How many bits of the number came back, in *number: 8 for each byte up to ECHO_TAG. */
unsigned echo_tag_read(const uint8_t *data, size_t len, uint32_t *number);

#endif
