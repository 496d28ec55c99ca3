/* SPDX-License-Identifier: MIT */
/*
 * A run signed by the machine itself, with a key that its owner left on the results partition:
 * assay.key, made by minisign -G -W. That is a weak place for a key: whoever can read the partition
 * has it, and the signature then says no more than that the run was made where this key was. A desk
 * that keeps its key to itself (assay sign) or a TPM vouches for more.
 */
#include "init/init.h"
#include "lib/minisign.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct minisign_key key;
static bool has_key;
static char key_problem[200];

void sign_prepare(const struct story *story)
{
	char *text = NULL, id[17], hex[65];
	struct digest fingerprint;
	int err = results_load(&story->results, "assay.key", &text);

	if (!err && text)
		err = minisign_key_read(text, NULL, &key, key_problem, sizeof(key_problem));
	else if (err)
		text_refuse(err, key_problem, sizeof(key_problem), "cannot be read: %s",
			    strerror(-err));
	has_key = !err && text;
	free(text);
	if (!has_key)
		return console_say("assay: unsigned%s%s", key_problem[0] ? ": assay.key: " : "",
				   key_problem);
	minisign_key_id(&key, id);
	minisign_key_fingerprint(&key, &fingerprint);
	digest_hex(&fingerprint, hex, 32);
	console_say("assay: to be signed with key %s, SHA-256 of the public key %s", id, hex);
}

/* For the run's start: by whom it will be signed, or that it will not. */
cJSON *sign_facts(void)
{
	cJSON *facts = cJSON_CreateObject();
	char id[17], hex[65];
	struct digest fingerprint;

	cJSON_AddStringToObject(facts, "state", has_key ? "Ed25519" : "unsigned");
	if (key_problem[0])
		cJSON_AddStringToObject(facts, "reason", key_problem);
	if (!has_key)
		return facts;
	minisign_key_id(&key, id);
	minisign_key_fingerprint(&key, &fingerprint);
	digest_hex(&fingerprint, hex, 32);
	cJSON_AddStringToObject(facts, "key", id);
	cJSON_AddStringToObject(facts, "publicKeySha256", hex);
	return facts;
}

void sign_end(struct story *story, const char *head)
{
	char statement[300], signature[1024], comment[200];
	struct text text;

	if (!has_key)
		return;
	text_begin(&text, statement, sizeof(statement));
	statement_format(&text, story->run_id, story->journal.sequence, head);
	snprintf(comment, sizeof(comment), "signed by the machine; assay run %.100s",
		 story->run_id);
	text_begin(&text, signature, sizeof(signature));
	minisign_sign(&key, statement, strlen(statement), comment, &text);
	minisign_key_forget(&key);
	if (story_put(story, "journal.end", statement, strlen(statement)) ||
	    story_put(story, "journal.end.minisig", signature, strlen(signature)))
		console_say("assay: the signature could not be kept");
}
