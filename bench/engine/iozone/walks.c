/* SPDX-License-Identifier: MIT */
/* The timed loops. Each has its own, with no call through a pointer in it. */
#include "bench/engine/iozone/walks.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int records_moved(ssize_t n, size_t wanted)
{
	return n < 0 ? -errno : (size_t)n < wanted ? -EIO : 0;
}

static inline int read_next(struct records *records, int fd)
{
	return transfer_read(&records->failed, fd, records->buffer, records->record_bytes);
}

static inline int write_next(struct records *records, int fd)
{
	return transfer_write(&records->failed, fd, pattern_next(&records->pattern),
			      records->record_bytes);
}

static inline int seek_to(struct records *records, int fd, uint64_t record)
{
	return lseek(fd, (off_t)(record * records->record_bytes), SEEK_SET) < 0 ? -errno : 0;
}

/* ---- which record ---- */

uint64_t record_forward(struct records *records, uint64_t operation)
{
	(void)records;
	return operation;
}

uint64_t record_random(struct records *records, uint64_t operation)
{
	return order_at(&records->order, operation);
}

uint64_t record_backward(struct records *records, uint64_t operation)
{
	return records->count - 1 - operation;
}

uint64_t record_first(struct records *records, uint64_t operation)
{
	(void)records, (void)operation;
	return 0;
}

/* iozone's wrap: a record within two of the last one is not reached by a step; where a step would
 * go beyond, the next row begins one record further than the last. A file of no more records than a
 * stride is only ever read at its start. */
static inline void step(struct records *records)
{
	struct stride_walk *at = &records->stride;

	at->operation++;
	if (at->record + records->stride_records + 2 < records->count) {
		at->record += records->stride_records;
		return;
	}
	at->wraps++;
	at->record = records->count <= records->stride_records ? 0 : at->wraps % records->count;
}

uint64_t record_stride(struct records *records, uint64_t operation)
{
	if (operation < records->stride.operation)
		records->stride = (struct stride_walk){ 0 };
	while (records->stride.operation < operation)
		step(records);
	return records->stride.record;
}

/* ---- by the file's own position ---- */

int walk_write(struct records *records, int fd, uint64_t from, uint64_t to)
{
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err)
		err = write_next(records, fd);
	return err;
}

int walk_read(struct records *records, int fd, uint64_t from, uint64_t to)
{
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err)
		err = read_next(records, fd);
	return err;
}

int walk_random_read(struct records *records, int fd, uint64_t from, uint64_t to)
{
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err) {
		err = seek_to(records, fd, order_at(&records->order, records->done));
		err = err ? err : read_next(records, fd);
	}
	return err;
}

int walk_random_write(struct records *records, int fd, uint64_t from, uint64_t to)
{
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err) {
		err = seek_to(records, fd, order_at(&records->order, records->done));
		err = err ? err : write_next(records, fd);
	}
	return err;
}

/* iozone looks at the file and seeks to its end when the clock already runs; its last seek goes
 * before the file's start and is refused. */
int walk_backward(struct records *records, int fd, uint64_t from, uint64_t to)
{
	off_t record = (off_t)records->record_bytes;
	struct stat stat_now;
	int err = 0;

	records->done = from;
	if (!from && (stat(records->path, &stat_now) || lseek(fd, -record, SEEK_END) < 0))
		return -errno;
	for (; records->done < to && !err; records->done += !err) {
		err = read_next(records, fd);
		if (!err && lseek(fd, -2 * record, SEEK_CUR) < 0 &&
		    records->done + 1 < records->count)
			err = -errno;
	}
	return err;
}

int walk_rewrite(struct records *records, int fd, uint64_t from, uint64_t to)
{
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err) {
		err = write_next(records, fd);
		err = err ? err : seek_to(records, fd, 0);
	}
	return err;
}

int walk_stride(struct records *records, int fd, uint64_t from, uint64_t to)
{
	int err = 0;

	record_stride(records, from);
	for (records->done = from; records->done < to && !err; records->done += !err) {
		err = read_next(records, fd);
		step(records);
		err = err ? err : seek_to(records, fd, records->stride.record);
	}
	return err;
}

/* ---- through a buffer of stdio's kind ---- */

int walk_fwrite(struct records *records, int fd, uint64_t from, uint64_t to)
{
	size_t bytes = records->record_bytes;

	(void)fd;
	for (records->done = from; records->done < to; records->done++)
		if (buffered_write(&records->stream, pattern_next(&records->pattern), bytes) <
		    bytes)
			return records->stream.err ? records->stream.err : -EIO;
	return 0;
}

int walk_fread(struct records *records, int fd, uint64_t from, uint64_t to)
{
	size_t bytes = records->record_bytes;

	(void)fd;
	for (records->done = from; records->done < to; records->done++)
		if (buffered_read(&records->stream, records->buffer, bytes) < bytes)
			return records->stream.err ? records->stream.err : -EIO;
	return 0;
}

/* ---- by a position of their own ---- */

int walk_pwrite(struct records *records, int fd, uint64_t from, uint64_t to)
{
	size_t bytes = records->record_bytes;
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err)
		err = transfer_pwrite(&records->failed, fd, pattern_next(&records->pattern), bytes,
				      records->done * bytes);
	return err;
}

int walk_pread(struct records *records, int fd, uint64_t from, uint64_t to)
{
	size_t bytes = records->record_bytes;
	int err = 0;

	for (records->done = from; records->done < to && !err; records->done += !err)
		err = transfer_pread(&records->failed, fd, records->buffer, bytes,
				     records->done * bytes);
	return err;
}
