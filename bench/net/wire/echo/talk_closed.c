/* SPDX-License-Identifier: MIT */
/* One transaction at a time on a session, as netperf's TCP_RR and UDP_RR. See talk.h. */
#include "bench/net/wire/echo/talk.h"

#include "bench/bench.h"

#include <errno.h>

#define SLICE_NS (100 * MILLISECOND_NS) /* how often a waiting thread looks up */

enum { ANSWERED, LOST };

/* Nothing came or went in a slice. 0: wait on. */
static int look_up(const struct echo_talker *talker, uint64_t since_ns)
{
	if (atomic_load(&talker->talk->stop))
		return -ECANCELED;
	return clock_raw_ns() - since_ns >= talker->talk->options.stall_ns ? -ETIMEDOUT : 0;
}

static int send_all(struct echo_talker *talker, uint64_t since_ns)
{
	size_t at = 0;

	while (at < talker->session.request) {
		ssize_t sent = send(talker->session.fd, talker->out + at,
				    talker->session.request - at, MSG_NOSIGNAL);
		if (sent > 0)
			at += (size_t)sent;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		int err = sent < 0 ? look_up(talker, since_ns) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int receive_all(struct echo_talker *talker, uint64_t since_ns)
{
	size_t at = 0;

	while (at < talker->session.response) {
		ssize_t got =
			recv(talker->session.fd, talker->in + at, talker->session.response - at, 0);
		if (got > 0)
			at += (size_t)got;
		else if (got == 0)
			return -ECONNRESET; /* a close in between is one */
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		int err = got < 0 ? look_up(talker, since_ns) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* The response's tag is that of transaction `number`. */
static bool is_of(const struct echo_talker *talker, uint32_t number)
{
	uint32_t tag;
	size_t len = talker->session.request < talker->session.response ? talker->session.request :
									  talker->session.response;
	unsigned bits = echo_tag_read(talker->in, len, &tag);

	return ((tag ^ number) & (uint32_t)((1ull << bits) - 1)) == 0;
}

static int transact_tcp(struct echo_talker *talker, uint32_t number, uint64_t since_ns)
{
	int err = send_all(talker, since_ns);

	if (!err)
		err = receive_all(talker, since_ns);
	return err ? err : is_of(talker, number) ? ANSWERED : -EBADMSG;
}

static void count_stray(struct echo_talker *talker, size_t len, uint32_t number)
{
	if (len == talker->session.response && is_of(talker, number - 1))
		talker->tally.duplicates++;
	else
		talker->tally.garbage++;
}

static int await_datagram(struct echo_talker *talker, uint32_t number, uint64_t until_ns)
{
	for (;;) {
		ssize_t got = recv(talker->session.fd, talker->in, talker->session.response + 1, 0);
		if (got == (ssize_t)talker->session.response && is_of(talker, number))
			return ANSWERED;
		if (got < 0 && !echo_may_pass(-errno))
			return -errno;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			talker->tally.errors++;
		if (got >= 0)
			count_stray(talker, (size_t)got, number);
		if (atomic_load(&talker->talk->stop))
			return -ECANCELED;
		if (clock_raw_ns() >= until_ns)
			return LOST;
	}
}

static int transact_udp(struct echo_talker *talker, uint32_t number, uint64_t since_ns)
{
	if (send(talker->session.fd, talker->out, talker->session.request, MSG_NOSIGNAL) < 0) {
		if (!echo_may_pass(-errno))
			return -errno;
		talker->tally.errors++;
	}
	return await_datagram(talker, number, since_ns + talker->talk->options.reply_ns);
}

/* One after the other: the end of one is the beginning of the next. */
static int transact_until(struct echo_talker *talker, uint64_t until_ns)
{
	struct echo_tally *tally = &talker->tally;
	uint64_t since_ns = clock_raw_ns(), last_ns = since_ns;

	for (uint32_t number = 1; since_ns < until_ns; number++) {
		echo_tag_write(talker->out, talker->session.request, number);
		atomic_store_explicit(&tally->sent, tally->sent + 1, memory_order_relaxed);
		int got = talker->session.udp ? transact_udp(talker, number, since_ns) :
						transact_tcp(talker, number, since_ns);
		uint64_t now_ns = clock_raw_ns();
		if (got == ANSWERED) {
			histogram_add(&tally->latency, now_ns - since_ns);
			echo_count_response(tally, now_ns);
			last_ns = now_ns;
		} else {
			tally->lost++;
		}
		if (got < 0)
			return got;
		if (now_ns - last_ns >= talker->talk->options.stall_ns)
			return -ETIMEDOUT;
		since_ns = now_ns;
	}
	return 0;
}

int echo_talk_closed(struct echo_talker *talker)
{
	uint64_t reply_ns = talker->talk->options.reply_ns;

	socket_set_timeouts(talker->session.fd,
			    talker->session.udp && reply_ns < SLICE_NS ? reply_ns : SLICE_NS);
	return transact_until(talker, talker->talk->until_ns);
}
