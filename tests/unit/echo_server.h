/* SPDX-License-Identifier: MIT */
/* For the tests of the echo service: one that runs, and what it told. */
#ifndef ASSAY_ECHO_SERVER_H
#define ASSAY_ECHO_SERVER_H

#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/net/wire/echo/serve.h"

#include <unistd.h>

static struct echo_served told[8];
static atomic_uint told_count;

static inline void remember(void *context, const struct echo_served *served)
{
	(void)context;
	unsigned n = told_count;
	if (n < COUNT_OF(told))
		told[n] = *served;
	told_count = n + 1;
}

static struct echo_serve *server;
static struct address at; /* the server's */
static uint16_t port;

static inline int start_server(void **state)
{
	struct echo_serve_options options = { .done = remember };

	(void)state;
	for (port = (uint16_t)(22000 + getpid() % 20000); port < 60000; port += 2) {
		assert_int_equal(address_resolve("127.0.0.1", port, &options.at), 0);
		at = options.at;
		if (!echo_serve_start(&options, &server))
			return 0;
	}
	return -1;
}

static inline int stop_server(void **state)
{
	(void)state;
	echo_serve_stop(server);
	return 0;
}

static inline void await_told(unsigned count)
{
	for (unsigned i = 0; i < 300 && told_count < count; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(told_count, count);
}

#endif
