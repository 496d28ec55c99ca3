/* SPDX-License-Identifier: MIT */
/* Threads that begin together and stop together. */
#include "bench/engine/iozone/children.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK = 262144, KIB = 1024 };

/* ---- a child ---- */

static bool is_stopped(const struct children *children)
{
	return __atomic_load_n(&children->stop, __ATOMIC_RELAXED);
}

static void stop_all(struct children *children)
{
	__atomic_store_n(&children->stop, true, __ATOMIC_RELAXED);
}

/* False: it was given up before it began. */
static bool wait_for_the_others(struct children *children)
{
	bool open;

	pthread_mutex_lock(&children->lock);
	children->ready++;
	pthread_cond_broadcast(&children->changed);
	while (children->gate == GATE_SHUT)
		pthread_cond_wait(&children->changed, &children->lock);
	open = children->gate == GATE_OPEN;
	pthread_mutex_unlock(&children->lock);
	return open;
}

/* A record that ended after the stop does not count (iozone's source). */
static void walk(struct child *child, int *fd, uint64_t start_ns)
{
	struct records *records = &child->records;
	struct children *children = child->of;
	bool told = false;

	for (uint64_t at = 0; at < records->count && !child->err; at++) {
		if (is_stopped(children) && !told) {
			told = true;
			if (!children->finishes)
				break;
			if (records->time_flush && fsync(*fd))
				child->err = -errno;
			child->elapsed_ns = records->run->now_ns() - start_ns;
		}
		child->err = child->err ? child->err : child->test->walk(records, *fd, at, at + 1);
		if (!child->err && !is_stopped(children))
			child->bytes += records->record_bytes;
	}
	if (children->stonewall || child->err)
		stop_all(children);
	child->err = child->err ? child->err : records_end(records, child->test, fd);
	if (!told || !children->finishes)
		child->elapsed_ns = records->run->now_ns() - start_ns;
}

static void *live(void *argument)
{
	struct child *child = argument;
	int fd, err;

	/* Else each call would count the users of a table that all share. */
	(void)!unshare(CLONE_FILES);
	fd = records_open(&child->records, child->test);
	child->err = fd < 0 ? fd : 0;
	records_fetch(&child->records);
	if (wait_for_the_others(child->of) && !child->err)
		walk(child, &fd, child->records.run->now_ns());
	if (fd < 0)
		return NULL;
	err = child->err ? close(fd) : records_close(&child->records, child->test, fd);
	child->err = child->err ? child->err : err;
	return NULL;
}

/* ---- all of them ---- */

static int prepare(struct child *child, const struct records *common, uint64_t seed)
{
	struct records *records = &child->records;
	int err;

	*records = *common;
	records->order = child->of->order;
	snprintf(records->path, sizeof(records->path), "%s/iozone.%lu.DUMMY.%u",
		 common->run->target, (unsigned long)getpid(), child->number);
	err = pattern_begin(&records->pattern, common->pattern.kind, common->record_bytes, seed);
	records->buffer = records_buffer(common->record_bytes);
	records->stream_buffer = records_buffer(common->record_bytes);
	return records->buffer && records->stream_buffer ? err : -ENOMEM;
}

int children_begin(struct children *children, const struct records *common, unsigned count,
		   uint64_t file_bytes, uint64_t record_bytes)
{
	struct records each = *common;
	int err;

	each.record_bytes = record_bytes;
	each.count = file_bytes / record_bytes;
	children->run = common->run;
	pthread_mutex_init(&children->lock, NULL);
	pthread_cond_init(&children->changed, NULL);
	children->child = calloc(count, sizeof(*children->child));
	if (!children->child)
		return -ENOMEM;
	children->count = count;
	err = order_begin(&children->order, each.count, order_exact_records(memory_bytes()));
	for (unsigned i = 0; i < count && !err; i++) {
		children->child[i].of = children;
		children->child[i].number = i;
		err = prepare(&children->child[i], &each, common->pattern.stamp + i);
	}
	return err;
}

void children_end(struct children *children)
{
	for (unsigned i = 0; i < children->count; i++) {
		struct records *records = &children->child[i].records;

		if (*records->path)
			unlink(records->path);
		pattern_end(&records->pattern);
		free(records->buffer);
		free(records->stream_buffer);
	}
	free(children->child);
	children->count = 0;
	order_end(&children->order);
	pthread_cond_destroy(&children->changed);
	pthread_mutex_destroy(&children->lock);
}

static unsigned start_all(struct children *children)
{
	pthread_attr_t attributes;
	unsigned started = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (; started < children->count; started++) {
		struct child *child = &children->child[started];

		child->elapsed_ns = child->bytes = 0;
		child->err = 0;
		if (pthread_create(&child->thread, &attributes, live, child))
			break;
	}
	pthread_attr_destroy(&attributes);
	return started;
}

/* Once all are ready; the time on the clock when the gate went open. */
static uint64_t open_gate(struct children *children, unsigned started)
{
	uint64_t start_ns;

	pthread_mutex_lock(&children->lock);
	while (children->ready < started)
		pthread_cond_wait(&children->changed, &children->lock);
	children->gate = started == children->count ? GATE_OPEN : GATE_GIVEN_UP;
	start_ns = children->run->now_ns();
	pthread_cond_broadcast(&children->changed);
	pthread_mutex_unlock(&children->lock);
	return start_ns;
}

static void judge(const struct children *children, double seconds, struct children_result *result)
{
	double total_kib = 0;

	*result = (struct children_result){ 0 };
	for (unsigned i = 0; i < children->count; i++) {
		const struct child *child = &children->child[i];
		double kib = (double)child->bytes / KIB,
		       rate = kib / ((double)(child->elapsed_ns ? child->elapsed_ns : 1) / 1e9);

		total_kib += kib;
		result->sum += rate;
		result->min = !i || rate < result->min ? rate : result->min;
		result->max = rate > result->max ? rate : result->max;
		result->min_xfer_kib = !i || kib < result->min_xfer_kib ? kib :
									  result->min_xfer_kib;
	}
	result->parent = total_kib / seconds;
}

int children_measure(struct children *children, struct children_result *result)
{
	unsigned started;
	uint64_t start_ns, end_ns;

	children->stop = false;
	children->ready = 0;
	children->gate = GATE_SHUT;
	started = start_all(children);
	start_ns = open_gate(children, started);
	for (unsigned i = 0; i < started; i++)
		pthread_join(children->child[i].thread, NULL);
	end_ns = children->run->now_ns();
	if (started < children->count)
		return run_fail(children->run, -EAGAIN, "start %u threads: only %u",
				children->count, started);
	for (unsigned i = 0; i < started; i++)
		if (children->child[i].err)
			return records_refuse(&children->child[i].records, children->child[i].test,
					      children->child[i].err);
	judge(children, (double)(end_ns > start_ns ? end_ns - start_ns : 1) / 1e9, result);
	return 0;
}
