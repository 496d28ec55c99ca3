/* SPDX-License-Identifier: MIT */
/* net.rr and its partner over loopback: both ends' counts, partners that do wrong. */
#include "tests/unit/net_trial.h"
#include "tests/unit/echo_server.h"
#include "tests/unit/wrong_partner.h"

#include <errno.h>
#include <stdlib.h>

extern const struct bench bench_net_rr;

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

/* One outstanding: the rate is one over the mean latency, but for the thread's way to its start on
 * a busy machine. */
static void rate_and_latency_agree(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(trial_run(&trial, &bench_net_rr, port, "seconds=0.3"), 0);
	double product = value_of(&trial, "transactions") * value_of(&trial, "latency_mean") / 1e6;
	assert_true(product > 0.8 && product < 1.03);
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
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
