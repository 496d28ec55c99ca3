/* SPDX-License-Identifier: MIT */
/* Meetings over loopback: machines are threads, the partner is what `assay peer` serves. */
#include "tests/unit/test.h"

#include "bench/net/simultaneous.h"
#include "bench/net/wire/meet/client.h"
#include "bench/net/wire/services.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct bench bench_net_simultaneous;

static struct services *services;
static struct address partner; /* its meeting service */
static uint16_t port;

/* ---- what the partner told ---- */

static struct {
	atomic_uint meetings, calls;
	struct meet_tally tally;
	char words[96];
	int err;
} told;

static void remember(void *context, const struct served_test *test)
{
	(void)context;
	if (test->service != SERVICE_MEET)
		return;
	snprintf(told.words, sizeof(told.words), "%s", test->words);
	told.err = test->err;
	if (test->meet->tally)
		told.tally = *test->meet->tally;
	atomic_fetch_add(test->meet->tally ? &told.meetings : &told.calls, 1);
}

static void await(atomic_uint *counter, unsigned count)
{
	for (unsigned i = 0; i < 300 && *counter < count; i++)
		clock_sleep_ns(10 * MILLISECOND_NS);
	assert_int_equal(*counter, count);
}

static int start_partner(void **state)
{
	struct services_options options = {
		.serve = { [SERVICE_IPERF2] = true, [SERVICE_MEET] = true },
		.calls = true,
		.told = remember
	};
	char why[200];

	(void)state;
	for (port = (uint16_t)(22000 + getpid() % 20000); port < 60000; port += 10) {
		assert_int_equal(address_resolve("127.0.0.1", 0, &options.at), 0);
		options.ports[SERVICE_IPERF2][0] = port;
		options.ports[SERVICE_MEET][0] = (uint16_t)(port + 1);
		if (services_start(&options, &services, why, sizeof(why)))
			continue;
		return address_resolve("127.0.0.1", (uint16_t)(port + 1), &partner);
	}
	return -1;
}

static int stop_partner(void **state)
{
	(void)state;
	services_stop(services);
	return 0;
}

static int forget_told(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	return 0;
}

/* ---- machines ---- */

struct machine {
	struct run run;
	union value values[24];
	pthread_t thread;
	uint64_t delay_ns;
	int err;
};

static void set(struct machine *machine, const char *words)
{
	char line[300], why[200] = "", *cursor = line;
	struct word word;

	snprintf(line, sizeof(line), "%s", words);
	while (text_next_word(&cursor, &word))
		CHECK_ROW(0, why,
			  !params_set(bench_net_simultaneous.params, machine->values, word.key,
				      word.value, why, sizeof(why)));
}

static void prepare(struct machine *machine, unsigned number, const char *words)
{
	char own[120];

	*machine = (struct machine){ .run = { .bench = &bench_net_simultaneous,
					      .value = machine->values,
					      .target = "127.0.0.1",
					      .now_ns = clock_raw_ns,
					      .sleep_ns = clock_sleep_ns,
					      .shared = run_shared_map(4096) } };
	assert_non_null(machine->run.shared);
	assert_int_equal(params_defaults(bench_net_simultaneous.params, machine->values, NULL, 0),
			 0);
	snprintf(own, sizeof(own), "port=%u meet_port=%u listen=%u name=m%u interval=0.1", port,
		 port + 1u, port + 2u + number, number);
	set(machine, own);
	set(machine, words);
}

static void *run_machine(void *argument)
{
	struct machine *machine = argument;

	clock_sleep_ns(machine->delay_ns);
	machine->err = bench_net_simultaneous.run(&machine->run);
	return NULL;
}

static void start(struct machine *machine)
{
	assert_int_equal(pthread_create(&machine->thread, NULL, run_machine, machine), 0);
}

static void join(struct machine *machine)
{
	pthread_join(machine->thread, NULL);
}

static void end(struct machine *machine)
{
	run_shared_unmap(machine->run.shared);
}

static double value_at(const struct machine *machine, const char *name, uint64_t place,
		       struct stats *stats)
{
	const struct metric *metrics = bench_net_simultaneous.metrics;
	uint64_t point[AXES] = { place };

	for (unsigned i = 0; metrics[i].name; i++)
		if (!strcmp(metrics[i].name, name))
			return run_value(&machine->run, i, point, stats);
	fail_msg("no metric %s", name);
	return NAN;
}

/* ---- well-behaved ---- */

static void check_alone(const struct machine *machine, size_t row, uint64_t place)
{
	struct stats stats;

	CHECK_ROW(row, "alone", value_at(machine, "alone", place, NULL) > 0);
	CHECK_ROW(row, "penalty", isfinite(value_at(machine, "penalty", place, NULL)));
	value_at(machine, "alone_share", place, &stats);
	CHECK_ROW(row, "alone_share", stats.n == 8);
}

static void check_shares(const struct machine *machine, size_t row, uint64_t machines)
{
	double sum = 0;
	struct stats stats;

	for (uint64_t place = 1; place <= machines; place++) {
		/* On a busy machine a way back may begin when the overlap is nearly over. */
		CHECK_ROW(row, "together", value_at(machine, "together", place, NULL) >= 0);
		CHECK_ROW(row, "bytes", value_at(machine, "bytes", place, NULL) > 0);
		sum += value_at(machine, "portion", place, NULL);
		value_at(machine, "share", place, &stats);
		CHECK_ROW(row, "share", stats.n == 12); /* (0.8 s + 2 x 0.2 s) / 0.1 s */
		if (machine->run.value[ALONE].on)
			check_alone(machine, row, place);
	}
	CHECK_ROW(row, "portion", fabs(sum - 100) < 1e-6);
	double fairness = value_at(machine, "fairness", 0, NULL);
	CHECK_ROW(row, "fairness",
		  fairness > 1.0 / (double)machines - 1e-9 && fairness <= 1 + 1e-9);
	CHECK_ROW(row, "aggregate", value_at(machine, "aggregate", 0, NULL) > 0);
}

/* order=3,1,2 */
static void check_order(const struct machine *machine, size_t row)
{
	double first = value_at(machine, "start", 3, NULL);
	double second = value_at(machine, "start", 1, NULL);

	CHECK_ROW(row, "order", first < second);
	CHECK_ROW(row, "order", second < value_at(machine, "start", 2, NULL));
}

static void three_meet(void **state)
{
	static const char *const ways[] = { "protocol=tcp direction=out",
					    "protocol=tcp direction=in alone=no",
					    "protocol=udp direction=out rate=8m",
					    "protocol=udp direction=in rate=8m alone=no" };
	struct machine machine[3];
	char words[200];

	(void)state;
	for (size_t way = 0; way < COUNT_OF(ways); way++) {
		for (unsigned i = 0; i < 3; i++) {
			/* Places are asked for by two, the third takes what is left; one comes
			 * late. */
			snprintf(words, sizeof(words),
				 "machines=3 seconds=0.8 stagger=0.2 order=3,1,2 place=%u %s",
				 i == 1 ? 0 : i + 1, ways[way]);
			prepare(&machine[i], i + 1, words);
			machine[i].delay_ns = i * 100 * MILLISECOND_NS;
			start(&machine[i]);
		}
		for (unsigned i = 0; i < 3; i++)
			join(&machine[i]);
		for (unsigned i = 0; i < 3; i++) {
			CHECK_ROW(way, machine[i].run.shared->failure, machine[i].err == 0);
			check_shares(&machine[i], way, 3);
			CHECK_ROW(way, "place",
				  value_at(&machine[i], "own_place", 0, NULL) == i + 1);
			/* All have the same account of it. */
			CHECK_ROW(way, "fairness",
				  value_at(&machine[i], "fairness", 0, NULL) ==
					  value_at(&machine[0], "fairness", 0, NULL));
			/* When a way back begins is the server's doing. */
			if (!strstr(ways[way], "direction=in"))
				check_order(&machine[i], way);
		}
		for (unsigned i = 0; i < 3; i++)
			end(&machine[i]);
	}
	await(&told.meetings, COUNT_OF(ways));
	assert_int_equal(told.err, 0);
	assert_int_equal(told.tally.machines, 3);
	assert_true(told.tally.fairness > 0.3 && told.tally.aggregate > 0);
}

static void one_alone(void **state)
{
	struct machine machine;

	(void)state;
	prepare(&machine, 1, "machines=1 seconds=0.2");
	run_machine(&machine);
	assert_int_equal(machine.err, 0);
	assert_true(value_at(&machine, "fairness", 0, NULL) == 1);
	/* 100 * rate / rate, as the machine rounds. */
	assert_true(fabs(value_at(&machine, "portion", 1, NULL) - 100) < 1e-6);
	end(&machine);
}

/* ---- those that do not come, or come wrongly ---- */

static void expect_failure(const char *words, int err, const char *said)
{
	struct machine machine;

	prepare(&machine, 1, words);
	run_machine(&machine);
	CHECK_ROW(machine.err, machine.run.shared->failure, machine.err == err);
	CHECK_ROW(0, machine.run.shared->failure, strstr(machine.run.shared->failure, said));
	end(&machine);
}

static void nobody_comes(void **state)
{
	(void)state;
	expect_failure("machines=2 meet_timeout=0.3", -ETIMEDOUT, "1 of 2 machines came");
	expect_failure("machines=2 meet_timeout=0.3 meet_port=1", -ECONNREFUSED,
		       "no meeting service (assay peer) answers at 127.0.0.1 port 1");
}

/* A stranger's end of the service, that says what it is told to. */
static struct meet_client *stranger(void)
{
	struct meet_client *client = NULL;

	assert_int_equal(meet_client_open(&client, &partner, clock_raw_ns() + SECOND_NS), 0);
	return client;
}

static void say_hello(struct meet_client *client, uint64_t place, const struct machine *like)
{
	struct meet_message *hello = calloc(1, sizeof(*hello));
	char why[200];

	assert_non_null(hello);
	hello->say = MEET_HELLO;
	hello->version = MEET_VERSION;
	hello->place = place;
	strcpy(hello->name, "stranger");
	assert_int_equal(simultaneous_terms(like->values, &hello->terms, why, sizeof(why)), 0);
	assert_int_equal(meet_client_say(client, hello), 0);
	free(hello);
}

static void hear(struct meet_client *client, enum meet_say say)
{
	for (int i = 0; i < 20; i++) {
		assert_int_equal(meet_client_hear(client, clock_raw_ns() + 5 * SECOND_NS), 0);
		if (client->message.say == say)
			return;
	}
	fail_msg("it did not say %s", meet_say_name(say));
}

static void say_ready(struct meet_client *client, uint64_t phase)
{
	struct meet_message *ready = calloc(1, sizeof(*ready));

	assert_non_null(ready);
	ready->say = MEET_READY;
	ready->phase = phase;
	assert_int_equal(meet_client_say(client, ready), 0);
	free(ready);
}

static void differing_and_taken(void **state)
{
	struct machine like;

	(void)state;
	prepare(&like, 2, "machines=2 seconds=0.2");
	struct meet_client *waiting = stranger();
	say_hello(waiting, 1, &like);
	hear(waiting, MEET_WAIT);
	expect_failure("machines=2 seconds=0.3 meet_timeout=0.3", -EBUSY,
		       "stranger waits here to meet with other parameters");
	expect_failure("machines=2 seconds=0.2 place=1 meet_timeout=0.3", -ECONNREFUSED,
		       "place 1 is taken");
	meet_client_close(waiting);
	end(&like);
}

static void busy_is_said(void **state)
{
	struct machine like;

	(void)state;
	prepare(&like, 2, "machines=1 seconds=60 alone=no");
	struct meet_client *first = stranger();
	say_hello(first, 0, &like);
	hear(first, MEET_PHASE);
	expect_failure("machines=1 seconds=0.2 meet_timeout=2", -EBUSY, "busy with stranger for 6");
	meet_client_close(first);
	await(&told.meetings, 1);
	assert_int_equal(told.err, -ECANCELED);
	assert_non_null(strstr(told.words, "machine 1 (stranger) left during phase 1 of 1"));
	end(&like);
}

/* A partner that will soon be free is asked again. */
static void busy_is_waited_for(void **state)
{
	struct machine first, second;

	(void)state;
	prepare(&first, 1, "machines=1 seconds=0.3 alone=no");
	prepare(&second, 2, "machines=1 seconds=0.2 alone=no meet_timeout=20");
	second.delay_ns = 300 * MILLISECOND_NS;
	start(&first);
	start(&second);
	join(&first);
	join(&second);
	CHECK_ROW(1, first.run.shared->failure, first.err == 0);
	CHECK_ROW(2, second.run.shared->failure, second.err == 0);
	end(&first);
	end(&second);
}

/* The other one goes in the midst of it: who stays has one named outcome, and what it measured. */
static void one_vanishes(void **state)
{
	struct machine machine;
	struct stats stats;

	(void)state;
	prepare(&machine, 1, "machines=2 seconds=5 place=1 alone=no");
	start(&machine);
	struct meet_client *other = stranger();
	say_hello(other, 2, &machine);
	hear(other, MEET_PHASE);
	assert_int_equal(meet_client_agree(other, clock_raw_ns() + SECOND_NS), 0);
	assert_true(other->uncertainty_ns > 0 && other->uncertainty_ns < SECOND_NS);
	say_ready(other, 1);
	hear(other, MEET_START);
	uint64_t begin_ns = meet_client_our_ns(other, other->message.begin_ns);
	clock_sleep_ns(begin_ns - clock_raw_ns() + 500 * MILLISECOND_NS);
	uint64_t gone_ns = clock_raw_ns();
	meet_client_close(other);
	join(&machine);
	assert_true(clock_raw_ns() - gone_ns < 3 * SECOND_NS);
	assert_int_equal(machine.err, -ECONNABORTED);
	CHECK_ROW(0, machine.run.shared->failure,
		  strstr(machine.run.shared->failure, "machine 2 (stranger) left during phase 1"));
	value_at(&machine, "share", 1, &stats);
	assert_true(stats.n >= 3 && stats.n < 20 && stats.max > 0);
	assert_true(value_at(&machine, "bytes", 1, NULL) > 0);
	/* Nothing is made up of it. */
	assert_true(isnan(value_at(&machine, "together", 1, NULL)));
	assert_true(isnan(value_at(&machine, "fairness", 0, NULL)));
	end(&machine);
}

static void one_cannot_load(void **state)
{
	struct machine machine[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		prepare(&machine[i], i + 1, "machines=2 seconds=0.3 connect_timeout=0.2");
		set(&machine[i], i ? "place=2 port=1" : "place=1");
		start(&machine[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		join(&machine[i]);
		assert_int_equal(machine[i].err, -ECONNABORTED);
		CHECK_ROW(i, machine[i].run.shared->failure,
			  strstr(machine[i].run.shared->failure,
				 "machine 2 (m2): connecting to port 1: Connection refused"));
		/* Its first phase, alone, was over by then. */
		assert_true(value_at(&machine[i], "alone", 1, NULL) > 0);
		end(&machine[i]);
	}
}

/* ---- hostile ---- */

static void frames_that_lie(void **state)
{
	static const struct {
		uint8_t bytes[24];
		size_t len;
	} rows[] = {
		{ { 0xff, 0xff, 0xff, 0xff }, 4 },
		{ { 0, 0, 0, 0 }, 4 },
		{ { 0x7f, 0xff, 0xff, 0xff, '{' }, 5 },
		{ { 0, 0, 0, 2, '{', '}' }, 6 },
		{ { 0, 0, 0, 3, '{', '}', '{' }, 7 },
		{ { 'G', 'E', 'T', ' ', '/', '\r', '\n' }, 7 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct meet_client *client = stranger();
		assert_int_equal(send(client->connection.fd, rows[i].bytes, rows[i].len,
				      MSG_NOSIGNAL),
				 rows[i].len);
		/* Closed, and without a word. */
		CHECK_ROW(i, "frame",
			  meet_client_hear(client, clock_raw_ns() + 2 * SECOND_NS) == -ENODATA);
		meet_client_close(client);
	}
}

/* What only a member may say, and what a member may not say now. */
static void words_out_of_turn(void **state)
{
	static const enum meet_say says[] = { MEET_READY, MEET_SHARE, MEET_PING, MEET_START,
					      MEET_END,	  MEET_PHASE, MEET_PONG };
	struct machine like;

	(void)state;
	prepare(&like, 2, "machines=2 seconds=0.2");
	for (size_t i = 0; i < 2 * COUNT_OF(says); i++) {
		struct meet_client *client = stranger();
		struct meet_message *message = calloc(1, sizeof(*message));
		assert_non_null(message);
		bool joined = i >= COUNT_OF(says);
		message->say = says[i % COUNT_OF(says)];
		if (joined)
			say_hello(client, 0, &like);
		if (joined)
			hear(client, MEET_WAIT);
		if (joined && message->say == MEET_PING) {
			assert_int_equal(meet_client_agree(client, clock_raw_ns() + SECOND_NS), 0);
		} else {
			assert_int_equal(meet_client_say(client, message), 0);
			int err = 0;
			while (!err)
				err = meet_client_hear(client, clock_raw_ns() + 2 * SECOND_NS);
			CHECK_ROW(i, meet_say_name(message->say), err == -ENODATA);
		}
		meet_client_close(client);
		free(message);
	}
	end(&like);
}

/* As many as there is room for, silent; then one that means it. */
static void a_crowd_of_silent_ones(void **state)
{
	struct meet_client *crowd[40];
	struct machine machine;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(crowd); i++)
		crowd[i] = stranger();
	/* They are closed after some seconds; the machine's patience is longer. */
	for (size_t i = 0; i < COUNT_OF(crowd); i++) {
		while (meet_client_hear(crowd[i], clock_raw_ns() + 8 * SECOND_NS) != -ENODATA)
			;
		meet_client_close(crowd[i]);
	}
	prepare(&machine, 1, "machines=1 seconds=0.2 alone=no");
	run_machine(&machine);
	CHECK_ROW(0, machine.run.shared->failure, machine.err == 0);
	end(&machine);
}

/* ---- calls ---- */

static void ask(struct meet_client *client, const char *bench, const char *words)
{
	struct meet_message *call = calloc(1, sizeof(*call));

	assert_non_null(call);
	call->say = MEET_CALL;
	call->version = MEET_VERSION;
	strcpy(call->bench, bench);
	strcpy(call->words, words);
	assert_int_equal(meet_client_say(client, call), 0);
	free(call);
}

static void calls_are_answered(void **state)
{
	char words[80];
	bool found = false;

	(void)state;
	/* The partner's client, towards the partner's own server: both are on this host. */
	snprintf(words, sizeof(words), "seconds=0.2 port=%u", port);
	struct meet_client *client = stranger();
	ask(client, "net.tcp", words);
	hear(client, MEET_CALLING);
	assert_true(client->message.seconds >= 1);
	hear(client, MEET_CALLED);
	assert_int_equal(client->message.err, 0);
	for (uint32_t i = 0; i < client->message.figure_count; i++)
		found |= !strcmp(client->message.figure[i].name, "outgoing") &&
			 client->message.value[client->message.figure[i].first] > 0;
	assert_true(found);
	meet_client_close(client);
	await(&told.calls, 1);
}

static void calls_that_are_refused(void **state)
{
	static const struct {
		const char *bench, *words, *said;
	} rows[] = {
		{ "self.crash", "", "self.crash cannot be called for" },
		{ "file.bonnie", "", "cannot be called for" },
		{ "", "", "cannot be called for" },
		{ "net.tcp", "role=server", "role is not for the caller to say" },
		{ "net.tcp", "target=10.0.0.1", "target" },
		{ "net.tcp", "seconds=86400", "at most 300 s" },
		{ "net.tcp", "seconds=nan", "seconds" },
		{ "net.tcp", "seconds", "seconds" },
		{ "net.tcp", "streams=100", "at most 16 streams" },
		{ "net.tcp", "colour=red", "colour" },
		{ "net.udp", "rate=100g", "rate" },
		{ "net.tcp", "connect_timeout=60", "connects within" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct meet_client *client = stranger();
		ask(client, rows[i].bench, rows[i].words);
		hear(client, MEET_REFUSED);
		CHECK_ROW(i, client->message.text, strstr(client->message.text, rows[i].said));
		CHECK_ROW(i, rows[i].bench, !client->message.busy);
		meet_client_close(client);
	}
	assert_int_equal(told.calls, 0);
}

/* One that fails says why, in the words it would have said here. */
static void calls_that_fail(void **state)
{
	(void)state;
	struct meet_client *client = stranger();
	ask(client, "net.tcp", "seconds=0.2 port=1 connect_timeout=0.2");
	hear(client, MEET_CALLED);
	assert_int_equal(client->message.err, ECONNREFUSED);
	assert_non_null(strstr(client->message.text, "connecting to 127.0.0.1 port 1"));
	meet_client_close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(three_meet, forget_told),
		cmocka_unit_test(one_alone),
		cmocka_unit_test(nobody_comes),
		cmocka_unit_test(differing_and_taken),
		cmocka_unit_test_setup(busy_is_said, forget_told),
		cmocka_unit_test(busy_is_waited_for),
		cmocka_unit_test(one_vanishes),
		cmocka_unit_test(one_cannot_load),
		cmocka_unit_test(frames_that_lie),
		cmocka_unit_test(words_out_of_turn),
		cmocka_unit_test(a_crowd_of_silent_ones),
		cmocka_unit_test_setup(calls_are_answered, forget_told),
		cmocka_unit_test_setup(calls_that_are_refused, forget_told),
		cmocka_unit_test(calls_that_fail),
	};

	return cmocka_run_group_tests(tests, start_partner, stop_partner);
}
