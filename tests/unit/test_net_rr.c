/* SPDX-License-Identifier: MIT */
/* net.rr and its partner over loopback: both ends' counts, partners that do wrong, strangers. */
#include "tests/unit/net_trial.h"

#include "bench/net/wire/echo/serve.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

extern const struct bench bench_net_rr;

static struct echo_served told[8];
static atomic_uint told_count;

static void remember(void *context, const struct echo_served *served)
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

static int start_server(void **state)
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

static int stop_server(void **state)
{
	(void)state;
	echo_serve_stop(server);
	return 0;
}

/* UDP flows stay a second after their end. */
static void await_told(unsigned count)
{
	for (unsigned i = 0; i < 300 && told_count < count; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(told_count, count);
}

static void both_ends_count_the_same(void **state)
{
	static const char *const rows[] = {
		"seconds=0.1",
		"seconds=0.1 protocol=udp",
		"seconds=0.1 request=3000 response=100000 connections=3",
		"seconds=0.1 request=200k response=2",
		"seconds=0.1 request=1k response=9000 protocol=udp connections=2",
		"seconds=0.1 rate=2000 connections=2",
		"seconds=0.1 rate=500 request=70k response=70k",
		"seconds=0.1 rate=2000 protocol=udp request=4 response=1400",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct trial trial;
		uint64_t answered = 0;

		told_count = 0;
		int err = trial_run(&trial, &bench_net_rr, port, rows[i]);
		CHECK_ROW(i, trial.run.shared->failure, !err);
		unsigned sessions = (unsigned)trial.values[2].num;
		await_told(sessions);
		for (unsigned n = 0; n < sessions; n++) {
			CHECK_ROW(i, rows[i], told[n].err == 0);
			answered += told[n].transactions;
		}
		double completed = value_of(&trial, "completed");
		CHECK_ROW(i, rows[i], completed > 10 && (double)answered == completed);
		CHECK_ROW(i, rows[i], value_of(&trial, "partner_transactions") == completed);
		CHECK_ROW(i, rows[i], value_of(&trial, "lost") == 0);
		CHECK_ROW(i, rows[i], value_of(&trial, "latency_p50") > 0);
		CHECK_ROW(i, rows[i],
			  value_of(&trial, "latency_p50") <= value_of(&trial, "latency_p99_9"));
		trial_end(&trial);
	}
}

/* One outstanding: the rate is one over the mean latency. */
static void rate_and_latency_agree(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(trial_run(&trial, &bench_net_rr, port, "seconds=0.3"), 0);
	double product = value_of(&trial, "transactions") * value_of(&trial, "latency_mean") / 1e6;
	assert_true(product > 0.97 && product < 1.03);
	trial_end(&trial);
}

static void text_is_hdr_histograms(void **state)
{
	char buffer[16384];
	struct trial trial;
	struct text text;

	(void)state;
	assert_int_equal(trial_run(&trial, &bench_net_rr, port, "seconds=0.1"), 0);
	text_begin(&text, buffer, sizeof(buffer));
	assert_int_equal(bench_net_rr.stock[0].write(&trial.run, &text), 0);
	char *last = strstr(buffer, " 1.000000000000 ");
	assert_non_null(last);
	assert_true(strtod(last + 16, NULL) == value_of(&trial, "completed"));
	assert_non_null(strstr(buffer, "#[Mean "));
	trial_end(&trial);
}

/* ---- partners that do wrong: one connection or flow, answered by a thread of the test ---- */

enum misdeed {
	REFUSE_BUSY,
	GARBAGE_GREETING,
	CLOSE_AT_ONCE,
	SAY_NOTHING,
	CLOSE_MIDWAY,
	STOP_MIDWAY,
	WRONG_TAG,
	ANSWER_TWICE,
	STALL_ONCE,
	DROP_SOME,
	FOREIGN_DATAGRAMS,
};

struct partner {
	enum misdeed misdeed;
	bool udp;
	int listener;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
};

static void say(int fd, struct echo_header *header, enum echo_kind kind)
{
	uint8_t out[ECHO_HEADER];

	header->kind = kind;
	header->refusal = kind == ECHO_REFUSED ? ECHO_BUSY : ECHO_NOT_REFUSED;
	echo_encode(header, out);
	send(fd, out, sizeof(out), MSG_NOSIGNAL);
}

/* What becomes of response number n (from 0); how many of it to send. */
static unsigned misbehave(const struct partner *partner, unsigned n, uint8_t *data)
{
	switch (partner->misdeed) {
	case STOP_MIDWAY:
		return n < 20;
	case WRONG_TAG:
		data[0] ^= n == 20;
		return 1;
	case ANSWER_TWICE:
		return n == 20 ? 2 : 1;
	case STALL_ONCE:
		if (n == 100)
			clock_sleep_ns(200 * MILLISECOND_NS);
		return 1;
	case DROP_SOME:
		return n % 10 != 5;
	default:
		return 1;
	}
}

/* Requests and responses of four bytes each. */
static void answer_all(struct partner *partner, int fd)
{
	uint8_t data[64];
	struct echo_header header;

	for (unsigned n = 0; !atomic_load(&partner->stop); n++) {
		if (partner->misdeed == CLOSE_MIDWAY && n == 20)
			return;
		if (socket_wait(fd, POLLIN, clock_raw_ns() + 10 * SECOND_NS, &partner->stop))
			return;
		ssize_t got = recv(fd, data, partner->udp ? sizeof(data) : 4,
				   partner->udp ? 0 : MSG_WAITALL);
		if (got <= 0)
			return;
		if (got == ECHO_HEADER && !echo_decode(data, ECHO_HEADER, &header)) {
			say(fd, &header, ECHO_DONE);
			return;
		}
		unsigned times = misbehave(partner, n, data);
		for (unsigned i = 0; i < times; i++)
			send(fd, data, 4, MSG_NOSIGNAL);
		if (partner->misdeed == FOREIGN_DATAGRAMS && n == 20)
			send(fd, data, 9, MSG_NOSIGNAL);
	}
}

static int meet_client(struct partner *partner)
{
	uint8_t in[ECHO_HEADER];
	struct address from = { .len = sizeof(from.room) };

	if (!partner->udp)
		return socket_accept(partner->listener, NULL, clock_raw_ns() + 5 * SECOND_NS,
				     &partner->stop, &from, NULL);
	if (socket_wait(partner->listener, POLLIN, clock_raw_ns() + 5 * SECOND_NS, &partner->stop))
		return -1;
	recvfrom(partner->listener, in, sizeof(in), MSG_PEEK, &from.any, &from.len);
	return connect(partner->listener, &from.any, from.len) ? -1 : dup(partner->listener);
}

static void greet(struct partner *partner, int fd)
{
	uint8_t in[ECHO_HEADER] = { 0 };
	struct echo_header hello;

	if (recv(fd, in, sizeof(in), partner->udp ? 0 : MSG_WAITALL) != sizeof(in) ||
	    echo_decode(in, sizeof(in), &hello))
		return;
	switch (partner->misdeed) {
	case REFUSE_BUSY:
		say(fd, &hello, ECHO_REFUSED);
		return;
	case GARBAGE_GREETING:
		memset(in, 'x', sizeof(in));
		send(fd, in, sizeof(in), MSG_NOSIGNAL);
		/* fall through */
	case SAY_NOTHING:
		while (!atomic_load(&partner->stop))
			clock_sleep_ns(10 * MILLISECOND_NS);
		return;
	case CLOSE_AT_ONCE:
		return;
	default:
		say(fd, &hello, ECHO_READY);
		answer_all(partner, fd);
	}
}

static void *be_partner(void *argument)
{
	struct partner *partner = argument;
	int fd = meet_client(partner);

	if (fd < 0)
		return NULL;
	greet(partner, fd);
	/* A silent one is there and says nothing; the others are gone. */
	while (partner->misdeed == STOP_MIDWAY && !atomic_load(&partner->stop))
		clock_sleep_ns(10 * MILLISECOND_NS);
	close(fd);
	return NULL;
}

static void start_partner(struct partner *partner)
{
	struct address here = at;

	do {
		partner->port = (uint16_t)(partner->port ? partner->port + 1 : port + 2);
		address_set_port(&here, partner->port);
		partner->listener =
			socket_listen(&here, partner->udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	} while (partner->listener < 0 && partner->port < 65000);
	assert_true(partner->listener >= 0);
	assert_int_equal(pthread_create(&partner->thread, NULL, be_partner, partner), 0);
}

static void end_partner(struct partner *partner)
{
	atomic_store(&partner->stop, true);
	pthread_join(partner->thread, NULL);
	close(partner->listener);
}

static void wrong_partners(void **state)
{
	static const struct {
		enum misdeed misdeed;
		bool udp;
		const char *words;
		int err;
		double completed; /* -1: nothing was measured */
		const char *metric;
		double value;
	} rows[] = {
		{ REFUSE_BUSY, false, "", -EBUSY, -1, NULL, 0 },
		{ GARBAGE_GREETING, false, "", -EBADMSG, -1, NULL, 0 },
		{ CLOSE_AT_ONCE, false, "", -ENODATA, -1, NULL, 0 },
		{ SAY_NOTHING, false, "", -ETIMEDOUT, -1, NULL, 0 },
		{ CLOSE_MIDWAY, false, "", -ECONNRESET, 20, "lost", 1 },
		{ STOP_MIDWAY, false, "", -ETIMEDOUT, 20, "lost", 1 },
		{ WRONG_TAG, false, "", -EBADMSG, 20, "lost", 1 },
		{ ANSWER_TWICE, false, "", -EBADMSG, 21, "lost", 1 },
		{ CLOSE_MIDWAY, false, "rate=100", -ECONNRESET, 20, NULL, 0 },
		{ STOP_MIDWAY, false, "rate=100", -ETIMEDOUT, 20, NULL, 0 },
		{ WRONG_TAG, false, "rate=100", -EBADMSG, 20, NULL, 0 },
		{ ANSWER_TWICE, false, "rate=100", -EBADMSG, 21, NULL, 0 },
		{ REFUSE_BUSY, true, "", -EBUSY, -1, NULL, 0 },
		{ GARBAGE_GREETING, true, "", -EBADMSG, -1, NULL, 0 },
		{ SAY_NOTHING, true, "", -ETIMEDOUT, -1, NULL, 0 },
		{ STOP_MIDWAY, true, "", -ETIMEDOUT, 20, NULL, 0 },
		{ ANSWER_TWICE, true, "seconds=0.1", 0, 0, "duplicates", 1 },
		{ FOREIGN_DATAGRAMS, true, "seconds=0.1", 0, 0, "garbage", 1 },
		{ ANSWER_TWICE, true, "rate=200 seconds=0.3", 0, 60, "duplicates", 1 },
		{ FOREIGN_DATAGRAMS, true, "rate=200 seconds=0.3", 0, 60, "garbage", 1 },
		{ DROP_SOME, true, "rate=200 seconds=0.3 reply_timeout=0.1", 0, 54, "lost", 6 },
		{ DROP_SOME, true, "seconds=0.1 reply_timeout=0.02", 0, 0, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct partner partner = { .misdeed = rows[i].misdeed, .udp = rows[i].udp };
		struct trial trial;
		char words[200];

		snprintf(words, sizeof(words),
			 "request=4 response=4 stall_timeout=0.3 connect_timeout=0.2 seconds=3 "
			 "protocol=%s %s",
			 rows[i].udp ? "udp" : "tcp", rows[i].words);
		start_partner(&partner);
		int err = trial_run(&trial, &bench_net_rr, partner.port, words);
		end_partner(&partner);
		if (err != rows[i].err)
			print_message("row %zu: %d, %s\n", i, err, trial.run.shared->failure);
		CHECK_ROW(i, rows[i].words, err == rows[i].err);
		CHECK_ROW(i, rows[i].words, !err || trial.run.shared->failure[0]);
		if (rows[i].completed > 0)
			CHECK_ROW(i, rows[i].words,
				  value_of(&trial, "completed") == rows[i].completed);
		CHECK_ROW(i, rows[i].words,
			  (rows[i].completed < 0) == isnan(value_of(&trial, "completed")));
		if (rows[i].metric)
			CHECK_ROW(i, rows[i].metric,
				  value_of(&trial, rows[i].metric) == rows[i].value);
		trial_end(&trial);
	}
}

/* How many of the histogram's entries lie above so many microseconds. */
static double count_above(const struct trial *trial, double us)
{
	unsigned edge = metric_index(trial, "bucket"), number = metric_index(trial, "bucket_count");
	const struct run_shared *shared = trial->run.shared;
	double count = 0;

	for (uint32_t i = 0; i + 1 < shared->count; i++)
		if (shared->samples[i].metric == edge && shared->samples[i].value > us &&
		    shared->samples[i + 1].metric == number)
			count += shared->samples[i + 1].value;
	return count;
}

/* 200 ms of silence at 1000/s: 200 requests were due in it. A closed loop sees one of them. */
static void a_stall_counts_for_all_who_waited(void **state)
{
	struct partner open = { .misdeed = STALL_ONCE }, closed = { .misdeed = STALL_ONCE };
	struct trial trial;

	(void)state;
	start_partner(&open);
	assert_int_equal(trial_run(&trial, &bench_net_rr, open.port,
				   "request=4 response=4 rate=1000 seconds=1"),
			 0);
	end_partner(&open);
	assert_true(value_of(&trial, "completed") == 1000);
	/* those due in its first 150 ms waited 50 ms or more */
	assert_in_range(count_above(&trial, 50000), 140, 260);
	assert_true(value_of(&trial, "latency_p90") > 80000);
	assert_true(value_of(&trial, "latency_max") >= 199000);
	trial_end(&trial);

	start_partner(&closed);
	assert_int_equal(
		trial_run(&trial, &bench_net_rr, closed.port, "request=4 response=4 seconds=1"), 0);
	end_partner(&closed);
	assert_in_range(count_above(&trial, 199000), 1, 2);
	assert_true(value_of(&trial, "latency_p90") < 80000);
	trial_end(&trial);
}

/* 100000 bytes 20000 times a second are 16 Gbit/s: more than a path of this test gives, and said. */
static void a_rate_that_was_not_kept_is_said(void **state)
{
	struct trial trial;
	bool warned = false;

	(void)state;
	trial_run(&trial, &bench_net_rr, port,
		  "rate=20000 request=1m response=1m seconds=0.3 reply_timeout=0.1");
	for (uint32_t i = 0; i < trial.run.shared->note_count; i++)
		warned |= !strncmp(trial.run.shared->notes[i].text, "the rate was not kept", 21);
	assert_true(warned);
	assert_true(value_of(&trial, "achieved") < 98);
	trial_end(&trial);
}

static void nobody_there(void **state)
{
	static const char *const rows[] = { "connect_timeout=0.2",
					    "protocol=udp connect_timeout=0.2" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct trial trial;

		CHECK_ROW(i, rows[i],
			  trial_run(&trial, &bench_net_rr, 1, rows[i]) == -ECONNREFUSED);
		CHECK_ROW(i, rows[i], strstr(trial.run.shared->failure, "127.0.0.1 port 1 "));
		trial_end(&trial);
	}
}

static void together_refused(void **state)
{
	static const struct hostile {
		unsigned param;
		double number;
		bool udp;
	} rows[] = { { 3, 65001, true }, { 4, 1 << 20, true }, { 5, 100, true }, { 5, 0.1, false } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		union value values[24];
		char why[200] = "";

		assert_int_equal(params_defaults(bench_net_rr.params, values, why, sizeof(why)), 0);
		values[0].num = rows[i].udp;
		if (rows[i].param == 5)
			values[5].real = rows[i].number;
		else
			values[rows[i].param].num = (uint64_t)rows[i].number;
		CHECK_ROW(i, why, bench_net_rr.check(values, why, sizeof(why)) == -EINVAL);
		CHECK_ROW(i, why, why[0]);
	}
}

/* ---- strangers at our server ---- */

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
		cmocka_unit_test(both_ends_count_the_same),
		cmocka_unit_test(rate_and_latency_agree),
		cmocka_unit_test(text_is_hdr_histograms),
		cmocka_unit_test(wrong_partners),
		cmocka_unit_test(a_stall_counts_for_all_who_waited),
		cmocka_unit_test(a_rate_that_was_not_kept_is_said),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(together_refused),
		cmocka_unit_test(tcp_strangers),
		cmocka_unit_test(udp_strangers_get_no_more_than_they_sent),
		cmocka_unit_test(full_house),
		cmocka_unit_test(port_taken),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
