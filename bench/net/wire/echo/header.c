/* SPDX-License-Identifier: MIT */
/* The blocks of the echo service: see header.h. */
#include "bench/net/wire/echo/header.h"

#include "bench/net/wire/words.h"

#include <errno.h>

enum { MAGIC = 0x61456368 }; /* "aEch" */

void echo_encode(const struct echo_header *header, uint8_t out[ECHO_HEADER])
{
	put32(out, MAGIC);
	put32(out + 4, (uint32_t)ECHO_VERSION << 24 | (uint32_t)header->kind << 16 |
			       (uint32_t)header->refusal << 8);
	put32(out + 8, header->request);
	put32(out + 12, header->response);
	put64(out + 16, header->cookie);
	put64(out + 24, header->count);
}

int echo_decode(const uint8_t *in, size_t len, struct echo_header *out)
{
	*out = (struct echo_header){ 0 };
	if (len != ECHO_HEADER || get32(in) != MAGIC)
		return -EBADMSG;
	if (in[4] != ECHO_VERSION)
		return -EPROTONOSUPPORT;
	if (in[5] < ECHO_HELLO || in[5] > ECHO_REFUSED || in[6] > ECHO_BUSY || in[7])
		return -EBADMSG;
	if ((in[5] == ECHO_REFUSED) != (in[6] != ECHO_NOT_REFUSED))
		return -EBADMSG;
	*out = (struct echo_header){
		.kind = in[5],
		.refusal = in[6],
		.request = get32(in + 8),
		.response = get32(in + 12),
		.cookie = get64(in + 16),
		.count = get64(in + 24),
	};
	if (!out->request || out->request > ECHO_TCP_MOST || !out->response ||
	    out->response > ECHO_TCP_MOST)
		return -EMSGSIZE;
	return 0;
}

int echo_refusal_error(enum echo_refusal refusal)
{
	switch (refusal) {
	case ECHO_OTHER_VERSION:
		return -EPROTONOSUPPORT;
	case ECHO_BAD_SIZE:
		return -EMSGSIZE;
	case ECHO_BUSY:
		return -EBUSY;
	case ECHO_NOT_REFUSED:
		break;
	}
	return -EBADMSG;
}

void echo_tag_write(uint8_t *data, size_t len, uint32_t number)
{
	for (size_t i = 0; i < len && i < ECHO_TAG; i++)
		data[i] = (uint8_t)(number >> 8 * i);
}

unsigned echo_tag_read(const uint8_t *data, size_t len, uint32_t *number)
{
	unsigned bits = 0;

	*number = 0;
	for (size_t i = 0; i < len && i < ECHO_TAG; i++, bits += 8)
		*number |= (uint32_t)data[i] << bits;
	return bits;
}
