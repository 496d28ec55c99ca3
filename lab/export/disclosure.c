/* SPDX-License-Identifier: MIT */
/*
 * The full disclosure of a run, made from its journal alone: every requirement on the run's identity
 * (R) and on its method (M) with what the journal says, or the word "missing"; then the figures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/export/export.h"
#include "lab/verify/verify.h"

static void print_notes(const char *word, const struct notes *notes, FILE *out)
{
	for (size_t i = 0; i < notes->count; i++)
		fprintf(out, "     %s%s%s\n", word, *word ? ": " : "", notes->line[i]);
}

static void print_claim(const struct requirement *requirement, const struct claim *claim, FILE *out)
{
	fprintf(out, "%-4s %s: %s\n", requirement->id, requirement->title,
		claim_word_name(claim->word));
	print_notes("", &claim->facts, out);
	print_notes(claim->word == CLAIM_PASS ? "" : claim_word_name(claim->word), &claim->notes,
		    out);
	if (claim->word == CLAIM_MISSING && !claim->notes.count)
		fprintf(out, "     missing\n");
}

static void print_claims(const struct inquest *inquest, FILE *out)
{
	for (size_t i = 0; i < requirement_count; i++) {
		const struct requirement *requirement = &requirements[i];
		struct claim claim;

		if (requirement->id[0] != 'R' && requirement->id[0] != 'M')
			continue;
		requirement_judge(requirement, inquest, &claim);
		print_claim(requirement, &claim, out);
		claim_free(&claim);
	}
}

int export_disclosure(const struct folder *folder, FILE *out, char *why, size_t room)
{
	/* As if nothing else were here. */
	struct folder alone = { .journal = folder->journal };
	struct inquest inquest;
	char *account = account_make(&alone);
	int err = account ? inquest_begin(&inquest, &alone) : -ENOMEM;

	if (err) {
		free(account);
		return text_refuse(err, why, room, "%s: %s", folder->path, strerror(-err));
	}
	fprintf(out, "FULL DISCLOSURE, from the journal alone; chain end %s\n\n",
		inquest.records->count ? inquest.records->at[inquest.records->count - 1].head :
					 "none");
	print_claims(&inquest, out);
	fprintf(out, "\n%s", account);
	inquest_end(&inquest);
	free(account);
	return 0;
}
