/* SPDX-License-Identifier: MIT */
/*
 * Free places for whoever comes next. A flood of connections that say nothing, or stop in the
 * middle, would keep every place until its limit ends it; so when places become few the one goes
 * that has been doing nothing for longest. A client that speaks as soon as it is connected is not
 * among them.
 */
#include "bench/net/wire/iperf2/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { PLACES_KEPT = 8 };	   /* a test may need a place for its way back as well */
#define STALLED_NS (2 * SECOND_NS) /* no byte for so long: may be ended when places are few */
#define LEAVING_NS (200 * MILLISECOND_NS)

static uint64_t moved(const struct serve_test *test)
{
	return atomic_load_explicit(&test->in.bytes, memory_order_relaxed) +
	       atomic_load_explicit(&test->out.bytes, memory_order_relaxed);
}

void serve_look(struct serve *serve)
{
	uint64_t now_ns = clock_raw_ns();

	pthread_mutex_lock(&serve->lock);
	for (size_t i = 0; i < SERVE_TESTS; i++) {
		struct serve_test *test = &serve->tests[i];
		if (!test->used || moved(test) == test->looked_bytes)
			continue;
		test->looked_bytes = moved(test);
		test->active_ns = now_ns;
	}
	pthread_mutex_unlock(&serve->lock);
}

static unsigned count_free(const struct serve *serve)
{
	unsigned count = 0;

	for (size_t i = 0; i < SERVE_TESTS; i++)
		count += !serve->tests[i].used;
	return count;
}

/* Silent ones first, at any age; of those that spoke only the stalled. */
static struct serve_test *find_idle(struct serve *serve, uint64_t now_ns)
{
	struct serve_test *found = NULL;

	for (size_t i = 0; i < SERVE_TESTS; i++) {
		struct serve_test *test = &serve->tests[i];
		bool silent = !atomic_load_explicit(&test->spoke, memory_order_relaxed);
		if (!test->used || test->fd < 0 || test->evicted ||
		    (!silent && now_ns - test->active_ns < STALLED_NS))
			continue;
		bool found_silent = found &&
				    !atomic_load_explicit(&found->spoke, memory_order_relaxed);
		if (!found || (silent && !found_silent) ||
		    (silent == found_silent && test->active_ns < found->active_ns))
			found = test;
	}
	return found;
}

/* CLOCK_MONOTONIC, which the condition variable counts on. */
static struct timespec soon(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += (long)LEAVING_NS;
	if (at.tv_nsec >= (long)SECOND_NS) {
		at.tv_nsec -= (long)SECOND_NS;
		at.tv_sec++;
	}
	return at;
}

void serve_make_room(struct serve *serve)
{
	struct timespec until = soon();
	int err = 0;

	pthread_mutex_lock(&serve->lock);
	if (count_free(serve) < PLACES_KEPT) {
		struct serve_test *test = find_idle(serve, clock_raw_ns());
		if (test) {
			test->evicted = true;
			serve->turned_away++;
			shutdown(test->fd, SHUT_RDWR);
		}
	}
	while (!count_free(serve) && !err)
		err = pthread_cond_timedwait(&serve->left, &serve->lock, &until);
	pthread_mutex_unlock(&serve->lock);
}

void serve_close(struct serve_test *test)
{
	pthread_mutex_lock(&test->serve->lock);
	int fd = test->fd;
	test->fd = -1; /* make_room() must not shut down what the number means next */
	pthread_mutex_unlock(&test->serve->lock);
	if (fd >= 0)
		close(fd);
}
