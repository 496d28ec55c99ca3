/* SPDX-License-Identifier: MIT */
/*
 * self.noise - what steals the processor from a program that does nothing but compute.
 *
 * A fixed quantum of integer work is done over and over, pinned to each processor. Undisturbed it
 * always takes the same time; whatever it takes longer was taken from it: by interrupts, by other
 * programs, by the hypervisor, by a change of frequency. (The fixed work quantum of Sottile and
 * Minnich, 2004.) Several interruptions in one quantum count as one, so the quantum bounds how many
 * can be told apart.
 */
#include "bench/bench.h"
#include "bench/engine/counters.h"
#include "bench/engine/quanta.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SECONDS, QUANTUM, THRESHOLD, TOGETHER };
static const struct param params[] = {
	[SECONDS] = { "seconds", "5", "how long each processor is watched", PARAM_SECONDS, 0.01,
		      86400 },
	[QUANTUM] = { "quantum", "100us", "length of the work", PARAM_SECONDS, 0.000001, 0.1 },
	[THRESHOLD] = { "threshold", "5us", "excess that counts as an interruption", PARAM_SECONDS,
			0, 1 },
	[TOGETHER] = { "together", "yes",
		       "all processors at the same time; no: one after the other", PARAM_BOOL },
	{ 0 },
};

enum {
	STOLEN,
	LONGEST,
	INTERRUPTIONS,
	EXCESS_P99,
	EXCESS_P999,
	QUANTUM_MIN,
	INTERRUPTS,
	SOFTIRQS,
	STEAL,
	PREEMPTIONS,
	SWITCHES,
};
static const struct metric metrics[] = {
	[STOLEN] = { "stolen", "%", "time beyond the shortest quantum / elapsed", LESS_IS_BETTER,
		     BY_MEDIAN },
	[LONGEST] = { "longest", "us", "longest interruption", LESS_IS_BETTER, BY_MAX },
	[INTERRUPTIONS] = { "interruptions", "/s", "quanta longer by more than the threshold",
			    LESS_IS_BETTER, BY_MEDIAN },
	[EXCESS_P99] = { "excess_p99", "us", "99 % of the quanta were at most so much longer",
			 LESS_IS_BETTER, BY_MEDIAN },
	[EXCESS_P999] = { "excess_p999", "us", "99.9 % of them", LESS_IS_BETTER, BY_MEDIAN, false,
			  true },
	[QUANTUM_MIN] = { "quantum_min", "us",
			  "the shortest quantum: what the work takes undisturbed",
			  NEITHER_IS_BETTER, BY_MIN, false, true },
	[INTERRUPTS] = { "interrupts", "/s", "/proc/interrupts of this processor", LESS_IS_BETTER,
			 BY_MEDIAN },
	[SOFTIRQS] = { "softirqs", "/s", "/proc/softirqs of this processor", LESS_IS_BETTER,
		       BY_MEDIAN, false, true },
	[STEAL] = { "steal", "%", "/proc/stat: taken by the hypervisor, as it admits",
		    LESS_IS_BETTER, BY_MEDIAN },
	[PREEMPTIONS] = { "preemptions", "/s", "times our thread had to yield to another",
			  LESS_IS_BETTER, BY_MEDIAN, false, true },
	[SWITCHES] = { "context_switches", "/s", "/proc/stat: of the whole machine", LESS_IS_BETTER,
		       BY_MEDIAN },
	{ 0 },
};

static const struct axis axes[AXES] = { { "cpu", "" } };

struct watch {
	struct run *run;
	pthread_t thread;
	unsigned cpu;
	bool reports; /* progress */
	int err;
	uint64_t threshold_ns, interruptions, preemptions;
	struct quanta quanta;
	struct histogram excess_ns;
};

/* ---- what is timed ---- */

/* Turns that take the quantum when nothing disturbs; also wakes a processor that slept at a low
 * frequency. */
static void calibrate(struct watch *watch)
{
	enum { FEW = 1000, MANY = 20 * FEW };
	struct quanta *quanta = &watch->quanta;
	uint64_t few_ns = quanta_shortest_ns(quanta->now_ns, FEW, 100),
		 many_ns = quanta_shortest_ns(quanta->now_ns, MANY, 20);
	double turn_ns = ((double)many_ns - (double)few_ns) / (MANY - FEW);

	/* A clock on which work takes no time is a test's; then the least work will do. */
	quanta->turns = 1;
	if (turn_ns > 0)
		quanta->turns += (uint64_t)(watch->run->value[QUANTUM].real * 1e9 / turn_ns);
	quanta->shortest_ns = quanta_shortest_ns(quanta->now_ns, quanta->turns, 20);
}

static uint64_t preemptions(void)
{
	struct rusage use;

	getrusage(RUSAGE_THREAD, &use);
	return (uint64_t)use.ru_nivcsw;
}

static void take_quantum(void *context, uint64_t excess_ns)
{
	struct watch *watch = context;

	histogram_add(&watch->excess_ns, excess_ns);
	watch->interruptions += excess_ns > watch->threshold_ns;
	if (watch->reports && !(watch->quanta.count & 255))
		run_progress(watch->run, (double)watch->quanta.elapsed_ns / 1e9 /
						 watch->run->value[SECONDS].real);
}

static void observe(struct watch *watch)
{
	watch->preemptions = preemptions();
	quanta_observe(&watch->quanta, (uint64_t)(watch->run->value[SECONDS].real * 1e9),
		       take_quantum, watch);
	watch->preemptions = preemptions() - watch->preemptions;
}

static void *watch_main(void *argument)
{
	struct watch *watch = argument;
	cpu_set_t only;

	CPU_ZERO(&only);
	CPU_SET(watch->cpu, &only);
	watch->err = -pthread_setaffinity_np(pthread_self(), sizeof(only), &only);
	histogram_clear(&watch->excess_ns);
	calibrate(watch);
	observe(watch);
	return NULL;
}

/* ---- what is said about it ---- */

static double rate(uint64_t count, const struct watch *watch)
{
	return (double)count / ((double)watch->quanta.elapsed_ns / 1e9);
}

static void record_watch(const struct watch *watch)
{
	const struct quanta *quanta = &watch->quanta;
	struct run *run = watch->run;

	run_sample(run, STOLEN, quanta_stolen_percent(quanta));
	run_sample(run, LONGEST, (double)(quanta->longest_ns - quanta->shortest_ns) / 1e3);
	run_sample(run, INTERRUPTIONS, rate(watch->interruptions, watch));
	run_sample(run, EXCESS_P99, (double)histogram_percentile(&watch->excess_ns, 99) / 1e3);
	run_sample(run, EXCESS_P999, (double)histogram_percentile(&watch->excess_ns, 99.9) / 1e3);
	run_sample(run, QUANTUM_MIN, (double)quanta->shortest_ns / 1e3);
	run_sample(run, PREEMPTIONS, rate(watch->preemptions, watch));
}

static void add_sources(struct text *text, const struct rise *rise, double elapsed_s, int most)
{
	for (int i = 0; i < most && rise->top[i].count; i++)
		text_add(text, ", %s %.3g/s", rise->top[i].name,
			 (double)rise->top[i].count / elapsed_s);
}

static void record_counters(const struct watch *watch, const struct counters *before,
			    const struct counters *after, double elapsed_s, bool named)
{
	struct run *run = watch->run;
	struct rise interrupts = { 0 }, softirqs = { 0 };
	struct cpu_ticks then, now;
	char words[200];
	struct text text;

	counters_rise(before->interrupts, after->interrupts, watch->cpu, &interrupts);
	counters_rise(before->softirqs, after->softirqs, watch->cpu, &softirqs);
	run_sample(run, INTERRUPTS, (double)interrupts.total / elapsed_s);
	run_sample(run, SOFTIRQS, (double)softirqs.total / elapsed_s);
	if (counters_cpu(before->stat, watch->cpu, &then) &&
	    counters_cpu(after->stat, watch->cpu, &now) && now.all > then.all)
		run_sample(run, STEAL,
			   (double)(now.steal - then.steal) / (double)(now.all - then.all) * 100);
	run_sample(run, SWITCHES,
		   (double)(counters_switches(after->stat) - counters_switches(before->stat)) /
			   elapsed_s);
	if (!named)
		return;
	text_begin(&text, words, sizeof(words));
	add_sources(&text, &interrupts, elapsed_s, 3);
	add_sources(&text, &softirqs, elapsed_s, 2);
	run_note(run, "cpu %u: %.3g %% stolen, yielded %.3g/s%s", watch->cpu,
		 quanta_stolen_percent(&watch->quanta), rate(watch->preemptions, watch), words);
}

/* ---- the processors ---- */

/* Watches these processors at the same time, between two looks at the counters. */
static int watch_all(struct run *run, struct watch *watches, unsigned count, unsigned notes)
{
	struct counters before, after;
	uint64_t start_ns = run->now_ns();
	double elapsed_s;
	unsigned started = 0;
	int err = 0;

	counters_take(&before);
	for (; started < count && !err; started += !err)
		err = -pthread_create(&watches[started].thread, NULL, watch_main,
				      &watches[started]);
	for (unsigned i = 0; i < started; i++)
		pthread_join(watches[i].thread, NULL);
	counters_take(&after);
	elapsed_s = (double)(run->now_ns() - start_ns) / 1e9;
	for (unsigned i = 0; i < started; i++) {
		run_at(run, watches[i].cpu, 0);
		record_watch(&watches[i]);
		record_counters(&watches[i], &before, &after, elapsed_s, i < notes);
		if (watches[i].err)
			run_warn(
				run,
				"cpu %u: the thread could not be pinned (%s): figures are of whichever ran it",
				watches[i].cpu, strerror(-watches[i].err));
	}
	counters_free(&before);
	counters_free(&after);
	return err ? run_fail(run, err, "start the thread of cpu %u", watches[started].cpu) : 0;
}

static unsigned list_processors(struct run *run, struct watch *watches)
{
	cpu_set_t allowed;
	unsigned count = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		watches[count] = (struct watch){
			.run = run,
			.cpu = cpu,
			.reports = !count,
			.threshold_ns = (uint64_t)(run->value[THRESHOLD].real * 1e9),
			.quanta.now_ns = run->now_ns,
		};
		count++;
	}
	return count;
}

static int run(struct run *run)
{
	enum { NOTES = 8 }; /* processors whose sources are named; there is not room for hundreds */
	struct watch *watches = calloc(CPU_SETSIZE, sizeof(*watches));
	unsigned count = watches ? list_processors(run, watches) : 0;
	int err = 0;

	if (!count)
		err = run_fail(run, watches ? -errno : -ENOMEM, "list the processors");
	run_activity(run, "%u processors", count);
	if (count && run->value[TOGETHER].on)
		err = watch_all(run, watches, count, NOTES);
	for (unsigned i = 0; i < count && !err && !run->value[TOGETHER].on; i++)
		err = watch_all(run, &watches[i], 1, i < NOTES);
	free(watches);
	return err;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	cpu_set_t allowed;
	int count = 1;

	if (!values[TOGETHER].on && !sched_getaffinity(0, sizeof(allowed), &allowed))
		count = CPU_COUNT(&allowed);
	return (values[SECONDS].real + 100 * values[QUANTUM].real) * count;
}

const struct bench bench_self_noise = {
	.name = "self.noise",
	.summary = "what steals the processor: how much, how long, how often, and what it was",
	.definition =
		"Assay's own fixed work quantum: excess over the shortest of its kind on that processor; "
		"causes from /proc/interrupts, /proc/softirqs and /proc/stat",
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.seconds = seconds,
	.run = run,
};
