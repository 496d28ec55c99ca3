/* SPDX-License-Identifier: MIT */
/* The noise gate: see gate.h. */
#include "init/sentry/gate.h"
#include "bench/engine/quanta.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define PART_S	   0.1
#define QUANTUM_NS 100000.0
#define NAP_NS	   250000u

struct guardian { /* of one CPU */
	pthread_t thread;
	struct gate_figures figures;
};

/* ---- on each CPU ---- */

/* Turns that take the quantum when nothing disturbs, by the best of a few short tries. */
static void calibrate(struct quanta *quanta)
{
	enum { FEW = 2000, TRIES = 20 };
	uint64_t few_ns = quanta_shortest_ns(quanta->now_ns, FEW, TRIES);

	quanta->turns = 1 + (uint64_t)(FEW * QUANTUM_NS / (double)(few_ns ? few_ns : 1));
	quanta->shortest_ns = quanta->turns * few_ns / FEW;
}

static void spin(struct gate_figures *figures)
{
	struct quanta quanta = { .now_ns = clock_raw_ns };

	calibrate(&quanta);
	quanta_observe(&quanta, (uint64_t)(PART_S * 1e9), NULL, NULL);
	figures->stolen_percent = quanta_stolen_percent(&quanta);
	figures->longest_us = (double)(quanta.longest_ns - quanta.shortest_ns) / 1e3;
}

static void nap(struct gate_figures *figures)
{
	enum { NAPS = 100 };
	double late_us[NAPS];
	struct stats stats;
	uint64_t start_ns = clock_raw_ns();
	size_t count = 0;

	prctl(PR_SET_TIMERSLACK, 1); /* not the 50 us that the kernel may add for its own comfort */
	while (count < NAPS && (double)(clock_raw_ns() - start_ns) < 5 * PART_S * 1e9) {
		uint64_t before_ns = clock_raw_ns();

		clock_sleep_ns(NAP_NS);
		late_us[count++] = ((double)(clock_raw_ns() - before_ns) - NAP_NS) / 1e3;
	}
	stats_of(late_us, count, &stats);
	figures->late_us = stats.p99;
}

static void *guardian_main(void *argument)
{
	struct guardian *guardian = argument;
	cpu_set_t only;

	CPU_ZERO(&only);
	CPU_SET(guardian->figures.cpu, &only);
	guardian->figures.seen = !pthread_setaffinity_np(pthread_self(), sizeof(only), &only);
	spin(&guardian->figures);
	nap(&guardian->figures);
	return NULL;
}

/* All at the same time: a host that cannot run them together is seen. How many were looked at. */
static size_t look(const cpu_set_t *cpus, struct gate_figures *figures, size_t room)
{
	struct guardian *guardians = calloc(room, sizeof(*guardians));
	size_t count = 0;

	for (unsigned cpu = 0; guardians && cpu < CPU_SETSIZE && count < room; cpu++) {
		guardians[count].figures.cpu = cpu;
		if (CPU_ISSET(cpu, cpus) && !pthread_create(&guardians[count].thread, NULL,
							    guardian_main, &guardians[count]))
			count++;
	}
	for (size_t i = 0; i < count; i++) {
		pthread_join(guardians[i].thread, NULL);
		figures[i] = guardians[i].figures;
	}
	free(guardians);
	return count;
}

/* ---- what it means ---- */

const char *noise_name(enum noise noise)
{
	static const char *const names[] = { "quiet", "noisy", "unusable" };

	return names[noise];
}

static enum noise judge_one(const struct gate_figures *one)
{
	if (!(one->stolen_percent < GATE_UNUSABLE_STOLEN && one->late_us < GATE_UNUSABLE_LATE_US))
		return NOISE_UNUSABLE;
	if (one->stolen_percent > GATE_QUIET_STOLEN || one->late_us > GATE_QUIET_LATE_US)
		return NOISE_NOISY;
	return NOISE_QUIET;
}

enum noise gate_judge(const struct gate_figures *figures, size_t count)
{
	enum noise worst = NOISE_QUIET;

	for (size_t i = 0; i < count; i++)
		if (judge_one(&figures[i]) > worst)
			worst = judge_one(&figures[i]);
	return worst;
}

void gate_describe(const struct gate_figures *figures, size_t count, struct text *out)
{
	enum { NAMED = 4 };
	enum noise worst = gate_judge(figures, count);
	size_t alike = 0;

	for (size_t i = 0; i < count; i++) {
		const struct gate_figures *one = &figures[i];

		if (judge_one(one) != worst || alike++ >= NAMED)
			continue;
		text_add(out, "%scpu %u: %.3g %% stolen, longest %.3g us, timers %.3g us late%s",
			 alike > 1 ? "; " : "", one->cpu, one->stolen_percent, one->longest_us,
			 one->late_us, one->seen ? "" : " (not bound to it)");
	}
	if (alike > NAMED)
		text_add(out, "; %zu CPUs more like these", alike - NAMED);
}

/* ---- the gate ---- */

enum { GATE_RECORD, GATE_STOP, GATE_STRICT, GATE_OFF }; /* as in settings_table */

int gate_pass(struct story *story, char *why, size_t room)
{
	static struct gate_figures figures[CPU_SETSIZE];
	uint64_t wanted = story->settings.value[SET_GATE].num;
	char words[400] = "";
	struct text text;
	enum noise noise;
	size_t count;

	if (wanted == GATE_OFF || !story->quiet.done)
		return 0;
	story->duties->quiet(true);
	count = look(&story->quiet.all, figures, COUNT_OF(figures));
	story->duties->quiet(false);
	noise = gate_judge(figures, count);
	text_begin(&text, words, sizeof(words));
	gate_describe(figures, count, &text);
	console_say("assay: noise gate: %s: %s", noise_name(noise), words);
	record_log(story, NULL, noise == NOISE_QUIET ? SEVERITY_INFO : SEVERITY_WARNING,
		   "noise gate: %s: %s", noise_name(noise), words);
	if ((wanted == GATE_STOP && noise == NOISE_UNUSABLE) ||
	    (wanted == GATE_STRICT && noise != NOISE_QUIET))
		return text_refuse(-EBUSY, why, room, "the noise gate: %s: %s", noise_name(noise),
				   words);
	return 0;
}
