/* SPDX-License-Identifier: MIT */
/*
 * The order in which iozone's random tests visit a file's records: each once, and the same in every
 * run. iozone 3.489 keeps it in a table, and so do we where memory allows; a file of more records
 * has a permutation that is computed as it goes, and its order is then not iozone's.
 */
#ifndef ASSAY_ENGINE_IOZONE_ORDER_H
#define ASSAY_ENGINE_IOZONE_ORDER_H

#include "lib/lib.h"

enum { ORDER_ROUNDS = 4 };

struct order {
	uint32_t *table; /* NULL: computed */
	uint64_t count;
	unsigned half_bits; /* of the power of four that holds count */
	uint64_t key[ORDER_ROUNDS];
};

/* The most records whose order is iozone's own: 4 bytes each, in an eighth of the memory. */
uint64_t order_exact_records(uint64_t memory_bytes);
/* -ENOMEM when the table does not fit although count <= exact. */
int order_begin(struct order *order, uint64_t count, uint64_t exact);
void order_end(struct order *order);

uint64_t order_compute(const struct order *order, uint64_t operation);

/* The record that the operation of this number visits. */
static inline uint64_t order_at(const struct order *order, uint64_t operation)
{
	return order->table ? order->table[operation] : order_compute(order, operation);
}

#endif
