/* SPDX-License-Identifier: MIT */
/* The verb help, and --help of all others. */
#include "init/verbs/help.h"

#include <stdio.h>
#include <string.h>

bool help_is_asked(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "--help");
}

int help_usage(int code)
{
	FILE *out = code ? stderr : stdout;
	const struct verb *verb;

	fprintf(out, "assay %s\nusage: assay VERB [NAME=VALUE ...]\n", assay_version);
	for (size_t i = 0; (verb = verb_at(i)); i++)
		fprintf(out, "  %-15s %s\n", verb->name, verb->summary);
	fprintf(out,
		"`assay help VERB` and `assay VERB --help` tell a verb's words, `assay help BENCHMARK` "
		"a benchmark's, `assay help settings` those of a plan and of the kernel command "
		"line. man assay, man 5 plan.\n");
	return code;
}

/* ---- keys ---- */

struct printing {
	const char *title; /* of the group that was begun last */
	size_t count;
};

static void print_key(void *context, const struct key *key)
{
	struct printing *printing = context;
	char expected[300], name[80];
	struct text text;

	text_begin(&text, expected, sizeof(expected));
	key_expected(key, &text);
	snprintf(name, sizeof(name), "%s%s", key->prefix, key->name);
	if (key->title && (!printing->title || strcmp(key->title, printing->title) != 0))
		printf("%s:\n", key->title);
	printing->title = key->title;
	printing->count++;
	printf("  %-16s %-10s %s\n  %27s %s\n", name, key->dflt[0] ? key->dflt : "-", key->help, "",
	       expected);
}

static void print_lines(const char *title, const char *lines)
{
	size_t len;

	if (lines)
		printf("%s:\n", title);
	for (; lines && *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		printf("  %.*s\n", (int)len, lines);
	}
}

/* Of a plan there are too many for one screen: the names, and who tells more. */
static void print_plan_keys(void)
{
	printf("keys of each benchmark, as BENCHMARK.NAME=VALUE; `assay help BENCHMARK` tells them:\n");
	for (const struct bench *const *bench = bench_table; *bench; bench++) {
		printf("  %-16s", (*bench)->name);
		for (const struct param *p = (*bench)->params; p && p->name; p++)
			printf(" %s", p->name);
		putchar('\n');
	}
	printf("keys of each step on a disk:\n  %-16s", "");
	for (const struct param *p = ground_table; p->name; p++)
		printf(" %s", p->name);
	putchar('\n');
}

static void print_keys(const struct verb *verb)
{
	struct printing printing = { 0 };

	if (verb->args || verb->params || verb->groups)
		printf("words, with their defaults:\n");
	keys_of_args(verb->args, print_key, &printing);
	keys_of_params(verb->params, print_key, &printing);
	for (const struct arg *option = verb->options; option && option->name; option++)
		printf("  %s %-*s            %s\n", option->name, (int)(15 - strlen(option->name)),
		       option->form, option->help);
	keys_of_groups(verb->groups, print_key, &printing);
	if (verb->main == plan_main)
		print_plan_keys();
	if (verb->files)
		printf("keys of its file:\n");
	/* Those that are words, too, are told above. */
	for (const struct key_group *group = verb->files; group && group->params; group++) {
		printf("  %s", group->prefix);
		for (const struct param *p = group->params; p->name; p++)
			printf(" %s", p->name);
		putchar('\n');
	}
	printing = (struct printing){ 0 };
	if (!verb->groups)
		keys_of_groups(verb->files, print_key, &printing);
}

/* ---- a benchmark ---- */

static void print_bench(const struct bench *bench)
{
	struct printing printing = { 0 };

	printf("%s: %s\ndefinition: %s\n", bench->name, bench->summary, bench->definition);
	printf("usage: assay run %s%s%s [NAME=VALUE ...]\n", bench->name, bench->need ? " " : "",
	       need_name(bench->need));
	printf("in a plan: a section [%s], or [%s a label of yours]; as a kernel word: "
	       "assay.%s.NAME=VALUE\n",
	       bench->name, bench->name, bench->name);
	printf("parameters, with their defaults:\n");
	keys_of_bench(bench, "", print_key, &printing);
	printf("metrics:\n");
	for (const struct metric *m = bench->metrics; m->name; m++)
		printf("  %-22s %-10s %s%s%s\n", m->name, m->unit, m->help ? m->help : "",
		       m->help && direction_words(m->better)[0] ? "; " : "",
		       direction_words(m->better));
}

/* ---- topics ---- */

static void print_settings(void)
{
	const struct key_group settings[] = { { "", NULL, settings_table }, { 0 } };
	const struct key_group links[] = { { "", NULL, link_table }, { 0 } };
	struct printing printing = { 0 };

	printf("settings (kernel words assay.NAME=VALUE, keys of a plan's [plan] section):\n");
	keys_of_groups(settings, print_key, &printing);
	printf("links (assay.net.NAME the one measured through, assay.net.1.NAME to assay.net.%d.NAME "
	       "others beside it; ip, gateway and nic are short for net.address, net.gateway, "
	       "net.nic):\n",
	       WISHES - 1);
	keys_of_groups(links, print_key, &printing);
}

int help_verb(const struct verb *verb, int count, char **words)
{
	const struct bench *bench = count && verb->main == run_main ? bench_find(words[0]) : NULL;

	if (bench) {
		print_bench(bench);
		return CODE_OK;
	}
	printf("assay %s: %s\nusage: assay %s\n", verb->name, verb->summary, verb->usage);
	if (verb->notes)
		printf("%s\n", verb->notes);
	print_keys(verb);
	print_lines("examples", verb->examples);
	printf("exit codes: 0 ok, 1 something failed, 2 wrong usage, 77 nothing could be done%s\n",
	       !strcmp(verb->name, "verify") ? ", 3 with strict=yes: not all is stated" : "");
	return CODE_OK;
}

static int refuse_topic(const char *word)
{
	char meant[NEAREST_WORDS];
	struct nearest nearest;
	const struct verb *verb;

	nearest_begin(&nearest, word);
	for (size_t i = 0; (verb = verb_at(i)); i++)
		nearest_offer(&nearest, verb->name, verb->name);
	nearest_offer(&nearest, "settings", "settings");
	if (!*nearest_words(&nearest, meant))
		bench_hint(word, meant);
	fprintf(stderr,
		"assay help: no verb, benchmark or topic '%s'%s `assay help` and `assay list` list "
		"them\n",
		word, meant);
	return CODE_USAGE;
}

int help_main(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;
	const struct bench *bench = argc == 2 ? bench_find(argv[1]) : NULL;

	if (argc == 1)
		return help_usage(CODE_OK);
	if (argc == 2 && !strcmp(argv[1], "--table"))
		return describe_all();
	if (argc == 2 && !strcmp(argv[1], "settings"))
		print_settings();
	else if (bench)
		print_bench(bench);
	else if (verb)
		return help_verb(verb, argc - 2, argv + 2);
	else
		return refuse_topic(argv[1]);
	return CODE_OK;
}
