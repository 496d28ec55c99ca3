/* SPDX-License-Identifier: MIT */
/* The wall clock is set an hour forward, then back, while steps run: labels follow it, durations do
 * not [M15]. The kernel's own clock stays as it is: this program answers for it. */
#include "tests/unit/memory_sink.h"
#include "tests/unit/net_trial.h"
#include "tests/unit/test.h"

#include "init/init.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern const struct bench bench_net_ping;

enum { HOUR_S = 3600, TURN_NS = 20000000 };
static uint64_t begun_ns; /* 0: nobody sets the clock */

static uint64_t counted_ns(clockid_t clock)
{
	struct timespec now;

	syscall(SYS_clock_gettime, clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* In place of the C library's, for all of this program: every 20 ms the wall clock is an hour
 * off, in turn ahead and behind. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int err = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME && begun_ns) {
		uint64_t turn = (counted_ns(CLOCK_MONOTONIC_RAW) - begun_ns) / TURN_NS;

		now->tv_sec += turn % 2 ? -HOUR_S : HOUR_S;
	}
	return err;
}

static int begin(void **state)
{
	(void)state;
	begun_ns = counted_ns(CLOCK_MONOTONIC_RAW);
	return 0;
}

static int end(void **state)
{
	(void)state;
	begun_ns = 0;
	return 0;
}

/* The twin: without it, the rest would say nothing. */
static void labels_follow_the_wall_clock(void **state)
{
	int64_t here_ms = (int64_t)(counted_ns(CLOCK_REALTIME) / 1000000),
		off_ms = wall_ms() - here_ms;

	(void)state;
	assert_true(llabs(off_ms) > HOUR_S * 900ll);
}

static void run_step(const char *name, struct result *result)
{
	static struct story story;
	static char table[16384];
	struct request request;
	struct step step;

	used = 0;
	memset(&story, 0, sizeof(story));
	story.journal.wall_ms = wall_ms;
	journal_add_sink(&story.journal, &sink);
	text_begin(&story.summary, table, sizeof(table));
	assert_int_equal(request_init(&request, bench_find(name), NULL, 0), 0);
	assert_int_equal(request_set(&request, "seconds", "0.2", FROM_USER, NULL, 0), 0);
	plan_step(&step, &request, 0, 0);
	record_step_start(&story, &step);
	measure_step(&story, &step, result);
}

/* An hour lost or won would show in the step's seconds, its deadline, or a figure. */
static void steps_take_as_long_as_they_take(void **state)
{
	static const char *const rows[] = { "self.null", "self.noise" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t start_ns = counted_ns(CLOCK_MONOTONIC_RAW);
		struct result result;
		double around;

		run_step(rows[i], &result);
		around = (double)(counted_ns(CLOCK_MONOTONIC_RAW) - start_ns) / 1e9;
		CHECK_ROW(i, result.reason, result.outcome == RUN_OK);
		CHECK_ROW(i, rows[i], result.seconds >= 0.2 && result.seconds <= around);
	}
}

/* The kernel stamps a reply by the wall clock: where that does not fit, our own reading stands. */
static void round_trips_stay_what_they_are(void **state)
{
	uint64_t start_ns = counted_ns(CLOCK_MONOTONIC_RAW);
	struct trial trial;
	int err = trial_run(&trial, &bench_net_ping, 0, "count=8 interval=0.015");
	double around_ms = (double)(counted_ns(CLOCK_MONOTONIC_RAW) - start_ns) / 1e6;

	(void)state;
	if (err == -EACCES || err == -EPERM) {
		trial_end(&trial);
		skip();
	}
	assert_int_equal(err, 0);
	assert_true(value_of(&trial, "received") == 8);
	assert_true(value_of(&trial, "rtt_min") > 0);
	assert_true(value_of(&trial, "rtt_max") < around_ms);
	trial_end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(labels_follow_the_wall_clock, begin, end),
		cmocka_unit_test_setup_teardown(steps_take_as_long_as_they_take, begin, end),
		cmocka_unit_test_setup_teardown(round_trips_stay_what_they_are, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
