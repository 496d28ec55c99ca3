/* SPDX-License-Identifier: MIT */
/* Ed25519 signatures in minisign's files. */
#include "lib/minisign.h"

#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>

/* The second line of a secret key file, decoded. All fields are bytes, so there is no padding. */
struct secret_file {
	uint8_t algorithm[2], derivation[2], checksum_algorithm[2], salt[32], limits[16];
	uint8_t number[8], secret[64], checksum[32];
};
_Static_assert(sizeof(struct secret_file) == 158, "minisign's secret key");

static int decode_second_line(const char *text, void *out, size_t room)
{
	const char *line = strchr(text, '\n');
	size_t len = line ? strcspn(line + 1, "\r\n") : 0, got;

	if (!line || strncmp(text, "untrusted comment:", 18) != 0 ||
	    sodium_base642bin(out, room, line + 1, len, NULL, &got, NULL,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    got != room)
		return -EINVAL;
	return 0;
}

/* The public half stands in the second half of the secret one: it must belong to the first. */
static bool is_sound(const uint8_t secret[64])
{
	uint8_t public[32], again[64];

	crypto_sign_seed_keypair(public, again, secret);
	sodium_memzero(again, sizeof(again));
	return !sodium_memcmp(public, secret + 32, sizeof(public));
}

static uint64_t little64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | at[i];
	return value;
}

/* Number, key and checksum lie under a stream that the password gives by scrypt; the checksum says
 * whether it was the right one. More work than minisign itself asks for is somebody's trap. */
static int uncover(struct secret_file *file, const char *password, char *why, size_t room)
{
	uint8_t *covered = (uint8_t *)file + offsetof(struct secret_file, number);
	uint8_t stream[8 + 64 + 32], sum[32];
	uint64_t work = little64(file->limits), memory = little64(file->limits + 8);
	bool right;

	if (memcmp(file->derivation, "Sc", 2) != 0 || memcmp(file->checksum_algorithm, "B2", 2) ||
	    work > crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE ||
	    memory > crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE)
		return text_refuse(-EINVAL, why, room,
				   "the key is covered in a way that minisign does not use");
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password, strlen(password),
					       file->salt, work, (size_t)memory))
		return text_refuse(-ENOMEM, why, room, "to open the key takes %llu MiB of memory",
				   (unsigned long long)(memory >> 20));
	for (size_t i = 0; i < sizeof(stream); i++)
		covered[i] ^= stream[i];
	sodium_memzero(stream, sizeof(stream));
	memcpy(stream, file->algorithm, 2);
	memcpy(stream + 2, covered, 8 + 64);
	crypto_generichash(sum, sizeof(sum), stream, 2 + 8 + 64, NULL, 0);
	sodium_memzero(stream, sizeof(stream));
	right = !sodium_memcmp(sum, file->checksum, sizeof(sum));
	return right ? 0 : text_refuse(-EKEYREJECTED, why, room, "the password is not this key's");
}

/* Decoded, and nothing over it. */
static int open_file(struct secret_file *file, const char *text, const char *password, char *why,
		     size_t room)
{
	int err = decode_second_line(text, file, sizeof(*file));

	if (err || memcmp(file->algorithm, "Ed", 2) != 0)
		return text_refuse(-EINVAL, why, room,
				   "not a secret key of minisign (minisign -G -W)");
	if (!file->derivation[0] && !file->derivation[1])
		return 0;
	if (!password)
		return text_refuse(-EACCES, why, room,
				   "the key has a password: a key made by minisign -G -W has none");
	return uncover(file, password, why, room);
}

int minisign_key_read(const char *text, const char *password, struct minisign_key *out, char *why,
		      size_t room)
{
	struct secret_file file;
	int err = open_file(&file, text, password, why, room);

	if (!err && !is_sound(file.secret))
		err = text_refuse(-EINVAL, why, room, "the key is damaged");
	if (!err) {
		memcpy(out->number, file.number, sizeof(out->number));
		memcpy(out->secret, file.secret, sizeof(out->secret));
	}
	sodium_memzero(&file, sizeof(file));
	return err;
}

void minisign_key_forget(struct minisign_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

void minisign_key_id(const struct minisign_key *key, char out[17])
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < 16; i++)
		out[i] = digits[key->number[7 - i / 2] >> (i % 2 ? 0 : 4) & 15];
	out[16] = '\0';
}

void minisign_key_fingerprint(const struct minisign_key *key, struct digest *out)
{
	digest_of(key->secret + 32, 32, out);
}

static void add_base64(struct text *out, const void *data, size_t len)
{
	char line[256];

	sodium_bin2base64(line, sizeof(line), data, len, sodium_base64_VARIANT_ORIGINAL);
	text_add(out, "%s\n", line);
}

void minisign_sign(const struct minisign_key *key, const void *data, size_t len,
		   const char *comment, struct text *out)
{
	uint8_t hash[64], file[2 + 8 + 64] = "ED", whole[64 + 200], global[64];
	size_t comment_len = strnlen(comment, sizeof(whole) - 64);

	crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
	memcpy(file + 2, key->number, 8);
	crypto_sign_detached(file + 10, NULL, hash, sizeof(hash), key->secret);
	memcpy(whole, file + 10, 64);
	memcpy(whole + 64, comment, comment_len);
	crypto_sign_detached(global, NULL, whole, 64 + comment_len, key->secret);
	text_add(out, "untrusted comment: signature of an assay run\n");
	add_base64(out, file, sizeof(file));
	text_add(out, "trusted comment: %.*s\n", (int)comment_len, comment);
	add_base64(out, global, sizeof(global));
}

void statement_format(struct text *out, const char *run_id, unsigned records, const char *head)
{
	text_add(out, "assay run %s\nrecords %u\nchain end %s\n", run_id, records, head);
}
