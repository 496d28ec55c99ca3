/* SPDX-License-Identifier: MIT */
/*
 * Buffered reading and writing as glibc's stdio does it, whatever C library we are linked with.
 *
 * bonnie++ 1.03 measures putc and getc, iozone fwrite and fread, and both figures are mostly the C
 * library's. musl would call the kernel in another pattern (readv and writev with a few bytes set
 * aside), so its figures would mean something else. Seen by strace of glibc 2.36, with a buffer of
 * R bytes: putc    the full buffer is written when the next byte comes getc    reads R bytes at a
 * time fwrite  of R bytes: the first goes out from the caller's memory, the second is copied, at
 * the third the buffer goes out and then the third record itself: N records are N writes of R,
 * every second copied fread   of R bytes: straight into the caller's memory
 */
#ifndef ASSAY_ENGINE_BUFFERED_H
#define ASSAY_ENGINE_BUFFERED_H

#include "lib/lib.h"

struct buffered {
	int fd, err; /* the first failure stays */
	uint8_t *buffer;
	size_t room, at, end; /* writing: bytes held are [0, at), end is `room` once begun; reading:
				 [at, end) */
};

/* The buffer is the caller's, `room` bytes long. One direction at a time. */
void buffered_begin(struct buffered *file, int fd, void *buffer, size_t room);
int buffered_flush(struct buffered *file);
/* Bytes moved; fewer than len at the end of the file or on failure (then file->err is set). */
size_t buffered_write(struct buffered *file, const void *data, size_t len);
size_t buffered_read(struct buffered *file, void *data, size_t len);

int buffered_overflow(struct buffered *file, uint8_t byte);
int buffered_underflow(struct buffered *file);

/* 0 or -errno. */
static inline int buffered_putc(struct buffered *file, uint8_t byte)
{
	if (__builtin_expect(file->at >= file->end, 0))
		return buffered_overflow(file, byte);
	file->buffer[file->at++] = byte;
	return 0;
}

/* The byte, -ENODATA at the end of the file, or -errno. */
static inline int buffered_getc(struct buffered *file)
{
	if (__builtin_expect(file->at >= file->end, 0))
		return buffered_underflow(file);
	return file->buffer[file->at++];
}

#endif
