/* SPDX-License-Identifier: MIT */
/* Names of many files; names.h says whose. */
#include "bench/engine/bonnie/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t names_bytes(uint32_t count)
{
	return (uint64_t)count * (NAMES_ROOM + sizeof(uint32_t));
}

static void draw_letters(struct random *random, char out[13])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = random_below(random, 13);

	for (size_t i = 0; i < len; i++)
		out[i] = letters[random_below(random, sizeof(letters) - 1)];
	out[len] = '\0';
}

/* Its length with the end. */
static size_t make_one(char *out, const struct names_form *form, unsigned directory,
		       uint32_t number, struct random *random)
{
	char letters[13];
	int n = form->directories > 1 ? snprintf(out, NAMES_ROOM, "%05u/", directory) : 0;

	draw_letters(random, letters);
	if (form->letters_first)
		n += snprintf(out + n, NAMES_ROOM - (size_t)n, "%s%0*x", letters, (int)form->digits,
			      number);
	else
		n += snprintf(out + n, NAMES_ROOM - (size_t)n, "%0*x%s", (int)form->digits, number,
			      letters);
	return (size_t)n + 1;
}

int names_make(struct names *names, const struct names_form *form, struct random *random)
{
	/* The original's way: one more than the share of each, fewer in the last. */
	uint32_t in_each = form->count / form->directories + 1, at = 0;
	char *fitted;

	*names = (struct names){
		.text = malloc((size_t)form->count * NAMES_ROOM),
		.at = malloc(form->count * sizeof(*names->at)),
		.count = form->count,
	};
	if (!names->text || !names->at) {
		names_free(names);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < form->count; i++) {
		names->at[i] = at;
		at += (uint32_t)make_one(names->text + at, form, i / in_each, i, random);
	}
	fitted = realloc(names->text, at);
	names->text = fitted ? fitted : names->text;
	return 0;
}

void names_free(struct names *names)
{
	free(names->text);
	free(names->at);
	*names = (struct names){ 0 };
}

void names_shuffle(struct names *names, struct random *random)
{
	for (uint32_t i = 0; i < names->count; i++) {
		uint32_t other = (uint32_t)random_below(random, names->count), at = names->at[i];

		names->at[i] = names->at[other];
		names->at[other] = at;
	}
}

unsigned names_directory(const char *name)
{
	return strchr(name, '/') ? (unsigned)strtoul(name, NULL, 10) : 0;
}
