/* SPDX-License-Identifier: MIT */
/* assay sign: who collected a run vouches for it. Writes journal.end and journal.end.minisig beside
 * the journal; what minisign -Vm journal.end then says is checked by assay verify, too. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/verify/verify.h"
#include "lib/minisign.h"

enum { KEY, PASSWORD, RESULTS };
static struct arg keys[] = {
	[KEY] = { "key", NULL, "FILE",
		  "a secret key: minisign -G, or -G -W for one without a password" },
	[PASSWORD] = { "password", NULL, "FILE",
		       "its first line is the key's password; without it you are asked" },
	[RESULTS] = { "results", "results", "DIR", "the folder of all runs" },
	{ 0 },
};
static struct minisign_key key;

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay sign: %s\n", why);
	return code;
}

static int open_key(const char *text, const char *path, char *why, size_t room)
{
	char password[PASSWORD_ROOM];
	int err = password_take(keys[PASSWORD].value, path, password, why, room);

	if (!err)
		err = minisign_key_read(text, password, &key, why, room);
	sodium_memzero(password, sizeof(password));
	return err;
}

static int load_key(const char *path, char *why, size_t room)
{
	char *text, reason[WHY_ROOM];
	ssize_t len = file_load(&text, 65536, path);
	int err;

	if (len < 0)
		return text_refuse((int)len, why, room, "%s: %s%s", path, strerror((int)-len),
				   len == -ENOENT ? "; minisign -G -W makes one" : "");
	err = minisign_key_read(text, NULL, &key, reason, sizeof(reason));
	if (err == -EACCES)
		err = open_key(text, path, reason, sizeof(reason));
	sodium_memzero(text, (size_t)len);
	free(text);
	return err ? text_refuse(err, why, room, "%s: %s", path, reason) : 0;
}

/* What is not so is not signed. */
static int check(const struct folder *folder, char *why, size_t room)
{
	struct inquest inquest;
	int err = inquest_begin(&inquest, folder);

	for (size_t i = 0; !err && i < requirement_count; i++) {
		struct claim claim;

		/* An earlier signature is replaced. */
		if (!strcmp(requirements[i].id, "E6"))
			continue;
		requirement_judge(&requirements[i], &inquest, &claim);
		if (claim.word == CLAIM_FAIL)
			err = text_refuse(-EINVAL, why, room, "%s: not signed: %s fails: %s",
					  folder->path, requirements[i].id,
					  claim.notes.count ? claim.notes.line[0] : "");
		claim_free(&claim);
	}
	if (!err && !records_first(inquest.records, "testRunEnd"))
		err = text_refuse(-EINVAL, why, room, "%s: not signed: the run has no end",
				  folder->path);
	inquest_end(&inquest);
	return err;
}

static int write_beside(const struct folder *folder, const char *name, const char *text, char *why,
			size_t room)
{
	char path[PATH_ROOM];
	int err = path_format(path, sizeof(path), "%s/%s", folder->path, name);

	if (!err)
		err = path_write(path, text, strlen(text));
	return err ? text_refuse(err, why, room, "%s/%s: %s", folder->path, name, strerror(-err)) :
		     0;
}

static int sign(const struct folder *folder, char *why, size_t room)
{
	const struct records *records = &folder->journal.records;
	const struct record *last = &records->at[records->count - 1];
	const char *id = records_run_id(records);
	char statement[512], signature[1024], comment[200];
	struct text text;
	int err;

	text_begin(&text, statement, sizeof(statement));
	statement_format(&text, id, last->sequence + 1, last->head);
	snprintf(comment, sizeof(comment), "signed at the desk; assay run %.100s", id);
	text_begin(&text, signature, sizeof(signature));
	minisign_sign(&key, statement, strlen(statement), comment, &text);
	err = write_beside(folder, "journal.end", statement, why, room);
	return err ? err : write_beside(folder, "journal.end.minisig", signature, why, room);
}

static int tell(const struct folder *folder)
{
	char why[WHY_ROOM] = "", id[17];
	int err = check(folder, why, sizeof(why));

	if (!err)
		err = sign(folder, why, sizeof(why));
	if (err)
		return refuse(CODE_FAILED, why[0] ? why : strerror(-err));
	minisign_key_id(&key, id);
	printf("%s/journal.end.minisig: signed with key %s\n", folder->path, id);
	return CODE_OK;
}

static int sign_main(int argc, char **argv)
{
	char why[WHY_ROOM];
	int rest = args_take(argc, argv, keys, why, sizeof(why)), code;
	const char *key_path = keys[KEY].value;

	if (rest < 0)
		return refuse(CODE_USAGE, why);
	if (!key_path)
		return refuse(CODE_USAGE, "key=FILE is needed: a secret key of minisign -G -W");
	if (load_key(key_path, why, sizeof(why)))
		return refuse(CODE_FAILED, why);
	code = folders_each(keys[RESULTS].value, argv + 1, (size_t)rest, tell, refuse);
	minisign_key_forget(&key);
	return code;
}

const struct verb verb_sign = {
	.name = "sign",
	.usage = "sign key=FILE [RUN ...] [NAME=VALUE ...]",
	.summary = "vouch for a verified run with an Ed25519 key; minisign -Vm checks it",
	.main = sign_main,
	.operand = "RUN",
	.args = keys,
	.notes =
		"A run that assay verify rejects is not signed. Beside the journal stand journal.end and "
		"journal.end.minisig.",
	.examples = "assay sign results/latest key=mine.key\n"
		    "minisign -Vm results/latest/journal.end -p mine.pub\n",
};
