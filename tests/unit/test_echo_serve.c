/* SPDX-License-Identifier: MIT */
/* Who comes to the echo service without being net.rr, and too many who are. */
#include "tests/unit/net_trial.h"
#include "tests/unit/echo_server.h"

#include <errno.h>
#include <poll.h>

extern const struct bench bench_net_rr;

static int connected(int type)
{
	int fd = socket_open(&at, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &at.any, at.len), 0);
	return fd;
}

/* A HELLO with one byte changed, what comes back and how it is told. */
static void tcp_strangers(void **state)
{
	static const struct {
		const char *name;
		int at, value;
		enum echo_kind kind; /* 0: it closes without a word */
		int err;
	} rows[] = {
		{ "not ours", 0, 'G', 0, -EBADMSG },
		{ "a DONE", 5, ECHO_DONE, 0, -EBADMSG },
		{ "version 9", 4, 9, ECHO_REFUSED, -EPROTONOSUPPORT },
		{ "a request of 4 GiB", 8, 255, ECHO_REFUSED, -EMSGSIZE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct echo_header header = { .kind = ECHO_HELLO, .request = 1, .response = 1 };
		uint8_t block[ECHO_HEADER];
		int fd = connected(SOCK_STREAM);

		told_count = 0;
		echo_encode(&header, block);
		block[rows[i].at] = (uint8_t)rows[i].value;
		CHECK_ROW(i, rows[i].name, send(fd, block, sizeof(block), 0) == sizeof(block));
		ssize_t got = recv(fd, block, sizeof(block), MSG_WAITALL);
		CHECK_ROW(i, rows[i].name, got == (rows[i].kind ? ECHO_HEADER : 0));
		CHECK_ROW(i, rows[i].name,
			  !rows[i].kind || (!echo_decode(block, ECHO_HEADER, &header) &&
					    header.kind == rows[i].kind));
		close(fd);
		await_told(1);
		CHECK_ROW(i, rows[i].name, told[0].err == rows[i].err);
	}
}

static ssize_t answer_to(int fd, const void *data, size_t len, uint8_t *out, size_t room)
{
	assert_int_equal(send(fd, data, len, 0), len);
	if (socket_wait(fd, POLLIN, clock_raw_ns() + 100 * MILLISECOND_NS, NULL))
		return 0;
	return recv(fd, out, room, 0);
}

/* Who has not shown a cookie gets at most what came, whatever sizes it names. */
static void udp_strangers_get_no_more_than_they_sent(void **state)
{
	struct echo_header hello = { .kind = ECHO_HELLO, .request = 1, .response = 65000 };
	uint8_t block[ECHO_HEADER], out[2000];
	int fd = connected(SOCK_DGRAM);

	(void)state;
	assert_int_equal(answer_to(fd, "x", 1, out, sizeof(out)), 0);
	echo_encode(&hello, block);
	assert_int_equal(answer_to(fd, block, ECHO_HEADER - 1, out, sizeof(out)), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(answer_to(fd, block, ECHO_HEADER, out, sizeof(out)), ECHO_HEADER);
		assert_int_equal(echo_decode(out, ECHO_HEADER, &hello), 0);
		assert_int_equal(hello.kind, ECHO_CHALLENGE);
		/* a guess instead of the cookie */
		hello.kind = ECHO_HELLO;
		hello.cookie += 2;
		echo_encode(&hello, block);
	}
	hello.kind = ECHO_BYE;
	echo_encode(&hello, block);
	assert_int_equal(answer_to(fd, block, ECHO_HEADER, out, sizeof(out)), 0);
	assert_int_equal(echo_serve_active(server), 0);
	close(fd);
}

/* All places taken: the next is refused in words, and when one leaves there is room again. */
static void full_house(void **state)
{
	static int guests[ECHO_CLIENTS];
	struct trial trial;

	(void)state;
	for (unsigned i = 0; i < ECHO_CLIENTS; i++)
		guests[i] = connected(SOCK_STREAM);
	for (unsigned i = 0; i < 200 && echo_serve_active(server) < ECHO_CLIENTS; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(trial_run(&trial, &bench_net_rr, port, "seconds=0.1 connect_timeout=0.5"),
			 -EBUSY);
	trial_end(&trial);
	for (unsigned i = 0; i < ECHO_CLIENTS; i++)
		close(guests[i]);
	for (unsigned i = 0; i < 200 && echo_serve_active(server); i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(trial_run(&trial, &bench_net_rr, port, "seconds=0.1"), 0);
	trial_end(&trial);
}

static void port_taken(void **state)
{
	struct echo_serve_options options = { .at = at };
	struct echo_serve *second = NULL;

	(void)state;
	assert_int_equal(echo_serve_start(&options, &second), -EADDRINUSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_strangers),
		cmocka_unit_test(udp_strangers_get_no_more_than_they_sent),
		cmocka_unit_test(full_house),
		cmocka_unit_test(port_taken),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
