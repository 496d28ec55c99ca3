/* SPDX-License-Identifier: MIT */
/* The short probe: see probe.h. */
#include "bench/engine/probe.h"
#include "bench/engine/file/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, PAGE = 4096, MOST_BYTES = 256 << 20, LEAST_BYTES = 4 << 20 };
/* Shares of the time: eight measurements, those on the disk twice as long. */
enum { SHARES = 12 };

struct probe {
	const char *directory;
	char path[300];
	uint8_t *block;
	uint64_t room; /* the file may become so large */
	uint64_t laid; /* it is */
	uint64_t slice_ns;
	struct random random;
	int fd;
	bool direct;
};

struct pace {
	uint64_t start_ns, count;
	double each_s;
};

static void pace_begin(struct pace *pace)
{
	*pace = (struct pace){ .start_ns = clock_raw_ns() };
}

/* Counts one; false when the slice is over. */
static bool pace_more(struct pace *pace, uint64_t slice_ns)
{
	uint64_t spent_ns = clock_raw_ns() - pace->start_ns;

	pace->each_s = (double)spent_ns / 1e9 / (double)++pace->count;
	return spent_ns < slice_ns;
}

/* ---- on the disk ---- */

static int forget(const struct probe *probe)
{
	if (fdatasync(probe->fd))
		return -errno;
	posix_fadvise(probe->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

/* From first to last; beyond the end it starts over. The flush belongs to it. */
static void probe_write(struct probe *probe, struct speeds *out)
{
	struct pace pace;
	uint64_t at = 0, bytes = 0;
	bool more = true;

	pace_begin(&pace);
	while (more) {
		at = at + BLOCK <= probe->room ? at : 0;
		random_fill(&probe->random, probe->block, 64);
		if (pwrite(probe->fd, probe->block, BLOCK, (off_t)at) != BLOCK)
			return;
		at += BLOCK;
		bytes += BLOCK;
		probe->laid = at > probe->laid ? at : probe->laid;
		more = pace_more(&pace, 2 * probe->slice_ns);
	}
	if (!fdatasync(probe->fd))
		out->disk_write = (double)bytes / ((double)(clock_raw_ns() - pace.start_ns) / 1e9);
}

static void probe_read(struct probe *probe, struct speeds *out)
{
	struct pace pace;
	bool more = true;

	if (probe->laid < BLOCK || forget(probe))
		return;
	pace_begin(&pace);
	for (uint64_t at = 0; more; at += BLOCK) {
		if (at + BLOCK > probe->laid) {
			if (!probe->direct)
				break; /* the rest would come from memory */
			at = 0;
		}
		if (pread(probe->fd, probe->block, BLOCK, (off_t)at) != BLOCK)
			return;
		more = pace_more(&pace, 2 * probe->slice_ns);
	}
	out->disk_read = BLOCK / pace.each_s;
}

static void probe_random(struct probe *probe, double *requests, bool writes)
{
	struct pace pace;
	bool more = true;

	if (probe->laid < BLOCK || forget(probe))
		return;
	posix_fadvise(probe->fd, 0, 0, POSIX_FADV_RANDOM);
	pace_begin(&pace);
	while (more) {
		off_t at = (off_t)(random_below(&probe->random, probe->laid / PAGE) * PAGE);
		ssize_t n = writes ? pwrite(probe->fd, probe->block, PAGE, at) :
				     pread(probe->fd, probe->block, PAGE, at);

		if (n != PAGE || (writes && !probe->direct && fdatasync(probe->fd)))
			return;
		more = pace_more(&pace, probe->slice_ns);
	}
	*requests = 1 / pace.each_s;
}

static void probe_flush(struct probe *probe, struct speeds *out)
{
	struct pace pace;
	bool more = true;

	pace_begin(&pace);
	while (more) {
		if (pwrite(probe->fd, probe->block, PAGE, 0) != PAGE || fdatasync(probe->fd))
			return;
		more = pace_more(&pace, probe->slice_ns);
	}
	out->flush_s = pace.each_s;
}

/* ---- in memory ---- */

/* A file of a few MiB, buffered: rates of large records, the cost of a small call. */
static void probe_cache(struct probe *probe, struct speeds *out)
{
	int fd = open(probe->path, O_RDWR | O_CLOEXEC);
	struct pace pace;
	bool more = true, ok = fd >= 0;

	pace_begin(&pace);
	for (unsigned i = 0; ok && more; i++) {
		ok = pwrite(fd, probe->block, BLOCK, (off_t)(i % 4) * BLOCK) == BLOCK;
		more = pace_more(&pace, probe->slice_ns);
	}
	out->cache_write = ok ? BLOCK / pace.each_s : out->cache_write;
	pace_begin(&pace);
	for (more = ok; more && ok;) {
		ok = pread(fd, probe->block, BLOCK, 0) == BLOCK;
		more = pace_more(&pace, probe->slice_ns);
	}
	out->cache_read = ok ? BLOCK / pace.each_s : out->cache_read;
	pace_begin(&pace);
	for (more = ok; more && ok;) {
		ok = pread(fd, probe->block, 1, 0) == 1;
		more = pace_more(&pace, probe->slice_ns / 4);
	}
	out->call_s = ok ? pace.each_s : out->call_s;
	if (fd >= 0)
		close(fd);
}

static void probe_create(struct probe *probe, struct speeds *out)
{
	char path[320];
	struct pace pace;
	bool more = true;

	snprintf(path, sizeof(path), "%s.c", probe->path);
	pace_begin(&pace);
	while (more) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0 || close(fd) || unlink(path))
			return;
		more = pace_more(&pace, probe->slice_ns / 4);
	}
	out->create_s = pace.each_s;
}

/* ---- all of it ---- */

static int open_file(struct probe *probe)
{
	static const char name[] = "assay-probe-XXXXXX";
	struct statvfs fs;

	if (statvfs(probe->directory, &fs))
		return -errno;
	probe->room = (uint64_t)fs.f_bavail * fs.f_frsize / 4;
	probe->room = probe->room < MOST_BYTES ? probe->room / BLOCK * BLOCK : MOST_BYTES;
	if (probe->room < LEAST_BYTES)
		return -ENOSPC;
	snprintf(probe->path, sizeof(probe->path), "%s/%s", probe->directory, name);
	probe->fd = mkostemp(probe->path, O_CLOEXEC);
	if (probe->fd < 0)
		return -errno;
	probe->direct = !fcntl(probe->fd, F_SETFL, O_DIRECT);
	return 0;
}

int speeds_probe(const char *directory, double seconds, struct speeds *out)
{
	struct probe probe = { .directory = directory,
			       .slice_ns = (uint64_t)(seconds * 1e9 / SHARES) };
	int err;

	*out = speeds_plain;
	if (memory_bytes())
		out->memory_bytes = (double)memory_bytes();
	random_seed(&probe.random, 1);
	probe.block = aligned_alloc(PAGE, BLOCK);
	if (!probe.block)
		return -ENOMEM;
	random_fill(&probe.random, probe.block, BLOCK);
	err = open_file(&probe);
	if (!err) {
		probe_write(&probe, out);
		probe_read(&probe, out);
		probe_random(&probe, &out->disk_random_read, false);
		probe_random(&probe, &out->disk_random_write, true);
		probe_flush(&probe, out);
		probe_cache(&probe, out);
		probe_create(&probe, out);
		out->probed = true;
		close(probe.fd);
		unlink(probe.path);
	}
	free(probe.block);
	return err;
}
