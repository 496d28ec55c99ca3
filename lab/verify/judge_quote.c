/* SPDX-License-Identifier: MIT */
/*
 * E8: does a TPM vouch for the journal's end? journal.quote is what it signed (TPMS_ATTEST),
 * journal.quote.sig the signature, journal.quote.pub the key; tpm2_checkquote reads the same files.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/quote.h"
#include "lab/verify/sha256.h"
#include "lab/verify/verify.h"

enum { PCRS = 24, FILE_MOST = 4096 };
enum { ATTEST, SIGNATURE, KEY, FILES };
static const char *const names[FILES] = { "journal.quote", "journal.quote.sig",
					  "journal.quote.pub" };

struct evidence {
	char *data[FILES];
	ssize_t len[FILES];
	size_t count; /* so many are there */
	struct quote quote;
	struct quote_signature signature;
	struct quote_key key;
};

static uint8_t trusted[32]; /* by its name */
static bool has_trusted;

int quote_trust(const char *path, char *why, size_t room)
{
	struct quote_key key;
	char *data;
	ssize_t len = file_load(&data, FILE_MOST, path);
	const char *wrong;

	if (len < 0)
		return text_refuse((int)len, why, room, "%s: %s", path, strerror((int)-len));
	wrong = quote_key_read(data, (size_t)len, &key);
	free(data);
	if (wrong)
		return text_refuse(-1, why, room, "%s %s: a journal.quote.pub expected", path,
				   wrong);
	memcpy(trusted, key.name, sizeof(trusted));
	has_trusted = true;
	return 0;
}

static void load(const struct folder *folder, struct evidence *out)
{
	char path[PATH_ROOM];

	*out = (struct evidence){ .count = 0 };
	for (size_t i = 0; i < FILES; i++) {
		out->len[i] = path_format(path, sizeof(path), "%s/%s", folder->path, names[i]);
		if (!out->len[i] && folder->path[0])
			out->len[i] = file_load(&out->data[i], FILE_MOST, path);
		out->count += out->data[i] != NULL;
	}
}

static bool read_all(struct evidence *evidence, struct claim *claim)
{
	const char *wrong[FILES] = {
		quote_read(evidence->data[ATTEST], (size_t)evidence->len[ATTEST], &evidence->quote),
		quote_signature_read(evidence->data[SIGNATURE], (size_t)evidence->len[SIGNATURE],
				     &evidence->signature),
		quote_key_read(evidence->data[KEY], (size_t)evidence->len[KEY], &evidence->key),
	};
	bool sound = true;

	for (size_t i = 0; i < FILES; i++)
		if (wrong[i]) {
			claim_fail(claim, "%s %s", names[i], wrong[i]);
			sound = false;
		}
	return sound;
}

/* ---- what the run says of the boot that quoted ---- */

struct told {
	char key[65], pcrs[65]; /* "": not told */
};

static bool digest_stated(const cJSON *list, char out[65])
{
	struct sha256 sha;
	uint8_t all[32];

	sha256_begin(&sha);
	for (int i = 0; i < PCRS; i++) {
		const char *hex = cJSON_GetStringValue(cJSON_GetArrayItem(list, i));
		uint8_t pcr[32];

		if (!hex || strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
			return false;
		for (size_t at = 0; at < sizeof(pcr); at++) {
			char two[3] = { hex[2 * at], hex[2 * at + 1], '\0' };

			pcr[at] = (uint8_t)strtoul(two, NULL, 16);
		}
		sha256_add(&sha, pcr, sizeof(pcr));
	}
	sha256_end(&sha, all);
	sha256_hex(all, out);
	return true;
}

/* Its start; where a later boot went on with it, that boot's own line. */
static void read_told(const struct inquest *inquest, struct told *out)
{
	const char *key = json_text(inquest->start, "metadata.tpm.quoteKey");

	memset(out, 0, sizeof(*out));
	snprintf(out->key, sizeof(out->key), "%s", key ? key : "");
	digest_stated(json_path(inquest->start, "metadata.tpm.pcrSha256"), out->pcrs);
	for (size_t i = 0; i < inquest->records->count; i++) {
		const cJSON *body;
		const char *kind = record_kind(inquest->records->at[i].json, &body);
		const char *text = kind && !strcmp(kind, "log") ? json_text(body, "message") : NULL;
		struct told later;

		if (text && sscanf(text,
				   "TPM: of this boot: SHA-256 over all PCRs %64[0-9a-f], quote by "
				   "key %64[0-9a-f]",
				   later.pcrs, later.key) == 2)
			*out = later;
	}
}

/* ---- the judgement ---- */

static void compare(const struct inquest *inquest, const struct evidence *evidence,
		    struct claim *claim)
{
	const struct records *records = inquest->records;
	char nonce[65], pcrs[65], key[65];
	struct told told;

	read_told(inquest, &told);
	sha256_hex(evidence->quote.nonce, nonce);
	sha256_hex(evidence->quote.pcrs, pcrs);
	sha256_hex(evidence->key.name, key);
	if (!records->count || strcmp(nonce, records->at[records->count - 1].head) != 0)
		claim_fail(claim, "the TPM quotes %.16s, which is not the end of this journal",
			   nonce);
	if (strcmp(key, told.key) != 0)
		claim_fail(claim, "it is quoted by key %.16s; the run names %.16s", key,
			   told.key[0] ? told.key : "none");
	if (strcmp(pcrs, told.pcrs) != 0)
		claim_fail(claim, "the PCRs that are quoted are not those that the run states");
	if (memcmp(evidence->quote.signer, evidence->key.signer, sizeof(evidence->key.signer)) != 0)
		claim_fail(claim, "the quote names another signer than journal.quote.pub");
	if (!quote_signature_holds(&evidence->signature, &evidence->key, evidence->data[ATTEST],
				   (size_t)evidence->len[ATTEST]))
		claim_fail(claim, "the TPM's signature does not hold");
	if (has_trusted && memcmp(evidence->key.name, trusted, sizeof(trusted)) != 0)
		claim_fail(claim, "quoted by key %.16s, which is not that of tpm=", key);
	else if (claim->word == CLAIM_PASS)
		claim_remark(claim, "the TPM quotes the journal's end, by key %.16s%s", key,
			     has_trusted ? "" : "; tpm=FILE says whose it must be");
	claim_fact(claim, "quoted by key %s; the TPM was reset %u times", key,
		   evidence->quote.resets);
}

static void tell_absence(const struct inquest *inquest, struct claim *claim)
{
	const char *key = json_text(inquest->start, "metadata.tpm.quoteKey");
	const char *why = json_text(inquest->start, "metadata.tpm.noQuote");
	const char *state = json_text(inquest->start, "metadata.tpm.state");

	if (has_trusted)
		claim_fail(claim, "no quote, and a key was given");
	else if (key)
		claim_missing(claim, "the quote of the journal's end is not here");
	else if (state && strcmp(state, "none") != 0)
		claim_remark(claim, "no quote%s%s", why ? ": " : "", why ? why : "");
}

void judge_quote(const struct inquest *inquest, struct claim *claim)
{
	struct evidence evidence;

	load(inquest->folder, &evidence);
	if (!evidence.count)
		tell_absence(inquest, claim);
	else if (evidence.count < FILES)
		claim_fail(claim, "of %s, .sig and .pub not all are here", names[ATTEST]);
	else if (read_all(&evidence, claim))
		compare(inquest, &evidence, claim);
	for (size_t i = 0; i < FILES; i++)
		free(evidence.data[i]);
}
