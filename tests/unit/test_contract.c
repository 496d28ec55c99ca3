/* SPDX-License-Identifier: MIT */
/* Every benchmark keeps the contract of bench.h, without one being named here. */
#include "tests/unit/test.h"

#include "init/init.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_plain_name(const char *name)
{
	for (; *name; name++)
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '_')
			return false;
	return true;
}

static void descriptions(void **state)
{
	(void)state;
	for (size_t i = 0; bench_table[i]; i++) {
		const struct bench *bench = bench_table[i];

		CHECK_ROW(i, bench->name,
			  strchr(bench->name, '.') && bench_find(bench->name) == bench);
		CHECK_ROW(i, bench->name,
			  bench->summary && bench->summary[0] && !strchr(bench->summary, '\n'));
		CHECK_ROW(i, bench->name, bench->definition && bench->definition[0]);
		CHECK_ROW(i, bench->name, bench->run && bench->seconds);
		CHECK_ROW(i, bench->name, bench->metrics && bench->metrics[0].name);
	}
}

static void parameters(void **state)
{
	(void)state;
	for (size_t i = 0; bench_table[i]; i++) {
		const struct bench *bench = bench_table[i];
		struct request request;
		char why[WHY_ROOM] = "";

		CHECK_ROW(i, bench->name, params_count(bench->params) <= MAX_PARAMS);
		CHECK_ROW(i, why, request_init(&request, bench, why, sizeof(why)) == 0);
		CHECK_ROW(i, why,
			  !bench->check || bench->check(request.value, why, sizeof(why)) == 0);
		CHECK_ROW(i, bench->name, bench->seconds(request.value, &speeds_plain) >= 0);
		CHECK_ROW(i, bench->name, isfinite(bench->seconds(request.value, &speeds_plain)));
		for (const struct param *p = bench->params; p && p->name; p++) {
			CHECK_ROW(i, p->name, is_plain_name(p->name) && p->help && p->help[0]);
			CHECK_ROW(i, p->name,
				  strcmp(p->name, "target") && strcmp(p->name, "format"));
			CHECK_ROW(i, p->name, params_find(bench->params, p->name) == p);
			CHECK_ROW(i, p->name, !params_find(ground_table, p->name));
		}
	}
}

static void metrics(void **state)
{
	(void)state;
	for (size_t i = 0; bench_table[i]; i++)
		for (const struct metric *m = bench_table[i]->metrics; m->name; m++) {
			CHECK_ROW(i, m->name, is_plain_name(m->name));
			CHECK_ROW(i, m->name, m->unit && m->unit[0]);
			for (const struct metric *other = bench_table[i]->metrics; other < m;
			     other++)
				CHECK_ROW(i, m->name, strcmp(other->name, m->name));
		}
}

/* ---- a run under a fake clock ---- */

static uint64_t fake_ns;

/* Atomic: a benchmark may have threads, and a clock that one of them can put back never ends. */
static uint64_t fake_now(void)
{
	return __atomic_add_fetch(&fake_ns, 1000, __ATOMIC_RELAXED);
}

static void fake_sleep(uint64_t ns)
{
	__atomic_add_fetch(&fake_ns, ns, __ATOMIC_RELAXED);
}

/* Those that need nothing run here whole; what they take must be finite and of a declared metric. */
static void run_under_fake_clock(void **state)
{
	(void)state;
	for (size_t i = 0; bench_table[i]; i++) {
		struct request request;
		struct run run = { .bench = bench_table[i],
				   .now_ns = fake_now,
				   .sleep_ns = fake_sleep };
		size_t known = 0;

		if (run.bench->need != NEEDS_NOTHING || !strcmp(run.bench->name, "self.crash"))
			continue;
		request_init(&request, run.bench, NULL, 0);
		/* The fake clock moves when it is read: real work per fake second has no bound. */
		request_set(&request, "seconds", "0.01", FROM_USER, NULL, 0);
		request_set(&request, "quantum", "1us", FROM_USER, NULL, 0);
		run.value = request.value;
		run.shared = run_shared_map(10000);
		while (run.bench->metrics[known].name)
			known++;
		CHECK_ROW(i, run.shared->failure, run.bench->run(&run) == 0);
		CHECK_ROW(i, run.bench->name, run.shared->count > 0);
		for (uint32_t n = 0; n < run.shared->count; n++) {
			CHECK_ROW(i, run.bench->name, run.shared->samples[n].metric < known);
			CHECK_ROW(i, run.bench->name, isfinite(run.shared->samples[n].value));
		}
		run_shared_unmap(run.shared);
	}
}

/* A duration that was asked for is kept to, within one percent and the turn that is under way [M8].
 */
static void durations_are_as_planned(void **state)
{
	static const double rows[] = { 1, 5, 20 };
	static const double turn_s = 0.012; /* self.null: a thousand readings, then 10 ms asleep */

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct request request;
		struct run run = { .bench = bench_find("self.null"),
				   .now_ns = fake_now,
				   .sleep_ns = fake_sleep,
				   .shared = run_shared_map(100000) };
		char seconds[16];
		uint64_t start_ns = fake_ns;
		double took_s;

		request_init(&request, run.bench, NULL, 0);
		snprintf(seconds, sizeof(seconds), "%g", rows[i]);
		request_set(&request, "seconds", seconds, FROM_USER, NULL, 0);
		run.value = request.value;
		assert_int_equal(run.bench->run(&run), 0);
		took_s = (double)(fake_ns - start_ns) / 1e9;
		CHECK_ROW(i, seconds, took_s >= rows[i] && took_s <= rows[i] * 1.01 + turn_s);
		run_shared_unmap(run.shared);
	}
}

static void samples_without_room(void **state)
{
	struct run run = { .bench = bench_table[0],
			   .now_ns = fake_now,
			   .shared = run_shared_map(4) };

	(void)state;
	for (int i = 0; i < 10; i++)
		run_sample(&run, 0, i);
	assert_int_equal(run.shared->count, 4);
	assert_int_equal(run.shared->dropped, 6);
	run_shared_unmap(run.shared);
}

static void notes_without_room(void **state)
{
	struct run run = { .bench = bench_table[0],
			   .now_ns = fake_now,
			   .shared = run_shared_map(4) };

	(void)state;
	for (int i = 0; i < 3 * RUN_NOTES; i++)
		run_note(&run, "note %d", i);
	assert_int_equal(run.shared->note_count, RUN_NOTES);
	assert_string_equal(run.shared->notes[RUN_NOTES - 1].text,
			    "note 95"); /* the newest is kept */
	run_shared_unmap(run.shared);
}

static void failure_has_a_reason(void **state)
{
	struct run run = { .bench = bench_table[0],
			   .now_ns = fake_now,
			   .shared = run_shared_map(1) };

	(void)state;
	assert_int_equal(run_fail(&run, -2, "open %s", "x"), -2);
	assert_string_equal(run.shared->failure, "open x: No such file or directory");
	assert_true(run_fail(&run, 0, "no reason") < 0);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptions),
		cmocka_unit_test(parameters),
		cmocka_unit_test(metrics),
		cmocka_unit_test(run_under_fake_clock),
		cmocka_unit_test(durations_are_as_planned),
		cmocka_unit_test(samples_without_room),
		cmocka_unit_test(notes_without_room),
		cmocka_unit_test(failure_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
