/* SPDX-License-Identifier: MIT */
/* The verb run: one benchmark, here and now, by the same code as process 1's. */
#include "init/guard/guard.h"
#include "init/verbs/help.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

enum { TARGET, SCRATCH_OVER, FORMAT, RUN_WORDS };
enum { FORMAT_TEXT, FORMAT_JSONL };
const struct param run_words[] = {
	[TARGET] = { "target", "",
		     "what is measured: an address, a directory, a file or a disk, as the "
		     "benchmark needs",
		     PARAM_TEXT, 0, 159, "FILE" },
	[SCRATCH_OVER] = { "scratch_over", "",
			   "signatures that may be lost on a disk that target=serial:..., wwn:... "
			   "or partition:... names",
			   PARAM_TEXT, 0, 120 },
	[FORMAT] = { "format", "text", "jsonl: the records as a journal has them", PARAM_CHOICE,
		     .choices = "text|jsonl" },
	{ 0 },
};

struct asked {
	struct request request;
	union value value[RUN_WORDS];
	char target[160];     /* as it is found: a disk's path */
	struct naming naming; /* of the disk that is the target; kept apart from its path */
	bool named;
};

/* A word of our own, or a parameter of the benchmark. */
static int take_word(struct asked *asked, char *word, char *why, size_t room)
{
	int err = params_take(run_words, asked->value, word, why, room);
	char *value = strchr(word, '=');

	if (err != -ENOENT)
		return err;
	if (!value)
		return text_refuse(-EINVAL, why, room, "%.80s: expected KEY=VALUE", word);
	*value++ = '\0';
	return request_set(&asked->request, word, value, FROM_USER, why, room);
}

static bool is_block(const char *path)
{
	struct stat stat_buffer;

	return !stat(path, &stat_buffer) && S_ISBLK(stat_buffer.st_mode);
}

/* By its identity and size, as a plan names it. The target is its path from here on. */
static int find_named(struct asked *asked, char *why, size_t room)
{
	static struct machine machine;
	const struct block *block;
	int err = naming_read(&asked->naming, asked->target, asked->value[SCRATCH_OVER].text, why,
			      room);

	if (err)
		return err;
	guard_discover(&machine, &asked->naming);
	block = guard_choose(&machine, &asked->naming, why, room);
	if (!block)
		return -EPERM;
	asked->named = true;
	snprintf(asked->target, sizeof(asked->target), "/dev/%s", block->name);
	return 0;
}

/* A device without a name of its own, by its path and size. */
static int find_path(struct asked *asked, char *why, size_t room)
{
	struct wipeable disk;
	int err = naming_read_path(&asked->naming, asked->target, why, room);

	if (!err)
		err = guard_open_path(&asked->naming, &disk, why, room);
	if (err)
		return err;
	guard_close(&disk);
	strcpy(asked->target, asked->naming.name);
	return 0;
}

/* A plain file, or a device against which the guard has nothing: what is in it will be lost. */
static int check_disk(struct asked *asked, char *why, size_t room)
{
	struct stat stat_buffer;

	if (naming_is_meant(asked->target))
		return find_named(asked, why, room);
	if (asked->value[SCRATCH_OVER].text[0])
		return text_refuse(-EINVAL, why, room,
				   "scratch_over: only for target=serial:..., wwn:... or "
				   "partition:...");
	if (naming_is_path(asked->target))
		return find_path(asked, why, room);
	if (is_block(asked->target))
		return guard_refuse_path(asked->target, why, room);
	if (stat(asked->target, &stat_buffer) || !S_ISREG(stat_buffer.st_mode))
		return text_refuse(-ENOTBLK, why, room,
				   "target=%s: not a plain file or block device, whose contents "
				   "may be lost",
				   asked->target);
	return 0;
}

/* Of a disk that is not the image's own nothing is set unless it was named as a device. */
static int check_ground(const struct asked *asked, char *why, size_t room)
{
	for (size_t key = 0; key < GROUND_KEYS; key++)
		if (asked->request.ground_from[key] != FROM_DEFAULT && !is_block(asked->target))
			return text_refuse(-EINVAL, why, room,
					   "%s: only for a disk: the image's scratch disk, or "
					   "target=DEVICE of a disk benchmark",
					   ground_table[key].name);
	return 0;
}

static int check_target(struct asked *asked, char *why, size_t room)
{
	enum need need = asked->request.bench->need;
	struct stat stat_buffer;

	if (need == NEEDS_NOTHING && asked->target[0])
		return text_refuse(-EINVAL, why, room, "target=%s: this benchmark takes none",
				   asked->target);
	if (need != NEEDS_NOTHING && !asked->target[0])
		return text_refuse(-EINVAL, why, room, "it needs %s", need_name(need));
	if (need == NEEDS_DIRECTORY &&
	    (stat(asked->target, &stat_buffer) || !S_ISDIR(stat_buffer.st_mode)))
		return text_refuse(-ENOTDIR, why, room, "target=%s: not a directory",
				   asked->target);
	return need == NEEDS_DISK ? check_disk(asked, why, room) : 0;
}

static int read_words(struct asked *asked, int argc, char **argv, char *why, size_t room)
{
	const struct bench *bench = argc > 1 ? bench_find(argv[1]) : NULL;
	char reason[WHY_ROOM], meant[NEAREST_WORDS];
	int err;

	if (argc < 2)
		return text_refuse(-ENOENT, why, room,
				   "a benchmark expected; `assay list` names them");
	if (!bench)
		return text_refuse(-ENOENT, why, room,
				   "no benchmark '%s'%s `assay list` names them", argv[1],
				   bench_hint(argv[1], meant));
	err = request_init(&asked->request, bench, reason, sizeof(reason));
	if (!err)
		err = params_defaults(run_words, asked->value, reason, sizeof(reason));
	for (int i = 2; !err && i < argc; i++)
		err = take_word(asked, argv[i], reason, sizeof(reason));
	strcpy(asked->target, asked->value[TARGET].text);
	if (!err)
		err = check_target(asked, reason, sizeof(reason));
	if (!err)
		err = check_ground(asked, reason, sizeof(reason));
	if (!err)
		err = request_check(&asked->request, reason, sizeof(reason));
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
	if (result->outcome == RUN_ERROR && step->request->bench->need == NEEDS_PEER)
		printf("is the partner there? `assay peer` on that machine serves all of these; "
		       "`assay help %s` says which stock tool does\n",
		       step->name);
}

/* A benchmark of files works in a folder of its own, so that nothing is left when it has to be
 * killed. */
static int enter_target(struct step *step, const struct asked *asked, char *why, size_t room)
{
	int n;

	if (asked->request.bench->need != NEEDS_DIRECTORY) {
		strcpy(step->target, asked->target);
		return 0;
	}
	n = snprintf(step->target, sizeof(step->target), "%s/assay-run-XXXXXX", asked->target);
	if (n < 0 || (size_t)n >= sizeof(step->target))
		return text_refuse(-ENAMETOOLONG, why, room, "target=%s: too long", asked->target);
	if (!mkdtemp(step->target))
		return text_refuse(-errno, why, room, "target=%s: cannot make a folder in it: %s",
				   asked->target, strerror(errno));
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

/* For those who ask the guard again: as if the words of a plan had named it. */
static int take_named(struct story *story, const struct asked *asked, char *why, size_t room)
{
	union value *value = story->settings.value;

	snprintf(value[SET_SCRATCH_OVER].text, sizeof(value->text), "%s", asked->naming.over);
	story->settings.from[SET_SCRATCH] = FROM_USER;
	guard_discover(&story->machine, &asked->naming);
	story->plan.scratch = guard_named(&story->machine, &asked->naming, why, room);
	return story->plan.scratch ? 0 : -ENODEV;
}

int run_main(int argc, char **argv)
{
	static struct story story;
	static struct asked asked;
	static char table[1 << 20];
	struct result result;
	struct step step;
	char why[WHY_ROOM];
	bool jsonl;

	if (read_words(&asked, argc, argv, why, sizeof(why))) {
		fprintf(stderr, "assay run: %s\n", why);
		return CODE_USAGE;
	}
	jsonl = asked.value[FORMAT].num == FORMAT_JSONL;
	params_defaults(settings_table, story.settings.value, NULL, 0);
	text_begin(&story.summary, table, sizeof(table));
	table_heading(&story.summary);
	discover(&story.machine);
	discover_program(&story.machine);
	discover_links(&story.machine);
	snprintf(story.settings.value[SET_SCRATCH].text, sizeof(story.settings.value->text), "%s",
		 asked.naming.text);
	if (asked.named && take_named(&story, &asked, why, sizeof(why))) {
		fprintf(stderr, "assay run: %s\n", why);
		return CODE_USAGE;
	}
	run_id_make(story.run_id, sizeof(story.run_id));
	story.journal.wall_ms = wall_ms;
	if (jsonl)
		journal_add_sink(&story.journal, &stdout_sink);
	plan_step(&step, &asked.request, 0, 0);
	step.sets_ground = asked.request.bench->need == NEEDS_DISK && is_block(asked.target);
	if (enter_target(&step, &asked, why, sizeof(why))) {
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
	if (!jsonl)
		print_people(&story, &step, &result);
	return exit_code(result.outcome);
}
