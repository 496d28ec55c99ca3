/* SPDX-License-Identifier: MIT */
/* Room on the file system, memory in front of it, cold caches. */
#include "bench/engine/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

uint64_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
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

/* Pages of [map, map + len) in the page cache. */
static size_t resident_pages(void *map, size_t len, size_t page)
{
	static unsigned char in_core[65536];
	size_t count = 0;

	for (size_t at = 0; at < len; at += sizeof(in_core) * page) {
		size_t part = len - at < sizeof(in_core) * page ? len - at : sizeof(in_core) * page;

		if (mincore((char *)map + at, part, in_core))
			return 0;
		for (size_t i = 0; i < (part + page - 1) / page; i++)
			count += in_core[i] & 1;
	}
	return count;
}

static int look(int fd, double *resident)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stat stat;
	void *map;

	*resident = 0;
	if (fstat(fd, &stat))
		return -errno;
	if (!stat.st_size)
		return 0;
	map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*resident = (double)resident_pages(map, (size_t)stat.st_size, page) * (double)page /
		    (double)stat.st_size;
	munmap(map, (size_t)stat.st_size);
	return 0;
}

int scratch_cool(const char *path, enum cold how, double *resident)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	if (!err && how == COLD_ADVISE)
		err = -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!err && how == COLD_DROP) {
		sync();
		err = file_write("/proc/sys/vm/drop_caches", "3\n");
	}
	if (!err)
		err = look(fd, resident);
	close(fd);
	return err;
}
