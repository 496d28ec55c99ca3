/* SPDX-License-Identifier: MIT */
/* Signatures in minisign's files [E6]: what signs and what reads share no code; each flipped bit is
 * seen. tests/lab/sign.sh has the stock program judge. */
#include "tests/unit/test.h"

#include "lab/verify/signature.h"
#include "lib/minisign.h"

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

	assert_int_equal(minisign_key_read(secret_text, &key, why, sizeof(why)), 0);
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
	assert_int_equal(minisign_key_read(secret_text, &key, why, sizeof(why)), 0);
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
		CHECK_ROW(i, rows[i], minisign_key_read(rows[i], &secret, why, sizeof(why)) < 0);
	}
	assert_false(signature_read(secret_text, &signature));
	assert_false(public_key_read(secret_text, &key));
	assert_true(minisign_key_read(public_text, &secret, why, sizeof(why)) < 0);
}

/* A key whose halves do not belong together signs what nobody can check. */
static void a_damaged_key_is_refused(void **state)
{
	char text[sizeof(secret_text)], why[200] = "";
	struct minisign_key key;

	(void)state;
	memcpy(text, secret_text, sizeof(text));
	text[160] = text[160] == 'A' ? 'B' : 'A';
	assert_true(minisign_key_read(text, &key, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "damaged"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_signed_holds),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(names_of_a_key),
		cmocka_unit_test(hostile_files),
		cmocka_unit_test(a_damaged_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
