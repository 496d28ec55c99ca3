/* SPDX-License-Identifier: MIT */
/* UDP clients of the echo service: strangers on the one socket, and then each flow on its own. */
#include "bench/net/wire/echo/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a flow: its socket is connected, so that the kernel gives it this client's datagrams ---- */

static void say(const struct echo_client *client, enum echo_kind kind)
{
	struct echo_header header = client->hello;
	uint8_t out[ECHO_HEADER];

	header.kind = kind;
	header.count = client->served.transactions;
	echo_encode(&header, out);
	send(client->fd, out, sizeof(out), MSG_NOSIGNAL);
}

/* Something else than a request: HELLO again when our READY was lost, or BYE. */
static bool take_header(struct echo_client *client, const uint8_t *in, size_t len, bool *over)
{
	struct echo_header header;

	if (echo_decode(in, len, &header) || header.cookie != client->hello.cookie)
		return false;
	if (header.kind == ECHO_HELLO && !client->served.transactions)
		say(client, ECHO_READY);
	else if (header.kind == ECHO_BYE)
		say(client, ECHO_DONE);
	if (header.kind == ECHO_BYE && !*over) {
		client->last_ns = clock_raw_ns();
		client->moved = false;
		*over = true;
		echo_tell(client, 0);
	}
	return true;
}

static void take_datagram(struct echo_client *client, uint8_t *data, size_t len, bool *over)
{
	if (take_header(client, data, len, over))
		return;
	if (len != client->hello.request || *over) {
		client->served.garbage++;
		return;
	}
	/* The tag stands where it came in; what lies behind it in the buffer does not matter. */
	if (send(client->fd, data, client->hello.response, MSG_NOSIGNAL) >= 0)
		client->served.transactions++;
}

/* After BYE the flow stays a moment, because its DONE may have been lost. */
static int look_up(struct echo_client *client, bool over)
{
	if (over && clock_raw_ns() - client->last_ns >= ECHO_LINGER_NS)
		return -ESHUTDOWN;
	return echo_look_up(client);
}

static int exchange(struct echo_client *client, uint8_t *data, size_t room)
{
	bool over = false;
	int err = 0;

	say(client, ECHO_READY);
	for (unsigned turn = 1; !err; turn++) {
		ssize_t got = recv(client->fd, data, room, MSG_TRUNC);
		if (got >= 0 && !over)
			take_datagram(client, data, (size_t)got, &over);
		else if (got >= 0)
			take_header(client, data, (size_t)got, &over);
		else if (errno != EAGAIN && errno != EINTR)
			err = -errno;
		client->moved |= got >= 0 && !over;
		if (!err && (got < 0 || turn % 4096 == 0))
			err = look_up(client, over);
	}
	/* A client that has said good-bye may be gone: that is no error. */
	return over ? 0 : err;
}

static void *run_flow(void *argument)
{
	struct echo_client *client = argument;
	size_t room = ECHO_UDP_MOST + 1;
	uint8_t *data = calloc(1, room);
	int err = -ENOMEM;

	socket_set_timeouts(client->fd, ECHO_SLICE_NS);
	if (data)
		err = exchange(client, data, room);
	free(data);
	echo_leave(client, err);
	return NULL;
}

/* ---- strangers ---- */

struct visit {
	struct address from, to; /* to: of ours, with the port */
	uint8_t data[ECHO_HEADER + 1];
	size_t len;
};

/* Known only to who receives at this address, for one or two slots of a minute. */
static uint64_t cookie_of(const struct echo_serve *serve, const struct address *peer, uint64_t slot)
{
	struct {
		uint8_t host[16];
		uint64_t port, slot;
	} in = { .port = address_port(peer), .slot = slot };
	uint64_t out;

	if (peer->any.sa_family == AF_INET)
		memcpy(in.host, &peer->v4.sin_addr, 4);
	else
		memcpy(in.host, &peer->v6.sin6_addr, 16);
	crypto_shorthash((unsigned char *)&out, (const unsigned char *)&in, sizeof(in),
			 serve->secret);
	return out | 1; /* 0 means none */
}

static int open_flow(const struct echo_serve *serve, const struct visit *visit)
{
	const char *interface = serve->options.interface;
	int fd = socket_open(&visit->from, SOCK_DGRAM, 0), yes = 1;

	if (fd < 0)
		return fd;
	if ((interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				     (socklen_t)strlen(interface) + 1)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, &visit->to.any, visit->to.len) ||
	    connect(fd, &visit->from.any, visit->from.len)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static enum echo_refusal begin_flow(struct echo_serve *serve, const struct visit *visit,
				    const struct echo_header *hello)
{
	struct echo_client client = { .hello = *hello };

	client.served =
		(struct echo_served){ .udp = true, .peer = visit->from, .local = visit->to };
	client.fd = open_flow(serve, visit);
	if (client.fd >= 0 && !echo_spawn(serve, &client, run_flow))
		return ECHO_NOT_REFUSED;
	if (client.fd >= 0)
		close(client.fd);
	return ECHO_BUSY;
}

static void answer_visit(const struct echo_serve *serve, const struct visit *visit,
			 struct echo_header *header)
{
	uint8_t out[ECHO_HEADER];

	header->kind = header->refusal ? ECHO_REFUSED : ECHO_CHALLENGE;
	header->count = 0;
	if (header->refusal)
		header->request = header->response = 1; /* what was refused cannot be repeated */
	echo_encode(header, out);
	sendto(serve->udp_fd, out, sizeof(out), MSG_NOSIGNAL, &visit->from.any, visit->from.len);
}

/* 32 bytes came, so 32 may go back; anything that is no HELLO gets nothing. */
static void take_visit(struct echo_serve *serve, const struct visit *visit)
{
	uint64_t slot = clock_raw_ns() / (60 * SECOND_NS);
	struct echo_header header;
	int err = echo_decode(visit->data, visit->len, &header);

	if (err == -EBADMSG || (!err && header.kind != ECHO_HELLO))
		return;
	if (err == -EPROTONOSUPPORT)
		header.refusal = ECHO_OTHER_VERSION;
	else if (err || header.request > ECHO_UDP_MOST || header.response > ECHO_UDP_MOST)
		header.refusal = ECHO_BAD_SIZE;
	else if (header.cookie == cookie_of(serve, &visit->from, slot) ||
		 header.cookie == cookie_of(serve, &visit->from, slot - 1)) {
		/* Its flow may have begun since this left: then the flow answers the next one. */
		if (echo_knows(serve, &visit->from))
			return;
		header.refusal = begin_flow(serve, visit, &header);
		if (!header.refusal)
			return;
	} else {
		header.cookie = cookie_of(serve, &visit->from, slot);
	}
	answer_visit(serve, visit, &header);
}

/* The flow's socket is bound to the address that the client knows, on a host of several too. */
static void read_local(struct visit *visit, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
		    visit->to.any.sa_family == AF_INET) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			visit->to.v4.sin_addr = info.ipi_addr;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
			   visit->to.any.sa_family == AF_INET6) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			visit->to.v6.sin6_addr = info.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				visit->to.v6.sin6_scope_id = info.ipi6_ifindex;
		}
	}
}

static bool receive_visit(const struct echo_serve *serve, struct visit *visit)
{
	char control[256];
	struct iovec data = { visit->data, sizeof(visit->data) };
	struct msghdr message = { .msg_name = &visit->from.room,
				  .msg_namelen = sizeof(visit->from.room),
				  .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };

	if (socket_wait(serve->udp_fd, POLLIN, clock_raw_ns() + SECOND_NS, &serve->stop))
		return false;
	ssize_t got = recvmsg(serve->udp_fd, &message, MSG_DONTWAIT);
	if (got < 0)
		return false;
	visit->len = (size_t)got;
	visit->from.len = message.msg_namelen;
	visit->to = serve->options.at;
	read_local(visit, &message);
	return true;
}

void *echo_serve_udp(void *argument)
{
	struct echo_serve *serve = argument;
	const struct address *only = serve->options.only.len ? &serve->options.only : NULL;

	while (!atomic_load(&serve->stop)) {
		struct visit visit;
		if (receive_visit(serve, &visit) && (!only || address_same_host(&visit.from, only)))
			take_visit(serve, &visit);
	}
	return NULL;
}
