/* SPDX-License-Identifier: MIT */
/* A directory's entries as glibc's readdir() gets them: 32 KiB a call. musl asks for 2 KiB, which
 * is sixteen times the calls and another figure. */
#ifndef ASSAY_BONNIE_LISTING_H
#define ASSAY_BONNIE_LISTING_H

enum { LISTING_ROOM = 32768 };

struct listing {
	int fd;
	char *buffer; /* of LISTING_ROOM bytes, aligned */
	long at, end;
};
/* parent as of openat(2). 0 or -errno. */
int listing_open(struct listing *listing, int parent, const char *directory, char *buffer);
/* The next one that begins with no dot. NULL: there is none (*err 0) or -errno. */
const char *listing_next(struct listing *listing, int *err);
int listing_close(struct listing *listing);

#endif
