/* SPDX-License-Identifier: MIT */
/* What a partner serves, started and stopped together: ports that are taken, tests that are told. */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/net/wire/echo/session.h"
#include "bench/net/wire/services.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct served_test told[8];
static atomic_uint told_count;

static void remember(void *context, const struct served_test *test)
{
	(void)context;
	unsigned n = told_count;
	if (n < COUNT_OF(told))
		told[n] = *test;
	told_count = n + 1;
}

static int taken_fd;
static uint16_t taken;

/* A port that somebody holds, and behind it some that are likely free. */
static int take_port(void **state)
{
	struct address at;

	(void)state;
	for (taken = (uint16_t)(21000 + getpid() % 20000); taken < 60000; taken++) {
		assert_int_equal(address_resolve("127.0.0.1", taken, &at), 0);
		taken_fd = socket_listen(&at, SOCK_STREAM, 0);
		if (taken_fd >= 0)
			return 0;
	}
	return -1;
}

static int give_port(void **state)
{
	(void)state;
	return close(taken_fd);
}

static struct services_options on_loopback(uint16_t first, uint16_t second)
{
	struct services_options options = { .serve = { [SERVICE_IPERF2] = true },
					    .ports = { [SERVICE_IPERF2] = { first, second } },
					    .told = remember };

	assert_int_equal(address_resolve("127.0.0.1", 0, &options.at), 0);
	told_count = 0;
	return options;
}

static void taken_port_is_named(void **state)
{
	struct services_options options = on_loopback(taken, (uint16_t)(taken + 1));
	struct services *services = NULL;
	char why[200] = "", want[80], served[200];
	struct text text;

	(void)state;
	snprintf(want, sizeof(want), "iperf 2: port %u is in use", taken);
	assert_int_equal(services_start(&options, &services, why, sizeof(why)), -EADDRINUSE);
	assert_string_equal(why, want);

	options.leave_out_taken = true;
	assert_int_equal(services_start(&options, &services, why, sizeof(why)), 0);
	assert_string_equal(why, want);
	text_begin(&text, served, sizeof(served));
	services_describe(services, &text);
	snprintf(want, sizeof(want), "iperf 2 on port %u", taken + 1);
	assert_string_equal(served, want);
	services_stop(services);

	/* Left out, and nothing remains: that is a failure all the same. */
	options.ports[SERVICE_IPERF2][1] = 0;
	assert_int_equal(services_start(&options, &services, why, sizeof(why)), -EADDRINUSE);
}

/* Again and again on the same ports: a stop leaves nothing behind. */
static void starts_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct services_options options =
			on_loopback((uint16_t)(taken + 1), (uint16_t)(taken + 2));
		struct services *services = NULL;
		char why[200] = "";
		CHECK_ROW(i, why, services_start(&options, &services, why, sizeof(why)) == 0);
		CHECK_ROW(i, why, !why[0] && services_active(services) == 0);
		services_stop(services);
	}
}

static int connect_to(uint16_t port)
{
	struct address at;

	assert_int_equal(address_resolve("127.0.0.1", port, &at), 0);
	return socket_connect(&at, 0, clock_raw_ns() + SECOND_NS, NULL);
}

/* Tests on two ports at once: each is told with the other's presence, whatever server it was of. */
static void two_ports_tell_of_each_other(void **state)
{
	struct services_options options = on_loopback((uint16_t)(taken + 1), (uint16_t)(taken + 2));
	struct services *services = NULL;
	uint8_t data[100] = { 0 };
	int fd[2];

	(void)state;
	assert_int_equal(services_start(&options, &services, NULL, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		fd[i] = connect_to((uint16_t)(taken + 1 + i));
		assert_true(fd[i] >= 0);
		assert_int_equal(send(fd[i], data, sizeof(data), MSG_NOSIGNAL), sizeof(data));
	}
	for (unsigned i = 0; i < 200 && services_active(services) < 2; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(services_active(services), 2);
	for (unsigned i = 0; i < 2; i++) {
		close(fd[i]);
		for (unsigned n = 0;
		     n < 200 && (told_count <= i || services_active(services) > 1 - i); n++)
			clock_sleep_ns(10 * MILLISECOND_NS);
		assert_int_equal(told_count, i + 1);
		assert_int_equal(told[i].others, 1 - i);
		assert_int_equal(told[i].bytes, sizeof(data));
		assert_int_equal(told[i].err, 0);
	}
	services_stop(services);
}

/* A test that runs at the stop is cut off, told, and waited for. */
static void stop_tells_what_it_cut(void **state)
{
	struct services_options options = on_loopback((uint16_t)(taken + 1), 0);
	struct services *services = NULL;
	uint8_t data[100] = { 0 };

	(void)state;
	assert_int_equal(services_start(&options, &services, NULL, 0), 0);
	int fd = connect_to((uint16_t)(taken + 1));
	assert_int_equal(send(fd, data, sizeof(data), MSG_NOSIGNAL), sizeof(data));
	for (unsigned i = 0; i < 200 && !services_active(services); i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	services_stop(services);
	close(fd);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].err, -ECANCELED);
	assert_string_equal(told[0].words, "cut off: we were told to end");
}

/* A transaction of the echo service beside an iperf 2 test: told in the same form. */
static void echo_is_told(void **state)
{
	static const bool udp[] = { false, true };
	struct services_options options = on_loopback((uint16_t)(taken + 1), 0);
	struct services *services = NULL;
	struct address at = options.at;

	(void)state;
	options.serve[SERVICE_ECHO] = true;
	options.ports[SERVICE_ECHO][0] = (uint16_t)(taken + 2);
	address_set_port(&at, (uint16_t)(taken + 2));
	assert_int_equal(services_start(&options, &services, NULL, 0), 0);
	for (unsigned i = 0; i < COUNT_OF(udp); i++) {
		struct echo_session session = { .udp = udp[i], .request = 3, .response = 5 };
		uint8_t data[8] = "abc";
		uint64_t soon_ns = clock_raw_ns() + SECOND_NS, answered;

		assert_int_equal(echo_session_open(&session, &at, soon_ns, NULL), 0);
		assert_int_equal(send(session.fd, data, 3, MSG_NOSIGNAL), 3);
		assert_int_equal(socket_read_all(session.fd, data, 5, soon_ns, NULL), 0);
		assert_memory_equal(data, "abc", 3);
		assert_int_equal(echo_session_finish(&session, soon_ns, &answered), 0);
		assert_int_equal(answered, 1);
		echo_session_close(&session);
		for (unsigned n = 0; n < 200 && told_count <= i; n++)
			clock_sleep_ns(10 * MILLISECOND_NS);
		assert_int_equal(told_count, i + 1);
		CHECK_ROW(i, told[i].words, told[i].service == SERVICE_ECHO && !told[i].err);
		CHECK_ROW(i, "counts", told[i].transactions == 1 && told[i].bytes == 3);
		CHECK_ROW(i, "protocol", told[i].udp == udp[i]);
	}
	services_stop(services);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_port_is_named),
		cmocka_unit_test(starts_again),
		cmocka_unit_test(two_ports_tell_of_each_other),
		cmocka_unit_test(stop_tells_what_it_cut),
		cmocka_unit_test(echo_is_told),
	};

	return cmocka_run_group_tests(tests, take_port, give_port);
}
