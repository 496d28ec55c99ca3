/* SPDX-License-Identifier: MIT */
/* Lists of CPUs as the kernel writes them, and which CPU measures. */
#include "tests/unit/test.h"

#include "init/sentry/quiet.h"

#include <errno.h>
#include <string.h>

static const char *formatted(const cpu_set_t *cpus)
{
	static char list[200];
	struct text text;

	text_begin(&text, list, sizeof(list));
	cpus_format(cpus, &text);
	return list;
}

static void lists(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
		{ "0", "0" },	    { "0-3\n", "0-3" },	    { "0-1,4,6-7", "0-1,4,6-7" },
		{ "3,1,2", "1-3" }, { "0-1023", "0-1023" }, { "", "" },
		{ "\n", "" },	    { "  (null)", NULL },   { "(null)", NULL },
		{ "1024", NULL },   { "0-1024", NULL },	    { "99999999999999999999", NULL },
		{ "3-1", NULL },    { "1-", NULL },	    { "-1", NULL },
		{ "1,,2", NULL },   { "1,", NULL },	    { ",1", NULL },
		{ "1 2", NULL },    { "N", NULL },	    { "0-3:1/2", NULL },
	};
	cpu_set_t cpus;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int err = cpus_parse(rows[i].in, &cpus);

		CHECK_ROW(i, rows[i].in, err == (rows[i].out ? 0 : -EINVAL));
		CHECK_ROW(i, rows[i].in, !strcmp(formatted(&cpus), rows[i].out ? rows[i].out : ""));
	}
}

static void masks(void **state)
{
	static const struct {
		const char *in, *mask;
	} rows[] = {
		{ "0", "1" },
		{ "0-3", "f" },
		{ "", "0" },
		{ "31", "80000000" },
		{ "32", "1,00000000" },
		{ "0,64", "1,00000000,00000001" },
		{ "1-2", "6" },
		{ "33-35", "e,00000000" },
	};
	char mask[400];
	struct text text;
	cpu_set_t cpus;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(cpus_parse(rows[i].in, &cpus), 0);
		text_begin(&text, mask, sizeof(mask));
		cpus_format_mask(&cpus, &text);
		CHECK_ROW(i, mask, !strcmp(mask, rows[i].mask));
	}
}

static void the_measuring_cpu(void **state)
{
	static const struct {
		const char *online, *nohz_full, *managed;
		int cpu;
		const char *others;
		bool tick, unmanaged;
	} rows[] = {
		{ "0-3", "3", "3", 3, "0-2", true, true },
		{ "0-3", "  (null)", "", 3, "0-2", false, false },
		{ "0-3", "", "", 3, "0-2", false, false },
		/* the firmware announces eight, four are there */
		{ "0-3", "7", "7", 3, "0-2", false, false },
		/* another's words */
		{ "0-3", "1-2", "2", 2, "0-1,3", true, true },
		{ "0", "", "", -1, "0", false, false },
		{ "0", "0", "0", -1, "0", false, false },
		{ "0,5", "5", "", 5, "0", true, false },
		{ "nonsense", "1", "1", -1, "", false, false },
	};
	struct quiet quiet;
	cpu_set_t cpus;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		quiet_choose(&quiet, rows[i].online, rows[i].nohz_full, rows[i].managed);
		CHECK_ROW(i, rows[i].online, quiet.cpu == rows[i].cpu);
		CHECK_ROW(i, formatted(&quiet.others),
			  !strcmp(formatted(&quiet.others), rows[i].others));
		CHECK_ROW(i, rows[i].online, quiet.tick == rows[i].tick);
		CHECK_ROW(i, rows[i].online, quiet.managed == rows[i].unmanaged);
	}
	/* One event after the other runs there, all else everywhere; an ordinary command is left
	 * alone. */
	quiet_choose(&quiet, "0-3", "3", "3");
	assert_false(quiet_step_cpus(&quiet, true, &cpus));
	quiet.done = true;
	assert_true(quiet_step_cpus(&quiet, true, &cpus));
	assert_string_equal(formatted(&cpus), "3");
	assert_true(quiet_step_cpus(&quiet, false, &cpus));
	assert_string_equal(formatted(&cpus), "0-3");
	quiet_choose(&quiet, "0", "", "");
	quiet.done = true;
	assert_true(quiet_step_cpus(&quiet, true, &cpus));
	assert_string_equal(formatted(&cpus), "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(masks),
		cmocka_unit_test(the_measuring_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
