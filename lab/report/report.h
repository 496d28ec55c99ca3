/* SPDX-License-Identifier: MIT */
/* A report for a browser: one file with all that it needs. lab/report.c is the verb. */
#ifndef ASSAY_LAB_REPORT_H
#define ASSAY_LAB_REPORT_H

#include "lab/journal/journal.h"

#include <stdio.h>

enum { REPORTED_MAX = 64, MACHINE_ROOM = 64 };

struct reported {
	struct folder folders[REPORTED_MAX];
	char machine[REPORTED_MAX][MACHINE_ROOM]; /* what each is a boot of */
	size_t count;
};

/* ---- machines.c ---- */

/* A word: a run, a folder of runs (one machine's boots), or "" for the latest run. */
int reported_add(struct reported *reported, const char *results, const char *word, char *why,
		 size_t room);
void reported_free(struct reported *reported);
/* The machines beside each other, as `assay compare format=json`, runs that the noise gate calls
 * noisy left out or kept; NULL: there is only one machine, or more than it takes. */
struct cJSON *reported_compare(const struct reported *reported, bool keep_noisy);

/* ---- differences.c: for the terminal ---- */

/* Of runs that were just shown: which facts differ. -errno when one cannot be read again. */
int differences_write(const char *results, char **words, size_t count, struct text *out);

/* ---- verdicts.c: for the terminal ---- */

/* The requirements of assay verify that are not plainly met, and how many are. -errno. */
int verdicts_print(const struct folder *folder, FILE *out);

/* ---- data.c, page.c ---- */

/* What the page shows; it refers to the runs and to compare (may be NULL). */
struct cJSON *page_data(const struct reported *reported, struct cJSON *compare);
int page_make(const struct cJSON *data, char **html, size_t *len); /* html to be freed */

#endif
