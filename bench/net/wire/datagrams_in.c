/* SPDX-License-Identifier: MIT */
/* Receiving many datagrams a system call: see datagrams.h. */
#include "bench/net/wire/datagrams.h"

#include "bench/bench.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { SLOTS = 64, SLOT_ROOM = 65536 };
/* A time stamp older than this says that the wall clock was set while the datagram waited. */
#define AGE_MOST_NS (2 * SECOND_NS)

union control {
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)) +
		  CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

struct datagram_reader {
	int fd;
	unsigned used; /* slots that the last call filled */
	struct address bound;
	struct mmsghdr message[SLOTS];
	struct iovec data[SLOTS];
	struct address from[SLOTS];
	union control control[SLOTS];
	uint8_t *room;
};

struct datagram_reader *datagram_reader_open(int fd, const struct address *bound, uint64_t wait_ns)
{
	struct datagram_reader *reader = calloc(1, sizeof(*reader));
	int yes = 1;

	if (!reader)
		return NULL;
	reader->fd = fd;
	reader->bound = *bound;
	reader->used = SLOTS;
	socket_set_timeouts(fd, wait_ns);
	reader->room = malloc((size_t)SLOTS * SLOT_ROOM);
	if (!reader->room) {
		free(reader);
		return NULL;
	}
	for (unsigned i = 0; i < SLOTS; i++) {
		struct msghdr *header = &reader->message[i].msg_hdr;
		reader->data[i] = (struct iovec){ reader->room + i * SLOT_ROOM, SLOT_ROOM };
		header->msg_name = &reader->from[i].room;
		header->msg_iov = &reader->data[i];
		header->msg_iovlen = 1;
		header->msg_control = reader->control[i].room;
	}
	if (bound->any.sa_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
	else /* an IPv4 sender's destination comes mapped */
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &yes, sizeof(yes));
	return reader;
}

void datagram_reader_close(struct datagram_reader *reader)
{
	if (!reader)
		return;
	free(reader->room);
	free(reader);
}

/* What came beside one message. */
struct beside {
	struct address local;
	uint64_t wall_ns; /* 0: no time stamp */
	int segment;	  /* length of each datagram in it; 0: it is one */
};

static void read_control(struct msghdr *message, struct beside *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&out->local.v6.sin6_addr, CMSG_DATA(c), sizeof(struct in6_addr));
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			out->local.v4.sin_addr = info.ipi_addr;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec at;
			memcpy(&at, CMSG_DATA(c), sizeof(at));
			out->wall_ns = (uint64_t)at.tv_sec * SECOND_NS + (uint64_t)at.tv_nsec;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&out->segment, CMSG_DATA(c), sizeof(out->segment));
		}
	}
}

/* How long ago, by the wall clock that stamped it; then on ours. */
static uint64_t steady_ns(uint64_t stamp_ns, uint64_t wall_ns, uint64_t now_ns)
{
	return stamp_ns && stamp_ns <= wall_ns && wall_ns - stamp_ns < AGE_MOST_NS ?
		       now_ns - (wall_ns - stamp_ns) :
		       now_ns;
}

static long receive(struct datagram_reader *reader)
{
	for (unsigned i = 0; i < reader->used; i++) {
		struct msghdr *header = &reader->message[i].msg_hdr;
		header->msg_namelen = sizeof(reader->from[i].room);
		header->msg_controllen = sizeof(reader->control[i].room);
	}
	/* Waits in the call that reads: a poll() before it would double what a single datagram
	 * costs. */
	long got = syscall(SYS_recvmmsg, reader->fd, reader->message, SLOTS, MSG_WAITFORONE, NULL);
	reader->used = got > 0 ? (unsigned)got : 0;
	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static int hand_out(struct datagram_reader *reader, unsigned slot, struct datagram *datagram,
		    const struct beside *beside,
		    void (*take)(void *context, const struct datagram *datagram), void *context)
{
	size_t left = reader->message[slot].msg_len;
	size_t step = beside->segment > 0 ? (size_t)beside->segment : left;
	int count = 0;

	datagram->merged = left > step;
	datagram->bytes = reader->data[slot].iov_base;
	do {
		datagram->len = left < step ? left : step;
		take(context, datagram);
		datagram->bytes += datagram->len;
		left -= datagram->len;
		count++;
	} while (left);
	return count;
}

int datagram_reader_take(struct datagram_reader *reader,
			 void (*take)(void *context, const struct datagram *datagram),
			 void *context)
{
	long got = receive(reader);
	uint64_t now_ns = clock_raw_ns();
	struct timespec wall;
	int count = 0;

	if (got <= 0)
		return (int)got;
	clock_gettime(CLOCK_REALTIME, &wall);
	uint64_t wall_ns = (uint64_t)wall.tv_sec * SECOND_NS + (uint64_t)wall.tv_nsec;
	for (unsigned i = 0; i < (unsigned)got; i++) {
		struct beside beside = { .local = reader->bound };
		struct msghdr *header = &reader->message[i].msg_hdr;
		reader->from[i].len = header->msg_namelen;
		read_control(header, &beside);
		struct datagram datagram = { .from = &reader->from[i],
					     .local = &beside.local,
					     .at_ns = steady_ns(beside.wall_ns, wall_ns, now_ns) };
		count += hand_out(reader, i, &datagram, &beside, take, context);
	}
	return count;
}

/* ---- answering: a host with several addresses must answer from the one that was asked ---- */

static void put_source(struct msghdr *message, const struct address *local)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);

	if (local->any.sa_family == AF_INET) {
		struct in_pktinfo info = { .ipi_spec_dst = local->v4.sin_addr };
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_addr = local->v6.sin6_addr };
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO };
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

void datagram_answer(int fd, const struct address *local, const struct address *to,
		     const uint8_t *bytes, size_t len)
{
	struct iovec data = { (void *)bytes, len };
	struct address name = *to;
	union control control;
	struct msghdr message = { .msg_name = &name.room,
				  .msg_namelen = name.len,
				  .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };

	memset(&control, 0, sizeof(control));
	put_source(&message, local);
	sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

uint64_t datagram_drops(int fd)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(memory);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) ? 0 : memory[SK_MEMINFO_DROPS];
}
