/* SPDX-License-Identifier: MIT */
/* Requests at fixed times on a session, whatever became of the earlier ones. See talk.h. */
#include "bench/net/wire/echo/talk.h"

#include "bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 64 }; /* so many sends or receives before the other gets its turn */
enum { RING_LEAST = 1024, RING_MOST = 1 << 20, RING_SECONDS = 4 };
#define SLICE_NS (100 * MILLISECOND_NS)

struct pace {
	struct echo_talker *talker;
	uint64_t *sent_ns; /* by number & mask; 0: answered */
	uint64_t mask;
	uint64_t total;	      /* requests of this session; numbers 0 .. total - 1 */
	uint64_t sent;	      /* numbers below have left */
	uint64_t answered;    /* TCP: numbers below are answered; UDP: how many are */
	uint64_t last_ns;     /* of the last response, or of the beginning */
	size_t out_at, in_at; /* TCP: bytes of the present request and response that went, came */
	bool blocked;	      /* the socket takes no more */
};

/* Sessions take turns, so that all together are evenly paced. */
static uint64_t due_ns(const struct pace *pace, uint64_t number)
{
	const struct echo_talk *talk = pace->talker->talk;
	double turn = (double)number * talk->options.sessions + pace->talker->index;

	return talk->start_ns + (uint64_t)(turn * 1e9 / talk->options.rate);
}

static uint64_t count_due(const struct pace *pace)
{
	const struct echo_talk_options *options = &pace->talker->talk->options;
	double turns = options->rate * (double)options->duration_ns / 1e9;
	double own = (turns - pace->talker->index) / options->sessions;

	return own > 0 ? (uint64_t)own + (own > (double)(uint64_t)own) : 0;
}

static int make_ring(struct pace *pace)
{
	const struct echo_talk_options *options = &pace->talker->talk->options;
	double wanted = options->rate / options->sessions * RING_SECONDS;
	uint64_t size = RING_LEAST;

	while (size < RING_MOST && (double)size < wanted)
		size *= 2;
	pace->mask = size - 1;
	pace->sent_ns = calloc(size, sizeof(*pace->sent_ns));
	return pace->sent_ns ? 0 : -ENOMEM;
}

/* ---- requests ---- */

/* 1: it has left; 0: the socket is full; -errno. */
static int push_request(struct pace *pace)
{
	struct echo_session *session = &pace->talker->session;
	struct echo_tally *tally = &pace->talker->tally;

	ssize_t sent = send(session->fd, pace->talker->out + pace->out_at,
			    session->request - pace->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (sent < 0 && (!session->udp || !echo_may_pass(-errno)))
		return -errno;
	tally->errors += sent < 0;
	/* A datagram that could not leave is one that was lost. */
	pace->out_at += session->udp ? session->request : (size_t)sent;
	if (pace->out_at < session->request)
		return 0;
	pace->out_at = 0;
	return 1;
}

static int send_one(struct pace *pace, uint64_t now_ns)
{
	struct echo_tally *tally = &pace->talker->tally;
	uint64_t *sent_ns = &pace->sent_ns[pace->sent & pace->mask];

	if (!pace->out_at) {
		echo_tag_write(pace->talker->out, pace->talker->session.request,
			       (uint32_t)pace->sent);
		*sent_ns = now_ns;
	}
	int left = push_request(pace);
	if (left <= 0)
		return left;
	histogram_add(&tally->lag, *sent_ns - due_ns(pace, pace->sent));
	pace->sent++;
	atomic_store_explicit(&tally->sent, pace->sent, memory_order_relaxed);
	return 1;
}

/* TCP answers in order: beyond the ring a request waits, which its latency will show. */
static bool may_send(const struct pace *pace, uint64_t now_ns)
{
	return pace->sent < pace->total && due_ns(pace, pace->sent) <= now_ns &&
	       (pace->talker->session.udp || pace->sent - pace->answered <= pace->mask);
}

static int send_due(struct pace *pace)
{
	uint64_t now_ns = clock_raw_ns();
	int left = 1;

	for (unsigned i = 0; i < BATCH && left > 0 && may_send(pace, now_ns); i++) {
		left = send_one(pace, now_ns);
		now_ns = clock_raw_ns();
	}
	pace->blocked = left == 0;
	return left < 0 ? left : 0;
}

/* ---- responses ---- */

static void count_response(struct pace *pace, uint64_t number, uint64_t now_ns)
{
	struct echo_tally *tally = &pace->talker->tally;
	uint64_t *sent_ns = &pace->sent_ns[number & pace->mask], due = due_ns(pace, number);

	histogram_add(&tally->latency, now_ns > due ? now_ns - due : 0);
	histogram_add(&tally->service, now_ns - *sent_ns);
	*sent_ns = 0;
	pace->answered++;
	pace->last_ns = now_ns;
	echo_count_response(tally, now_ns);
}

/* How many bits a tag has between these sizes, and the number's part of them. */
static bool tag_differs(const struct pace *pace, uint64_t number)
{
	const struct echo_session *session = &pace->talker->session;
	size_t len = session->request < session->response ? session->request : session->response;
	uint32_t tag;
	unsigned bits = echo_tag_read(pace->talker->in, len, &tag);

	return (((uint32_t)number ^ tag) & (uint32_t)((1ull << bits) - 1)) != 0;
}

/* The stream goes through a buffer of one response: however it is cut, each begins at in_at 0. */
static int take_stream(struct pace *pace)
{
	struct echo_talker *talker = pace->talker;

	for (unsigned i = 0; i < BATCH; i++) {
		ssize_t got = recv(talker->session.fd, talker->in + pace->in_at,
				   talker->session.response - pace->in_at, MSG_DONTWAIT);
		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (got == 0)
			return -ECONNRESET;
		pace->in_at += (size_t)got;
		if (pace->in_at < talker->session.response)
			continue;
		pace->in_at = 0;
		if (pace->answered >= pace->sent || tag_differs(pace, pace->answered))
			return -EBADMSG;
		count_response(pace, pace->answered, clock_raw_ns());
	}
	return 0;
}

/* The number whose low 32 bits came back: the newest that has left. */
static void take_number(struct pace *pace, uint32_t tag, uint64_t now_ns)
{
	struct echo_tally *tally = &pace->talker->tally;
	uint64_t newest = pace->sent - 1, behind = (uint32_t)newest - tag;

	if (!pace->sent || behind > newest || behind > pace->mask)
		tally->garbage++;
	else if (!pace->sent_ns[(newest - behind) & pace->mask])
		tally->duplicates++;
	else
		count_response(pace, newest - behind, now_ns);
}

static int take_datagrams(struct pace *pace)
{
	struct echo_talker *talker = pace->talker;
	uint32_t tag;

	for (unsigned i = 0; i < BATCH; i++) {
		ssize_t got = recv(talker->session.fd, talker->in, talker->session.response + 1,
				   MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (got < 0 && !echo_may_pass(-errno))
			return -errno;
		if (got < 0) {
			talker->tally.errors++;
			return 0;
		}
		echo_tag_read(talker->in, (size_t)got, &tag);
		if (got == (ssize_t)talker->session.response)
			take_number(pace, tag, clock_raw_ns());
		else
			talker->tally.garbage++;
	}
	return 0;
}

/* ---- the loop ---- */

/* Sleeps until something is due or comes; what has queued up meanwhile makes it return at once. */
static void rest(const struct pace *pace, uint64_t end_ns)
{
	uint64_t now_ns = clock_raw_ns(), wake_ns = now_ns + SLICE_NS;
	bool full = !pace->talker->session.udp && pace->sent - pace->answered > pace->mask;

	if (pace->sent < pace->total && !pace->blocked && !full &&
	    due_ns(pace, pace->sent) < wake_ns)
		wake_ns = due_ns(pace, pace->sent);
	if (end_ns < wake_ns)
		wake_ns = end_ns;
	struct timespec limit = { .tv_nsec = wake_ns > now_ns ? (long)(wake_ns - now_ns) : 0 };
	struct pollfd fd = { .fd = pace->talker->session.fd,
			     .events = (short)(POLLIN | (pace->blocked ? POLLOUT : 0)) };
	ppoll(&fd, 1, &limit, NULL);
}

/* Why it is over, or 0: it goes on. */
static int look_up(const struct pace *pace, uint64_t now_ns)
{
	const struct echo_talk *talk = pace->talker->talk;

	if (atomic_load_explicit(&talk->stop, memory_order_relaxed))
		return -ECANCELED;
	/* Only who owes us something can stall. */
	bool owes = pace->answered < pace->sent || pace->blocked;
	return owes && now_ns > pace->last_ns && now_ns - pace->last_ns >= talk->options.stall_ns ?
		       -ETIMEDOUT :
		       0;
}

static int keep_pace(struct pace *pace)
{
	const struct echo_talk *talk = pace->talker->talk;
	uint64_t end_ns = talk->until_ns + talk->options.reply_ns, now_ns = clock_raw_ns();
	int err = 0;

	pace->last_ns = now_ns > talk->start_ns ? now_ns : talk->start_ns;
	while (!err && now_ns < end_ns &&
	       (pace->sent < pace->total || pace->answered < pace->sent)) {
		rest(pace, end_ns);
		err = send_due(pace);
		if (!err)
			err = pace->talker->session.udp ? take_datagrams(pace) : take_stream(pace);
		now_ns = clock_raw_ns();
		/* A slow pace is no stall: the wait begins with the request. */
		if (pace->answered == pace->sent && !pace->blocked)
			pace->last_ns = now_ns;
		if (!err)
			err = look_up(pace, now_ns);
	}
	return err;
}

int echo_talk_open_loop(struct echo_talker *talker)
{
	struct pace pace = { .talker = talker };
	int err = make_ring(&pace);

	if (err)
		return err;
	pace.total = count_due(&pace);
	err = keep_pace(&pace);
	talker->tally.unsent = pace.total - pace.sent;
	talker->tally.lost = pace.sent - pace.answered;
	free(pace.sent_ns);
	return err;
}
