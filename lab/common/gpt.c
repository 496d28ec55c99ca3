/* SPDX-License-Identifier: MIT */
/* A GUID partition table (UEFI 2.10, chapter 5), read from a disk image that may be damaged or
 * hostile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/lab.h"

enum {
	SECTOR = 512,
	HEADER = 92,
	ENTRY_MIN = 128,
	ENTRY_MAX = 4096,
	ENTRIES_MAX = 1024,
	NAME_UNITS = 36
};

static uint32_t little32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static uint64_t little64(const uint8_t *at)
{
	return little32(at) | (uint64_t)little32(at + 4) << 32;
}

static uint32_t crc32_of(const uint8_t *data, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static bool header_is_sound(uint8_t *header, uint64_t sector)
{
	uint32_t size = little32(header + 12), crc = little32(header + 16);

	if (memcmp(header, "EFI PART", 8) != 0 || size < HEADER || size > SECTOR)
		return false;
	memset(header + 16, 0, 4);
	return crc32_of(header, size) == crc && little64(header + 24) == sector;
}

/* The entries that the header describes, checked; NULL: not to be trusted. */
static uint8_t *load_entries(int fd, const uint8_t *header, uint64_t sectors, size_t *count,
			     size_t *size)
{
	uint64_t first = little64(header + 72);
	uint8_t *entries;
	size_t bytes;

	*count = little32(header + 80);
	*size = little32(header + 84);
	if (*count > ENTRIES_MAX || *size < ENTRY_MIN || *size > ENTRY_MAX || *size % ENTRY_MIN ||
	    first >= sectors)
		return NULL;
	bytes = *count * *size;
	entries = malloc(bytes ? bytes : 1);
	if (entries && (pread(fd, entries, bytes, (off_t)(first * SECTOR)) != (ssize_t)bytes ||
			crc32_of(entries, bytes) != little32(header + 88))) {
		free(entries);
		return NULL;
	}
	return entries;
}

static uint8_t *load_table(int fd, uint64_t sector, uint64_t sectors, size_t *count, size_t *size)
{
	uint8_t header[SECTOR];

	if (sector >= sectors || pread(fd, header, SECTOR, (off_t)(sector * SECTOR)) != SECTOR ||
	    !header_is_sound(header, sector))
		return NULL;
	return load_entries(fd, header, sectors, count, size);
}

/* UTF-16LE against plain letters. */
static bool is_named(const uint8_t *entry, const char *name)
{
	static const uint8_t unused[16];
	size_t len = strlen(name);

	if (!memcmp(entry, unused, sizeof(unused)) || len > NAME_UNITS)
		return false;
	for (size_t i = 0; i <= len && i < NAME_UNITS; i++)
		if (entry[56 + 2 * i] != (uint8_t)name[i] || entry[57 + 2 * i])
			return false;
	return true;
}

static int take_entry(const uint8_t *entry, uint64_t sectors, struct partition *out)
{
	uint64_t first = little64(entry + 32), last = little64(entry + 40);

	if (first < 2 || last < first || last >= sectors)
		return -EINVAL;
	*out = (struct partition){ first * SECTOR, (last - first + 1) * SECTOR };
	return 0;
}

static int search(const uint8_t *entries, size_t count, size_t size, uint64_t sectors,
		  const char *name, struct partition *out, char *why, size_t room)
{
	int found = 0, err = 0;

	for (size_t i = 0; i < count && !err; i++)
		if (is_named(entries + i * size, name)) {
			err = take_entry(entries + i * size, sectors, out);
			found++;
		}
	if (err)
		return text_refuse(err, why, room, "partition %s lies outside the disk", name);
	if (found > 1)
		return text_refuse(-EEXIST, why, room, "%d partitions are named %s; one expected",
				   found, name);
	return found ? 0 : text_refuse(-ENOENT, why, room, "no partition is named %s", name);
}

int gpt_find(int fd, const char *name, struct partition *out, char *why, size_t room)
{
	off_t end = lseek(fd, 0, SEEK_END);
	uint64_t sectors = end < 0 ? 0 : (uint64_t)end / SECTOR;
	size_t count = 0, size = 0;
	uint8_t *entries;
	int err;

	entries = load_table(fd, 1, sectors, &count, &size);
	if (!entries &&
	    sectors) /* the copy at the end exists for the day on which the first one is gone */
		entries = load_table(fd, sectors - 1, sectors, &count, &size);
	if (!entries)
		return text_refuse(-EINVAL, why, room, "no sound GPT partition table");
	err = search(entries, count, size, sectors, name, out, why, room);
	free(entries);
	return err;
}
