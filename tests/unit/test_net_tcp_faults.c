/* SPDX-License-Identifier: MIT */
/* TCP when the other end does not behave: each case ends in its time, in one named outcome, with
 * what was measured kept. */
#include "tests/unit/net_server.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

extern const struct bench bench_net_tcp;

static int connect_to_server(void)
{
	struct address to;

	assert_int_equal(address_resolve("127.0.0.1", port, &to), 0);
	return socket_connect(&to, 0, clock_raw_ns() + 2 * SECOND_NS, NULL);
}

/* Connections that say nothing, and ones that ask and then stall: far more than there are places. */
static void a_flood_leaves_room(void **state)
{
	enum { CROWD = SERVE_TESTS * 2 + 40 };
	static int crowd[CROWD];
	struct rlimit files = { 0 };
	struct serve_state now;
	struct trial trial;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < 2048 ? files.rlim_max : 2048;
	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned i = 0; i < CROWD; i++) {
		crowd[i] = connect_to_server();
		assert_true(crowd[i] >= 0);
	}
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=3m tradeoff=yes streams=2"), 0);
	assert_true(value_of(&trial, "outgoing_bytes") == 6 << 20);
	assert_true(value_of(&trial, "incoming_bytes") == 6 << 20);
	end(&trial);
	serve_state(server, &now);
	assert_true(now.turned_away > 0);
	for (unsigned i = 0; i < CROWD; i++)
		close(crowd[i]);
}

static void the_stalled_make_room(void **state)
{
	static int crowd[SERVE_TESTS];
	struct trial trial;

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(crowd); i++) {
		crowd[i] = connect_to_server();
		assert_true(crowd[i] >= 0);
		assert_int_equal(send(crowd[i], "0123456789", 10, MSG_NOSIGNAL), 10);
	}
	clock_sleep_ns(3500 * MILLISECOND_NS);
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=3m"), 0);
	assert_true(value_of(&trial, "outgoing_bytes") == 3 << 20);
	end(&trial);
	for (unsigned i = 0; i < COUNT_OF(crowd); i++)
		close(crowd[i]);
}

/* ---- partners that do one wrong thing */

struct partner {
	int listener;
	uint16_t port;
	void (*behave)(int fd);
	pthread_t thread;
};

static void *play(void *argument)
{
	struct partner *partner = argument;
	struct address from;
	int fd = socket_accept(partner->listener, NULL, clock_raw_ns() + 5 * SECOND_NS, NULL, &from,
			       NULL);

	if (fd >= 0)
		partner->behave(fd);
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void start_partner(struct partner *partner, void (*behave)(int fd))
{
	struct address at, bound;

	address_resolve("127.0.0.1", 0, &at);
	partner->listener = socket_listen(&at, SOCK_STREAM, 0);
	assert_true(partner->listener >= 0);
	assert_int_equal(address_of(partner->listener, &bound, NULL), 0);
	partner->port = address_port(&bound);
	partner->behave = behave;
	assert_int_equal(pthread_create(&partner->thread, NULL, play, partner), 0);
}

static void end_partner(struct partner *partner)
{
	pthread_join(partner->thread, NULL);
	close(partner->listener);
}

static void read_for(int fd, uint64_t ns)
{
	uint8_t buffer[65536];
	uint64_t until_ns = clock_raw_ns() + ns;

	while (clock_raw_ns() < until_ns && recv(fd, buffer, sizeof(buffer), 0) > 0)
		;
}

static void reset_in_the_middle(int fd)
{
	struct linger at_once = { 1, 0 };

	read_for(fd, 300 * MILLISECOND_NS);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void close_in_the_middle(int fd)
{
	read_for(fd, 300 * MILLISECOND_NS);
}

/* Reads all, closes properly, and says garbage meanwhile. */
static void talk_nonsense(int fd)
{
	uint8_t garbage[3000];

	memset(garbage, 0xff, sizeof(garbage));
	send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
	read_for(fd, 5 * SECOND_NS);
}

static void partners(void **state)
{
	static const struct {
		const char *name, *words, *engine;
		void (*behave)(int fd);
		int least, most; /* what the run may return */
		double seconds_most;
		bool carried;
	} rows[] = {
		{ "reset", "sending to 127.0.0.1: after", "iperf", reset_in_the_middle, -ECONNRESET,
		  -EPIPE, 3, true },
		{ "closed", "sending to 127.0.0.1: after", "iperf", close_in_the_middle,
		  -ECONNRESET, -EPIPE, 3, true },
		/* splice(2) would raise SIGPIPE */
		{ "reset, uncopied", "sending to 127.0.0.1: after", "uncopied", reset_in_the_middle,
		  -ECONNRESET, -EPIPE, 3, true },
		{ "nonsense", "", "iperf", talk_nonsense, 0, 0, 4, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct partner partner;
		struct trial trial;
		char words[100];

		start_partner(&partner, rows[i].behave);
		snprintf(words, sizeof(words), "port=%u seconds=1 engine=%s", partner.port,
			 rows[i].engine);
		uint64_t start_ns = clock_raw_ns();
		int err = run_bench(&trial, &bench_net_tcp, words);
		double took = (double)(clock_raw_ns() - start_ns) / 1e9;
		CHECK_ROW(i, rows[i].name, err == rows[i].least || err == rows[i].most);
		CHECK_ROW(i, rows[i].name, took < rows[i].seconds_most);
		CHECK_ROW(i, trial.run.shared->failure,
			  !!strstr(trial.run.shared->failure, rows[i].words));
		CHECK_ROW(i, rows[i].name,
			  !rows[i].carried || value_of(&trial, "outgoing_bytes") > 0);
		end(&trial);
		end_partner(&partner);
	}
}

/* Lies about lengths and amounts of stock's header: each is refused or bounded, and the next client
 * is served. */
static void lies(void **state)
{
	static const struct {
		const char *name;
		uint32_t word[6];
	} rows[] = {
		{ "a header longer than there is", { 0x400101fe, 1, 5001, 0, 0, 100 } },
		{ "a header shorter than it can be", { 0x40010010, 1, 5001, 0, 0, 100 } },
		{ "threads", { 0x80000000, 0xffffffff, 5001, 0, 0, 100 } },
		{ "length", { 0x80000000, 1, 5001, 0xffffffff, 0, 100 } },
		{ "port", { 0x80000000, 1, 0x12345678, 0, 0, 100 } },
		{ "nothing wanted", { 0x80000001, 1, 5001, 0, 0, 0 } },
	};

	(void)state;
	told_count = 0;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t header[24];
		int fd = connect_to_server();
		for (size_t w = 0; w < COUNT_OF(rows[i].word); w++)
			for (size_t b = 0; b < 4; b++)
				header[4 * w + b] = (uint8_t)(rows[i].word[w] >> (24 - 8 * b));
		assert_int_equal(send(fd, header, sizeof(header), MSG_NOSIGNAL), sizeof(header));
		shutdown(fd, SHUT_WR);
		read_for(fd, SECOND_NS);
		close(fd);
	}
	for (unsigned i = 0; i < told_count; i++)
		assert_int_not_equal(told[i].err, 0);
	struct trial trial;
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=1m"), 0);
	end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_leaves_room),
		cmocka_unit_test(the_stalled_make_room),
		cmocka_unit_test(partners),
		cmocka_unit_test(lies),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
