/* SPDX-License-Identifier: MIT */
/* Serving other machines until it is over: see partner.h. */
#include "init/partner/partner.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Tests that are over and not recorded yet: a record waits for the disk, and behind who tells of a
 * test another one's datagrams may be waiting. */
enum { QUEUE = 128 };
static struct {
	pthread_mutex_t lock;
	int wake; /* eventfd */
	unsigned first, count, dropped;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = -1 };
static struct partner_test queued[QUEUE]; /* by itself: no zeros of it are in the program's file */

static void put(void *context, const struct served_test *test)
{
	uint64_t one = 1;

	(void)context;
	pthread_mutex_lock(&queue.lock);
	if (queue.count < QUEUE)
		partner_keep(&queued[(queue.first + queue.count++) % QUEUE], test);
	else
		queue.dropped++;
	pthread_mutex_unlock(&queue.lock);
	if (write(queue.wake, &one, sizeof(one)) < 0)
		return; /* full: it is awake anyway */
}

static bool take(struct partner_test *out)
{
	pthread_mutex_lock(&queue.lock);
	bool any = queue.count > 0;
	if (any) {
		*out = queued[queue.first];
		queue.first = (queue.first + 1) % QUEUE;
		queue.count--;
	}
	pthread_mutex_unlock(&queue.lock);
	return any;
}

static void empty(struct story *story, void (*say)(const char *line))
{
	static struct partner_test test;
	char buffer[1200];
	struct text line;

	while (take(&test)) {
		text_begin(&line, buffer, sizeof(buffer));
		partner_describe(&test, &line);
		say(buffer);
		partner_record(story, ++story->served, &test);
	}
}

/* Blocked before the first thread begins, so that only who reads the descriptor takes the signal.
 */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void serve_until(struct story *story, double seconds, void (*say)(const char *line),
			int signals)
{
	struct pollfd wanted[] = { { .fd = signals, .events = POLLIN },
				   { .fd = queue.wake, .events = POLLIN } };
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(seconds * 1e9), woken;

	for (;;) {
		uint64_t now_ns = clock_raw_ns();
		if (seconds > 0 && now_ns >= until_ns)
			return;
		uint64_t left_ms = seconds > 0 ? (until_ns - now_ns) / 1000000 + 1 : 3600000;
		if (poll(wanted, 2, left_ms < 3600000 ? (int)left_ms : 3600000) < 0 &&
		    errno != EINTR)
			return;
		if (wanted[0].revents)
			return;
		if (wanted[1].revents && read(queue.wake, &woken, sizeof(woken)) > 0)
			empty(story, say);
	}
}

static void say_serving(struct story *story, const struct services *services, const char *why,
			void (*say)(const char *line))
{
	char served[WHY_ROOM] = "serving ";
	struct text text = { served, strlen(served), sizeof(served), false };

	services_describe(services, &text);
	say(served);
	record_log(story, NULL, SEVERITY_INFO, "%s", served);
	if (!why[0])
		return;
	say(why);
	record_log(story, NULL, SEVERITY_WARNING, "not served: %s", why);
}

int partner_serve_all(struct story *story, struct services_options *options, double seconds,
		      void (*say)(const char *line), char *why, size_t room)
{
	struct services *services;
	int signals = open_signals();

	queue.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (signals < 0 || queue.wake < 0)
		return text_refuse(-errno, why, room, "signals: %s", strerror(errno));
	options->told = put;
	int err = services_start(options, &services, why, room);
	if (err)
		return err;
	say_serving(story, services, why, say);
	serve_until(story, seconds, say, signals);
	services_stop(services);
	empty(story, say);
	if (queue.dropped)
		record_log(story, NULL, SEVERITY_WARNING,
			   "%u tests came faster than they could be recorded", queue.dropped);
	close(signals);
	return 0;
}

int partner_ports(enum service service, const char *in, struct services_options *options, char *why,
		  size_t room)
{
	char list[160], *rest = list, *one;
	size_t count = 0;

	options->serve[service] = strcmp(in, "0") != 0;
	snprintf(list, sizeof(list), "%.159s", in);
	while (options->serve[service] && (one = strsep(&rest, ","))) {
		uint64_t port = 0;
		if (text_u64(one, &port) || port < 1 || port > 65535)
			return text_refuse(-EINVAL, why, room,
					   "%s=%.60s: expected 0, or numbers from 1 to 65535",
					   service_name(service), in);
		if (count == SERVICES_PORTS)
			return text_refuse(-E2BIG, why, room, "%s=%.60s: at most %d of them",
					   service_name(service), in, SERVICES_PORTS);
		options->ports[service][count++] = (uint16_t)port;
	}
	return 0;
}
