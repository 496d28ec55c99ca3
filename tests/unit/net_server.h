/* SPDX-License-Identifier: MIT */
/* For tests of a network benchmark against our own iperf 2 server over loopback: both ends of the
 * protocol in one process. */
#ifndef ASSAY_NET_SERVER_H
#define ASSAY_NET_SERVER_H

#include "tests/unit/net_trial.h"

#include "bench/net/wire/iperf2/serve.h"

#include <unistd.h>

/* What the server told, in the order in which it did. */
static struct served told[16];
static atomic_uint told_count;

static inline void remember(void *context, const struct served *served)
{
	(void)context;
	unsigned n = told_count;
	if (n < COUNT_OF(told))
		told[n] = *served;
	told_count = n + 1;
}

static struct serve *server;
static uint16_t port;

static inline int start_server(void **state)
{
	struct serve_options options = {
		.tcp = true, .udp = true, .length = 65536, .rate = IPERF2_RATE, .done = remember
	};

	(void)state;
	/* Another test, or anybody, may have a port: look for one that is free for both, and the
	 * next for -L. */
	for (port = (uint16_t)(20000 + getpid() % 20000); port < 60000; port += 2) {
		assert_int_equal(address_resolve("127.0.0.1", port, &options.at), 0);
		if (!serve_start(&options, &server))
			return 0;
	}
	return -1;
}

static inline int stop_server(void **state)
{
	(void)state;
	serve_stop(server);
	return 0;
}

static inline int run_bench(struct trial *trial, const struct bench *bench, const char *words)
{
	told_count = 0;
	return trial_run(trial, bench, port, words);
}

static inline void end(struct trial *trial)
{
	trial_end(trial);
}

/* The server tells a moment after it has closed. */
static inline void await_told(unsigned count)
{
	for (unsigned i = 0; i < 200 && told_count < count; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(told_count, count);
}

static inline void write_stock(const struct trial *trial, unsigned which, char *buffer, size_t room)
{
	struct text text;

	text_begin(&text, buffer, room);
	assert_int_equal(trial->run.bench->stock[which].write(&trial->run, &text), 0);
}

static inline unsigned count_of(const char *text, char what)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == what;
	return count;
}

#endif
