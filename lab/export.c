/* SPDX-License-Identifier: MIT */
/* assay export: a run in the forms of others. */
#include <errno.h>
#include <string.h>

#include "lab/export/export.h"

/* clang-format off */
static const struct export_format formats[] = {
	{ "in-toto", "in-toto statement with a test-result v0.1 predicate", export_in_toto },
	{ "disclosure", "full disclosure: every R and M requirement, or the word missing", export_disclosure },
	{ "plan", "the plan as it ran, to run it again: plan=FILE", export_plan },
	{ "csv", "a line for each measurement, for spreadsheets", export_csv, true },
	{ "openmetrics", "gauges with the records' times, for time-series stores", export_openmetrics, true },
	{ "junit", "JUnit XML: a case for each step, for CI servers", export_junit, true },
	{ "postgres", "a script for psql that loads it: lab/fleet/schema.sql", export_postgres },
	{ "jsonl", "the journal itself: OCP Test & Validation Output 2.0", export_journal },
};
/* clang-format on */

enum { FORMAT, OUT, RESULTS };
static struct arg keys[] = {
	[FORMAT] = { "format", NULL, "in-toto|disclosure|plan|csv|openmetrics|junit|postgres|jsonl",
		     "in-toto: a signed-statement's payload with a test result; disclosure: every "
		     "requirement with what the run says of it; plan: to run it again; csv: a line a "
		     "measurement; openmetrics: for time-series stores; junit: for CI servers; postgres: a script for psql; jsonl: "
		     "the journal itself" },
	[OUT] = { "out", NULL, "FILE", "written there; none given: standard output" },
	[RESULTS] = { "results", "results", "DIR", "the folder of all runs" },
	{ 0 },
};

static const struct export_format *format;
static const char *path;

static int refuse(int code, const char *why)
{
	fprintf(stderr, "assay export: %s\n", why);
	return code;
}

static int tell(const struct folder *folder)
{
	char why[WHY_ROOM] = "";
	FILE *out = path ? fopen(path, "we") : stdout;
	int err = out ? format->write(folder, out, why, sizeof(why)) : -errno;

	if (out && ferror(out) && !err)
		err = -EIO;
	if (out && path && fclose(out) && !err)
		err = -errno;
	if (err && !why[0])
		text_refuse(err, why, sizeof(why), "%s: %s", path ? path : "standard output",
			    strerror(-err));
	return err ? refuse(CODE_FAILED, why) : CODE_OK;
}

static int choose(const char *name, char *why, size_t room)
{
	struct text text;

	for (size_t i = 0; name && i < COUNT_OF(formats); i++)
		if (!strcmp(formats[i].name, name))
			format = &formats[i];
	if (format)
		return 0;
	text_begin(&text, why, room);
	text_add(&text, "format=%.40s: expected one of", name ? name : "");
	for (size_t i = 0; i < COUNT_OF(formats); i++)
		text_add(&text, "%s %s", i ? "," : "", formats[i].name);
	return -EINVAL;
}

static int export_main(int argc, char **argv)
{
	char why[WHY_ROOM];
	int rest = args_take(argc, argv, keys, why, sizeof(why));

	path = keys[OUT].value;
	if (rest < 0 || choose(keys[FORMAT].value, why, sizeof(why)))
		return refuse(CODE_USAGE, why);
	if (path && rest > 1)
		return refuse(CODE_USAGE, "out=FILE holds one run");
	if (format->single && rest > 1)
		return refuse(CODE_USAGE, "this form holds one run");
	return folders_each(keys[RESULTS].value, argv + 1, (size_t)rest, tell, refuse);
}

const struct verb verb_export = {
	.name = "export",
	.usage = "export format=FORMAT [RUN ...] [NAME=VALUE ...]",
	.summary = "a run in the forms of others: statement, disclosure, plan, tables",
	.main = export_main,
	.operand = "RUN",
	.args = keys,
	.examples = "assay export format=csv > latest.csv\n"
		    "assay export results/RUN format=junit out=junit.xml\n",
};
