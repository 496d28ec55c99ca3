/* SPDX-License-Identifier: MIT */
/* ICMP echo: see icmp.h. */
#include "bench/net/wire/icmp.h"

#include "bench/net/wire/words.h"

#include <errno.h>
#include <string.h>

enum { REQUEST_FOUR = 8, REPLY_FOUR = 0, REQUEST_SIX = 128, REPLY_SIX = 129, PROTOCOL_ICMP = 1 };

uint16_t icmp_checksum(const uint8_t *in, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)in[i] << 8 | in[i + 1];
	if (len % 2)
		sum += (uint32_t)in[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t icmp_request(const struct icmp_echo *echo, bool six, uint8_t *out)
{
	size_t len = ICMP_HEADER + echo->data_bytes;
	uint8_t *data = out + ICMP_HEADER;

	memset(out, 0, ICMP_HEADER);
	out[0] = six ? REQUEST_SIX : REQUEST_FOUR;
	put32(out + 4, (uint32_t)echo->id << 16 | echo->sequence);
	for (size_t i = 0; i < echo->data_bytes; i++)
		data[i] = (uint8_t)i;
	if (echo->data_bytes >= ICMP_COOKIE) {
		put32(data, (uint32_t)(echo->cookie >> 32));
		put32(data + 4, (uint32_t)echo->cookie);
	}
	uint16_t sum = six ? 0 : icmp_checksum(out, len);
	out[2] = (uint8_t)(sum >> 8);
	out[3] = (uint8_t)sum;
	return len;
}

/* The bytes of the IPv4 header; 0 when it is none or carries something else than ICMP. */
static size_t ip_header_bytes(const uint8_t *in, size_t len)
{
	if (len < 20 || in[0] >> 4 != 4 || in[9] != PROTOCOL_ICMP)
		return 0;
	size_t bytes = (size_t)(in[0] & 15) * 4;
	return bytes >= 20 && bytes <= len ? bytes : 0;
}

int icmp_reply(const uint8_t *in, size_t len, bool six, bool has_ip_header, struct icmp_echo *out)
{
	*out = (struct icmp_echo){ 0 };
	if (has_ip_header) {
		size_t bytes = ip_header_bytes(in, len);
		if (!bytes)
			return -EBADMSG;
		out->hop_limit = in[8];
		in += bytes;
		len -= bytes;
	}
	if (len < ICMP_HEADER || in[0] != (six ? REPLY_SIX : REPLY_FOUR) || in[1])
		return -EBADMSG;
	if (!six && icmp_checksum(in, len))
		return -EBADMSG;
	out->id = (uint16_t)(in[4] << 8 | in[5]);
	out->sequence = (uint16_t)(in[6] << 8 | in[7]);
	out->data_bytes = len - ICMP_HEADER;
	if (out->data_bytes >= ICMP_COOKIE)
		out->cookie = (uint64_t)get32(in + 8) << 32 | get32(in + 12);
	return 0;
}
