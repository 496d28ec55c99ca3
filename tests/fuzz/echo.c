/* SPDX-License-Identifier: MIT */
/* What strangers and partners of the echo service send. clang -fsanitize=fuzzer,address,undefined.
 */
#include "bench/net/wire/echo/header.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is taken for a block is in its limits, and means the same when it is written again. */
static void blocks(const uint8_t *data, size_t len)
{
	struct echo_header header, again;
	uint8_t out[ECHO_HEADER];

	if (echo_decode(data, len, &header))
		return;
	if (!header.request || header.request > ECHO_TCP_MOST || !header.response ||
	    header.response > ECHO_TCP_MOST)
		abort();
	if ((header.kind == ECHO_REFUSED) != (header.refusal != ECHO_NOT_REFUSED))
		abort();
	echo_encode(&header, out);
	if (memcmp(out, data, len) || echo_decode(out, sizeof(out), &again) ||
	    memcmp(&header, &again, sizeof(header)))
		abort();
}

static void tags(const uint8_t *data, size_t len)
{
	uint8_t out[ECHO_TAG] = { 0 };
	uint32_t number, again;
	unsigned bits = echo_tag_read(data, len, &number);

	if (bits > 32)
		abort();
	echo_tag_write(out, bits / 8, number);
	if (echo_tag_read(out, bits / 8, &again) != bits || again != number)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	blocks(copy, len);
	tags(copy, len);
	free(copy);
	return 0;
}
