/* SPDX-License-Identifier: MIT */
/*
 * One direction of one TCP connection: what iperf 2's client and server loops do, with limits.
 * Another thread may read `bytes` while it runs and end it through `stop`.
 */
#ifndef ASSAY_TRANSFER_H
#define ASSAY_TRANSFER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRANSFER_SAID = 32 };
struct transfer {
	/* Set by the caller. */
	int fd;		 /* connected, blocking */
	uint8_t *buffer; /* of `length` bytes: what one write or read moves */
	size_t length;
	uint64_t bytes_wanted; /* sender: so many, 0: by time; receiver: -EFBIG beyond, 0: no limit */
	uint64_t duration_ns; /* sender by time */
	uint64_t omit_ns;     /* so much of the beginning does not count, see transfer_bytes() */
	uint64_t rate;	      /* sender: bit/s, paced by its own schedule; 0: as fast as it goes */
	uint64_t idle_ns;     /* nothing moved for so long: -ETIMEDOUT */
	uint64_t deadline_ns; /* end of everything, on clock_raw_ns(); 0: none */
	/* Not iperf's way: a sender lends its pages (lender.h), a receiver drops what arrives
	 * unread (MSG_TRUNC, tcp(7)). A sender that cannot lend clears it and copies. */
	bool uncopied;
	const atomic_bool *stop;

	/* Its results. */
	atomic_uint_least64_t bytes; /* sender: what the peer acknowledged, once it is over */
	uint64_t start_ns, end_ns; /* sender: from the first write to the peer's close; receiver: to
				      the end of data */
	uint64_t cut_ns, cut_bytes; /* when the beginning was over and what had arrived by then; 0:
				       nothing was cut */
	uint64_t acknowledged_ns;   /* sender: when the peer had acknowledged all; 0: it did not */
	bool closed_by_peer; /* sender: the peer closed after our end of data, as stock servers do */
	uint8_t said[TRANSFER_SAID]; /* sender: the first bytes that the peer said, */
	size_t said_bytes;	     /* and how many of them there are */
	int err;
};

/* Fills a buffer as iperf does: the digits 0123456789 over and over. */
void transfer_pattern(uint8_t *out, size_t len);
/* Send: writes, half-closes, waits for the peer's close. Both return and store err: 0, or what
 * ended it. */
int transfer_send(struct transfer *transfer);
int transfer_receive(struct transfer *transfer);
/* What counts: all, or what arrived after the first omit_ns. iperf3's -O, but cut at the time stamp
 * of a byte: at the first write or read beyond it, and less what was still in our queue. */
uint64_t transfer_bytes(const struct transfer *transfer);
uint64_t transfer_begin_ns(const struct transfer *transfer);
double transfer_seconds(const struct transfer *transfer);

#endif
