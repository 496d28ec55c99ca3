/* SPDX-License-Identifier: MIT */
/* assay report: runs as tables that people read, on the terminal or as one page for a browser. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab.h"

enum { RUNS_MAX = 64 };

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay report: %s\n", why);
	return code;
}

static int tell(const struct folder *folder)
{
	char *text = account_make(folder);

	if (!text)
		return refuse(CODE_FAILED, "out of memory");
	fputs(text, stdout);
	free(text);
	return CODE_OK;
}

/* ---- the page ---- */

enum { ARG_RESULTS, ARG_COMPARE, ARG_OUTPUT };

static int save(const struct folder *folders, size_t count, cJSON *compare, const char *path)
{
	cJSON *data = page_data(folders, count, compare);
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
	printf("%s: %zu run%s, %.1f MB\n", path, count, count == 1 ? "" : "s", (double)len / 1e6);
	return CODE_OK;
}

/* Returns how many it loaded; the last of them may be half there when it is not `count`. */
static size_t load(const char *results, char **words, size_t count, struct folder *folders,
		   char *why, size_t room)
{
	char path[PATH_ROOM];

	for (size_t i = 0; i < count; i++)
		if (folder_locate(results, words[i], path, sizeof(path), why, room) ||
		    folder_load(&folders[i], path, why, room))
			return i;
	return count;
}

static int make_page(const struct arg *args, char **words, size_t count)
{
	struct folder *folders = calloc(count, sizeof(*folders));
	char why[WHY_ROOM] = "out of memory";
	cJSON *compare = NULL;
	int code = CODE_FAILED;
	bool ready = folders && load(args[ARG_RESULTS].value, words, count, folders, why,
				     sizeof(why)) == count;

	if (ready && *args[ARG_COMPARE].value) {
		compare = json_load(args[ARG_COMPARE].value, why, sizeof(why));
		ready = compare;
	}
	if (ready)
		code = save(folders, count, compare, args[ARG_OUTPUT].value);
	else
		refuse(code, why);
	for (size_t i = 0; folders && i < count; i++)
		folder_free(&folders[i]);
	free(folders);
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

static int report_main(int argc, char **argv)
{
	struct arg args[] = {
		[ARG_RESULTS] = { "results", "results" },
		[ARG_COMPARE] = { "compare", "" },
		[ARG_OUTPUT] = { "output", "" },
		{ 0 },
	};
	char why[WHY_ROOM], *latest[] = { "" };
	int rest;

	if (!take_output(&argc, argv, &args[ARG_OUTPUT]))
		return refuse(CODE_USAGE, "-o: the file to write is missing");
	rest = args_take(argc, argv, args, why, sizeof(why));
	if (rest < 0)
		return refuse(CODE_USAGE, why);
	if (rest > RUNS_MAX)
		return refuse(CODE_USAGE, "at most 64 runs fit one page");
	if (!*args[ARG_OUTPUT].value)
		return folders_each(args[ARG_RESULTS].value, argv + 1, (size_t)rest, tell, refuse);
	return rest ? make_page(args, argv + 1, (size_t)rest) : make_page(args, latest, 1);
}

const struct verb verb_report = {
	.name = "report",
	.usage = "report [RUN...] [-o FILE.html] [compare=FILE.json] [results=results]",
	.summary = "show runs as readable tables, or as one page for a browser",
	.main = report_main,
};
