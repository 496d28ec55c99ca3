/* SPDX-License-Identifier: MIT */
/* The sending end of a UDP test: see flow.h. */
#include "bench/net/wire/iperf2/flow.h"

#include "bench/bench.h"
#include "bench/net/wire/datagrams.h"
#include "bench/net/wire/sockets.h"
#include "bench/net/wire/transfer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum {
	FIN_TRIES = 12, /* 2.0.x: 10 in all, 250 ms apart */
	ZEROED = 128,	/* no pattern where any layout looks for flags: '6789' at 16 has the bit
			   of 2.1's short header */
};
#define FIN_NS	       (250 * MILLISECOND_NS)
#define PROBE_NS       (60 * MILLISECOND_NS)
/* Hosts limit how many ICMP errors they send, Linux to one a second (icmp_ratelimit): asked more
 * often, a port that nobody listens on would seem to be open. */
#define PROBE_AGAIN_NS (1100 * MILLISECOND_NS)
#define SLEEP_MOST_NS  (100 * MILLISECOND_NS)
/* One call on a socket whose queue is full; then the stop flag and the limits are looked at. */
#define BLOCKED_NS     (200 * MILLISECOND_NS)
#define BATCH_QUICK_NS (200 * 1000ull)
#define BATCH_SLOW_NS  MILLISECOND_NS

struct sender {
	struct datagram_send *send;
	struct datagram_writer writer;
	struct iperf2_pace pace;
	unsigned batch; /* the most that one call may send just now */
	uint64_t last_ns;
};

static uint64_t wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int datagram_probe(int fd, size_t length, uint64_t deadline_ns, const atomic_bool *stop)
{
	uint8_t probe[IPERF2_DATAGRAM_LEAST] = { 0 };
	struct iperf2_datagram never_began = { .id = 1, .fin = true, .sent_us = wall_us() };

	iperf2_datagram_encode(&never_began, IPERF2_SIXTEEN, false, probe);
	for (;;) {
		int err = 0;
		if (send(fd, probe, length < sizeof(probe) ? length : sizeof(probe), MSG_NOSIGNAL) <
		    0)
			err = -errno;
		if (!err && !socket_wait(fd, POLLIN, clock_raw_ns() + PROBE_NS, stop))
			err = recv(fd, probe, sizeof(probe), MSG_DONTWAIT) < 0 ? -errno : 0;
		if (err != -ECONNREFUSED && err != -ENETUNREACH && err != -EHOSTUNREACH &&
		    err != -ENETDOWN)
			return err;
		uint64_t now_ns = clock_raw_ns();
		if (now_ns >= deadline_ns)
			return err;
		uint64_t left_ns = deadline_ns - now_ns;
		clock_sleep_ns(left_ns < PROBE_AGAIN_NS ? left_ns : PROBE_AGAIN_NS);
		if (atomic_load(stop))
			return -ECANCELED;
		if (left_ns <= PROBE_AGAIN_NS)
			return err;
	}
}

/* What stays the same from datagram to datagram: zeros, the request, iperf's pattern. */
static void fill(const struct datagram_send *send, const struct datagram_writer *writer)
{
	uint8_t head[ZEROED] = { 0 };
	size_t zeroed = send->length < ZEROED ? send->length : ZEROED;

	if (send->has_request)
		iperf2_request_encode(&send->request, true,
				      head + iperf2_datagram_bytes(send->layout));
	else if (send->request.wide_ids)
		iperf2_wide_encode(head + iperf2_datagram_bytes(send->layout));
	for (unsigned i = 0; i < writer->most; i++) {
		uint8_t *at = datagram_writer_at(writer, i);
		transfer_pattern(at, send->length);
		memcpy(at, head, zeroed);
	}
}

/* Sends `count` datagrams from the next id on, or a FIN. How many the kernel took, or -errno. */
static int send_some(struct sender *sender, unsigned count, bool fin)
{
	struct datagram_send *send = sender->send;
	struct iperf2_datagram datagram = {
		.id = send->datagrams,
		.fin = fin,
		.sent_us = send->wall_offset_us + clock_raw_ns() / 1000,
	};

	for (unsigned i = 0; i < count; i++, datagram.id++)
		iperf2_datagram_encode(&datagram, send->layout, send->request.wide_ids,
				       datagram_writer_at(&sender->writer, i));
	int sent = datagram_writer_send(&sender->writer, count);
	return sent == -EINTR || sent == -ENOBUFS ? -EAGAIN : sent;
}

static int await_turn(const struct datagram_send *send, struct iperf2_pace *pace)
{
	for (;;) {
		if (atomic_load_explicit(send->stop, memory_order_relaxed))
			return -ECANCELED;
		uint64_t now_ns = clock_raw_ns();
		if (now_ns >= send->deadline_ns)
			return -ETIMEDOUT;
		uint64_t wait_ns = iperf2_pace_wait(pace, now_ns);
		if (!wait_ns)
			return 0;
		clock_sleep_ns(wait_ns < SLEEP_MOST_NS ? wait_ns : SLEEP_MOST_NS);
	}
}

static bool wants_more(const struct datagram_send *send, uint64_t now_ns)
{
	if (send->bytes_wanted)
		return send->datagrams * send->length < send->bytes_wanted;
	return now_ns - send->start_ns < send->duration_ns;
}

/* How many may leave now: what is due, within the batch, and no more than is wanted. */
static unsigned count_due(const struct sender *sender, uint64_t now_ns)
{
	const struct datagram_send *send = sender->send;
	uint64_t due = iperf2_pace_due(&sender->pace, now_ns, sender->batch);

	if (send->bytes_wanted) {
		uint64_t left =
			(send->bytes_wanted + send->length - 1) / send->length - send->datagrams;
		due = due < left ? due : left;
	}
	return (unsigned)due;
}

/* A batch grows while it is over quickly and shrinks when it is not: a slow link must not hold a
 * whole batch in one call, beyond the end of the test. */
static void adapt_batch(struct sender *sender, unsigned count, uint64_t took_ns)
{
	if (sender->send->batch)
		return;
	if (took_ns > BATCH_SLOW_NS && sender->batch > 1)
		sender->batch /= 2;
	else if (took_ns < BATCH_QUICK_NS && count == sender->batch &&
		 sender->batch * 2 <= sender->writer.most)
		sender->batch *= 2;
}

static void note_sent(struct sender *sender, unsigned count, uint64_t now_ns)
{
	struct datagram_send *send = sender->send;

	if (send->datagrams)
		histogram_add(&send->gaps, now_ns - sender->last_ns);
	histogram_add_many(&send->gaps, 0, count - 1);
	sender->last_ns = now_ns;
	send->datagrams += count;
	sender->pace.sent += count;
	if (count > 1)
		send->batched += count;
	if (count > send->batch_largest)
		send->batch_largest = count;
	atomic_store_explicit(&send->bytes, send->datagrams * send->length, memory_order_relaxed);
}

/* Counts what the kernel took. A refusal came back by ICMP for an earlier datagram: this one was
 * not sent. */
static int send_data(struct sender *sender, uint64_t *now_ns)
{
	struct datagram_send *send = sender->send;
	unsigned count = count_due(sender, *now_ns);
	uint64_t began_ns = *now_ns;
	int sent = send_some(sender, count, false);

	*now_ns = clock_raw_ns();
	if (sent > 0) {
		note_sent(sender, (unsigned)sent, *now_ns);
		adapt_batch(sender, (unsigned)sent, *now_ns - began_ns);
		return 0;
	}
	if (sent == -ECONNREFUSED)
		send->refused++;
	return sent == -EAGAIN || (sent == -ECONNREFUSED && send->refused < 100) ? 0 : sent;
}

static int send_test(struct sender *sender)
{
	struct datagram_send *send = sender->send;
	int err = 0;

	histogram_clear(&send->gaps);
	send->start_ns = clock_raw_ns();
	iperf2_pace_begin(&sender->pace, send->start_ns, send->rate, send->length);
	for (uint64_t now_ns = send->start_ns; !err && wants_more(send, now_ns);
	     now_ns = clock_raw_ns()) {
		err = send_data(sender, &now_ns);
		/* The wait after a datagram belongs to it: N datagrams fill N gaps, and the FIN is
		 * due next. */
		if (!err)
			err = await_turn(send, &sender->pace);
	}
	send->end_ns = clock_raw_ns();
	send->slips = sender->pace.slips;
	return err;
}

static bool is_report(struct datagram_send *send, const uint8_t *in, size_t len)
{
	uint64_t elapsed_us = (clock_raw_ns() - send->start_ns) / 1000;
	int err = iperf2_report_decode(in, len, &send->report);

	if (!err &&
	    !iperf2_report_plausible(&send->report, send->datagrams, send->length, elapsed_us))
		err = -EBADMSG;
	send->passed_over += err == -EBADMSG;
	if (err)
		send->report = (struct iperf2_report){ 0 };
	return !err;
}

/* The answer within FIN_NS; what is not a report (2.0.13's early header ack, strangers' bytes) is
 * passed over. */
static int await_report(struct datagram_send *send)
{
	uint64_t until_ns = clock_raw_ns() + FIN_NS;
	uint8_t in[2048];

	for (;;) {
		int err = socket_wait(send->fd, POLLIN, until_ns, send->stop);
		if (err)
			return err;
		ssize_t got = recv(send->fd, in, sizeof(in), MSG_DONTWAIT);
		if (got < 0 && errno == ECONNREFUSED)
			return -errno;
		if (got > 0 && is_report(send, in, (size_t)got))
			return 0;
	}
}

static int finish(struct sender *sender)
{
	struct datagram_send *send = sender->send;
	int err = -ETIMEDOUT;

	for (send->fins = 0; send->fins < FIN_TRIES && !send->acknowledged; send->fins++) {
		send_some(sender, 1, true);
		err = await_report(send);
		if (err == -ECANCELED)
			return err;
		if (err ==
		    -ECONNREFUSED) /* nobody is there any more; the ICMP message came at once */
			clock_sleep_ns(FIN_NS / 10);
		send->acknowledged = !err;
	}
	return 0;
}

static int send_all(struct sender *sender)
{
	fill(sender->send, &sender->writer);
	int err = send_test(sender);
	if (!err || err == -ECANCELED || err == -ETIMEDOUT) {
		int finished = finish(sender);
		err = err ? err : finished;
	}
	return err;
}

int datagram_send(struct datagram_send *send)
{
	struct sender sender = { .send = send, .batch = send->batch ? send->batch : 1 };
	unsigned most = send->batch ? send->batch : DATAGRAM_BATCH;

	/* Wall-clock time as the protocol wants it, but steady: a stepped clock must not become
	 * jitter. */
	send->wall_offset_us = wall_us() - clock_raw_ns() / 1000;
	socket_set_timeouts(send->fd, BLOCKED_NS);
	send->err = datagram_writer_open(&sender.writer, send->fd, send->length, most, send->merge);
	if (send->err)
		return send->err;
	if (sender.batch > sender.writer.most)
		sender.batch = sender.writer.most;
	/* A thread that sleeps wakes up to 50 us late by default: as much as many a gap. */
	int slack = prctl(PR_GET_TIMERSLACK);
	prctl(PR_SET_TIMERSLACK, 1);
	send->err = send_all(&sender);
	if (slack > 0)
		prctl(PR_SET_TIMERSLACK, slack);
	datagram_writer_close(&sender.writer);
	return send->err;
}

double datagram_seconds(const struct datagram_send *send)
{
	return send->end_ns > send->start_ns ? (double)(send->end_ns - send->start_ns) / 1e9 : 0;
}

struct sending datagram_sending(const struct datagram_send *send)
{
	return (struct sending){
		.gap_p50_ns = histogram_percentile(&send->gaps, 50),
		.gap_p99_ns = histogram_percentile(&send->gaps, 99),
		.slips = send->slips,
		.batched = send->batched,
		.refused = send->refused,
		.batch_largest = send->batch_largest,
		.fins = send->fins,
		.passed_over = send->passed_over,
	};
}
