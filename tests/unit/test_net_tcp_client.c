/* SPDX-License-Identifier: MIT */
/* A TCP client session by itself, without a benchmark around it, against our own server. */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/iperf2/tcp_client.h"

#include <errno.h>
#include <unistd.h>

static struct serve *server;
static struct tcp_client_options base;

static int start_server(void **state)
{
	struct serve_options options = { .tcp = true, .length = 65536 };

	(void)state;
	for (unsigned port = 20000 + (unsigned)getpid() % 20000; port < 60000; port += 2) {
		assert_int_equal(address_resolve("127.0.0.1", (uint16_t)port, &options.at), 0);
		if (serve_start(&options, &server))
			continue;
		base = (struct tcp_client_options){ .peer = options.at,
						    .local = options.at,
						    .back_port = (uint16_t)(port + 1),
						    .streams = 2,
						    .length = 16384,
						    .seconds = 0.2 };
		return 0;
	}
	return -1;
}

static int stop_server(void **state)
{
	(void)state;
	serve_stop(server);
	return 0;
}

static struct tcp_client *opened(struct tcp_client_options *options)
{
	struct tcp_client *client = NULL;

	options->connect_until_ns = clock_raw_ns() + SECOND_NS;
	assert_int_equal(tcp_client_open(&client, options, NULL), 0);
	return client;
}

static void only_the_way_back(void **state)
{
	struct tcp_client_options options = base;

	(void)state;
	options.back = BACK_AFTER;
	options.only_back = true;
	struct tcp_client *client = opened(&options);
	assert_int_equal(tcp_client_start_in(client), 0);
	assert_int_equal(tcp_client_start_out(client), 0);
	assert_int_equal(tcp_client_wait(client, clock_raw_ns() + 5 * SECOND_NS), 0);
	tcp_client_stop(client);
	assert_int_equal(streams_error(&client->out), 0);
	assert_int_equal(streams_error(&client->in), 0);
	assert_int_equal(streams_bytes(&client->out), 0);
	for (unsigned i = 0; i < options.streams; i++)
		assert_true(client->in.one[i].transfer.bytes > 0);
	assert_true(streams_seconds(&client->in) > 0.15);
	tcp_client_free(client);
}

/* 2 streams at 4 Mbit/s each for 0.2 s: 100 kB each and at most a write more. */
static void paced(void **state)
{
	struct tcp_client_options options = base;

	(void)state;
	options.rate = 4000000;
	options.length = 1000;
	struct tcp_client *client = opened(&options);
	assert_int_equal(tcp_client_start_out(client), 0);
	assert_int_equal(tcp_client_wait(client, clock_raw_ns() + 5 * SECOND_NS), 0);
	tcp_client_stop(client);
	assert_int_equal(streams_error(&client->out), 0);
	for (unsigned i = 0; i < options.streams; i++)
		assert_in_range(client->out.one[i].transfer.bytes, 80000, 101000);
	tcp_client_free(client);
}

static void says_what_could_not_be_done(void **state)
{
	struct tcp_client_options options = base;
	struct tcp_client *client = NULL;
	enum tcp_client_step failed;

	(void)state;
	options.back = BACK_TOGETHER;
	options.back_port = address_port(&base.peer); /* the server has it */
	assert_int_equal(tcp_client_open(&client, &options, &failed), -EADDRINUSE);
	assert_int_equal(failed, TCP_CLIENT_LISTEN);
	options = base;
	address_set_port(&options.peer, 1);
	options.connect_until_ns = clock_raw_ns() + 200 * MILLISECOND_NS;
	assert_int_equal(tcp_client_open(&client, &options, &failed), -ECONNREFUSED);
	assert_int_equal(failed, TCP_CLIENT_CONNECT);
	assert_null(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_way_back),
		cmocka_unit_test(paced),
		cmocka_unit_test(says_what_could_not_be_done),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
