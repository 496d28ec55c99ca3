/* SPDX-License-Identifier: MIT */
/* The timed loops of file.iozone, and what surrounds them. */
#include "bench/engine/records.h"
#include "bench/file/iozone.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- what is timed ---- */

int records_moved(ssize_t n, size_t wanted)
{
	return n < 0 ? -errno : (size_t)n < wanted ? -EIO : 0;
}

static int read_next(struct records *records, int fd)
{
	return records_moved(read(fd, records->buffer, records->record_bytes),
			     records->record_bytes);
}

static int write_next(struct records *records, int fd)
{
	return records_moved(write(fd, pattern_next(&records->pattern), records->record_bytes),
			     records->record_bytes);
}

static int seek_to(struct records *records, int fd, uint64_t record)
{
	return lseek(fd, (off_t)(record * records->record_bytes), SEEK_SET) < 0 ? -errno : 0;
}

/* Every record once, in this order; NULL: as they lie. Inline, so that each caller has a loop of
 * its own with no call through a pointer in it. */
static inline int walk(struct records *records, int fd, const uint32_t *order,
		       int (*next)(struct records *, int))
{
	int err = 0;

	for (records->done = 0; records->done < records->count && !err; records->done++) {
		err = order ? seek_to(records, fd, order[records->done]) : 0;
		err = err ? err : next(records, fd);
	}
	return err;
}

static int write_forward(struct records *records, int fd)
{
	return walk(records, fd, NULL, write_next);
}

static int read_forward(struct records *records, int fd)
{
	return walk(records, fd, NULL, read_next);
}

static int read_random(struct records *records, int fd)
{
	return walk(records, fd, records->order, read_next);
}

static int write_random(struct records *records, int fd)
{
	return walk(records, fd, records->order, write_next);
}

/* ---- the tests ---- */

/* How iozone prepares the descriptor before the clock starts. */
enum { FRESH = 1, SYNCED = 2, PRIMED = 4 };

const struct records_test records_tests[] = {
	{ 0, IOZONE_WRITE, "write", O_RDWR, FRESH | SYNCED, write_forward },
	{ 0, IOZONE_REWRITE, "rewrite", O_RDWR, SYNCED, write_forward },
	{ 1, IOZONE_READ, "read", O_RDONLY, SYNCED | PRIMED, read_forward },
	{ 1, IOZONE_REREAD, "reread", O_RDONLY, SYNCED | PRIMED, read_forward },
	{ 2, IOZONE_RANDOM_READ, "random read", O_RDWR | O_CREAT, 0, read_random },
	{ 2, IOZONE_RANDOM_WRITE, "random write", O_RDWR | O_CREAT, 0, write_random },
	{ 0 },
};

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

static int open_for(struct records *records, const struct records_test *test)
{
	int err = test->before & FRESH ? records_make_fresh(records) : 0;
	int fd = err ? err : open(records->path, test->flags | records->direct | O_CLOEXEC, 0640);

	if (err || fd < 0)
		return err ? err : -errno;
	if (test->before & SYNCED && fsync(fd))
		err = -errno;
	if (!err && test->before & PRIMED) {
		err = read_next(records, fd);
		err = err ? err : seek_to(records, fd, 0);
	}
	if (err)
		close(fd);
	return err ? err : fd;
}

static int flush_and_close(int fd)
{
	int err = fsync(fd) ? -errno : 0;

	return close(fd) && !err ? -errno : err;
}

static int walk_timed(struct records *records, const struct records_test *test, int fd,
		      uint64_t *elapsed_ns)
{
	uint64_t start_ns = records->run->now_ns();
	int err = test->walk(records, fd);

	if (!err && records->time_flush && fsync(fd))
		err = -errno;
	if (!err && records->time_close) {
		err = close(fd) ? -errno : 0;
		fd = -1;
	}
	*elapsed_ns = records->run->now_ns() - start_ns;
	if (fd < 0)
		return err;
	if (err)
		close(fd);
	return err ? err : flush_and_close(fd);
}

/* Into the processor's caches, where iozone's "fetchon" has the buffer when the clock starts. */
static void fetch(struct records *records)
{
	const struct pattern *pattern = &records->pattern;

	for (size_t at = 0; at < records->record_bytes; at += 32)
		(void)*(volatile uint8_t *)(records->buffer + at);
	for (size_t at = 0; at < pattern->records * pattern->record_bytes; at += 32)
		(void)*(volatile uint8_t *)(pattern->pool + at);
}

int records_measure(struct records *records, const struct records_test *test)
{
	uint64_t elapsed_ns;
	int err = test->before & FRESH ? 0 :
					 scratch_cool(records->run, records->path, records->cold);
	int fd;

	if (err)
		return err;
	fd = open_for(records, test);
	if (fd < 0)
		return run_fail(records->run, fd, "open %s for %s", records->path, test->name);
	fetch(records);
	err = walk_timed(records, test, fd, &elapsed_ns);
	if (err)
		return run_fail(records->run, err, "%s %s, record %llu of %llu", test->name,
				records->path, (unsigned long long)records->done,
				(unsigned long long)records->count);
	run_sample(records->run, test->metric,
		   (double)(records->count * records->record_bytes) / 1024 /
			   ((double)(elapsed_ns ? elapsed_ns : 1) / 1e9));
	return 0;
}
