/* SPDX-License-Identifier: MIT */
/* The quote of a TPM 2.0 [E8]: commands as the TCG's library has them, answers and files that are
 * not what they should be. Against a TPM: tests/boot/evidence.sh; whole runs: the conformance set. */
#include "tests/unit/test.h"

#include "init/tpm/command.h"
#include "lab/verify/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes from digits; blanks between them do not count. */
static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t len = 0;

	for (; *hex; hex++) {
		char two[3] = { hex[0], hex[1], '\0' };

		if (*hex == ' ')
			continue;
		out[len++] = (uint8_t)strtoul(two, NULL, 16);
		hex++;
	}
	return len;
}

static void check_bytes(const uint8_t *is, size_t len, const char *hex)
{
	uint8_t expected[TPM_MOST];

	assert_int_equal(len, from_hex(hex, expected));
	assert_memory_equal(is, expected, len);
}

#define TEMPLATE "0023 000b 00050472 0000 0010 0018 000b 0003 0010 "

static void commands(void **state)
{
	uint8_t out[TPM_MOST], nonce[TPM_NONCE];

	(void)state;
	check_bytes(out, tpm_make_key(out),
		    "8002 00000041 00000131 4000000b 00000009 40000009 0000 00 0000 "
		    "0004 0000 0000 0018 " TEMPLATE "0000 0000 0000 00000000");
	memset(nonce, 0xab, sizeof(nonce));
	check_bytes(out, tpm_make_quote(0x80ffffff, nonce, out),
		    "8002 00000049 00000158 80ffffff 00000009 40000009 0000 00 0000 0020 "
		    "abababababababababababababababababababababababababababababababab "
		    "0010 00000001 000b 03 ffffff");
}

/* ---- answers ---- */

static const struct {
	const char *what, *hex;
	int key, quote; /* what reading it as either gives */
	uint32_t code;
} answers[] = {
	{ "a key", "8002 00000019 00000000 80000001 00000007 0003 010203 0405", 0, -EPROTO, 0 },
	{ "a quote", "8002 00000018 00000000 00000008 0003 010203 001800 aabb", -EPROTO, 0, 0 },
	{ "refused", "8001 0000000a 00000922", -EREMOTEIO, -EREMOTEIO, 0x922 },
	{ "nothing", "", -EPROTO, -EPROTO, 0 },
	{ "a part of the head", "8002 0000", -EPROTO, -EPROTO, 0 },
	{ "a length that is not its own", "8002 0000000b 00000000", -EPROTO, -EPROTO, 0 },
	{ "nothing behind the head", "8002 0000000a 00000000", -EPROTO, -EPROTO, 0 },
	{ "parameters longer than the answer",
	  "8002 00000018 00000000 000000ff 0003 010203 001800 aabb", -EPROTO, -EPROTO, 0 },
	{ "a quote longer than the parameters",
	  "8002 00000018 00000000 00000008 00ff 010203 001800 aabb", -EPROTO, -EPROTO, 0 },
	{ "an empty quote", "8002 00000018 00000000 00000008 0000 010203 001800 aabb", -EPROTO,
	  -EPROTO, 0 },
	{ "no signature", "8002 00000013 00000000 00000005 0003 010203", -EPROTO, -EPROTO, 0 },
	{ "an empty key", "8002 00000016 00000000 80000001 00000002 0000 0405", -EPROTO, -EPROTO,
	  0 },
};

static void answers_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		uint8_t all[200];
		size_t len = from_hex(answers[i].hex, all);
		uint8_t *in = malloc(len ? len : 1);
		struct tpm_part first, second;
		uint32_t key, code;

		memcpy(in, all, len);
		CHECK_ROW(i, answers[i].what,
			  tpm_read_key(in, len, &key, &first, &code) == answers[i].key &&
				  code == answers[i].code);
		CHECK_ROW(i, answers[i].what,
			  tpm_read_quote(in, len, &first, &second, &code) == answers[i].quote &&
				  code == answers[i].code);
		free(in);
	}
}

static void parts_are_found(void **state)
{
	struct tpm_part first, second;
	uint8_t in[200];
	uint32_t key, code;
	size_t len = from_hex(answers[0].hex, in);

	(void)state;
	assert_int_equal(tpm_read_key(in, len, &key, &first, &code), 0);
	assert_int_equal(key, 0x80000001);
	check_bytes(first.at, first.len, "0003 010203");
	len = from_hex(answers[1].hex, in);
	assert_int_equal(tpm_read_quote(in, len, &first, &second, &code), 0);
	check_bytes(first.at, first.len, "010203");
	check_bytes(second.at, second.len, "001800");
}

/* ---- files ---- */

#define X      "0020 60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6 "
#define Y      "0020 7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define R      "0020 efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716 "
#define S      "0020 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define DIGEST "1111111111111111111111111111111111111111111111111111111111111111 "
#define SIGNER "0022 000b " DIGEST
#define CLOCK  "0000000000003039 00000003 00000001 01 0000000000000000 "
#define PCRS   "00000001 000b 03 ffffff 0020 " DIGEST

static const char *read_key(const void *data, size_t len)
{
	struct quote_key key;

	return quote_key_read(data, len, &key);
}
static const char *read_quote(const void *data, size_t len)
{
	struct quote quote;

	return quote_read(data, len, &quote);
}
static const char *read_signature(const void *data, size_t len)
{
	struct quote_signature signature;

	return quote_signature_read(data, len, &signature);
}

static const struct {
	const char *what;
	const char *(*read)(const void *data, size_t len);
	const char *hex, *wrong; /* a part of what is said; NULL: it is right */
} files[] = {
	{ "a key", read_key, "0058 " TEMPLATE X Y, NULL },
	{ "a key with a zero left out", read_key, "0039 " TEMPLATE "0001 05 " Y, NULL },
	{ "no file", read_key, "", "cut off" },
	{ "another length", read_key, "0059 " TEMPLATE X Y, "cut off" },
	{ "bytes behind it", read_key, "0058 " TEMPLATE X Y " 00", "more bytes" },
	{ "bytes in it", read_key, "0059 " TEMPLATE X Y " 00", "more bytes" },
	{ "too long a number", read_key, "0059 " TEMPLATE "0021 00" DIGEST Y, "cut off" },
	{ "RSA", read_key, "0058 0001 000b 00050472 0000 0010 0018 000b 0003 0010 " X Y, "no key" },
	{ "P-384", read_key, "0058 0023 000b 00050472 0000 0010 0018 000b 0004 0010 " X Y,
	  "no key" },
	{ "SHA-1", read_key, "0058 0023 000b 00050472 0000 0010 0018 0004 0003 0010 " X Y,
	  "no key" },
	{ "not restricted", read_key, "0058 0023 000b 00040472 0000 0010 0018 000b 0003 0010 " X Y,
	  "restricted" },
	{ "brought from outside", read_key,
	  "0058 0023 000b 00050452 0000 0010 0018 000b 0003 0010 " X Y, "restricted" },
	{ "may leave the TPM", read_key,
	  "0058 0023 000b 00050470 0000 0010 0018 000b 0003 0010 " X Y, "restricted" },
	{ "decrypts", read_key, "0058 0023 000b 00070472 0000 0010 0018 000b 0003 0010 " X Y,
	  "restricted" },
	{ "a policy without an end", read_key,
	  "0058 0023 000b 00050472 ffff 0010 0018 000b 0003 0010 " X Y, "cut off" },

	{ "a quote", read_quote, "ff544347 8018 " SIGNER "0020 " DIGEST CLOCK PCRS, NULL },
	{ "no quote", read_quote, "", "cut off" },
	{ "not the TPM's", read_quote, "ff544348 8018 " SIGNER "0020 " DIGEST CLOCK PCRS,
	  "nothing that a TPM" },
	{ "of a key, not of PCRs", read_quote, "ff544347 8017 " SIGNER "0020 " DIGEST CLOCK PCRS,
	  "nothing that a TPM" },
	{ "a short nonce", read_quote, "ff544347 8018 " SIGNER "0001 11 " CLOCK PCRS, "nonce" },
	{ "no nonce", read_quote, "ff544347 8018 " SIGNER "0000 " CLOCK PCRS, "nonce" },
	{ "a signer by its handle", read_quote,
	  "ff544347 8018 0004 80000000 0020 " DIGEST CLOCK PCRS, "signer" },
	{ "not all PCRs", read_quote,
	  "ff544347 8018 " SIGNER "0020 " DIGEST CLOCK "00000001 000b 03 fffeff 0020 " DIGEST,
	  "all 24" },
	{ "of SHA-1's bank", read_quote,
	  "ff544347 8018 " SIGNER "0020 " DIGEST CLOCK "00000001 0004 03 ffffff 0020 " DIGEST,
	  "all 24" },
	{ "two banks", read_quote,
	  "ff544347 8018 " SIGNER "0020 " DIGEST CLOCK
	  "00000002 000b 03 ffffff 0004 03 ffffff 0020 " DIGEST,
	  "" },
	{ "bytes behind it", read_quote, "ff544347 8018 " SIGNER "0020 " DIGEST CLOCK PCRS "00",
	  "more bytes" },
	{ "a nonce without an end", read_quote, "ff544347 8018 " SIGNER "ffff " DIGEST CLOCK PCRS,
	  "cut off" },

	{ "a signature", read_signature, "0018 000b " R S, NULL },
	{ "no signature", read_signature, "", "cut off" },
	{ "of RSA", read_signature, "0014 000b " R S, "not of ECDSA" },
	{ "over SHA-1", read_signature, "0018 0004 " R S, "not of ECDSA" },
	{ "half of it", read_signature, "0018 000b " R, "cut off" },
	{ "bytes behind it", read_signature, "0018 000b " R S "00", "more bytes" },
};

static void files_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		uint8_t all[400], *in;
		size_t len = from_hex(files[i].hex, all);
		const char *said;

		in = malloc(len ? len : 1);
		memcpy(in, all, len);
		said = files[i].read(in, len);
		CHECK_ROW(i, files[i].what, !said == !files[i].wrong);
		CHECK_ROW(i, files[i].what, !said || strstr(said, files[i].wrong));
		/* Whatever is whole is not without its last byte. */
		CHECK_ROW(i, files[i].what, said || files[i].read(in, len - 1));
		free(in);
	}
}

/* RFC 6979, A.2.5: P-256, SHA-256, "sample". */
static void known_signature(void **state)
{
	uint8_t x[34], y[34], r[34], s[34];
	struct quote_signature signature;
	struct quote_key key;

	(void)state;
	from_hex(X, x);
	from_hex(Y, y);
	from_hex(R, r);
	from_hex(S, s);
	memcpy(key.x, x + 2, 32);
	memcpy(key.y, y + 2, 32);
	memcpy(signature.r, r + 2, 32);
	memcpy(signature.s, s + 2, 32);
	assert_true(quote_signature_holds(&signature, &key, "sample", 6));
	assert_false(quote_signature_holds(&signature, &key, "simple", 6));
	for (size_t bit = 0; bit < 256; bit += 37) {
		signature.r[bit / 8] ^= 1 << bit % 8;
		assert_false(quote_signature_holds(&signature, &key, "sample", 6));
		signature.r[bit / 8] ^= 1 << bit % 8;
		key.y[bit / 8] ^= 1 << bit % 8; /* not on the curve any more */
		assert_false(quote_signature_holds(&signature, &key, "sample", 6));
		key.y[bit / 8] ^= 1 << bit % 8;
	}
	memset(&signature, 0, sizeof(signature));
	assert_false(quote_signature_holds(&signature, &key, "sample", 6));
	memset(&key, 0, sizeof(key)); /* no point at all */
	assert_false(quote_signature_holds(&signature, &key, "sample", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),	   cmocka_unit_test(answers_are_read),
		cmocka_unit_test(parts_are_found), cmocka_unit_test(files_are_read),
		cmocka_unit_test(known_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
