/* SPDX-License-Identifier: MIT */
/* The verb `peer`: a partner for network benchmarks. It listens because it was asked to, and until
 * then only. */
#include "init/init.h"

#include "bench/net/wire/services.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PORT, ECHO, MEET, CALLS, SECONDS };
static const struct param params[] = {
	[PORT] = { "port", "5001", "iperf 2, TCP and UDP; several: 5001,5002", PARAM_TEXT, 1, 60,
		   NULL },
	[ECHO] = { "echo", "5211", "for net.rr, TCP and UDP; 0: not served", PARAM_TEXT, 1, 60,
		   NULL },
	[MEET] = { "meet", "5210", "for net.simultaneous and calls, TCP; 0: not served", PARAM_TEXT,
		   1, 60, NULL },
	[CALLS] = { "calls", "yes", "start a client towards who asks for it (called=yes)",
		    PARAM_BOOL },
	[SECONDS] = { "seconds", "0", "how long to serve; 0: until interrupted", PARAM_SECONDS, 0,
		      1e6, NULL },
	{ 0 }
};

static void print_counts(const struct served_test *test, struct text *line)
{
	if (test->service == SERVICE_ECHO)
		text_add(line, ", %llu transactions", (unsigned long long)test->transactions);
	if (!test->udp || test->service == SERVICE_ECHO)
		return;
	if (!test->has_counts) {
		text_add(line, ", %llu datagrams, no report came",
			 (unsigned long long)test->sent_datagrams);
		return;
	}
	text_add(line, ", lost %llu/%llu, out of order %llu, jitter %.3f ms",
		 (unsigned long long)test->lost, (unsigned long long)test->datagrams,
		 (unsigned long long)test->out_of_order, test->jitter_ms);
	if (test->duplicates)
		text_add(line, ", duplicates %llu", (unsigned long long)test->duplicates);
}

/* One line for each test: protocol, way, partner, bytes, time, rate, and what else there is to say.
 */
static void print_test(void *context, const struct served_test *test)
{
	char host[ADDRESS_ROOM], buffer[400];
	struct text line;

	(void)context;
	address_format(&test->peer, host);
	text_begin(&line, buffer, sizeof(buffer));
	text_add(&line, "%s %s %s port %u (%s): %llu bytes in %.4f s", test->udp ? "UDP" : "TCP",
		 test->sent ? "to" : "from", host, address_port(&test->peer),
		 service_name(test->service), (unsigned long long)test->bytes, test->seconds);
	if (test->seconds > 0)
		text_add(&line, ", %.3f Mbit/s", (double)test->bytes * 8 / test->seconds / 1e6);
	print_counts(test, &line);
	if (test->others)
		text_add(&line, ", shared with %u other tests", test->others);
	if (test->err)
		text_add(&line, "; ended: %s", test->words);
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
					   "%.80s: expected port=N, echo=N or seconds=N", argv[i]);
		*value++ = '\0';
		err = params_set(params, values, argv[i], value, why, room);
	}
	return err;
}

/* "5001,5002" */
static int read_ports(const struct param *param, const char *in, uint16_t out[SERVICES_PORTS],
		      char *why, size_t room)
{
	char list[160], *rest = list, *one;
	size_t count = 0;

	snprintf(list, sizeof(list), "%.159s", in);
	while ((one = strsep(&rest, ","))) {
		uint64_t port = 0;
		if (text_u64(one, &port) || port < 1 || port > 65535)
			return text_refuse(-EINVAL, why, room,
					   "%s=%.60s: expected numbers from 1 to 65535",
					   param->name, in);
		if (count == SERVICES_PORTS)
			return text_refuse(-E2BIG, why, room, "%s=%.60s: at most %d of them",
					   param->name, in, SERVICES_PORTS);
		out[count++] = (uint16_t)port;
	}
	return 0;
}

static int read_services(const union value *values, struct services_options *options, char *why,
			 size_t room)
{
	static const struct {
		unsigned param;
		enum service service;
	} rows[] = { { PORT, SERVICE_IPERF2 }, { ECHO, SERVICE_ECHO }, { MEET, SERVICE_MEET } };
	int err = 0;

	options->calls = values[CALLS].on;
	for (size_t i = 0; i < COUNT_OF(rows) && !err; i++) {
		const char *in = values[rows[i].param].text;
		options->serve[rows[i].service] = strcmp(in, "0") != 0;
		if (options->serve[rows[i].service])
			err = read_ports(&params[rows[i].param], in,
					 options->ports[rows[i].service], why, room);
	}
	return err;
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

static void say_serving(const struct services *services)
{
	char served[200];
	struct text text;

	text_begin(&text, served, sizeof(served));
	services_describe(services, &text);
	printf("serving %s, TCP and UDP\n", served);
	fflush(stdout);
}

int peer_main(int argc, char **argv)
{
	struct services_options options = { .told = print_test };
	union value values[COUNT_OF(params)];
	struct services *services;
	sigset_t signals;
	char why[WHY_ROOM];

	if (read_words(argc, argv, values, why, sizeof(why)) ||
	    read_services(values, &options, why, sizeof(why))) {
		fprintf(stderr, "assay peer: %s\n", why);
		return CODE_USAGE;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (services_start(&options, &services, why, sizeof(why))) {
		fprintf(stderr, "assay peer: %s\n", why);
		return CODE_FAILED;
	}
	say_serving(services);
	await_end(&signals, values[SECONDS].real);
	services_stop(services);
	return CODE_OK;
}
