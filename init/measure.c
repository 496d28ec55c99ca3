/* SPDX-License-Identifier: MIT */
/* One step, one child, one deadline. The supervisor only waits; the child cannot take it down. */
#include "init/sentry/sentry.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLE_ROOM = 65536, BAR_MS = 500, KILL_PATIENCE_MS = 10000 };

/* Own process group, so that a deadline ends its threads and whatever they started; dies with the
 * supervisor. */
static void become_child(struct run *run, const cpu_set_t *cpus)
{
	static const int ours[] = { SIGILL,  SIGSEGV, SIGBUS, SIGFPE, SIGABRT,
				    SIGTRAP, SIGSYS,  SIGINT, SIGTERM };
	char name[16];

	/* A signal must end the child, whatever handlers the program around us has. */
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		signal(ours[i], SIG_DFL);
	quiet_run_on(cpus);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "%.15s", run->bench->name);
	prctl(PR_SET_NAME, name);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error like any other: EFBIG */
	_exit(run->bench->run(run) ? 1 : 0);
}

static void show_bar(const struct step *step, const struct run *run, double elapsed)
{
	enum { WIDTH = 20 };
	const struct run_shared *shared = run->shared;
	char line[200], figure[32] = "";
	double done = shared->progress, left = step->expected_seconds - elapsed;
	struct text text, number;
	int full;

	if (done > 0.05) /* what it says of itself is better than what was expected */
		left = elapsed * (1 - done) / done;
	else if (step->expected_seconds > 0 && elapsed > step->expected_seconds * done)
		done = elapsed < step->expected_seconds ? elapsed / step->expected_seconds : 0.99;
	full = (int)(done * WIDTH);
	text_begin(&number, figure, sizeof(figure));
	text_begin(&text, line, sizeof(line));
	text_add(&text, "measure %s %.24s [%.*s%.*s] ", step->id, step->name, full,
		 "####################", WIDTH - full, "--------------------");
	text_add_duration(&text, left > 0 ? left : 0);
	text_add(&text, " left  %.30s", shared->activity);
	if (shared->count) {
		const struct metric *metric = &run->bench->metrics[shared->live_metric];

		text_add_value(&number, shared->live);
		text_add(&text, "  %s %s %s", metric->name, figure, metric->unit);
	}
	console_bar(line);
}

static volatile sig_atomic_t interrupted;

void measure_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* True when the child ended by itself before the deadline. */
static bool await(pid_t pid, const struct step *step, const struct run *run, uint64_t start_ns,
		  bool paints)
{
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool in_time = false;

	while (!in_time && !interrupted) {
		double elapsed = (double)(clock_raw_ns() - start_ns) / 1e9;
		double left_ms = (step->deadline_seconds - elapsed) * 1000;

		if (left_ms <= 0)
			break;
		if (paints)
			show_bar(step, run, elapsed);
		/* Where nothing is repainted the supervisor sleeps and steals no time. */
		in_time = poll(&ended, 1, paints && left_ms > BAR_MS ? BAR_MS : (int)left_ms + 1) >
			  0;
	}
	if (ended.fd >= 0)
		close(ended.fd);
	console_bar_clear();
	return in_time;
}

/* A child stuck inside the kernel does not even obey SIGKILL; the run goes on without it. */
static bool end_group(pid_t pid, int *status, struct rusage *used)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	for (int waited_ms = 0; waited_ms < KILL_PATIENCE_MS; waited_ms += 10) {
		if (wait4(pid, status, WNOHANG, used) == pid)
			return true;
		clock_sleep_ns(10000000);
	}
	return false;
}

static bool has_failure_note(const struct run_shared *shared)
{
	for (uint32_t i = 0; i < shared->note_count && i < RUN_NOTES; i++)
		if (shared->notes[i].kind == NOTE_FAIL)
			return true;
	return false;
}

static void judge(struct result *result, int status, const struct run_shared *shared)
{
	result->outcome = RUN_OK;
	if (WIFSIGNALED(status)) {
		result->outcome = RUN_CRASHED;
		snprintf(result->reason, sizeof(result->reason), "ended by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	} else if (WEXITSTATUS(status)) {
		result->outcome = RUN_ERROR;
		snprintf(result->reason, sizeof(result->reason), "%s",
			 shared->failure[0] ? shared->failure : "ended without saying why");
		if (!shared->failure[0])
			snprintf(result->reason, sizeof(result->reason),
				 "ended with code %d and no reason given", WEXITSTATUS(status));
	} else if (has_failure_note(shared)) {
		result->outcome = RUN_FAILED;
		snprintf(result->reason, sizeof(result->reason),
			 "measured, and found wrong: see its diagnosis");
	}
}

/* /proc/vmstat: how many processes the kernel ended so far because there was no memory left. */
static uint64_t memory_kills(void)
{
	char *text = NULL, *at;
	uint64_t kills = 0;

	if (file_load(&text, 1 << 20, "/proc/vmstat") < 0)
		return 0;
	at = strstr(text, "\noom_kill ");
	if (at)
		kills = strtoull(at + strlen("\noom_kill "), NULL, 10);
	free(text);
	return kills;
}

static void judge_memory(struct result *result, uint64_t kills)
{
	size_t len = strlen(result->reason);

	if (kills)
		snprintf(result->reason + len, sizeof(result->reason) - len,
			 "%sthe kernel ended %llu processes for want of memory", len ? "; " : "",
			 (unsigned long long)kills);
}

/* While it runs the supervisor is elsewhere, if there is an elsewhere; helpers and servers that it
 * starts between steps are not bound to that. */
static pid_t start_child(const struct story *story, struct run *run)
{
	bool one_by_one = run->bench->one_by_one;
	cpu_set_t cpus;
	bool bound = quiet_step_cpus(&story->quiet, one_by_one, &cpus);
	pid_t pid = fork();

	if (!pid)
		become_child(run, bound ? &cpus : NULL);
	if (pid > 0 && bound)
		quiet_run_on(&story->quiet.others);
	if (pid > 0)
		setpgid(pid, pid);
	return pid;
}

static void give_up(pid_t pid, const struct step *step, struct result *result, int *status,
		    struct rusage *used)
{
	struct text text;

	result->outcome = interrupted ? RUN_ERROR : RUN_TIMEOUT;
	text_begin(&text, result->reason, sizeof(result->reason));
	if (interrupted)
		text_add(&text, "interrupted");
	else
		text_add(&text, "not done after %.0f s", step->deadline_seconds);
	if (!end_group(pid, status, used))
		text_add(&text, ", and it could not be ended");
}

static void supervise(const struct story *story, struct run *run, const struct step *step,
		      struct result *result)
{
	uint64_t kills = memory_kills(), start_ns;
	bool paints = console_any_screen() && story->settings.value[SET_BAR].on;
	struct rusage used = { 0 };
	int status = 0;
	pid_t pid;

	if (console_any_screen())
		show_bar(step, run, 0);
	start_ns = clock_raw_ns();
	pid = start_child(story, run);
	if (pid < 0) {
		result->outcome = RUN_ERROR;
		snprintf(result->reason, sizeof(result->reason), "fork: %s", strerror(errno));
		return;
	}
	if (await(pid, step, run, start_ns, paints)) {
		while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
			;
		judge(result, status, run->shared);
		kill(-pid, SIGKILL); /* what it left behind must not run into the next step */
	} else {
		give_up(pid, step, result, &status, &used);
	}
	result->seconds = (double)(clock_raw_ns() - start_ns) / 1e9;
	result->peak_bytes = (uint64_t)used.ru_maxrss * 1024;
	if (story->quiet.done)
		quiet_run_on(&story->quiet.all);
	judge_memory(result, memory_kills() - kills);
}

void measure_step(struct story *story, const struct step *step, struct result *result)
{
	struct run run = {
		.bench = step->request->bench,
		.value = step->request->value,
		.target = step->target[0] ? step->target : NULL,
		.now_ns = clock_raw_ns,
		.sleep_ns = clock_sleep_ns,
		.shared = run_shared_map(SAMPLE_ROOM),
	};
	struct sentry sentry;

	*result = (struct result){ 0 };
	if (!run.shared) {
		result->outcome = RUN_ERROR;
		snprintf(result->reason, sizeof(result->reason), "no memory for samples");
		record_not_run(story, step, result);
		return;
	}
	if (story->duties) {
		sentry_begin(&sentry, story);
		story->duties->quiet(true);
	}
	supervise(story, &run, step, result);
	if (story->duties) {
		story->duties->quiet(false);
		sentry_end(&sentry, story, step, result);
	}
	record_step_end(story, step, &run, result);
	run_shared_unmap(run.shared);
}

/* ---- all steps of a run ---- */

static void not_run(struct story *story, const struct step *step, struct result *result,
		    enum outcome outcome, const char *why)
{
	*result = (struct result){ .outcome = outcome };
	snprintf(result->reason, sizeof(result->reason), "%s", why);
	record_not_run(story, step, result);
}

/* The guard let this disk through when the plan was made: what fails from here on is an error, not
 * a choice. */
static void measure_on_ground(struct story *story, const struct step *step, struct result *result)
{
	char why[WHY_ROOM];

	if (ground_enter(story, step, why, sizeof(why))) {
		not_run(story, step, result, RUN_ERROR, why);
		return;
	}
	measure_step(story, step, result);
	ground_leave(story, step, result);
}

static void say_result(const struct story *story, const struct step *step,
		       const struct result *result)
{
	char duration[24];
	struct text text;

	text_begin(&text, duration, sizeof(duration));
	text_add_duration(&text, result->seconds);
	console_say("  %zu/%zu %-28s %-8s %s%s%s", (size_t)(step - story->plan.step) + 1,
		    story->plan.count, step->name, outcome_name(result->outcome),
		    result->outcome == RUN_SKIPPED ? "" : duration, result->reason[0] ? ": " : "",
		    result->reason);
}

void measure_all(struct story *story)
{
	double left = story->plan.expected_seconds;

	for (size_t i = 0; i < story->plan.count; i++) {
		const struct step *step = &story->plan.step[i];
		struct result *result = &story->result[i];
		char time_left[24];
		struct text text;

		if (story->done[i]) {
			say_result(story, step, result);
			continue;
		}
		text_begin(&text, time_left, sizeof(time_left));
		text_add_duration(&text, left);
		console_say("  %zu/%zu %-28s ... (about %s left in all)", i + 1, story->plan.count,
			    step->name, time_left);
		pair_announce(story, step);
		record_step_start(story, step);
		upload_between(story);
		console_drain();
		if (step->skip[0])
			not_run(story, step, result, RUN_SKIPPED, step->skip);
		else if (plan_stands_on_disk(step->request->bench))
			measure_on_ground(story, step, result);
		else if (step->request->bench->need == NEEDS_PEER && story->pair)
			pair_measure(story, step, result);
		else
			measure_step(story, step, result);
		links_watch(story, step->id);
		say_result(story, step, result);
		left -= step->skip[0] ? 0 : step->expected_seconds;
		if (story->duties)
			story->duties->reap();
	}
	pair_announce(story, story->plan.step + story->plan.count);
	pair_finish(story);
}
