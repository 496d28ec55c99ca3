/* SPDX-License-Identifier: MIT */
/* name=value arguments of a verb. */
#include "lab/lab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct arg *find(struct arg *args, const char *word, size_t len)
{
	for (struct arg *arg = args; arg->name; arg++)
		if (strlen(arg->name) == len && !strncmp(arg->name, word, len))
			return arg;
	return NULL;
}

static int unknown(const struct arg *args, const char *word, size_t len, char *why, size_t room)
{
	char names[256], name[NEAREST_ROOM], meant[NEAREST_WORDS];
	struct nearest nearest;
	struct text text;

	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	nearest_begin(&nearest, name);
	text_begin(&text, names, sizeof(names));
	for (const struct arg *arg = args; arg->name; arg++) {
		text_add(&text, "%s%s=", arg == args ? "" : " ", arg->name);
		nearest_offer(&nearest, arg->name, arg->name);
	}
	return text_refuse(-EINVAL, why, room, "unknown argument '%s'; known: %s%s", word, names,
			   nearest_words(&nearest, meant));
}

/* "name=value": a name of letters and dashes before the first '='; a path that holds one is no such
 * word. */
static size_t name_length(const char *word)
{
	size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz-_");

	return word[len] == '=' ? len : 0;
}

int args_take(int argc, char **argv, struct arg *args, char *why, size_t room)
{
	int rest = 0;

	for (int i = 1; i < argc; i++) {
		size_t len = name_length(argv[i]);
		struct arg *arg = find(args, argv[i], len);

		if (len && !arg)
			return unknown(args, argv[i], len, why, room);
		if (len)
			arg->value = argv[i] + len + 1;
		else
			argv[++rest] = argv[i];
	}
	return rest;
}

int args_choose(const struct arg *arg, const char *no, const char *yes, bool *out, char *why,
		size_t room)
{
	*out = !strcmp(arg->value, yes);
	if (*out || !strcmp(arg->value, no))
		return 0;
	return text_refuse(-EINVAL, why, room, "%s=%s: %s or %s expected", arg->name, arg->value,
			   no, yes);
}
