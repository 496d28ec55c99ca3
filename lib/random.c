/* SPDX-License-Identifier: MIT */
/* Two generators whose sequences are the same on every machine. */
#include "lib/lib.h"

#include <string.h>

/* ---- xoshiro256** 1.0 (Blackman and Vigna 2018, prng.di.unimi.it), seeded through splitmix64 ----
 */

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void random_seed(struct random *random, uint64_t seed)
{
	for (size_t i = 0; i < COUNT_OF(random->state); i++)
		random->state[i] = splitmix(&seed);
}

static uint64_t rotate_left(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

uint64_t random_next(struct random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9, shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	/* Lemire 2019: the high half of a product is uniform once the few surplus low halves are
	 * refused. */
	uint64_t surplus = -bound % bound;
	unsigned __int128 product;

	do
		product = (unsigned __int128)random_next(random) * bound;
	while ((uint64_t)product < surplus);
	return (uint64_t)(product >> 64);
}

void random_fill(struct random *random, void *out, size_t len)
{
	uint8_t *at = out;

	while (len) {
		uint64_t word = random_next(random);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(at, &word, n);
		at += n;
		len -= n;
	}
}

/* ---- MT19937-64 (Matsumoto and Nishimura, mt19937-64.c of 2004) ---- */

enum { STATE = 312, MIDDLE = 156 };

static void mersenne_seed(struct mersenne *mersenne, uint64_t seed)
{
	uint64_t *s = mersenne->state;

	s[0] = seed;
	for (uint64_t i = 1; i < STATE; i++)
		s[i] = 6364136223846793005ull * (s[i - 1] ^ (s[i - 1] >> 62)) + i;
	mersenne->at = STATE;
}

static size_t wrapped(uint64_t *s, size_t i)
{
	if (i < STATE)
		return i;
	s[0] = s[STATE - 1];
	return 1;
}

void mersenne_seed_array(struct mersenne *mersenne, const uint64_t *key, size_t len)
{
	uint64_t *s = mersenne->state;
	size_t i = 1, j = 0;

	mersenne_seed(mersenne, 19650218);
	for (size_t k = len > STATE ? len : STATE; k; k--) {
		s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 62)) * 3935559000370003845ull)) + key[j] +
		       j;
		i = wrapped(s, i + 1);
		j = j + 1 < len ? j + 1 : 0;
	}
	for (size_t k = STATE - 1; k; k--) {
		s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 62)) * 2862933555777941757ull)) - i;
		i = wrapped(s, i + 1);
	}
	s[0] = 1ull << 63;
}

static void refill(struct mersenne *mersenne)
{
	uint64_t *s = mersenne->state;

	for (size_t i = 0; i < STATE; i++) {
		uint64_t x = (s[i] & 0xffffffff80000000) | (s[(i + 1) % STATE] & 0x7fffffff);

		s[i] = s[(i + MIDDLE) % STATE] ^ (x >> 1) ^ (x & 1 ? 0xb5026f5aa96619e9 : 0);
	}
	mersenne->at = 0;
}

uint64_t mersenne_next(struct mersenne *mersenne)
{
	uint64_t x;

	if (mersenne->at >= STATE)
		refill(mersenne);
	x = mersenne->state[mersenne->at++];
	x ^= (x >> 29) & 0x5555555555555555;
	x ^= (x << 17) & 0x71d67fffeda60000;
	x ^= (x << 37) & 0xfff7eee000000000;
	return x ^ (x >> 43);
}
