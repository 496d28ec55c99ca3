/* SPDX-License-Identifier: MIT */
/* self.idle - what goes on while nothing is asked for: context switches, processes. The step itself
 * sleeps. */
#include "bench/bench.h"
#include "bench/engine/counters.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS };
static const struct param params[] = {
	[SECONDS] = { "seconds", "10", "how long it sleeps", PARAM_SECONDS, 0.01, 86400 },
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
	uint64_t wakings;
};
struct crowd {
	struct sleeper at[1024];
	size_t count;
	unsigned programs;
};

/* proc(5), status: a thread that goes to sleep was woken before. */
static void look_at(struct crowd *crowd, const char *pid)
{
	struct sleeper *sleeper = &crowd->at[crowd->count];
	char status[2048], words[16], *at;

	if (crowd->count == COUNT_OF(crowd->at) ||
	    file_read(status, sizeof(status), "/proc/%s/status", pid) <= 0)
		return;
	crowd->programs += file_read(words, sizeof(words), "/proc/%s/cmdline", pid) > 0;
	*sleeper = (struct sleeper){ .pid = (unsigned)strtoul(pid, NULL, 10) };
	if (sscanf(status, "Name: %19[^\n]", sleeper->name) != 1)
		sleeper->name[0] = '\0';
	at = strstr(status, "\nvoluntary_ctxt_switches:");
	if (at)
		sleeper->wakings = strtoull(at + strlen("\nvoluntary_ctxt_switches:"), NULL, 10);
	crowd->count++;
}

static void take(struct crowd *crowd)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	*crowd = (struct crowd){ 0 };
	while (dir && (entry = readdir(dir)))
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

static void name_them(struct run *run, struct crowd *crowd, double seconds)
{
	enum { NAMED = 6 };
	char words[200] = "nobody";
	struct text text;

	text_begin(&text, words, sizeof(words));
	qsort(crowd->at, crowd->count, sizeof(crowd->at[0]), most_first);
	for (size_t i = 0; i < crowd->count && i < NAMED && crowd->at[i].wakings; i++)
		text_add(&text, "%s%s %.2g/s", i ? ", " : "", crowd->at[i].name,
			 (double)crowd->at[i].wakings / seconds);
	run_note(run, "woken meanwhile: %s", words);
}

static int run(struct run *run)
{
	static struct crowd crowd_before, crowd_after;
	struct counters before, after;
	uint64_t start_ns, elapsed_ns;
	double elapsed_s;

	take(&crowd_before);
	counters_take(&before);
	start_ns = run->now_ns();
	run->sleep_ns((uint64_t)(run->value[SECONDS].real * 1e9));
	elapsed_ns = run->now_ns() - start_ns;
	counters_take(&after);
	take(&crowd_after);
	elapsed_s = (double)(elapsed_ns ? elapsed_ns : 1) / 1e9;
	run_sample(run, SWITCHES,
		   (double)(counters_switches(after.stat) - counters_switches(before.stat)) /
			   elapsed_s);
	run_sample(run, PROCESSES, (double)crowd_after.count);
	run_sample(run, PROGRAMS, crowd_after.programs);
	subtract(&crowd_before, &crowd_after);
	name_them(run, &crowd_after, elapsed_s);
	counters_free(&before);
	counters_free(&after);
	return 0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	return values[SECONDS].real;
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
