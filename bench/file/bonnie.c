/* SPDX-License-Identifier: MIT */
/*
 * file.bonnie - sequential output, rewrite, input and random seeks on one large file, as
 * bonnie++ 2.00a and 1.03e define them (their sources). Where the two differ `definition` chooses:
 *            per-byte phases                      fsync in the time     files          seekers
 *   2.00     write(2), read(2) of 1 byte, 3 MiB   yes, in each phase    one            5, tickets
 *   1.03     putc, getc, the whole file           only with sync=yes    1 GiB each     3, own
 * positions The clock runs from after opening until after closing. Nothing is dropped or synced
 * between the phases, so a file smaller than twice the memory measures the page cache: that is
 * refused unless ram= says otherwise.
 */
#include "bench/file/bonnie.h"
#include "bench/engine/scratch.h"
#include "bench/engine/seekers.h"
#include "bench/engine/sequential.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB 1048576ull

static const struct param params[] = {
	[BONNIE_SIZE] = { "size", "0",
			  "file size, whole MiB; 0: twice the memory, at least 300 MiB",
			  PARAM_BYTES, 0, 0x1p40 },
	[BONNIE_CHUNK] = { "chunk", "8k", "bytes per read and write, a power of two", PARAM_BYTES,
			   256, MIB },
	[BONNIE_SEEKS] = { "seeks", "8192", "random seeks", PARAM_COUNT, 1, 100000000 },
	[BONNIE_SEEKERS] = { "seekers", "0", "threads that seek; 0: by definition (5 or 3)",
			     PARAM_COUNT, 0, SEEKERS_MAX },
	[BONNIE_DEFINITION] = { "definition", "2.00", "which bonnie++", PARAM_CHOICE,
				.choices = "2.00|1.03" },
	[BONNIE_RAM] = { "ram", "auto",
			 "memory in the size rule (-r): auto, a size, or 0 for no rule",
			 PARAM_TEXT },
	[BONNIE_FSYNC] = { "fsync", "auto",
			   "flush inside the time of each phase; auto: by definition", PARAM_CHOICE,
			   .choices = "auto|yes|no" },
	[BONNIE_SYNC] = { "sync", "no", "flush after each random update (-b)", PARAM_BOOL },
	[BONNIE_PER_BYTE] = { "per_byte", "yes", "no: skip the putc and getc phases (-f)",
			      PARAM_BOOL },
	[BONNIE_PER_BYTE_BYTES] = { "per_byte_bytes", "0", "how much they move; 0: by definition",
				    PARAM_BYTES, 0, 0x1p40 },
	[BONNIE_PATTERN] = { "pattern", "random", "stock: the original's nearly all zeros",
			     PARAM_CHOICE, .choices = "random|stock" },
	[BONNIE_SEED] = { "seed", "1", "of data and positions; each repeat adds 1", PARAM_COUNT, 0,
			  0x1p53 },
	[BONNIE_REPEATS] = { "repeats", "1", "how often all phases run (-x)", PARAM_COUNT, 1,
			     1000 },
	[BONNIE_MACHINE] = { "machine", "", "name in the stock reports (-m); empty: the host's",
			     PARAM_TEXT, 0, 30 },
	{ 0 },
};

/* In the order of enum bonnie_phase, each in the order of enum bonnie_figure. */
#define LATENCY(name, help, summary, detail)                             \
	{                                                                \
		name, "us", help, LESS_IS_BETTER, summary, false, detail \
	}
#define PHASE(name, unit, help)                                                                    \
	{ name, unit, help, MORE_IS_BETTER, BY_MEAN, true },                                       \
		{ name "_cpu",	  "%",	   "CPU time of the process / elapsed",                    \
		  LESS_IS_BETTER, BY_MEAN, false },                                                \
		LATENCY(name "_latency", "longest single operation", BY_MAX, false),               \
		LATENCY(name "_p50", "half of the operations took at most this", BY_MEDIAN, true), \
		LATENCY(name "_p99", "99 % of the operations took at most this", BY_MEDIAN, true), \
		LATENCY(name "_p999", "99.9 % of the operations took at most this", BY_MEDIAN,     \
			true)

static const struct metric metrics[] = {
	PHASE("putc", "KiB/s", "writing byte by byte: the CPU and the C library"),
	PHASE("put_block", "KiB/s", "writing chunks to a new file"),
	PHASE("rewrite", "KiB/s", "reading, changing and writing back; counted once"),
	PHASE("getc", "KiB/s", "reading byte by byte: the CPU and the C library"),
	PHASE("get_block", "KiB/s", "reading chunks"),
	PHASE("seeks", "/s", "random reads, a tenth of them written back"),
	{ 0 },
};

struct bonnie {
	struct run *run;
	struct pieces pieces;
	struct pattern pattern;
	struct sequential pass;
	struct seek_result seeks;
	uint64_t per_byte_bytes, seed;
	bool old, read_sync, write_sync; /* 1.03; flush in the time of reading and writing phases */
};

/* ---- what the values mean ---- */

uint64_t bonnie_file_bytes(const union value *values)
{
	uint64_t mib = values[BONNIE_SIZE].num / MIB;

	if (mib)
		return mib * MIB;
	mib = 2 * memory_bytes() / MIB;
	mib = mib > 300 ? mib : 300;
	/* The original's rounding: up to whole GiB, only from the upper half. */
	if (mib % 1024 > 512)
		mib = (mib / 1024 + 1) * 1024;
	return mib * MIB;
}

uint64_t bonnie_per_byte_bytes(const union value *values)
{
	uint64_t file = bonnie_file_bytes(values), bytes = values[BONNIE_PER_BYTE_BYTES].num;

	if (!values[BONNIE_PER_BYTE].on)
		return 0;
	if (!bytes)
		bytes = values[BONNIE_DEFINITION].num == BONNIE_1_03 ? file : 3 * MIB;
	return bytes < file ? bytes : file;
}

unsigned bonnie_seekers(const union value *values)
{
	if (values[BONNIE_SEEKERS].num)
		return (unsigned)values[BONNIE_SEEKERS].num;
	return values[BONNIE_DEFINITION].num == BONNIE_1_03 ? 3 : 5;
}

static int rule_memory(const union value *values, uint64_t *bytes)
{
	if (strcmp(values[BONNIE_RAM].text, "auto"))
		return text_bytes(values[BONNIE_RAM].text, bytes);
	*bytes = memory_bytes();
	return 0;
}

static int check(const union value *values, char *why, size_t room)
{
	uint64_t chunk = values[BONNIE_CHUNK].num, memory;

	if (chunk & (chunk - 1))
		return text_refuse(-EINVAL, why, room, "chunk=%llu: not a power of two",
				   (unsigned long long)chunk);
	if (values[BONNIE_SIZE].num % MIB)
		return text_refuse(-EINVAL, why, room, "size=%llu: not a whole number of MiB",
				   (unsigned long long)values[BONNIE_SIZE].num);
	if (rule_memory(values, &memory))
		return text_refuse(-EINVAL, why, room, "ram=%.40s: expected auto, a size, or 0",
				   values[BONNIE_RAM].text);
	return 0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	/* A plain disk: 150 MiB/s in a row, 500 seeks/s; a slow CPU: 1 MiB/s by system calls, 150
	 * by putc. */
	double file = (double)bonnie_file_bytes(values) / MIB,
	       bytes = (double)bonnie_per_byte_bytes(values) / MIB;
	double per_byte_rate = values[BONNIE_DEFINITION].num == BONNIE_1_03 ? 150 : 1;
	double once =
		4 * file / 150 + 2 * bytes / per_byte_rate + (double)values[BONNIE_SEEKS].num / 500;

	return once * (double)values[BONNIE_REPEATS].num;
}

/* ---- the phases in order ---- */

enum files { NEW_FILES, OLD_FILES, OWN_FILES };

static const struct {
	const char *name;
	enum files files;
	bool per_byte, writes, rewind;
	int (*pass)(struct sequential *pass), (*old_pass)(struct sequential *pass);
} phases[BONNIE_PHASES] = {
	[BONNIE_PUTC] = { "per-byte write", NEW_FILES, true, true, false, sequential_put_bytes,
			  sequential_put_chars },
	[BONNIE_PUT_BLOCK] = { "block write", NEW_FILES, false, true, false, sequential_put_chunks,
			       sequential_put_chunks },
	[BONNIE_REWRITE] = { "rewrite", OLD_FILES, false, true, true, sequential_rewrite,
			     sequential_rewrite },
	[BONNIE_GETC] = { "per-byte read", OLD_FILES, true, false, false, sequential_get_bytes,
			  sequential_get_chars },
	[BONNIE_GET_BLOCK] = { "block read", OLD_FILES, false, false, true, sequential_get_chunks,
			       sequential_get_chunks },
	[BONNIE_SEEKS_PHASE] = { "random seeks", OWN_FILES, false, true, false, NULL, NULL },
};

static double cpu_s(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static int open_for(struct bonnie *b, unsigned phase)
{
	int err = 0;

	if (phases[phase].files == NEW_FILES)
		err = pieces_create(&b->pieces);
	if (phases[phase].files == OLD_FILES)
		err = pieces_open(&b->pieces);
	for (unsigned i = 0; i < b->pieces.opened && phases[phase].rewind; i++)
		lseek(b->pieces.fd[i], 0, SEEK_SET); /* needless, and the original does it */
	return err;
}

static void record(struct bonnie *b, unsigned phase, double elapsed_s, double used_s)
{
	const struct histogram *latency = phase == BONNIE_SEEKS_PHASE ? &b->seeks.latency_ns :
									&b->pass.latency_ns;
	double amount = phase == BONNIE_SEEKS_PHASE ? (double)b->run->value[BONNIE_SEEKS].num :
						      (double)b->pass.bytes / 1024;
	unsigned metric = phase * BONNIE_FIGURES;

	elapsed_s = elapsed_s > 1e-9 ? elapsed_s : 1e-9;
	run_sample(b->run, metric + BONNIE_RATE, amount / elapsed_s);
	run_sample(b->run, metric + BONNIE_CPU, used_s / elapsed_s * 100);
	/* None for putc of 1.03: a clock beside each character would be most of the figure. */
	if (!latency->count)
		return;
	run_sample(b->run, metric + BONNIE_LATENCY, (double)latency->max / 1e3);
	run_sample(b->run, metric + BONNIE_P50, (double)histogram_percentile(latency, 50) / 1e3);
	run_sample(b->run, metric + BONNIE_P99, (double)histogram_percentile(latency, 99) / 1e3);
	run_sample(b->run, metric + BONNIE_P999, (double)histogram_percentile(latency, 99.9) / 1e3);
}

static int measure_pass(struct bonnie *b, unsigned phase)
{
	struct sequential *pass = &b->pass;
	double used_s = cpu_s(), elapsed_s;
	uint64_t start_ns = b->run->now_ns();
	int err = b->old ? phases[phase].old_pass(pass) : phases[phase].pass(pass), close_err;

	close_err = pieces_close(&b->pieces,
				 !err && (phases[phase].writes ? b->write_sync : b->read_sync));
	elapsed_s = (double)(b->run->now_ns() - start_ns) / 1e9;
	used_s = cpu_s() - used_s;
	if (err || close_err)
		return run_fail(b->run, err ? err : close_err, "%s of %s, operation %llu",
				phases[phase].name, b->pieces.path, (unsigned long long)pass->done);
	record(b, phase, elapsed_s, used_s);
	return 0;
}

static int measure_seeks(struct bonnie *b)
{
	const union value *value = b->run->value;
	struct seek_job job = {
		.pieces = &b->pieces,
		.chunk_bytes = b->pass.chunk_bytes,
		.seeks = (uint32_t)value[BONNIE_SEEKS].num,
		.seekers = bonnie_seekers(value),
		.own_positions = b->old,
		.sync_updates = value[BONNIE_SYNC].on,
		.sync_close = b->read_sync,
		.seed = b->seed,
		.now_ns = b->run->now_ns,
	};
	int err = seekers_run(&job, &b->seeks);

	if (err)
		return run_fail(b->run, err, "random seeks in %s", b->pieces.path);
	record(b, BONNIE_SEEKS_PHASE, b->seeks.elapsed_s, b->seeks.cpu_s);
	return 0;
}

static int measure(struct bonnie *b, unsigned phase)
{
	struct sequential *pass = &b->pass;
	int err;

	run_activity(b->run, "%s", phases[phase].name);
	if (phases[phase].files == OWN_FILES)
		return measure_seeks(b);
	pass->bytes = phases[phase].per_byte ? b->per_byte_bytes : b->pieces.bytes;
	pass->expected = pass->bytes / (phases[phase].per_byte ? 1 : pass->chunk_bytes);
	pass->done = 0;
	histogram_clear(&pass->latency_ns);
	err = open_for(b, phase);
	if (err)
		return run_fail(b->run, err, "open %s for the %s", b->pieces.path,
				phases[phase].name);
	return measure_pass(b, phase);
}

static int measure_all(struct bonnie *b)
{
	unsigned rounds = (unsigned)b->run->value[BONNIE_REPEATS].num;
	int err = 0;

	b->pass.progress_share = 1.0 / (BONNIE_PHASES * rounds);
	for (unsigned i = 0; i < BONNIE_PHASES * rounds && !err; i++) {
		unsigned phase = i % BONNIE_PHASES;

		b->seed = b->run->value[BONNIE_SEED].num + i / BONNIE_PHASES;
		b->pass.progress_from = i * b->pass.progress_share;
		run_progress(b->run, b->pass.progress_from);
		if (b->per_byte_bytes || !phases[phase].per_byte)
			err = measure(b, phase);
	}
	return err;
}

/* ---- before and after ---- */

static int refuse_small(struct run *run)
{
	uint64_t memory = 0, bytes = bonnie_file_bytes(run->value);

	if (rule_memory(run->value, &memory) || bytes >= 2 * memory || !run->value[BONNIE_SIZE].num)
		return 0;
	return run_fail(
		run, -EINVAL,
		"size=%llu MiB is less than twice the memory, %llu MiB: the page cache would "
		"be measured (ram=0 allows it)",
		(unsigned long long)(bytes / MIB), (unsigned long long)(memory / MIB));
}

static bool decide(const union value *values, bool by_definition)
{
	return values[BONNIE_FSYNC].num == 0 ? by_definition : values[BONNIE_FSYNC].num == 1;
}

static int prepare(struct bonnie *b)
{
	enum {
		STDIO_BYTES = 4096
	}; /* glibc's on the file systems of 1.03's time; fixed so that machines compare */
	struct run *run = b->run;
	uint64_t bytes = bonnie_file_bytes(run->value);
	int err = pieces_begin(&b->pieces, run->target, (unsigned long)getpid(), bytes,
			       b->old ? 1024 * MIB : 0);

	if (err)
		return run_fail(run, err, "name test files in %s", run->target);
	b->pass = (struct sequential){
		.run = run,
		.pieces = &b->pieces,
		.pattern = &b->pattern,
		.chunk_bytes = run->value[BONNIE_CHUNK].num,
		.stdio_bytes = STDIO_BYTES,
		.chunk = aligned_alloc(PATTERN_PAGE, MIB),
		.stdio = malloc(STDIO_BYTES),
	};
	err = pattern_begin(&b->pattern,
			    run->value[BONNIE_PATTERN].num ? PATTERN_BONNIE : PATTERN_RANDOM,
			    b->pass.chunk_bytes, run->value[BONNIE_SEED].num);
	return err || !b->pass.chunk || !b->pass.stdio ? run_fail(run, -ENOMEM, "prepare buffers") :
							 0;
}

static void finish(struct bonnie *b)
{
	pieces_remove(&b->pieces);
	pattern_end(&b->pattern);
	free(b->pass.chunk);
	free(b->pass.stdio);
}

static int run(struct run *run)
{
	struct bonnie b = { .run = run };
	int err = refuse_small(run);

	if (!err)
		err = scratch_need(run, bonnie_file_bytes(run->value));
	if (err)
		return err;
	b.old = run->value[BONNIE_DEFINITION].num == BONNIE_1_03;
	b.per_byte_bytes = bonnie_per_byte_bytes(run->value);
	b.read_sync = decide(run->value, !b.old);
	b.write_sync = decide(run->value, !b.old || run->value[BONNIE_SYNC].on);
	scratch_note_memory(run, bonnie_file_bytes(run->value));
	err = prepare(&b);
	if (!err)
		err = measure_all(&b);
	finish(&b);
	return err;
}

const struct bench bench_file_bonnie = {
	.name = "file.bonnie",
	.summary = "one large file written, rewritten, read and seeked in, as bonnie++ does",
	.definition =
		"bonnie++ 2.00a and 1.03e, their sources; CPU of the seeks is the threads' own (2.00a counts "
		"it once per thread); positions and data are our own generator's; per-byte figures of 1.03 "
		"go through a buffer of 4096 bytes without locks",
	.need = NEEDS_DIRECTORY,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = bonnie_stock,
};
