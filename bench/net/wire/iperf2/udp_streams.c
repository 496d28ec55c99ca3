/* SPDX-License-Identifier: MIT */
/* The two ways of a UDP test: see udp_streams.h. */
#include "bench/net/wire/iperf2/udp_streams.h"

#include "bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { DATAGRAM_MOST = 65536, STACK = 256 * 1024 };
#define IDLE_NS	  (10 * SECOND_NS)
/* After the FIN: the sender may repeat it when our answer was lost; stock stops after 250 ms of
 * silence. */
#define LINGER_NS (600 * MILLISECOND_NS)

struct udp_streams *udp_streams_new(size_t length)
{
	struct udp_streams *streams = calloc(1, sizeof(*streams));

	if (!streams)
		return NULL;
	streams->out.fd = streams->in.fd = -1;
	streams->out.stop = &streams->stop;
	streams->out.buffer = malloc(datagram_room(length));
	if (streams->out.buffer)
		return streams;
	free(streams);
	return NULL;
}

int udp_streams_listen(struct udp_streams *streams, const struct address *local, uint16_t port,
		       uint64_t window)
{
	struct address at = *local;

	address_set_port(&at, port);
	int fd = socket_listen(&at, SOCK_DGRAM, window);
	if (fd < 0)
		return fd;
	streams->in.fd = fd;
	return 0;
}

int udp_streams_connect(struct udp_streams *streams, const struct address *peer, uint64_t window,
			uint64_t deadline_ns)
{
	int fd = socket_open(peer, SOCK_DGRAM, window);

	if (fd < 0)
		return fd;
	streams->out.fd = fd;
	streams->in.only = *peer;
	if (connect(fd, &peer->any, peer->len))
		return -errno;
	return datagram_probe(fd, streams->out.length, deadline_ns, &streams->stop);
}

/* ---- receiving ---- */

static bool receive_one(struct udp_receive *in, uint8_t *buffer)
{
	struct address from = { .len = sizeof(from.room) };
	uint8_t answer[IPERF2_ACK_ROOM];

	ssize_t got = recvfrom(in->fd, buffer, DATAGRAM_MOST, MSG_DONTWAIT, &from.any, &from.len);
	if (got <= 0)
		return false;
	if (!address_same_host(&from, &in->only)) {
		in->strangers++;
		return true;
	}
	if (!in->flow.count.started && flow_begin(&in->flow, buffer, (size_t)got))
		return true; /* the late FIN of an earlier test, or not iperf's */
	in->from = from;
	ssize_t len =
		flow_take(&in->flow, buffer, (size_t)got, clock_raw_ns(), answer, sizeof(answer));
	atomic_store_explicit(&in->bytes, in->flow.count.bytes, memory_order_relaxed);
	if (len > 0)
		sendto(in->fd, answer, (size_t)len, MSG_NOSIGNAL, &from.any, from.len);
	return true;
}

/* Not begun: patience counts from the end of our way (-r) or from the start (-d). Begun: from the
 * last datagram. */
static uint64_t patience_until(const struct udp_streams *streams, uint64_t asked_ns)
{
	const struct udp_receive *in = &streams->in;

	if (in->flow.count.finished)
		return in->flow.heard_ns + LINGER_NS;
	return (in->flow.count.started ? in->flow.heard_ns : asked_ns) + IDLE_NS;
}

static void *receive_all(void *argument)
{
	struct udp_streams *streams = argument;
	struct udp_receive *in = &streams->in;
	uint8_t *buffer = malloc(DATAGRAM_MOST);
	uint64_t asked_ns = clock_raw_ns(), begun_ns = 0;
	uint64_t most_ns = (uint64_t)((streams->seconds + 20) * 1e9);

	in->err = buffer ? 0 : -ENOMEM;
	while (!in->err) {
		if (streams->tradeoff && !atomic_load(&streams->sent_all))
			asked_ns = clock_raw_ns();
		int err = socket_wait(in->fd, POLLIN, clock_raw_ns() + 50 * MILLISECOND_NS,
				      &streams->stop);
		while (!err && receive_one(in, buffer))
			if (clock_raw_ns() >= patience_until(streams, asked_ns))
				break;
		uint64_t now_ns = clock_raw_ns();
		if (in->flow.count.started && !begun_ns)
			begun_ns = now_ns;
		if (err && err != -ETIMEDOUT)
			in->err = err;
		else if (now_ns >= patience_until(streams, asked_ns) ||
			 (begun_ns && now_ns - begun_ns > most_ns))
			in->err = in->flow.count.finished ? 1 : -ETIMEDOUT;
	}
	if (in->err > 0)
		in->err = 0;
	free(buffer);
	atomic_fetch_sub(&streams->running, 1);
	return NULL;
}

static void *send_all(void *argument)
{
	struct udp_streams *streams = argument;

	datagram_send(&streams->out);
	/* Nobody will send back what nobody was asked for. */
	if (streams->out.err)
		atomic_store(&streams->stop, true);
	atomic_store(&streams->sent_all, true);
	atomic_fetch_sub(&streams->running, 1);
	return NULL;
}

/* ---- threads ---- */

static int start(struct udp_streams *streams, pthread_t *thread, void *(*body)(void *),
		 bool *started)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	atomic_fetch_add(&streams->running, 1);
	int err = -pthread_create(thread, &attributes, body, streams);
	pthread_attr_destroy(&attributes);
	*started = !err;
	if (err)
		atomic_fetch_sub(&streams->running, 1);
	return err;
}

int udp_streams_start(struct udp_streams *streams, double seconds, bool tradeoff)
{
	int err = 0;

	streams->seconds = seconds;
	streams->tradeoff = tradeoff;
	streams->out.deadline_ns = clock_raw_ns() + (uint64_t)((seconds * 2 + 20) * 1e9);
	if (streams->in.fd >= 0)
		err = start(streams, &streams->receiver, receive_all, &streams->receiver_started);
	return err ? err : start(streams, &streams->sender, send_all, &streams->sender_started);
}

unsigned udp_streams_wait(struct udp_streams *streams, uint64_t until_ns)
{
	/* Looked at 50 times a second: cheaper than it sounds, and no lock near the sender. */
	while (atomic_load(&streams->running)) {
		uint64_t now_ns = clock_raw_ns();
		if (now_ns >= until_ns)
			break;
		clock_sleep_ns(until_ns - now_ns < 20 * MILLISECOND_NS ? until_ns - now_ns :
									 20 * MILLISECOND_NS);
	}
	return atomic_load(&streams->running);
}

void udp_streams_free(struct udp_streams *streams)
{
	atomic_store(&streams->stop, true);
	if (streams->sender_started)
		pthread_join(streams->sender, NULL);
	if (streams->receiver_started)
		pthread_join(streams->receiver, NULL);
	if (streams->out.fd >= 0)
		close(streams->out.fd);
	if (streams->in.fd >= 0)
		close(streams->in.fd);
	free(streams->out.buffer);
	free(streams);
}
