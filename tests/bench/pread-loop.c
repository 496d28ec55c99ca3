/* SPDX-License-Identifier: MIT */
/*
 * pread-loop FILE BYTES RECORD LAYOUT - what re-reading FILE from the page cache costs with nothing
 * around the call: a file of BYTES written in pieces of LAYOUT bytes, read once and then once more
 * in records of RECORD bytes. Prints the KiB/s of the second time. The yardstick for file.iozone's
 * re-read; removes the file.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *page_aligned(size_t bytes)
{
	char *buffer = aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);

	if (!buffer)
		fail("a buffer");
	return memset(buffer, 0, bytes);
}

static void lay_out(const char *path, size_t bytes, size_t piece)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *buffer = page_aligned(piece);

	if (fd < 0)
		fail(path);
	for (size_t at = 0; at + piece <= bytes; at += piece)
		if (write(fd, buffer, piece) != (ssize_t)piece)
			fail("write");
	if (fsync(fd) || close(fd))
		fail("fsync");
	free(buffer);
}

static double read_s(int fd, char *buffer, size_t records, size_t record)
{
	double start_s = now_s();

	for (size_t i = 0; i < records; i++)
		if (pread(fd, buffer, record, (off_t)(i * record)) != (ssize_t)record)
			fail("pread");
	return now_s() - start_s;
}

int main(int argc, char **argv)
{
	size_t bytes = argc == 5 ? strtoull(argv[2], NULL, 10) : 0;
	size_t record = argc == 5 ? strtoull(argv[3], NULL, 10) : 0;
	size_t layout = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;
	char *buffer;
	int fd;

	if (!record || !layout || record > bytes || layout > bytes)
		return fprintf(stderr, "pread-loop FILE BYTES RECORD LAYOUT\n"), 2;
	lay_out(argv[1], bytes, layout);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(argv[1]);
	buffer = page_aligned(record);
	read_s(fd, buffer, bytes / record, record);
	printf("%.0f\n", (double)bytes / 1024 / read_s(fd, buffer, bytes / record, record));
	return unlink(argv[1]) != 0;
}
