/* SPDX-License-Identifier: MIT */
/* SHA-256 and a journal's chain, as the reader computes them. */
#ifndef ASSAY_VERIFY_SHA256_H
#define ASSAY_VERIFY_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};
void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t len);
void sha256_end(struct sha256 *sha, uint8_t out[32]);
void sha256_hex(const uint8_t sum[32], char out[65]);
/* h(n) = SHA-256(h(n-1) || line n without its newline); h(-1) is 32 zero bytes. In place. */
void sha256_chain(uint8_t head[32], const char *line, size_t len);

#endif
