/* SPDX-License-Identifier: MIT */
/* The verbs list and plan: the same code as process 1's, for an ordinary user. */
#include "init/verbs/help.h"
#include "bench/engine/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *need_name(enum need need)
{
	static const char *const names[] = { "", "target=ADDRESS", "target=DIR",
					     "target=FILE|serial:SERIAL:BYTES|path:DEVICE:BYTES" };

	return names[need];
}

int list_main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "assay list: takes no words\n");
		return CODE_USAGE;
	}
	for (const struct bench *const *b = bench_table; *b; b++)
		printf("%-14s %-15s %s\n", (*b)->name, need_name((*b)->need), (*b)->summary);
	return CODE_OK;
}

enum { PLAN, TARGET, PROBE_SECONDS, PLAN_WORDS };
const struct param plan_words[] = {
	[PLAN] = { "plan", "survey",
		   "config/plans/NAME.ini, or a path; may be given as a bare word", PARAM_TEXT, 1,
		   120, "PLAN" },
	[TARGET] = { "target", "",
		     "probed for some seconds, so that the times are those of its disk", PARAM_TEXT,
		     0, 159, "DIR" },
	[PROBE_SECONDS] = { "probe_seconds", "4", "how long", PARAM_SECONDS, 0.5, 600 },
	{ 0 },
};

/* Words of our own go into the values, all others, and the plan's name, into one line of settings.
 */
static int take_words(int argc, char **argv, union value *values, struct text *line, char *why,
		      size_t room)
{
	int err = params_defaults(plan_words, values, why, room);

	for (int i = 1; !err && i < argc; i++) {
		bool is_plan = i == 1 && !strchr(argv[i], '=');

		err = is_plan ? params_set(plan_words, values, "plan", argv[i], why, room) :
				params_take(plan_words, values, argv[i], why, room);
		if (err != -ENOENT)
			continue;
		text_add(line, "\"%s\" ", argv[i]);
		err = 0;
	}
	text_add(line, "plan=\"%s\"", values[PLAN].text);
	return err;
}

static void print_speeds(const struct speeds *speeds)
{
	printf("probed: disk %.0f MB/s written, %.0f MB/s read; 4 KiB at random %.0f and %.0f/s\n"
	       "  memory %.0f and %.0f MB/s; a call %.2f us, a flush %.2f ms, a file made %.0f us\n",
	       speeds->disk_write / 1e6, speeds->disk_read / 1e6, speeds->disk_random_write,
	       speeds->disk_random_read, speeds->cache_write / 1e6, speeds->cache_read / 1e6,
	       speeds->call_s * 1e6, speeds->flush_s * 1e3, speeds->create_s * 1e6);
}

/* A benchmark with an exact and a bounded mode: how long the step takes in each. */
static void print_modes(const struct step *step, const struct speeds *speeds)
{
	static const char *const modes[] = { "exact", "bounded" };
	const struct bench *bench = step->request->bench;
	union value values[MAX_PARAMS];
	struct text text;
	char line[80];

	if (!params_find(bench->params, "mode") || !params_find(bench->params, "interval"))
		return;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		memcpy(values, step->request->value, sizeof(values));
		params_set(bench->params, values, "mode", modes[i], NULL, 0);
		text_begin(&text, line, sizeof(line));
		text_add_duration(&text, bench->seconds(values, speeds));
		printf("  %s %s mode=%s: %s\n", step->id, step->name, modes[i], line);
	}
}

/* What the probe found decides how long a step takes. */
static void expect_by(struct plan *plan, const struct speeds *speeds, double deadline)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->step[i];

		plan->expected_seconds -= step->expected_seconds;
		step->expected_seconds =
			step->request->bench->seconds(step->request->value, speeds);
		step->deadline_seconds = deadline > 0 ? deadline : 4 * step->expected_seconds + 60;
		plan->expected_seconds += step->expected_seconds;
	}
}

/* As in a run's stepsSha256: two plans with the same one do the same. */
static void print_digest(const struct settings *settings)
{
	struct digest digest;
	char hex[65];

	settings_digest_steps(settings, &digest);
	digest_hex(&digest, hex, 32);
	printf("digest of the steps: %s\n", hex);
}

int plan_main(int argc, char **argv)
{
	static struct settings settings;
	static struct plan plan;
	static char words[4096], report[65536];
	union value values[PLAN_WORDS];
	const char *directory;
	struct speeds speeds = speeds_plain;
	char why[WHY_ROOM];
	struct text text;
	int err;

	text_begin(&text, words, sizeof(words));
	if (take_words(argc, argv, values, &text, why, sizeof(why)) ||
	    configure(&settings, words, FROM_USER, why, sizeof(why))) {
		fprintf(stderr, "assay plan: %s\n", why);
		return CODE_USAGE;
	}
	directory = values[TARGET].text;
	plan.count = settings.request_count;
	for (size_t i = 0; i < plan.count; i++) {
		plan_step(&plan.step[i], &settings.request[i], i,
			  settings.value[SET_DEADLINE].real);
		plan.expected_seconds += plan.step[i].expected_seconds;
	}
	err = *directory ? speeds_probe(directory, values[PROBE_SECONDS].real, &speeds) : 0;
	if (err) {
		fprintf(stderr, "assay plan: cannot probe %s: %s\n", directory, strerror(-err));
		return CODE_FAILED;
	}
	if (*directory) {
		print_speeds(&speeds);
		expect_by(&plan, &speeds, settings.value[SET_DEADLINE].real);
	}
	text_begin(&text, report, sizeof(report));
	plan_print(&settings, &plan, &text);
	fputs(report, stdout);
	for (size_t i = 0; i < plan.count; i++)
		print_modes(&plan.step[i], &speeds);
	print_digest(&settings);
	return CODE_OK;
}
