/* SPDX-License-Identifier: MIT */
/* Beginning and end of an echo session: see session.h. */
#include "bench/net/wire/echo/session.h"

#include "bench/bench.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#define ATTEMPT_NS (200 * MILLISECOND_NS)
#define LEAST_NS   SECOND_NS /* for an answer, however late the connection came */

static int say(const struct echo_session *session, enum echo_kind kind)
{
	uint8_t out[ECHO_HEADER];
	struct echo_header header = { .kind = kind,
				      .request = session->request,
				      .response = session->response,
				      .cookie = session->cookie };

	echo_encode(&header, out);
	return send(session->fd, out, sizeof(out), MSG_NOSIGNAL) == sizeof(out) ? 0 : -errno;
}

static int judge(int err, const struct echo_header *header, enum echo_kind wanted)
{
	if (!err && header->kind == ECHO_REFUSED)
		return echo_refusal_error(header->refusal);
	return err || header->kind == wanted ? err : -EBADMSG;
}

static int read_block(const struct echo_session *session, enum echo_kind wanted, uint64_t until_ns,
		      const atomic_bool *stop, struct echo_header *header)
{
	uint8_t in[ECHO_HEADER];
	int err = socket_read_all(session->fd, in, sizeof(in), until_ns, stop);

	return err ? err : judge(echo_decode(in, sizeof(in), header), header, wanted);
}

static int open_tcp(struct echo_session *session, const struct address *peer, uint64_t until_ns,
		    const atomic_bool *stop)
{
	struct echo_header header;
	int yes = 1;

	session->fd = socket_connect(peer, 0, until_ns, stop);
	if (session->fd < 0)
		return session->fd;
	setsockopt(session->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	uint64_t least_ns = clock_raw_ns() + LEAST_NS;
	int err = say(session, ECHO_HELLO);
	return err ? err :
		     read_block(session, ECHO_READY, until_ns > least_ns ? until_ns : least_ns,
				stop, &header);
}

/* The datagram that answers, if one comes in this attempt. -EAGAIN: none. */
static int read_datagram(const struct echo_session *session, uint64_t until_ns,
			 const atomic_bool *stop, struct echo_header *header)
{
	uint8_t in[ECHO_HEADER + 1];
	uint64_t attempt_ns = clock_raw_ns() + ATTEMPT_NS;
	int err = socket_wait(session->fd, POLLIN, attempt_ns < until_ns ? attempt_ns : until_ns,
			      stop);

	if (err)
		return err == -ETIMEDOUT ? -EAGAIN : err;
	ssize_t got = recv(session->fd, in, sizeof(in), MSG_DONTWAIT);
	return got < 0 ? -errno : echo_decode(in, (size_t)got, header);
}

/* One HELLO and what it brings. */
static int greet(struct echo_session *session, uint64_t until_ns, const atomic_bool *stop)
{
	struct echo_header header = { 0 };
	int err = say(session, ECHO_HELLO);

	if (!err)
		err = read_datagram(session, until_ns, stop, &header);
	if (!err && header.kind == ECHO_CHALLENGE && header.cookie != session->cookie) {
		session->cookie = header.cookie;
		return -EAGAIN; /* and at once again */
	}
	return judge(err, &header, ECHO_READY);
}

static bool may_pass(int err)
{
	return err == -EAGAIN || err == -ECONNREFUSED || err == -EHOSTUNREACH ||
	       err == -ENETUNREACH || err == -ENETDOWN || err == -EBADMSG;
}

static int open_udp(struct echo_session *session, const struct address *peer, uint64_t until_ns,
		    const atomic_bool *stop)
{
	int err, said = -ETIMEDOUT; /* the last that was more than silence */

	session->fd = socket_open(peer, SOCK_DGRAM, 0);
	if (session->fd < 0)
		return session->fd;
	if (connect(session->fd, &peer->any, peer->len))
		return -errno;
	for (;;) {
		err = greet(session, until_ns, stop);
		if (err != -EAGAIN)
			said = err;
		if (!may_pass(err) || clock_raw_ns() >= until_ns)
			return said;
		if (err != -EAGAIN)
			clock_sleep_ns(ATTEMPT_NS / 4);
	}
}

int echo_session_open(struct echo_session *session, const struct address *peer, uint64_t until_ns,
		      const atomic_bool *stop)
{
	int err = session->udp ? open_udp(session, peer, until_ns, stop) :
				 open_tcp(session, peer, until_ns, stop);

	if (err)
		echo_session_close(session);
	return err;
}

static int finish_tcp(struct echo_session *session, uint64_t until_ns, struct echo_header *done)
{
	if (shutdown(session->fd, SHUT_WR))
		return -errno;
	return read_block(session, ECHO_DONE, until_ns, NULL, done);
}

/* Late responses may still come: they are passed over. */
static int finish_udp(struct echo_session *session, uint64_t until_ns, struct echo_header *done)
{
	int err = 0;

	while (clock_raw_ns() < until_ns) {
		if (err != -EBADMSG && err != -EMSGSIZE)
			err = say(session, ECHO_BYE);
		if (!err || err == -EBADMSG || err == -EMSGSIZE)
			err = read_datagram(session, until_ns, NULL, done);
		if (!err && done->kind == ECHO_DONE)
			return 0;
		if (err && err != -EAGAIN && err != -EBADMSG && err != -EMSGSIZE)
			return err;
	}
	return -ETIMEDOUT;
}

int echo_session_finish(struct echo_session *session, uint64_t until_ns, uint64_t *answered)
{
	struct echo_header done = { 0 };
	int err = session->udp ? finish_udp(session, until_ns, &done) :
				 finish_tcp(session, until_ns, &done);

	*answered = done.count;
	return err;
}

void echo_session_close(struct echo_session *session)
{
	if (session->fd >= 0)
		close(session->fd);
	session->fd = -1;
}
