/* SPDX-License-Identifier: MIT */
/*
 * E6: who vouches for the chain's end. journal.end names the run, its number of records and the
 * end of its chain; journal.end.minisig is minisign's signature of it (prehashed Ed25519), read
 * here and not by what signs. What the statement says must be what the journal is: an old signature
 * under a new run id does not hold.
 */
#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/signature.h"
#include "lab/verify/verify.h"

static struct public_key trusted;
static bool has_trusted;

/* The 0-based line of a text; its length. */
static size_t find_line(const char **text, size_t number)
{
	for (; number && *text; number--) {
		const char *end = strchr(*text, '\n');

		*text = end ? end + 1 : NULL;
	}
	return *text ? strcspn(*text, "\r\n") : 0;
}

static bool decode_line(const char *text, size_t number, void *out, size_t bytes)
{
	size_t len = find_line(&text, number), got;

	return text &&
	       !sodium_base642bin(out, bytes, text, len, NULL, &got, NULL,
				  sodium_base64_VARIANT_ORIGINAL) &&
	       got == bytes;
}

bool public_key_read(const char *text, struct public_key *out)
{
	uint8_t file[42];

	/* The file, or the bare word of its second line. */
	if (!decode_line(text, strchr(text, ' ') ? 1 : 0, file, sizeof(file)) ||
	    memcmp(file, "Ed", 2) != 0)
		return false;
	memcpy(out->number, file + 2, sizeof(out->number));
	memcpy(out->point, file + 10, sizeof(out->point));
	return true;
}

bool signature_read(const char *text, struct signature *out)
{
	static const char trusted_comment[] = "trusted comment: ";
	uint8_t file[74];
	const char *comment = text;
	size_t len = find_line(&comment, 2), skip = sizeof(trusted_comment) - 1;

	if (!decode_line(text, 1, file, sizeof(file)) || memcmp(file, "ED", 2) != 0 || len < skip ||
	    len - skip >= sizeof(out->comment) || strncmp(comment, trusted_comment, skip) != 0 ||
	    !decode_line(text, 3, out->global, sizeof(out->global)))
		return false;
	memcpy(out->number, file + 2, sizeof(out->number));
	memcpy(out->bytes, file + 10, sizeof(out->bytes));
	snprintf(out->comment, sizeof(out->comment), "%.*s", (int)(len - skip), comment + skip);
	return true;
}

bool signature_holds(const struct signature *signature, const struct public_key *key,
		     const void *data, size_t len)
{
	uint8_t hash[64], whole[64 + sizeof(signature->comment)];
	size_t comment = strlen(signature->comment);

	crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
	memcpy(whole, signature->bytes, 64);
	memcpy(whole + 64, signature->comment, comment);
	return !crypto_sign_verify_detached(signature->bytes, hash, sizeof(hash), key->point) &&
	       !crypto_sign_verify_detached(signature->global, whole, 64 + comment, key->point);
}

int signature_trust(const char *path, char *why, size_t room)
{
	char *text;
	ssize_t len = file_load(&text, 65536, path);

	if (len < 0)
		return text_refuse((int)len, why, room, "%s: %s", path, strerror((int)-len));
	has_trusted = public_key_read(text, &trusted);
	free(text);
	return has_trusted ? 0 :
			     text_refuse(-1, why, room, "%s: not a public key of minisign", path);
}

static void number_format(const uint8_t number[8], char out[17])
{
	for (size_t i = 0; i < 8; i++)
		snprintf(out + 2 * i, 3, "%02X", number[7 - i]);
}

static char *load(const struct folder *folder, const char *name)
{
	char path[PATH_ROOM], *text;

	if (path_format(path, sizeof(path), "%s/%s", folder->path, name) || !folder->path[0] ||
	    file_load(&text, 65536, path) < 0)
		return NULL;
	return text;
}

/* What journal.end must say of this journal. */
static bool says_this_run(const struct inquest *inquest, const char *statement)
{
	const struct records *records = inquest->records;
	const struct record *last = records->count ? &records->at[records->count - 1] : NULL;
	char expected[300];

	if (!last)
		return false;
	snprintf(expected, sizeof(expected), "assay run %.100s\nrecords %u\nchain end %s\n",
		 or_unknown(records_run_id(records)), last->sequence + 1, last->head);
	return !strcmp(expected, statement);
}

static void judge_files(const struct inquest *inquest, const char *statement, const char *text,
			struct claim *claim)
{
	struct signature signature;
	char number[17], ours[17];

	if (!says_this_run(inquest, statement))
		claim_fail(claim, "journal.end is of another run or of another journal");
	if (!signature_read(text, &signature))
		return claim_fail(claim, "journal.end.minisig is not a signature of minisign");
	number_format(signature.number, number);
	if (!has_trusted)
		return claim_informative(claim, "signed by key %s; key=FILE says whose it must be",
					 number);
	number_format(trusted.number, ours);
	if (memcmp(signature.number, trusted.number, 8) != 0)
		return claim_fail(claim, "signed by key %s, not by %s", number, ours);
	if (!signature_holds(&signature, &trusted, statement, strlen(statement)))
		return claim_fail(claim, "the signature does not hold");
	claim_fact(claim, "signed by key %s: %s", number, signature.comment);
}

void judge_signature(const struct inquest *inquest, struct claim *claim)
{
	char *statement = load(inquest->folder, "journal.end"),
	     *text = load(inquest->folder, "journal.end.minisig");
	const char *said = json_text(inquest->start, "metadata.signature.state");

	if (statement && text)
		judge_files(inquest, statement, text, claim);
	else if (statement || text || has_trusted)
		claim_fail(claim, "%s",
			   statement || text ?
				   "one of journal.end and journal.end.minisig is absent" :
				   "unsigned, and a key was given");
	else if (said && strcmp(said, "unsigned") != 0)
		claim_fail(claim, "the run was to be signed with key %.20s, and is not",
			   or_unknown(json_text(inquest->start, "metadata.signature.key")));
	else
		claim_remark(claim, "unsigned%s", said ? ", as the run says" : "");
	free(statement);
	free(text);
}
