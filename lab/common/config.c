/* SPDX-License-Identifier: MIT */
/* The files that a person edits, by name. */
#include "lab/lab.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	if (!shipped_path(folder, sizeof(folder), "config/%s", kind))
		return nearest_words(&nearest, out);
	nearest_offer_files(&nearest, folder, ".ini");
	if (!*nearest_words(&nearest, out) && !path_exists(folder))
		snprintf(out, NEAREST_WORDS, "; no %.30s here: stand in the clone, or make install",
			 folder);
	return out;
}

static int is_ini(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 4 && !strcmp(entry->d_name + len - 4, ".ini");
}

void config_names(const char *kind, struct text *out)
{
	char folder[PATH_ROOM];
	struct dirent **list = NULL;
	int count = shipped_path(folder, sizeof(folder), "config/%s", kind) ?
			    scandir(folder, &list, is_ini, alphasort) :
			    0;

	for (int i = 0; i < count; i++) {
		text_add(out, "%s%.*s", i ? ", " : "", (int)strlen(list[i]->d_name) - 4,
			 list[i]->d_name);
		free(list[i]);
	}
	free(list);
}
