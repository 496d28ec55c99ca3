/* SPDX-License-Identifier: MIT */
/* Everything that can be said, as rows: image/man.sh makes the manual pages of it, tests compare. */
#include "init/verbs/help.h"

#include <stdio.h>
#include <string.h>

static void print_row(const char *kind, const char *owner, const char *name, const char *dflt,
		      const char *expected, const char *help)
{
	printf("%s\t%s\t%s\t%s\t%s\t%s\n", kind, owner, name, dflt, expected, help ? help : "");
}

struct rows {
	const char *kind, *owner;
};

static void print_key(void *context, const struct key *key)
{
	const struct rows *rows = context;
	char expected[300], name[80];
	struct text text;

	text_begin(&text, expected, sizeof(expected));
	key_expected(key, &text);
	snprintf(name, sizeof(name), "%s%s", key->prefix, key->name);
	print_row(rows->kind, rows->owner, name, key->dflt, expected, key->help);
}

static void print_examples(const struct verb *verb)
{
	size_t len;

	for (const char *line = verb->examples; line && *line; line += len + (line[len] == '\n')) {
		char example[200];

		len = strcspn(line, "\n");
		snprintf(example, sizeof(example), "%.*s", (int)len, line);
		print_row("example", verb->name, example, "", "", "");
	}
}

static void print_verb(const struct verb *verb)
{
	struct rows keys = { "key", verb->name }, files = { "file", verb->name };

	print_row("verb", verb->name, verb->usage, "", verb->operand ? verb->operand : "",
		  verb->summary);
	if (verb->notes)
		print_row("notes", verb->name, "", "", "", verb->notes);
	for (const struct arg *option = verb->options; option && option->name; option++)
		print_row("option", verb->name, option->name, "", option->form, option->help);
	keys_of_args(verb->args, print_key, &keys);
	keys_of_params(verb->params, print_key, &keys);
	if (verb->main != plan_main) /* they are settings and links */
		keys_of_groups(verb->groups, print_key, &keys);
	keys_of_groups(verb->files, print_key, &files);
	print_examples(verb);
}

static void print_bench(const struct bench *bench)
{
	const struct key_group params[] = { { "", NULL, bench->params }, { 0 } };
	struct rows rows = { "param", bench->name };

	print_row("bench", bench->name, need_name(bench->need), "", bench->definition,
		  bench->summary);
	keys_of_groups(params, print_key, &rows);
	for (const struct metric *m = bench->metrics; m->name; m++)
		print_row("metric", bench->name, m->name, m->unit, direction_words(m->better),
			  m->help);
}

int describe_all(void)
{
	const struct key_group settings[] = { { "", NULL, settings_table }, { 0 } };
	const struct key_group links[] = { { "net.", NULL, link_table }, { 0 } };
	const struct key_group ground[] = { { "", NULL, ground_table }, { 0 } };
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++)
		print_verb(verb);
	keys_of_groups(settings, print_key, &(struct rows){ "setting", "plan" });
	keys_of_groups(links, print_key, &(struct rows){ "link", "plan" });
	for (const struct bench *const *bench = bench_table; *bench; bench++)
		print_bench(*bench);
	keys_of_groups(ground, print_key, &(struct rows){ "ground", "disk" });
	return CODE_OK;
}
