/* SPDX-License-Identifier: MIT */
/* bonnie++'s test file: one file, or with 1.03 pieces of 1 GiB that are walked as one. */
#ifndef ASSAY_BONNIE_PIECES_H
#define ASSAY_BONNIE_PIECES_H

#include "lib/lib.h"

enum { PIECES_MAX = 1024 };

struct pieces {
	char path[256]; /* without the number */
	bool numbered;	/* Bonnie.PID.000 instead of Bonnie.PID */
	uint64_t bytes, piece_bytes;
	unsigned count, opened;
	int flags; /* of open(2), beside what is always there: O_DIRECT */
	int fd[PIECES_MAX];
};

/* piece_bytes = 0: one file. -EFBIG when it would take too many pieces, -ENAMETOOLONG. */
int pieces_begin(struct pieces *pieces, const char *directory, unsigned long id, uint64_t bytes,
		 uint64_t piece_bytes);
uint64_t pieces_length(const struct pieces *pieces, unsigned piece);
/* Removes what is there and makes empty ones, or opens those that are there. None stays open on
 * failure. */
int pieces_create(struct pieces *pieces);
int pieces_open(struct pieces *pieces);
int pieces_close(struct pieces *pieces, bool sync);
int pieces_remove(struct pieces *pieces); /* those that are there; -errno when one stays */

#endif
