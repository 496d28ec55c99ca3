/* SPDX-License-Identifier: MIT */
/*
 * A GUID partition table on a disk that is larger than the image it came with: its copy belongs
 * into the last sectors (UEFI 2.10, 5.3.2), and both headers say where the other is and how far
 * partitions may reach. A partition may be grown to there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/disk/gpt.h"
#include "lab/disk/disk.h"

enum { ALIGN = 2048 }; /* sectors: a MiB, as every partitioning tool has it */
enum { MBR_RECORDS_AT = 446, MBR_RECORD = 16, MBR_TYPE_AT = 4, MBR_SECTORS_AT = 12 };
enum { MBR_PROTECTIVE = 0xee };

struct fitting {
	struct gpt gpt;
	uint64_t sectors, table_sectors; /* of the disk; of the entries */
	uint64_t last, last_usable, end; /* of the disk; end: behind the last partition */
	uint64_t old_copy;		 /* where the copy's header was */
	bool grown;
};

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	put32(at + 4, (uint32_t)(value >> 32));
}

static uint8_t *entry_of(const struct gpt *gpt, size_t i)
{
	return gpt->entries + i * gpt->size;
}

static bool is_used(const uint8_t *entry)
{
	static const uint8_t unused[16];

	return memcmp(entry, unused, sizeof(unused)) != 0;
}

/* Nothing of it may lie where the copy comes to be, nor where an old one is erased. */
static int measure(struct fitting *fit, uint64_t bytes, char *why, size_t room)
{
	struct gpt *gpt = &fit->gpt;
	uint64_t first = gpt_little64(gpt->header + GPT_ENTRIES_AT);

	fit->sectors = bytes / GPT_SECTOR;
	fit->last = fit->sectors - 1;
	fit->table_sectors = (gpt->count * gpt->size + GPT_SECTOR - 1) / GPT_SECTOR;
	fit->old_copy = gpt_little64(gpt->header + GPT_OTHER_AT);
	for (size_t i = 0; i < gpt->count; i++) {
		const uint8_t *entry = entry_of(gpt, i);

		if (!is_used(entry))
			continue;
		if (gpt_little64(entry + GPT_FIRST_AT) < first + fit->table_sectors ||
		    gpt_little64(entry + GPT_LAST_AT) < gpt_little64(entry + GPT_FIRST_AT) ||
		    gpt_little64(entry + GPT_LAST_AT) >= fit->sectors)
			return text_refuse(-EINVAL, why, room, "partition %zu lies outside", i + 1);
		if (gpt_little64(entry + GPT_LAST_AT) >= fit->end)
			fit->end = gpt_little64(entry + GPT_LAST_AT) + 1;
	}
	if (first < 2 || first + fit->table_sectors > fit->sectors ||
	    fit->end + fit->table_sectors >= fit->sectors)
		return text_refuse(-ENOSPC, why, room, "no room for the table's copy at the end");
	fit->last_usable = fit->last - fit->table_sectors - 1;
	return 0;
}

static int grow(struct fitting *fit, const char *name, char *why, size_t room)
{
	struct gpt *gpt = &fit->gpt;
	uint8_t *found = NULL;
	uint64_t end = (fit->last_usable + 1) / ALIGN * ALIGN;

	for (size_t i = 0; i < gpt->count; i++)
		if (gpt_is_named(entry_of(gpt, i), name))
			found = entry_of(gpt, i);
	if (!found || gpt_little64(found + GPT_LAST_AT) + 1 != fit->end)
		return text_refuse(-ENOENT, why, room, "%s is not the last partition", name);
	fit->grown = end > fit->end;
	if (fit->grown)
		put64(found + GPT_LAST_AT, end - 1);
	return 0;
}

/* ---- written: the copy first, so that one of the two is whole at every moment ---- */

static int put(int fd, const void *data, size_t len, uint64_t sector)
{
	ssize_t done = pwrite(fd, data, len, (off_t)(sector * GPT_SECTOR));

	return done == (ssize_t)len ? 0 : done < 0 ? -errno : -EIO;
}

static int put_table(int fd, const struct fitting *fit, uint64_t own, uint64_t other,
		     uint64_t entries)
{
	const struct gpt *gpt = &fit->gpt;
	size_t bytes = gpt->count * gpt->size;
	uint8_t header[GPT_SECTOR];
	int err;

	memcpy(header, gpt->header, sizeof(header));
	put64(header + GPT_OWN_AT, own);
	put64(header + GPT_OTHER_AT, other);
	put64(header + GPT_ENTRIES_AT, entries);
	put64(header + GPT_LAST_USABLE_AT, fit->last_usable);
	put32(header + GPT_ENTRIES_CRC_AT, gpt_crc32(gpt->entries, bytes));
	put32(header + GPT_CRC_AT, 0);
	put32(header + GPT_CRC_AT, gpt_crc32(header, gpt_little32(header + GPT_SIZE_AT)));
	err = put(fd, gpt->entries, bytes, entries);
	if (!err)
		err = put(fd, header, sizeof(header), own);
	return !err && fsync(fd) ? -errno : err;
}

/* Its one record covers the disk, as far as 32 bits reach (UEFI 2.10, 5.2.3). */
static int put_protective(int fd, const struct fitting *fit)
{
	uint8_t mbr[GPT_SECTOR];

	if (pread(fd, mbr, sizeof(mbr), 0) != (ssize_t)sizeof(mbr))
		return -EIO;
	for (int i = 0; i < 4; i++) {
		uint8_t *record = mbr + MBR_RECORDS_AT + i * MBR_RECORD;

		if (record[MBR_TYPE_AT] == MBR_PROTECTIVE)
			put32(record + MBR_SECTORS_AT,
			      fit->last > UINT32_MAX ? UINT32_MAX : (uint32_t)fit->last);
	}
	return put(fd, mbr, sizeof(mbr), 0);
}

/* A copy in the middle of a disk is one that a tool may find some day. */
static int erase_old(int fd, const struct fitting *fit)
{
	static const uint8_t nothing[GPT_SECTOR];
	uint64_t first = fit->old_copy - fit->table_sectors;
	int err = 0;

	if (fit->old_copy < fit->end + fit->table_sectors ||
	    fit->old_copy >= fit->last - fit->table_sectors)
		return 0;
	for (uint64_t at = first; !err && at <= fit->old_copy; at++)
		err = put(fd, nothing, sizeof(nothing), at);
	return err;
}

static int write_fitting(int fd, const struct fitting *fit)
{
	int err = put_table(fd, fit, fit->last, 1, fit->last - fit->table_sectors);

	if (!err)
		err = put_table(fd, fit, 1, fit->last,
				gpt_little64(fit->gpt.header + GPT_ENTRIES_AT));
	if (!err)
		err = put_protective(fd, fit);
	if (!err)
		err = erase_old(fd, fit);
	return !err && fsync(fd) ? -errno : err;
}

int gpt_fit(int fd, uint64_t bytes, const char *grown, char *why, size_t room)
{
	struct fitting fit = { .end = 0 };
	int err = gpt_load(fd, 1, bytes / GPT_SECTOR, &fit.gpt);

	if (err)
		return text_refuse(err, why, room, "no sound GPT partition table");
	err = measure(&fit, bytes, why, room);
	if (!err && grown)
		err = grow(&fit, grown, why, room);
	if (!err && (fit.old_copy != fit.last || fit.grown)) {
		err = write_fitting(fd, &fit);
		if (err)
			text_refuse(err, why, room, "writing the partition table: %s",
				    strerror(-err));
	}
	gpt_free(&fit.gpt);
	return err;
}

int gpt_check(int fd, uint64_t bytes)
{
	uint64_t sectors = bytes / GPT_SECTOR;
	struct gpt first = { .entries = NULL }, copy = { .entries = NULL };
	int err = gpt_load(fd, 1, sectors, &first);

	if (!err)
		err = gpt_load(fd, sectors - 1, sectors, &copy);
	if (!err && (gpt_little64(first.header + GPT_OTHER_AT) != sectors - 1 ||
		     gpt_little64(copy.header + GPT_OTHER_AT) != 1 || first.count != copy.count ||
		     first.size != copy.size ||
		     memcmp(first.entries, copy.entries, first.count * first.size) != 0))
		err = -EINVAL;
	gpt_free(&first);
	gpt_free(&copy);
	return err;
}
