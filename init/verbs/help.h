/* SPDX-License-Identifier: MIT */
/*
 * What can be said at the command line. Help, the manual pages and the completion of shells are all
 * made from the tables that the verbs and benchmarks themselves read their words by.
 */
#ifndef ASSAY_HELP_H
#define ASSAY_HELP_H

#include "init/init.h"

/* ---- verbs.c ---- */

const struct verb *verb_at(size_t index); /* those of this folder, then the desk's; NULL: no more */
const struct verb *verb_find(const char *name);
/* "; did you mean report?", or ";". Returns out. */
const char *verb_hint(const char *name, char out[NEAREST_WORDS]);
extern const struct param peer_words[], plan_words[], run_words[];

/* ---- keys.c ---- */

/* A NAME=VALUE word: of a table of arguments, or of one of parameters. */
struct key {
	const char *prefix, *name, *dflt, *help;
	const char *title;	   /* of the group it is in; NULL: the verb's own */
	const char *form;	   /* of an argument */
	const struct param *param; /* or this */
};
typedef void key_taker(void *context, const struct key *key);
/* Every word that the verb knows; operand: the benchmark of `run`, NULL: none. */
void keys_each(const struct verb *verb, const char *operand, key_taker *take, void *context);
void keys_of_args(const struct arg *args, key_taker *take, void *context);
void keys_of_params(const struct param *params, key_taker *take, void *context);
void keys_of_groups(const struct key_group *groups, key_taker *take, void *context);
/* The parameters of a benchmark, and those of the disk beneath it. */
void keys_of_bench(const struct bench *bench, const char *prefix, key_taker *take, void *context);
/* "a size (suffix k, M, G, T) from 4k to 16M", "text|json" */
void key_expected(const struct key *key, struct text *out);

/* "more is better", or "" */
const char *direction_words(enum direction better);

/* ---- help.c ---- */

bool help_is_asked(const char *word); /* -h, --help */
int help_usage(int code);	      /* all verbs in a line each; returns the code */
int help_verb(const struct verb *verb, int count, char **words);
int help_main(int argc, char **argv);

/* ---- describe.c: the same for programs, a row a line, its parts between tabs ---- */

/* KIND OWNER NAME DEFAULT EXPECTED HELP; kinds: verb, notes, example, option, key, file, bench,
 * param, ground, metric, setting, link. */
int describe_all(void);

/* ---- complete.c ---- */

int complete_main(int argc, char **argv);

#endif
