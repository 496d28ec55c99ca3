/* SPDX-License-Identifier: MIT */
/* assay report: runs as tables that people read, on the terminal or as one page for a browser. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/report/report.h"

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay report: %s\n", why);
	return code;
}

static int tell(const struct folder *folder)
{
	char *text = account_make(folder);
	int err;

	if (!text)
		return refuse(CODE_FAILED, "out of memory");
	puts(text); /* and an empty line */
	free(text);
	err = verdicts_print(folder, stdout);
	return err ? refuse(CODE_FAILED, strerror(-err)) : CODE_OK;
}

enum { DIFFERENCES_ROOM = 1 << 20 };

static int tell_differences(const char *results, char **words, size_t count)
{
	char *room = malloc(DIFFERENCES_ROOM);
	struct text text;
	int err;

	if (!room)
		return refuse(CODE_FAILED, "out of memory");
	text_begin(&text, room, DIFFERENCES_ROOM);
	err = differences_write(results, words, count, &text);
	printf("\n%s", room);
	free(room);
	return err ? refuse(CODE_FAILED, strerror(-err)) : CODE_OK;
}

static int tell_all(const char *results, char **words, size_t count)
{
	int code = folders_each(results, words, count, tell, refuse);

	return code || count < 2 ? code : tell_differences(results, words, count);
}

/* ---- the page ---- */

enum { ARG_RESULTS, ARG_COMPARE, ARG_NOISY, ARG_OUTPUT };

static int save(const struct reported *reported, cJSON *compare, const char *path)
{
	cJSON *data = page_data(reported, compare);
	char *html = NULL, why[WHY_ROOM];
	size_t len = 0;
	int err = page_make(data, &html, &len);

	if (!err)
		err = path_write(path, html, len);
	free(html);
	cJSON_Delete(data);
	if (err) {
		snprintf(why, sizeof(why), "%s: %s", path, strerror(-err));
		return refuse(CODE_FAILED, why);
	}
	printf("%s: %zu run%s, %.1f MB\n", path, reported->count, reported->count == 1 ? "" : "s",
	       (double)len / 1e6);
	return CODE_OK;
}

static int add_words(struct reported *reported, const char *results, char **words, size_t count,
		     char *why, size_t room)
{
	int err = count ? 0 : reported_add(reported, results, "", why, room);

	for (size_t i = 0; !err && i < count; i++)
		err = reported_add(reported, results, words[i], why, room);
	return err;
}

static int make_page(const struct arg *args, char **words, size_t count)
{
	struct reported *reported = calloc(1, sizeof(*reported));
	char why[WHY_ROOM] = "out of memory";
	cJSON *compare = NULL;
	int code = CODE_FAILED;
	bool keep_noisy = false;
	bool ready =
		reported &&
		!args_choose(&args[ARG_NOISY], "leave", "keep", &keep_noisy, why, sizeof(why)) &&
		!add_words(reported, args[ARG_RESULTS].value, words, count, why, sizeof(why));

	if (ready && *args[ARG_COMPARE].value)
		ready = (compare = json_load(args[ARG_COMPARE].value, why, sizeof(why)));
	else if (ready)
		compare = reported_compare(reported, keep_noisy);
	if (ready)
		code = save(reported, compare, args[ARG_OUTPUT].value);
	else
		refuse(code, why);
	if (reported)
		reported_free(reported);
	cJSON_Delete(compare);
	return code;
}

/* ---- words ---- */

/* "-o FILE", as compilers have it: taken out of argv. False: FILE is not there. */
static bool take_output(int *argc, char **argv, struct arg *output)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "-o") != 0) {
			argv[kept++] = argv[i];
			continue;
		}
		if (++i == *argc)
			return false;
		output->value = argv[i];
	}
	*argc = kept;
	return true;
}

static struct arg keys[] = {
	[ARG_RESULTS] = { "results", "results", "DIR", "the folder of all runs" },
	[ARG_COMPARE] = { "compare", "", "FILE",
			  "what assay compare format=json wrote, in place of asking it anew" },
	[ARG_NOISY] = { "noisy", "leave", "leave|keep",
			"runs that the noise gate calls noisy, in the page's verdicts" },
	[ARG_OUTPUT] = { "output", "", "FILE", "the page; none given: the terminal" },
	{ 0 },
};
static const struct arg options[] = {
	{ "-o", NULL, "FILE", "short for output=FILE" },
	{ 0 },
};

static int report_main(int argc, char **argv)
{
	char why[WHY_ROOM];
	int rest;

	if (!take_output(&argc, argv, &keys[ARG_OUTPUT]))
		return refuse(CODE_USAGE, "-o: the file to write is missing");
	rest = args_take(argc, argv, keys, why, sizeof(why));
	if (rest < 0)
		return refuse(CODE_USAGE, why);
	if (!*keys[ARG_OUTPUT].value)
		return tell_all(keys[ARG_RESULTS].value, argv + 1, (size_t)rest);
	return make_page(keys, argv + 1, (size_t)rest);
}

const struct verb verb_report = {
	.name = "report",
	.usage = "report [RUN ...] [-o FILE.html] [NAME=VALUE ...]",
	.summary = "show runs as readable tables, or as one page for a browser",
	.main = report_main,
	.operand = "RUN",
	.args = keys,
	.options = options,
	.notes =
		"RUN: a run, or a folder of runs, which are one machine's boots. None: the latest run.",
	.examples = "assay report\n"
		    "assay report results/metal results/vm -o report.html\n"
		    "assay report results/NAME/machines/* -o report.html noisy=keep\n",
};
