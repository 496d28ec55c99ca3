/* SPDX-License-Identifier: MIT */
/*
 * file.verify - whether what was written is what is read back.
 *
 * Every 512 bytes say whose they are: run, file, place, generation, checksum. Files are written from
 * first to last, then in each further pass a quarter of their records again, in random order, each
 * pass flushed. Then they are taken out of memory, read in a row and checked, taken out again, read
 * in random order and checked. Bad places are named with file and offset and what is there instead.
 *
 * phase=write leaves the files in a folder of their own beside the step's, phase=read checks those,
 * with the same values, in another run: after a power cut, on another machine.
 */
#include "bench/engine/device_bytes.h"
#include "bench/engine/file/findings.h"
#include "bench/engine/file/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SIZE, FILES, RECORD, PASSES, PHASE, COLD, DIRECT, CUT, SEED };
enum { BOTH, WRITE_ONLY, READ_ONLY };
enum { COLD_AUTO = COLD_REMOUNT + 1 };
static const struct param params[] = {
	[SIZE] = { "size", "0",
		   "of all files; 0: half of what is free, at most 256 MiB (phase=both)",
		   PARAM_BYTES, 0, 0x1p46 },
	[FILES] = { "files", "4", "how many", PARAM_COUNT, 1, FILE_SET_MOST },
	[RECORD] = { "record", "64k", "bytes per write and read, a multiple of 4 KiB", PARAM_BYTES,
		     4096, 1 << 20 },
	[PASSES] = { "passes", "2", "of writing; from the second on a quarter, at random",
		     PARAM_COUNT, 1, 100 },
	[PHASE] = { "phase", "both", "write leaves the files, read checks them in a later run",
		    PARAM_CHOICE, .choices = "both|write|read" },
	[COLD] = { "cold", "auto",
		   "before reading: remount (root), or drop what is in memory: of the files, or all "
		   "(root); auto: what may be dropped",
		   PARAM_CHOICE, .choices = "no|file|all|remount|auto" },
	[DIRECT] = { "direct", "no", "O_DIRECT, writing and reading", PARAM_BOOL },
	[CUT] = { "cut", "no", "the writing was cut short: a later generation is no error",
		  PARAM_BOOL },
	[SEED] = { "seed", "1", "of the data", PARAM_COUNT, 0, 0x1p53 },
	{ 0 },
};

enum { WRITE, REWRITE, READ, RANDOM_READ, WRONG, UNREADABLE, FROM_DEVICE };
static const struct metric metrics[] = {
	[WRITE] = { "write", "KiB/s", "from first to last, fsync included", MORE_IS_BETTER,
		    BY_MEDIAN },
	[REWRITE] = { "rewrite", "KiB/s", "a quarter of the records, at random, fsync included",
		      MORE_IS_BETTER, BY_MEDIAN },
	[READ] = { "read", "KiB/s", "in a row; the time of read(2) alone", MORE_IS_BETTER,
		   BY_MEDIAN },
	[RANDOM_READ] = { "random_read", "KiB/s", "at random; the time of read(2) alone",
			  MORE_IS_BETTER, BY_MEDIAN },
	[WRONG] = { "wrong", "B", "read, but not what was written", LESS_IS_BETTER, BY_MAX },
	[UNREADABLE] = { "unreadable", "B", "not read at all", LESS_IS_BETTER, BY_MAX },
	[FROM_DEVICE] = { "from_device", "%", "of the bytes read, by the device's own count",
			  NEITHER_IS_BETTER, BY_MIN },
	{ 0 },
};

struct verify {
	struct run *run;
	struct file_set set;
	uint8_t *buffer;
	char directory[200];
	enum cold cold;
	double done, all; /* records, of the progress */
};

/* ---- writing ---- */

static int write_record(struct verify *v, uint64_t record, unsigned generation)
{
	uint64_t offset;
	unsigned file = file_set_place(&v->set, record, &offset);
	int err = file_set_write(&v->set, record, generation, v->buffer);

	if (err)
		return run_fail(v->run, err, "write %s at byte %llu", v->set.path[file],
				(unsigned long long)offset);
	run_progress(v->run, ++v->done / v->all);
	return 0;
}

static int write_generation(struct verify *v, unsigned generation)
{
	uint64_t records = file_set_records(&v->set), written = 0, start_ns = v->run->now_ns();
	struct shuffle order;
	unsigned file;
	int err = 0;

	run_activity(v->run, "writing, pass %u", generation);
	shuffle_begin(&order, records, v->set.seed + generation);
	for (uint64_t i = 0; i < records && !err; i++) {
		uint64_t record = generation == 1 ? i : shuffle_at(&order, i);

		if (!file_set_writes(&v->set, generation, record))
			continue;
		err = write_record(v, record, generation);
		written++;
	}
	if (err)
		return err;
	err = file_set_sync(&v->set, &file);
	if (err)
		return run_fail(v->run, err, "fsync of %s", v->set.path[file]);
	run_sample(v->run, generation == 1 ? WRITE : REWRITE,
		   (double)(written * v->set.record_bytes) / 1024 /
			   ((double)(v->run->now_ns() - start_ns + 1) / 1e9));
	return 0;
}

static int open_all(struct verify *v, int flags)
{
	unsigned file;
	int err = file_set_open(&v->set, flags | (v->run->value[DIRECT].on ? O_DIRECT : 0), &file);

	return err ? run_fail(v->run, err, "open %s", v->set.path[file]) : 0;
}

static int write_all(struct verify *v)
{
	int err = open_all(v, O_RDWR | O_CREAT | O_TRUNC), close_err;

	if (err)
		return err;
	for (unsigned i = 1; i <= v->set.generations && !err; i++)
		err = write_generation(v, i);
	close_err = file_set_close(&v->set);
	return !err && close_err ? run_fail(v->run, close_err, "close in %s", v->directory) : err;
}

/* ---- cold ---- */

static int cool(struct verify *v)
{
	const char *paths[FILE_SET_MOST];

	for (unsigned i = 0; i < v->set.files; i++)
		paths[i] = v->set.path[i];
	return scratch_cool_files(v->run, paths, v->set.files, v->cold);
}

/* ---- reading ---- */

/* A dying disk may try for half a minute at each place. */
enum { BAD_ENOUGH = 1000 };

static int read_all(struct verify *v, struct findings *findings, unsigned metric)
{
	uint64_t records = file_set_records(&v->set), elapsed_ns = 0, i;
	struct shuffle order;
	int err = open_all(v, O_RDONLY);

	if (err)
		return err;
	shuffle_begin(&order, records, ~v->set.seed);
	for (i = 0; i < records && findings->count < BAD_ENOUGH; i++) {
		uint64_t record = metric == READ ? i : shuffle_at(&order, i);

		elapsed_ns += findings_read(findings, &v->set, record, v->buffer, v->run->now_ns);
		run_progress(v->run, ++v->done / v->all);
	}
	findings_end(findings);
	file_set_close(&v->set);
	if (i < records)
		run_warn(v->run, "given up after %zu bad places: %llu of %llu records read",
			 findings->count, (unsigned long long)i, (unsigned long long)records);
	run_sample(v->run, metric,
		   (double)findings->right_bytes / 1024 / ((double)(elapsed_ns + 1) / 1e9));
	run_sample(v->run, WRONG, (double)findings->wrong_bytes);
	run_sample(v->run, UNREADABLE, (double)findings->unreadable_bytes);
	return 0;
}

static void sample_share(struct verify *v, dev_t device, const struct device_bytes *before)
{
	double asked = (double)(file_set_records(&v->set) * v->set.record_bytes), share;
	struct device_bytes after;

	if (device_bytes_read(device, &after))
		return;
	share = (double)(after.read - before->read) / asked * 100;
	run_sample(v->run, FROM_DEVICE, share < 100 ? share : 100);
	if (share < 90)
		run_warn(
			v->run,
			"only %.3g %% of the bytes read came from the device, the rest from memory",
			share);
}

static int check_once(struct verify *v, unsigned metric, bool *right)
{
	static const char *const when[] = { [READ] = "in a row", [RANDOM_READ] = "at random" };
	struct findings findings = { .newer_is_right = v->run->value[CUT].on };
	struct device_bytes before;
	dev_t device;
	bool counted;
	int err = cool(v);

	if (err)
		return err;
	run_activity(v->run, "reading %s", when[metric]);
	counted = !device_below(v->directory, &device) && !device_bytes_read(device, &before);
	err = read_all(v, &findings, metric);
	if (!err && counted)
		sample_share(v, device, &before);
	if (!findings_report(v->run, &findings, &v->set, when[metric]))
		*right = false;
	return err;
}

static int check_all(struct verify *v)
{
	bool right = true;
	int err = check_once(v, READ, &right);

	err = err ? err : check_once(v, RANDOM_READ, &right);
	if (!err && right)
		run_diagnose(
			v->run, VERDICT_PASS, "data",
			"%llu bytes in %u files read back as they were written, in a row and at "
			"random",
			(unsigned long long)(v->set.file_bytes * v->set.files), v->set.files);
	return err;
}

/* ---- before and after ---- */

static uint64_t choose_size(struct verify *v)
{
	enum { MOST = 256 << 20 };
	uint64_t half = 0;
	struct statvfs fs;

	if (v->run->value[SIZE].num)
		return v->run->value[SIZE].num;
	if (!statvfs(v->run->target, &fs))
		half = (uint64_t)fs.f_bavail * fs.f_frsize / 2;
	return half < MOST ? half : MOST;
}

/* Where the files are: with phase=both in the step's own folder, which vanishes after it; else in
 * one beside it. */
static int choose_directory(struct verify *v)
{
	uint64_t phase = v->run->value[PHASE].num;
	const char *target = v->run->target, *slash = strrchr(target, '/');
	int beside = slash ? (int)(slash - target) : 0;
	int n = phase == BOTH ? snprintf(v->directory, sizeof(v->directory), "%s", target) :
				snprintf(v->directory, sizeof(v->directory), "%.*s/assay-verify",
					 beside ? beside : 1, beside ? target : ".");

	if (n < 0 || (size_t)n >= sizeof(v->directory) || file_set_name(&v->set, v->directory))
		return run_fail(v->run, -ENAMETOOLONG, "name test files in %s", target);
	if (phase == WRITE_ONLY && mkdir(v->directory, 0700) && errno != EEXIST)
		return run_fail(v->run, -errno, "make the folder %s", v->directory);
	return 0;
}

static int prepare(struct verify *v)
{
	const union value *value = v->run->value;
	uint64_t bytes = choose_size(v), records;

	v->cold = value[COLD].num != COLD_AUTO ? (enum cold)value[COLD].num :
		  geteuid()		       ? COLD_ADVISE :
						 COLD_DROP;
	v->set.files = (unsigned)value[FILES].num;
	v->set.seed = value[SEED].num;
	v->set.record_bytes = value[RECORD].num;
	v->set.generations = (unsigned)value[PASSES].num;
	v->set.file_bytes = bytes / v->set.files / v->set.record_bytes * v->set.record_bytes;
	records = file_set_records(&v->set);
	v->all = (double)records * (value[PHASE].num == BOTH ? 3 : 2) +
		 (double)records * (double)(v->set.generations - 1) / 4;
	if (!records)
		return run_fail(v->run, -ENOSPC,
				"%u files of a record of %zu bytes: only %llu bytes", v->set.files,
				v->set.record_bytes, (unsigned long long)bytes);
	v->buffer = aligned_alloc(4096, v->set.record_bytes);
	if (!v->buffer)
		return run_fail(v->run, -ENOMEM, "a buffer of %zu bytes", v->set.record_bytes);
	return choose_directory(v);
}

static int measure(struct verify *v)
{
	uint64_t phase = v->run->value[PHASE].num;
	int err = 0;

	if (phase != READ_ONLY) {
		scratch_note_memory(v->run, v->set.file_bytes * v->set.files);
		err = scratch_need(v->run, v->set.file_bytes * v->set.files);
		err = err ? err : write_all(v);
	}
	if (!err && phase == WRITE_ONLY)
		run_note(v->run, "the files stay in %s for phase=read", v->directory);
	if (!err && phase != WRITE_ONLY)
		err = check_all(v);
	if (phase == BOTH || (phase == WRITE_ONLY && err))
		file_set_remove(&v->set);
	return err;
}

static int run(struct run *run)
{
	static struct verify v;
	int err;

	v = (struct verify){ .run = run };
	err = prepare(&v);
	if (!err)
		err = measure(&v);
	free(v.buffer);
	return err;
}

static int check(const union value *values, char *why, size_t room)
{
	if (values[RECORD].num % 4096)
		return text_refuse(-EINVAL, why, room, "record=%llu: not a multiple of 4096",
				   (unsigned long long)values[RECORD].num);
	if (values[PHASE].num != BOTH && !values[SIZE].num)
		return text_refuse(-EINVAL, why, room,
				   "phase=write and phase=read need a size= that is not 0");
	return 0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	double bytes = values[SIZE].num ? (double)values[SIZE].num : 256 * 1048576.0,
	       records = bytes / (double)values[RECORD].num,
	       again = (double)(values[PASSES].num - 1) / 4;
	double write_s = bytes / speeds->disk_write +
			 again * (bytes / speeds->disk_write + records / speeds->disk_random_write),
	       read_s = 2 * bytes / speeds->disk_read + records / speeds->disk_random_read;

	return (values[PHASE].num != READ_ONLY ? write_s : 0) +
	       (values[PHASE].num != WRITE_ONLY ? read_s : 0);
}

const struct bench bench_file_verify = {
	.name = "file.verify",
	.summary = "whether what was written is what is read back, with the memory emptied between",
	.definition =
		"Assay's own: sectors that say where they belong (bench/engine/disk/sectors.h)",
	.need = NEEDS_DIRECTORY,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
};
