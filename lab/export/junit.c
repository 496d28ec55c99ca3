/* SPDX-License-Identifier: MIT */
/*
 * JUnit's XML, as CI servers read it: a suite for the run, a case for each step. A step that
 * measured something wrong is a failure, one that could not measure an error; the run's end is the
 * last case, so that a run that was cut is not green.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/export/export.h"
#include "lab/export/rows.h"

struct tally {
	unsigned tests, failures, errors, skipped;
	double seconds;
};
struct junit {
	FILE *out;
	const struct folder *folder;
	struct tally tally;
};

/* ---- XML ---- */

/* The length of the UTF-8 character there, or 0: not one that XML 1.0 allows. */
static size_t character_length(const unsigned char *at)
{
	unsigned code = at[0];
	size_t len = code < 0x80 ? 1 : (code & 0xe0) == 0xc0 ? 2 : (code & 0xf0) == 0xe0 ? 3 : 4;
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (len == 1)
		return code >= 0x20 || code == '\t' || code == '\n' || code == '\r';
	if ((code & 0xc0) == 0x80 || code >= 0xf8)
		return 0;
	code &= 0x7f >> len;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
	    code == 0xfffe || code == 0xffff)
		return 0;
	return len;
}

static void put_xml(FILE *out, const char *text)
{
	while (*text) {
		size_t len = character_length((const unsigned char *)text);
		const char *found = strchr("&<>\"\n\r\t", *text);

		if (!len)
			fputs("\xef\xbf\xbd", out); /* the replacement character */
		else if (found)
			fprintf(out, "&#%d;", *text);
		else
			fwrite(text, 1, len, out);
		text += len ? len : 1;
	}
}

static void put_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	put_xml(out, text);
	fputc('"', out);
}

/* ---- cases ---- */

/* What an outcome is to JUnit: NULL is a pass. */
static const char *element_of(const char *outcome)
{
	if (!strcmp(outcome, "ok"))
		return NULL;
	if (!strcmp(outcome, "failed"))
		return "failure";
	return !strcmp(outcome, "skipped") ? "skipped" : "error";
}

static double seconds_of(const struct export_step *step)
{
	return isfinite(step->seconds) && step->seconds > 0 ? step->seconds : 0;
}

static void count(struct tally *tally, const char *element, double seconds)
{
	tally->tests++;
	tally->seconds += seconds;
	if (!element)
		return;
	tally->failures += !strcmp(element, "failure");
	tally->errors += !strcmp(element, "error");
	tally->skipped += !strcmp(element, "skipped");
}

static int count_step(void *context, const struct export_step *step)
{
	struct junit *junit = context;

	count(&junit->tally, element_of(step->outcome), seconds_of(step));
	return 0;
}

static void put_element(FILE *out, const char *element, const char *type, const char *message)
{
	fprintf(out, "\t\t\t<%s", element);
	if (strcmp(element, "skipped") != 0)
		put_attribute(out, "type", type);
	put_attribute(out, "message", message);
	fputs("/>\n", out);
}

/* The step's measurements as a person reads them. */
static void put_figures(const struct folder *folder, const struct export_step *step, FILE *out)
{
	static char room[1 << 16];
	const struct step_view view = { step->id, step->name, &folder->journal.records };
	struct text text;

	text_begin(&text, room, sizeof(room));
	figures_write(&view, &text);
	if (!text.len)
		return;
	fputs("\t\t\t<system-out>", out);
	for (char *line = strtok(room, "\n"); line; line = strtok(NULL, "\n")) {
		put_xml(out, line);
		fputc('\n', out);
	}
	fputs("</system-out>\n", out);
}

static int put_step(void *context, const struct export_step *step)
{
	const struct junit *junit = context;
	const char *element = element_of(step->outcome);

	fputs("\t\t<testcase", junit->out);
	put_attribute(junit->out, "classname", *step->bench ? step->bench : step->name);
	put_attribute(junit->out, "name", step->name);
	fprintf(junit->out, " time=\"%.3f\">\n", seconds_of(step));
	if (element)
		put_element(junit->out, element, *step->outcome ? step->outcome : "cut",
			    *step->reason  ? step->reason :
			    *step->outcome ? step->outcome :
					     "no outcome: the run was cut off");
	put_figures(junit->folder, step, junit->out);
	fputs("\t\t</testcase>\n", junit->out);
	return 0;
}

/* ---- the run ---- */

/* A step's failure is its own case; what is left is that the run came to its end. */
static const char *end_element(const struct export_run *run)
{
	return run->ended && strcmp(run->status, "ERROR") != 0 ? NULL : "error";
}

static void put_end(FILE *out, const struct export_run *run)
{
	fputs("\t\t<testcase classname=\"assay\" name=\"the run came to its end\" time=\"0\">\n",
	      out);
	if (end_element(run))
		put_element(out, end_element(run), run->ended ? run->status : "cut",
			    run->ended ? "the run ended with an error" : "the run was cut off");
	fputs("\t\t</testcase>\n", out);
}

static void put_tally(FILE *out, const struct tally *tally)
{
	fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\"",
		tally->tests, tally->failures, tally->errors, tally->skipped, tally->seconds);
}

static void put_property(FILE *out, const char *name, const char *value)
{
	fprintf(out, "\t\t\t<property name=\"%s\"", name);
	put_attribute(out, "value", value);
	fputs("/>\n", out);
}

static void put_suite(struct junit *junit, const struct export_run *run)
{
	FILE *out = junit->out;
	char when[24] = "";

	snprintf(when, sizeof(when), "%.19s", run->when);
	fputs("\t<testsuite", out);
	put_attribute(out, "name", *run->plan ? run->plan : "assay");
	put_tally(out, &junit->tally);
	put_attribute(out, "timestamp", when);
	put_attribute(out, "hostname", *run->machine ? run->machine : "unnamed machine");
	fputs(">\n\t\t<properties>\n", out);
	put_property(out, "run", run->id);
	put_property(out, "version", run->version);
	put_property(out, "result", run->result);
	fputs("\t\t</properties>\n", out);
}

int export_junit(const struct folder *folder, FILE *out, char *why, size_t room)
{
	struct junit junit = { .out = out, .folder = folder };
	struct export_run run;

	(void)why;
	(void)room;
	export_run_read(folder, &run);
	if (export_steps(folder, count_step, &junit))
		return -ENOMEM;
	count(&junit.tally, end_element(&run), 0);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay\"", out);
	put_tally(out, &junit.tally);
	fputs(">\n", out);
	put_suite(&junit, &run);
	if (export_steps(folder, put_step, &junit))
		return -ENOMEM;
	put_end(out, &run);
	fputs("\t</testsuite>\n</testsuites>\n", out);
	return 0;
}
