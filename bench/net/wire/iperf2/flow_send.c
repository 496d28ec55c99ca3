/* SPDX-License-Identifier: MIT */
/* The sending end of a UDP test: see flow.h. */
#include "bench/net/wire/iperf2/flow.h"

#include "bench/bench.h"
#include "bench/net/wire/sockets.h"
#include "bench/net/wire/transfer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
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

size_t datagram_room(size_t length)
{
	return length > ZEROED ? length : ZEROED;
}

static void fill(struct datagram_send *send)
{
	size_t head = iperf2_datagram_bytes(send->layout);

	transfer_pattern(send->buffer, send->length);
	memset(send->buffer, 0, send->length < ZEROED ? send->length : ZEROED);
	if (send->has_request)
		iperf2_request_encode(&send->request, true, send->buffer + head);
}

static int send_one(struct datagram_send *sender, bool fin)
{
	struct iperf2_datagram datagram = {
		.id = sender->datagrams,
		.fin = fin,
		.sent_us = sender->wall_offset_us + clock_raw_ns() / 1000,
	};

	iperf2_datagram_encode(&datagram, sender->layout, sender->request.wide_ids, sender->buffer);
	if (send(sender->fd, sender->buffer, sender->length, MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? -EAGAIN : -errno;
}

static int await_turn(struct datagram_send *send, struct iperf2_pace *pace)
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

/* Counts what the kernel took. A refusal came back by ICMP for an earlier datagram: this one was
 * not sent. */
static int send_data(struct datagram_send *send, struct iperf2_pace *pace, uint64_t *last_ns)
{
	int err = send_one(send, false);
	uint64_t now_ns = clock_raw_ns();

	if (err == -ECONNREFUSED)
		send->refused++;
	if (err)
		return err == -EAGAIN || (err == -ECONNREFUSED && send->refused < 100) ? 0 : err;
	if (send->datagrams)
		histogram_add(&send->gaps, now_ns - *last_ns);
	*last_ns = now_ns;
	send->datagrams++;
	pace->sent++;
	atomic_store_explicit(&send->bytes, send->datagrams * send->length, memory_order_relaxed);
	return 0;
}

static int send_test(struct datagram_send *send)
{
	struct iperf2_pace pace;
	uint64_t last_ns = 0;
	int err = 0;

	histogram_clear(&send->gaps);
	send->start_ns = clock_raw_ns();
	iperf2_pace_begin(&pace, send->start_ns, send->rate, send->length);
	while (!err && wants_more(send, clock_raw_ns())) {
		err = send_data(send, &pace, &last_ns);
		/* The wait after a datagram belongs to it: N datagrams fill N gaps, and the FIN is
		 * due next. */
		if (!err)
			err = await_turn(send, &pace);
	}
	send->end_ns = clock_raw_ns();
	send->slips = pace.slips;
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

static int finish(struct datagram_send *send)
{
	int err = -ETIMEDOUT;

	for (send->fins = 0; send->fins < FIN_TRIES && !send->acknowledged; send->fins++) {
		send_one(send, true);
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

int datagram_send(struct datagram_send *send)
{
	fill(send);
	/* Wall-clock time as the protocol wants it, but steady: a stepped clock must not become
	 * jitter. */
	send->wall_offset_us = wall_us() - clock_raw_ns() / 1000;
	int err = send_test(send);
	if (!err || err == -ECANCELED || err == -ETIMEDOUT) {
		int finished = finish(send);
		err = err ? err : finished;
	}
	return send->err = err;
}

double datagram_seconds(const struct datagram_send *send)
{
	return send->end_ns > send->start_ns ? (double)(send->end_ns - send->start_ns) / 1e9 : 0;
}
