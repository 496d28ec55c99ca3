/* SPDX-License-Identifier: MIT */
/* self.idle - what goes on while nothing is asked for: context switches, processes. The step itself
 * sleeps. */
#include "bench/bench.h"
#include "bench/engine/counters.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SECONDS, SETTLE };
static const struct param params[] = {
	[SECONDS] = { "seconds", "10", "how long it sleeps", PARAM_SECONDS, 0.01, 86400 },
	[SETTLE] = { "settle", "6", "before it counts: what the start leaves to do is done then",
		     PARAM_SECONDS, 0, 3600 },
	{ 0 },
};

enum { SWITCHES, PROCESSES, PROGRAMS };
static const struct metric metrics[] = {
	[SWITCHES] = { "idle_switches", "/s", "/proc/stat: context switches of the whole machine",
		       LESS_IS_BETTER, BY_MEDIAN },
	[PROCESSES] = { "processes", "1", "in /proc, threads of the kernel among them",
			LESS_IS_BETTER, BY_LAST },
	[PROGRAMS] = { "programs", "1", "those with a command line", LESS_IS_BETTER, BY_LAST },
	{ 0 },
};

struct sleeper {
	char name[20];
	unsigned pid;
	int status; /* kept open: to open it again would itself be work for later; -1: it is not */
	uint64_t wakings;
};
struct crowd {
	struct sleeper at[1024];
	size_t count;
	unsigned programs;
};

/* proc(5), status: a thread that goes to sleep was woken before. */
static void ask(struct sleeper *sleeper)
{
	char status[2048], *at;
	ssize_t len = pread(sleeper->status, status, sizeof(status) - 1, 0);

	if (len <= 0)
		return;
	status[len] = '\0';
	if (sscanf(status, "Name: %19[^\n]", sleeper->name) != 1)
		sleeper->name[0] = '\0';
	at = strstr(status, "\nvoluntary_ctxt_switches:");
	if (at)
		sleeper->wakings = strtoull(at + strlen("\nvoluntary_ctxt_switches:"), NULL, 10);
}

static void look_at(struct crowd *crowd, const char *pid)
{
	struct sleeper *sleeper = &crowd->at[crowd->count];
	char path[64], words[16];

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	*sleeper = (struct sleeper){ .pid = (unsigned)strtoul(pid, NULL, 10),
				     .status = open(path, O_RDONLY | O_CLOEXEC) };
	if (sleeper->status < 0)
		return;
	ask(sleeper);
	crowd->programs += file_read(words, sizeof(words), "/proc/%s/cmdline", pid) > 0;
	crowd->count++;
}

static void let_go(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++)
		close(crowd->at[i].status);
}

static void take(struct crowd *crowd)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	*crowd = (struct crowd){ 0 };
	while (dir && crowd->count < COUNT_OF(crowd->at) && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(crowd, entry->d_name);
	if (dir)
		closedir(dir);
}

/* In `after`: how often each was woken since. */
static void subtract(const struct crowd *before, struct crowd *after)
{
	for (size_t i = 0; i < after->count; i++)
		for (size_t k = 0; k < before->count; k++)
			if (before->at[k].pid == after->at[i].pid)
				after->at[i].wakings -= before->at[k].wakings;
}

static int most_first(const void *a, const void *b)
{
	uint64_t x = ((const struct sleeper *)a)->wakings, y = ((const struct sleeper *)b)->wakings;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* No judgement that fails a step: what is idle enough depends on what is asked. */
static void name_them(struct run *run, struct crowd *crowd, double switches, double elapsed_s)
{
	enum { NAMED = 6, QUIET = 2 };
	bool quiet = switches < QUIET;
	char words[200] = "nobody was woken";
	struct text text;

	text_begin(&text, words, sizeof(words));
	qsort(crowd->at, crowd->count, sizeof(crowd->at[0]), most_first);
	for (size_t i = 0; i < crowd->count && i < NAMED && crowd->at[i].wakings; i++)
		text_add(&text, "%s%s %.2g", i ? ", " : "", crowd->at[i].name,
			 (double)crowd->at[i].wakings / elapsed_s);
	run_diagnose(run, quiet ? VERDICT_PASS : VERDICT_UNKNOWN, quiet ? "idle" : "idle-woken",
		     "idle switches %.2f/s; woken a second: %s", switches, words);
}

/* A file for each process is kept open. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Reading takes no part in what is counted: it is done before the count and after it. */
static double count_switches(struct run *run, struct crowd *before, struct crowd *after,
			     double *elapsed_s)
{
	struct counters first, last;
	uint64_t start_ns, elapsed_ns;
	double switches;

	for (size_t i = 0; i < before->count; i++)
		ask(&before->at[i]);
	counters_take(&first);
	start_ns = run->now_ns();
	run->sleep_ns((uint64_t)(run->value[SECONDS].real * 1e9));
	elapsed_ns = run->now_ns() - start_ns;
	counters_take(&last);
	take(after);
	*elapsed_s = (double)(elapsed_ns ? elapsed_ns : 1) / 1e9;
	switches = (double)(counters_switches(last.stat) - counters_switches(first.stat));
	counters_free(&first);
	counters_free(&last);
	return switches / *elapsed_s;
}

static int run(struct run *run)
{
	static struct crowd before, after;
	double switches, elapsed_s;

	allow_many_files();
	take(&before);
	run_activity(run, "settling");
	run->sleep_ns((uint64_t)(run->value[SETTLE].real * 1e9));
	run_activity(run, "asleep");
	switches = count_switches(run, &before, &after, &elapsed_s);
	run_sample(run, SWITCHES, switches);
	run_sample(run, PROCESSES, (double)after.count);
	run_sample(run, PROGRAMS, after.programs);
	subtract(&before, &after);
	name_them(run, &after, switches, elapsed_s);
	let_go(&before);
	let_go(&after);
	return 0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	return values[SECONDS].real + values[SETTLE].real;
}

const struct bench bench_self_idle = {
	.name = "self.idle",
	.summary = "what goes on while nothing is asked for: context switches, processes",
	.definition = "Assay's own: /proc/stat and /proc around a sleep",
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
};
