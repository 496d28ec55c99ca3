/* SPDX-License-Identifier: MIT */
/*
 * file.bonnie - sequential output, rewrite, input and random seeks on one large file, then many
 * small files made, read and deleted, as bonnie++ 2.00a and 1.03e define them (their sources).
 * Where the two differ `definition` chooses:
 *            per-byte phases                      fsync in the time     files          seekers
 *   2.00     write(2), read(2) of 1 byte, 3 MiB   yes, in each phase    one            5, tickets
 *   1.03     putc, getc, the whole file           only with sync=yes    1 GiB each     3, own
 * positions and, of the many files, sync(2) in the time of making and deleting (2.00) or not. The
 * clock runs from after opening until after closing. Nothing is dropped or synced between the
 * phases, so a file smaller than twice the memory measures the page cache: that is refused unless
 * ram= says otherwise.
 */
#include "bench/engine/bonnie/names.h"
#include "bench/engine/bonnie/phase.h"
#include "bench/engine/bonnie/seekers.h"
#include "bench/engine/file/scratch.h"

static const struct param params[] = {
	[BONNIE_SIZE] = { "size", "0",
			  "file size, whole MiB; 0: twice the memory, at least 300 MiB",
			  PARAM_BYTES, 0, 0x1p40 },
	[BONNIE_CHUNK] = { "chunk", "8k", "bytes per read and write, a power of two", PARAM_BYTES,
			   256, BONNIE_MIB },
	[BONNIE_SEEKS] = { "seeks", "8192", "random seeks", PARAM_COUNT, 1, 100000000 },
	[BONNIE_SEEKERS] = { "seekers", "0", "threads that seek; 0: by definition (5 or 3)",
			     PARAM_COUNT, 0, SEEKERS_MAX },
	[BONNIE_DEFINITION] = { "definition", "2.00", "which bonnie++", PARAM_CHOICE,
				.choices = "2.00|1.03" },
	[BONNIE_IO] = { "io", "yes", "no: skip the six phases on one large file (-s 0)",
			PARAM_BOOL },
	[BONNIE_RAM] = { "ram", "auto",
			 "memory in the size rule (-r): auto, a size, or 0 for no rule",
			 PARAM_TEXT },
	[BONNIE_FSYNC] = { "fsync", "auto",
			   "flush inside the time of each phase; auto: by definition", PARAM_CHOICE,
			   .choices = "auto|yes|no" },
	[BONNIE_SYNC] = { "sync", "no",
			  "flush after each random update, each file made and deleted (-b)",
			  PARAM_BOOL },
	[BONNIE_DIRECT] = { "direct", "no", "O_DIRECT (-D), in all phases by chunks", PARAM_BOOL },
	[BONNIE_PER_BYTE] = { "per_byte", "yes", "no: skip the putc and getc phases (-f)",
			      PARAM_BOOL },
	[BONNIE_PER_BYTE_BYTES] = { "per_byte_bytes", "0", "how much they move; 0: by definition",
				    PARAM_BYTES, 0, 0x1p40 },
	[BONNIE_FILES] = { "files", "16", "many files, in units of 1024 (-n); 0: skip that part",
			   PARAM_COUNT, 0, 4096 },
	[BONNIE_FILES_MAX] = { "files_max", "0",
			       "their largest size; link (-1) or symlink (-2): links to the first",
			       PARAM_TEXT, 1, 20 },
	[BONNIE_FILES_MIN] = { "files_min", "0", "their smallest size", PARAM_BYTES, 0, 1 << 30 },
	[BONNIE_FILES_DIRS] = { "files_dirs", "1", "directories that they are spread over",
				PARAM_COUNT, 1, NAMES_DIRECTORIES },
	[BONNIE_FILES_CHUNK] = { "files_chunk", "0",
				 "bytes per write and read of them; 0: by definition (8k, chunk)",
				 PARAM_BYTES, 0, BONNIE_MIB },
	[BONNIE_PATTERN] = { "pattern", "random", "stock: the original's nearly all zeros",
			     PARAM_CHOICE, .choices = "random|stock" },
	[BONNIE_SEED] = { "seed", "1", "of data, positions, names; each repeat adds 1", PARAM_COUNT,
			  0, 0x1p53 },
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
		  LESS_IS_BETTER, BY_MEAN, true },                                                 \
		LATENCY(name "_latency", "longest single operation; of bytes: a chunk of them",    \
			BY_MAX, false),                                                            \
		LATENCY(name "_p50", "half of the operations took at most this", BY_MEDIAN, true), \
		LATENCY(name "_p99", "99 % of the operations took at most this", BY_MEDIAN, true), \
		LATENCY(name "_p999", "99.9 % of the operations took at most this", BY_MEDIAN,     \
			true)

#define DEVICE(name)                                                                            \
	{                                                                                       \
		name "_device", "%", "bytes that the disk moved in the time / bytes asked for", \
			NEITHER_IS_BETTER, BY_MEAN, false, true                                 \
	}

static const struct metric metrics[] = {
	PHASE("putc", "KiB/s", "writing byte by byte: the CPU and the C library"),
	PHASE("put_block", "KiB/s", "writing chunks to a new file"),
	PHASE("rewrite", "KiB/s", "reading, changing and writing back; counted once"),
	PHASE("getc", "KiB/s", "reading byte by byte: the CPU and the C library"),
	PHASE("get_block", "KiB/s", "reading chunks"),
	PHASE("seeks", "/s", "random reads, a tenth of them written back"),
	PHASE("seq_create", "/s", "files made in the order of their names"),
	PHASE("seq_stat", "/s", "files looked at, and read, in the directory's order"),
	PHASE("seq_del", "/s", "files deleted in the directory's order"),
	PHASE("ran_create", "/s", "files made under random names"),
	PHASE("ran_stat", "/s", "files looked at, and read, in random order"),
	PHASE("ran_del", "/s", "files deleted in random order"),
	DEVICE("put_block"),
	DEVICE("rewrite"),
	DEVICE("get_block"),
	{ 0 },
};

/* One large file, then many small ones: the order of a run of bonnie++. */
static int measure_round(struct bonnie_io *io, struct catalog *many, uint64_t seed,
			 struct share share)
{
	int err = 0;

	if (io && many)
		share.part /= 2;
	if (io)
		err = bonnie_io_round(io, seed, share);
	if (io && many)
		share.from += share.part;
	return err || !many ? err : bonnie_many_round(many, seed, share);
}

static int run(struct run *run)
{
	const union value *value = run->value;
	unsigned rounds = (unsigned)value[BONNIE_REPEATS].num;
	struct bonnie_io *io = NULL;
	struct catalog *many = NULL;
	int err = bonnie_refuse(run);

	if (err)
		return err;
	if (value[BONNIE_IO].on) {
		scratch_note_memory(run, bonnie_file_bytes(value));
		err = bonnie_io_begin(&io, run);
	}
	if (!err && value[BONNIE_FILES].num)
		err = bonnie_many_begin(&many, run);
	for (unsigned i = 0; i < rounds && !err; i++)
		err = measure_round(io, many, value[BONNIE_SEED].num + i,
				    (struct share){ (double)i / rounds, 1.0 / rounds });
	bonnie_many_end(many);
	bonnie_io_end(io);
	return err;
}

const struct bench bench_file_bonnie = {
	.name = "file.bonnie",
	.summary = "one large file, then many small ones, as bonnie++ does",
	.definition =
		"bonnie++ 2.00a and 1.03e, their sources; CPU of the seeks is the threads' own (2.00a counts "
		"it once per thread); positions, names and data are our own generator's; per-byte figures of "
		"1.03 go through a buffer of 4096 bytes without locks; direct holds for all phases by chunks",
	.need = NEEDS_DIRECTORY,
	.params = params,
	.metrics = metrics,
	.check = bonnie_check,
	.seconds = bonnie_seconds,
	.run = run,
	.stock = bonnie_stock,
};
