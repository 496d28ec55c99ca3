/* SPDX-License-Identifier: MIT */
/* net.udp and net.search against our own server over loopback, and that server against senders that
 * are no iperf. */
#include "tests/unit/net_trial.h"

#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/iperf2/udp_streams.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

extern const struct bench bench_net_udp, bench_net_search;

static struct served told[64];
static atomic_uint told_count;

static void remember(void *context, const struct served *served)
{
	(void)context;
	unsigned n = told_count;
	if (n < COUNT_OF(told))
		told[n] = *served;
	told_count = n + 1;
}

static struct serve *server;
static struct address at;
static uint16_t port;

static int start_server(void **state)
{
	struct serve_options options = { .udp = true, .rate = IPERF2_RATE, .done = remember };

	(void)state;
	for (port = (uint16_t)(20000 + getpid() % 20000); port < 60000; port += 2) {
		assert_int_equal(address_resolve("127.0.0.1", port, &options.at), 0);
		at = options.at;
		if (!serve_start(&options, &server))
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

/* Until the server has told of what came before. */
static void await_rest(void)
{
	struct serve_state now;

	for (unsigned i = 0; i < 300; i++) {
		serve_state(server, &now);
		if (!now.active)
			break;
		clock_sleep_ns(10 * MILLISECOND_NS);
	}
	told_count = 0;
}

static int run_udp(struct trial *trial, const char *words)
{
	await_rest();
	return trial_run(trial, &bench_net_udp, port, words);
}

static void await_told(unsigned count)
{
	for (unsigned i = 0; i < 300 && told_count < count; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(told_count, count);
}

static bool has_note(const struct trial *trial, const char *words)
{
	for (unsigned i = 0; i < trial->run.shared->note_count; i++)
		if (strstr(trial->run.shared->notes[i].text, words))
			return true;
	return false;
}

static void sum_told(bool sent, uint64_t *datagrams, uint64_t *lost)
{
	*datagrams = *lost = 0;
	for (unsigned i = 0; i < told_count; i++) {
		if (told[i].sent != sent)
			continue;
		*datagrams += told[i].report.datagrams;
		*lost += told[i].report.lost;
	}
}

/* Each stream a whole test, both ways, and both ends count the same. */
static void streams_and_ways_back(void **state)
{
	static const char *const rows[] = { "tradeoff=yes", "dual=yes" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct trial trial;
		char words[120];
		uint64_t datagrams, lost;

		snprintf(words, sizeof(words), "streams=3 seconds=0.2 rate=2m length=500 %s",
			 rows[i]);
		CHECK_ROW(i, trial.run.shared->failure, run_udp(&trial, words) == 0);
		await_told(6);
		sum_told(false, &datagrams, &lost);
		CHECK_ROW(i, rows[i], value_of(&trial, "datagrams") == (double)datagrams);
		CHECK_ROW(i, rows[i], value_of(&trial, "lost") == (double)lost);
		CHECK_ROW(i, rows[i], value_of(&trial, "sent_datagrams") == (double)datagrams);
		CHECK_ROW(i, rows[i], datagrams > 60 && datagrams <= 303);
		sum_told(true, &datagrams, &lost);
		CHECK_ROW(i, rows[i], value_of(&trial, "incoming_datagrams") == (double)datagrams);
		CHECK_ROW(i, rows[i], value_of(&trial, "incoming_lost") == (double)lost);
		for (uint64_t stream = 1; stream <= 3; stream++) {
			const uint64_t point[AXES] = { stream };
			unsigned metric = metric_index(&trial, "stream_sent_bytes");
			CHECK_ROW(i, rows[i], run_value(&trial.run, metric, point, NULL) > 0);
		}
		trial_end(&trial);
	}
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned count = 0;

	for (const char *found = text; (found = strstr(found, what)); found++)
		count++;
	return count;
}

static void text_of_streams(void **state)
{
	static char buffer[16384];
	struct trial trial;
	struct text text;

	(void)state;
	assert_int_equal(run_udp(&trial, "streams=3 seconds=0.2 rate=1m length=500 tradeoff=yes"),
			 0);
	text_begin(&text, buffer, sizeof(buffer));
	assert_int_equal(bench_net_udp.stock[0].write(&trial.run, &text), 0);
	for (int id = 3; id <= 8; id++) { /* 2.0.x: the sockets' numbers, ours first */
		char words[40];
		snprintf(words, sizeof(words), "[%3d] local 127.0.0.1 port ", id);
		CHECK_ROW((size_t)id, buffer, count_of(buffer, words) == 1);
	}
	assert_int_equal(count_of(buffer, "Server Report:"), 3);
	assert_int_equal(count_of(buffer, "[SUM]"), 3); /* sent, its datagrams, received */
	text_begin(&text, buffer, sizeof(buffer));
	assert_int_equal(bench_net_udp.stock[1].write(&trial.run, &text), 0);
	assert_int_equal(count_of(buffer, "\n"), 3 + 3 + 1 + 3 + 1);
	assert_int_equal(count_of(buffer, ",-1,0.0-"), 2);
	assert_int_equal(count_of(buffer, ","), 4 * 8 + 7 * 13);
	trial_end(&trial);
}

static void rates(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(run_udp(&trial, "pps=500 seconds=0.4 length=100"), 0);
	assert_true(value_of(&trial, "sent_datagrams") <= 201);
	assert_true(value_of(&trial, "sent_datagrams") > 50);
	trial_end(&trial);
	static const struct {
		const char *words;
		bool batched;
	} rows[] = {
		{ "rate=0 seconds=0.2 length=64", true },
		{ "rate=0 seconds=0.2 length=64 merge=no", true },
		{ "rate=0 seconds=0.2 length=64 batch=7", true },
		{ "rate=0 seconds=0.2 length=1470 batch=1", false },
		{ "rate=0 bytes=1m length=65507", true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(i, rows[i].words, run_udp(&trial, rows[i].words) == 0);
		CHECK_ROW(i, rows[i].words, (value_of(&trial, "batched") > 0) == rows[i].batched);
		CHECK_ROW(i, rows[i].words, has_note(&trial, "in batches") == rows[i].batched);
		CHECK_ROW(i, rows[i].words,
			  value_of(&trial, "datagrams") == value_of(&trial, "sent_datagrams"));
		CHECK_ROW(i, rows[i].words,
			  value_of(&trial, "lost") == value_of(&trial, "missing"));
		trial_end(&trial);
	}
}

static void lengths(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(address_resolve("::1", 1, &address), 0);
	assert_int_equal(udp_default_length(&address), 1450);
	assert_int_equal(address_resolve("::ffff:127.0.0.1", 1, &address), 0);
	assert_int_equal(udp_default_length(&address), 1470);
	assert_int_equal(address_resolve("127.0.0.1", 1, &address), 0);
	assert_int_equal(udp_default_length(&address), 1470);
}

static const struct {
	const struct bench *bench;
	const char *name, *value;
	bool refused;
} values_table[] = {
	{ &bench_net_udp, "length", "63", true },
	{ &bench_net_udp, "length", "64", false },
	{ &bench_net_udp, "length", "65508", true },
	{ &bench_net_udp, "rate", "0", false },
	{ &bench_net_udp, "rate", "999", true },
	{ &bench_net_udp, "streams", "65", true },
	{ &bench_net_udp, "batch", "513", true },
	{ &bench_net_search, "sizes", "64,512,1470,9000,65507", false },
	{ &bench_net_search, "sizes", "", true },
	{ &bench_net_search, "sizes", "63", true },
	{ &bench_net_search, "sizes", "64,,512", true },
	{ &bench_net_search, "sizes", "64,", true },
	{ &bench_net_search, "sizes", "64;512", true },
	{ &bench_net_search, "sizes", "65508", true },
	{ &bench_net_search, "sizes", "64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64,64", true },
	{ &bench_net_search, "resolution", "0", true },
	{ &bench_net_search, "repeats", "0", true },
};

static void values_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values_table); i++) {
		const struct bench *bench = values_table[i].bench;
		union value values[24];
		char why[300] = "";

		assert_int_equal(params_defaults(bench->params, values, why, sizeof(why)), 0);
		int err = params_set(bench->params, values, values_table[i].name,
				     values_table[i].value, why, sizeof(why));
		err = err ? err : bench->check(values, why, sizeof(why));
		CHECK_ROW(i, why, (err != 0) == values_table[i].refused);
		CHECK_ROW(i, why, !err || strstr(why, values_table[i].name));
	}
}

/* ---- the server alone ---- */

static int client_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &at.any, at.len), 0);
	return fd;
}

static void send_id(int fd, int64_t id)
{
	uint8_t out[100] = { 0 };
	struct iperf2_datagram datagram = { .id = (uint64_t)(id < 0 ? -id : id), .fin = id < 0 };

	iperf2_datagram_encode(&datagram, IPERF2_SIXTEEN, false, out);
	send(fd, out, sizeof(out), 0);
}

/* 0..count-1 and the FIN; the report's number of datagrams. */
static uint64_t send_test(int fd, int count)
{
	struct iperf2_report report = { 0 };
	uint8_t in[2048];

	for (int i = 0; i < count; i++)
		send_id(fd, i);
	send_id(fd, -count);
	assert_int_equal(socket_wait(fd, POLLIN, clock_raw_ns() + 5 * SECOND_NS, NULL), 0);
	ssize_t got = recv(fd, in, sizeof(in), 0);
	assert_int_equal(iperf2_report_decode(in, (size_t)got, &report), 0);
	return report.datagrams;
}

static void a_port_is_used_again(void **state)
{
	int fd = client_socket();

	(void)state;
	await_rest();
	assert_int_equal(send_test(fd, 3), 3);
	await_told(1);
	assert_int_equal(send_test(fd, 5), 5); /* at once after the first was told */
	await_told(2);
	assert_int_equal(told[1].datagrams, 5);
	close(fd);
}

static atomic_bool flood_ends;

/* First datagrams, each from a port of its own, and bytes that are none. */
static void *flood(void *argument)
{
	struct random random;
	uint8_t garbage[100];

	random_seed(&random, 5001);
	while (!atomic_load(&flood_ends)) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (!connect(fd, &at.any, at.len))
			send_id(fd, 0);
		random_fill(&random, garbage, sizeof(garbage));
		send(fd, garbage, (size_t)random_below(&random, sizeof(garbage)), MSG_DONTWAIT);
		close(fd);
		clock_sleep_ns(200000);
	}
	return argument;
}

static void a_flood_keeps_nobody_out(void **state)
{
	struct serve_state now;
	struct trial trial;
	pthread_t thread;

	(void)state;
	/* Until every place is taken by a sender of one datagram. */
	for (unsigned i = 0; i < 2 * SERVE_FLOWS; i++) {
		int fd = client_socket();
		send_id(fd, 0);
		close(fd);
	}
	flood_ends = false;
	assert_int_equal(pthread_create(&thread, NULL, flood, NULL), 0);
	assert_int_equal(trial_run(&trial, &bench_net_udp, port, "seconds=0.5 rate=1m length=500"),
			 0);
	atomic_store(&flood_ends, true);
	pthread_join(thread, NULL);
	assert_true(value_of(&trial, "datagrams") == value_of(&trial, "sent_datagrams"));
	assert_true(value_of(&trial, "lost") < value_of(&trial, "datagrams") / 2);
	serve_state(server, &now);
	assert_true(now.garbage > SERVE_FLOWS);
	trial_end(&trial);
}

/* ---- net.search ---- */

static void search_finds_what_is_asked(void **state)
{
	const uint64_t point[AXES] = { 500 };
	struct trial trial;

	(void)state;
	/* A busy machine loses datagrams and sends late: half may be lost, and it is tried again. */
	for (int i = 0; i < 8; i++) {
		if (i)
			trial_end(&trial);
		assert_int_equal(trial_run(&trial, &bench_net_search, port,
					   "sizes=500 seconds=0.2 rest=0 maximum=2m tolerance=50 "
					   "resolution=50 repeats=2"),
				 0);
		if (run_value(&trial.run, metric_index(&trial, "rate"), point, NULL) >= 1.9 &&
		    value_of(&trial, "sender_limited") == 0)
			break;
	}
	assert_true(run_value(&trial.run, metric_index(&trial, "rate"), point, NULL) >= 1.9);
	assert_true(value_of(&trial, "datagrams") <= 501);
	assert_true(value_of(&trial, "trials") == 2);
	assert_true(value_of(&trial, "sender_limited") == 0);
	assert_true(has_note(&trial, "limited by the maximum"));
	trial_end(&trial);
	assert_int_equal(trial_run(&trial, &bench_net_search, 1, "connect_timeout=0.2"),
			 -ECONNREFUSED);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_and_ways_back),
		cmocka_unit_test(text_of_streams),
		cmocka_unit_test(rates),
		cmocka_unit_test(lengths),
		cmocka_unit_test(values_refused),
		cmocka_unit_test(a_port_is_used_again),
		cmocka_unit_test(search_finds_what_is_asked),
		cmocka_unit_test(a_flood_keeps_nobody_out),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
