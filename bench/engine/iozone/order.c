/* SPDX-License-Identifier: MIT */
/* The permutation: iozone's own, or a Feistel network where a table would be too large. */
#include "bench/engine/iozone/order.h"

#include <errno.h>
#include <stdlib.h>

/* iozone 3.489: MT19937-64 under this key, in every run. */
static const uint64_t iozone_key[] = { 0x12345, 0x23456, 0x34567, 0x45678 };

uint64_t order_exact_records(uint64_t memory_bytes)
{
	uint64_t records = memory_bytes / 8 / sizeof(uint32_t);

	return records < UINT32_MAX ? records : UINT32_MAX;
}

/* Fisher and Yates from the end. */
static void shuffle(uint32_t *table, uint64_t count)
{
	struct mersenne mersenne;

	mersenne_seed_array(&mersenne, iozone_key, COUNT_OF(iozone_key));
	for (uint64_t i = 0; i < count; i++)
		table[i] = (uint32_t)i;
	for (uint64_t i = count ? count - 1 : 0; i > 0; i--) {
		uint64_t j = mersenne_next(&mersenne) % (i + 1);
		uint32_t other = table[j];

		table[j] = table[i];
		table[i] = other;
	}
}

int order_begin(struct order *order, uint64_t count, uint64_t exact)
{
	struct random random;

	*order = (struct order){ .count = count, .half_bits = 1 };
	while (order->half_bits < 31 && 1ull << (2 * order->half_bits) < count)
		order->half_bits++;
	random_seed(&random, iozone_key[0]);
	for (int i = 0; i < ORDER_ROUNDS; i++)
		order->key[i] = random_next(&random);
	if (count > exact)
		return 0;
	order->table = malloc((count ? count : 1) * sizeof(*order->table));
	if (!order->table)
		return -ENOMEM;
	shuffle(order->table, count);
	return 0;
}

void order_end(struct order *order)
{
	free(order->table);
	order->table = NULL;
}

/* The finishing step of splitmix64: every bit of the number depends on every other. */
static uint64_t mix(uint64_t number)
{
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
	number = (number ^ number >> 27) * 0x94d049bb133111eb;
	return number ^ number >> 31;
}

static uint64_t permute(const struct order *order, uint64_t number)
{
	uint64_t mask = (1ull << order->half_bits) - 1, left = number >> order->half_bits,
		 right = number & mask;

	for (int i = 0; i < ORDER_ROUNDS; i++) {
		uint64_t next = left ^ (mix(right ^ order->key[i]) & mask);

		left = right;
		right = next;
	}
	return left << order->half_bits | right;
}

/* What falls outside is permuted again until it falls inside: at most four times on average, since
 * the network covers the next power of four. */
uint64_t order_compute(const struct order *order, uint64_t operation)
{
	do
		operation = permute(order, operation);
	while (operation >= order->count);
	return operation;
}
