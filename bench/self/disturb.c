/* SPDX-License-Identifier: MIT */
/*
 * self.disturb - measures, and lets happen to the machine what makes a measurement worthless, so
 * that the supervisor can be seen to notice. Only beneath process 1: on a machine where others work
 * it does nothing but refuse.
 */
#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WHAT, SECONDS, TEXT };
enum { BY_NOTHING, BY_MESSAGE, BY_MEMORY, BY_CLOCK_SOURCE, BY_WALL_CLOCK, BY_CHATTER };
static const struct param params[] = {
	[WHAT] = { "what", "nothing", "happens to the machine", PARAM_CHOICE,
		   .choices = "nothing|message|memory|clock_source|wall_clock|chatter" },
	[SECONDS] = { "seconds", "0.2", "how long it measures before and after", PARAM_SECONDS, 0,
		      3600 },
	[TEXT] = { "text", "<4>assay: a warning, as asked",
		   "what=message, chatter: a line as of printk, with its level", PARAM_TEXT, 1,
		   150 },
	{ 0 },
};

enum { WAKE };
static const struct metric metrics[] = {
	[WAKE] = { "wake", "us", "a sleep of 10 ms took so much longer", LESS_IS_BETTER,
		   BY_MEDIAN },
	{ 0 },
};

static void measure(struct run *run)
{
	enum { NAP_NS = 10000000 };

	run_begin(run, run->value[SECONDS].real);
	while (run_more(run)) {
		uint64_t start_ns = run->now_ns();

		run->sleep_ns(NAP_NS);
		run_sample(run, WAKE, ((double)(run->now_ns() - start_ns) - NAP_NS) / 1e3);
	}
}

/* A process that takes all memory and is the first to be ended for it. */
static int take_memory(struct run *run)
{
	enum { PIECE = 1 << 20 };
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		file_write("/proc/self/oom_score_adj", "1000");
		for (char *piece; (piece = malloc(PIECE));)
			memset(piece, 1, PIECE);
		_exit(0);
	}
	if (pid < 0)
		return run_fail(run, -errno, "fork");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ?
		       0 :
		       run_fail(run, -EPROTO, "all memory was taken and nobody was ended");
}

static int switch_clock_source(struct run *run)
{
	static const char folder[] = "/sys/devices/system/clocksource/clocksource0";
	char now[64], all[200], path[120], *save = NULL, *name;
	int err;

	file_read(now, sizeof(now), "%s/current_clocksource", folder);
	file_read(all, sizeof(all), "%s/available_clocksource", folder);
	name = strtok_r(all, " ", &save);
	while (name && !strncmp(name, now, strlen(name)))
		name = strtok_r(NULL, " ", &save);
	if (!name)
		return run_fail(run, -ENOENT, "find a second clock source");
	text_refuse(0, path, sizeof(path), "%s/current_clocksource", folder);
	err = file_write(path, name);
	return err ? run_fail(run, err, "switch the clock source to %s", name) : 0;
}

/* An hour back: stamps run backwards from here on. */
static int set_wall_clock(struct run *run)
{
	enum { HOUR_S = 3600 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec -= HOUR_S;
	return clock_settime(CLOCK_REALTIME, &now) ? run_fail(run, -errno, "set the wall clock") :
						     0;
}

/* A process that outlives the step, so that the kernel talks while records go out. */
static int chatter(struct run *run, const char *line)
{
	enum { LINES = 500, NAP_NS = 5000000 };
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? run_fail(run, -errno, "fork") : 0;
	setpgid(0, 0);
	for (int i = 0; i < LINES; i++) {
		file_write("/dev/kmsg", line);
		run->sleep_ns(NAP_NS);
	}
	_exit(0);
}

static int disturb(struct run *run)
{
	char line[200];
	int err = 0;

	if (run->value[WHAT].num != BY_NOTHING && getppid() != 1)
		return run_fail(run, -EPERM,
				"only the image is disturbed: this is not beneath process 1");
	switch (run->value[WHAT].num) {
	case BY_MESSAGE:
		text_refuse(0, line, sizeof(line), "%s\n", run->value[TEXT].text);
		err = file_write("/dev/kmsg", line);
		return err ? run_fail(run, err, "write to /dev/kmsg") : 0;
	case BY_MEMORY:
		return take_memory(run);
	case BY_CLOCK_SOURCE:
		return switch_clock_source(run);
	case BY_WALL_CLOCK:
		return set_wall_clock(run);
	case BY_CHATTER:
		text_refuse(0, line, sizeof(line), "%s\n", run->value[TEXT].text);
		return chatter(run, line);
	}
	return 0;
}

static int run(struct run *run)
{
	int err;

	measure(run);
	err = disturb(run);
	if (!err)
		measure(run);
	return err;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	return 2 * values[SECONDS].real;
}

const struct bench bench_self_disturb = {
	.name = "self.disturb",
	.summary = "disturbs the machine on purpose: proof that a worthless figure is marked",
	.definition = "Assay's own",
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
};
