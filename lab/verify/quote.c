/* SPDX-License-Identifier: MIT */
/* A TPM's quote, as bytes that anybody may have written. See quote.h. All numbers are big-endian. */
#include <string.h>

#include "lab/verify/cursor.h"
#include "lab/verify/quote.h"
#include "lab/verify/sha256.h"

enum { MAGIC = 0xff544347, ATTEST_QUOTE = 0x8018, SHA256_ID = 0x0b, NO_ALGORITHM = 0x10 };
enum { ECC = 0x23, ECDSA = 0x18, NIST_P256 = 3, ENDORSEMENT = 0x4000000b };
/* fixedTPM, sensitiveDataOrigin, restricted, sign: made in the TPM, stays there, and signs nothing
 * from outside that looks like a quote. And it decrypts nothing. */
enum { ATTRIBUTES = 1 << 1 | 1 << 5 | 1 << 16 | 1 << 18, DECRYPT = 1 << 17 };

static const char cut_off[] = "is cut off", longer[] = "has more bytes than it says";

static uint32_t take_number(struct cursor *cursor, size_t bytes)
{
	const uint8_t *at = cursor_take(cursor, bytes);
	uint32_t number = 0;

	for (size_t i = 0; at && i < bytes; i++)
		number = number << 8 | at[i];
	return number;
}

/* A number of the curve: at most 32 bytes, those in front that are zero perhaps not there. */
static void take_scalar(struct cursor *cursor, uint8_t out[32])
{
	size_t len = take_number(cursor, 2);
	const uint8_t *at = cursor_take(cursor, len);

	memset(out, 0, 32);
	if (len > 32)
		cursor->bad = true;
	else if (at)
		memcpy(out + 32 - len, at, len);
}

static bool take_exactly(struct cursor *cursor, void *out, size_t bytes)
{
	size_t len = take_number(cursor, 2);
	const uint8_t *at = cursor_take(cursor, len);

	if (at && len == bytes)
		memcpy(out, at, bytes);
	return len == bytes;
}

static const char *at_end(const struct cursor *cursor)
{
	return cursor->bad ? cut_off : cursor->left ? longer : NULL;
}

/* ---- the key ---- */

/* A name is an algorithm and a hash; the qualified one is over the parent's name and it. */
static void name_key(const uint8_t *area, size_t len, struct quote_key *out)
{
	static const uint8_t parent[4] = { ENDORSEMENT >> 24, 0, 0, ENDORSEMENT & 0xff };
	const uint8_t algorithm[2] = { 0, SHA256_ID };
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, area, len);
	sha256_end(&sha, out->name);
	sha256_begin(&sha);
	sha256_add(&sha, parent, sizeof(parent));
	sha256_add(&sha, algorithm, sizeof(algorithm));
	sha256_add(&sha, out->name, sizeof(out->name));
	memcpy(out->signer, algorithm, 2);
	sha256_end(&sha, out->signer + 2);
}

static const char *read_area(struct cursor *cursor, struct quote_key *out)
{
	uint32_t type = take_number(cursor, 2), hash = take_number(cursor, 2);
	uint32_t attributes = take_number(cursor, 4), wraps, scheme, of, curve, derives;

	cursor_take(cursor, take_number(cursor, 2)); /* a policy would only say who may use it */
	wraps = take_number(cursor, 2);
	scheme = take_number(cursor, 2);
	of = take_number(cursor, 2);
	curve = take_number(cursor, 2);
	derives = take_number(cursor, 2);
	take_scalar(cursor, out->x);
	take_scalar(cursor, out->y);
	if (cursor->bad)
		return cut_off;
	if (type != ECC || hash != SHA256_ID || scheme != ECDSA || of != SHA256_ID ||
	    curve != NIST_P256)
		return "is no key for ECDSA on P-256 with SHA-256";
	if ((attributes & ATTRIBUTES) != ATTRIBUTES || attributes & DECRYPT ||
	    wraps != NO_ALGORITHM || derives != NO_ALGORITHM)
		return "is no restricted signing key that a TPM made: it could sign what looks like a quote";
	return at_end(cursor);
}

const char *quote_key_read(const void *data, size_t len, struct quote_key *out)
{
	struct cursor cursor = { data, len, false };
	size_t area = take_number(&cursor, 2);

	memset(out, 0, sizeof(*out));
	if (cursor.bad || area > cursor.left)
		return cut_off;
	if (area < cursor.left)
		return longer;
	name_key(cursor.at, area, out);
	return read_area(&cursor, out);
}

/* ---- what is signed ---- */

static bool takes_all_pcrs(struct cursor *cursor)
{
	static const uint8_t all[3] = { 0xff, 0xff, 0xff };
	uint32_t banks = take_number(cursor, 4), bank = take_number(cursor, 2);
	uint32_t bytes = take_number(cursor, 1);
	const uint8_t *chosen = cursor_take(cursor, sizeof(all));

	return chosen && banks == 1 && bank == SHA256_ID && bytes == sizeof(all) &&
	       !memcmp(chosen, all, sizeof(all));
}

const char *quote_read(const void *data, size_t len, struct quote *out)
{
	struct cursor cursor = { data, len, false };
	uint32_t magic = take_number(&cursor, 4), type = take_number(&cursor, 2);
	bool named, ours, all, whole;

	memset(out, 0, sizeof(*out));
	if (cursor.bad)
		return cut_off;
	if (magic != MAGIC || type != ATTEST_QUOTE)
		return "is nothing that a TPM says of its PCRs";
	named = take_exactly(&cursor, out->signer, sizeof(out->signer));
	ours = take_exactly(&cursor, out->nonce, sizeof(out->nonce));
	cursor_take(&cursor, 8); /* the TPM's clock */
	out->resets = take_number(&cursor, 4);
	out->restarts = take_number(&cursor, 4);
	cursor_take(&cursor, 1 + 8); /* is the clock safe; the TPM's firmware */
	all = takes_all_pcrs(&cursor);
	whole = take_exactly(&cursor, out->pcrs, sizeof(out->pcrs));
	if (cursor.bad)
		return cut_off;
	if (!named || !ours)
		return "has no signer or no nonce of 32 bytes";
	return !all || !whole ? "is not of all 24 PCRs of the SHA-256 bank" : at_end(&cursor);
}

/* ---- the signature ---- */

const char *quote_signature_read(const void *data, size_t len, struct quote_signature *out)
{
	struct cursor cursor = { data, len, false };
	uint32_t scheme = take_number(&cursor, 2), hash = take_number(&cursor, 2);

	take_scalar(&cursor, out->r);
	take_scalar(&cursor, out->s);
	if (!cursor.bad && (scheme != ECDSA || hash != SHA256_ID))
		return "is not of ECDSA with SHA-256";
	return at_end(&cursor);
}

bool quote_signature_holds(const struct quote_signature *signature, const struct quote_key *key,
			   const void *data, size_t len)
{
	struct sha256 sha;
	uint8_t digest[32];

	sha256_begin(&sha);
	sha256_add(&sha, data, len);
	sha256_end(&sha, digest);
	return p256_holds(key->x, key->y, signature->r, signature->s, digest);
}
