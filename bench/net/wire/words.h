/* SPDX-License-Identifier: MIT */
/* Big-endian words, as all protocols of the stock network tools have them, at any alignment. */
#ifndef ASSAY_WORDS_H
#define ASSAY_WORDS_H

#include <stdint.h>

static inline uint32_t get32(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline void put32(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
}

static inline uint64_t get64(const uint8_t *in)
{
	return (uint64_t)get32(in) << 32 | get32(in + 4);
}

static inline void put64(uint8_t *out, uint64_t value)
{
	put32(out, (uint32_t)(value >> 32));
	put32(out + 4, (uint32_t)value);
}

#endif
