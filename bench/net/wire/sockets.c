/* SPDX-License-Identifier: MIT */
/* Sockets with deadlines: see sockets.h. */
#include "bench/net/wire/sockets.h"

#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

/* One try at connecting: after that a peer that has come up meanwhile gets a fresh SYN instead of
 * waiting for the kernel's next, exponentially later, repetition. */
#define ATTEMPT_NS (2 * SECOND_NS)
#define SLICE_NS   (100 * MILLISECOND_NS)
enum { BACKLOG = 256 }; /* room for a crowd between two accepts; net.core.somaxconn is 4096 */

static bool stopped(const atomic_bool *stop)
{
	return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

int address_resolve(const char *host, uint16_t port, struct address *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char service[8];

	if (!host || !*host)
		return -EINVAL;
	snprintf(service, sizeof(service), "%u", port);
	hints.ai_flags |= AI_NUMERICHOST;
	int err = getaddrinfo(host, service, &hints, &found);
	if (err == EAI_NONAME) {
		hints.ai_flags &= ~AI_NUMERICHOST;
		err = getaddrinfo(host, service, &hints, &found);
	}
	if (err)
		return err == EAI_AGAIN ? -EAGAIN : -ENXIO;
	memset(out, 0, sizeof(*out));
	memcpy(&out->room, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

void address_any(sa_family_t family, uint16_t port, struct address *out)
{
	memset(out, 0, sizeof(*out));
	out->any.sa_family = family;
	out->len = family == AF_INET ? sizeof(out->v4) : sizeof(out->v6);
	address_set_port(out, port);
}

void address_set_port(struct address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET)
		address->v4.sin_port = htons(port);
	else
		address->v6.sin6_port = htons(port);
}

uint16_t address_port(const struct address *address)
{
	return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port :
							 address->v6.sin6_port);
}

/* The four bytes of an IPv4 address, also of one inside IPv6; NULL for others. */
static const uint8_t *four_bytes(const struct address *address)
{
	if (address->any.sa_family == AF_INET)
		return (const uint8_t *)&address->v4.sin_addr;
	if (IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
		return address->v6.sin6_addr.s6_addr + 12;
	return NULL;
}

void address_format(const struct address *address, char out[ADDRESS_ROOM])
{
	const uint8_t *four = four_bytes(address);

	if (!inet_ntop(four ? AF_INET : AF_INET6,
		       four ? (const void *)four : &address->v6.sin6_addr, out, ADDRESS_ROOM))
		strcpy(out, "?");
}

bool address_same_host(const struct address *a, const struct address *b)
{
	const uint8_t *four_a = four_bytes(a), *four_b = four_bytes(b);

	if (four_a && four_b)
		return !memcmp(four_a, four_b, 4);
	return !four_a && !four_b && !memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return address_same_host(a, b) && address_port(a) == address_port(b);
}

int address_toward(const struct address *peer, struct address *local)
{
	int fd = socket(peer->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	memset(local, 0, sizeof(*local));
	local->len = sizeof(local->room);
	if (connect(fd, &peer->any, peer->len) || getsockname(fd, &local->any, &local->len))
		err = -errno;
	close(fd);
	if (!err)
		address_set_port(local, 0);
	return err;
}

int address_of(int fd, struct address *local, struct address *peer)
{
	if (local) {
		local->len = sizeof(local->room);
		if (getsockname(fd, &local->any, &local->len))
			return -errno;
	}
	if (peer) {
		peer->len = sizeof(peer->room);
		if (getpeername(fd, &peer->any, &peer->len))
			return -errno;
	}
	return 0;
}

int socket_open(const struct address *family_of, int type, uint64_t window)
{
	int fd = socket(family_of->any.sa_family, type | SOCK_CLOEXEC, 0);
	int bytes = window > INT32_MAX / 2 ? INT32_MAX / 2 : (int)window;

	if (fd < 0)
		return -errno;
	if (bytes && (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) ||
		      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)))) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int socket_wait(int fd, short events, uint64_t deadline_ns, const atomic_bool *stop)
{
	while (!stopped(stop)) {
		uint64_t now = clock_raw_ns();
		if (now >= deadline_ns)
			return -ETIMEDOUT;
		uint64_t left = deadline_ns - now < SLICE_NS ? deadline_ns - now : SLICE_NS;
		struct timespec limit = { .tv_nsec = (long)left };
		int ready = ppoll(&(struct pollfd){ .fd = fd, .events = events }, 1, &limit, NULL);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
	return -ECANCELED;
}

static int set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	return fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) ? -errno : 0;
}

static int finish_connecting(int fd, uint64_t deadline_ns, const atomic_bool *stop)
{
	int err = 0;
	socklen_t len = sizeof(err);

	int waited = socket_wait(fd, POLLOUT, deadline_ns, stop);
	if (waited)
		return waited;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return err ? -err : set_blocking(fd, true);
}

static int connect_once(const struct address *to, uint64_t window, uint64_t deadline_ns,
			const atomic_bool *stop)
{
	uint64_t attempt_ns = clock_raw_ns() + ATTEMPT_NS;
	int fd = socket_open(to, SOCK_STREAM | SOCK_NONBLOCK, window), err = 0;

	if (fd < 0)
		return fd;
	if (!connect(fd, &to->any, to->len))
		err = set_blocking(fd, true);
	else if (errno == EINPROGRESS)
		err = finish_connecting(fd, attempt_ns < deadline_ns ? attempt_ns : deadline_ns,
					stop);
	else
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Refusals that end by themselves when the peer or the link comes up. */
static bool may_pass(int err)
{
	return err == -ECONNREFUSED || err == -EHOSTUNREACH || err == -ENETUNREACH ||
	       err == -ENETDOWN || err == -ETIMEDOUT || err == -ECONNRESET || err == -EHOSTDOWN;
}

int socket_connect(const struct address *to, uint64_t window, uint64_t deadline_ns,
		   const atomic_bool *stop)
{
	for (;;) {
		int fd = connect_once(to, window, deadline_ns, stop);
		if (fd >= 0 || !may_pass(fd) || stopped(stop))
			return fd;
		if (clock_raw_ns() + SLICE_NS >= deadline_ns)
			return fd;
		clock_sleep_ns(SLICE_NS);
	}
}

static int bind_to(int fd, const char *interface)
{
	socklen_t len = interface ? (socklen_t)strlen(interface) + 1 : 0;

	return len && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, len) ? -errno : 0;
}

int socket_listen_on(const struct address *at, const char *interface, int type, uint64_t window)
{
	int fd = socket_open(at, type, window), yes = 1, no = 0;

	if (fd < 0)
		return fd;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (at->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	int err = bind_to(fd, interface);
	if (!err && (bind(fd, &at->any, at->len) || (type == SOCK_STREAM && listen(fd, BACKLOG))))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int socket_listen(const struct address *at, int type, uint64_t window)
{
	return socket_listen_on(at, NULL, type, window);
}

int socket_accept(int fd, const struct address *only, uint64_t deadline_ns, const atomic_bool *stop,
		  struct address *from, unsigned *strangers)
{
	for (;;) {
		int err = socket_wait(fd, POLLIN, deadline_ns, stop);
		if (err)
			return err;
		from->len = sizeof(from->room);
		int got = accept4(fd, &from->any, &from->len, SOCK_CLOEXEC);
		if (got < 0 && errno != EINTR && errno != EAGAIN && errno != ECONNABORTED)
			return -errno;
		if (got >= 0 && (!only || address_same_host(from, only)))
			return got;
		if (got < 0)
			continue;
		close(got);
		if (strangers)
			++*strangers;
	}
}

void socket_set_timeouts(int fd, uint64_t ns)
{
	struct timeval limit = { .tv_sec = (time_t)(ns / SECOND_NS),
				 .tv_usec = (suseconds_t)(ns % SECOND_NS / 1000) };

	if (!limit.tv_sec && !limit.tv_usec)
		limit.tv_usec = 1000; /* zero would mean for ever */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

uint64_t socket_unacknowledged(int fd)
{
	int bytes = 0;

	return ioctl(fd, TIOCOUTQ, &bytes) || bytes < 0 ? 0 : (uint64_t)bytes;
}

int socket_read_all(int fd, void *out, size_t len, uint64_t deadline_ns, const atomic_bool *stop)
{
	uint8_t *at = out;

	while (len) {
		int err = socket_wait(fd, POLLIN, deadline_ns, stop);
		if (err)
			return err;
		ssize_t got = recv(fd, at, len, MSG_DONTWAIT);
		if (got == 0)
			return -ENODATA;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
	return 0;
}
