/* SPDX-License-Identifier: MIT */
/*
 * The verb complete: what the last word of a command line may become, a candidate a line, for the
 * scripts in docs/shell. ":files" and ":folders" leave the part behind the "=" to the shell. A
 * candidate that ends in "=" or "." is not yet a whole word.
 */
#include "init/verbs/help.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct completing {
	const struct verb *verb;
	const char *operand; /* the first word that is no NAME=VALUE; NULL: not yet */
	const char *word;    /* the one to be completed */
	const char *value;   /* in it, behind its "="; NULL: none yet */
	const char *results; /* the folder of all runs */
	char **given;	     /* the words before it */
	int given_count;
	char last[64]; /* prefix of the key before */
	bool first;    /* of the keys with its prefix */
};

/* ---- candidates ---- */

static void offer(const struct completing *state, const char *candidate, const char *end)
{
	size_t len = strlen(state->word);

	if (!strncmp(candidate, state->word, len))
		printf("%s%s\n", candidate, end);
}

/* Behind "name=" where there is one. */
static void offer_value(const struct completing *state, const char *value, size_t len)
{
	const char *from = state->value ? state->value : state->word;
	size_t typed = strlen(from);

	if (typed <= len && !strncmp(value, from, typed))
		printf("%.*s%.*s\n", (int)(from - state->word), state->word, (int)len, value);
}

static void offer_files(const struct completing *state, const char *folder, const char *suffix,
			const char *needed)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = list[i]->d_name;
		size_t len = strlen(name), end = strlen(suffix);
		char path[600];

		snprintf(path, sizeof(path), "%.300s/%.255s%s", folder, name, needed);
		if (*name != '.' && len > end && !strcmp(name + len - end, suffix) &&
		    (!*needed || !access(path, F_OK)))
			offer_value(state, name, len - end);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
}

static void offer_config(const struct completing *state, const char *kind)
{
	char folder[300];

	if (shipped_path(folder, sizeof(folder), "config/%s", kind))
		offer_files(state, folder, ".ini", "");
	puts(":files");
}

static void offer_verbs(const struct completing *state)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++)
		offer_value(state, verb->name, strlen(verb->name));
}

static void offer_benches(const struct completing *state)
{
	for (const struct bench *const *bench = bench_table; *bench; bench++)
		offer_value(state, (*bench)->name, strlen((*bench)->name));
}

/* ---- by what stands for a value ---- */

/* "yes|no|FILE.xml": what begins with a small letter stands for itself. */
static void offer_choices(const struct completing *state, const char *choices)
{
	while (*choices) {
		size_t len = strcspn(choices, "|");

		if (len && !isupper((unsigned char)*choices))
			offer_value(state, choices, len);
		choices += len + (choices[len] == '|');
	}
}

static void offer_form(const struct completing *state, const char *form)
{
	if (strchr(form, '|'))
		offer_choices(state, form);
	if (!strcmp(form, "PLAN"))
		offer_config(state, "plans");
	if (!strcmp(form, "MACHINE"))
		offer_config(state, "machines");
	if (!strcmp(form, "CAMPAIGN"))
		offer_config(state, "campaigns");
	if (!strcmp(form, "BENCHMARK") || !strcmp(form, "TOPIC"))
		offer_benches(state);
	if (!strcmp(form, "TOPIC")) {
		offer_verbs(state);
		offer_value(state, "settings", 8);
	}
	if (!strcmp(form, "INTERFACE"))
		offer_files(state, "/sys/class/net", "", "");
	if (!strncmp(form, "RUN", 3))
		offer_files(state, state->results, "", "/journal.jsonl");
	if (!strcmp(form, "RUN") || !strcmp(form, "DIR"))
		puts(":folders");
	if (strstr(form, "FILE"))
		puts(":files");
}

static void offer_param(const struct completing *state, const struct param *param)
{
	if (param->type == PARAM_BOOL)
		offer_choices(state, "yes|no");
	else if (param->type == PARAM_CHOICE)
		offer_choices(state, param->choices);
	else if (param->choices)
		offer_form(state, param->choices);
}

/* ---- keys ---- */

static bool is_given(const struct completing *state, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < state->given_count; i++)
		if (!strncmp(state->given[i], name, len) && state->given[i][len] == '=')
			return true;
	return false;
}

/* "disk.scratch.size": until its beginning is there, that is what is offered. */
static void offer_name(const struct completing *state, const char *name)
{
	const char *dot = strrchr(name, '.');
	char beginning[160];

	if (state->value || is_given(state, name))
		return;
	if (!dot) {
		offer(state, name, "=");
		return;
	}
	snprintf(beginning, sizeof(beginning), "%.*s", (int)(dot + 1 - name), name);
	if (!strncmp(state->word, beginning, strlen(beginning)))
		offer(state, name, "=");
	else if (state->first)
		offer(state, beginning, "");
}

static void take_name(struct completing *state, const struct key *key, const char *name)
{
	size_t len = strlen(name);

	offer_name(state, name);
	if (!state->value || strncmp(state->word, name, len) != 0 || state->word[len] != '=')
		return;
	if (key->param)
		offer_param(state, key->param);
	else
		offer_form(state, key->form);
}

/* "disk.NAME.": of the machine's file, each [disk ...]. */
static void take_named(struct completing *state, const struct key *key)
{
	char path[300], kind[32], name[160], *text = NULL;
	bool is_path = state->operand && strchr(state->operand, '.');

	if (!state->operand ||
	    !shipped_path(path, sizeof(path), is_path ? "%s" : "config/machines/%s.ini",
			  state->operand) ||
	    file_load(&text, 1 << 20, path) < 0)
		return;
	snprintf(kind, sizeof(kind), "[%.*s ", (int)strcspn(key->prefix, "."), key->prefix);
	for (const char *at = text; (at = strstr(at, kind)); at++) {
		const char *from = at + strlen(kind);

		if (at != text && at[-1] != '\n')
			continue;
		snprintf(name, sizeof(name), "%.*s.%.*s.%s", (int)strcspn(key->prefix, "."),
			 key->prefix, (int)strcspn(from, "]\n"), from, key->name);
		take_name(state, key, name);
	}
	free(text);
}

static void take_key(void *context, const struct key *key)
{
	struct completing *state = context;
	char name[96];

	state->first = strcmp(state->last, key->prefix) != 0;
	snprintf(state->last, sizeof(state->last), "%s", key->prefix);
	if (strstr(key->prefix, ".NAME.")) {
		take_named(state, key);
		return;
	}
	snprintf(name, sizeof(name), "%s%s", key->prefix, key->name);
	take_name(state, key, name);
}

/* ---- a command line ---- */

static bool takes_several(const struct verb *verb)
{
	return verb->operand && strstr(verb->operand, "RUN");
}

static void complete_word(struct completing *state)
{
	const struct verb *verb = state->verb;

	for (const struct arg *option = verb->options; option && option->name; option++)
		if (*state->word == '-')
			offer(state, option->name, "");
	if (*state->word == '-')
		offer(state, "--help", "");
	if (verb->operand && !state->value && (!state->operand || takes_several(verb)))
		offer_form(state, verb->operand);
	keys_each(verb, state->operand, take_key, state);
}

static void read_given(struct completing *state, int count, char **words)
{
	state->given = words;
	state->given_count = count;
	state->results = "results";
	for (int i = 0; i < count; i++)
		if (!strncmp(words[i], "results=", 8))
			state->results = words[i] + 8;
		else if (!strchr(words[i], '=') && *words[i] != '-' && !state->operand)
			state->operand = words[i];
}

int complete_main(int argc, char **argv)
{
	struct completing state = { .word = argc > 1 ? argv[argc - 1] : "" };
	const char *sign = strchr(state.word, '=');

	if (argc <= 2) {
		offer_verbs(&state);
		return CODE_OK;
	}
	state.verb = verb_find(argv[1]);
	state.value = sign ? sign + 1 : NULL;
	if (!state.verb)
		return CODE_OK;
	read_given(&state, argc - 3, argv + 2);
	complete_word(&state);
	return CODE_OK;
}
