/* SPDX-License-Identifier: MIT */
/* What `assay verify` says of a run, for the terminal: how much holds, and what does not. */
#include "lab/report/report.h"
#include "lab/verify/verify.h"

#include <errno.h>
#include <stdlib.h>

enum { REASONS = 3 }; /* of each; assay verify has all */

static void print_all(const struct claim *claims, FILE *out)
{
	size_t tally[CLAIM_WORDS] = { 0 };

	for (size_t i = 0; i < requirement_count; i++)
		tally[claims[i].word]++;
	fprintf(out, "verify   ");
	tally_print(tally, out);
	fprintf(out, ": %s\n", tally_conclusion(tally));
	for (size_t i = 0; i < requirement_count; i++)
		if (claims[i].word >= CLAIM_INFORMATIVE)
			claim_print(&requirements[i], &claims[i], REASONS, out);
}

int verdicts_print(const struct folder *folder, FILE *out)
{
	struct claim *claims = calloc(requirement_count, sizeof(*claims));
	struct inquest inquest;
	int err;

	if (!claims)
		return -ENOMEM;
	err = inquest_begin(&inquest, folder);
	for (size_t i = 0; !err && i < requirement_count; i++)
		requirement_judge(&requirements[i], &inquest, &claims[i]);
	inquest_end(&inquest);
	if (!err)
		print_all(claims, out);
	for (size_t i = 0; i < requirement_count; i++)
		claim_free(&claims[i]);
	free(claims);
	return err;
}
