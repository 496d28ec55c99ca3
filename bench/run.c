/* SPDX-License-Identifier: MIT */
/* What a benchmark is lent: clock, samples in shared memory, words. */
#include "bench/bench.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

const struct bench *bench_find(const char *name)
{
	for (const struct bench *const *b = bench_table; *b; b++)
		if (!strcmp((*b)->name, name))
			return *b;
	return NULL;
}

/* A SATA disk's order of magnitude, and a slow machine's. */
const struct speeds speeds_plain = {
	.disk_write = 150e6,
	.disk_read = 150e6,
	.disk_random_read = 150,
	.disk_random_write = 150,
	.cache_write = 1e9,
	.cache_read = 2e9,
	.call_s = 1e-6,
	.flush_s = 0.02,
	.create_s = 100e-6,
	.memory_bytes = 1e9,
};

const struct axis *bench_axes(const struct bench *bench, unsigned metric)
{
	return bench->metrics[metric].axes ? bench->metrics[metric].axes : bench->axes;
}

uint64_t clock_raw_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void clock_sleep_ns(uint64_t ns)
{
	struct timespec left = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

static size_t shared_size(uint32_t samples)
{
	return sizeof(struct run_shared) + (size_t)samples * sizeof(struct sample);
}

struct run_shared *run_shared_map(uint32_t samples)
{
	/* Populated: a page fault inside a measurement would be ours, not the machine's. */
	struct run_shared *shared = mmap(NULL, shared_size(samples), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (shared == MAP_FAILED)
		return NULL;
	shared->room = samples;
	return shared;
}

void run_shared_unmap(struct run_shared *shared)
{
	if (shared)
		munmap(shared, shared_size(shared->room));
}

void run_begin(struct run *run, double seconds)
{
	run->start_ns = run->now_ns();
	run->until_ns = run->start_ns + (uint64_t)(seconds * 1e9);
}

bool run_more(struct run *run)
{
	uint64_t now_ns = run->now_ns();

	if (run->until_ns > run->start_ns)
		run_progress(run, (double)(now_ns - run->start_ns) /
					  (double)(run->until_ns - run->start_ns));
	return now_ns < run->until_ns;
}

void run_at(struct run *run, uint64_t first, uint64_t second)
{
	run->point[0] = first;
	run->point[1] = second;
}

void run_sample(struct run *run, unsigned metric, double value)
{
	struct run_shared *shared = run->shared;
	uint32_t n = shared->count;

	if (n >= shared->room) {
		shared->dropped++;
		return;
	}
	shared->samples[n] = (struct sample){
		.at_ns = run->now_ns(),
		.value = value,
		.point = { run->point[0], run->point[1] },
		.metric = metric,
	};
	shared->live = value;
	shared->live_metric = metric;
	/* Published last: a supervisor that reads count sees whole samples, even of a child that
	 * crashed. */
	__atomic_store_n(&shared->count, n + 1, __ATOMIC_RELEASE);
}

void run_activity(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->shared->activity, sizeof(run->shared->activity), format, args);
	va_end(args);
}

void run_progress(struct run *run, double fraction)
{
	run->shared->progress = fraction > 1 ? 1 : fraction < 0 ? 0 : fraction;
}

/* The last place keeps the newest note: a flood of notes must not hide how it ended. */
static struct run_note *next_note(struct run *run)
{
	struct run_shared *shared = run->shared;
	uint32_t n = shared->note_count;

	if (n < RUN_NOTES)
		shared->note_count = n + 1;
	return &shared->notes[n < RUN_NOTES ? n : RUN_NOTES - 1];
}

static void add_note(struct run *run, int kind, const char *verdict, const char *format,
		     va_list args)
{
	struct run_note *note = next_note(run);

	note->kind = kind;
	snprintf(note->verdict, sizeof(note->verdict), "%s", verdict);
	vsnprintf(note->text, sizeof(note->text), format, args);
}

void run_note(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(run, NOTE_INFO, "", format, args);
	va_end(args);
}

void run_warn(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(run, NOTE_WARNING, "", format, args);
	va_end(args);
}

void run_diagnose(struct run *run, enum verdict_type type, const char *verdict, const char *format,
		  ...)
{
	static const int kinds[] = {
		[VERDICT_PASS] = NOTE_PASS, [VERDICT_FAIL] = NOTE_FAIL, [VERDICT_UNKNOWN] = NOTE_UNKNOWN
	};
	va_list args;

	va_start(args, format);
	add_note(run, kinds[type], verdict, format, args);
	va_end(args);
}

int run_fail(struct run *run, int err, const char *format, ...)
{
	struct run_shared *shared = run->shared;
	va_list args;
	int n;

	if (!err)
		err = -EIO;
	shared->err = err;
	va_start(args, format);
	n = vsnprintf(shared->failure, sizeof(shared->failure), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(shared->failure))
		snprintf(shared->failure + n, sizeof(shared->failure) - (size_t)n, ": %s",
			 strerror(-err));
	return err;
}

double summary_of(enum summary by, const struct stats *stats, double last)
{
	switch (by) {
	case BY_MEDIAN:
		return stats->median;
	case BY_MEAN:
		return stats->mean;
	case BY_SUM:
		return stats->sum;
	case BY_MAX:
		return stats->max;
	case BY_MIN:
		return stats->min;
	case BY_LAST:
		return last;
	}
	return NAN;
}

double run_value(const struct run *run, unsigned metric, const uint64_t *point, struct stats *stats)
{
	const struct run_shared *shared = run->shared;
	uint32_t count = __atomic_load_n(&shared->count, __ATOMIC_ACQUIRE);
	struct stats local;
	double *values, last = NAN, value = NAN;
	size_t n = 0;

	stats = stats ? stats : &local;
	*stats = (struct stats){ 0 };
	values = malloc(sizeof(*values) * (count ? count : 1));
	if (!values)
		return NAN;
	for (uint32_t i = 0; i < count && i < shared->room; i++) {
		const struct sample *s = &shared->samples[i];

		if (s->metric == metric && (!point || !memcmp(s->point, point, sizeof(s->point))))
			values[n++] = last = s->value;
	}
	if (n) {
		stats_of(values, n, stats);
		value = summary_of(run->bench->metrics[metric].summary, stats, last);
	}
	free(values);
	return value;
}
