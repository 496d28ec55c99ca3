/* SPDX-License-Identifier: MIT */
/* The loops of one stream, TCP or UDP, sending or receiving: see test.h. */
#include "bench/net/wire/iperf3/test.h"

#include "bench/bench.h"
#include "bench/net/wire/iperf2/protocol.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* How long one call may block before the phase is looked at again. */
#define SLICE_NS   (50 * MILLISECOND_NS)
#define FINISH_NS  SECOND_NS
/* What was under way when the control connection said the end: until silence, and how long at most.
 */
#define SILENCE_NS (20 * MILLISECOND_NS)
#define LATE_NS	   (500 * MILLISECOND_NS)

static enum iperf3_phase phase(const struct iperf3_stream *stream)
{
	return (enum iperf3_phase)atomic_load_explicit(&stream->test->phase, memory_order_relaxed);
}

/* Only the stream's own thread writes: a plain store, not a locked addition. */
static void add(atomic_uint_least64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
			      memory_order_relaxed);
}

static bool is_pause(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* ---- sending ---- */

/* Whether another block is wanted; with -n and -k the streams share the amount, as with stock in
 * whole blocks. A server sends until it is told to stop. */
static bool claim_block(const struct iperf3_stream *stream)
{
	struct iperf3_test *test = stream->test;
	const struct iperf3_params *params = &test->params;

	if (!test->amount || test->server ||
	    atomic_load_explicit(&test->omitting, memory_order_relaxed))
		return true;
	return atomic_fetch_add(&test->claimed, params->length) < test->amount;
}

/* True when it is time, or time to look again; false when the phase has changed, which wakes all
 * sleepers: their last gap must not be what a test's end waits for. */
static bool sleep_for(const struct iperf3_stream *stream, uint64_t wait_ns)
{
	struct pollfd wake = { .fd = stream->test->wake_fd, .events = POLLIN };
	struct timespec limit = { (time_t)(wait_ns / SECOND_NS), (long)(wait_ns % SECOND_NS) };

	ppoll(&wake, 1, &limit, NULL);
	return phase(stream) == PHASE_RUN;
}

/* As stock: a block goes when the average is below the rate, so the average is exact over any
 * time. A burst goes at once. */
static bool await_block(const struct iperf3_stream *stream, uint64_t start_ns, uint64_t blocks)
{
	const struct iperf3_params *params = &stream->test->params;
	unsigned burst = params->burst ? params->burst : 1;

	if (!params->rate)
		return true;
	double gap_ns = (double)params->length * burst * 8e9 / (double)params->rate;
	uint64_t due_ns = start_ns + (uint64_t)((double)(blocks / burst) * gap_ns);
	for (;;) {
		uint64_t now_ns = clock_raw_ns();
		if (now_ns >= due_ns)
			return true;
		if (!sleep_for(stream, due_ns - now_ns))
			return false;
	}
}

/* The whole block, also beyond the end: stock reads blocks, and a part of one leaves 3.12 waiting
 * for the rest. A path too slow for that is told by a half-close that no more will come. (Of a
 * server's streams that is told at once, by iperf3_test_end().) */
static int send_block(struct iperf3_stream *stream)
{
	size_t left = stream->test->params.length;
	uint64_t stopped_ns = 0;

	while (left) {
		ssize_t sent = send(stream->fd, stream->buffer + stream->test->params.length - left,
				    left, MSG_NOSIGNAL);
		int err = sent < 0 && !is_pause() ? -errno : 0;
		if (sent > 0) {
			left -= (size_t)sent;
			add(&stream->bytes, (uint64_t)sent);
		}
		if (phase(stream) == PHASE_RUN && !err)
			continue;
		if (err || stream->test->server)
			return phase(stream) == PHASE_RUN ? err : 0;
		uint64_t now_ns = clock_raw_ns();
		if (!stopped_ns)
			stopped_ns = now_ns;
		if (now_ns - stopped_ns >= FINISH_NS)
			break;
	}
	if (left)
		shutdown(stream->fd, SHUT_WR);
	return 0;
}

static int send_tcp(struct iperf3_stream *stream)
{
	uint64_t start_ns = stream->test->start_ns, blocks = 0;
	int err = 0;

	while (!err && phase(stream) == PHASE_RUN) {
		if (!await_block(stream, start_ns, blocks++) || !claim_block(stream))
			break;
		err = send_block(stream);
	}
	return err;
}

/* The receiver's buffer may be full, or nobody may listen any more: neither ends a test. */
static int send_datagram(struct iperf3_stream *stream, uint64_t sequence)
{
	const struct iperf3_params *params = &stream->test->params;
	struct iperf3_datagram datagram = { sequence, clock_raw_ns() / 1000 };

	iperf3_datagram_encode(&datagram, params->wide, stream->buffer);
	if (send(stream->fd, stream->buffer, params->length, MSG_NOSIGNAL) >= 0)
		return 1;
	return is_pause() || errno == ENOBUFS || errno == ECONNREFUSED ? 0 : -errno;
}

static int send_udp(struct iperf3_stream *stream)
{
	const struct iperf3_params *params = &stream->test->params;
	unsigned burst = params->burst ? params->burst : 1;
	struct iperf2_pace pace;
	uint64_t sequence = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	iperf2_pace_begin(&pace, stream->test->start_ns, params->rate, params->length);
	while (phase(stream) == PHASE_RUN) {
		uint64_t wait_ns = sequence % burst ? 0 : iperf2_pace_wait(&pace, clock_raw_ns());
		if (wait_ns && !sleep_for(stream, wait_ns))
			break;
		if (wait_ns)
			continue;
		if (!claim_block(stream))
			break;
		int sent = send_datagram(stream, sequence + 1);
		while (!sent && phase(stream) == PHASE_RUN) {
			clock_sleep_ns(MILLISECOND_NS / 10);
			sent = send_datagram(stream, sequence + 1);
		}
		if (sent < 0)
			return sent;
		sequence += (uint64_t)sent;
		pace.sent += (uint64_t)sent;
		add(&stream->packets, (uint64_t)sent);
		add(&stream->bytes, sent ? params->length : 0);
	}
	return 0;
}

/* ---- receiving ---- */

/* After the end: what was under way when the control connection said so. */
struct ending {
	uint64_t stopped_ns, heard_ns;
};

/* Whole blocks, as they are sent. */
static bool amount_arrived(const struct iperf3_test *test)
{
	uint64_t length = test->params.length;

	return test->amount &&
	       iperf3_test_received(test) >= (test->amount + length - 1) / length * length;
}

/* Over when all that was announced is there, or nothing has come for a moment. */
static bool is_over(const struct iperf3_stream *stream, struct ending *ending, bool heard)
{
	const struct iperf3_test *test = stream->test;
	uint64_t now_ns;

	if (phase(stream) != PHASE_STOP)
		return false;
	now_ns = clock_raw_ns();
	if (!ending->stopped_ns)
		ending->stopped_ns = ending->heard_ns = now_ns;
	if (heard)
		ending->heard_ns = now_ns;
	return amount_arrived(test) || now_ns - ending->stopped_ns >= LATE_NS ||
	       now_ns - ending->heard_ns >= (test->amount ? LATE_NS : SILENCE_NS);
}

static ssize_t receive(const struct iperf3_stream *stream, const struct ending *ending, size_t room)
{
	if (!ending->stopped_ns)
		return recv(stream->fd, stream->buffer, room, 0);
	socket_wait(stream->fd, POLLIN, clock_raw_ns() + SILENCE_NS, NULL);
	return recv(stream->fd, stream->buffer, room, MSG_DONTWAIT);
}

static int receive_tcp(struct iperf3_stream *stream)
{
	struct ending ending = { 0 };
	bool counts = true;

	for (;;) {
		ssize_t got = receive(stream, &ending, stream->room);
		enum iperf3_phase now = phase(stream);
		counts = counts && now != PHASE_DRAIN;
		if (got < 0 && !is_pause())
			return now == PHASE_RUN ? -errno : 0;
		if (got == 0)
			return now == PHASE_RUN ? -ENODATA : 0;
		if (got > 0 && counts)
			add(&stream->bytes, (uint64_t)got);
		if (got > 0 && counts && ending.stopped_ns)
			atomic_store(&stream->last_ns, clock_raw_ns());
		if (now == PHASE_STOP && (!counts || is_over(stream, &ending, got > 0)))
			return 0;
	}
}

static void take_datagram(struct iperf3_stream *stream, size_t len)
{
	struct iperf3_datagram datagram;
	uint64_t now_ns = clock_raw_ns();

	int err = iperf3_datagram_decode(stream->buffer, len, stream->test->params.wide, &datagram);
	pthread_mutex_lock(&stream->lock);
	if (err)
		stream->count.malformed++;
	else
		iperf3_count_add(&stream->count, &datagram, now_ns / 1000);
	pthread_mutex_unlock(&stream->lock);
	if (err)
		return;
	add(&stream->bytes, len);
	atomic_store_explicit(&stream->last_ns, now_ns, memory_order_relaxed);
}

/* Datagrams count to the last that was sent, unlike TCP's bytes: at both ends the same number. */
static int receive_udp(struct iperf3_stream *stream)
{
	struct ending ending = { 0 };

	for (;;) {
		ssize_t got = receive(stream, &ending, stream->room);
		if (got < 0 && !is_pause() && errno != ECONNREFUSED)
			return -errno;
		if (got >= 0)
			take_datagram(stream, (size_t)got);
		if (is_over(stream, &ending, got >= 0))
			return 0;
	}
}

/* ---- the thread ---- */

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

void *iperf3_stream_run(void *argument)
{
	struct iperf3_stream *stream = argument;
	struct rusage usage;

	socket_set_timeouts(stream->fd, SLICE_NS);
	if (stream->sender)
		stream->err = stream->test->params.udp ? send_udp(stream) : send_tcp(stream);
	else
		stream->err = stream->test->params.udp ? receive_udp(stream) : receive_tcp(stream);
	stream->end_ns = clock_raw_ns();
	getrusage(RUSAGE_THREAD, &usage);
	stream->cpu_user = seconds_of(usage.ru_utime);
	stream->cpu_system = seconds_of(usage.ru_stime);
	if (stream->sender)
		atomic_fetch_sub(&stream->test->senders, 1);
	atomic_fetch_sub(&stream->test->running, 1);
	return NULL;
}
