/* SPDX-License-Identifier: MIT */
/*
 * net.ping: round trips of ICMP echo, counted as ping(8) of iputils counts them. A reply's time is
 * the kernel's stamp of its arrival, as there, carried over to a clock that nobody sets.
 */
#include "bench/net/ping.h"

#include "bench/net/wire/icmp.h"
#include "bench/net/wire/partner.h"
#include "bench/net/wire/sockets.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct param params[] = {
	[COUNT] = { "count", "10", "requests (-c)", PARAM_COUNT, 1, PING_MOST, NULL },
	[INTERVAL] = { "interval", "1", "between requests (-i)", PARAM_SECONDS, 0.001, 3600, NULL },
	[SIZE] = { "size", "56", "of the data; 8 bytes of ICMP and the IP header come on top (-s)",
		   PARAM_BYTES, 0, 65000, NULL },
	[TIMEOUT] = { "timeout", "10",
		      "wait after the last request when nothing ever came (-W); else twice the "
		      "longest round trip, at least an interval",
		      PARAM_SECONDS, 0.1, 3600, NULL },
	[DONTFRAGMENT] = { "dontfragment", "no", "never fragment (-M do)", PARAM_BOOL, 0, 0, NULL },
	{ 0 }
};

static const struct metric metrics[] = {
	[RTT] = { "rtt", "ms", "each reply", LESS_IS_BETTER, BY_MEDIAN, true },
	[RTT_MIN] = { "rtt_min", "ms", "as ping prints it", LESS_IS_BETTER, BY_LAST, false },
	[RTT_AVG] = { "rtt_avg", "ms", "as ping prints it", LESS_IS_BETTER, BY_LAST, false },
	[RTT_MAX] = { "rtt_max", "ms", "as ping prints it", LESS_IS_BETTER, BY_LAST, false },
	[RTT_MDEV] = { "rtt_mdev", "ms", "sqrt(mean of squares - square of mean)", LESS_IS_BETTER,
		       BY_LAST, false },
	[LOSS] = { "loss", "%", "of the requests", LESS_IS_BETTER, BY_LAST, false },
	[SENT] = { "sent", "packets", "", NEITHER_IS_BETTER, BY_LAST, false },
	[RECEIVED] = { "received", "packets", "without duplicates", NEITHER_IS_BETTER, BY_LAST,
		       false },
	[DUPLICATES] = { "duplicates", "packets", "", LESS_IS_BETTER, BY_LAST, false },
	[SEQUENCE] = { "icmp_seq", "number", "of each reply, from 1: what is missing was lost",
		       NEITHER_IS_BETTER, BY_MAX, true, true },
	[TTL] = { "ttl", "hops", "left in the replies", NEITHER_IS_BETTER, BY_MIN, false, true },
	{ 0 }
};

static double seconds(const union value *value)
{
	/* Nobody there: the timeout comes on top, but that is not what is expected. */
	double patience = value[TIMEOUT].real > 30 ? value[TIMEOUT].real / 4 : 0;

	return (double)value[COUNT].num * value[INTERVAL].real + 0.1 + patience;
}

struct probe {
	uint64_t sent_ns;
	bool answered;
};

struct ping {
	struct run *run;
	int fd;
	bool six, raw;
	uint16_t id;
	uint64_t cookie;
	struct probe *probes; /* by sequence - 1 */
	uint64_t sent, received, duplicates, errors;
	int last_err;
	double sum_ms, squares_ms, min_ms, max_ms;
	uint8_t request[65536], reply[65536 + 128];
};

/* ---- the socket ---- */

static int open_socket(struct ping *ping, const struct address *peer)
{
	int family = peer->any.sa_family;
	int protocol = family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

	ping->six = family == AF_INET6;
	ping->raw = true;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0 && (errno == EPERM || errno == EACCES)) {
		/* As an ordinary user, where net.ipv4.ping_group_range allows it. */
		ping->raw = false;
		fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
	}
	return fd < 0 ? -errno : fd;
}

static int set_options(const struct ping *ping)
{
	int yes = 1, fragment = IP_PMTUDISC_DO;

	setsockopt(ping->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes));
	if (ping->six)
		setsockopt(ping->fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &yes, sizeof(yes));
	else
		setsockopt(ping->fd, IPPROTO_IP, IP_RECVTTL, &yes, sizeof(yes));
	if (!ping->run->value[DONTFRAGMENT].on)
		return 0;
	if (ping->six ?
		    setsockopt(ping->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &fragment,
			       sizeof(fragment)) :
		    setsockopt(ping->fd, IPPROTO_IP, IP_MTU_DISCOVER, &fragment, sizeof(fragment)))
		return -errno;
	return 0;
}

static int open_ping(struct ping *ping, const struct address *peer)
{
	struct address to = *peer;
	uint64_t now_ns = clock_raw_ns();

	ping->fd = open_socket(ping, peer);
	if (ping->fd < 0)
		return ping->fd;
	int err = set_options(ping);
	address_set_port(&to, 0);
	/* Connected: the kernel hands over this host's answers only, and the ICMP errors about it
	 * as errno. */
	if (!err && connect(ping->fd, &to.any, to.len))
		err = -errno;
	ping->id = (uint16_t)(getpid() ^ now_ns >> 10);
	ping->cookie = now_ns * 0x9e3779b97f4a7c15ull;
	return err;
}

/* ---- one request, one reply ---- */

static void send_request(struct ping *ping)
{
	struct icmp_echo echo = { .id = ping->id,
				  .sequence = (uint16_t)(ping->sent + 1),
				  .cookie = ping->cookie,
				  .data_bytes = ping->run->value[SIZE].num };
	size_t len = icmp_request(&echo, ping->six, ping->request);

	ping->probes[ping->sent].sent_ns = ping->run->now_ns();
	if (send(ping->fd, ping->request, len, MSG_NOSIGNAL) < 0) {
		ping->errors++;
		ping->last_err = -errno;
	}
	ping->sent++; /* ping counts a request that could not leave as sent and lost */
}

struct arrival {
	uint64_t at_ns;
	unsigned ttl;
};

/* The kernel's stamp is wall-clock time. Both clocks are read at once, again when something came
 * between, so that the stamp can be carried over to ours. 0: somebody has set the wall clock
 * meanwhile. */
static uint64_t on_our_clock(const struct ping *ping, const struct timespec *stamp)
{
	uint64_t closest_ns = UINT64_MAX, at_ns = 0;

	for (unsigned i = 0; i < 4 && closest_ns > 1000; i++) {
		struct timespec wall;
		uint64_t before_ns = ping->run->now_ns();
		clock_gettime(CLOCK_REALTIME, &wall);
		uint64_t apart_ns = ping->run->now_ns() - before_ns;
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

static void read_control(const struct ping *ping, struct msghdr *message, struct arrival *arrival)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec stamp;
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			uint64_t at_ns = on_our_clock(ping, &stamp);
			if (at_ns)
				arrival->at_ns = at_ns;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			int hops;
			memcpy(&hops, CMSG_DATA(c), sizeof(hops));
			arrival->ttl = (unsigned)hops;
		}
	}
}

static void count_reply(struct ping *ping, unsigned sequence, const struct arrival *arrival)
{
	struct probe *probe = &ping->probes[sequence - 1];
	double ms = arrival->at_ns > probe->sent_ns ?
			    (double)(arrival->at_ns - probe->sent_ns) / 1e6 :
			    0;

	/* iputils: duplicates are not received, but their times count. */
	if (probe->answered)
		ping->duplicates++;
	else
		ping->received++;
	probe->answered = true;
	ping->sum_ms += ms;
	ping->squares_ms += ms * ms;
	if (ping->received + ping->duplicates == 1 || ms < ping->min_ms)
		ping->min_ms = ms;
	if (ms > ping->max_ms)
		ping->max_ms = ms;
	run_sample(ping->run, SEQUENCE, sequence);
	run_sample(ping->run, TTL, arrival->ttl);
	run_sample(ping->run, RTT, ms);
}

/* Ours: the id (which the kernel checks and sets for an ordinary user's socket), the cookie, a
 * number we sent. */
static bool is_ours(const struct ping *ping, const struct icmp_echo *echo)
{
	bool has_cookie = ping->run->value[SIZE].num >= ICMP_COOKIE;

	return (!ping->raw || echo->id == ping->id) &&
	       (!has_cookie || echo->cookie == ping->cookie) && echo->sequence >= 1 &&
	       echo->sequence <= ping->sent;
}

/* False when there was nothing to take. */
static bool take_packet(struct ping *ping)
{
	char control[256];
	struct iovec data = { ping->reply, sizeof(ping->reply) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct icmp_echo echo;

	ssize_t got = recvmsg(ping->fd, &message, MSG_DONTWAIT);
	if (got < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		ping->errors++;
		ping->last_err = -errno;
		return true;
	}
	struct arrival arrival = { .at_ns = ping->run->now_ns() };
	read_control(ping, &message, &arrival);
	if (!icmp_reply(ping->reply, (size_t)got, ping->six, ping->raw && !ping->six, &echo) &&
	    is_ours(ping, &echo))
		count_reply(ping, echo.sequence, &arrival);
	return true;
}

/* A host that floods us must not keep us from our own clock: so many at a time. */
static void take_queued(struct ping *ping)
{
	for (unsigned i = 0; i < 64 && take_packet(ping); i++)
		;
}

static void listen_until(struct ping *ping, uint64_t until_ns, bool until_all)
{
	while (!until_all || ping->received < ping->sent) {
		uint64_t now_ns = clock_raw_ns();
		uint64_t left_ns = now_ns < until_ns ? until_ns - now_ns : 0;
		struct timespec limit = { (time_t)(left_ns / SECOND_NS),
					  (long)(left_ns % SECOND_NS) };
		/* Even when we were held up past the end: what the kernel took in meanwhile was in
		 * time. */
		if (ppoll(&(struct pollfd){ .fd = ping->fd, .events = POLLIN }, 1, &limit, NULL) >
		    0)
			take_queued(ping);
		if (clock_raw_ns() >= until_ns)
			return;
	}
}

static void ping_all(struct ping *ping)
{
	const union value *value = ping->run->value;
	uint64_t interval_ns = (uint64_t)(value[INTERVAL].real * 1e9), start_ns = clock_raw_ns();

	run_activity(ping->run, "ping %s", ping->run->target);
	while (ping->sent < value[COUNT].num) {
		send_request(ping);
		run_progress(ping->run, (double)ping->sent / (double)value[COUNT].num);
		listen_until(ping, start_ns + ping->sent * interval_ns,
			     ping->sent == value[COUNT].num);
	}
	/* iputils: after the last request twice the longest round trip, at least an interval; -W if
	 * nothing came. */
	double patience = ping->received ? fmax(2 * ping->max_ms / 1e3, value[INTERVAL].real) :
					   value[TIMEOUT].real;
	uint64_t last_ns = start_ns + (ping->sent - 1) * interval_ns;
	listen_until(ping, last_ns + (uint64_t)(patience * 1e9), true);
}

static void sample_summary(struct ping *ping)
{
	struct run *run = ping->run;
	double n = (double)(ping->received + ping->duplicates);

	run_sample(run, SENT, (double)ping->sent);
	run_sample(run, RECEIVED, (double)ping->received);
	run_sample(run, DUPLICATES, (double)ping->duplicates);
	run_sample(run, LOSS, 100.0 * (double)(ping->sent - ping->received) / (double)ping->sent);
	if (n <= 0)
		return;
	double mean = ping->sum_ms / n;
	run_sample(run, RTT_MIN, ping->min_ms);
	run_sample(run, RTT_AVG, mean);
	run_sample(run, RTT_MAX, ping->max_ms);
	run_sample(run, RTT_MDEV, sqrt(fmax(0, ping->squares_ms / n - mean * mean)));
}

static int conclude(struct ping *ping)
{
	sample_summary(ping);
	if (ping->errors)
		run_warn(ping->run, "%llu errors, the last: %s", (unsigned long long)ping->errors,
			 strerror(-ping->last_err));
	if (ping->received)
		return 0;
	return run_fail(ping->run, ping->last_err ? ping->last_err : -ETIMEDOUT,
			"no reply from %s to %llu requests", ping->run->target,
			(unsigned long long)ping->sent);
}

static int run(struct run *run)
{
	struct address peer, local;
	struct ping *ping = calloc(1, sizeof(*ping));
	struct probe *probes = calloc(run->value[COUNT].num, sizeof(*probes));
	int err = ping && probes ? 0 : run_fail(run, -ENOMEM, "memory for the requests");

	if (!err)
		err = partner_find(run, 0, run->value[TIMEOUT].real, &peer, &local);
	if (!err) {
		ping->run = run;
		ping->probes = probes;
		int opened = open_ping(ping, &peer);
		if (opened == -EACCES || opened == -EPERM)
			err = run_fail(
				run, opened,
				"opening an ICMP socket (root, or net.ipv4.ping_group_range, allows it)");
		else if (opened)
			err = run_fail(run, opened, "opening an ICMP socket towards %s",
				       run->target);
		else
			ping_all(ping);
		if (!err)
			err = conclude(ping);
		if (ping->fd >= 0)
			close(ping->fd);
	}
	free(probes);
	free(ping);
	return err;
}

static const struct stock_file stock[] = { { "ping.txt", ping_text }, { 0 } };

const struct bench bench_net_ping = {
	.name = "net.ping",
	.summary = "round-trip times and loss of ICMP echo",
	.definition =
		"ping(8) of iputils: time from sending to the kernel's stamp of the reply; mdev = sqrt(mean of "
		"squares - square of mean); duplicates' times count, loss = sent without reply",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
	.stock = stock,
};
