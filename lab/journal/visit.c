/* SPDX-License-Identifier: MIT */
/* The runs that a verb was asked about, one after the other. */
#include <stdio.h>

#include "lab/journal/journal.h"

static int visit(const char *results, const char *word, int (*each)(const struct folder *folder),
		 int (*refuse)(int code, const char *why))
{
	struct folder folder = { 0 };
	char path[PATH_ROOM], why[WHY_ROOM] = "";
	int code;

	if (folder_locate(results, word, path, sizeof(path), why, sizeof(why)) ||
	    folder_load(&folder, path, why, sizeof(why)))
		code = refuse(CODE_FAILED, why);
	else
		code = each(&folder);
	folder_free(&folder);
	return code;
}

int folders_each(const char *results, char **words, size_t count,
		 int (*each)(const struct folder *folder), int (*refuse)(int code, const char *why))
{
	int code = CODE_OK;

	if (!count)
		return visit(results, "", each, refuse);
	for (size_t i = 0; i < count; i++) {
		int one = visit(results, words[i], each, refuse);

		/* The worse of two: failed before incomplete. */
		if (one && code != CODE_FAILED)
			code = one;
	}
	return code;
}
