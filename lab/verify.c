/* SPDX-License-Identifier: MIT */
/* assay verify: is a run what it says? One line a requirement. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "lab/verify/quote.h"
#include "lab/verify/signature.h"
#include "lab/verify/verify.h"

static bool quiet, strict;
static const char *format = "text";
static struct cJSON *all; /* of the JSON form */

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay verify: %s\n", why);
	return code;
}

static void tell_claim(const struct requirement *requirement, const struct claim *claim)
{
	const struct notes *notes = &claim->notes;

	if (quiet && claim->word != CLAIM_FAIL)
		return;
	printf("%-4s%-17s%s%s%s\n", requirement->id, claim_word_name(claim->word),
	       requirement->title, notes->count ? ": " : "", notes->count ? notes->line[0] : "");
	for (size_t i = 1; i < notes->count; i++)
		printf("    %-17s%s\n", "", notes->line[i]);
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

static const char *conclusion(const size_t *tally)
{
	return tally[CLAIM_FAIL]	? "not to be trusted" :
	       tally[CLAIM_INFORMATIVE] ? "verified; informative only" :
					  "verified";
}

static void conclude_text(const struct folder *folder, const size_t *tally)
{
	printf("%s: %zu records, head %s", folder->path, folder->journal.records.count,
	       chain_end(folder));
	for (int word = CLAIM_WORDS - 1; !quiet && word >= 0; word--)
		if (tally[word])
			printf(", %zu %s", tally[word], claim_word_name((enum claim_word)word));
	printf(", %s\n", conclusion(tally));
}

static void conclude_json(const struct folder *folder, const size_t *tally, cJSON *claims)
{
	cJSON *json = cJSON_CreateObject();
	const char *id = records_run_id(&folder->journal.records);

	cJSON_AddStringToObject(json, "runId", id && path_name_is_plain(id) ? id : "");
	cJSON_AddNumberToObject(json, "records", (double)folder->journal.records.count);
	cJSON_AddStringToObject(json, "head", chain_end(folder));
	cJSON_AddStringToObject(json, "verdict", conclusion(tally));
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
		else
			tell_claim(&requirements[i], &claim);
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

/* What only this verb knows, taken out of its arguments. */
static int take_own(int argc, char **argv, char *why, size_t room)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-q"))
			quiet = true;
		else if (!strncmp(argv[i], "format=", 7))
			format = argv[i] + 7;
		else if (!strncmp(argv[i], "key=", 4) && signature_trust(argv[i] + 4, why, room))
			return -1;
		else if (!strncmp(argv[i], "tpm=", 4) && quote_trust(argv[i] + 4, why, room))
			return -1;
		else if (!strncmp(argv[i], "key=", 4) || !strncmp(argv[i], "tpm=", 4))
			continue;
		else if (!strcmp(argv[i], "strict=yes") || !strcmp(argv[i], "strict=no"))
			strict = argv[i][7] == 'y';
		else
			argv[kept++] = argv[i];
	}
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return text_refuse(-1, why, room, "format=%.40s: text or json expected", format);
	return kept;
}

static int verify_main(int argc, char **argv)
{
	char why[WHY_ROOM], *printed;
	int code;

	argc = take_own(argc, argv, why, sizeof(why));
	if (argc < 0)
		return refuse(CODE_USAGE, why);
	all = strcmp(format, "json") ? NULL : cJSON_CreateArray();
	code = folders_visit(argc, argv, tell, refuse);
	printed = all ? cJSON_Print(all) : NULL;
	if (printed)
		puts(printed);
	cJSON_free(printed);
	cJSON_Delete(all);
	return code;
}

const struct verb verb_verify = {
	.name = "verify",
	.usage =
		"verify [RUN...] [results=results] [key=PUBLIC-KEY] [tpm=PUBLIC-KEY] [-q] [format=text|json] [strict=no]",
	.summary = "check a run, a line for each requirement; exit 0 verified, 1 not, 3 with "
		   "strict=yes: not all is stated",
	.main = verify_main,
};
