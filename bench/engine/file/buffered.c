/* SPDX-License-Identifier: MIT */
/* The paths that call the kernel; buffered.h says whose behaviour this is. */
#include "bench/engine/file/buffered.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void buffered_begin(struct buffered *file, int fd, void *buffer, size_t room)
{
	*file = (struct buffered){ .fd = fd, .buffer = buffer, .room = room };
}

static int write_out(struct buffered *file, const void *data, size_t len)
{
	int err = file->err ? file->err : file_write_all(file->fd, data, len);

	file->err = err;
	return err;
}

int buffered_flush(struct buffered *file)
{
	int err = file->at ? write_out(file, file->buffer, file->at) : file->err;

	file->at = 0;
	return err;
}

int buffered_overflow(struct buffered *file, uint8_t byte)
{
	int err = buffered_flush(file);

	if (err)
		return err;
	file->end = file->room;
	file->buffer[file->at++] = byte;
	return 0;
}

static size_t read_in(struct buffered *file, void *data, size_t len)
{
	ssize_t n;

	do
		n = file->err ? 0 : read(file->fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		file->err = -errno;
	return n > 0 ? (size_t)n : 0;
}

static bool refill(struct buffered *file)
{
	file->at = 0;
	file->end = read_in(file, file->buffer, file->room);
	return file->end > 0;
}

int buffered_underflow(struct buffered *file)
{
	if (!refill(file))
		return file->err ? file->err : -ENODATA;
	return file->buffer[file->at++];
}

static size_t copy_in(struct buffered *file, const uint8_t *data, size_t len)
{
	size_t n = file->end - file->at < len ? file->end - file->at : len;

	memcpy(file->buffer + file->at, data, n);
	file->at += n;
	return n;
}

size_t buffered_write(struct buffered *file, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t done = file->err ? 0 : copy_in(file, from, len), whole;

	if (done == len || file->err)
		return done;
	if (buffered_flush(file))
		return done;
	whole = (len - done) - (len - done) % file->room;
	if (whole && write_out(file, from + done, whole))
		return done;
	file->end = file->room;
	done += whole;
	return done + copy_in(file, from + done, len - done);
}

size_t buffered_read(struct buffered *file, void *data, size_t len)
{
	uint8_t *to = data;
	size_t done = 0;

	while (done < len) {
		size_t have = file->end - file->at, want = len - done,
		       n = have < want ? have : want;

		memcpy(to + done, file->buffer + file->at, n);
		file->at += n;
		done += n;
		want -= n;
		if (!want || (want < file->room && refill(file)))
			continue;
		if (want < file->room)
			break;
		n = read_in(file, to + done, want - want % file->room);
		done += n;
		if (!n)
			break;
	}
	return done;
}
