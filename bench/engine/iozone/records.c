/* SPDX-License-Identifier: MIT */
/* What surrounds the timed loops: iozone's tests as a table, the file's opening and closing. */
#include "bench/engine/iozone/vectors.h"
#include "bench/engine/iozone/walks.h"
#include "bench/file/iozone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const struct records_test records_tests[] = {
	{ 0, IOZONE_WRITE, "write", O_RDWR, RECORDS_FRESH | RECORDS_SYNCED | RECORDS_WRITES,
	  walk_write, record_forward },
	{ 0, IOZONE_REWRITE, "rewrite", O_RDWR, RECORDS_SYNCED | RECORDS_WRITES | RECORDS_RETEST,
	  walk_write, record_forward },
	{ 1, IOZONE_READ, "read", O_RDONLY, RECORDS_SYNCED | RECORDS_PRIMED, walk_read,
	  record_forward },
	{ 1, IOZONE_REREAD, "reread", O_RDONLY, RECORDS_SYNCED | RECORDS_PRIMED | RECORDS_RETEST,
	  walk_read, record_forward },
	{ 2, IOZONE_RANDOM_READ, "random read", O_RDWR | O_CREAT, RECORDS_WRITES, walk_random_read,
	  record_random },
	{ 2, IOZONE_RANDOM_WRITE, "random write", O_RDWR | O_CREAT, RECORDS_WRITES,
	  walk_random_write, record_random },
	{ 3, IOZONE_BACKWARD_READ, "backward read", O_RDONLY, RECORDS_SYNCED, walk_backward,
	  record_backward },
	{ 3, IOZONE_BACKWARD_READ, "backward read", O_RDONLY,
	  RECORDS_SYNCED | RECORDS_RETEST | RECORDS_UNTOLD, walk_backward, record_backward },
	{ 4, IOZONE_RECORD_REWRITE, "record rewrite", O_RDWR | O_CREAT,
	  RECORDS_SYNCED | RECORDS_WRITES, walk_rewrite, record_first },
	{ 5, IOZONE_STRIDE_READ, "stride read", O_RDONLY, RECORDS_SYNCED, walk_stride,
	  record_stride },
	{ 6, IOZONE_FWRITE, "fwrite", O_RDWR, RECORDS_STREAM | RECORDS_SYNCED, walk_fwrite,
	  record_forward },
	{ 6, IOZONE_FREWRITE, "frewrite", O_RDWR, RECORDS_STREAM | RECORDS_SYNCED | RECORDS_RETEST,
	  walk_fwrite, record_forward },
	{ 7, IOZONE_FREAD, "fread", O_RDONLY, RECORDS_STREAM | RECORDS_ASIDE, walk_fread,
	  record_forward },
	{ 7, IOZONE_FREREAD, "freread", O_RDONLY, RECORDS_STREAM | RECORDS_ASIDE | RECORDS_RETEST,
	  walk_fread, record_forward },
	{ 9, IOZONE_PWRITE, "pwrite", O_RDWR | O_CREAT, RECORDS_SYNCED | RECORDS_WRITES,
	  walk_pwrite, record_forward },
	{ 9, IOZONE_REPWRITE, "repwrite", O_RDWR | O_CREAT,
	  RECORDS_SYNCED | RECORDS_WRITES | RECORDS_RETEST, walk_pwrite, record_forward },
	{ 10, IOZONE_PREAD, "pread", O_RDONLY, 0, walk_pread, record_forward },
	{ 10, IOZONE_REPREAD, "repread", O_RDONLY, RECORDS_RETEST, walk_pread, record_forward },
	{ 11, IOZONE_PWRITEV, "pwritev", O_RDWR | O_CREAT, RECORDS_WRITES | RECORDS_VECTOR,
	  walk_pwritev, record_vector },
	{ 11, IOZONE_REPWRITEV, "repwritev", O_RDWR,
	  RECORDS_WRITES | RECORDS_VECTOR | RECORDS_RETEST, walk_pwritev, record_vector },
	{ 12, IOZONE_PREADV, "preadv", O_RDONLY, RECORDS_VECTOR, walk_preadv, record_vector },
	{ 12, IOZONE_REPREADV, "repreadv", O_RDONLY, RECORDS_VECTOR | RECORDS_RETEST, walk_preadv,
	  record_vector },
	{ 0 },
};

bool records_wanted(const union value *values, const struct records_test *test)
{
	bool chosen = iozone_tests(values) & 1u << test->number;

	return chosen && (values[IOZONE_RETESTS].on || !(test->before & RECORDS_RETEST));
}

uint8_t *records_buffer(uint64_t bytes)
{
	uint64_t room = (bytes + PATTERN_PAGE - 1) / PATTERN_PAGE * PATTERN_PAGE;
	uint8_t *buffer = aligned_alloc(PATTERN_PAGE, room);

	if (buffer)
		memset(buffer, 0, room);
	return buffer;
}

/* ---- before the time ---- */

int records_make_fresh(const struct records *records)
{
	int fd;

	unlink(records->path);
	fd = open(records->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, 0) | close(fd) | unlink(records->path))
		return -errno;
	fd = open(records->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	return fd < 0 || close(fd) ? -errno : 0;
}

static int sync_aside(const struct records *records)
{
	int fd = open(records->path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : 0;
	close(fd);
	return err;
}

static int prime(struct records *records, int fd)
{
	int err = records_moved(read(fd, records->buffer, records->record_bytes),
				records->record_bytes);

	return err || lseek(fd, 0, SEEK_SET) == 0 ? err : -errno;
}

static int prepare(struct records *records, const struct records_test *test, int fd)
{
	int err = 0;

	if (test->before & RECORDS_SYNCED && fsync(fd))
		err = -errno;
	if (!err && test->before & RECORDS_PRIMED)
		err = prime(records, fd);
	if (!err && test->before & RECORDS_ASIDE)
		err = sync_aside(records);
	if (test->before & RECORDS_STREAM)
		buffered_begin(&records->stream, fd, records->stream_buffer, records->record_bytes);
	return err;
}

int records_open(struct records *records, const struct records_test *test)
{
	int err = test->before & RECORDS_FRESH ? records_make_fresh(records) : 0,
	    flags = test->flags | O_CLOEXEC, fd;

	records->done = 0;
	records->failed = (struct transfer){ 0 };
	records->stride = (struct stride_walk){ 0 };
	if (!(test->before & RECORDS_STREAM))
		flags |= records->direct;
	if (test->before & RECORDS_WRITES)
		flags |= records->write_sync;
	fd = err ? err : open(records->path, flags, 0640);
	if (err || fd < 0)
		return err ? err : -errno;
	err = prepare(records, test, fd);
	if (err)
		close(fd);
	return err ? err : fd;
}

int records_cool(struct records *records, const struct records_test *test)
{
	return test->before & RECORDS_FRESH ?
		       0 :
		       scratch_cool(records->run, records->path, records->cold);
}

void records_fetch(struct records *records)
{
	const struct pattern *pattern = &records->pattern;

	for (size_t at = 0; at < records->record_bytes; at += 32)
		(void)*(volatile uint8_t *)(records->buffer + at);
	for (size_t at = 0; at < pattern->records * pattern->record_bytes; at += 32)
		(void)*(volatile uint8_t *)(pattern->pool + at);
}

int records_place(struct records *records, const struct records_test *test, int fd, uint64_t from)
{
	uint64_t record = test->record(records, from);

	if (test->before & RECORDS_STREAM) {
		int err = test->flags == O_RDONLY ? 0 : buffered_flush(&records->stream);

		if (err)
			return err;
		buffered_begin(&records->stream, fd, records->stream_buffer, records->record_bytes);
	}
	return lseek(fd, (off_t)(record * records->record_bytes), SEEK_SET) < 0 ? -errno : 0;
}

/* ---- after the time ---- */

static int flush_stream(struct records *records, const struct records_test *test)
{
	bool writes = test->before & RECORDS_STREAM && test->flags != O_RDONLY;

	return writes ? buffered_flush(&records->stream) : 0;
}

int records_close(struct records *records, const struct records_test *test, int fd)
{
	int err = flush_stream(records, test);

	if (!err && !(test->before & RECORDS_ASIDE) && fsync(fd))
		err = -errno;
	return close(fd) && !err ? -errno : err;
}

int records_refuse(struct records *records, const struct records_test *test, int err)
{
	unsigned long long done = records->done, count = records->count;
	char words[TRANSFER_ROOM];

	/* What went to the page cache may fail only when it is flushed: that is no record's. */
	if (done >= count)
		return run_fail(records->run, err, "flush and close %s after %s", records->path,
				test->name);
	if (records->failed.err)
		return run_fail(records->run, err, "%s %s, record %llu of %llu%s", test->name,
				records->path, done, count,
				transfer_words(&records->failed, words));
	return run_fail(records->run, err, "%s %s, record %llu of %llu, offset %llu", test->name,
			records->path, done, count,
			(unsigned long long)(test->record(records, done) * records->record_bytes));
}

/* ---- as iozone measures it ---- */

int records_end(struct records *records, const struct records_test *test, int *fd)
{
	int err = 0;

	if (records->time_flush || records->time_close)
		err = flush_stream(records, test);
	if (!err && records->time_flush && !(test->before & RECORDS_ASIDE) && fsync(*fd))
		err = -errno;
	if (err || !records->time_close)
		return err;
	err = close(*fd) ? -errno : 0;
	*fd = -1;
	return err;
}

static int walk_timed(struct records *records, const struct records_test *test, int fd,
		      uint64_t *elapsed_ns)
{
	uint64_t start_ns = records->run->now_ns();
	int err = test->walk(records, fd, 0, records->count);

	err = err ? err : records_end(records, test, &fd);
	*elapsed_ns = records->run->now_ns() - start_ns;
	if (fd < 0)
		return err;
	if (err)
		close(fd);
	return err ? err : records_close(records, test, fd);
}

static double busy_s(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int measure(struct records *records, const struct records_test *test)
{
	uint64_t elapsed_ns;
	int err = records_cool(records, test), fd;

	if (err)
		return err;
	fd = records_open(records, test);
	if (fd < 0)
		return run_fail(records->run, fd, "open %s for %s", records->path, test->name);
	records_fetch(records);
	err = walk_timed(records, test, fd, &elapsed_ns);
	if (err)
		return records_refuse(records, test, err);
	if (!(test->before & RECORDS_UNTOLD))
		run_sample(records->run, test->metric,
			   (double)(records->count * records->record_bytes) / 1024 /
				   ((double)(elapsed_ns ? elapsed_ns : 1) / 1e9));
	return 0;
}

/* iozone's processor share is of all that a test does: making cold, opening, flushing, closing. */
int records_measure(struct records *records, const struct records_test *test)
{
	uint64_t start_ns = records->run->now_ns();
	double start_s = busy_s(), share;
	int err = measure(records, test);

	if (err || !records->cpu || test->before & RECORDS_UNTOLD)
		return err;
	share = (busy_s() - start_s) / ((double)(records->run->now_ns() - start_ns) / 1e9);
	run_sample(records->run, IOZONE_CPU_FIRST + test->metric, share < 1 ? share * 100 : 100);
	return 0;
}
