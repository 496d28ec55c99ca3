/* SPDX-License-Identifier: MIT */
/*
 * Sending without copying: the pages of a buffer that never changes are lent to the kernel by
 * vmsplice(2) into a pipe and moved to the socket by splice(2). Of the ways there are it is the one
 * that needs no answer for each write (MSG_ZEROCOPY does) and loopback does not copy after all.
 */
#ifndef ASSAY_LENDER_H
#define ASSAY_LENDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lender {
	int pipe[2];
	uint8_t *buffer; /* page-aligned, not changed while any of it may be on its way */
	size_t lent;	 /* bytes that lie in the pipe */
};
/* Blocks SIGPIPE in this thread. -errno: send(2) has to do. */
int lender_open(struct lender *lender, uint8_t *buffer, size_t length);
/* As send(2) of at most len bytes, which must not exceed length. What was put into the pipe and not
 * taken by the socket goes first the next time. */
ssize_t lender_send(struct lender *lender, int fd, size_t len);
void lender_close(struct lender *lender);

#endif
