/* SPDX-License-Identifier: MIT */
/* Threads that seek; seekers.h says what for. */
#include "bench/engine/bonnie/seekers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Seekers wait until all have opened their files: that is outside the clock. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned waiting;
	int go; /* 1: start, -1: somebody could not */
};

struct field {
	const struct seek_job *job;
	struct gate gate;
	uint32_t *tickets; /* NULL with own positions */
	uint64_t chunks;
	uint32_t next; /* taken by atomic addition */
	int stop;
};

struct seeker {
	struct field *field;
	pthread_t thread;
	struct pieces pieces;
	struct random random;
	uint8_t *chunk;
	uint64_t start_ns, stop_ns, done, updates;
	double cpu_s;
	int err;
	struct transfer failed;
	struct histogram latency_ns;
};

static void gate_wait(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->waiting++;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->go)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate, unsigned expected, int go)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->waiting < expected)
		pthread_cond_wait(&gate->changed, &gate->lock);
	gate->go = go;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static double thread_cpu_s(void)
{
	struct rusage use;

	getrusage(RUSAGE_THREAD, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* Reads chunk number `position`; an update changes one byte and writes it back. */
static int visit(struct seeker *seeker, uint64_t position, bool update, size_t byte)
{
	size_t size = seeker->field->job->chunk_bytes;
	uint64_t offset = position * size;
	int fd = seeker->pieces.fd[offset / seeker->pieces.piece_bytes], err;
	off_t at = (off_t)(offset % seeker->pieces.piece_bytes);

	if (lseek(fd, at, SEEK_SET) < 0)
		return -errno;
	err = transfer_read(&seeker->failed, fd, seeker->chunk, size);
	if (err || !update)
		return err;
	seeker->chunk[byte]--;
	seeker->updates++;
	if (lseek(fd, at, SEEK_SET) < 0)
		return -errno;
	err = transfer_write(&seeker->failed, fd, seeker->chunk, size);
	return !err && seeker->field->job->sync_updates && fsync(fd) ? -errno : err;
}

static int take_one(struct seeker *seeker, uint32_t ticket)
{
	struct field *field = seeker->field;
	size_t size = field->job->chunk_bytes;
	uint64_t position;

	if (field->tickets) {
		position = field->tickets[ticket] % field->chunks;
		return visit(seeker, position, field->tickets[ticket] % 10 == 0, position % size);
	}
	position = random_below(&seeker->random, field->chunks);
	return visit(seeker, position, seeker->done % 10 == 0, random_below(&seeker->random, size));
}

static int seek_about(struct seeker *seeker)
{
	struct field *field = seeker->field;
	uint64_t (*now_ns)(void) = field->job->now_ns;
	uint64_t before_ns = seeker->start_ns;
	int err = 0;

	while (!err && !__atomic_load_n(&field->stop, __ATOMIC_RELAXED)) {
		uint32_t ticket = __atomic_fetch_add(&field->next, 1, __ATOMIC_RELAXED);
		uint64_t after_ns;

		if (ticket >= field->job->seeks)
			break;
		err = take_one(seeker, ticket);
		seeker->done++;
		after_ns = now_ns();
		histogram_add(&seeker->latency_ns, after_ns - before_ns);
		before_ns = after_ns;
	}
	return err;
}

static void *seeker_main(void *argument)
{
	struct seeker *seeker = argument;
	struct field *field = seeker->field;
	int err;

	seeker->err = pieces_open(&seeker->pieces);
	gate_wait(&field->gate);
	seeker->cpu_s = thread_cpu_s();
	seeker->start_ns = field->job->now_ns();
	if (!seeker->err && field->gate.go > 0)
		seeker->err = seek_about(seeker);
	if (seeker->err)
		__atomic_store_n(&field->stop, 1, __ATOMIC_RELAXED);
	err = pieces_close(&seeker->pieces, field->job->sync_close);
	seeker->stop_ns = field->job->now_ns();
	seeker->cpu_s = thread_cpu_s() - seeker->cpu_s;
	seeker->err = seeker->err ? seeker->err : err;
	return NULL;
}

/* How many were started; *err says why not all. */
static unsigned start_all(struct field *field, struct seeker *seekers, int *err)
{
	const struct seek_job *job = field->job;
	unsigned n = 0;

	for (*err = 0; n < job->seekers; n++) {
		struct seeker *seeker = &seekers[n];

		seeker->field = field;
		seeker->pieces = *job->pieces;
		random_seed(&seeker->random, job->seed + n);
		histogram_clear(&seeker->latency_ns);
		seeker->chunk = aligned_alloc(4096, (job->chunk_bytes + 4095) / 4096 * 4096);
		*err = seeker->chunk ? -pthread_create(&seeker->thread, NULL, seeker_main, seeker) :
				       -ENOMEM;
		if (*err)
			break;
	}
	return n;
}

static int join_all(struct seeker *seekers, unsigned started, struct seek_result *result)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0;
	int err = 0;

	histogram_clear(&result->latency_ns);
	result->cpu_s = 0;
	result->updates = 0;
	result->failed = (struct transfer){ 0 };
	for (unsigned i = 0; i < started; i++) {
		struct seeker *seeker = &seekers[i];

		pthread_join(seeker->thread, NULL);
		if (!err)
			result->failed = seeker->failed;
		err = err ? err : seeker->err;
		first_ns = seeker->start_ns < first_ns ? seeker->start_ns : first_ns;
		last_ns = seeker->stop_ns > last_ns ? seeker->stop_ns : last_ns;
		result->cpu_s += seeker->cpu_s;
		result->updates += seeker->updates;
		histogram_merge(&result->latency_ns, &seeker->latency_ns);
	}
	result->elapsed_s = started ? (double)(last_ns - first_ns) / 1e9 : 0;
	return err;
}

static int draw_tickets(struct field *field)
{
	const struct seek_job *job = field->job;
	struct random random;

	if (job->own_positions)
		return 0;
	field->tickets = malloc(sizeof(*field->tickets) * (job->seeks ? job->seeks : 1));
	if (!field->tickets)
		return -ENOMEM;
	random_seed(&random, job->seed);
	for (uint32_t i = 0; i < job->seeks; i++)
		field->tickets[i] = (uint32_t)(random_next(&random) >> 33); /* 31 bits, as rand() */
	return 0;
}

static int seek_all(struct field *field, struct seeker *seekers, struct seek_result *result)
{
	int start_err, err;
	unsigned started = start_all(field, seekers, &start_err);

	gate_open(&field->gate, started, start_err ? -1 : 1);
	err = join_all(seekers, started, result);
	for (unsigned i = 0; i < field->job->seekers; i++)
		free(seekers[i].chunk);
	return start_err ? start_err : err;
}

int seekers_run(const struct seek_job *job, struct seek_result *result)
{
	struct field field = {
		.job = job,
		.gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 },
		.chunks = job->pieces->bytes / job->chunk_bytes,
	};
	struct seeker *seekers = calloc(job->seekers, sizeof(*seekers));
	int err = seekers && field.chunks ? draw_tickets(&field) : seekers ? -EINVAL : -ENOMEM;

	if (!err)
		err = seek_all(&field, seekers, result);
	free(field.tickets);
	free(seekers);
	return err;
}
