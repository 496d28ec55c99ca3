/* SPDX-License-Identifier: MIT */
/* The timed loops of file.bonnie. */
#include "bench/engine/bonnie/sequential.h"
#include "bench/engine/file/buffered.h"

#include <errno.h>
#include <unistd.h>

/* One clock reading a time: the end of one is the beginning of the next. */
static uint64_t account(struct sequential *pass, uint64_t before_ns)
{
	uint64_t after_ns = pass->run->now_ns();

	histogram_add(&pass->latency_ns, after_ns - before_ns);
	if (!(pass->latency_ns.count & 63))
		run_progress(pass->run, pass->progress_from + pass->progress_share *
								      (double)pass->done /
								      (double)pass->expected);
	return after_ns;
}

/* Inlined with each step, so that a loop is one loop and not a call through a pointer. `timed`
 * steps, a power of two, make one latency. */
static inline __attribute__((always_inline)) int walk(struct sequential *pass, size_t step_bytes,
						      size_t timed,
						      int (*step)(struct sequential *pass, int fd))
{
	uint64_t before_ns = pass->run->now_ns(), limit = pass->bytes;

	for (unsigned piece = 0; piece < pass->pieces->count && limit; piece++) {
		uint64_t left = pieces_length(pass->pieces, piece);

		left = left < limit ? left : limit;
		limit -= left;
		for (; left >= step_bytes; left -= step_bytes) {
			int err = step(pass, pass->pieces->fd[piece]);

			if (err)
				return err;
			if (!(++pass->done & (timed - 1)))
				before_ns = account(pass, before_ns);
		}
	}
	if (pass->done & (timed - 1))
		account(pass, before_ns);
	return 0;
}

static inline int put_byte(struct sequential *pass, int fd)
{
	uint8_t byte = pass->done & 0x7f;

	return transfer_write(&pass->failed, fd, &byte, 1);
}

static inline int get_byte(struct sequential *pass, int fd)
{
	return transfer_read(&pass->failed, fd, pass->chunk, 1);
}

static inline int put_chunk(struct sequential *pass, int fd)
{
	return transfer_write(&pass->failed, fd, pattern_next(pass->pattern), pass->chunk_bytes);
}

static inline int get_chunk(struct sequential *pass, int fd)
{
	return transfer_read(&pass->failed, fd, pass->chunk, pass->chunk_bytes);
}

static inline int rewrite_chunk(struct sequential *pass, int fd)
{
	int err = get_chunk(pass, fd);

	if (err)
		return err;
	pattern_touch(pass->pattern, pass->chunk);
	if (lseek(fd, -(off_t)pass->chunk_bytes, SEEK_CUR) < 0)
		return -errno;
	return transfer_write(&pass->failed, fd, pass->chunk, pass->chunk_bytes);
}

int sequential_put_bytes(struct sequential *pass)
{
	return walk(pass, 1, pass->chunk_bytes, put_byte);
}

int sequential_get_bytes(struct sequential *pass)
{
	return walk(pass, 1, pass->chunk_bytes, get_byte);
}

int sequential_put_chunks(struct sequential *pass)
{
	return walk(pass, pass->chunk_bytes, 1, put_chunk);
}

int sequential_get_chunks(struct sequential *pass)
{
	return walk(pass, pass->chunk_bytes, 1, get_chunk);
}

int sequential_rewrite(struct sequential *pass)
{
	return walk(pass, pass->chunk_bytes, 1, rewrite_chunk);
}

static int put_chars(struct sequential *pass, int fd, uint64_t count)
{
	struct buffered file;
	int err = 0;

	buffered_begin(&file, fd, pass->stdio, pass->stdio_bytes);
	for (uint64_t i = 0; i < count && !err; i++)
		err = buffered_putc(&file, i & 0x7f);
	return err ? err : buffered_flush(&file);
}

static int get_chars(struct sequential *pass, int fd, uint64_t count)
{
	struct buffered file;
	unsigned seen[128] = { 0 };
	int byte = 0;

	buffered_begin(&file, fd, pass->stdio, pass->stdio_bytes);
	for (uint64_t i = 0; i < count && byte >= 0; i++) {
		byte = buffered_getc(&file);
		seen[byte & 0x7f]++;
	}
	__asm__ volatile("" ::"r"(seen)
			 : "memory"); /* the bytes are looked at, as in the original */
	return byte == -ENODATA ? -EIO : byte < 0 ? byte : 0;
}

static int each_piece(struct sequential *pass, int (*chars)(struct sequential *, int, uint64_t))
{
	uint64_t left = pass->bytes;
	int err = 0;

	for (unsigned piece = 0; piece < pass->pieces->count && left && !err; piece++) {
		uint64_t count = pieces_length(pass->pieces, piece);

		count = count < left ? count : left;
		left -= count;
		err = chars(pass, pass->pieces->fd[piece], count);
		pass->done += err ? 0 : count;
	}
	return err;
}

int sequential_put_chars(struct sequential *pass)
{
	return each_piece(pass, put_chars);
}

int sequential_get_chars(struct sequential *pass)
{
	return each_piece(pass, get_chars);
}
