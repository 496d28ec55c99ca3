/* SPDX-License-Identifier: MIT */
/* TPM 2.0 commands and answers. All numbers are big-endian. See command.h. */
#include "init/tpm/command.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { HEAD = 10, WITH_SESSIONS = 0x8002, CREATE_PRIMARY = 0x131, QUOTE = 0x158 };
enum { ECC = 0x23, SHA256 = 0x0b, NONE = 0x10, ECDSA = 0x18, NIST_P256 = 3, PCR_BYTES = 3 };
static const uint32_t endorsement = 0x4000000b, password_session = 0x40000009;
/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign. */
static const uint32_t attestation_key = 0x00050472;

/* ---- commands ---- */

struct writer {
	uint8_t *at;
	size_t len;
};

static void put(struct writer *writer, uint64_t value, size_t bytes)
{
	while (bytes--)
		writer->at[writer->len++] = (uint8_t)(value >> 8 * bytes);
}

/* With one handle, which an empty password opens. */
static struct writer begin(uint8_t *out, uint32_t command, uint32_t handle)
{
	struct writer writer = { out, 0 };

	put(&writer, WITH_SESSIONS, 2);
	put(&writer, 0, 4); /* the length, once it is known */
	put(&writer, command, 4);
	put(&writer, handle, 4);
	put(&writer, 4 + 2 + 1 + 2, 4);
	put(&writer, password_session, 4);
	put(&writer, 0, 2 + 1 + 2); /* no nonce, no attributes, no password */
	return writer;
}

static size_t finish(struct writer *writer)
{
	struct writer length = { writer->at, 2 };

	put(&length, writer->len, 4);
	return writer->len;
}

static void put_template(struct writer *writer)
{
	put(writer, ECC, 2);
	put(writer, SHA256, 2);
	put(writer, attestation_key, 4);
	put(writer, 0, 2);    /* no policy */
	put(writer, NONE, 2); /* wraps no other keys */
	put(writer, ECDSA, 2);
	put(writer, SHA256, 2);
	put(writer, NIST_P256, 2);
	put(writer, NONE, 2); /* derives none */
	put(writer, 0, 2);    /* nothing that would make it another key */
	put(writer, 0, 2);
}

size_t tpm_make_key(uint8_t out[TPM_MOST])
{
	struct writer writer = begin(out, CREATE_PRIMARY, endorsement);
	struct writer before;

	put(&writer, 4, 2); /* sensitive: */
	put(&writer, 0, 2); /* no password */
	put(&writer, 0, 2); /* no data */
	before = writer;
	put(&writer, 0, 2);
	put_template(&writer);
	put(&before, writer.len - before.len - 2, 2);
	put(&writer, 0, 2); /* nothing from outside */
	put(&writer, 0, 4); /* and no PCRs in its creation data */
	return finish(&writer);
}

size_t tpm_make_quote(uint32_t key, const uint8_t nonce[TPM_NONCE], uint8_t out[TPM_MOST])
{
	struct writer writer = begin(out, QUOTE, key);

	put(&writer, TPM_NONCE, 2);
	memcpy(writer.at + writer.len, nonce, TPM_NONCE);
	writer.len += TPM_NONCE;
	put(&writer, NONE, 2); /* the key's own scheme */
	put(&writer, 1, 4);
	put(&writer, SHA256, 2);
	put(&writer, PCR_BYTES, 1);
	put(&writer, 0xffffff, PCR_BYTES);
	return finish(&writer);
}

/* ---- answers ---- */

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

static struct tpm_part take(struct reader *reader, size_t bytes)
{
	struct tpm_part part = { reader->at, bytes };

	if (reader->bad || bytes > reader->left) {
		reader->bad = true;
		return (struct tpm_part){ NULL, 0 };
	}
	reader->at += bytes;
	reader->left -= bytes;
	return part;
}

static uint32_t take_number(struct reader *reader, size_t bytes)
{
	struct tpm_part part = take(reader, bytes);
	uint32_t number = 0;

	for (size_t i = 0; i < part.len; i++)
		number = number << 8 | part.at[i];
	return number;
}

/* What stands behind a length of two bytes. */
static struct tpm_part take_sized(struct reader *reader)
{
	return take(reader, take_number(reader, 2));
}

static int open_answer(struct reader *reader, const uint8_t *in, size_t len, uint32_t *code)
{
	*reader = (struct reader){ in, len, false };
	*code = 0;
	take_number(reader, 2);
	if (take_number(reader, 4) != len)
		return -EPROTO;
	*code = take_number(reader, 4);
	if (reader->bad)
		return -EPROTO;
	return *code ? -EREMOTEIO : 0;
}

/* The parameters; the sessions' part behind them says nothing. */
static void open_parameters(struct reader *reader)
{
	struct tpm_part parameters = take(reader, take_number(reader, 4));

	if (!reader->bad)
		*reader = (struct reader){ parameters.at, parameters.len, false };
}

int tpm_read_key(const uint8_t *in, size_t len, uint32_t *key, struct tpm_part *public_area,
		 uint32_t *code)
{
	struct reader reader;
	int err = open_answer(&reader, in, len, code);

	if (err)
		return err;
	*key = take_number(&reader, 4);
	open_parameters(&reader);
	public_area->at = reader.at;
	public_area->len = take_sized(&reader).len + 2;
	return reader.bad || public_area->len == 2 ? -EPROTO : 0;
}

int tpm_read_quote(const uint8_t *in, size_t len, struct tpm_part *attest,
		   struct tpm_part *signature, uint32_t *code)
{
	struct reader reader;
	int err = open_answer(&reader, in, len, code);

	if (err)
		return err;
	open_parameters(&reader);
	*attest = take_sized(&reader);
	*signature = take(&reader, reader.left);
	return reader.bad || !attest->len || !signature->len ? -EPROTO : 0;
}
