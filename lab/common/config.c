/* SPDX-License-Identifier: MIT */
/* The files that a person edits, by name. */
#include <errno.h>
#include <string.h>

#include "lab/lab.h"

int config_path(char *out, size_t room, const char *kind, const char *word)
{
	size_t len = strlen(word);

	if (len > 4 && !strcmp(word + len - 4, ".ini"))
		return path_format(out, room, "%s", word);
	return shipped_path(out, room, "config/%s/%s.ini", kind, word) ? 0 : -ENAMETOOLONG;
}

const char *config_hint(const char *kind, const char *word, char out[NEAREST_WORDS])
{
	struct nearest nearest;
	char folder[PATH_ROOM];

	nearest_begin(&nearest, word);
	if (shipped_path(folder, sizeof(folder), "config/%s", kind))
		nearest_offer_files(&nearest, folder, ".ini");
	return nearest_words(&nearest, out);
}
