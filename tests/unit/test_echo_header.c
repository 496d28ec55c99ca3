/* SPDX-License-Identifier: MIT */
/* The echo service's blocks: what is one and what is not; the numbers at the start of the data. */
#include "tests/unit/test.h"

#include "bench/net/wire/echo/header.h"

#include <errno.h>
#include <string.h>

/* A good HELLO, and one change to it that makes it something else. */
static const struct {
	const char *name;
	int at, value; /* at -1: unchanged */
	size_t len;
	int err;
} rows[] = {
	{ "good", -1, 0, 32, 0 },
	{ "nothing", -1, 0, 0, -EBADMSG },
	{ "a byte too short", -1, 0, 31, -EBADMSG },
	{ "a byte too long", -1, 0, 33, -EBADMSG },
	{ "the magic's first byte", 0, 'b', 32, -EBADMSG },
	{ "the magic's last byte", 3, 0, 32, -EBADMSG },
	{ "a version of the future", 4, 2, 32, -EPROTONOSUPPORT },
	{ "version 0", 4, 0, 32, -EPROTONOSUPPORT },
	{ "kind 0", 5, 0, 32, -EBADMSG },
	{ "the last kind, without a reason", 5, ECHO_REFUSED, 32, -EBADMSG },
	{ "kind 7", 5, 7, 32, -EBADMSG },
	{ "a reason, and it is no refusal", 6, ECHO_BUSY, 32, -EBADMSG },
	{ "an unknown reason", 6, 4, 32, -EBADMSG },
	{ "the reserved byte", 7, 1, 32, -EBADMSG },
	{ "a request of 4 GiB", 8, 255, 32, -EMSGSIZE },
	{ "a request one beyond 1 MiB", 9, 16, 32, -EMSGSIZE },
	{ "a request of nothing", 11, 0, 32, -EMSGSIZE },
	{ "a response of 4 GiB", 12, 255, 32, -EMSGSIZE },
	{ "a response of nothing", 15, 0, 32, -EMSGSIZE },
	{ "another cookie is another cookie", 16, 9, 32, 0 },
};

static const struct echo_header good = {
	.kind = ECHO_HELLO, .request = 1, .response = 2, .cookie = 0x1122334455667788, .count = 77
};

static void blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t block[ECHO_HEADER + 1] = { 0 };
		struct echo_header got;

		echo_encode(&good, block);
		if (rows[i].at >= 0)
			block[rows[i].at] = (uint8_t)rows[i].value;
		CHECK_ROW(i, rows[i].name, echo_decode(block, rows[i].len, &got) == rows[i].err);
		CHECK_ROW(i, rows[i].name,
			  rows[i].err || (got.kind == good.kind && got.request == 1 &&
					  got.response == 2 && got.count == 77));
		CHECK_ROW(i, rows[i].name,
			  rows[i].err || (got.cookie == good.cookie) == (rows[i].at < 0));
	}
}

static void refusals(void **state)
{
	static const int errors[] = { [ECHO_NOT_REFUSED] = -EBADMSG,
				      [ECHO_OTHER_VERSION] = -EPROTONOSUPPORT,
				      [ECHO_BAD_SIZE] = -EMSGSIZE,
				      [ECHO_BUSY] = -EBUSY };

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(errors); i++) {
		struct echo_header header = good, got;
		uint8_t block[ECHO_HEADER];

		header.kind = ECHO_REFUSED;
		header.refusal = i;
		echo_encode(&header, block);
		assert_int_equal(echo_decode(block, sizeof(block), &got), i ? 0 : -EBADMSG);
		assert_int_equal(echo_refusal_error(i), errors[i]);
	}
}

static void tags(void **state)
{
	uint8_t data[6] = { 9, 9, 9, 9, 9, 9 };
	uint32_t number;

	(void)state;
	echo_tag_write(data, sizeof(data), 0x04030201);
	assert_memory_equal(data, "\1\2\3\4\11\11", 6);
	assert_int_equal(echo_tag_read(data, sizeof(data), &number), 32);
	assert_int_equal(number, 0x04030201);
	assert_int_equal(echo_tag_read(data, 1, &number), 8);
	assert_int_equal(number, 1);
	assert_int_equal(echo_tag_read(data, 0, &number), 0);
	echo_tag_write(data, 1, 0xaabbccdd);
	assert_memory_equal(data, "\xdd\2\3\4\11\11", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks),
		cmocka_unit_test(refusals),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
