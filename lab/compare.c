/* SPDX-License-Identifier: MIT */
/* assay compare: machines beside each other, metric by metric, with how sure one may be. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"

enum { RESULTS, FACTOR, FORMAT, SEED, RESAMPLES, ALPHA, FLOOR, LIMIT, NOISY, ALL, ARGS };
enum { TABLE_ROOM = 8 << 20 };

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay compare: %s\n", why);
	return code;
}

/* A share: "5%" or "0.05". */
static int take_share(const struct arg *arg, double *out, char *why, size_t room)
{
	char *end;
	double value = strtod(arg->value, &end);

	if (end != arg->value && !strcmp(end, "%"))
		value /= 100;
	else if (end == arg->value || *end)
		value = -1;
	if (!(value > 0 && value < 10))
		return text_refuse(-EINVAL, why, room,
				   "%s=%s: a share expected, such as 5%% or 0.05", arg->name,
				   arg->value);
	*out = value;
	return 0;
}

static int take_settings(struct study *study, const struct arg *args, bool *json, char *why,
			 size_t room)
{
	uint64_t resamples;
	int err = take_share(&args[ALPHA], &study->rules.alpha, why, room);

	if (!err)
		err = take_share(&args[FLOOR], &study->rules.floor, why, room);
	if (!err)
		err = take_share(&args[LIMIT], &study->rules.limit, why, room);
	if (!err)
		err = args_choose(&args[FORMAT], "text", "json", json, why, room);
	if (!err)
		err = args_choose(&args[NOISY], "leave", "keep", &study->keep_noisy, why, room);
	if (!err)
		err = args_choose(&args[ALL], "no", "yes", &study->all, why, room);
	if (err)
		return err;
	if (text_u64(args[SEED].value, &study->rules.draws.seed))
		return text_refuse(-EINVAL, why, room, "seed=%s: a whole number expected",
				   args[SEED].value);
	if (text_u64(args[RESAMPLES].value, &resamples) || resamples < 100 || resamples > 1000000)
		return text_refuse(-EINVAL, why, room,
				   "resamples=%s: a whole number from 100 to 1000000 expected",
				   args[RESAMPLES].value);
	study->rules.draws.count = resamples;
	snprintf(study->factor, sizeof(study->factor), "%s", args[FACTOR].value);
	return 0;
}

static int tell_json(const struct study *study)
{
	cJSON *json = study_json(study);
	char *text = cJSON_PrintUnformatted(json);

	cJSON_Delete(json);
	if (!text)
		return refuse(CODE_FAILED, "out of memory");
	puts(text);
	free(text);
	return CODE_OK;
}

static int tell_text(const struct study *study)
{
	char *room = malloc(TABLE_ROOM);
	struct text text;

	if (!room)
		return refuse(CODE_FAILED, "out of memory");
	text_begin(&text, room, TABLE_ROOM);
	study_print(study, &text);
	fputs(room, stdout);
	free(room);
	return text.cut ? refuse(CODE_FAILED,
				 "the table is longer than 8 MiB; format=json has all of it") :
			  CODE_OK;
}

static bool has_figures(const struct study *study)
{
	for (size_t i = 0; i < study->subject_count; i++)
		if (!study->subjects[i].count)
			return false;
	return true;
}

static int compare(struct study *study, int count, char **words, const char *results, bool json)
{
	char why[WHY_ROOM] = "";
	int code;

	for (int i = 0; i < count; i++) {
		int err = subject_read(study, words[i], results, why, sizeof(why));

		if (err)
			return refuse(CODE_FAILED, *why ? why : strerror(-err));
	}
	facts_judge(study);
	study_judge(study);
	sentences_write(study);
	code = json ? tell_json(study) : tell_text(study);
	if (code || has_figures(study))
		return code;
	return refuse(CODE_NOTHING, "of one of them no run is left to compare");
}

static struct arg keys[ARGS + 1] = {
	[RESULTS] = { "results", "results", "DIR", "where a run is looked for that is no path" },
	[FACTOR] = { "factor", "", "TEXT",
		     "what was meant to differ, with commas: hypervisor, disk, nic, cpu, memory, "
		     "firmware, board, image, plan, clock, network, devices, or a part of a fact's name" },
	[FORMAT] = { "format", "text", "text|json", "json: docs/compare.md has its shape" },
	[SEED] = { "seed", "1", "NUMBER", "of the bootstrap's draws" },
	[RESAMPLES] = { "resamples", "5000", "NUMBER", "how many draws, from 100 to 1000000" },
	[ALPHA] = { "alpha", "5%", "SHARE", "the p value below which a difference counts" },
	[FLOOR] = { "floor", "5%", "SHARE", "the least difference that counts" },
	[LIMIT] = { "limit", "25%", "SHARE", "how far the interval of a 'same' may reach" },
	[NOISY] = { "noisy", "leave", "leave|keep", "runs that the noise gate calls noisy" },
	[ALL] = { "all", "no", "no|yes", "judge conditions and details, too" },
};

static int compare_main(int argc, char **argv)
{
	struct study *study = calloc(1, sizeof(*study));
	char why[WHY_ROOM];
	int rest = args_take(argc, argv, keys, why, sizeof(why)), code;
	bool json = false;

	if (!study)
		return refuse(CODE_FAILED, "out of memory");
	if (rest < 0 || take_settings(study, keys, &json, why, sizeof(why)))
		code = refuse(CODE_USAGE, why);
	else if (!rest)
		code = refuse(CODE_USAGE,
			      "one or more expected: runs, folders of runs, files of stock tools");
	else
		code = compare(study, rest, argv + 1, keys[RESULTS].value, json);
	study_free(study);
	free(study);
	return code;
}

const struct verb verb_compare = {
	.name = "compare",
	.usage = "compare A [B ...] [NAME=VALUE ...]",
	.summary =
		"set machines beside each other: ratios with intervals, and what may be said of them",
	.main = compare_main,
	.operand = "RUN|FILE",
	.args = keys,
	.notes =
		"A, B: a folder of runs (several boots of one machine), a run, or a file that iperf, "
		"iperf3, bonnie++ (CSV), iozone or ping wrote. The others are compared to the first. "
		"Fewer than four boots of each cannot show a difference at p < 0.05. docs/compare.md "
		"says what each figure means.",
	.examples = "assay compare results/metal results/vm factor=disk,nic\n"
		    "assay compare old-iperf.txt results/latest\n",
};
