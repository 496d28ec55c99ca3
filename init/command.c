/* SPDX-License-Identifier: MIT */
/* The verbs list, help, plan and run: the same code as process 1's, for an ordinary user. */
#include "init/init.h"
#include "bench/engine/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *need_name(enum need need)
{
	static const char *const names[] = { "", "target=ADDRESS", "target=DIR",
					     "target=FILE|DEVICE" };

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

static void print_params(const struct param *params)
{
	char expected[200];
	struct text text;

	for (const struct param *p = params; p && p->name; p++) {
		text_begin(&text, expected, sizeof(expected));
		param_expected(p, &text);
		printf("  %-16s %-10s %s\n  %27s %s\n", p->name, p->dflt[0] ? p->dflt : "-",
		       p->help, "", expected);
	}
}

static const char *direction_name(enum direction better)
{
	static const char *const names[] = { "more is better", "less is better", "" };

	return names[better];
}

int help_main(int argc, char **argv)
{
	const struct bench *bench = argc == 2 ? bench_find(argv[1]) : NULL;

	if (argc == 2 && !strcmp(argv[1], "settings")) {
		printf("settings (kernel words assay.NAME=VALUE, keys of a plan's [plan] section):\n");
		print_params(settings_table);
		printf("links (assay.net.NAME the one measured through, assay.net.1.NAME to assay.net.%d.NAME "
		       "others beside it; ip, gateway and nic are short for net.address, net.gateway, "
		       "net.nic):\n",
		       WISHES - 1);
		print_params(link_table);
		return CODE_OK;
	}
	if (!bench) {
		fprintf(stderr, "assay help: no benchmark '%s'; `assay list` names them\n",
			argc > 1 ? argv[1] : "");
		return CODE_USAGE;
	}
	printf("%s: %s\ndefinition: %s\n", bench->name, bench->summary, bench->definition);
	if (bench->need)
		printf("needs: %s\n", need_name(bench->need));
	printf("parameters:\n");
	print_params(bench->params);
	if (plan_stands_on_disk(bench)) {
		printf("%s, in a plan and on the kernel command line:\n",
		       bench->need == NEEDS_DISK ? "the disk beneath" : "the scratch disk beneath");
		print_params(ground_table + (bench->need == NEEDS_DISK ? GROUND_TRIM : 0));
	}
	printf("metrics:\n");
	for (const struct metric *m = bench->metrics; m->name; m++)
		printf("  %-22s %-10s %s%s%s\n", m->name, m->unit, m->help ? m->help : "",
		       m->help && direction_name(m->better)[0] ? "; " : "",
		       direction_name(m->better));
	return CODE_OK;
}

/* Words as given on a command line, back in one line. The first may be a bare plan name. */
static void join_words(struct text *out, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		text_add(out, "%s%s\"%s\"", i > 1 ? " " : "",
			 i == 1 && !strchr(argv[i], '=') ? "plan=" : "", argv[i]);
}

/* target=DIR and probe_seconds=N are for the plan's prediction, not settings: taken out of argv. */
struct probe_words {
	const char *directory;
	double seconds;
};

static int take_probe(struct probe_words *probe, int *argc, char **argv, char *why, size_t room)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (!strncmp(argv[i], "target=", 7))
			probe->directory = argv[i] + 7;
		else if (strncmp(argv[i], "probe_seconds=", 14))
			argv[kept++] = argv[i];
		else if (text_seconds(argv[i] + 14, &probe->seconds) || probe->seconds < 0.5 ||
			 probe->seconds > 600)
			return text_refuse(-EINVAL, why, room, "%.60s: expected 0.5 s to 600 s",
					   argv[i]);
	}
	*argc = kept;
	return 0;
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

int plan_main(int argc, char **argv)
{
	static struct settings settings;
	static struct plan plan;
	static char words[4096], report[65536];
	struct probe_words probe = { .seconds = 4 };
	struct speeds speeds = speeds_plain;
	char why[WHY_ROOM];
	struct text text;
	int err;

	if (take_probe(&probe, &argc, argv, why, sizeof(why))) {
		fprintf(stderr, "assay plan: %s\n", why);
		return CODE_USAGE;
	}
	text_begin(&text, words, sizeof(words));
	join_words(&text, argc, argv);
	if (configure(&settings, words, FROM_USER, why, sizeof(why))) {
		fprintf(stderr, "assay plan: %s\n", why);
		return CODE_USAGE;
	}
	plan.count = settings.request_count;
	for (size_t i = 0; i < plan.count; i++) {
		plan_step(&plan.step[i], &settings.request[i], i,
			  settings.value[SET_DEADLINE].real);
		plan.expected_seconds += plan.step[i].expected_seconds;
	}
	err = probe.directory ? speeds_probe(probe.directory, probe.seconds, &speeds) : 0;
	if (err) {
		fprintf(stderr, "assay plan: cannot probe %s: %s\n", probe.directory,
			strerror(-err));
		return CODE_FAILED;
	}
	if (probe.directory) {
		print_speeds(&speeds);
		expect_by(&plan, &speeds, settings.value[SET_DEADLINE].real);
	}
	text_begin(&text, report, sizeof(report));
	plan_print(&settings, &plan, &text);
	fputs(report, stdout);
	for (size_t i = 0; i < plan.count; i++)
		print_modes(&plan.step[i], &speeds);
	return CODE_OK;
}

/* ---- run ---- */

static int append_stdout(struct sink *sink, const char *line, size_t len, unsigned sequence,
			 const struct digest *head)
{
	(void)sink;
	(void)sequence;
	(void)head;
	return fwrite(line, 1, len, stdout) == len ? 0 : -EIO;
}

static int flush_stdout(struct sink *sink)
{
	(void)sink;
	return fflush(stdout) ? -errno : 0;
}

static struct sink stdout_sink = { "standard output", append_stdout, flush_stdout, NULL, false, 0 };

struct run_words {
	struct request request;
	char target[160];
	bool jsonl;
};

static int take_word(struct run_words *words, char *word, char *why, size_t room)
{
	char *value = strchr(word, '=');

	if (!value)
		return text_refuse(-EINVAL, why, room, "%.80s: expected KEY=VALUE", word);
	*value++ = '\0';
	if (!strcmp(word, "target")) {
		if (strlen(value) >= sizeof(words->target))
			return text_refuse(-ERANGE, why, room, "target: longer than %zu characters",
					   sizeof(words->target) - 1);
		strcpy(words->target, value);
		return 0;
	}
	if (!strcmp(word, "format")) {
		words->jsonl = !strcmp(value, "jsonl");
		return words->jsonl || !strcmp(value, "text") ?
			       0 :
			       text_refuse(-EINVAL, why, room,
					   "format=%.40s: expected text or jsonl", value);
	}
	return request_set(&words->request, word, value, FROM_USER, why, room);
}

static bool is_block(const char *path)
{
	struct stat stat_buffer;

	return !stat(path, &stat_buffer) && S_ISBLK(stat_buffer.st_mode);
}

/* A plain file, or a device against which the guard has nothing: what is in it will be lost. */
static int check_disk(const struct run_words *words, char *why, size_t room)
{
	struct stat stat_buffer;
	struct wipeable disk;

	if (is_block(words->target))
		return guard_open_path(words->target, &disk, why, room);
	if (stat(words->target, &stat_buffer) || !S_ISREG(stat_buffer.st_mode))
		return text_refuse(-ENOTBLK, why, room,
				   "target=%s: not a plain file or block device, whose contents "
				   "may be lost",
				   words->target);
	return 0;
}

/* Of a disk that is not the image's own nothing is set unless it was named as a device. */
static int check_ground(const struct run_words *words, char *why, size_t room)
{
	for (size_t key = 0; key < GROUND_KEYS; key++)
		if (words->request.ground_from[key] != FROM_DEFAULT && !is_block(words->target))
			return text_refuse(-EINVAL, why, room,
					   "%s: only for a disk: the image's scratch disk, or "
					   "target=DEVICE of a disk benchmark",
					   ground_table[key].name);
	return 0;
}

static int check_target(const struct run_words *words, char *why, size_t room)
{
	enum need need = words->request.bench->need;
	struct stat stat_buffer;

	if (need == NEEDS_NOTHING && words->target[0])
		return text_refuse(-EINVAL, why, room, "target=%s: this benchmark takes none",
				   words->target);
	if (need != NEEDS_NOTHING && !words->target[0])
		return text_refuse(-EINVAL, why, room, "it needs %s", need_name(need));
	if (need == NEEDS_DIRECTORY &&
	    (stat(words->target, &stat_buffer) || !S_ISDIR(stat_buffer.st_mode)))
		return text_refuse(-ENOTDIR, why, room, "target=%s: not a directory",
				   words->target);
	return need == NEEDS_DISK ? check_disk(words, why, room) : 0;
}

static int read_words(struct run_words *words, int argc, char **argv, char *why, size_t room)
{
	const struct bench *bench = argc > 1 ? bench_find(argv[1]) : NULL;
	char reason[WHY_ROOM];
	int err;

	if (!bench)
		return text_refuse(-ENOENT, why, room, "no benchmark '%s'; `assay list` names them",
				   argc > 1 ? argv[1] : "");
	err = request_init(&words->request, bench, reason, sizeof(reason));
	for (int i = 2; !err && i < argc; i++)
		err = take_word(words, argv[i], reason, sizeof(reason));
	if (!err)
		err = check_target(words, reason, sizeof(reason));
	if (!err)
		err = check_ground(words, reason, sizeof(reason));
	if (!err)
		err = request_check(&words->request, reason, sizeof(reason));
	return err ? text_refuse(err, why, room, "%s: %s", bench->name, reason) : 0;
}

static int exit_code(enum outcome outcome)
{
	return outcome == RUN_OK ? CODE_OK : outcome == RUN_SKIPPED ? CODE_NOTHING : CODE_FAILED;
}

static void print_people(const struct story *story, const struct step *step,
			 const struct result *result)
{
	printf("%s", story->summary.start);
	printf("%s: %s%s%s\n", step->name, outcome_name(result->outcome),
	       result->reason[0] ? ": " : "", result->reason);
}

/* A benchmark of files works in a folder of its own, so that nothing is left when it has to be
 * killed. */
static int enter_target(struct step *step, const struct run_words *words, char *why, size_t room)
{
	int n;

	if (words->request.bench->need != NEEDS_DIRECTORY) {
		strcpy(step->target, words->target);
		return 0;
	}
	n = snprintf(step->target, sizeof(step->target), "%s/assay-run-XXXXXX", words->target);
	if (n < 0 || (size_t)n >= sizeof(step->target))
		return text_refuse(-ENAMETOOLONG, why, room, "target=%s: too long", words->target);
	if (!mkdtemp(step->target))
		return text_refuse(-errno, why, room, "target=%s: cannot make a folder in it: %s",
				   words->target, strerror(errno));
	return 0;
}

static void measure_here(struct story *story, const struct step *step, struct result *result)
{
	char why[WHY_ROOM];

	if (!plan_stands_on_disk(step->request->bench)) {
		measure_step(story, step, result);
		return;
	}
	if (ground_enter_here(story, step, why, sizeof(why))) {
		*result = (struct result){ .outcome = RUN_ERROR };
		snprintf(result->reason, sizeof(result->reason), "%s", why);
		record_not_run(story, step, result);
		return;
	}
	measure_step(story, step, result);
	ground_leave_here(story, step);
}

int run_main(int argc, char **argv)
{
	static struct story story;
	static struct run_words words;
	static char table[1 << 20];
	struct result result;
	struct step step;
	char why[WHY_ROOM];

	if (read_words(&words, argc, argv, why, sizeof(why))) {
		fprintf(stderr, "assay run: %s\n", why);
		return CODE_USAGE;
	}
	params_defaults(settings_table, story.settings.value, NULL, 0);
	text_begin(&story.summary, table, sizeof(table));
	table_heading(&story.summary);
	discover(&story.machine);
	discover_links(&story.machine);
	run_id_make(story.run_id, sizeof(story.run_id));
	story.journal.wall_ms = wall_ms;
	if (words.jsonl)
		journal_add_sink(&story.journal, &stdout_sink);
	plan_step(&step, &words.request, 0, 0);
	step.sets_ground = words.request.bench->need == NEEDS_DISK && is_block(words.target);
	if (enter_target(&step, &words, why, sizeof(why))) {
		fprintf(stderr, "assay run: %s\n", why);
		return CODE_FAILED;
	}
	signal(SIGINT, measure_interrupt);
	signal(SIGTERM, measure_interrupt);
	record_start(&story);
	record_step_start(&story, &step);
	measure_here(&story, &step, &result);
	if (step.request->bench->need == NEEDS_DIRECTORY)
		scratch_remove(step.target);
	record_end(&story, STATUS_COMPLETE, result.outcome == RUN_OK ? RESULT_PASS : RESULT_FAIL);
	if (!words.jsonl)
		print_people(&story, &step, &result);
	return exit_code(result.outcome);
}
