/* SPDX-License-Identifier: MIT */
/* iperf 3's client and server of ours over loopback, both ends' figures side by side. */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/net/wire/iperf3/client.h"
#include "bench/net/wire/iperf3/serve.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static struct iperf3_serve *server;
static struct address at;

/* What the server told last, and how often. */
static struct iperf3_served told;
static char told_words[300];
static atomic_uint told_count;

static void remember(void *context, const struct iperf3_served *served)
{
	(void)context;
	told = *served;
	strcpy(told_words, served->words);
	told.words = told_words;
	atomic_fetch_add(&told_count, 1);
}

static int start_server(void **state)
{
	struct iperf3_serve_options options = { .tests_most = 3, .done = remember };

	(void)state;
	for (unsigned port = 20000 + (unsigned)getpid() % 20000; port < 60000; port++) {
		assert_int_equal(address_resolve("127.0.0.1", (uint16_t)port, &at), 0);
		options.at = at;
		if (!iperf3_serve_start(&options, &server))
			return 0;
	}
	return -1;
}

static int stop_server(void **state)
{
	(void)state;
	iperf3_serve_stop(server);
	return 0;
}

/* The server tells a moment after the client has ended. */
static void await_told(unsigned count)
{
	for (unsigned i = 0; i < 1000 && told_count < count; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(told_count, count);
}

static int run_client(struct iperf3_session *session, const struct iperf3_params *params)
{
	*session = (struct iperf3_session){ .params = *params };
	return iperf3_client_run(session, &at, clock_raw_ns() + SECOND_NS);
}

/* One end's view of a way must be the other's. */
static void compare_ways(size_t row, const char *name, const struct iperf3_way *ours,
			 const struct iperf3_way *theirs)
{
	CHECK_ROW(row, name, ours->streams == theirs->streams);
	CHECK_ROW(row, name, ours->sent_bytes == theirs->sent_bytes);
	CHECK_ROW(row, name, ours->received_bytes == theirs->received_bytes);
	CHECK_ROW(row, name, ours->retransmits == theirs->retransmits);
	CHECK_ROW(row, name, ours->packets == theirs->packets && ours->lost == theirs->lost);
	CHECK_ROW(row, name, ours->sent_packets == theirs->sent_packets);
	CHECK_ROW(row, name, fabs(ours->jitter_ms - theirs->jitter_ms) < 1e-9);
}

static const struct {
	const char *name;
	struct iperf3_params params;
} modes[] = {
	{ "plain", { .parallel = 1, .length = 131072, .seconds = 0.2 } },
	{ "-R", { .parallel = 1, .length = 131072, .seconds = 0.2, .reverse = true } },
	{ "--bidir", { .parallel = 1, .length = 131072, .seconds = 0.2, .bidir = true } },
	{ "-P 4", { .parallel = 4, .length = 131072, .seconds = 0.2 } },
	{ "-P 4 --bidir", { .parallel = 4, .length = 8192, .seconds = 0.2, .bidir = true } },
	{ "-n", { .parallel = 1, .length = 131072, .bytes = 3000000 } },
	{ "-n -R", { .parallel = 2, .length = 131072, .bytes = 3000000, .reverse = true } },
	{ "-k -P 2", { .parallel = 2, .length = 1000, .blocks = 100 } },
	{ "-b", { .parallel = 1, .length = 8192, .seconds = 0.5, .rate = 8000000 } },
	{ "-w -N",
	  { .parallel = 1, .length = 8192, .seconds = 0.2, .window = 65536, .nodelay = true } },
	{ "-O 1", { .parallel = 1, .length = 131072, .seconds = 0.3, .omit = 1 } },
	{ "-u", { .udp = true, .parallel = 1, .length = 1448, .seconds = 0.3, .rate = 4000000 } },
	{ "-u -R",
	  { .udp = true,
	    .parallel = 1,
	    .length = 1448,
	    .seconds = 0.3,
	    .rate = 4000000,
	    .reverse = true } },
	{ "-u --bidir -P 2",
	  { .udp = true,
	    .parallel = 2,
	    .length = 500,
	    .seconds = 0.3,
	    .rate = 1000000,
	    .bidir = true } },
	{ "-u 64 bit",
	  { .udp = true,
	    .parallel = 1,
	    .length = 16,
	    .seconds = 0.2,
	    .rate = 100000,
	    .wide = true } },
	{ "-u -n",
	  { .udp = true, .parallel = 3, .length = 1000, .bytes = 100000, .rate = 4000000 } },
	{ "-u -O 1",
	  { .udp = true,
	    .parallel = 1,
	    .length = 1000,
	    .seconds = 0.5,
	    .rate = 1000000,
	    .omit = 1 } },
};

static void both_ends_agree(void **state)
{
	static struct iperf3_session session;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		const struct iperf3_params *params = &modes[i].params;
		char words[300];

		told_count = 0;
		int err = run_client(&session, params);
		iperf3_session_describe(&session, true, words, sizeof(words));
		CHECK_ROW(i, words, err == 0 && session.step == STEP_OVER);
		await_told(1);
		CHECK_ROW(i, told_words, told.err == 0 && told.others == 0);
		struct iperf3_way out = iperf3_session_way(&session, true);
		struct iperf3_way in = iperf3_session_way(&session, false);
		iperf3_session_close(&session);
		compare_ways(i, modes[i].name, &out, &told.in);
		compare_ways(i, modes[i].name, &in, &told.out);
		bool sends = !params->reverse, receives = params->reverse || params->bidir;
		CHECK_ROW(i, modes[i].name, (out.sent_bytes > 0) == sends);
		CHECK_ROW(i, modes[i].name, (out.received_bytes > 0) == sends);
		CHECK_ROW(i, modes[i].name, (in.received_bytes > 0) == receives);
		if (params->udp && !params->omit)
			CHECK_ROW(i, modes[i].name,
				  out.packets == out.sent_packets && in.packets == in.sent_packets);
		if (params->bytes || params->blocks)
			CHECK_ROW(i, modes[i].name, !sends || out.sent_bytes == out.received_bytes);
		if (params->udp)
			CHECK_ROW(i, modes[i].name, out.lost == 0 && in.lost == 0);
	}
}

static void amounts_are_whole_blocks(void **state)
{
	static struct iperf3_session session;

	(void)state;
	assert_int_equal(run_client(&session, &modes[5].params), 0);
	assert_int_equal(iperf3_session_way(&session, true).sent_bytes, 23 * 131072);
	iperf3_session_close(&session);
	assert_int_equal(run_client(&session, &modes[7].params), 0);
	assert_int_equal(iperf3_session_way(&session, true).sent_bytes, 100 * 1000);
	iperf3_session_close(&session);
}

/* ---- several at once ---- */

struct guest {
	struct iperf3_session session;
	int err;
};

static void *be_guest(void *argument)
{
	struct guest *guest = argument;

	guest->err = iperf3_client_run(&guest->session, &at, clock_raw_ns() + SECOND_NS);
	return NULL;
}

static atomic_uint shared_count;

static void count_shared(void *context, const struct iperf3_served *served)
{
	(void)context;
	if (!served->err && served->others)
		shared_count++;
}

/* TCP, and two whose UDP streams must not be mixed up: each client's figures are its own. */
static void several_at_once(void **state)
{
	static struct guest guests[3];
	struct iperf3_serve_options options = { .done = count_shared };
	struct iperf3_serve *own_server = NULL;
	struct address before = at;
	pthread_t threads[3];

	(void)state;
	for (uint16_t port = (uint16_t)(address_port(&at) + 1); port && !own_server; port++) {
		address_set_port(&at, port);
		options.at = at;
		if (iperf3_serve_start(&options, &own_server))
			own_server = NULL;
	}
	for (size_t i = 0; i < COUNT_OF(guests); i++) {
		guests[i].session = (struct iperf3_session){
			.params = { .udp = i > 0,
				    .parallel = 4,
				    .length = 1000 + 100 * i,
				    .seconds = 1,
				    .rate = 400000 * (i + 1),
				    .bidir = true },
		};
		assert_int_equal(pthread_create(&threads[i], NULL, be_guest, &guests[i]), 0);
	}
	for (size_t i = 0; i < COUNT_OF(guests); i++) {
		pthread_join(threads[i], NULL);
		struct iperf3_way out = iperf3_session_way(&guests[i].session, true);
		struct iperf3_way in = iperf3_session_way(&guests[i].session, false);
		iperf3_session_close(&guests[i].session);
		CHECK_ROW(i, "guest", guests[i].err == 0);
		CHECK_ROW(i, "guest", out.streams == 4 && in.streams == 4);
		CHECK_ROW(i, "guest", out.received_bytes && out.received_bytes == out.sent_bytes);
		CHECK_ROW(i, "guest", !i || (out.packets == out.sent_packets && !out.lost));
		CHECK_ROW(i, "guest", !i || in.received_bytes == in.packets * (1000 + 100 * i));
	}
	for (int tries = 0; tries < 100 && shared_count < 3; tries++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	iperf3_serve_stop(own_server);
	at = before;
	assert_int_equal(shared_count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_agree),
		cmocka_unit_test(amounts_are_whole_blocks),
		cmocka_unit_test(several_at_once),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
