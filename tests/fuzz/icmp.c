/* SPDX-License-Identifier: MIT */
/* What a socket hands us as ICMP. clang -fsanitize=fuzzer,address,undefined. */
#include "bench/net/wire/icmp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* In all forms in which a packet comes: IPv6 or not, with its IPv4 header or without. */
static void replies(const uint8_t *data, size_t len)
{
	struct icmp_echo echo;

	for (int how = 0; how < 4; how++)
		if (!icmp_reply(data, len, how & 1, how & 2, &echo) &&
		    echo.data_bytes + ICMP_HEADER > len)
			abort();
}

/* A request made of the input is no reply; turned into one, it reads back as what was written. */
static void there_and_back(const uint8_t *data, size_t len)
{
	static uint8_t packet[ICMP_HEADER + 512];
	struct icmp_echo echo = { .data_bytes = len % 512 }, again;

	if (len < 12)
		return;
	memcpy(&echo.id, data, 2);
	memcpy(&echo.sequence, data + 2, 2);
	if (echo.data_bytes >= ICMP_COOKIE)
		memcpy(&echo.cookie, data + 4, 8);
	size_t made = icmp_request(&echo, true, packet);
	if (made != ICMP_HEADER + echo.data_bytes || !icmp_reply(packet, made, true, false, &again))
		abort();
	packet[0] = 129;
	if (icmp_reply(packet, made, true, false, &again) || again.id != echo.id ||
	    again.sequence != echo.sequence || again.cookie != echo.cookie ||
	    again.data_bytes != echo.data_bytes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	replies(copy, len);
	there_and_back(copy, len);
	free(copy);
	return 0;
}
