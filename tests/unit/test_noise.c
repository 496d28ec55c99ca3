/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/engine/counters.h"

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
		cmocka_unit_test(names_the_sources),	cmocka_unit_test(keeps_only_the_largest),
		cmocka_unit_test(tables_that_are_not),	cmocka_unit_test(ticks_and_switches),
		cmocka_unit_test(watches_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
