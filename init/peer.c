/* SPDX-License-Identifier: MIT */
/* The verb `peer`: a partner for network benchmarks. It listens because it was asked to, and until
 * then only. */
#include "init/init.h"

#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/iperf2/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PORT, SECONDS };
static const struct param params[] = {
	[PORT] = { "port", "5001", "TCP and UDP", PARAM_COUNT, 1, 65535, NULL },
	[SECONDS] = { "seconds", "0", "how long to serve; 0: until interrupted", PARAM_SECONDS, 0,
		      1e6, NULL },
	{ 0 }
};

static const char *words_of(int err)
{
	switch (err) {
	case -ENODATA:
		return "said nothing";
	case -EBADMSG:
		return "sent a header that is not iperf 2's";
	case -EOPNOTSUPP:
		return "asked for -R or --full-duplex, which is not served";
	case -ECANCELED:
		return "cut off: we were told to end";
	default:
		return strerror(-err);
	}
}

static void print_counts(const struct served *served, struct text *line)
{
	const struct iperf2_report *report = &served->report;

	if (!served->udp)
		return;
	if (!served->has_report) {
		text_add(line, ", %llu datagrams, no report came",
			 (unsigned long long)served->datagrams);
		return;
	}
	text_add(line, ", lost %llu/%llu, out of order %llu, jitter %.3f ms",
		 (unsigned long long)report->lost, (unsigned long long)report->datagrams,
		 (unsigned long long)report->out_of_order, (double)report->jitter_us / 1e3);
	if (served->duplicates)
		text_add(line, ", duplicates %llu", (unsigned long long)served->duplicates);
}

/* One line for each test: protocol, way, partner, bytes, time, rate, and what else there is to say.
 */
static void print_served(void *context, const struct served *served)
{
	char host[ADDRESS_ROOM], buffer[400];
	struct text line;

	(void)context;
	address_format(&served->peer, host);
	text_begin(&line, buffer, sizeof(buffer));
	text_add(&line, "%s %s %s port %u: %llu bytes in %.4f s", served->udp ? "UDP" : "TCP",
		 served->sent ? "to" : "from", host, address_port(&served->peer),
		 (unsigned long long)served->bytes, served->seconds);
	if (served->seconds > 0)
		text_add(&line, ", %.3f Mbit/s", (double)served->bytes * 8 / served->seconds / 1e6);
	print_counts(served, &line);
	if (served->others)
		text_add(&line, ", shared with %u other tests", served->others);
	if (served->err)
		text_add(&line, "; ended: %s", words_of(served->err));
	puts(buffer);
	fflush(stdout);
}

static int read_words(int argc, char **argv, union value *values, char *why, size_t room)
{
	int err = params_defaults(params, values, why, room);

	for (int i = 1; i < argc && !err; i++) {
		char *value = strchr(argv[i], '=');
		if (!value)
			return text_refuse(-EINVAL, why, room,
					   "%.80s: expected port=N or seconds=N", argv[i]);
		*value++ = '\0';
		err = params_set(params, values, argv[i], value, why, room);
	}
	return err;
}

/* The system may have no IPv6; then IPv4 alone. */
static int start(const union value *values, struct serve **serve)
{
	struct serve_options options = { .tcp = true,
					 .udp = true,
					 .length = 128 * 1024,
					 .rate = IPERF2_RATE,
					 .done = print_served };
	uint16_t port = (uint16_t)values[PORT].num;

	address_any(AF_INET6, port, &options.at);
	int err = serve_start(&options, serve);
	if (err != -EAFNOSUPPORT && err != -EADDRNOTAVAIL)
		return err;
	address_any(AF_INET, port, &options.at);
	return serve_start(&options, serve);
}

/* Blocked before the first thread begins, so that only this thread takes the signal. */
static void await_end(const sigset_t *signals, double seconds)
{
	struct timespec limit = { (time_t)seconds,
				  (long)((seconds - (double)(time_t)seconds) * 1e9) };
	int got;

	do
		got = sigtimedwait(signals, NULL, seconds > 0 ? &limit : NULL);
	while (got < 0 && errno == EINTR);
}

int peer_main(int argc, char **argv)
{
	union value values[COUNT_OF(params)];
	struct serve *serve;
	sigset_t signals;
	char why[WHY_ROOM];

	if (read_words(argc, argv, values, why, sizeof(why))) {
		fprintf(stderr, "assay peer: %s\n", why);
		return CODE_USAGE;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int err = start(values, &serve);
	if (err) {
		fprintf(stderr, "assay peer: port %u: %s\n", (unsigned)values[PORT].num,
			strerror(-err));
		return CODE_FAILED;
	}
	printf("serving iperf 2 on port %u, TCP and UDP\n", (unsigned)values[PORT].num);
	fflush(stdout);
	await_end(&signals, values[SECONDS].real);
	serve_stop(serve);
	return CODE_OK;
}
