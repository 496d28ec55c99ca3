/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong with the other end of an iperf 3 test, state by state: it vanishes, falls silent,
 * resets, or says what it should not. Our end ends in time, in one named outcome, keeps what was
 * measured, and a server is ready for the next test.
 */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/net/wire/iperf3/client.h"
#include "bench/net/wire/iperf3/serve.h"
#include "bench/net/wire/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Short, so that all states can be tried; the usual ones differ in length only. */
static const struct iperf3_limits limits = {
	.silent_ns = 300 * MILLISECOND_NS,
	.answer_ns = 300 * MILLISECOND_NS,
	.streams_ns = 400 * MILLISECOND_NS,
	.grace_ns = 400 * MILLISECOND_NS,
	.idle_ns = 400 * MILLISECOND_NS,
};
enum { LATEST_MS = 2500 };

static struct iperf3_serve *server;
static struct address at;
static atomic_uint told_count;
static atomic_int told_err;
static atomic_uint told_bytes;

static void remember(void *context, const struct iperf3_served *served)
{
	(void)context;
	told_err = served->err;
	told_bytes = (unsigned)served->in.received_bytes;
	told_count++;
}

static int listen_somewhere(struct address *out)
{
	assert_int_equal(address_resolve("127.0.0.1", 0, out), 0);
	int fd = socket_listen(out, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(address_of(fd, out, NULL), 0);
	return fd;
}

static int start_server(void **state)
{
	struct iperf3_serve_options options = { .tests_most = 1,
						.limits = &limits,
						.done = remember };

	(void)state;
	for (int tries = 0; tries < 50; tries++) {
		close(listen_somewhere(&at));
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

/* ---- a client that is not ours, against our server ---- */

static uint64_t soon(void)
{
	return clock_raw_ns() + 2 * SECOND_NS;
}

static char cookie[] = "abcdefghijklmnopqrstuvwxyz234567abcd";

/* Each test has its own. */
static void next_cookie(void)
{
	static unsigned number;

	snprintf(cookie, sizeof(cookie), "abcdefghijklmnopqrstuvwxyz23456%05u", ++number);
}

static int connect_with(const char *words, size_t len)
{
	int fd = socket_connect(&at, 0, soon(), NULL);

	assert_true(fd >= 0);
	assert_int_equal(send(fd, words, len, MSG_NOSIGNAL), (ssize_t)len);
	return fd;
}

static void expect_state(int fd, int8_t want, size_t row, const char *name)
{
	int8_t state = 0;

	int err = socket_read_all(fd, &state, 1, soon(), NULL);
	CHECK_ROW(row, name, err == 0 && state == want);
}

static void send_message(int fd, const char *json)
{
	uint8_t head[4];

	put32(head, (uint32_t)strlen(json));
	(void)!send(fd, head, 4, MSG_NOSIGNAL);
	(void)!send(fd, json, strlen(json), MSG_NOSIGNAL);
}

static void send_state(int fd, int8_t state)
{
	(void)!send(fd, &state, 1, MSG_NOSIGNAL);
}

static void skip_message(int fd)
{
	uint8_t head[4], body[4096];

	if (!socket_read_all(fd, head, 4, soon(), NULL) && get32(head) <= sizeof(body))
		socket_read_all(fd, body, get32(head), soon(), NULL);
}

/* How far a client goes before it does what the row says. */
enum how_far { COOKIE_HALF, COOKIE, PARAMS, ONE_STREAM, RUNNING, ENDED, RESULTS };
enum then { LEAVE, RESET, STALL, GARBAGE, TERMINATE };

struct client {
	int control, data;
};

static void reach(struct client *client, enum how_far how_far, size_t row, const char *name)
{
	const char *params = "{\"tcp\":true,\"omit\":0,\"time\":1,\"parallel\":1,\"len\":1000}";
	char block[1000] = "";

	*client = (struct client){ -1, -1 };
	next_cookie();
	client->control = connect_with(cookie, how_far == COOKIE_HALF ? 20 : IPERF3_COOKIE);
	if (how_far <= COOKIE_HALF)
		return;
	expect_state(client->control, STATE_PARAM_EXCHANGE, row, name);
	if (how_far <= COOKIE)
		return;
	send_message(client->control, params);
	expect_state(client->control, STATE_CREATE_STREAMS, row, name);
	if (how_far <= PARAMS)
		return;
	client->data = connect_with(cookie, IPERF3_COOKIE);
	if (how_far <= ONE_STREAM)
		return;
	expect_state(client->control, STATE_TEST_START, row, name);
	expect_state(client->control, STATE_TEST_RUNNING, row, name);
	assert_int_equal(send(client->data, block, sizeof(block), MSG_NOSIGNAL), sizeof(block));
	clock_sleep_ns(20 * MILLISECOND_NS);
	if (how_far <= RUNNING)
		return;
	send_state(client->control, STATE_TEST_END);
	expect_state(client->control, STATE_EXCHANGE_RESULTS, row, name);
	if (how_far <= ENDED)
		return;
	send_message(
		client->control,
		"{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,"
		"\"sender_has_retransmits\":0,\"streams\":[{\"id\":1,\"bytes\":1000,"
		"\"retransmits\":18446744073709551615,\"jitter\":0,\"errors\":0,\"packets\":0}]}");
	skip_message(client->control);
	expect_state(client->control, STATE_DISPLAY_RESULTS, row, name);
}

static void act(struct client *client, enum then then)
{
	static const char garbage[] =
		"\x7f\x7f\x7f\x7fGET / HTTP/1.1\r\nnonsense nonsense nonsense";
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (then == RESET)
		setsockopt(client->control, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (then == GARBAGE)
		(void)!send(client->control, garbage, sizeof(garbage), MSG_NOSIGNAL);
	if (then == TERMINATE)
		send_state(client->control, STATE_CLIENT_TERMINATE);
	if (then == STALL || then == GARBAGE)
		return;
	close(client->control);
	client->control = -1;
	if (client->data >= 0)
		close(client->data);
	client->data = -1;
}

/* err 1: not told of, it was no test; 2: any error will do (which one is the network's choice). */
static const struct {
	const char *name;
	enum how_far how_far;
	enum then then;
	int err;
} clients[] = {
	{ "half a cookie, leaves", COOKIE_HALF, LEAVE, 1 },
	{ "half a cookie, silent", COOKIE_HALF, STALL, 1 },
	{ "half a cookie, then garbage", COOKIE_HALF, GARBAGE, 1 },
	{ "no parameters, leaves", COOKIE, LEAVE, -ENODATA },
	{ "no parameters, resets", COOKIE, RESET, 2 },
	{ "no parameters, silent", COOKIE, STALL, -ETIMEDOUT },
	{ "parameters of 2 GB", COOKIE, GARBAGE, -EMSGSIZE },
	{ "no streams, leaves", PARAMS, LEAVE, -ENODATA },
	{ "no streams, silent", PARAMS, STALL, -ETIMEDOUT },
	{ "no streams, garbage", PARAMS, GARBAGE, -EPROTO },
	{ "no streams, interrupted", PARAMS, TERMINATE, -ECONNABORTED },
	{ "streams open, leaves", ONE_STREAM, LEAVE, 2 },
	{ "running, leaves", RUNNING, LEAVE, 2 },
	{ "running, resets", RUNNING, RESET, 2 },
	{ "running, silent", RUNNING, STALL, -ETIMEDOUT },
	{ "running, garbage", RUNNING, GARBAGE, -EPROTO },
	{ "running, interrupted", RUNNING, TERMINATE, -ECONNABORTED },
	{ "no results, leaves", ENDED, LEAVE, -ENODATA },
	{ "no results, silent", ENDED, STALL, -ETIMEDOUT },
	{ "results of 2 GB", ENDED, GARBAGE, -EMSGSIZE },
	{ "all but the last word, leaves", RESULTS, LEAVE, 0 },
	{ "all but the last word, silent", RESULTS, STALL, 0 },
};

static void await_told(size_t row, const char *name, unsigned count)
{
	for (int ms = 0; ms < LATEST_MS && told_count < count; ms += 10)
		clock_sleep_ns(10 * MILLISECOND_NS);
	CHECK_ROW(row, name, told_count == count);
}

static void await_ready(size_t row, const char *name)
{
	struct iperf3_serve_state state = { .active = 1 };

	for (int ms = 0; ms < LATEST_MS && state.active; ms += 10) {
		clock_sleep_ns(10 * MILLISECOND_NS);
		iperf3_serve_state(server, &state);
	}
	CHECK_ROW(row, name, state.active == 0);
}

/* After each: one whole test of an honest client. */
static void serve_honest(size_t row, const char *name)
{
	static struct iperf3_session session;

	session = (struct iperf3_session){
		.params = { .parallel = 1, .length = 1000, .bytes = 5000 },
	};
	told_count = 0;
	int err = iperf3_client_run(&session, &at, soon());
	iperf3_session_close(&session);
	CHECK_ROW(row, name, err == 0);
	await_told(row, name, 1);
	CHECK_ROW(row, name, told_err == 0 && told_bytes == 5000);
	await_ready(row, name);
}

static void clients_that_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		const char *name = clients[i].name;
		struct client client;

		told_count = 0;
		told_bytes = 0;
		reach(&client, clients[i].how_far, i, name);
		act(&client, clients[i].then);
		if (clients[i].err != 1) {
			await_told(i, name, 1);
			CHECK_ROW(i, name,
				  clients[i].err == 2 ? told_err < 0 : told_err == clients[i].err);
			if (clients[i].how_far >= RUNNING)
				CHECK_ROW(i, name, told_bytes == 1000);
		}
		await_ready(i, name);
		if (client.control >= 0)
			close(client.control);
		if (client.data >= 0)
			close(client.data);
		serve_honest(i, name);
	}
}

/* ---- parameters that are refused are answered ---- */

static const struct {
	const char *name, *json;
	int err;
} refused[] = {
	{ "no JSON", "not json", -EBADMSG },
	{ "SCTP", "{\"sctp\":true}", -EOPNOTSUPP },
	{ "true as a number", "{\"tcp\":1}", -EBADMSG },
	{ "129 streams", "{\"tcp\":true,\"parallel\":129}", -EBADMSG },
	{ "no such algorithm", "{\"tcp\":true,\"congestion\":\"nonesuch\"}", -ENOENT },
};

static void refusals_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		uint8_t words[8];
		int data = -1;

		told_count = 0;
		next_cookie();
		int fd = connect_with(cookie, IPERF3_COOKIE);
		expect_state(fd, STATE_PARAM_EXCHANGE, i, refused[i].name);
		send_message(fd, refused[i].json);
		if (refused[i].err == -ENOENT) {
			expect_state(fd, STATE_CREATE_STREAMS, i, refused[i].name);
			data = connect_with(cookie, IPERF3_COOKIE);
		}
		expect_state(fd, STATE_SERVER_ERROR, i, refused[i].name);
		CHECK_ROW(i, refused[i].name,
			  !socket_read_all(fd, words, sizeof(words), soon(), NULL) &&
				  (int)get32(words + 4) == -refused[i].err);
		await_told(i, refused[i].name, 1);
		CHECK_ROW(i, refused[i].name, told_err == refused[i].err);
		close(fd);
		if (data >= 0)
			close(data);
		await_ready(i, refused[i].name);
	}
}

/* While a test runs: a second client hears "busy", a stranger's data connection too, and a flood of
 * silent connections does not keep the next client out. */
static void others_meanwhile(void **state)
{
	struct client client;
	int silent[100];

	(void)state;
	told_count = 0;
	reach(&client, RUNNING, 0, "first");
	char other[IPERF3_COOKIE];
	memcpy(other, cookie, sizeof(other));
	other[0] = 'z';
	int second = connect_with(other, IPERF3_COOKIE);
	expect_state(second, STATE_ACCESS_DENIED, 1, "second client");
	close(second);
	second = connect_with(cookie, IPERF3_COOKIE);
	expect_state(second, STATE_ACCESS_DENIED, 2, "one stream too many");
	close(second);
	act(&client, TERMINATE);
	await_told(3, "first", 1);
	await_ready(3, "first");
	second = connect_with(cookie, IPERF3_COOKIE);
	expect_state(second, STATE_ACCESS_DENIED, 3, "a stream of a test that is over");
	close(second);
	for (size_t i = 0; i < COUNT_OF(silent); i++)
		silent[i] = socket_connect(&at, 0, soon(), NULL);
	serve_honest(4, "in a flood");
	for (size_t i = 0; i < COUNT_OF(silent); i++)
		close(silent[i]);
}

/* ---- a server that is not ours, against our client ---- */

enum server_then { SAY_NOTHING, CLOSE, CLOSE_HARD, SAY_WRONG, SAY_BUSY, SAY_ERROR, SAY_TERMINATED };

static struct {
	int listener;
	enum how_far how_far;
	enum server_then then;
	atomic_bool *stop;
} fake;

static void fake_words(int fd)
{
	static const uint8_t error[] = { 0xfe, 0, 0, 0, 13, 0, 0, 0, 2 };
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	switch (fake.then) {
	case CLOSE_HARD:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		break;
	case SAY_WRONG:
		send_state(fd, 77);
		break;
	case SAY_BUSY:
		send_state(fd, STATE_ACCESS_DENIED);
		break;
	case SAY_ERROR:
		(void)!send(fd, error, sizeof(error), MSG_NOSIGNAL);
		break;
	case SAY_TERMINATED:
		send_state(fd, STATE_SERVER_TERMINATE);
		break;
	default:
		break;
	}
}

static void skip_bytes(int fd, size_t len)
{
	uint8_t bytes[64];

	socket_read_all(fd, bytes, len, soon(), NULL);
}

/* Goes through the states as far as the row says; returns the data connection or -1. */
static int fake_states(int fd)
{
	struct address from;
	int data;

	skip_bytes(fd, IPERF3_COOKIE);
	if (fake.how_far <= COOKIE)
		return -1;
	send_state(fd, STATE_PARAM_EXCHANGE);
	skip_message(fd);
	if (fake.how_far <= PARAMS)
		return -1;
	send_state(fd, STATE_CREATE_STREAMS);
	data = socket_accept(fake.listener, NULL, soon(), NULL, &from, NULL);
	if (fake.how_far <= ONE_STREAM)
		return data;
	send_state(fd, STATE_TEST_START);
	send_state(fd, STATE_TEST_RUNNING);
	skip_bytes(data, IPERF3_COOKIE + 1); /* data does move */
	if (fake.how_far <= RUNNING)
		return data;
	skip_bytes(fd, 1);
	send_state(fd, STATE_EXCHANGE_RESULTS);
	skip_message(fd);
	if (fake.how_far == RESULTS)
		send_message(fd, "{\"streams\":7}");
	return data;
}

static void *be_fake(void *ignored)
{
	struct address from;
	int fd = socket_accept(fake.listener, NULL, soon(), NULL, &from, NULL);
	int data = fd >= 0 ? fake_states(fd) : -1;

	if (fd >= 0)
		fake_words(fd);
	if (fake.then != CLOSE && fake.then != CLOSE_HARD)
		for (int i = 0; i < 300 && !atomic_load(fake.stop); i++)
			clock_sleep_ns(10 * MILLISECOND_NS);
	if (fd >= 0)
		close(fd);
	if (data >= 0)
		close(data);
	return ignored;
}

static const struct {
	const char *name;
	enum how_far how_far;
	enum server_then then;
	int err; /* 2: any */
	bool measured;
} servers[] = {
	{ "silent at the cookie", COOKIE, SAY_NOTHING, -ETIMEDOUT },
	{ "busy", COOKIE, SAY_BUSY, -EBUSY },
	{ "closes at the cookie", COOKIE, CLOSE, -ENODATA },
	{ "resets at the cookie", COOKIE, CLOSE_HARD, 2 },
	{ "an HTTP server", COOKIE, SAY_WRONG, -EPROTO },
	{ "refuses the parameters", PARAMS, SAY_ERROR, -EREMOTEIO },
	{ "silent after the parameters", PARAMS, SAY_NOTHING, -ETIMEDOUT },
	{ "busy too late", PARAMS, SAY_BUSY, -EPROTO },
	{ "silent after the streams", ONE_STREAM, SAY_NOTHING, -ETIMEDOUT },
	{ "closes after the streams", ONE_STREAM, CLOSE, 2 },
	{ "closes while running", RUNNING, CLOSE, 2, true },
	{ "resets while running", RUNNING, CLOSE_HARD, 2, true },
	{ "interrupted while running", RUNNING, SAY_TERMINATED, -ECONNABORTED, true },
	{ "stalls while running", RUNNING, SAY_NOTHING, -ETIMEDOUT, true },
	{ "nonsense while running", RUNNING, SAY_WRONG, -EPROTO, true },
	{ "no results", ENDED, SAY_NOTHING, -ETIMEDOUT, true },
	{ "closes instead of results", ENDED, CLOSE, 2, true },
	{ "results of a wrong type", RESULTS, SAY_NOTHING, -EBADMSG, true },
};

static void servers_that_fail(void **state)
{
	static struct iperf3_session session;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		const char *name = servers[i].name;
		struct address there;
		atomic_bool stop = false;
		pthread_t thread;

		fake.listener = listen_somewhere(&there);
		fake.how_far = servers[i].how_far;
		fake.then = servers[i].then;
		fake.stop = &stop;
		assert_int_equal(pthread_create(&thread, NULL, be_fake, NULL), 0);
		session = (struct iperf3_session){
			.params = { .parallel = 1, .length = 1000, .seconds = 0.3, .rate = 1000000 },
			.limits = &limits,
		};
		uint64_t start_ns = clock_raw_ns();
		int err = iperf3_client_run(&session, &there, soon());
		uint64_t took_ms = (clock_raw_ns() - start_ns) / MILLISECOND_NS;
		struct iperf3_way out = iperf3_session_way(&session, true);
		iperf3_session_close(&session);
		stop = true;
		pthread_join(thread, NULL);
		close(fake.listener);
		CHECK_ROW(i, name, servers[i].err == 2 ? err < 0 : err == servers[i].err);
		CHECK_ROW(i, name, took_ms < LATEST_MS);
		CHECK_ROW(i, name, (out.sent_bytes > 0) == servers[i].measured);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_that_fail),
		cmocka_unit_test(refusals_are_told),
		cmocka_unit_test(others_meanwhile),
		cmocka_unit_test(servers_that_fail),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
