/* SPDX-License-Identifier: MIT */
/* The client's dialogue: see client.h. */
#include "bench/net/wire/iperf3/client.h"

#include "bench/bench.h"
#include "bench/net/wire/words.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Stock does not repeat the word that opens a UDP stream; a lost one costs it the test. */
#define HELLO_NS (3 * SECOND_NS)

static int greet(struct iperf3_session *session, const struct address *peer, uint64_t until_ns)
{
	uint8_t random[IPERF3_COOKIE - 1];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	iperf3_cookie_make(random, session->cookie);
	int fd = socket_connect(peer, 0, until_ns, session->control.stop);
	if (fd < 0)
		return fd;
	iperf3_session_wire(session, fd);
	return iperf3_control_write(&session->control, session->cookie, IPERF3_COOKIE,
				    clock_raw_ns() + session->limits->answer_ns);
}

/* The server's next state: 0 when it is the one that comes next. */
static int follow(struct iperf3_session *session, uint64_t patience_ns)
{
	uint64_t until_ns = clock_raw_ns() + patience_ns;
	uint8_t words[8];
	int8_t state;

	int err = iperf3_control_read_state(&session->control, &state, until_ns);
	if (!err)
		err = iperf3_client_follow(&session->step, state);
	if (err != -EREMOTEIO)
		return err;
	if (!socket_read_all(session->control.fd, words, sizeof(words), until_ns,
			     session->control.stop)) {
		session->told_error = (int32_t)get32(words);
		session->told_errno = (int32_t)get32(words + 4);
	}
	return err;
}

/* ---- streams ---- */

static int open_tcp(struct iperf3_session *session, uint64_t until_ns)
{
	struct iperf3_control data = { .stop = session->control.stop };

	data.fd = socket_connect(&session->peer, session->params.window, until_ns, data.stop);
	if (data.fd < 0)
		return data.fd;
	int err = iperf3_control_write(&data, session->cookie, IPERF3_COOKIE, until_ns);
	if (!err)
		return data.fd;
	close(data.fd);
	return err;
}

/* Data of a stream that is ahead of us may come first; it is passed over. */
static int await_answer(struct iperf3_session *session, int fd, uint64_t until_ns)
{
	uint8_t answer[64];

	for (;;) {
		int err = socket_wait(fd, POLLIN, until_ns, session->control.stop);
		if (err)
			return err;
		ssize_t got = recv(fd, answer, sizeof(answer), MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got >= 0 && iperf3_answer_ok(answer, (size_t)got))
			return 0;
	}
}

static int open_udp(struct iperf3_session *session, uint64_t until_ns)
{
	int fd = socket_open(&session->peer, SOCK_DGRAM, session->params.window);
	uint8_t hello[4];

	if (fd < 0)
		return fd;
	iperf3_hello_encode(IPERF3_UDP_HELLO, hello);
	int err = connect(fd, &session->peer.any, session->peer.len) ? -errno : -ETIMEDOUT;
	while (err == -ETIMEDOUT && clock_raw_ns() < until_ns) {
		uint64_t again_ns = clock_raw_ns() + HELLO_NS;
		err = send(fd, hello, sizeof(hello), MSG_NOSIGNAL) < 0 ? -errno : 0;
		if (!err)
			err = await_answer(session, fd, again_ns < until_ns ? again_ns : until_ns);
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int open_streams(struct iperf3_session *session)
{
	uint64_t until_ns = clock_raw_ns() + session->limits->streams_ns;
	int err = iperf3_test_open(&session->test, &session->params, false);

	session->opened = !err;
	while (!err && !iperf3_test_complete(&session->test)) {
		uint64_t one_ns = clock_raw_ns() + session->limits->answer_ns;
		if (one_ns > until_ns)
			one_ns = until_ns;
		int fd = session->params.udp ? open_udp(session, one_ns) :
					       open_tcp(session, one_ns);
		err = fd < 0 ? fd : iperf3_test_attach(&session->test, fd);
	}
	if (err == -ENOENT)
		snprintf(session->why, sizeof(session->why), "no congestion control \"%s\" here",
			 session->params.congestion);
	return err;
}

/* ---- the dialogue ---- */

/* Stock's choice when nobody says: TCP's blocks, and datagrams that fit the path. */
static void choose_length(struct iperf3_session *session)
{
	struct iperf3_params *params = &session->params;
	int mss = 0;
	socklen_t len = sizeof(mss);

	if (params->length)
		return;
	if (!params->udp)
		params->length = IPERF3_BLOCK;
	else if (getsockopt(session->control.fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &len) ||
		 mss < IPERF3_DATAGRAM_LEAST || mss > IPERF3_DATAGRAM_MOST)
		params->length = 1460;
	else
		params->length = (size_t)mss;
}

static int exchange_params(struct iperf3_session *session)
{
	int err = follow(session, session->limits->answer_ns);

	choose_length(session);
	if (!err)
		err = iperf3_control_send(&session->control, iperf3_params_encode(&session->params),
					  clock_raw_ns() + session->limits->answer_ns);
	/* A server with several clients may let others finish opening theirs first. */
	return err ? err :
		     follow(session, session->limits->streams_ns + session->limits->answer_ns);
}

static int start(struct iperf3_session *session)
{
	int err = open_streams(session);

	if (!err)
		err = follow(session, session->limits->answer_ns);
	/* Before the go: the first data must not find nobody reading. */
	if (!err)
		err = iperf3_test_start_receivers(&session->test);
	if (!err)
		err = follow(session, session->limits->answer_ns);
	return err ? err : iperf3_test_start_senders(&session->test);
}

/* The data phase; its end is ours to decide, or comes as a word of the server or a fault. */
static int run(struct iperf3_session *session)
{
	const struct iperf3_params *params = &session->params;
	uint64_t most_ns =
		(uint64_t)((params->seconds + params->omit) * 1e9) + session->limits->grace_ns;
	bool timed = params->seconds > 0;
	int outcome =
		iperf3_session_watch(session, true, timed ? clock_raw_ns() + most_ns : UINT64_MAX);

	iperf3_test_drain(&session->test);
	if (session->tick)
		session->tick(session->context, session);
	if (outcome == WATCH_SPOKE) {
		int err = follow(session, session->limits->answer_ns);
		return err ? err : -EPROTO; /* nothing is due before our end */
	}
	if (outcome != WATCH_OVER)
		return outcome;
	return iperf3_control_state(&session->control, STATE_TEST_END,
				    clock_raw_ns() + session->limits->answer_ns);
}

static int finish(struct iperf3_session *session)
{
	int err = follow(session, session->limits->answer_ns);

	iperf3_test_end(&session->test);
	iperf3_test_results(&session->test, &session->ours);
	session->has_ours = true;
	if (!err)
		err = iperf3_session_send_results(session);
	if (!err)
		err = iperf3_session_receive_results(session);
	if (!err)
		err = follow(session, session->limits->answer_ns);
	if (!err)
		err = iperf3_control_state(&session->control, STATE_IPERF_DONE,
					   clock_raw_ns() + session->limits->answer_ns);
	if (!err)
		session->step = STEP_OVER;
	return err;
}

/* What was measured is kept, and a server that still listens is told. */
static void give_up(struct iperf3_session *session)
{
	if (session->opened && !session->has_ours) {
		iperf3_test_end(&session->test);
		iperf3_test_results(&session->test, &session->ours);
		session->has_ours = session->step >= STEP_RUNNING;
	}
	if (session->control.fd >= 0 && session->err != -ENODATA)
		iperf3_control_state(&session->control, STATE_CLIENT_TERMINATE,
				     clock_raw_ns() + SECOND_NS / 10);
}

int iperf3_client_run(struct iperf3_session *session, const struct address *peer,
		      uint64_t connect_until_ns)
{
	session->control.fd = -1;
	if (!session->limits)
		session->limits = &iperf3_limits;
	session->step = STEP_GREETED;
	session->peer = *peer;
	int err = greet(session, peer, connect_until_ns);
	if (!err)
		err = exchange_params(session);
	if (!err)
		err = start(session);
	if (!err)
		err = run(session);
	if (!err)
		err = finish(session);
	session->err = err;
	if (err)
		give_up(session);
	return err;
}
