/* SPDX-License-Identifier: MIT */
/* Room on the file system, memory in front of it, cold caches. */
#include "bench/engine/file/scratch.h"
#include "bench/engine/file/remount.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What our own memory cgroup, of either version, may have; UINT64_MAX: as much as there is. */
static uint64_t group_bytes(void)
{
	char groups[4096], limit[32], *rest = groups, *line;
	uint64_t least = UINT64_MAX, bytes;

	if (file_read(groups, sizeof(groups), "/proc/self/cgroup") <= 0)
		return UINT64_MAX;
	while ((line = strsep(&rest, "\n"))) {
		char *path = strstr(line, ":memory:");
		ssize_t n = 0;

		if (path)
			n = file_read(limit, sizeof(limit),
				      "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", path + 8);
		else if (!strncmp(line, "0::", 3))
			n = file_read(limit, sizeof(limit), "/sys/fs/cgroup%s/memory.max",
				      line + 3);
		if (n > 0 && !text_u64(limit, &bytes) && bytes < least)
			least = bytes;
	}
	return least;
}

uint64_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t all = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX,
		 group = group_bytes();

	all = all < group ? all : group;
	return all == UINT64_MAX ? 0 : all;
}

int scratch_need(struct run *run, uint64_t bytes)
{
	/* The file system's own blocks for a file: at most about one in a thousand, on ext4 and
	 * xfs. */
	uint64_t needed = bytes + bytes / 512 + 65536, available;
	struct statvfs fs;

	if (statvfs(run->target, &fs))
		return run_fail(run, -errno, "look at the file system of %s", run->target);
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (available >= needed)
		return 0;
	return run_fail(run, -ENOSPC, "needs %.1f MiB in %s, %.1f MiB are free",
			(double)needed / 1048576, run->target, (double)available / 1048576);
}

void scratch_note_memory(struct run *run, uint64_t file_bytes)
{
	double file_mib = (double)file_bytes / 1048576,
	       memory_mib = (double)memory_bytes() / 1048576;

	if (file_mib >= 2 * memory_mib)
		run_note(run, "the file is %.1f times the memory", file_mib / memory_mib);
	else
		run_note(
			run,
			"the file is %.6g MiB, the memory %.0f MiB: less than twice, page cache measured",
			file_mib, memory_mib);
}

/* ---- cold ---- */

/* Pages of [map, map + len) in the page cache, or -errno. */
static ssize_t resident_pages(void *map, size_t len, size_t page)
{
	static unsigned char in_core[65536];
	size_t count = 0;

	for (size_t at = 0; at < len; at += sizeof(in_core) * page) {
		size_t part = len - at < sizeof(in_core) * page ? len - at : sizeof(in_core) * page;

		if (mincore((char *)map + at, part, in_core))
			return -errno;
		for (size_t i = 0; i < (part + page - 1) / page; i++)
			count += in_core[i] & 1;
	}
	return (ssize_t)count;
}

static int look(int fd, double *share)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stat stat;
	ssize_t pages;
	void *map;

	*share = 0;
	if (fstat(fd, &stat))
		return -errno;
	if (!stat.st_size)
		return 0;
	map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	pages = resident_pages(map, (size_t)stat.st_size, page);
	munmap(map, (size_t)stat.st_size);
	if (pages < 0)
		return (int)pages;
	*share = (double)pages / (double)(((size_t)stat.st_size + page - 1) / page);
	return 0;
}

int scratch_resident(const char *path, double *share)
{
	/* Of a file that it could not write, mincore tells nothing. */
	int fd = open(path, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = look(fd, share);
	close(fd);
	return err;
}

/* Dirty pages cannot be dropped. */
static int flush(const char *path, enum cold how)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : 0;
	if (!err && how == COLD_ADVISE)
		err = -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return err;
}

static int drop(struct run *run)
{
	int err = file_write("/proc/sys/vm/drop_caches", "3\n");

	return err ? run_fail(run, err, "drop the page cache (/proc/sys/vm/drop_caches)") : 0;
}

static int remount_of(struct run *run, const char *path)
{
	char copy[PATH_MAX], why[200] = "";
	int err;

	snprintf(copy, sizeof(copy), "%s", path);
	err = remount(dirname(copy), why, sizeof(why));
	return err ? run_fail(run, err, "cold=remount: %s", why) : 0;
}

static int judge(struct run *run, const char *path, enum cold how)
{
	static const char *const names[] = { "no", "file", "all", "remount" };
	double share;
	int err = scratch_resident(path, &share);

	if (err)
		return run_fail(run, err, "see how much of %s is in the page cache", path);
	if (share > 0.01)
		run_warn(run, "cold=%s: %.3g %% of %s stayed in the page cache", names[how],
			 share * 100, path);
	return 0;
}

int scratch_cool_files(struct run *run, const char *const *paths, size_t count, enum cold how)
{
	int err = 0;

	if (how == COLD_NO || !count)
		return 0;
	for (size_t i = 0; i < count && !err; i++)
		if ((err = flush(paths[i], how)))
			run_fail(run, err, "take %s out of the page cache", paths[i]);
	/* Some of a file system's pages belong to its device, and stay when it is unmounted. */
	if (!err && how == COLD_REMOUNT)
		err = remount_of(run, paths[0]);
	if (how == COLD_DROP)
		sync();
	if (!err && how != COLD_ADVISE)
		err = drop(run);
	for (size_t i = 0; i < count && !err; i++)
		err = judge(run, paths[i], how);
	return err;
}

int scratch_cool(struct run *run, const char *path, enum cold how)
{
	return scratch_cool_files(run, &path, 1, how);
}
