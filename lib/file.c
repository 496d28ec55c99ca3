/* SPDX-License-Identifier: MIT */
/* Small text files: /proc, /sys, configuration. */
#include "lib/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_up_to(int fd, char *out, size_t room)
{
	size_t have = 0;

	while (have < room) {
		ssize_t got = read(fd, out + have, room - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

ssize_t file_read(char *out, size_t room, const char *path_format, ...)
{
	char path[PATH_MAX];
	va_list args;
	ssize_t len;
	int fd;

	out[0] = '\0';
	va_start(args, path_format);
	len = vsnprintf(path, sizeof(path), path_format, args);
	va_end(args);
	if (len < 0 || len >= (ssize_t)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read_up_to(fd, out, room - 1);
	close(fd);
	if (len < 0)
		return len;
	while (len && strchr(" \t\r\n", out[len - 1]))
		len--;
	out[len] = '\0';
	return len;
}

ssize_t file_load(char **out, size_t limit, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 4096, have = 0;
	char *text, *larger;
	ssize_t got = -ENOMEM;

	if (fd < 0)
		return -errno;
	text = malloc(room + 1);
	while (text) {
		got = read_up_to(fd, text + have, room - have);
		if (got < 0)
			break;
		have += (size_t)got;
		if (have < room || have > limit)
			break;
		got = -ENOMEM;
		larger = realloc(text, 2 * room + 1);
		if (!larger)
			break;
		text = larger;
		room *= 2;
	}
	close(fd);
	if (got >= 0 && have > limit)
		got = -EFBIG;
	if (got < 0) {
		free(text);
		return got;
	}
	text[have] = '\0';
	*out = text;
	return (ssize_t)have;
}

ssize_t file_bytes(const char *path, void *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -errno : read_up_to(fd, out, room);

	if (fd >= 0)
		close(fd);
	return len;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text, strlen(text));
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int file_write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (!put)
			return -EIO;
		at += put;
		len -= (size_t)put;
	}
	return 0;
}
