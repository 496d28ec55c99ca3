/* SPDX-License-Identifier: MIT */
/* What the values of file.bonnie mean together, after bonnie++ 2.00a and 1.03e. */
#include "bench/engine/bonnie/names.h"
#include "bench/engine/file/scratch.h"
#include "bench/file/bonnie.h"

#include <errno.h>
#include <string.h>

bool bonnie_is_old(const union value *values)
{
	return values[BONNIE_DEFINITION].num == BONNIE_1_03;
}

uint64_t bonnie_file_bytes(const union value *values)
{
	uint64_t mib = values[BONNIE_SIZE].num / BONNIE_MIB;

	if (mib)
		return mib * BONNIE_MIB;
	mib = 2 * memory_bytes() / BONNIE_MIB;
	mib = mib > 300 ? mib : 300;
	/* The original's rounding: up to whole GiB, only from the upper half. */
	if (mib % 1024 > 512)
		mib = (mib / 1024 + 1) * 1024;
	return mib * BONNIE_MIB;
}

uint64_t bonnie_per_byte_bytes(const union value *values)
{
	uint64_t file = bonnie_file_bytes(values), bytes = values[BONNIE_PER_BYTE_BYTES].num;

	if (!values[BONNIE_PER_BYTE].on)
		return 0;
	if (!bytes)
		bytes = bonnie_is_old(values) ? file : 3 * BONNIE_MIB;
	return bytes < file ? bytes : file;
}

unsigned bonnie_seekers(const union value *values)
{
	if (values[BONNIE_SEEKERS].num)
		return (unsigned)values[BONNIE_SEEKERS].num;
	return bonnie_is_old(values) ? 3 : 5;
}

bool bonnie_syncs(const union value *values, bool writes)
{
	if (values[BONNIE_FSYNC].num)
		return values[BONNIE_FSYNC].num == 1;
	return !bonnie_is_old(values) || (writes && values[BONNIE_SYNC].on);
}

double bonnie_amount(const union value *values, unsigned phase)
{
	if (phase == BONNIE_PUTC || phase == BONNIE_GETC)
		return (double)bonnie_per_byte_bytes(values) / 1024;
	if (phase == BONNIE_SEEKS_PHASE)
		return (double)values[BONNIE_SEEKS].num;
	if (phase < BONNIE_IO_PHASES)
		return (double)bonnie_file_bytes(values) / 1024;
	return (double)values[BONNIE_FILES].num * BONNIE_FILES_UNIT;
}

/* ---- the many files ---- */

static int parse_max(const char *text, struct bonnie_files *out)
{
	if (!strcmp(text, "link") || !strcmp(text, "-1"))
		out->kind = FILES_LINK;
	else if (!strcmp(text, "symlink") || !strcmp(text, "-2"))
		out->kind = FILES_SYMLINK;
	else
		return text_bytes(text, &out->max_bytes);
	return 0;
}

int bonnie_files(const union value *values, struct bonnie_files *out)
{
	*out = (struct bonnie_files){
		.count = (uint32_t)values[BONNIE_FILES].num * BONNIE_FILES_UNIT,
		.directories = (unsigned)values[BONNIE_FILES_DIRS].num,
		.min_bytes = values[BONNIE_FILES_MIN].num,
		.chunk_bytes = values[BONNIE_FILES_CHUNK].num,
	};
	/* 1.03 writes them in the pieces of the large file, 2.00 has a size of their own. */
	if (!out->chunk_bytes)
		out->chunk_bytes = bonnie_is_old(values) ? values[BONNIE_CHUNK].num : 8192;
	return parse_max(values[BONNIE_FILES_MAX].text, out);
}

/* ---- refusals ---- */

static int rule_memory(const union value *values, uint64_t *bytes)
{
	if (strcmp(values[BONNIE_RAM].text, "auto"))
		return text_bytes(values[BONNIE_RAM].text, bytes);
	*bytes = memory_bytes();
	return 0;
}

static int check_files(const union value *values, char *why, size_t room)
{
	struct bonnie_files files;

	if (bonnie_files(values, &files) || files.max_bytes > 1ull << 30)
		return text_refuse(
			-EINVAL, why, room,
			"files_max=%.40s: expected a size up to 1g, link (-1) or symlink (-2)",
			values[BONNIE_FILES_MAX].text);
	if (files.min_bytes > files.max_bytes)
		return text_refuse(-EINVAL, why, room, "files_min=%llu: more than files_max",
				   (unsigned long long)files.min_bytes);
	if (files.chunk_bytes < 256)
		return text_refuse(-EINVAL, why, room, "files_chunk=%zu: expected 256 or more",
				   files.chunk_bytes);
	if (!files.count && !values[BONNIE_IO].on)
		return text_refuse(-EINVAL, why, room, "io=no and files=0: nothing is left to do");
	return 0;
}

int bonnie_check(const union value *values, char *why, size_t room)
{
	uint64_t chunk = values[BONNIE_CHUNK].num, memory;

	if (chunk & (chunk - 1))
		return text_refuse(-EINVAL, why, room, "chunk=%llu: not a power of two",
				   (unsigned long long)chunk);
	if (values[BONNIE_DIRECT].on && chunk < 512)
		return text_refuse(-EINVAL, why, room,
				   "chunk=%llu: with direct=yes no less than a sector, 512",
				   (unsigned long long)chunk);
	if (values[BONNIE_SIZE].num % BONNIE_MIB)
		return text_refuse(-EINVAL, why, room, "size=%llu: not a whole number of MiB",
				   (unsigned long long)values[BONNIE_SIZE].num);
	if (rule_memory(values, &memory))
		return text_refuse(-EINVAL, why, room, "ram=%.40s: expected auto, a size, or 0",
				   values[BONNIE_RAM].text);
	return check_files(values, why, room);
}

static int refuse_small(struct run *run)
{
	uint64_t memory = 0, bytes = bonnie_file_bytes(run->value);

	if (rule_memory(run->value, &memory) || bytes >= 2 * memory || !run->value[BONNIE_SIZE].num)
		return 0;
	return run_fail(
		run, -EINVAL,
		"size=%llu MiB is less than twice the memory, %llu MiB: the page cache would "
		"be measured (ram=0 allows it)",
		(unsigned long long)(bytes / BONNIE_MIB),
		(unsigned long long)(memory / BONNIE_MIB));
}

/* Names are kept in memory, as the original does. */
static int refuse_names(struct run *run, uint32_t count)
{
	uint64_t bytes = names_bytes(count), memory = memory_bytes();

	if (!memory || bytes <= memory / 4)
		return 0;
	return run_fail(run, -ENOMEM, "files=%u: their names take %.1f MiB of %.0f MiB memory",
			count / BONNIE_FILES_UNIT, (double)bytes / BONNIE_MIB,
			(double)memory / BONNIE_MIB);
}

int bonnie_refuse(struct run *run)
{
	uint64_t bytes = run->value[BONNIE_IO].on ? bonnie_file_bytes(run->value) : 0, of_files;
	struct bonnie_files files;
	int err = bytes ? refuse_small(run) : 0;

	bonnie_files(run->value, &files);
	/* They do not exist at the same time. A file's last block is half empty on the average. */
	of_files = files.count *
		   ((files.min_bytes + files.max_bytes) / 2 + (files.max_bytes ? 4096 : 0));
	err = err ? err : refuse_names(run, files.count);
	return err ? err : scratch_need(run, bytes > of_files ? bytes : of_files);
}
