/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4) of the reader's own, so that a mistake in the writer's hash cannot hide
 * itself here. The constants are those of the standard: the first 32 bits of the fractional parts
 * of the cube roots (round) and square roots (start) of the first primes.
 */
#include <string.h>

#include "lab/verify/sha256.h"

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t turn(uint32_t word, unsigned bits)
{
	return word >> bits | word << (32 - bits);
}

static void spread_words(const uint8_t block[64], uint32_t words[64])
{
	for (size_t i = 0; i < 16; i++)
		words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
			   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = words[i - 15], b = words[i - 2];

		words[i] = words[i - 16] + words[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
			   (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
}

/* The working variables a to h of round i: each moves on by one from round to round, so the names
 * do and the values stay. */
static uint32_t *variable(uint32_t v[8], size_t i, size_t name)
{
	return &v[(name - i) % 8];
}

static void take_block(struct sha256 *sha, const uint8_t block[64])
{
	uint32_t words[64], v[8];

	spread_words(block, words);
	memcpy(v, sha->state, sizeof(v));
	for (size_t i = 0; i < 64; i++) {
		uint32_t a = *variable(v, i, 0), b = *variable(v, i, 1), c = *variable(v, i, 2),
			 e = *variable(v, i, 4), f = *variable(v, i, 5), g = *variable(v, i, 6);
		uint32_t first = *variable(v, i, 7) + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
				 ((e & f) ^ (~e & g)) + round_constants[i] + words[i];
		uint32_t second =
			(turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));

		*variable(v, i, 3) += first;
		*variable(v, i, 7) = first + second; /* the next round's a */
	}
	for (size_t i = 0; i < 8; i++)
		sha->state[i] += v[i];
}

void sha256_begin(struct sha256 *sha)
{
	*sha = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void sha256_add(struct sha256 *sha, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (; len; len--) {
		sha->block[sha->bytes++ % 64] = *at++;
		if (!(sha->bytes % 64))
			take_block(sha, sha->block);
	}
}

void sha256_end(struct sha256 *sha, uint8_t out[32])
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = sha->bytes * 8;
	uint8_t length[8];

	for (size_t i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(sha, padding, 1 + (119 - sha->bytes % 64) % 64);
	sha256_add(sha, length, sizeof(length));
	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_hex(const uint8_t sum[32], char out[65])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 64; i++)
		out[i] = digits[sum[i / 2] >> (i % 2 ? 0 : 4) & 15];
	out[64] = '\0';
}

void sha256_chain(uint8_t head[32], const char *line, size_t len)
{
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, head, 32);
	sha256_add(&sha, line, len);
	sha256_end(&sha, head);
}
