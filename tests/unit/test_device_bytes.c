/* SPDX-License-Identifier: MIT */
/* The block layer's counters out of /sys, and whose they are. */
#include "tests/unit/test.h"

#include "bench/engine/device_bytes.h"

#include <errno.h>

static void lines(void **state)
{
	static const struct {
		const char *text;
		int err;
		struct device_bytes want;
	} rows[] = {
		{ "    10  1  800 5   20 2  1600 7 0 9 12 3 0 24 1 6 2",
		  0,
		  { 409600, 819200, 10, 20, 6 } },
		{ "10 1 800 5 20 2 1600 7 0 9 12\n", 0, { 409600, 819200, 10, 20, 0 } },
		{ "10 1 800 5 20 2 1600 7 0 9 12 3 0 24 1 6 2 88 99",
		  0,
		  { 409600, 819200, 10, 20, 6 } }, /* a later kernel's further columns */
		{ "", -EINVAL, { 0 } },
		{ "10 1 800 5", -EINVAL, { 0 } }, /* as a partition of Linux 2.4 had it */
		{ "10 1 800 5 20 2 1600 7 0 9", -EINVAL, { 0 } },
		{ "10 1 -800 5 20 2 1600 7 0 9 12", -EINVAL, { 0 } },
		{ "10 1 800x 5 20 2 1600 7 0 9 12", -EINVAL, { 0 } },
		{ "10 1 18446744073709551615 5 20 2 1600 7 0 9 12", -EINVAL, { 0 } },
		{ "10 1 99999999999999999999 5 20 2 1600 7 0 9 12", -EINVAL, { 0 } },
		{ "10 1 0000000000000000000000000800 5 20 2 1600 7 0 9 12", -EINVAL, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct device_bytes got = { 0 };

		CHECK_ROW(i, rows[i].text, device_bytes_parse(rows[i].text, &got) == rows[i].err);
		CHECK_ROW(i, rows[i].text, got.read == rows[i].want.read);
		CHECK_ROW(i, rows[i].text, got.written == rows[i].want.written);
		CHECK_ROW(i, rows[i].text, got.reads == rows[i].want.reads);
		CHECK_ROW(i, rows[i].text, got.writes == rows[i].want.writes);
		CHECK_ROW(i, rows[i].text, got.flushes == rows[i].want.flushes);
	}
}

static void devices(void **state)
{
	struct device_bytes bytes;
	dev_t device;

	(void)state;
	assert_int_equal(device_below("/nowhere", &device), -ENOENT);
	assert_int_equal(device_below("/proc", &device), -ENODEV);
	assert_true(device_bytes_read(0, &bytes) < 0);
	if (!device_below("/", &device))
		assert_int_equal(device_bytes_read(device, &bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
