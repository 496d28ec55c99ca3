/* SPDX-License-Identifier: MIT */
/* A GUID partition table (UEFI 2.10, chapter 5), read from a disk image that may be damaged or
 * hostile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/disk/gpt.h"
#include "lab/disk/disk.h"

enum { ENTRY_MIN = 128, ENTRY_MAX = 4096, ENTRIES_MAX = 1024, NAME_UNITS = 36 };

uint32_t gpt_little32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

uint64_t gpt_little64(const uint8_t *at)
{
	return gpt_little32(at) | (uint64_t)gpt_little32(at + 4) << 32;
}

uint32_t gpt_crc32(const uint8_t *data, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static bool header_is_sound(const uint8_t *header, uint64_t sector)
{
	uint32_t size = gpt_little32(header + GPT_SIZE_AT);
	uint8_t copy[GPT_SECTOR];

	if (memcmp(header, "EFI PART", 8) != 0 || size < GPT_HEADER_LEAST || size > GPT_SECTOR)
		return false;
	memcpy(copy, header, GPT_SECTOR);
	memset(copy + GPT_CRC_AT, 0, 4);
	return gpt_crc32(copy, size) == gpt_little32(header + GPT_CRC_AT) &&
	       gpt_little64(header + GPT_OWN_AT) == sector;
}

/* The entries that the header describes, checked; NULL: not to be trusted. */
static uint8_t *load_entries(int fd, const uint8_t *header, uint64_t sectors, size_t *count,
			     size_t *size)
{
	uint64_t first = gpt_little64(header + GPT_ENTRIES_AT);
	uint8_t *entries;
	size_t bytes;

	*count = gpt_little32(header + GPT_COUNT_AT);
	*size = gpt_little32(header + GPT_ENTRY_SIZE_AT);
	if (*count > ENTRIES_MAX || *size < ENTRY_MIN || *size > ENTRY_MAX || *size % ENTRY_MIN ||
	    first >= sectors)
		return NULL;
	bytes = *count * *size;
	entries = malloc(bytes ? bytes : 1);
	if (entries && (pread(fd, entries, bytes, (off_t)(first * GPT_SECTOR)) != (ssize_t)bytes ||
			gpt_crc32(entries, bytes) != gpt_little32(header + GPT_ENTRIES_CRC_AT))) {
		free(entries);
		return NULL;
	}
	return entries;
}

int gpt_load(int fd, uint64_t sector, uint64_t sectors, struct gpt *out)
{
	out->entries = NULL;
	if (sector >= sectors ||
	    pread(fd, out->header, GPT_SECTOR, (off_t)(sector * GPT_SECTOR)) != GPT_SECTOR ||
	    !header_is_sound(out->header, sector))
		return -EINVAL;
	out->entries = load_entries(fd, out->header, sectors, &out->count, &out->size);
	return out->entries ? 0 : -EINVAL;
}

void gpt_free(struct gpt *gpt)
{
	free(gpt->entries);
	gpt->entries = NULL;
}

/* UTF-16LE against plain letters. */
bool gpt_is_named(const uint8_t *entry, const char *name)
{
	static const uint8_t unused[16];
	size_t len = strlen(name);

	if (!memcmp(entry, unused, sizeof(unused)) || len > NAME_UNITS)
		return false;
	for (size_t i = 0; i <= len && i < NAME_UNITS; i++)
		if (entry[GPT_NAME_AT + 2 * i] != (uint8_t)name[i] ||
		    entry[GPT_NAME_AT + 1 + 2 * i])
			return false;
	return true;
}

static int take_entry(const uint8_t *entry, uint64_t sectors, struct partition *out)
{
	uint64_t first = gpt_little64(entry + GPT_FIRST_AT),
		 last = gpt_little64(entry + GPT_LAST_AT);

	if (first < 2 || last < first || last >= sectors)
		return -EINVAL;
	*out = (struct partition){ first * GPT_SECTOR, (last - first + 1) * GPT_SECTOR };
	return 0;
}

static int search(const struct gpt *gpt, uint64_t sectors, const char *name, struct partition *out,
		  char *why, size_t room)
{
	int found = 0, err = 0;

	for (size_t i = 0; i < gpt->count && !err; i++)
		if (gpt_is_named(gpt->entries + i * gpt->size, name)) {
			err = take_entry(gpt->entries + i * gpt->size, sectors, out);
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
	uint64_t sectors = end < 0 ? 0 : (uint64_t)end / GPT_SECTOR;
	struct gpt gpt;
	int err = gpt_load(fd, 1, sectors, &gpt);

	if (err && sectors) /* the copy at the end is for the day on which the first one is gone */
		err = gpt_load(fd, sectors - 1, sectors, &gpt);
	if (err)
		return text_refuse(-EINVAL, why, room, "no sound GPT partition table");
	err = search(&gpt, sectors, name, out, why, room);
	gpt_free(&gpt);
	return err;
}
