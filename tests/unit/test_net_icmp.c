/* SPDX-License-Identifier: MIT */
/* ICMP echo: what is taken for a reply, and what is not. */
#include "tests/unit/test.h"

#include "bench/net/wire/icmp.h"

#include <errno.h>
#include <string.h>

enum { PLAIN, SIX, WITH_IP };

/* A good reply, and one change to it that makes it something else. */
static const struct {
	const char *name;
	int form;
	int at, value; /* at -1: unchanged; checksums are not mended */
	int cut;       /* bytes taken off the end */
	int err;
} rows[] = {
	{ "good", PLAIN, -1, 0, 0, 0 },
	{ "good six", SIX, -1, 0, 0, 0 },
	{ "good with its IP header", WITH_IP, -1, 0, 0, 0 },
	{ "our own request", PLAIN, 0, 8, 0, -EBADMSG },
	{ "our own request, six", SIX, 0, 128, 0, -EBADMSG },
	{ "unreachable", PLAIN, 0, 3, 0, -EBADMSG },
	{ "code 1", PLAIN, 1, 1, 0, -EBADMSG },
	{ "a bit fell over", PLAIN, 20, 0x55, 0, -EBADMSG },
	{ "no IP header", WITH_IP, 0, 0x60, 0, -EBADMSG },
	{ "IP header of 16 bytes", WITH_IP, 0, 0x44, 0, -EBADMSG },
	{ "IP header longer than the packet", WITH_IP, 0, 0x4f, 40, -EBADMSG },
	{ "UDP", WITH_IP, 9, 17, 0, -EBADMSG },
	{ "seven bytes", PLAIN, -1, 0, 25, -EBADMSG },
	{ "nothing", PLAIN, -1, 0, 32, -EBADMSG },
	{ "IP header only", WITH_IP, -1, 0, 32, -EBADMSG },
};

static size_t good_reply(int form, uint8_t *out)
{
	const struct icmp_echo echo = {
		.id = 0x1234, .sequence = 7, .cookie = 0x1122334455667788, .data_bytes = 24
	};
	size_t ip = form == WITH_IP ? 20 : 0;
	size_t len = icmp_request(&echo, form == SIX, out + ip);

	memset(out, 0, ip);
	if (ip) {
		out[0] = 0x45;
		out[8] = 61;
		out[9] = 1;
	}
	out[ip] = form == SIX ? 129 : 0;
	out[ip + 2] = out[ip + 3] = 0;
	uint16_t sum = form == SIX ? 0 : icmp_checksum(out + ip, len);
	out[ip + 2] = (uint8_t)(sum >> 8);
	out[ip + 3] = (uint8_t)sum;
	return ip + len;
}

static void replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t packet[128];
		struct icmp_echo got;
		size_t len = good_reply(rows[i].form, packet) - (size_t)rows[i].cut;

		if (rows[i].at >= 0)
			packet[rows[i].at] = (uint8_t)rows[i].value;
		int err =
			icmp_reply(packet, len, rows[i].form == SIX, rows[i].form == WITH_IP, &got);
		CHECK_ROW(i, rows[i].name, err == rows[i].err);
		CHECK_ROW(i, rows[i].name,
			  err || (got.id == 0x1234 && got.sequence == 7 && got.data_bytes == 24 &&
				  got.cookie == 0x1122334455667788));
		CHECK_ROW(i, rows[i].name,
			  err || got.hop_limit == (rows[i].form == WITH_IP ? 61 : 0));
	}
}

/* The example of RFC 1071, section 3. */
static void checksum(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(icmp_checksum(bytes, sizeof(bytes)), (uint16_t)~0xddf2);
	assert_int_equal(icmp_checksum(bytes, 1), 0xffff);
	assert_int_equal(icmp_checksum(NULL, 0), 0xffff);
}

static void requests_without_room_for_a_cookie(void **state)
{
	uint8_t out[ICMP_HEADER + 4];
	const struct icmp_echo echo = {
		.id = 1, .sequence = 2, .cookie = UINT64_MAX, .data_bytes = 4
	};

	(void)state;
	assert_int_equal(icmp_request(&echo, false, out), sizeof(out));
	assert_int_equal(out[ICMP_HEADER + 3], 3); /* counting bytes, no cookie */
	assert_int_equal(icmp_checksum(out, sizeof(out)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(checksum),
		cmocka_unit_test(requests_without_room_for_a_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
