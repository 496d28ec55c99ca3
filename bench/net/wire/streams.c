/* SPDX-License-Identifier: MIT */
/* TCP transfers side by side: see streams.h. */
#include "bench/net/wire/streams.h"

#include "bench/bench.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 128 * 1024 };

int streams_init(struct streams *streams, unsigned count, size_t length, bool receive,
		 bool uncopied)
{
	enum { PAGE = 4096 };
	pthread_condattr_t attributes;

	memset(streams, 0, sizeof(*streams));
	streams->count = count;
	streams->receive = receive;
	streams->listener = -1;
	bool apart = receive && !uncopied;
	size_t room = apart && count ? length * count : length;
	if (posix_memalign((void **)&streams->buffer, PAGE, room))
		return -ENOMEM;
	transfer_pattern(streams->buffer, room);
	pthread_mutex_init(&streams->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&streams->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	for (unsigned i = 0; i < count; i++) {
		struct transfer *transfer = &streams->one[i].transfer;
		streams->one[i].all = streams;
		transfer->fd = -1;
		transfer->length = length;
		transfer->stop = &streams->stop;
		transfer->uncopied = uncopied;
		transfer->buffer = streams->buffer + (apart ? length * i : 0);
		streams->one[i].cpu = -1;
	}
	return 0;
}

int streams_pin(struct streams *streams, unsigned first)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	unsigned count = (unsigned)CPU_COUNT(&allowed);
	for (unsigned i = 0; i < streams->count; i++) {
		unsigned wanted = (first + i) % count;
		int cpu = 0;
		while (!CPU_ISSET(cpu, &allowed) || wanted--)
			cpu++;
		streams->one[i].cpu = cpu;
	}
	return 0;
}

/* As its first act: what it cannot have it does without, and the pin shows as -1. */
static void go_to_cpu(struct stream *stream)
{
	cpu_set_t own;

	if (stream->cpu < 0)
		return;
	CPU_ZERO(&own);
	CPU_SET(stream->cpu, &own);
	if (sched_setaffinity(0, sizeof(own), &own))
		stream->cpu = -1;
}

static int accept_own(struct stream *stream)
{
	struct streams *all = stream->all;
	unsigned strangers = 0;
	int fd = socket_accept(all->listener, &all->only, all->accept_until_ns, &all->stop,
			       &stream->peer, &strangers);

	pthread_mutex_lock(&all->lock);
	all->strangers += strangers;
	pthread_mutex_unlock(&all->lock);
	stream->transfer.fd = fd;
	if (fd >= 0)
		stream->client_port = address_port(&stream->peer);
	return fd < 0 ? fd : 0;
}

static double thread_cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The sender times until our close: it must not wait until somebody looks at the descriptor. */
static void receive(struct stream *stream)
{
	transfer_receive(&stream->transfer);
	shutdown(stream->transfer.fd, SHUT_WR);
}

static void *run_stream(void *argument)
{
	struct stream *stream = argument;
	struct streams *all = stream->all;
	struct address local;

	go_to_cpu(stream);
	if (!all->receive && !address_of(stream->transfer.fd, &local, NULL))
		stream->client_port = address_port(&local);
	if (!all->receive)
		transfer_send(&stream->transfer);
	else if (!(stream->transfer.err = accept_own(stream)))
		receive(stream);
	stream->cpu_seconds = thread_cpu_seconds();
	pthread_mutex_lock(&all->lock);
	if (!--all->running)
		pthread_cond_signal(&all->ended);
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

int streams_start(struct streams *streams)
{
	pthread_attr_t attributes;
	int err = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	streams->running = streams->count;
	for (unsigned i = 0; i < streams->count; i++) {
		struct stream *stream = &streams->one[i];
		if (!err)
			err = -pthread_create(&stream->thread, &attributes, run_stream, stream);
		stream->started = !err;
		if (err) {
			stream->transfer.err = err;
			pthread_mutex_lock(&streams->lock);
			streams->running--;
			pthread_mutex_unlock(&streams->lock);
		}
	}
	pthread_attr_destroy(&attributes);
	return err;
}

/* The condition variable knows CLOCK_MONOTONIC only; the rest of us count on the raw clock. */
static struct timespec monotonic_at(uint64_t until_ns)
{
	struct timespec at;
	uint64_t now_ns = clock_raw_ns();
	uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;

	clock_gettime(CLOCK_MONOTONIC, &at);
	left_ns += (uint64_t)at.tv_nsec;
	at.tv_sec += (time_t)(left_ns / SECOND_NS);
	at.tv_nsec = (long)(left_ns % SECOND_NS);
	return at;
}

unsigned streams_wait(struct streams *streams, uint64_t until_ns)
{
	struct timespec at = monotonic_at(until_ns);
	int err = 0;

	pthread_mutex_lock(&streams->lock);
	while (streams->running && !err)
		err = pthread_cond_timedwait(&streams->ended, &streams->lock, &at);
	unsigned running = streams->running;
	pthread_mutex_unlock(&streams->lock);
	return running;
}

void streams_end(struct streams *streams)
{
	if (!streams->buffer)
		return;
	atomic_store(&streams->stop, true);
	for (unsigned i = 0; i < streams->count; i++) {
		struct stream *stream = &streams->one[i];
		if (stream->started)
			pthread_join(stream->thread, NULL);
		stream->started = false;
		if (stream->transfer.fd >= 0)
			close(stream->transfer.fd);
		stream->transfer.fd = -1;
	}
	if (streams->listener >= 0)
		close(streams->listener);
	streams->listener = -1;
	pthread_mutex_destroy(&streams->lock);
	pthread_cond_destroy(&streams->ended);
	free(streams->buffer);
	streams->buffer = NULL;
}

uint64_t streams_bytes(const struct streams *streams)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < streams->count; i++)
		bytes +=
			atomic_load_explicit(&streams->one[i].transfer.bytes, memory_order_relaxed);
	return bytes;
}

uint64_t streams_counted_bytes(const struct streams *streams)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < streams->count; i++)
		bytes += transfer_bytes(&streams->one[i].transfer);
	return bytes;
}

double streams_seconds(const struct streams *streams)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0;

	for (unsigned i = 0; i < streams->count; i++) {
		const struct transfer *transfer = &streams->one[i].transfer;
		if (!transfer->start_ns)
			continue;
		if (transfer_begin_ns(transfer) < first_ns)
			first_ns = transfer_begin_ns(transfer);
		if (transfer->end_ns > last_ns)
			last_ns = transfer->end_ns;
	}
	return last_ns > first_ns ? (double)(last_ns - first_ns) / 1e9 : 0;
}

int streams_error(const struct streams *streams)
{
	for (unsigned i = 0; i < streams->count; i++)
		if (streams->one[i].transfer.err)
			return streams->one[i].transfer.err;
	return 0;
}
