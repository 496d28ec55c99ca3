/* SPDX-License-Identifier: MIT */
/* What client and server do alike: see session.h. */
#include "bench/net/wire/iperf3/session.h"

#include "bench/bench.h"

#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often amounts and stalls are looked at. */
#define LOOK_NS	 (2 * MILLISECOND_NS)
#define LEAST_NS (MILLISECOND_NS / 10)
#define SLICE_NS (100 * MILLISECOND_NS)
/* A stream broke: its partner's last word may still be on the control connection. */
#define WORD_NS	 (500 * MILLISECOND_NS)

const struct iperf3_limits iperf3_limits = {
	.silent_ns = 5 * SECOND_NS,
	.answer_ns = 10 * SECOND_NS,
	.streams_ns = 30 * SECOND_NS,
	.grace_ns = 30 * SECOND_NS,
	.idle_ns = 20 * SECOND_NS,
};

/* ---- the data phase ---- */

struct watching {
	struct iperf3_session *session;
	bool ends;
	uint64_t deadline_ns, tick_ns, moved_ns, moved;
};

static bool amount_reached(const struct iperf3_test *test)
{
	if (!test->amount || test->omitting)
		return false;
	return iperf3_test_received(test) >= test->amount ||
	       (test->claimed >= test->amount && !test->senders);
}

static uint64_t end_by_time(const struct watching *watching)
{
	const struct iperf3_session *session = watching->session;
	const struct iperf3_params *params = &session->params;

	if (!watching->ends || session->test.amount || params->seconds <= 0)
		return UINT64_MAX;
	return session->test.count_ns + (uint64_t)(params->seconds * 1e9) +
	       (session->test.omitting ? params->omit * SECOND_NS : 0);
}

/* A paced stream of few, large blocks is not stalled between two of them. */
static uint64_t idle_limit(const struct iperf3_session *session)
{
	const struct iperf3_params *params = &session->params;
	double gap_ns = params->rate ? (double)params->length * 8e9 / (double)params->rate : 0;

	return session->limits->idle_ns + (uint64_t)(2 * gap_ns);
}

static int check_limits(struct watching *watching, uint64_t now_ns)
{
	const struct iperf3_session *session = watching->session;
	const struct iperf3_test *test = &session->test;
	uint64_t moved = iperf3_test_bytes(test, false) + iperf3_test_bytes(test, true);

	if (moved != watching->moved) {
		watching->moved = moved;
		watching->moved_ns = now_ns;
	}
	if (now_ns >= end_by_time(watching) || (watching->ends && amount_reached(test)))
		return WATCH_OVER;
	if (now_ns >= watching->deadline_ns)
		return -ETIMEDOUT;
	/* A timed UDP test ends by itself, and that nothing arrived is its result. */
	if ((!session->params.udp || end_by_time(watching) == UINT64_MAX) &&
	    now_ns - watching->moved_ns > idle_limit(session))
		return -ETIMEDOUT;
	int err = iperf3_test_error(test);
	if (!err)
		return 0;
	return socket_wait(session->control.fd, POLLIN, now_ns + WORD_NS, session->control.stop) ?
		       err :
		       WATCH_SPOKE;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void tick_if_due(struct watching *watching, uint64_t now_ns)
{
	struct iperf3_session *session = watching->session;
	struct iperf3_test *test = &session->test;
	uint64_t omitted_ns = test->start_ns + session->params.omit * SECOND_NS;
	bool due = now_ns >= watching->tick_ns, counts = test->omitting && now_ns >= omitted_ns;

	if ((due || counts) && session->tick)
		session->tick(session->context, session);
	if (counts) {
		iperf3_test_count(test);
		if (session->interval_ns)
			watching->tick_ns = test->count_ns + session->interval_ns;
	}
	while (session->interval_ns && watching->tick_ns <= now_ns)
		watching->tick_ns += session->interval_ns;
}

static uint64_t next_look(const struct watching *watching, uint64_t now_ns)
{
	const struct iperf3_session *session = watching->session;
	uint64_t next = now_ns + SLICE_NS;

	if (watching->ends && session->test.amount)
		next = now_ns + LOOK_NS;
	if (session->test.omitting)
		next = earlier(next, session->test.start_ns + session->params.omit * SECOND_NS);
	next = earlier(next, earlier(watching->tick_ns, end_by_time(watching)));
	/* However late we are, the other end's word is looked for. */
	return next > now_ns + LEAST_NS ? next : now_ns + LEAST_NS;
}

int iperf3_session_watch(struct iperf3_session *session, bool ends, uint64_t deadline_ns)
{
	uint64_t now_ns = session->test.start_ns;
	struct watching watching = { session, ends, deadline_ns, UINT64_MAX, now_ns, 0 };

	if (session->interval_ns)
		watching.tick_ns = now_ns + session->interval_ns;
	for (;;) {
		int waited = socket_wait(session->control.fd, POLLIN,
					 next_look(&watching, clock_raw_ns()),
					 session->control.stop);
		if (!waited)
			return WATCH_SPOKE;
		if (waited != -ETIMEDOUT)
			return waited;
		now_ns = clock_raw_ns();
		int outcome = check_limits(&watching, now_ns);
		if (outcome)
			return outcome;
		tick_if_due(&watching, now_ns);
	}
}

int iperf3_session_wire(struct iperf3_session *session, int fd)
{
	int yes = 1, idle = 5, times = 3;

	session->control.fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	/* A partner that has vanished without a word is noticed within 20 s. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
	return address_of(fd, &session->local, &session->peer);
}

/* ---- results ---- */

int iperf3_session_send_results(struct iperf3_session *session)
{
	return iperf3_control_send(&session->control, iperf3_results_encode(&session->ours),
				   clock_raw_ns() + session->limits->answer_ns);
}

int iperf3_session_receive_results(struct iperf3_session *session)
{
	char *json;
	size_t len;
	int err = iperf3_control_receive(&session->control, IPERF3_RESULTS_MOST, &json, &len,
					 clock_raw_ns() + session->limits->answer_ns);

	if (err)
		return err;
	err = iperf3_results_decode(json, len, &session->theirs, session->why,
				    sizeof(session->why));
	free(json);
	session->has_theirs = !err;
	return err;
}

void iperf3_session_close(struct iperf3_session *session)
{
	if (session->opened)
		iperf3_test_free(&session->test);
	session->opened = false;
	if (session->control.fd >= 0)
		close(session->control.fd);
	session->control.fd = -1;
}

/* ---- both ends' counts ---- */

/* Up to 3.17 the other end does not say what it had counted by the end of the omitted part: then
 * ours is the best guess. */
static struct iperf3_side complete(const struct iperf3_side *theirs, const struct iperf3_side *ours)
{
	struct iperf3_side side = *theirs;

	if (!side.has_omitted) {
		side.omitted_packets = ours->omitted_packets;
		side.omitted_lost = ours->omitted_lost;
	}
	if (side.omitted_packets > side.packets)
		side.omitted_packets = side.packets;
	if (side.omitted_lost > side.lost)
		side.omitted_lost = side.lost;
	return side;
}

unsigned iperf3_session_streams(const struct iperf3_session *session)
{
	return session->has_ours ? session->ours.count : 0;
}

struct iperf3_ends iperf3_session_ends(const struct iperf3_session *session, unsigned index)
{
	const struct iperf3_side *ours = &session->ours.side[index];
	const struct iperf3_side *told =
		session->has_theirs ? iperf3_results_side(&session->theirs, ours->id) : NULL;
	struct iperf3_ends ends = {
		.outgoing = iperf3_params_upward(&session->params, index) != session->server,
	};

	if (told)
		*(ends.outgoing ? &ends.received : &ends.sent) = complete(told, ours);
	*(ends.outgoing ? &ends.sent : &ends.received) = *ours;
	ends.has_sent = ends.outgoing || told;
	ends.has_received = !ends.outgoing || told;
	return ends;
}

static void add_sent(struct iperf3_way *way, const struct iperf3_side *side)
{
	way->has_sent = true;
	way->sent_bytes += side->bytes;
	way->sent_seconds = fmax(way->sent_seconds, side->end - side->start);
	way->sent_packets += side->packets - side->omitted_packets;
	if (side->retransmits >= 0)
		way->retransmits =
			side->retransmits + (way->retransmits > 0 ? way->retransmits : 0);
}

static void add_received(struct iperf3_way *way, const struct iperf3_side *side)
{
	way->has_received = true;
	way->received_bytes += side->bytes;
	way->received_seconds = fmax(way->received_seconds, side->end - side->start);
	way->packets += side->packets - side->omitted_packets;
	way->lost += side->lost - side->omitted_lost;
	way->jitter_ms += (side->jitter_seconds * 1e3 - way->jitter_ms) / way->streams;
}

void iperf3_way_add(struct iperf3_way *way, const struct iperf3_ends *ends)
{
	way->streams++;
	if (ends->has_sent)
		add_sent(way, &ends->sent);
	if (ends->has_received)
		add_received(way, &ends->received);
}

static void add_order(const struct iperf3_session *session, struct iperf3_way *way)
{
	for (unsigned i = 0; i < session->test.count && session->opened; i++) {
		const struct iperf3_stream *stream = &session->test.stream[i];
		struct iperf3_tally total = iperf3_stream_total(stream);
		if (stream->sender)
			continue;
		way->out_of_order = (way->out_of_order > 0 ? way->out_of_order : 0) +
				    (int64_t)total.out_of_order;
		way->duplicates =
			(way->duplicates > 0 ? way->duplicates : 0) + (int64_t)total.duplicates;
	}
}

struct iperf3_way iperf3_session_way(const struct iperf3_session *session, bool outgoing)
{
	struct iperf3_way way = IPERF3_WAY_NONE;

	for (unsigned i = 0; i < iperf3_session_streams(session); i++) {
		struct iperf3_ends ends = iperf3_session_ends(session, i);
		if (ends.outgoing == outgoing)
			iperf3_way_add(&way, &ends);
	}
	if (!outgoing)
		add_order(session, &way);
	return way;
}

/* ---- words ---- */

static const char *words_of(const struct iperf3_session *session)
{
	switch (session->err) {
	case -EBUSY:
		return "busy with another test";
	case -ECONNABORTED:
		return "the other end was interrupted";
	case -ENODATA:
		return "the other end closed the connection";
	case -EPROTO:
		return "a state byte that has no place here";
	case -EMSGSIZE:
		return "a message of an impossible length";
	case -ECANCELED:
		return "cut off: we were told to end";
	case -EREMOTEIO:
		return "the server refused";
	default:
		return NULL;
	}
}

void iperf3_session_describe(const struct iperf3_session *session, bool reason, char *out,
			     size_t room)
{
	static const char *const steps[] = {
		[STEP_GREETED] = "waiting for an answer to the cookie",
		[STEP_PARAMS] = "exchanging parameters",
		[STEP_STREAMS] = "opening the streams",
		[STEP_STARTED] = "starting",
		[STEP_RUNNING] = "while data was moving",
		[STEP_RESULTS] = "exchanging results",
		[STEP_SHOWN] = "ending",
		[STEP_OVER] = "after the end",
	};
	struct text text;

	const char *words = words_of(session);

	text_begin(&text, out, room);
	text_add(&text, "%s", steps[session->step]);
	if (words || reason)
		text_add(&text, ": %s", words ? words : strerror(-session->err));
	if (session->err == -EREMOTEIO)
		text_add(&text, " (iperf error %d, errno %d)", session->told_error,
			 session->told_errno);
	if (session->why[0])
		text_add(&text, "; %s", session->why);
}
