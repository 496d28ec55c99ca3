/* SPDX-License-Identifier: MIT */
/* The TCP data phase: see transfer.h. */
#include "bench/net/wire/transfer.h"

#include "bench/bench.h"
#include "bench/net/wire/lender.h"
#include "bench/net/wire/sockets.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* How long one call may block before the stop flag, the clock and the limits are looked at again. */
#define SLICE_NS      (250 * MILLISECOND_NS)
/* How exactly the last write ends with the time. */
#define SLICE_STEP_NS (10 * MILLISECOND_NS)
/* While data is on its way to a partner that may never close: how exactly its end is seen. */
#define DRAIN_NS      (5 * MILLISECOND_NS)

void transfer_pattern(uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)('0' + i % 10);
}

uint64_t transfer_begin_ns(const struct transfer *transfer)
{
	return transfer->cut_ns ? transfer->cut_ns : transfer->start_ns;
}

uint64_t transfer_bytes(const struct transfer *transfer)
{
	uint64_t bytes = atomic_load_explicit(&transfer->bytes, memory_order_relaxed);

	return bytes > transfer->cut_bytes ? bytes - transfer->cut_bytes : 0;
}

double transfer_seconds(const struct transfer *transfer)
{
	uint64_t begin_ns = transfer_begin_ns(transfer);

	return transfer->end_ns > begin_ns ? (double)(transfer->end_ns - begin_ns) / 1e9 : 0;
}

static uint64_t moved(const struct transfer *transfer)
{
	return atomic_load_explicit(&transfer->bytes, memory_order_relaxed);
}

/* Only the transfer's own thread writes: a plain store, not a locked addition. */
static void add_moved(struct transfer *transfer, size_t len)
{
	atomic_store_explicit(&transfer->bytes, moved(transfer) + len, memory_order_relaxed);
}

static int check_limits(const struct transfer *transfer, uint64_t now_ns, uint64_t last_ns)
{
	if (atomic_load_explicit(transfer->stop, memory_order_relaxed))
		return -ECANCELED;
	if (transfer->deadline_ns && now_ns >= transfer->deadline_ns)
		return -ETIMEDOUT;
	return now_ns - last_ns >= transfer->idle_ns ? -ETIMEDOUT : 0;
}

static bool is_pause(ssize_t got)
{
	return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* The last blocked write of a timed test must end when the time does, as 2.1.8 does by SO_SNDTIMEO.
 */
static void limit_write(const struct transfer *transfer, uint64_t now_ns, uint64_t *slice_ns)
{
	uint64_t left = transfer->start_ns + transfer->duration_ns - now_ns;
	uint64_t want = transfer->bytes_wanted || left > SLICE_NS ? SLICE_NS : left;

	/* Two calls each time: not for every write of the last quarter second. */
	if (want <= *slice_ns && want + SLICE_STEP_NS > *slice_ns)
		return;
	*slice_ns = want;
	socket_set_timeouts(transfer->fd, want);
}

static size_t next_length(const struct transfer *transfer)
{
	uint64_t left = transfer->bytes_wanted - moved(transfer);

	return transfer->bytes_wanted && left < transfer->length ? (size_t)left : transfer->length;
}

static bool wants_more(const struct transfer *transfer, uint64_t now_ns)
{
	if (transfer->bytes_wanted)
		return moved(transfer) < transfer->bytes_wanted;
	return now_ns - transfer->start_ns < transfer->duration_ns;
}

/* Sleeps, one slice at most, until the schedule allows the next write. The schedule is absolute and
 * a path that was too slow for a while is made up for, as by 2.1.8's tokens. True: it is time. */
static bool await_turn(const struct transfer *transfer, uint64_t now_ns)
{
	if (!transfer->rate)
		return true;
	uint64_t due_ns = transfer->start_ns +
			  (uint64_t)((double)moved(transfer) * 8e9 / (double)transfer->rate);
	if (due_ns <= now_ns)
		return true;
	if (transfer->duration_ns && due_ns > transfer->start_ns + transfer->duration_ns)
		due_ns = transfer->start_ns + transfer->duration_ns;
	clock_sleep_ns(due_ns - now_ns < SLICE_NS ? due_ns - now_ns : SLICE_NS);
	return false;
}

/* The first time that the beginning is over: what had arrived by now does not count. */
static void cut_beginning(struct transfer *transfer, uint64_t now_ns, uint64_t queued)
{
	uint64_t bytes = moved(transfer);

	transfer->cut_bytes = bytes > queued ? bytes - queued : 0;
	transfer->cut_ns = now_ns;
}

static bool beginning_is_over(const struct transfer *transfer, uint64_t now_ns)
{
	return transfer->omit_ns && !transfer->cut_ns &&
	       now_ns - transfer->start_ns >= transfer->omit_ns;
}

static ssize_t write_some(const struct transfer *transfer, struct lender *lender)
{
	size_t len = next_length(transfer);

	return transfer->uncopied ? lender_send(lender, transfer->fd, len) :
				    send(transfer->fd, transfer->buffer, len, MSG_NOSIGNAL);
}

/* One write, in its turn. Returns 1 when bytes moved, 0 when none did, -errno. */
static int write_once(struct transfer *transfer, struct lender *lender, uint64_t now_ns,
		      uint64_t *slice_ns)
{
	/* The timeout is set anew only within the last slice, so that writes before it cost one
	 * call. */
	limit_write(transfer, now_ns, slice_ns);
	ssize_t sent = write_some(transfer, lender);
	if (sent < 0 && errno == EINVAL && transfer->uncopied) {
		transfer->uncopied = false; /* not with this kernel or socket */
		return 0;
	}
	if (sent < 0 && !is_pause(sent))
		return -errno;
	if (sent > 0)
		add_moved(transfer, (size_t)sent);
	return sent > 0;
}

static int write_all(struct transfer *transfer, struct lender *lender)
{
	uint64_t now_ns = transfer->start_ns, last_ns = now_ns, slice_ns = 0;
	int err = 0;

	while (!err && wants_more(transfer, now_ns)) {
		/* Waiting for one's turn is not idling. */
		int moved = await_turn(transfer, now_ns) ?
				    write_once(transfer, lender, now_ns, &slice_ns) :
				    1;
		now_ns = clock_raw_ns();
		if (moved > 0)
			last_ns = now_ns;
		if (beginning_is_over(transfer, now_ns))
			cut_beginning(transfer, now_ns, socket_unacknowledged(transfer->fd));
		err = moved < 0 ? moved : check_limits(transfer, now_ns, last_ns);
	}
	return err;
}

/* Reads away whatever a server says (2.1's header ack) until it closes, and keeps the first of it.
 * 1: closed; 0: not yet; -errno. */
static int drain(struct transfer *transfer)
{
	uint8_t rest[4096];
	size_t room = TRANSFER_SAID - transfer->said_bytes;
	ssize_t got = recv(transfer->fd, rest, sizeof(rest), MSG_DONTWAIT);

	if (got > 0) {
		size_t keep = (size_t)got < room ? (size_t)got : room;
		memcpy(transfer->said + transfer->said_bytes, rest, keep);
		transfer->said_bytes += keep;
	}
	if (got == 0)
		return 1;
	return got > 0 || is_pause(got) ? 0 : -errno;
}

/* The server closes after it has read everything; until then whatever leaves our queue is progress.
 */
static int await_close(struct transfer *transfer)
{
	uint64_t queued = socket_unacknowledged(transfer->fd), last_ns = clock_raw_ns();

	for (;;) {
		uint64_t now_ns = clock_raw_ns();
		uint64_t slice_ns = queued ? DRAIN_NS : SLICE_NS;
		int waited = socket_wait(transfer->fd, POLLIN, now_ns + slice_ns, transfer->stop);
		int closed = waited ? 0 : drain(transfer);
		now_ns = clock_raw_ns();
		transfer->closed_by_peer = closed > 0;
		if (closed)
			transfer->end_ns = now_ns;
		if (closed)
			return closed < 0 ? closed : 0;
		uint64_t left = socket_unacknowledged(transfer->fd);
		if (!left && !transfer->acknowledged_ns)
			transfer->acknowledged_ns = now_ns;
		if (left < queued)
			transfer->end_ns = last_ns = now_ns;
		queued = left;
		int err = check_limits(transfer, now_ns, last_ns);
		if (err)
			return err;
	}
}

int transfer_send(struct transfer *transfer)
{
	struct lender lender = { .pipe = { -1, -1 } };

	if (transfer->uncopied && lender_open(&lender, transfer->buffer, transfer->length))
		transfer->uncopied = false;
	transfer->start_ns = clock_raw_ns();
	int err = write_all(transfer, &lender);
	lender_close(&lender);
	transfer->end_ns = clock_raw_ns();
	if (!err || err == -ETIMEDOUT)
		shutdown(transfer->fd, SHUT_WR);
	if (!err)
		err = await_close(transfer);
	/* What still lies in our queue has not been carried by the network. TIOCOUTQ counts the FIN
	 * as one. */
	uint64_t left = socket_unacknowledged(transfer->fd);
	if (err && left > 1 && left - 1 <= moved(transfer))
		atomic_fetch_sub(&transfer->bytes, left - 1);
	return transfer->err = err;
}

/* Nobody looks at the data, so nobody has to be woken for each segment, which is work of the
 * sender's processor. From 64 KiB to 1 MiB no value was better than another beyond the noise; none
 * at all costs a fifth. What is less comes with the slice. */
static void sleep_longer(int fd)
{
	int bytes = 512 << 10;

	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

int transfer_receive(struct transfer *transfer)
{
	transfer->start_ns = clock_raw_ns();
	uint64_t last_ns = transfer->start_ns, now_ns = last_ns;
	int flags = transfer->uncopied ? MSG_TRUNC : 0, err = 0;

	socket_set_timeouts(transfer->fd, SLICE_NS);
	if (transfer->uncopied)
		sleep_longer(transfer->fd);
	while (!err) {
		ssize_t got = recv(transfer->fd, transfer->buffer, transfer->length, flags);
		now_ns = clock_raw_ns();
		if (got == 0)
			break;
		if (got < 0 && !is_pause(got)) {
			err = -errno;
			break;
		}
		if (got > 0) {
			add_moved(transfer, (size_t)got);
			last_ns = now_ns;
		}
		if (beginning_is_over(transfer, now_ns))
			cut_beginning(transfer, now_ns, 0);
		err = check_limits(transfer, now_ns, last_ns);
		if (transfer->bytes_wanted && moved(transfer) > transfer->bytes_wanted)
			err = -EFBIG;
	}
	transfer->end_ns = err ? last_ns : now_ns;
	return transfer->err = err;
}
