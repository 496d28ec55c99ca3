/* SPDX-License-Identifier: MIT */
/* self.idle - what goes on while nothing is asked for: context switches, processes. The step itself
 * sleeps. */
#include "bench/bench.h"
#include "bench/engine/counters.h"

#include <ctype.h>
#include <dirent.h>

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

static void count(unsigned *processes, unsigned *programs)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	char words[16];

	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		++*processes;
		*programs += file_read(words, sizeof(words), "/proc/%s/cmdline", entry->d_name) > 0;
	}
	if (dir)
		closedir(dir);
}

static int run(struct run *run)
{
	struct counters before, after;
	unsigned processes = 0, programs = 0;
	uint64_t start_ns, elapsed_ns;

	counters_take(&before);
	start_ns = run->now_ns();
	run->sleep_ns((uint64_t)(run->value[SECONDS].real * 1e9));
	elapsed_ns = run->now_ns() - start_ns;
	counters_take(&after);
	count(&processes, &programs);
	run_sample(run, SWITCHES,
		   (double)(counters_switches(after.stat) - counters_switches(before.stat)) /
			   ((double)(elapsed_ns ? elapsed_ns : 1) / 1e9));
	run_sample(run, PROCESSES, processes);
	run_sample(run, PROGRAMS, programs);
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
