/* SPDX-License-Identifier: MIT */
/* Sending many datagrams a system call: see datagrams.h. */
#include "bench/net/wire/datagrams.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
	SEGMENTS_MOST = 64, /* UDP_MAX_SEGMENTS of Linux up to 6.8, 128 since */
	ROOM_MOST = 1 << 20,
};

struct writer_messages {
	struct mmsghdr message[DATAGRAM_BATCH];
	struct iovec data[DATAGRAM_BATCH];
};

unsigned datagram_path_mtu(int fd)
{
	int mtu = 0;
	socklen_t len = sizeof(mtu);

	if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) || mtu <= 0) {
		len = sizeof(mtu);
		if (getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len) || mtu <= 0)
			return 0;
	}
	return (unsigned)mtu;
}

unsigned datagram_headers(const struct address *to)
{
	bool four = to->any.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&to->v6.sin6_addr);

	return four ? 20 + 8 : 40 + 8;
}

/* As many as one message may carry; only when none of them has to be fragmented. */
static unsigned segments_for(int fd, size_t length, unsigned most)
{
	struct address to;
	int size = (int)length;
	size_t fit = DATAGRAM_MOST / length;

	if (most < 2 || fit < 2 || address_of(fd, NULL, &to) ||
	    length + datagram_headers(&to) > datagram_path_mtu(fd) ||
	    setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
		return 1;
	return fit < SEGMENTS_MOST ? (unsigned)fit : SEGMENTS_MOST;
}

int datagram_writer_open(struct datagram_writer *writer, int fd, size_t length, unsigned most,
			 bool merge)
{
	if (most > DATAGRAM_BATCH)
		most = DATAGRAM_BATCH;
	if (most * length > ROOM_MOST)
		most = (unsigned)(ROOM_MOST / length);
	*writer = (struct datagram_writer){ .fd = fd, .length = length, .most = most };
	writer->room = calloc(most, length);
	/* Cleared: the C library's padding beside the lengths must be zero for the kernel. */
	writer->messages = calloc(1, sizeof(*writer->messages));
	if (!writer->room || !writer->messages) {
		datagram_writer_close(writer);
		return -ENOMEM;
	}
	writer->segments = merge ? segments_for(fd, length, most) : 1;
	return 0;
}

static unsigned lay_out(struct datagram_writer *writer, unsigned count)
{
	unsigned messages = 0;

	for (unsigned at = 0; at < count; at += writer->segments, messages++) {
		unsigned here = count - at < writer->segments ? count - at : writer->segments;
		struct iovec *data = &writer->messages->data[messages];
		data->iov_base = datagram_writer_at(writer, at);
		data->iov_len = here * writer->length;
		writer->messages->message[messages].msg_hdr.msg_iov = data;
		writer->messages->message[messages].msg_hdr.msg_iovlen = 1;
	}
	return messages;
}

/* A device without checksums of its own (EIO), a tunnel, a path MTU that has shrunk. */
static bool stop_cutting(struct datagram_writer *writer, int err)
{
	int none = 0;

	if (writer->segments == 1 || (err != EIO && err != EINVAL && err != EMSGSIZE))
		return false;
	writer->segments = 1;
	return !setsockopt(writer->fd, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof(none));
}

int datagram_writer_send(struct datagram_writer *writer, unsigned count)
{
	for (;;) {
		unsigned messages = lay_out(writer, count);
		/* The call itself: musl's function sends one message a system call. */
		long sent = syscall(SYS_sendmmsg, writer->fd, writer->messages->message, messages,
				    MSG_NOSIGNAL);
		if (sent > 0) {
			unsigned taken = (unsigned)sent * writer->segments;
			return (int)(taken < count ? taken : count);
		}
		if (!stop_cutting(writer, errno))
			return -errno;
	}
}

void datagram_writer_close(struct datagram_writer *writer)
{
	free(writer->room);
	free(writer->messages);
	writer->room = NULL;
	writer->messages = NULL;
}
