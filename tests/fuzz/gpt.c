/* SPDX-License-Identifier: MIT */
/* A partition table of whatever bytes, found and fitted to a larger disk: what was fitted is sound
 * at both ends, and no partition that lies within has moved. clang -fsanitize=fuzzer,... */
#include "lab/lab.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void insist(bool true_always)
{
	if (!true_always)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum { LONGEST = 1 << 20, MORE = 1 << 17 };
	struct partition before = { 0 }, after = { 0 };
	char why[WHY_ROOM];
	int fd = len < LONGEST ? memfd_create("disk", 0) : -1;
	bool found;

	if (fd < 0)
		return 0;
	len = len / 512 * 512;
	if (len && write(fd, data, len) == (ssize_t)len && !ftruncate(fd, (off_t)len + MORE)) {
		found = !gpt_find(fd, "assay-results", &before, why, sizeof(why));
		if (!gpt_fit(fd, len + MORE, NULL, why, sizeof(why))) {
			insist(!gpt_check(fd, len + MORE));
			insist(found == !gpt_find(fd, "assay-results", &after, why, sizeof(why)));
			insist(before.start == after.start && before.bytes == after.bytes);
		}
	}
	close(fd);
	return 0;
}
