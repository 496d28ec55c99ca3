/* SPDX-License-Identifier: MIT */
/* read(2) and write(2) of all that was asked: one call, as always where the disk is not full. What
 * a short one left is asked for again, so that the kernel says why. */
#ifndef ASSAY_BONNIE_WHOLE_H
#define ASSAY_BONNIE_WHOLE_H

#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* After a call that returned n. 0 or -errno; -EIO when nothing more comes. */
int whole_write_rest(int fd, const uint8_t *data, size_t len, ssize_t n);
int whole_read_rest(int fd, uint8_t *data, size_t len, ssize_t n);

static inline int whole_write(int fd, const uint8_t *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	return __builtin_expect(n == (ssize_t)len, 1) ? 0 : whole_write_rest(fd, data, len, n);
}

static inline int whole_read(int fd, uint8_t *data, size_t len)
{
	ssize_t n = read(fd, data, len);

	return __builtin_expect(n == (ssize_t)len, 1) ? 0 : whole_read_rest(fd, data, len, n);
}

#endif
