/* SPDX-License-Identifier: MIT */
/* The reader's own hash and framing [V1]: against the standard's examples and against the writer's.
 */
#include "tests/unit/test.h"

#include "lab/verify/framed.h"
#include "lab/verify/sha256.h"

#include <stdlib.h>
#include <string.h>

static void hex_of(const void *data, size_t len, char out[65])
{
	struct sha256 sha;
	uint8_t sum[32];

	sha256_begin(&sha);
	sha256_add(&sha, data, len);
	sha256_end(&sha, sum);
	sha256_hex(sum, out);
}

/* FIPS 180-4, examples of NIST's Cryptographic Standards page. */
static void the_standards_examples(void **state)
{
	static const struct {
		const char *text, *sum;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	char hex[65];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		hex_of(rows[i].text, strlen(rows[i].text), hex);
		CHECK_ROW(i, rows[i].text, !strcmp(hex, rows[i].sum));
	}
}

static void every_length_as_the_writer(void **state)
{
	char data[300], ours[65], theirs[65];
	struct random random;
	struct digest digest;

	(void)state;
	random_seed(&random, 1);
	random_fill(&random, data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		hex_of(data, len, ours);
		digest_of(data, len, &digest);
		digest_hex(&digest, theirs, 32);
		CHECK_ROW(len, "length", !strcmp(ours, theirs));
	}
}

static void the_chain_as_the_writer(void **state)
{
	struct digest theirs = { 0 };
	uint8_t ours[32] = { 0 };

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		char line[20];

		memset(line, (int)('a' + i), i);
		sha256_chain(ours, line, i);
		digest_chain(&theirs, line, i);
		CHECK_ROW(i, "line", !memcmp(ours, theirs.bytes, 32));
	}
}

static void frames_good_and_bad(void **state)
{
	static const struct {
		const char *line;
		bool good;
	} rows[] = {
		{ "@assay 7 0123456789abcdef {}", true },
		{ "@assay 7 01234567 {\"a\":1}\r\n", true },
		{ "@assay 4294967295 01234567 {}", true },
		{ "@assay 4294967296 01234567 {}", false },
		{ "@assay 99999999999999999999999999 01234567 {}", false },
		{ "@assay  01234567 {}", false },
		{ "@assay 7 0123456 {}", false },
		{ "@assay 7 0123456789ABCDEF {}", false },
		{ "@assay 7 01234567", false },
		{ "@assay 7 01234567 ", false },
		{ "@assay 7 01234567 x", false },
		{ "@assay", false },
		{ "@assay 7", false },
		{ "", false },
		{ "assay 7 01234567 {}", false },
		{ "@assay 7 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff {}",
		  true },
		{ "@assay 7 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0 {}",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct framed ours;
		struct frame theirs;
		char *exact = strndup(rows[i].line, strlen(rows[i].line));

		CHECK_ROW(i, rows[i].line,
			  framed_read(exact, strlen(exact), &ours) == rows[i].good);
		if (rows[i].good && frame_parse(exact, strlen(exact), &theirs))
			CHECK_ROW(i, rows[i].line,
				  ours.sequence == theirs.sequence && ours.len == theirs.len &&
					  ours.line == theirs.line &&
					  !strcmp(ours.head, theirs.head));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_examples),
		cmocka_unit_test(every_length_as_the_writer),
		cmocka_unit_test(the_chain_as_the_writer),
		cmocka_unit_test(frames_good_and_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
