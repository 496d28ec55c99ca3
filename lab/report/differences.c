/* SPDX-License-Identifier: MIT */
/* In what runs that are shown together differ, as the machines see it: the fingerprint's facts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"
#include "lab/report/report.h"

/* Each run is a column of its own. */
static int add_run(struct study *study, const char *results, const char *word, struct text *out)
{
	size_t at = study->subject_count++;
	struct folder folder = { 0 };
	char path[PATH_ROOM];
	int err = folder_locate(results, word, path, sizeof(path), NULL, 0);

	study->subjects[at] = (struct subject){ .kind = "runs" };
	if (!err)
		err = folder_load(&folder, path, NULL, 0);
	if (!err && !study_add_boot(study, at))
		err = -ENOMEM;
	if (!err)
		err = facts_add(study, at, &folder);
	if (!err)
		text_add(out, "%c  %s%s%s\n", (char)('A' + at),
			 or_unknown(records_run_id(&folder.journal.records)),
			 json_text(folder.collect, "machine") ? ", " : "",
			 json_text(folder.collect, "machine") ?
				 json_text(folder.collect, "machine") :
				 "");
	folder_free(&folder);
	return err;
}

int differences_write(const char *results, char **words, size_t count, struct text *out)
{
	struct study *study = count <= SUBJECTS_MAX ? calloc(1, sizeof(*study)) : NULL;
	int err = 0;

	if (count > SUBJECTS_MAX)
		text_add(out,
			 "in what more than %d runs differ is on the page: report ... -o FILE\n",
			 SUBJECTS_MAX);
	for (size_t i = 0; study && !err && i < count; i++)
		err = add_run(study, results, words[i], out);
	if (study && !err) {
		facts_judge(study);
		differences_print(study, out);
	}
	if (study)
		study_free(study);
	free(study);
	return err;
}
