/* SPDX-License-Identifier: MIT */
/* What somebody may have meant: of several words the one with the fewest slips of a typist. */
#include "lib/lib.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment (Damerau 1964 with Levenshtein's recursion): a letter more, a letter
 * less, another letter, or two neighbours swapped count one each. */
unsigned text_distance(const char *a, const char *b)
{
	unsigned row[3][NEAREST_ROOM];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len >= NEAREST_ROOM || b_len >= NEAREST_ROOM)
		return NEAREST_ROOM;
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *now = row[i % 3], *before = row[(i - 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(before[j], now[j - 1]) + 1;
			now[j] = least(now[j], before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], row[(i - 2) % 3][j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

void nearest_begin(struct nearest *nearest, const char *word)
{
	*nearest = (struct nearest){ .word = word, .distance = NEAREST_ROOM };
}

void nearest_offer(struct nearest *nearest, const char *like, const char *candidate)
{
	unsigned distance = text_distance(nearest->word, like);

	if (distance >= nearest->distance || strlen(candidate) >= sizeof(nearest->best))
		return;
	nearest->distance = distance;
	strcpy(nearest->best, candidate);
}

void nearest_offer_files(struct nearest *nearest, const char *folder, const char *suffix)
{
	DIR *files = opendir(folder);
	char name[NEAREST_ROOM];

	for (struct dirent *entry; files && (entry = readdir(files));) {
		size_t len = strlen(entry->d_name), end = strlen(suffix);

		if (len <= end || len >= sizeof(name) ||
		    strcmp(entry->d_name + len - end, suffix) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - end), entry->d_name);
		nearest_offer(nearest, name, name);
	}
	if (files)
		closedir(files);
}

/* One slip in three letters: "nte" is net, "xyz" is nothing that we know. */
const char *nearest_words(const struct nearest *nearest, char out[NEAREST_WORDS])
{
	size_t len = strlen(nearest->word);

	*out = '\0';
	if (len && nearest->best[0] && nearest->distance <= (len + 2) / 3)
		snprintf(out, NEAREST_WORDS, "; did you mean %s?", nearest->best);
	return out;
}
