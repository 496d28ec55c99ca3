/* SPDX-License-Identifier: MIT */
/* The block layer's counters: see device_bytes.h. */
#include "bench/engine/device_bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { UNIT = 512, READS = 0, READ_UNITS = 2, WRITES = 4, WRITE_UNITS = 6, OLDEST = 11 };
enum { FLUSHES = 15, NEWEST = 17 };

/* Up to `room` numbers parted by blanks, no other thing. Their count or -EINVAL. */
static int take_numbers(const char *text, uint64_t *out, int room)
{
	char word[24];
	int count = 0;

	for (text += strspn(text, " "); *text && *text != '\n'; text += strspn(text, " ")) {
		size_t len = strcspn(text, " \n");

		if (len >= sizeof(word) || count == room)
			return count == room ? count : -EINVAL;
		memcpy(word, text, len);
		word[len] = '\0';
		if (text_u64(word, &out[count++]))
			return -EINVAL;
		text += len;
	}
	return count;
}

int device_bytes_parse(const char *text, struct device_bytes *out)
{
	uint64_t numbers[NEWEST];
	int count = take_numbers(text, numbers, NEWEST);

	if (count < OLDEST || numbers[READ_UNITS] > UINT64_MAX / UNIT ||
	    numbers[WRITE_UNITS] > UINT64_MAX / UNIT)
		return -EINVAL;
	*out = (struct device_bytes){
		.read = numbers[READ_UNITS] * UNIT,
		.written = numbers[WRITE_UNITS] * UNIT,
		.reads = numbers[READS],
		.writes = numbers[WRITES],
		.flushes = count > FLUSHES ? numbers[FLUSHES] : 0,
	};
	return 0;
}

int device_below(const char *path, dev_t *out)
{
	struct stat stat_buffer;
	char sys[64];

	if (stat(path, &stat_buffer))
		return -errno;
	*out = S_ISBLK(stat_buffer.st_mode) ? stat_buffer.st_rdev : stat_buffer.st_dev;
	snprintf(sys, sizeof(sys), "/sys/dev/block/%u:%u/stat", major(*out), minor(*out));
	return access(sys, R_OK) ? -ENODEV : 0;
}

int device_whole(const char *path, dev_t *out)
{
	unsigned high, low;
	char text[32];
	int err = device_below(path, out);

	if (err)
		return err;
	/* A partition's folder lies in its disk's, which has a number, too. */
	if (file_read(text, sizeof(text), "/sys/dev/block/%u:%u/partition", major(*out),
		      minor(*out)) < 0)
		return 0;
	if (file_read(text, sizeof(text), "/sys/dev/block/%u:%u/../dev", major(*out), minor(*out)) <
		    0 ||
	    sscanf(text, "%u:%u", &high, &low) != 2)
		return -ENODEV;
	*out = makedev(high, low);
	return 0;
}

int device_bytes_read(dev_t device, struct device_bytes *out)
{
	char text[512];
	ssize_t len = file_read(text, sizeof(text), "/sys/dev/block/%u:%u/stat", major(device),
				minor(device));

	return len < 0 ? (int)len : device_bytes_parse(text, out);
}
