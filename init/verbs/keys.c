/* SPDX-License-Identifier: MIT */
/* The words of a verb, one by one, whichever table they are in. */
#include "init/verbs/help.h"

#include <stdio.h>
#include <string.h>

void keys_of_args(const struct arg *args, key_taker *take, void *context)
{
	for (; args && args->name; args++) {
		struct key key = { .prefix = "",
				   .name = args->name,
				   .dflt = args->value ? args->value : "",
				   .help = args->help ? args->help : "",
				   .form = args->form ? args->form : "TEXT" };

		take(context, &key);
	}
}

static void take_params(const struct param *params, const char *prefix, const char *title,
			key_taker *take, void *context)
{
	for (; params && params->name; params++) {
		struct key key = { .prefix = prefix,
				   .name = params->name,
				   .dflt = params->dflt,
				   .help = params->help,
				   .title = title,
				   .param = params };

		take(context, &key);
	}
}

void keys_of_params(const struct param *params, key_taker *take, void *context)
{
	take_params(params, "", NULL, take, context);
}

void keys_of_groups(const struct key_group *groups, key_taker *take, void *context)
{
	for (; groups && groups->params; groups++)
		take_params(groups->params, groups->prefix, groups->title, take, context);
}

void keys_of_bench(const struct bench *bench, const char *prefix, key_taker *take, void *context)
{
	take_params(bench->params, prefix, NULL, take, context);
	if (plan_stands_on_disk(bench))
		take_params(ground_table + (bench->need == NEEDS_DISK ? GROUND_TRIM : 0), prefix,
			    bench->need == NEEDS_DISK ? "of the disk beneath" :
							"of the scratch disk beneath",
			    take, context);
}

/* A word of the verb's own comes before a parameter of the same name. */
struct without {
	const struct verb *verb;
	key_taker *take;
	void *context;
};

static void take_other(void *context, const struct key *key)
{
	const struct without *without = context;

	for (const struct arg *arg = without->verb->args; arg && arg->name; arg++)
		if (!*key->prefix && !strcmp(arg->name, key->name))
			return;
	if (*key->prefix || !params_find(without->verb->params, key->name))
		without->take(without->context, key);
}

void keys_each(const struct verb *verb, const char *operand, key_taker *take, void *context)
{
	struct without without = { verb, take, context };
	const struct bench *bench = operand ? bench_find(operand) : NULL;
	char prefix[64];

	keys_of_args(verb->args, take, context);
	keys_of_params(verb->params, take, context);
	keys_of_groups(verb->groups, take_other, &without);
	if (verb->main == run_main && bench)
		keys_of_bench(bench, "", take_other, &without);
	for (const struct bench *const *b = bench_table; verb->main == plan_main && *b; b++) {
		snprintf(prefix, sizeof(prefix), "%s.", (*b)->name);
		keys_of_bench(*b, prefix, take, context);
	}
}

const char *direction_words(enum direction better)
{
	static const char *const words[] = { "more is better", "less is better", "" };

	return words[better];
}

void key_expected(const struct key *key, struct text *out)
{
	if (key->param)
		param_expected(key->param, out);
	else
		text_add(out, "%s", key->form);
}
