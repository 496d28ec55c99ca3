/* SPDX-License-Identifier: MIT */
/* The order of the vectors, and the loops over them. */
#include "bench/engine/iozone/vectors.h"

#include <sys/uio.h>

enum { BUFFER = 16777216 };

static uint64_t length_of(uint64_t record_bytes, uint64_t count)
{
	uint64_t most = BUFFER / record_bytes;

	most = most > RECORDS_VECTOR_MOST ? RECORDS_VECTOR_MOST : most ? most : 1;
	return most < count ? most : count;
}

int vectors_begin(struct records *records)
{
	struct vectors *vectors = &records->vectors;
	size_t bytes;
	int err;

	vectors->records = length_of(records->record_bytes, records->count);
	bytes = vectors->records * records->record_bytes;
	err = pattern_begin(&vectors->pattern, records->pattern.kind, bytes,
			    records->pattern.stamp);
	return err ? err :
		     order_begin(&vectors->order, records->count / vectors->records,
				 order_exact_records(memory_bytes()));
}

void vectors_end(struct records *records)
{
	order_end(&records->vectors.order);
	pattern_end(&records->vectors.pattern);
}

uint64_t record_vector(struct records *records, uint64_t operation)
{
	const struct vectors *vectors = &records->vectors;
	uint64_t vector = operation / vectors->records;

	if (vector >= vectors->order.count)
		return operation;
	return order_at(&vectors->order, vector) * vectors->records + operation % vectors->records;
}

static inline int walk(struct records *records, int fd, uint64_t from, uint64_t to, bool writes)
{
	struct vectors *vectors = &records->vectors;
	struct iovec pieces[RECORDS_VECTOR_MOST];
	size_t bytes = records->record_bytes;
	int err = 0;

	for (records->done = from; records->done < to && !err;) {
		uint64_t left = records->count - records->done,
			 count = left < vectors->records ? left : vectors->records;
		uint8_t *base = writes ? pattern_next(&vectors->pattern) : records->buffer;
		off_t offset = (off_t)(record_vector(records, records->done) * bytes);

		for (uint64_t i = 0; i < count; i++)
			pieces[i] = (struct iovec){ base + i * bytes, bytes };
		err = records_moved(writes ? pwritev(fd, pieces, (int)count, offset) :
					     preadv(fd, pieces, (int)count, offset),
				    count * bytes);
		records->done += err ? 0 : count;
	}
	return err;
}

int walk_pwritev(struct records *records, int fd, uint64_t from, uint64_t to)
{
	return walk(records, fd, from, to, true);
}

int walk_preadv(struct records *records, int fd, uint64_t from, uint64_t to)
{
	return walk(records, fd, from, to, false);
}
