/* SPDX-License-Identifier: MIT */
/* A test file in one or many pieces. */
#include "bench/engine/bonnie/pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_ROOM = sizeof(((struct pieces *)NULL)->path) + 16 };

int pieces_begin(struct pieces *pieces, const char *directory, unsigned long id, uint64_t bytes,
		 uint64_t piece_bytes)
{
	uint64_t count = piece_bytes ? (bytes + piece_bytes - 1) / piece_bytes : 1;
	int n = snprintf(pieces->path, sizeof(pieces->path), "%s/Bonnie.%lu", directory, id);

	pieces->numbered = piece_bytes != 0;
	pieces->bytes = bytes;
	pieces->piece_bytes = piece_bytes ? piece_bytes : bytes;
	pieces->count = (unsigned)count;
	pieces->opened = 0;
	if (n > 0 && (size_t)n < sizeof(pieces->path) && count <= PIECES_MAX)
		return 0;
	pieces->count = 0; /* nothing may be removed under a name that was cut */
	return count > PIECES_MAX ? -EFBIG : -ENAMETOOLONG;
}

uint64_t pieces_length(const struct pieces *pieces, unsigned piece)
{
	return piece + 1 < pieces->count ?
		       pieces->piece_bytes :
		       pieces->bytes - (pieces->count - 1) * pieces->piece_bytes;
}

static void name_of(const struct pieces *pieces, unsigned piece, char path[PATH_ROOM])
{
	if (pieces->numbered)
		snprintf(path, PATH_ROOM, "%s.%03u", pieces->path, piece);
	else
		snprintf(path, PATH_ROOM, "%s", pieces->path);
}

static int open_all(struct pieces *pieces, int flags)
{
	char path[PATH_ROOM];

	for (unsigned i = 0; i < pieces->count; i++) {
		name_of(pieces, i, path);
		pieces->fd[i] = open(path, flags | pieces->flags | O_CLOEXEC, 0600);
		if (pieces->fd[i] < 0) {
			int err = -errno;

			pieces_close(pieces, false);
			return err;
		}
		pieces->opened = i + 1;
	}
	return 0;
}

int pieces_create(struct pieces *pieces)
{
	pieces_remove(pieces);
	return open_all(pieces, O_RDWR | O_CREAT | O_EXCL);
}

int pieces_open(struct pieces *pieces)
{
	return open_all(pieces, O_RDWR);
}

int pieces_close(struct pieces *pieces, bool sync)
{
	int err = 0;

	for (unsigned i = 0; i < pieces->opened; i++) {
		if (sync && fsync(pieces->fd[i]) && !err)
			err = -errno;
		if (close(pieces->fd[i]) && !err)
			err = -errno;
	}
	pieces->opened = 0;
	return err;
}

int pieces_remove(struct pieces *pieces)
{
	char path[PATH_ROOM];
	int err = 0;

	for (unsigned i = 0; i < pieces->count; i++) {
		name_of(pieces, i, path);
		if (unlink(path) && errno != ENOENT)
			err = -errno;
	}
	return err;
}
