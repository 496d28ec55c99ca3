/* SPDX-License-Identifier: MIT */
/* ICMP echo at a pace: see prober.h. */
#include "bench/net/wire/prober.h"

#include "bench/bench.h"
#include "bench/net/wire/icmp.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* What is known of the last requests; their numbers on the wire wrap at the same count. */
enum { RING = 65536, BATCH = 64 };

struct probe {
	uint64_t due_ns, sent_ns;
	bool answered;
};

struct prober {
	struct prober_options options;
	struct prober_counts counts;
	int fd;
	bool six, raw;
	uint16_t id;
	uint64_t cookie;   /* and what is above 16 bits of a request's number */
	uint64_t start_ns; /* of the pace */
	uint64_t paced;	   /* requests since then */
	struct probe probes[RING];
	uint8_t request[65536], reply[65536 + 128];
};

static struct probe *probe_of(struct prober *prober, uint64_t number)
{
	return &prober->probes[number % RING];
}

/* ---- the socket ---- */

static int open_socket(struct prober *prober)
{
	int family = prober->options.peer.any.sa_family;
	int protocol = family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

	prober->six = family == AF_INET6;
	prober->raw = true;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0 && (errno == EPERM || errno == EACCES)) {
		/* As an ordinary user, where net.ipv4.ping_group_range allows it. */
		prober->raw = false;
		fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
	}
	return fd < 0 ? -errno : fd;
}

/* A raw socket gets every ICMP packet; the kernel drops all but replies before they cost us
 * anything. */
static void want_replies_only(const struct prober *prober)
{
	enum { ICMP_FILTER_OPTION = 1 };
	uint32_t but_replies = ~1u;
	struct icmp6_filter six;

	ICMP6_FILTER_SETBLOCKALL(&six);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
	if (prober->six)
		setsockopt(prober->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof(six));
	else
		setsockopt(prober->fd, SOL_RAW, ICMP_FILTER_OPTION, &but_replies,
			   sizeof(but_replies));
}

static int set_options(const struct prober *prober)
{
	int yes = 1, fragment = IP_PMTUDISC_DO, fd = prober->fd;

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes));
	socket_set_timeouts(fd, PROBER_LONELY_NS);
	if (prober->raw)
		want_replies_only(prober);
	if (prober->six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &yes, sizeof(yes));
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &yes, sizeof(yes));
	if (!prober->options.dont_fragment)
		return 0;
	if (prober->six ?
		    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &fragment, sizeof(fragment)) :
		    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &fragment, sizeof(fragment)))
		return -errno;
	return 0;
}

static int prepare(struct prober *prober)
{
	struct address to = prober->options.peer;
	uint64_t now_ns = clock_raw_ns();

	prober->fd = open_socket(prober);
	if (prober->fd < 0)
		return prober->fd;
	int err = set_options(prober);
	address_set_port(&to, 0);
	/* Connected: the kernel hands over this host's answers only, and the ICMP errors about it
	 * as errno. */
	if (!err && connect(prober->fd, &to.any, to.len))
		err = -errno;
	prober->id = (uint16_t)(getpid() ^ now_ns >> 10);
	prober->cookie = (now_ns * 0x9e3779b97f4a7c15ull) & ~0xffffffffull;
	return err;
}

int prober_open(struct prober **out, const struct prober_options *options)
{
	struct prober *prober = calloc(1, sizeof(*prober));

	if (!prober)
		return -ENOMEM;
	prober->options = *options;
	int err = prepare(prober);
	if (err)
		prober_close(prober);
	else
		*out = prober;
	return err;
}

void prober_close(struct prober *prober)
{
	if (prober && prober->fd >= 0)
		close(prober->fd);
	free(prober);
}

/* ---- replies ---- */

struct arrival {
	uint64_t at_ns;
	unsigned hops;
};

/* The kernel's stamp is wall-clock time. Both clocks are read at once, again when something came
 * between, so that the stamp can be carried over to ours. 0: somebody has set the wall clock
 * meanwhile. */
static uint64_t on_our_clock(const struct timespec *stamp)
{
	uint64_t closest_ns = UINT64_MAX, at_ns = 0;

	for (unsigned i = 0; i < 4 && closest_ns > 1000; i++) {
		struct timespec wall;
		uint64_t before_ns = clock_raw_ns();
		clock_gettime(CLOCK_REALTIME, &wall);
		uint64_t apart_ns = clock_raw_ns() - before_ns;
		int64_t age_ns = (wall.tv_sec - stamp->tv_sec) * 1000000000ll + wall.tv_nsec -
				 stamp->tv_nsec;
		if (apart_ns >= closest_ns)
			continue;
		closest_ns = apart_ns;
		at_ns = age_ns >= 0 && age_ns < 1000000000 ?
				before_ns + apart_ns / 2 - (uint64_t)age_ns :
				0;
	}
	return at_ns;
}

static void read_control(struct msghdr *message, struct arrival *arrival)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec stamp;
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			uint64_t at_ns = on_our_clock(&stamp);
			if (at_ns)
				arrival->at_ns = at_ns;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			int hops;
			memcpy(&hops, CMSG_DATA(c), sizeof(hops));
			arrival->hops = (unsigned)hops;
		}
	}
}

static uint64_t between(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static void count_reply(struct prober *prober, uint64_t number, const struct arrival *arrival)
{
	struct probe *probe = probe_of(prober, number);
	struct prober_reply reply = { .number = number,
				      .rtt_ns = between(probe->sent_ns, arrival->at_ns),
				      .response_ns = between(probe->due_ns, arrival->at_ns),
				      .hops = arrival->hops,
				      .duplicate = probe->answered };

	/* iputils: duplicates are not received, but their times count. */
	prober->counts.duplicates += reply.duplicate;
	prober->counts.received += !reply.duplicate;
	probe->answered = true;
	if (reply.rtt_ns > prober->counts.max_ns)
		prober->counts.max_ns = reply.rtt_ns;
	prober->options.replied(prober->options.context, &reply);
}

/* The request's number, 0 when it is not ours: the id (which the kernel checks and sets for an
 * ordinary user's socket), the cookie, a number that was sent. */
static uint64_t number_of(const struct prober *prober, const struct icmp_echo *echo)
{
	uint64_t sent = prober->counts.sent, high = sent >> 16;

	if (prober->raw && echo->id != prober->id)
		return 0;
	if (prober->options.data_bytes >= ICMP_COOKIE) {
		high = echo->cookie - prober->cookie;
		if (echo->cookie < prober->cookie || high > sent >> 16)
			return 0;
	} else if (echo->sequence > (sent & 0xffff)) {
		high -= high > 0; /* without a cookie: the newest of that number */
	}
	uint64_t number = high << 16 | echo->sequence;
	return number <= sent ? number : 0;
}

static void take_echo(struct prober *prober, const struct icmp_echo *echo,
		      const struct arrival *arrival)
{
	uint64_t number = number_of(prober, echo);

	if (!number)
		return;
	if (prober->counts.sent - number >= RING)
		prober->counts.late++;
	else
		count_reply(prober, number, arrival);
}

/* Waits for PROBER_LONELY_NS at most, or not at all. False when nothing was there. */
static bool take_packet(struct prober *prober, int flags)
{
	char control[256];
	struct iovec data = { prober->reply, sizeof(prober->reply) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct icmp_echo echo;

	ssize_t got = recvmsg(prober->fd, &message, flags);
	if (got < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		prober->counts.errors++;
		prober->counts.last_err = -errno;
		return true;
	}
	struct arrival arrival = { .at_ns = clock_raw_ns() };
	read_control(&message, &arrival);
	if (!icmp_reply(prober->reply, (size_t)got, prober->six, prober->raw && !prober->six,
			&echo))
		take_echo(prober, &echo, &arrival);
	return true;
}

/* Even when we were held up past the end: what the kernel took in meanwhile was in time. A host
 * that floods us must not keep us from our own clock: so many at a time. */
static void take_until(struct prober *prober, uint64_t until_ns)
{
	uint64_t left_ns = between(clock_raw_ns(), until_ns);
	struct timespec limit = { (time_t)(left_ns / SECOND_NS), (long)(left_ns % SECOND_NS) };

	if (ppoll(&(struct pollfd){ .fd = prober->fd, .events = POLLIN }, 1, &limit, NULL) > 0)
		for (unsigned i = 0; i < BATCH && take_packet(prober, MSG_DONTWAIT); i++)
			;
}

void prober_listen(struct prober *prober, uint64_t until_ns)
{
	while (prober->counts.received < prober->counts.sent) {
		take_until(prober, until_ns);
		if (clock_raw_ns() >= until_ns)
			return;
	}
}

/* ---- requests ---- */

void prober_begin(struct prober *prober)
{
	/* A pace of microseconds needs timers that are not rounded to 50. */
	prctl(PR_SET_TIMERSLACK, 1);
	prober->start_ns = clock_raw_ns();
	prober->paced = 0;
}

uint64_t prober_next_due(const struct prober *prober)
{
	return prober->start_ns + prober->paced * prober->options.interval_ns;
}

uint64_t prober_last_due(const struct prober *prober)
{
	return prober->counts.sent ? prober->probes[prober->counts.sent % RING].due_ns :
				     prober->start_ns;
}

static void send_request(struct prober *prober, uint64_t due_ns)
{
	uint64_t number = prober->counts.sent + 1;
	struct icmp_echo echo = { .id = prober->id,
				  .sequence = (uint16_t)number,
				  .cookie = prober->cookie + (number >> 16),
				  .data_bytes = prober->options.data_bytes };
	size_t len = icmp_request(&echo, prober->six, prober->request);
	uint64_t now_ns = clock_raw_ns();

	*probe_of(prober, number) =
		(struct probe){ .due_ns = due_ns ? due_ns : now_ns, .sent_ns = now_ns };
	/* ping counts a request that could not leave as sent and lost. */
	prober->counts.sent++;
	prober->paced++;
	if (send(prober->fd, prober->request, len, MSG_NOSIGNAL) < 0) {
		prober->counts.errors++;
		prober->counts.last_err = -errno;
	}
}

/* Without an interval: the answer to the last request makes the next one due. */
static void await_answer(struct prober *prober, uint64_t until_ns)
{
	const struct probe *last = probe_of(prober, prober->counts.sent);
	uint64_t lonely_ns = last->sent_ns + PROBER_LONELY_NS;

	while (prober->paced && !last->answered) {
		if (!take_packet(prober, 0))
			return;
		uint64_t now_ns = last->answered ? 0 : clock_raw_ns();
		if (now_ns >= lonely_ns || now_ns >= until_ns)
			return;
	}
}

bool prober_send(struct prober *prober, uint64_t until_ns)
{
	uint64_t due_ns = 0;

	if (prober->options.interval_ns) {
		due_ns = prober_next_due(prober);
		uint64_t wake_ns = due_ns < until_ns ? due_ns : until_ns;
		do
			take_until(prober, wake_ns);
		while (clock_raw_ns() < wake_ns);
	} else {
		await_answer(prober, until_ns);
	}
	if (clock_raw_ns() >= until_ns)
		return false;
	send_request(prober, due_ns);
	return true;
}

const struct prober_counts *prober_counts(const struct prober *prober)
{
	return &prober->counts;
}
