/* SPDX-License-Identifier: MIT */
/* Short reads and writes; whole.h says what for. */
#include "bench/engine/bonnie/whole.h"

#include <errno.h>
#include <stdbool.h>

/* What a call's result means: 0 (go on), or -errno. */
static int judge(ssize_t n)
{
	if (n > 0 || (n < 0 && errno == EINTR))
		return 0;
	return n < 0 ? -errno : -EIO;
}

int whole_write_rest(int fd, const uint8_t *data, size_t len, ssize_t n)
{
	int err = judge(n);
	size_t done = n > 0 ? (size_t)n : 0;

	while (!err && done < len) {
		n = write(fd, data + done, len - done);
		err = judge(n);
		done += n > 0 ? (size_t)n : 0;
	}
	return err;
}

int whole_read_rest(int fd, uint8_t *data, size_t len, ssize_t n)
{
	int err = judge(n);
	size_t done = n > 0 ? (size_t)n : 0;

	while (!err && done < len) {
		n = read(fd, data + done, len - done);
		err = judge(n);
		done += n > 0 ? (size_t)n : 0;
	}
	return err;
}
