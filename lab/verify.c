/* SPDX-License-Identifier: MIT */
/* assay verify: is a run what it says? One line a requirement. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "lab/verify/quote.h"
#include "lab/verify/signature.h"
#include "lab/verify/verify.h"

static bool quiet, strict;
static struct cJSON *all; /* of the JSON form */

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay verify: %s\n", why);
	return code;
}

static cJSON *claim_json(const struct requirement *requirement, const struct claim *claim)
{
	cJSON *json = cJSON_CreateObject(), *notes = cJSON_AddArrayToObject(json, "notes");

	cJSON_AddStringToObject(json, "id", requirement->id);
	cJSON_AddStringToObject(json, "verdict", claim_word_name(claim->word));
	cJSON_AddStringToObject(json, "requirement", requirement->title);
	for (size_t i = 0; i < claim->notes.count; i++)
		cJSON_AddItemToArray(notes, cJSON_CreateString(claim->notes.line[i]));
	return json;
}

/* As it stands in a file that may be damaged. */
static const char *chain_end(const struct folder *folder)
{
	const struct records *records = &folder->journal.records;
	static char head[65];

	if (!records->count)
		return "none";
	snprintf(head, sizeof(head), "%s", records->at[records->count - 1].head);
	line_make_plain(head);
	return head;
}

static void conclude_text(const struct folder *folder, const size_t *tally)
{
	printf("%s: %zu records, head %s, ", folder->path, folder->journal.records.count,
	       chain_end(folder));
	if (!quiet) {
		tally_print(tally, stdout);
		printf(", ");
	}
	printf("%s\n", tally_conclusion(tally));
}

static void conclude_json(const struct folder *folder, const size_t *tally, cJSON *claims)
{
	cJSON *json = cJSON_CreateObject();
	const char *id = records_run_id(&folder->journal.records);

	cJSON_AddStringToObject(json, "runId", id && path_name_is_plain(id) ? id : "");
	cJSON_AddNumberToObject(json, "records", (double)folder->journal.records.count);
	cJSON_AddStringToObject(json, "head", chain_end(folder));
	cJSON_AddStringToObject(json, "verdict", tally_conclusion(tally));
	cJSON_AddItemToObject(json, "requirements", claims);
	cJSON_AddItemToArray(all, json);
}

static int tell(const struct folder *folder)
{
	size_t tally[CLAIM_WORDS] = { 0 };
	struct inquest inquest;
	cJSON *claims = all ? cJSON_CreateArray() : NULL;
	int err = inquest_begin(&inquest, folder);

	for (size_t i = 0; !err && i < requirement_count; i++) {
		struct claim claim;

		requirement_judge(&requirements[i], &inquest, &claim);
		tally[claim.word]++;
		if (claims)
			cJSON_AddItemToArray(claims, claim_json(&requirements[i], &claim));
		else if (!quiet || claim.word == CLAIM_FAIL)
			claim_print(&requirements[i], &claim, SIZE_MAX, stdout);
		claim_free(&claim);
	}
	inquest_end(&inquest);
	if (err)
		return refuse(CODE_FAILED, strerror(-err));
	if (claims)
		conclude_json(folder, tally, claims);
	else
		conclude_text(folder, tally);
	return tally[CLAIM_FAIL]	      ? CODE_FAILED :
	       strict && tally[CLAIM_MISSING] ? CODE_INCOMPLETE :
						CODE_OK;
}

/* ---- words ---- */

enum { KEY, TPM, FORMAT, STRICT, RESULTS };
static struct arg keys[] = {
	[KEY] = { "key", NULL, "FILE", "who must have signed it: a public key of minisign" },
	[TPM] = { "tpm", NULL, "FILE", "whose TPM must have quoted its end: a journal.quote.pub" },
	[FORMAT] = { "format", "text", "text|json",
		     "json: a list of runs with their requirements" },
	[STRICT] = { "strict", "no", "no|yes", "3, when not all is stated" },
	[RESULTS] = { "results", "results", "DIR", "the folder of all runs" },
	{ 0 },
};
static const struct arg options[] = {
	{ "-q", NULL, "", "only what fails" },
	{ 0 },
};

static int take_quiet(int argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "-q"))
			quiet = true;
		else
			argv[kept++] = argv[i];
	return kept;
}

/* Returns how many runs are named, or -1. */
static int take_words(int argc, char **argv, char *why, size_t room)
{
	int rest = args_take(take_quiet(argc, argv), argv, keys, why, room);
	const char *asked = keys[STRICT].value;

	if (rest < 0 || (keys[KEY].value && signature_trust(keys[KEY].value, why, room)) ||
	    (keys[TPM].value && quote_trust(keys[TPM].value, why, room)))
		return -1;
	if (strcmp(keys[FORMAT].value, "text") != 0 && strcmp(keys[FORMAT].value, "json") != 0)
		return text_refuse(-1, why, room, "format=%.40s: text or json expected",
				   keys[FORMAT].value);
	if (strcmp(asked, "yes") != 0 && strcmp(asked, "no") != 0)
		return text_refuse(-1, why, room, "strict=%.40s: yes or no expected", asked);
	strict = *asked == 'y';
	return rest;
}

static int verify_main(int argc, char **argv)
{
	char why[WHY_ROOM], *printed;
	int code, rest = take_words(argc, argv, why, sizeof(why));

	if (rest < 0)
		return refuse(CODE_USAGE, why);
	all = strcmp(keys[FORMAT].value, "json") ? NULL : cJSON_CreateArray();
	code = folders_each(keys[RESULTS].value, argv + 1, (size_t)rest, tell, refuse);
	printed = all ? cJSON_Print(all) : NULL;
	if (printed)
		puts(printed);
	cJSON_free(printed);
	cJSON_Delete(all);
	return code;
}

const struct verb verb_verify = {
	.name = "verify",
	.usage = "verify [RUN ...] [-q] [NAME=VALUE ...]",
	.summary = "check a run, a line for each requirement; exit 0 verified, 1 not, 3 with "
		   "strict=yes: not all is stated",
	.main = verify_main,
	.operand = "RUN",
	.args = keys,
	.options = options,
	.notes = "It shares no code with what wrote the run. docs/audit.md has the requirements.",
	.examples = "assay verify\n"
		    "assay verify results/RUN key=mine.pub strict=yes\n",
};
