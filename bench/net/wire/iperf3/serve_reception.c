/* SPDX-License-Identifier: MIT */
/*
 * Where all connections come in: one thread reads their cookies, without waiting for any of them,
 * and brings each to its test, or begins a new test with it. The first words of UDP streams too.
 */
#include "bench/net/wire/iperf3/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define SLICE_NS (100 * MILLISECOND_NS)

static bool is_stranger(struct iperf3_serve *serve, const struct address *from)
{
	bool stranger = serve->options.only.len && !address_same_host(from, &serve->options.only);

	pthread_mutex_lock(&serve->lock);
	serve->state.strangers += stranger;
	pthread_mutex_unlock(&serve->lock);
	return stranger;
}

/* ---- TCP ---- */

static void forget(struct iperf3_serve *serve, unsigned index)
{
	serve->pending_count--;
	memmove(&serve->pending[index], &serve->pending[index + 1],
		(serve->pending_count - index) * sizeof(serve->pending[0]));
}

static void drop_silent(struct iperf3_serve *serve, unsigned index)
{
	close(serve->pending[index].fd);
	forget(serve, index);
	pthread_mutex_lock(&serve->lock);
	serve->state.silent++;
	pthread_mutex_unlock(&serve->lock);
}

static void accept_one(struct iperf3_serve *serve)
{
	struct iperf3_pending new = { .order = serve->accepted++ };

	new.from.len = sizeof(new.from.room);
	new.fd = accept4(serve->tcp_fd, &new.from.any, &new.from.len, SOCK_CLOEXEC);
	if (new.fd < 0 && errno != EAGAIN && errno != EINTR &&errno != ECONNABORTED)
		clock_sleep_ns(10 * MILLISECOND_NS); /* out of descriptors: let some end */
	if (new.fd < 0)
		return;
	if (is_stranger(serve, &new.from)) {
		close(new.fd);
		return;
	}
	/* In a flood of silent ones the oldest goes: an honest client's cookie comes at once. */
	if (serve->pending_count == SERVE_PENDING)
		drop_silent(serve, 0);
	new.until_ns = clock_raw_ns() + serve->options.limits->silent_ns;
	serve->pending[serve->pending_count++] = new;
}

static bool has_ended(const struct iperf3_serve *serve, const char *cookie)
{
	for (size_t i = 0; i < SERVE_ENDED; i++)
		if (!memcmp(serve->ended[i], cookie, IPERF3_COOKIE))
			return true;
	return false;
}

/* 0: it is a stream of a test, which has it now; -EEXIST: the test takes none, or is over; -ENOENT:
 * no such test. */
static int bring_to_test(struct iperf3_serve *serve, const struct iperf3_pending *pending)
{
	pthread_mutex_lock(&serve->lock);
	int err = has_ended(serve, pending->cookie) ? -EEXIST : -ENOENT;
	for (size_t i = 0; i < SERVE_PLACES; i++) {
		struct iperf3_place *place = serve->place[i];
		if (!place || memcmp(place->session.cookie, pending->cookie, IPERF3_COOKIE))
			continue;
		err = -EEXIST;
		if (!place->wants || place->session.params.udp || place->arrived == place->wanted)
			continue;
		place->arrival[place->arrived++] =
			(struct iperf3_arrival){ pending->fd, pending->order };
		err = 0;
		break;
	}
	pthread_mutex_unlock(&serve->lock);
	return err;
}

static void place_connection(struct iperf3_serve *serve, const struct iperf3_pending *pending)
{
	static const int8_t denied = STATE_ACCESS_DENIED;
	int err = iperf3_cookie_ok(pending->cookie) ? bring_to_test(serve, pending) : -EBADMSG;

	if (err == -ENOENT)
		err = iperf3_serve_spawn(serve, pending);
	if (!err)
		return;
	(void)!send(pending->fd, &denied, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(pending->fd);
}

static void read_cookie(struct iperf3_serve *serve, unsigned index)
{
	struct iperf3_pending *pending = &serve->pending[index];
	ssize_t got = recv(pending->fd, pending->cookie + pending->got,
			   IPERF3_COOKIE - pending->got, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop_silent(serve, index);
		return;
	}
	pending->got += (size_t)got;
	if (pending->got < IPERF3_COOKIE)
		return;
	struct iperf3_pending whole = *pending;
	forget(serve, index);
	place_connection(serve, &whole);
}

/* ---- UDP ---- */

/* A socket of its own for this client, at the address that its control connection came to. Its
 * datagrams find it rather than the port's common socket, because it is connected. */
static int open_stream(const struct iperf3_place *place, const struct address *from)
{
	struct address at = place->session.local;
	const char *interface = place->serve->options.interface;
	uint8_t stray[16];
	int yes = 1, fd = socket_open(&at, SOCK_DGRAM, place->session.params.window);

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    (interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				     (socklen_t)strlen(interface) + 1)) ||
	    bind(fd, &at.any, at.len) || connect(fd, &from->any, from->len)) {
		int err = -errno;
		close(fd);
		return err;
	}
	/* What came between bind and connect may be anybody's. */
	while (recv(fd, stray, sizeof(stray), MSG_DONTWAIT) >= 0)
		;
	return fd;
}

static void greet_stream(struct iperf3_place *place, const struct address *from, uint64_t order)
{
	uint8_t answer[4];
	int fd = open_stream(place, from);

	if (fd < 0)
		return;
	place->arrival[place->arrived++] = (struct iperf3_arrival){ fd, order };
	iperf3_hello_encode(IPERF3_UDP_ANSWER, answer);
	(void)!send(fd, answer, sizeof(answer), MSG_NOSIGNAL);
}

/* Any datagram opens a stream with stock; here it must be from the host whose turn it is. */
static void take_word(struct iperf3_serve *serve)
{
	struct address from = { .len = sizeof(from.room) };
	uint8_t word[64];

	if (recvfrom(serve->udp_fd, word, sizeof(word), MSG_DONTWAIT, &from.any, &from.len) < 0 ||
	    is_stranger(serve, &from))
		return;
	pthread_mutex_lock(&serve->lock);
	struct iperf3_place *place = serve->turn;
	if (place && place->wants && place->arrived < place->wanted &&
	    address_same_host(&from, &place->session.peer))
		greet_stream(place, &from, serve->accepted++);
	pthread_mutex_unlock(&serve->lock);
}

/* ---- the loop ---- */

static void look_at_pending(struct iperf3_serve *serve, const struct pollfd *polls, unsigned count)
{
	uint64_t now_ns = clock_raw_ns();

	/* From the end: those that are forgotten move the later ones only. */
	for (unsigned i = count; i-- > 0;) {
		if (polls[i].revents)
			read_cookie(serve, i);
		else if (now_ns >= serve->pending[i].until_ns)
			drop_silent(serve, i);
	}
}

void *iperf3_serve_receive(void *argument)
{
	struct iperf3_serve *serve = argument;
	struct pollfd polls[2 + SERVE_PENDING];

	while (!atomic_load(&serve->stop)) {
		unsigned count = serve->pending_count;
		struct timespec limit = { .tv_nsec = SLICE_NS };
		polls[0] = (struct pollfd){ .fd = serve->tcp_fd, .events = POLLIN };
		polls[1] = (struct pollfd){ .fd = serve->udp_fd, .events = POLLIN };
		for (unsigned i = 0; i < count; i++)
			polls[2 + i] =
				(struct pollfd){ .fd = serve->pending[i].fd, .events = POLLIN };
		if (ppoll(polls, 2 + count, &limit, NULL) < 0)
			continue;
		look_at_pending(serve, polls + 2, count);
		if (polls[0].revents)
			accept_one(serve);
		if (polls[1].revents)
			take_word(serve);
	}
	while (serve->pending_count)
		drop_silent(serve, 0);
	return NULL;
}
