/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes of all that was asked: one call, as always where nothing is wrong. The kernel
 * says why only when a call moved nothing: write(2) on a file system that becomes full returns what
 * still went in, and the error comes with the next call. So what a short one left is asked for
 * again; when that fails, both together are what is told.
 */
#ifndef ASSAY_ENGINE_TRANSFER_H
#define ASSAY_ENGINE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* One that failed. */
struct transfer {
	bool writing;
	int err;	/* -errno; 0: none did */
	int64_t offset; /* of its first byte; -1: the file has no position */
	size_t wanted;	/* bytes */
	size_t moved;	/* bytes, before the error */
};

/*
 * After a call that returned n instead of len, with errno still set. offset: pread's or pwrite's;
 * -1: at the file's own position. 0 when the rest went, or -errno and what failed; -ENODATA at the
 * end of the file.
 */
int transfer_read_rest(struct transfer *failed, int fd, void *data, size_t len, int64_t offset,
		       ssize_t n);
int transfer_write_rest(struct transfer *failed, int fd, const void *data, size_t len,
			int64_t offset, ssize_t n);

/* 0, or -errno and what failed; `failed` is not touched otherwise. */
static inline int transfer_read(struct transfer *failed, int fd, void *data, size_t len)
{
	ssize_t n = read(fd, data, len);

	return __builtin_expect(n == (ssize_t)len, 1) ?
		       0 :
		       transfer_read_rest(failed, fd, data, len, -1, n);
}

static inline int transfer_write(struct transfer *failed, int fd, const void *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	return __builtin_expect(n == (ssize_t)len, 1) ?
		       0 :
		       transfer_write_rest(failed, fd, data, len, -1, n);
}

static inline int transfer_pread(struct transfer *failed, int fd, void *data, size_t len,
				 uint64_t offset)
{
	ssize_t n = pread(fd, data, len, (off_t)offset);

	return __builtin_expect(n == (ssize_t)len, 1) ?
		       0 :
		       transfer_read_rest(failed, fd, data, len, (int64_t)offset, n);
}

static inline int transfer_pwrite(struct transfer *failed, int fd, const void *data, size_t len,
				  uint64_t offset)
{
	ssize_t n = pwrite(fd, data, len, (off_t)offset);

	return __builtin_expect(n == (ssize_t)len, 1) ?
		       0 :
		       transfer_write_rest(failed, fd, data, len, (int64_t)offset, n);
}

/* For the end of a failure's line, before the error's own words: ", write of 8192 bytes at
 * 1048576", ", short write, 4096 of 8192 bytes at 1048576"; "" when none failed. Returns out. */
enum { TRANSFER_ROOM = 128 };
const char *transfer_words(const struct transfer *failed, char out[TRANSFER_ROOM]);

#endif
