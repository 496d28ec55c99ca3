/* SPDX-License-Identifier: MIT */
/* Signatures in minisign's files [E6]: what signs and what reads share no code; each flipped bit is
 * seen. tests/lab/sign.sh has the stock program judge. */
#include "tests/unit/test.h"

#include "lab/verify/signature.h"
#include "lib/minisign.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Made by minisign 0.11 -G -W for this test; worth nothing. */
static const char secret_text[] =
	"untrusted comment: minisign encrypted secret key\n"
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAvEyrz82UXipncIKTb3JcEpfLYawHrAjiQmyDCb5ne6rZDkjPVjWr7I4jGHHk3znqcI0W"
	"haHSj8jyMwAtEs2qq/wx7fhZnotAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"A=\n";
static const char public_text[] = "untrusted comment: minisign public key 2A5E94CDCFAB4CBC\n"
				  "RWS8TKvPzZReKo4jGHHk3znqcI0WhaHSj8jyMwAtEs2qq/wx7fhZnotA\n";

static void sign(const char *data, char *out, size_t room)
{
	struct minisign_key key;
	struct text text;
	char why[200];

	assert_int_equal(minisign_key_read(secret_text, NULL, &key, why, sizeof(why)), 0);
	text_begin(&text, out, room);
	minisign_sign(&key, data, strlen(data), "a comment", &text);
	assert_false(text.cut);
}

static void what_is_signed_holds(void **state)
{
	char text[1024];
	struct signature signature;
	struct public_key key;

	(void)state;
	sign("data", text, sizeof(text));
	assert_true(public_key_read(public_text, &key));
	assert_true(signature_read(text, &signature));
	assert_string_equal(signature.comment, "a comment");
	assert_true(signature_holds(&signature, &key, "data", 4));
	assert_false(signature_holds(&signature, &key, "date", 4));
	assert_false(signature_holds(&signature, &key, "data", 3));
}

static void every_flipped_bit_is_seen(void **state)
{
	char text[1024];
	struct signature good;
	struct public_key key;

	(void)state;
	sign("data", text, sizeof(text));
	assert_true(public_key_read(public_text, &key) && signature_read(text, &good));
	for (size_t bit = 0; bit < 8 * sizeof(good.bytes); bit++) {
		struct signature bad = good;

		bad.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_ROW(bit, "signature", !signature_holds(&bad, &key, "data", 4));
		bad = good;
		bad.global[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_ROW(bit, "of the comment", !signature_holds(&bad, &key, "data", 4));
	}
}

static void names_of_a_key(void **state)
{
	struct minisign_key key;
	char id[17], why[200];

	(void)state;
	assert_int_equal(minisign_key_read(secret_text, NULL, &key, why, sizeof(why)), 0);
	minisign_key_id(&key, id);
	assert_string_equal(id, "2A5E94CDCFAB4CBC");
}

static void hostile_files(void **state)
{
	static const char *const rows[] = {
		"",
		"\n",
		"untrusted comment:",
		"untrusted comment: x\n",
		"untrusted comment: x\n\n\n\n",
		"untrusted comment: x\n!!!!\ntrusted comment: y\n!!!!\n",
		"untrusted comment: x\nRWQ\ntrusted comment: y\nRWQ\n",
		"untrusted comment: x\nRWQAAEIyAAAA\n",
	};
	struct signature signature;
	struct public_key key;
	struct minisign_key secret;
	char why[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(i, rows[i], !signature_read(rows[i], &signature));
		CHECK_ROW(i, rows[i], !public_key_read(rows[i], &key));
		CHECK_ROW(i, rows[i],
			  minisign_key_read(rows[i], NULL, &secret, why, sizeof(why)) < 0);
	}
	assert_false(signature_read(secret_text, &signature));
	assert_false(public_key_read(secret_text, &key));
	assert_true(minisign_key_read(public_text, NULL, &secret, why, sizeof(why)) < 0);
}

/* A key whose halves do not belong together signs what nobody can check. */
static void a_damaged_key_is_refused(void **state)
{
	char text[sizeof(secret_text)], why[200] = "";
	struct minisign_key key;

	(void)state;
	memcpy(text, secret_text, sizeof(text));
	text[160] = text[160] == 'A' ? 'B' : 'A';
	assert_true(minisign_key_read(text, NULL, &key, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "damaged"));
}

/* The same key under a password, as minisign covers it, with as little work as scrypt allows. */
static void cover(const char *password, uint64_t work, uint64_t memory, char out[300])
{
	enum { BYTES = 158, LIMITS = 38, COVERED = 54, CHECK = 126 };
	uint8_t file[BYTES], stream[BYTES - COVERED], summed[2 + 72];
	char line[300];

	assert_int_equal(sodium_base642bin(file, sizeof(file), strchr(secret_text, '\n') + 1,
					   sizeof(secret_text) - 51, "\n", NULL, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	memcpy(file + 2, "Sc", 2);
	memset(file + 6, 7, 32);
	for (int i = 0; i < 8; i++) {
		file[LIMITS + i] = (uint8_t)(work >> 8 * i);
		file[LIMITS + 8 + i] = (uint8_t)(memory >> 8 * i);
	}
	memcpy(summed, file, 2);
	memcpy(summed + 2, file + COVERED, 72);
	crypto_generichash(file + CHECK, 32, summed, sizeof(summed), NULL, 0);
	assert_int_equal(crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password,
							    strlen(password), file + 6, 32768,
							    16777216),
			 0);
	for (size_t i = 0; i < sizeof(stream); i++)
		file[COVERED + i] ^= stream[i];
	sodium_bin2base64(line, sizeof(line), file, sizeof(file), sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, 300, "untrusted comment: x\n%.250s\n", line);
}

static void a_key_with_a_password(void **state)
{
	static const struct {
		const char *password;
		uint64_t work, memory;
		int err;
	} rows[] = {
		{ "open sesame", 32768, 16777216, 0 },
		{ "open barley", 32768, 16777216, -EKEYREJECTED },
		{ "", 32768, 16777216, -EKEYREJECTED },
		{ NULL, 32768, 16777216, -EACCES },
		{ "open sesame", 1ull << 40, 16777216, -EINVAL },
		{ "open sesame", 32768, 1ull << 40, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[300], why[200] = "", id[17] = "";
		struct minisign_key key;

		cover("open sesame", rows[i].work, rows[i].memory, text);
		CHECK_ROW(i, why,
			  minisign_key_read(text, rows[i].password, &key, why, sizeof(why)) ==
				  rows[i].err);
		if (rows[i].err)
			continue;
		minisign_key_id(&key, id);
		CHECK_ROW(i, id, !strcmp(id, "2A5E94CDCFAB4CBC"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_signed_holds),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(names_of_a_key),
		cmocka_unit_test(hostile_files),
		cmocka_unit_test(a_damaged_key_is_refused),
		cmocka_unit_test(a_key_with_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
