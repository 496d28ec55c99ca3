/* SPDX-License-Identifier: MIT */
/* Short reads and writes; transfer.h says what for. Never called where nothing is wrong. */
#include "bench/engine/transfer.h"

#include "lib/lib.h"

#include <errno.h>

/* The next call for what is left, whichever of the four it is; -errno. */
static ssize_t ask(const struct transfer *transfer, int fd, uint8_t *data, bool positioned)
{
	size_t left = transfer->wanted - transfer->moved;
	off_t at = (off_t)transfer->offset + (off_t)transfer->moved;
	uint8_t *from = data + transfer->moved;
	ssize_t n;

	if (transfer->writing)
		n = positioned ? pwrite(fd, from, left, at) : write(fd, from, left);
	else
		n = positioned ? pread(fd, from, left, at) : read(fd, from, left);
	return n < 0 ? -errno : n;
}

static int complete(struct transfer *transfer, int fd, uint8_t *data, bool positioned, ssize_t n)
{
	for (;;) {
		if (n < 0 && n != -EINTR)
			return (int)n;
		if (!n)
			return transfer->writing ? -EIO : -ENODATA;
		transfer->moved += n > 0 ? (size_t)n : 0;
		if (transfer->moved == transfer->wanted)
			return 0;
		n = ask(transfer, fd, data, positioned);
	}
}

static int finish(struct transfer *failed, struct transfer transfer, int fd, uint8_t *data,
		  int64_t offset, ssize_t n)
{
	ssize_t first = n < 0 ? -errno : n;
	off_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) : (off_t)offset;

	/* A file's position is already behind what was moved. */
	transfer.offset = offset >= 0 || at < 0 ? (int64_t)at : (int64_t)at - (n > 0 ? n : 0);
	transfer.err = complete(&transfer, fd, data, offset >= 0, first);
	if (transfer.err)
		*failed = transfer;
	return transfer.err;
}

int transfer_read_rest(struct transfer *failed, int fd, void *data, size_t len, int64_t offset,
		       ssize_t n)
{
	struct transfer transfer = { .writing = false, .wanted = len };

	return finish(failed, transfer, fd, data, offset, n);
}

int transfer_write_rest(struct transfer *failed, int fd, const void *data, size_t len,
			int64_t offset, ssize_t n)
{
	struct transfer transfer = { .writing = true, .wanted = len };

	return finish(failed, transfer, fd, (uint8_t *)(uintptr_t)data, offset, n);
}

const char *transfer_words(const struct transfer *failed, char out[TRANSFER_ROOM])
{
	const char *verb = failed->writing ? "write" : "read";
	struct text text;

	out[0] = '\0';
	if (!failed->err)
		return out;
	text_begin(&text, out, TRANSFER_ROOM);
	if (failed->moved)
		text_add(&text, ", short %s, %zu of %zu bytes", verb, failed->moved,
			 failed->wanted);
	else
		text_add(&text, ", %s of %zu bytes", verb, failed->wanted);
	if (failed->offset >= 0)
		text_add(&text, " at %lld", (long long)failed->offset);
	return out;
}
