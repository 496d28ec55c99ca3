/* SPDX-License-Identifier: MIT */
/*
 * Requests to a disk through io_uring (io_uring(7)): one ring for one thread, the file and the
 * buffers registered, up to `depth` requests in flight.
 *
 *	struct uring_request *request;
 *
 *	while ((request = uring_idle(&uring)))	// fill op, offset and bytes of those
 *		uring_queue(&uring, request);
 *	err = uring_turn(&uring, 1, patience_ns);	// hands them over, awaits a completion
 *	while ((request = uring_done(&uring)))	// result; it is idle again
 *		histogram_add(&service, uring.turn_ns - request->submit_ns);
 *
 * The clock is read twice a turn, however many requests it moves: before they are handed to the
 * kernel, and when it has come back. That is when a program could know: never less than the time
 *the disk took.
 */
#ifndef ASSAY_ENGINE_URING_H
#define ASSAY_ENGINE_URING_H

#include "lib/lib.h"

#include <liburing.h>

enum uring_op {
	URING_READ,
	URING_WRITE,
	URING_WRITE_FUA, /* RWF_DSYNC: a write that is on the medium when it returns */
	URING_FLUSH,	 /* fdatasync(2): the disk's own cache, on a raw disk; no bytes */
};
const char *uring_op_name(enum uring_op op); /* "read" */

struct uring_request {
	enum uring_op op;
	unsigned bytes; /* the record, unless the caller says less */
	uint64_t offset;
	uint64_t due_ns, number; /* the caller's */
	uint64_t submit_ns;	 /* when it was handed over */
	uint8_t *buffer;	 /* aligned to a page */
	int result;		 /* when it is done: bytes, or -errno */
	enum { URING_IDLE, URING_QUEUED, URING_FLYING } state;
};

enum { URING_DEPTH = 128 };
struct uring {
	struct io_uring ring;
	uint64_t (*now_ns)(void);
	uint64_t turn_ns; /* when the last turn ended */
	unsigned depth, queued, in_flight;
	size_t record_bytes;
	/* Fewer than depth when memory did not suffice: then several requests share one. */
	unsigned buffer_count;
	bool registered; /* the buffers: not when the limit on locked memory is lower */
	size_t buffers_bytes;
	uint8_t *buffers;
	struct uring_request *idle[URING_DEPTH], *waiting[URING_DEPTH];
	unsigned idle_count;
	struct uring_request request[URING_DEPTH];
};

/*
 * memory_bytes: the most that the buffers may take (one record at least; 0: 32 MiB or an eighth of
 * the memory, whichever is less). now_ns: the run's clock. 0 or -errno: -ENOSYS or -EPERM when
 * there is no io_uring here, for which uring_refusal() has words.
 */
int uring_open(struct uring *uring, int fd, unsigned depth, size_t record_bytes,
	       size_t memory_bytes, uint64_t (*now_ns)(void));
/* Buffers of requests still in flight are given up, not freed: the disk may yet write there. */
void uring_close(struct uring *uring);
const char *uring_refusal(int err); /* what failed, in words, for run_fail() */

/* One that may be filled and queued, or NULL. op is a read of a whole record until changed. */
struct uring_request *uring_idle(struct uring *uring);
void uring_queue(struct uring *uring, struct uring_request *request);
/* Hands over what is queued and awaits so many completions, at most so long. 0, also when that time
 * is over; -errno of the call. */
int uring_turn(struct uring *uring, unsigned wait, uint64_t patience_ns);
/* The next request that was completed, or NULL. */
struct uring_request *uring_done(struct uring *uring);
/* Queues this one, hands it over and awaits it, with nothing else in flight: 0, its -errno, or
 * -ETIMEDOUT after so long. */
int uring_one(struct uring *uring, struct uring_request *request, double patience_seconds);
/* -errno of a request that is done: -EIO when it moved less than it should. */
int uring_error(const struct uring_request *request);

#endif
