/* SPDX-License-Identifier: MIT */
/* A partition table of whatever bytes, found and fitted to a larger disk: what was fitted is sound
 * at both ends, and no partition that lies within has moved. clang -fsanitize=fuzzer,... */
#include "lab/disk/disk.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void insist(bool true_always)
{
	if (!true_always)
		abort();
}

/* A disk of memory that holds these bytes and nothing else. */
static int open_disk(const uint8_t *data, size_t len, size_t more)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("disk", MFD_CLOEXEC);
	insist(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, len, 0) == (ssize_t)len &&
	       !ftruncate(fd, (off_t)(len + more)));
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum { LONGEST = 1 << 20, MORE = 1 << 17 };
	struct partition before = { 0 }, after = { 0 };
	char why[WHY_ROOM];
	bool found;
	int fd;

	len = len / 512 * 512;
	if (!len || len >= LONGEST)
		return 0;
	fd = open_disk(data, len, MORE);
	found = !gpt_find(fd, "assay-results", &before, why, sizeof(why));
	if (!gpt_fit(fd, len + MORE, NULL, why, sizeof(why))) {
		insist(!gpt_check(fd, len + MORE));
		insist(found == !gpt_find(fd, "assay-results", &after, why, sizeof(why)));
		insist(before.start == after.start && before.bytes == after.bytes);
	}
	return 0;
}
