/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/engine/counters.h"
#include "bench/engine/quanta.h"

#include <math.h>
#include <string.h>

extern const struct bench bench_self_noise;

/* Processor 1 is off line; a row is new, one falls, one is short, one has no words. */
static const char before[] =
	"            CPU0       CPU2       CPU10\n"
	"   0:         22          0          7   IO-APIC    2-edge      timer\n"
	"  24:          0        100          0   PCI-MSI 512000-edge      nvme0q1, other\n"
	" LOC:       1000       2000       3000   Local timer interrupts\n"
	" RES:          5          9          5   Rescheduling interrupts\n"
	" ERR:          3\n";
static const char after[] =
	"            CPU0       CPU2       CPU10\n"
	"   0:         22          0          7   IO-APIC    2-edge      timer\n"
	"  24:          0        350          0   PCI-MSI 512000-edge      nvme0q1, other\n"
	"  25:          0         40          0   PCI-MSI 512001-edge      eth0-a-name-that-goes-on-and-on\n"
	" LOC:       1000       3000       3000   Local timer interrupts\n"
	" RES:          5          4          6   Rescheduling interrupts\n"
	" NMI:          0          1          0\n"
	" ERR:          9\n";

static void names_the_sources(void **state)
{
	static const struct {
		unsigned cpu;
		uint64_t total, first;
		const char *name, *second;
	} rows[] = {
		{ 0, 0, 0, "", "" },
		{ 1, 0, 0, "", "" },
		{ 2, 1291, 1000, "LOC Local timer interrupts",
		  "24 PCI-MSI 512000-edge nvme0q1, other" },
		{ 10, 1, 1, "RES Rescheduling interrupts", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rise rise = { 0 };

		counters_rise(before, after, rows[i].cpu, &rise);
		CHECK_ROW(i, "total", rise.total == rows[i].total);
		CHECK_ROW(i, rise.top[0].name, !strcmp(rise.top[0].name, rows[i].name));
		CHECK_ROW(i, rise.top[1].name, !strcmp(rise.top[1].name, rows[i].second));
		CHECK_ROW(i, "count", rise.top[0].count == rows[i].first);
	}
}

static void keeps_only_the_largest(void **state)
{
	struct rise rise = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		counters_rise(before, after, 2, &rise);
	assert_int_equal(rise.total, 3 * 1291);
	assert_int_equal(rise.top[2].count, 1000);
	assert_int_equal(rise.top[3].count, 250);
	assert_int_equal(rise.top[SOURCES - 1].count, 250);
	counters_rise(before, after, 2, &rise);
	assert_true(memchr(rise.top[SOURCES - 1].name, '\0', SOURCE_NAME) != NULL);
}

static void tables_that_are_not(void **state)
{
	static const char *const texts[] = { "",
					     "\n",
					     "CPU2",
					     "CPU2\n",
					     "CPU2\n:",
					     "CPU2\n\n: 1\n x\n",
					     "CPU2\nA: 99999999999999999999999\n" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct rise rise = { 0 };

		counters_rise(before, texts[i], 2, &rise);
		counters_rise(texts[i], after, 2, &rise);
		counters_rise(NULL, texts[i], 2, &rise);
		counters_rise(texts[i], NULL, 2, &rise);
		CHECK_ROW(i, texts[i], rise.total == 0 || i >= 2);
	}
}

static void ticks_and_switches(void **state)
{
	static const char stat[] = "cpu  10 0 10 80 0 0 0 0 0 0\n"
				   "cpu1 1 2 3 4 5 6 7 8 100 100\n"
				   "cpu10 1 1 1 1 1 1 1 1 0 0\n"
				   "intr 12345 0\nctxt 987654\nbtime 1\n";
	struct cpu_ticks ticks;

	(void)state;
	assert_true(counters_cpu(stat, 1, &ticks));
	assert_int_equal(ticks.all, 36); /* guests are already in user and nice */
	assert_int_equal(ticks.steal, 8);
	assert_false(counters_cpu(stat, 0, &ticks));
	assert_false(counters_cpu(NULL, 0, &ticks));
	assert_int_equal(counters_switches(stat), 987654);
	assert_int_equal(counters_switches(""), 0);
	assert_int_equal(counters_switches(NULL), 0);
}

/* A clock that says what is written here, one after the other. */
static const uint64_t *next_ns;

static uint64_t written_ns(void)
{
	return *next_ns++;
}

struct excesses {
	uint64_t ns[8];
	size_t count;
};

static void keep_excess(void *context, uint64_t excess_ns)
{
	struct excesses *kept = context;

	kept->ns[kept->count++] = excess_ns;
}

static void quanta_by_a_written_clock(void **state)
{
	/* the second is the shortest, the third was interrupted, the fourth ends it */
	static const uint64_t times_ns[] = { 1000, 1110, 1210, 1360, 1465 };
	static const uint64_t tries_ns[] = { 0, 30, 100, 120, 200, 225 }, still_ns[] = { 7, 7 };
	struct quanta quanta = { .now_ns = written_ns, .turns = 1, .shortest_ns = 120 };
	struct excesses kept = { .count = 0 };

	(void)state;
	next_ns = times_ns;
	quanta_observe(&quanta, 400, keep_excess, &kept);
	assert_int_equal(quanta.count, 4);
	assert_int_equal(quanta.elapsed_ns, 465);
	assert_int_equal(quanta.shortest_ns, 100);
	assert_int_equal(quanta.longest_ns, 150);
	assert_int_equal(kept.count, 4);
	assert_int_equal(kept.ns[0], 0); /* the shortest until then */
	assert_int_equal(kept.ns[2], 50);
	assert_true(fabs(quanta_stolen_percent(&quanta) - 6500.0 / 465) < 1e-9);
	next_ns = still_ns; /* no division by a time of zero */
	quanta_observe(&quanta, 0, NULL, NULL);
	assert_int_equal(quanta.elapsed_ns, 1);
	next_ns = tries_ns;
	assert_int_equal(quanta_shortest_ns(written_ns, 1, 3), 20);
}

/* On the machine as it is: every metric of every processor, none absurd. */
static void watches_this_machine(void **state)
{
	static const char *const together[] = { "yes", "no" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(together); i++) {
		union value values[8];
		struct run run = { .bench = &bench_self_noise,
				   .value = values,
				   .now_ns = clock_raw_ns };

		params_defaults(run.bench->params, values, NULL, 0);
		params_set(run.bench->params, values, "seconds", "0.05", NULL, 0);
		params_set(run.bench->params, values, "together", together[i], NULL, 0);
		run.shared = run_shared_map(100000);
		CHECK_ROW(i, run.shared->failure, run.bench->run(&run) == 0);
		for (unsigned m = 0; run.bench->metrics[m].name; m++) {
			double value = run_value(&run, m, NULL, NULL);
			bool may_lack = !strcmp(run.bench->metrics[m].name,
						"steal"); /* less than one tick passed */

			CHECK_ROW(m, run.bench->metrics[m].name, may_lack || isfinite(value));
			CHECK_ROW(m, run.bench->metrics[m].name, !(value < 0));
			CHECK_ROW(m, run.bench->metrics[m].name,
				  strcmp(run.bench->metrics[m].unit, "%") || !(value > 100));
		}
		CHECK_ROW(i, together[i], run.shared->note_count > 0);
		run_shared_unmap(run.shared);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_sources),
		cmocka_unit_test(keeps_only_the_largest),
		cmocka_unit_test(tables_that_are_not),
		cmocka_unit_test(ticks_and_switches),
		cmocka_unit_test(quanta_by_a_written_clock),
		cmocka_unit_test(watches_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
