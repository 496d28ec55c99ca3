/* SPDX-License-Identifier: MIT */
/* Closed and open loops of requests: see workload.h. */
#include "bench/engine/disk/workload.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* The last of a wait for a due request is not slept: waking up takes about so long. */
enum { SPIN_NS = 60000, SECOND_NS = 1000000000 };

int workload_begin(struct workload *workload, struct uring *uring, uint64_t seed)
{
	workload->uring = uring;
	random_seed(&workload->choice, ~seed);
	workload->stamp = random_next(&workload->choice);
	memset(workload->dirty, true, sizeof(workload->dirty));
	return pattern_begin(&workload->data, PATTERN_RANDOM, PATTERN_PAGE, seed);
}

void workload_end(struct workload *workload)
{
	pattern_end(&workload->data);
}

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- making a request ---- */

/* A buffer that was read into holds whatever the disk held: made anew before it is written. */
static void refill(const struct workload *workload, uint8_t *buffer)
{
	size_t bytes = workload->uring->record_bytes;

	for (size_t at = 0; at < bytes; at += PATTERN_POOL) {
		size_t part = bytes - at < PATTERN_POOL ? bytes - at : PATTERN_POOL;

		if (workload->zeroes)
			memset(buffer + at, 0, part);
		else
			memcpy(buffer + at, workload->data.pool, part);
	}
}

static void fill_data(struct workload *workload, const struct uring_request *request)
{
	size_t number = (size_t)(request - workload->uring->request);
	bool *dirty = &workload->dirty[number % workload->uring->buffer_count];

	if (*dirty)
		refill(workload, request->buffer);
	*dirty = false;
	if (!workload->zeroes)
		workload->stamp = pattern_stamp(request->buffer, request->bytes, workload->stamp);
}

static bool reads_next(struct workload *workload)
{
	if (workload->read_percent == 0 || workload->read_percent == 100)
		return workload->read_percent != 0;
	return random_below(&workload->choice, 100) < workload->read_percent;
}

static void queue(struct workload *workload, struct uring_request *request, uint64_t due_ns)
{
	request->op = reads_next(workload) ? URING_READ : URING_WRITE;
	request->offset = positions_next(&workload->positions);
	request->due_ns = due_ns;
	request->number = ++workload->submitted;
	if (request->op == URING_WRITE)
		fill_data(workload, request);
	else
		workload->dirty[(size_t)(request - workload->uring->request) %
				workload->uring->buffer_count] = true;
	uring_queue(workload->uring, request);
}

/* ---- when the next one may go ---- */

static uint64_t gap_ns(struct workload *workload)
{
	double even = SECOND_NS / workload->rate;
	double draw;

	if (!workload->poisson)
		return (uint64_t)even;
	draw = (double)(random_next(&workload->choice) >> 11) * 0x1p-53;
	return (uint64_t)(-log(1 - draw) * even);
}

/* The schedule goes on from when a request was due, not from when it went: the disk's delays do not
 * make the load lighter (coordinated omission). */
static uint64_t take_due(struct workload *workload)
{
	uint64_t due_ns = workload->next_due_ns;

	workload->due += due_ns >= workload->ramp_until_ns && due_ns < workload->until_ns;
	workload->next_due_ns += gap_ns(workload);
	return due_ns;
}

static bool may_go(const struct workload *workload)
{
	const struct uring *uring = workload->uring;

	if (workload->over || !uring->idle_count)
		return false;
	if (workload->requests && workload->submitted >= workload->requests)
		return false;
	return workload->rate <= 0 || workload->next_due_ns <= uring->turn_ns;
}

static void queue_all(struct workload *workload)
{
	while (may_go(workload)) {
		uint64_t due_ns = workload->rate > 0 ? take_due(workload) : 0;

		queue(workload, uring_idle(workload->uring), due_ns);
	}
}

/* How long the turn may wait, and for how many completions. */
static unsigned plan_turn(const struct workload *workload, uint64_t *wait_ns)
{
	const struct uring *uring = workload->uring;
	uint64_t next_ns = workload->next_due_ns, spin_ns = uring->turn_ns + SPIN_NS;

	*wait_ns = (uint64_t)(workload->patience_seconds * SECOND_NS);
	if (workload->rate <= 0 || workload->over || !uring->idle_count)
		return 1;
	if (next_ns <= spin_ns)
		return 0;
	if (next_ns - spin_ns < *wait_ns)
		*wait_ns = next_ns - spin_ns;
	return 1;
}

/* ---- what came back ---- */

static void keep_failure(struct workload *workload, const struct uring_request *request, int err)
{
	workload->failures++;
	workload->over = true;
	if (workload->failure.err && workload->failure.number < request->number)
		return;
	workload->failure.err = err;
	workload->failure.op = request->op;
	workload->failure.bytes = request->bytes;
	workload->failure.offset = request->offset;
	workload->failure.number = request->number;
}

static unsigned slice_of(const struct workload *workload, uint64_t now_ns)
{
	uint64_t each_ns = (workload->until_ns - workload->ramp_until_ns) / WORKLOAD_SLICES + 1;

	return (unsigned)((now_ns - workload->ramp_until_ns) / each_ns);
}

static void count(struct workload *workload, const struct uring_request *request)
{
	struct workload_tally *tally =
		&workload->tally[request->op == URING_READ ? WORKLOAD_READS : WORKLOAD_WRITES];
	uint64_t now_ns = workload->uring->turn_ns;

	if (workload->in_window && now_ns < workload->until_ns) {
		tally->count++;
		tally->slice[slice_of(workload, now_ns)]++;
		tally->bytes += request->bytes;
	}
	if (request->submit_ns >= workload->ramp_until_ns &&
	    request->submit_ns < workload->until_ns)
		histogram_add(&tally->service, now_ns - request->submit_ns);
	if (workload->rate > 0 && request->due_ns >= workload->ramp_until_ns &&
	    request->due_ns < workload->until_ns)
		histogram_add(&tally->response, now_ns - request->due_ns);
}

static void collect(struct workload *workload)
{
	struct uring_request *request;

	while ((request = uring_done(workload->uring))) {
		int err = uring_error(request);

		workload->last_done_ns = workload->uring->turn_ns;
		if (err) {
			keep_failure(workload, request, err);
			continue;
		}
		workload->completed++;
		count(workload, request);
	}
}

/* ---- the course of it ---- */

/* Before what the turn brought is counted: the window is there from when the ramp was over. */
static void begin_window(struct workload *workload)
{
	if (workload->in_window || workload->over ||
	    workload->uring->turn_ns < workload->ramp_until_ns)
		return;
	workload->in_window = true;
	workload->window_ns = workload->ramp_until_ns;
	workload->cpu_ns = cpu_now_ns();
}

static void end_window(struct workload *workload)
{
	uint64_t now_ns = workload->uring->turn_ns;
	uint64_t end_ns = now_ns < workload->until_ns ? now_ns : workload->until_ns;

	if (!workload->in_window)
		return;
	workload->in_window = false;
	workload->window_seconds = (double)(end_ns - workload->window_ns) / 1e9;
	if (now_ns > workload->window_ns)
		workload->cpu_percent = 100.0 * (double)(cpu_now_ns() - workload->cpu_ns) /
					(double)(now_ns - workload->window_ns);
}

static void show(struct workload *workload, uint64_t start_ns)
{
	double part = workload->requests ?
			      (double)workload->submitted / (double)workload->requests :
			      (double)(workload->uring->turn_ns - start_ns) /
				      (double)(workload->until_ns - start_ns);

	run_progress(workload->run,
		     workload->progress + workload->progress_share * (part < 1 ? part : 1));
}

static bool goes_on(struct workload *workload)
{
	const struct uring *uring = workload->uring;
	uint64_t now_ns = uring->turn_ns;

	if (now_ns >= workload->until_ns ||
	    (workload->requests && workload->submitted >= workload->requests))
		workload->over = true;
	if (workload->in_window && workload->over &&
	    (!workload->requests || workload->failures || !uring->in_flight))
		end_window(workload);
	return !workload->over || uring->in_flight;
}

/* Requests that were due and found no room: each has waited at least until now. */
static void count_not_started(struct workload *workload)
{
	struct workload_tally *tally =
		&workload->tally[workload->read_percent ? WORKLOAD_READS : WORKLOAD_WRITES];

	while (workload->rate > 0 && !workload->failures &&
	       workload->next_due_ns < workload->until_ns) {
		uint64_t due_ns = take_due(workload);
		if (due_ns < workload->ramp_until_ns)
			continue;
		histogram_add(&tally->response, workload->uring->turn_ns - due_ns);
		workload->not_started++;
	}
}

/* One turn of the ring; with nothing in flight and nothing due, only sleep. */
static int turn(struct workload *workload)
{
	struct uring *uring = workload->uring;
	uint64_t wait_ns;
	unsigned wait = plan_turn(workload, &wait_ns);

	if (!wait || uring->in_flight || uring->queued)
		return uring_turn(uring, wait, wait_ns);
	workload->run->sleep_ns(wait_ns);
	workload->last_done_ns = uring->turn_ns = uring->now_ns();
	return 0;
}

static void start(struct workload *workload)
{
	uint64_t now_ns = workload->uring->turn_ns = workload->uring->now_ns();
	double seconds = workload->requests ? 1e9 : workload->seconds;

	for (int kind = 0; kind < WORKLOAD_KINDS; kind++) {
		workload->tally[kind].count = workload->tally[kind].bytes = 0;
		memset(workload->tally[kind].slice, 0, sizeof(workload->tally[kind].slice));
		histogram_clear(&workload->tally[kind].service);
		histogram_clear(&workload->tally[kind].response);
	}
	memset(&workload->failure, 0, sizeof(workload->failure));
	workload->failures = workload->submitted = workload->completed = 0;
	workload->due = workload->not_started = 0;
	workload->window_seconds = workload->cpu_percent = 0;
	workload->in_window = workload->over = false;
	workload->next_due_ns = workload->last_done_ns = now_ns;
	workload->ramp_until_ns = now_ns + (uint64_t)(workload->ramp_seconds * 1e9);
	workload->until_ns = workload->ramp_until_ns + (uint64_t)(seconds * 1e9);
}

int workload_run(struct workload *workload)
{
	struct uring *uring = workload->uring;
	uint64_t patience_ns = (uint64_t)(workload->patience_seconds * 1e9), start_ns;
	int err = 0;

	start(workload);
	begin_window(workload);
	start_ns = uring->turn_ns;
	while (!err && goes_on(workload)) {
		queue_all(workload);
		err = turn(workload);
		begin_window(workload);
		collect(workload);
		if (!err && uring->turn_ns - workload->last_done_ns > patience_ns)
			err = -ETIMEDOUT;
		show(workload, start_ns);
	}
	workload->over = true;
	end_window(workload);
	count_not_started(workload);
	return err ? err : workload->failure.err;
}

static const struct uring_request *oldest(const struct uring *uring)
{
	const struct uring_request *found = NULL;

	for (unsigned i = 0; i < uring->depth; i++)
		if (uring->request[i].state == URING_FLYING &&
		    (!found || uring->request[i].number < found->number))
			found = &uring->request[i];
	return found;
}

int workload_fail(const struct workload *workload, int err)
{
	const struct uring_request *request = oldest(workload->uring);
	struct run *run = workload->run;

	if (workload->failure.err)
		return run_fail(
			run, err,
			"request %llu, a %s of %u bytes at byte %llu (%llu went well, %llu failed)",
			(unsigned long long)workload->failure.number,
			uring_op_name(workload->failure.op), workload->failure.bytes,
			(unsigned long long)workload->failure.offset,
			(unsigned long long)workload->completed,
			(unsigned long long)workload->failures);
	if (err == -ETIMEDOUT && request)
		return run_fail(
			run, err,
			"%u requests in flight and none ended for %.0f s, the oldest a %s of "
			"%u bytes at byte %llu: given up",
			workload->uring->in_flight, workload->patience_seconds,
			uring_op_name(request->op), request->bytes,
			(unsigned long long)request->offset);
	return run_fail(run, err, "handing requests to the kernel (io_uring_enter)");
}

int workload_measure(struct workload *workload, struct uring *uring, int fd, unsigned depth,
		     uint64_t seed)
{
	struct run *run = workload->run;
	int err;

	workload->submitted = 0;
	err = uring_open(uring, fd, depth, workload->positions.record_bytes, 0, run->now_ns);

	if (err)
		return run_fail(run, err, "%s", uring_refusal(err));
	err = workload_begin(workload, uring, seed);
	if (err)
		run_fail(run, err, "memory for the data");
	else if ((err = workload_run(workload)))
		workload_fail(workload, err);
	workload_end(workload);
	uring_close(uring);
	return err;
}
