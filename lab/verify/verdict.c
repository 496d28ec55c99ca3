/* SPDX-License-Identifier: MIT */
/* What the requirements say of a run, in words. */
#include "lab/verify/verify.h"

void claim_print(const struct requirement *requirement, const struct claim *claim, size_t most,
		 FILE *out)
{
	const struct notes *notes = &claim->notes;

	fprintf(out, "%-4s%-17s%s%s%s\n", requirement->id, claim_word_name(claim->word),
		requirement->title, notes->count ? ": " : "", notes->count ? notes->line[0] : "");
	for (size_t i = 1; i < notes->count && i < most; i++)
		fprintf(out, "    %-17s%s\n", "", notes->line[i]);
	if (notes->count > most)
		fprintf(out, "    %-17s(and %zu more)\n", "", notes->count - most);
}

void tally_print(const size_t tally[CLAIM_WORDS], FILE *out)
{
	const char *between = "";

	for (int word = CLAIM_WORDS - 1; word >= 0; word--)
		if (tally[word]) {
			fprintf(out, "%s%zu %s", between, tally[word],
				claim_word_name((enum claim_word)word));
			between = ", ";
		}
}

const char *tally_conclusion(const size_t tally[CLAIM_WORDS])
{
	return tally[CLAIM_FAIL]	? "not to be trusted" :
	       tally[CLAIM_INFORMATIVE] ? "verified; informative only" :
					  "verified";
}
