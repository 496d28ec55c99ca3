/* SPDX-License-Identifier: MIT */
/* assay verify: is a run what it says? One line a check. */
#include <stdio.h>

#include "lab/lab.h"

static const char *const words[] = {
	[FINDING_OK] = "ok",
	[FINDING_SKIPPED] = "skip",
	[FINDING_BAD] = "not ok",
};

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay verify: %s\n", why);
	return code;
}

static int tell(const struct folder *folder)
{
	struct finding findings[CHECKS_MAX];
	size_t count = checks_run(folder, findings), broken = 0;

	for (size_t i = 0; i < count; i++) {
		const struct notes *notes = &findings[i].notes;

		printf("%-7s %s%s%s\n", words[findings[i].how], findings[i].check,
		       notes->count ? ": " : "", notes->count ? notes->line[0] : "");
		for (size_t line = 1; line < notes->count; line++)
			printf("        %s: %s\n", findings[i].check, notes->line[line]);
		broken += findings[i].how == FINDING_BAD;
		notes_free(&findings[i].notes);
	}
	printf("%s: %zu records, head %s, %s\n", folder->path, folder->journal.records.count,
	       folder->journal.records.count ?
		       folder->journal.records.at[folder->journal.records.count - 1].head :
		       "none",
	       broken ? "not to be trusted" : "verified");
	return broken ? CODE_FAILED : CODE_OK;
}

static int verify_main(int argc, char **argv)
{
	return folders_visit(argc, argv, tell, refuse);
}

const struct verb verb_verify = {
	.name = "verify",
	.usage = "verify [RUN...] [results=results]",
	.summary = "check a run's chain, schema, completeness and that its channels agree",
	.main = verify_main,
};
