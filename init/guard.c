/* SPDX-License-Identifier: MIT */
/*
 * The objections to writing on a disk. Three lines of defence, closed by default: a person named
 * it, by identity and size; every objection was asked, and an unreadable fact is one; only
 * guard/open.c makes a struct wipeable. Nothing here opens or reads anything.
 */
#include "init/guard/guard.h"

#include <stdio.h>
#include <string.h>

static bool same_disk(const struct block *a, const struct block *b)
{
	return !strcmp(a->disk, b->disk);
}

static bool is_whole(const struct block *block)
{
	return !strcmp(block->name, block->disk);
}

/* A partition and the disk it lies on; not two partitions of one disk. */
static bool overlaps(const struct block *a, const struct block *b)
{
	return !strcmp(a->name, b->name) || (same_disk(a, b) && (is_whole(a) || is_whole(b)));
}

/* ---- which disk is meant ---- */

const struct block *guard_named(const struct machine *machine, const struct naming *naming,
				char *why, size_t room)
{
	const struct block *found = NULL;
	size_t matches = 0;

	for (size_t i = 0; i < machine->block_count; i++)
		if (naming_answers(naming, &machine->block[i])) {
			found = &machine->block[i];
			matches++;
		}
	if (!matches)
		text_refuse(0, why, room, "no disk here answers to %s", naming->text);
	else if (matches > 1)
		text_refuse(0, why, room, "%zu disks answer to %s: neither is taken", matches,
			    naming->text);
	else if (naming->bytes && naming->bytes != found->bytes)
		text_refuse(0, why, room, "%s: %s has %llu bytes, not %llu: it is not taken",
			    naming->text, found->name, (unsigned long long)found->bytes,
			    (unsigned long long)naming->bytes);
	else
		return found;
	return NULL;
}

bool guard_may_come(const struct machine *machine, const char *scratch)
{
	struct naming naming;

	if (naming_read(&naming, scratch, "", NULL, 0))
		return false;
	for (size_t i = 0; i < machine->block_count; i++)
		if (naming_answers(&naming, &machine->block[i]))
			return false;
	return true;
}

/* ---- what speaks against it ---- */

struct question {
	const struct machine *machine;
	const struct block *block;
	const char *over;
	struct text *out;
};

static bool incomplete(const struct question *ask)
{
	bool unknown = false;

	for (size_t i = 0; i < ask->machine->block_count; i++) {
		const struct block *other = &ask->machine->block[i];

		unknown = unknown || (overlaps(ask->block, other) && !other->facts_complete);
	}
	if (unknown)
		text_add(ask->out, "not everything about it could be learned");
	return unknown;
}

static bool read_only(const struct question *ask)
{
	if (ask->block->read_only)
		text_add(ask->out, "it is read-only");
	return ask->block->read_only;
}

static bool stopped(const struct question *ask)
{
	if (ask->block->stopped)
		text_add(ask->out, "stopped by hand before anything was written");
	return ask->block->stopped;
}

static bool in_use(const struct question *ask)
{
	bool mounted = false, held = false;

	for (size_t i = 0; i < ask->machine->block_count; i++) {
		const struct block *other = &ask->machine->block[i];

		mounted = mounted || (overlaps(ask->block, other) && other->mounted);
		held = held || (overlaps(ask->block, other) && other->held);
	}
	if (mounted)
		text_add(ask->out, "it, or a part of it, is mounted");
	if (held)
		text_add(ask->out, "%ssomething is built on it (holders)", mounted ? "; " : "");
	return mounted || held;
}

/* The disk, not only the partition: a disk that is worn or broken by a measurement must not be the
 * one that keeps what was measured, and writing results would be measured, too. */
static bool holds_results(const struct question *ask)
{
	for (size_t i = 0; i < ask->machine->block_count; i++) {
		const struct block *other = &ask->machine->block[i];

		if (same_disk(ask->block, other) &&
		    !strcmp(other->partition_name, "assay-results")) {
			text_add(ask->out, "its disk holds results (%s)", other->name);
			return true;
		}
	}
	return false;
}

/* As image/media/ marks them; or the file itself was found. */
static bool is_medium(const struct block *block)
{
	return block->boot_medium || !strcmp(block->partition_name, "assay-boot") ||
	       (!strcmp(block->label, "ASSAY") && strstr(block->signature, "iso9660"));
}

static bool boots_this(const struct question *ask)
{
	for (size_t i = 0; i < ask->machine->block_count; i++)
		if (same_disk(ask->block, &ask->machine->block[i]) &&
		    is_medium(&ask->machine->block[i])) {
			text_add(ask->out, "it is a boot medium of Assay");
			return true;
		}
	return false;
}

/* What the two have in common that should be one's own; NULL: nothing. */
static const char *in_common(const struct block *a, const struct block *b)
{
	if (!is_whole(a))
		return a->partition_name[0] && !strcmp(a->partition_name, b->partition_name) ?
			       "name" :
			       NULL;
	if (!is_whole(b))
		return NULL;
	if (a->serial[0] && !strcmp(a->serial, b->serial))
		return "serial";
	return a->wwid[0] && !strcmp(a->wwid, b->wwid) ? "WWN" : NULL;
}

/* One disk seen twice, a copy, or numbers that mean nothing. */
static bool has_double(const struct question *ask)
{
	for (size_t i = 0; i < ask->machine->block_count; i++) {
		const struct block *other = &ask->machine->block[i];
		const char *common =
			strcmp(ask->block->name, other->name) ? in_common(ask->block, other) : NULL;

		if (!common)
			continue;
		text_add(ask->out, "%s has the same %s: neither is taken", other->name, common);
		return true;
	}
	return false;
}

/* Partitions go only with a table that may go, and that libblkid knows by name. */
static bool partitioned(const struct question *ask)
{
	size_t parts = 0;

	for (size_t i = 0; i < ask->machine->block_count; i++)
		parts += is_whole(ask->block) && same_disk(ask->block, &ask->machine->block[i]) &&
			 !is_whole(&ask->machine->block[i]);
	if (!parts || (ask->block->table[0] && naming_covers(ask->over, ask->block->table)))
		return false;
	text_add(ask->out, "it has partitions (%zu)", parts);
	return true;
}

/* A file system that an earlier run made here for scratch is ours; any other is somebody's data. */
bool guard_is_ours(const struct block *block)
{
	return (!strcmp(block->signature, "ext4") && !strcmp(block->label, "assay-scratch")) ||
	       (!strcmp(block->signature, "xfs") && !strcmp(block->label, "assayscratch"));
}

/* Of the disk that a partition lies on the table is what makes it one; anything else, as of a RAID
 * that has these partitions inside, is not. */
static bool is_foreign(const struct question *ask, const struct block *other, bool with_table)
{
	return (!guard_is_ours(other) && !naming_covers(ask->over, other->signature)) ||
	       (with_table && !naming_covers(ask->over, other->table));
}

static bool carries_data(const struct question *ask)
{
	size_t found = 0;

	for (size_t i = 0; i < ask->machine->block_count; i++) {
		const struct block *other = &ask->machine->block[i];
		bool table = !is_whole(other) || is_whole(ask->block);

		if (!overlaps(ask->block, other) || !is_foreign(ask, other, table))
			continue;
		text_add(ask->out, "%s%s%s",
			 found++ ? ", " : "it carries a signature of something else (",
			 other == ask->block ? "" : other->name, other == ask->block ? "" : ": ");
		text_add(ask->out, "%s%s%s", other->signature,
			 table && other->signature[0] && other->table[0] ? "," : "",
			 table ? other->table : "");
	}
	if (found)
		text_add(ask->out, ")");
	return found > 0;
}

static bool (*const questions[])(const struct question *ask) = {
	stopped,    incomplete, read_only,   in_use,	   holds_results,
	boots_this, has_double, partitioned, carries_data,
};

size_t guard_objections(const struct machine *machine, const struct block *block, const char *over,
			struct text *out)
{
	char reason[WHY_ROOM];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		struct text one;
		struct question ask = { machine, block, over, &one };

		text_begin(&one, reason, sizeof(reason));
		if (questions[i](&ask))
			text_add(out, "%s%s", count++ ? "; " : "", reason);
	}
	return count;
}

const struct block *guard_choose(const struct machine *machine, const struct naming *naming,
				 char *why, size_t room)
{
	const struct block *block = guard_named(machine, naming, why, room);
	char reasons[WHY_ROOM];
	struct text text;

	if (!block)
		return NULL;
	text_begin(&text, reasons, sizeof(reasons));
	if (!guard_objections(machine, block, naming->over, &text))
		return block;
	text_refuse(0, why, room, "%s (%s) may not be written: %s", naming->text, block->name,
		    reasons);
	return NULL;
}
