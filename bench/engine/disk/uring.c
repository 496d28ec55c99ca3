/* SPDX-License-Identifier: MIT */
/* The io_uring engine: see uring.h. */
#include "bench/engine/disk/uring.h"

#include "bench/engine/file/scratch.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, BUFFERS_MOST = 32 * 1024 * 1024 };

/* Newest first: what an older kernel does not know is left out. Only this thread uses the ring, so
 * completions can wait for its own calls instead of interrupting it (Linux 6.1), or at least need
 * not send an interrupt to it (5.19). */
static const unsigned setups[] = {
	IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER |
		IORING_SETUP_DEFER_TASKRUN,
	IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,
	0,
};

const char *uring_op_name(enum uring_op op)
{
	static const char *const names[] = { "read", "write", "FUA write", "flush" };

	return names[op];
}

const char *uring_refusal(int err)
{
	if (err == -ENOSYS)
		return "io_uring (Linux 5.11 or newer has it)";
	if (err == -EPERM)
		return "io_uring (kernel.io_uring_disabled, or a container, forbids it)";
	return "setting up io_uring, its file and its buffers";
}

static int open_ring(struct uring *uring)
{
	int err = -EINVAL;

	for (size_t i = 0; i < COUNT_OF(setups) && err == -EINVAL; i++) {
		struct io_uring_params params = { .flags = setups[i] };

		err = io_uring_queue_init_params(uring->depth, &uring->ring, &params);
		if (err || params.features & IORING_FEAT_EXT_ARG)
			continue;
		io_uring_queue_exit(&uring->ring);
		err = -ENOSYS; /* without it no wait has a limit */
	}
	return err;
}

static size_t page_up(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

static int make_buffers(struct uring *uring, size_t most)
{
	size_t each = page_up(uring->record_bytes);
	uint64_t eighth = memory_bytes() / 8;

	if (!most)
		most = eighth && eighth < BUFFERS_MOST ? eighth : BUFFERS_MOST;
	uring->buffer_count = most / each < uring->depth ? (unsigned)(most / each) : uring->depth;
	if (!uring->buffer_count)
		uring->buffer_count = 1;
	uring->buffers_bytes = uring->buffer_count * each;
	uring->buffers = mmap(NULL, uring->buffers_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (uring->buffers == MAP_FAILED)
		return -ENOMEM;
	for (unsigned i = 0; i < uring->depth; i++) {
		struct uring_request *request = &uring->request[i];

		request->buffer = uring->buffers + i % uring->buffer_count * each;
		uring->idle[uring->depth - 1 - i] = request;
	}
	uring->idle_count = uring->depth;
	return 0;
}

static int register_all(struct uring *uring, int fd)
{
	struct iovec all = { uring->buffers, uring->buffers_bytes };
	int err = io_uring_register_buffers(&uring->ring, &all, 1);

	/* An ordinary user's limit on locked memory: the buffers are then pinned each time anew. */
	uring->registered = !err;
	if (err && err != -ENOMEM && err != -EPERM)
		return err;
	err = io_uring_register_files(&uring->ring, &fd, 1);
	return err < 0 ? err : 0;
}

int uring_open(struct uring *uring, int fd, unsigned depth, size_t record_bytes,
	       size_t memory_bytes, uint64_t (*now_ns)(void))
{
	int err;

	memset(uring, 0, sizeof(*uring));
	uring->depth = depth > URING_DEPTH ? URING_DEPTH : depth;
	uring->record_bytes = record_bytes;
	uring->now_ns = now_ns;
	err = open_ring(uring);
	if (err)
		return err;
	err = make_buffers(uring, memory_bytes);
	if (!err)
		err = register_all(uring, fd);
	if (err)
		uring_close(uring);
	return err;
}

void uring_close(struct uring *uring)
{
	/* The kernel takes a closed ring down when it finds time, and until then a registered disk
	 * stays opened exclusively: the next step would find it busy. Unregistered, it is free. */
	if (!uring->in_flight)
		io_uring_unregister_files(&uring->ring);
	io_uring_queue_exit(&uring->ring);
	if (uring->buffers && uring->buffers != MAP_FAILED && !uring->in_flight)
		munmap(uring->buffers, uring->buffers_bytes);
	uring->buffers = NULL;
}

struct uring_request *uring_idle(struct uring *uring)
{
	struct uring_request *request;

	if (!uring->idle_count)
		return NULL;
	request = uring->idle[--uring->idle_count];
	request->op = URING_READ;
	request->bytes = (unsigned)uring->record_bytes;
	return request;
}

static void prepare(const struct uring *uring, struct io_uring_sqe *sqe,
		    const struct uring_request *request)
{
	bool reads = request->op == URING_READ;

	if (request->op == URING_FLUSH) {
		io_uring_prep_fsync(sqe, 0, IORING_FSYNC_DATASYNC);
	} else {
		int code = uring->registered ?
				   (reads ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED) :
				   (reads ? IORING_OP_READ : IORING_OP_WRITE);

		io_uring_prep_rw(code, sqe, 0, request->buffer, request->bytes, request->offset);
		sqe->buf_index = 0;
		if (request->op == URING_WRITE_FUA)
			sqe->rw_flags = RWF_DSYNC;
	}
	sqe->flags |= IOSQE_FIXED_FILE;
}

void uring_queue(struct uring *uring, struct uring_request *request)
{
	/* Never NULL: the ring has an entry for each request, and all are submitted each turn. */
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	prepare(uring, sqe, request);
	io_uring_sqe_set_data(sqe, request);
	request->state = URING_QUEUED;
	uring->waiting[uring->queued++] = request;
}

static void stamp_queued(struct uring *uring)
{
	uint64_t now_ns = uring->queued ? uring->now_ns() : 0;

	for (unsigned i = 0; i < uring->queued; i++) {
		uring->waiting[i]->submit_ns = now_ns;
		uring->waiting[i]->state = URING_FLYING;
	}
	uring->in_flight += uring->queued;
	uring->queued = 0;
}

int uring_turn(struct uring *uring, unsigned wait, uint64_t patience_ns)
{
	struct __kernel_timespec patience = { (int64_t)(patience_ns / 1000000000u),
					      (long long)(patience_ns % 1000000000u) };
	struct io_uring_cqe *cqe;
	int n;

	stamp_queued(uring);
	if (wait > uring->in_flight)
		wait = uring->in_flight;
	if (wait)
		n = io_uring_submit_and_wait_timeout(&uring->ring, &cqe, wait, &patience, NULL);
	else
		n = io_uring_submit_and_get_events(&uring->ring);
	uring->turn_ns = uring->now_ns();
	/* Over the time, a signal, no memory at the moment: the next turn tries again. */
	return n >= 0 || n == -ETIME || n == -EINTR || n == -EAGAIN || n == -EBUSY ? 0 : n;
}

static struct io_uring_cqe *next_completion(struct uring *uring)
{
	struct io_uring_cqe *cqe;
	unsigned head;

	io_uring_for_each_cqe(&uring->ring, head, cqe)
	{
		return cqe;
	}
	return NULL;
}

struct uring_request *uring_done(struct uring *uring)
{
	struct io_uring_cqe *cqe = next_completion(uring);
	struct uring_request *request;

	if (!cqe)
		return NULL;
	request = io_uring_cqe_get_data(cqe);
	request->result = cqe->res;
	io_uring_cqe_seen(&uring->ring, cqe);
	request->state = URING_IDLE;
	uring->idle[uring->idle_count++] = request;
	uring->in_flight--;
	return request;
}

int uring_error(const struct uring_request *request)
{
	if (request->result < 0)
		return request->result;
	return request->op != URING_FLUSH && (unsigned)request->result < request->bytes ? -EIO : 0;
}

int uring_one(struct uring *uring, struct uring_request *request, double patience_seconds)
{
	uint64_t patience_ns = (uint64_t)(patience_seconds * 1e9), start_ns = uring->now_ns();
	int err = 0;

	uring_queue(uring, request);
	uring->turn_ns = start_ns;
	while (!err && uring->turn_ns - start_ns <= patience_ns) {
		err = uring_turn(uring, 1, patience_ns);
		if (!err && uring_done(uring))
			return uring_error(request);
	}
	return err ? err : -ETIMEDOUT;
}
