/* SPDX-License-Identifier: MIT */
/*
 * bonnie++'s six phases on one large file. The clock runs from after opening until after closing,
 * with the flush in it where the definition has one.
 *
 * direct: 2.00a gives O_DIRECT to the creating open alone, so that its -D covers the block write
 * and neither rewrite nor reading nor seeks, and fails at the first byte unless -f skips the
 * per-byte phases. Who asks for it wants the page cache out of the way: here the four phases by
 * chunks have it, and the two by bytes, which cannot, go through the cache as without it.
 */
#include "bench/engine/bonnie/phase.h"
#include "bench/engine/bonnie/seekers.h"
#include "bench/engine/bonnie/sequential.h"
#include "bench/engine/bonnie/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* glibc's on the file systems of 1.03's time; fixed so that machines compare. */
enum { STDIO_BYTES = 4096 };
#define PIECE_BYTES (1024ull * BONNIE_MIB)

struct bonnie_io {
	struct run *run;
	struct pieces pieces;
	struct pattern pattern;
	struct sequential pass;
	struct seek_result seeks;
	struct watch watch;
	uint64_t per_byte_bytes, seed;
	bool old, read_sync, write_sync;
};

enum files { NEW_FILES, OLD_FILES, OWN_FILES };

static const struct {
	const char *name;
	enum files files;
	bool per_byte, writes, rewind;
	int (*pass)(struct sequential *pass), (*old_pass)(struct sequential *pass);
} phases[BONNIE_IO_PHASES] = {
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

static int open_for(struct bonnie_io *io, unsigned phase)
{
	int err = 0;

	if (phases[phase].files == NEW_FILES)
		err = pieces_create(&io->pieces);
	if (phases[phase].files == OLD_FILES)
		err = pieces_open(&io->pieces);
	for (unsigned i = 0; i < io->pieces.opened && phases[phase].rewind; i++)
		lseek(io->pieces.fd[i], 0, SEEK_SET); /* needless, and the original does it */
	return err;
}

/* What went to the page cache may fail only when it is flushed: that is no operation's. */
static int refuse(const struct bonnie_io *io, unsigned phase, int err, int close_err)
{
	const char *direct = io->pieces.flags ? " with O_DIRECT" : "";
	char words[TRANSFER_ROOM];

	if (!err)
		return run_fail(io->run, close_err, "flush and close %s%s after the %s",
				io->pieces.path, direct, phases[phase].name);
	return run_fail(io->run, err, "%s of %s%s, operation %llu%s", phases[phase].name,
			io->pieces.path, direct, (unsigned long long)io->pass.done,
			transfer_words(&io->pass.failed, words));
}

static int measure_pass(struct bonnie_io *io, unsigned phase)
{
	struct sequential *pass = &io->pass;
	struct stretch stretch;
	int err, close_err;

	watch_begin(&io->watch);
	stretch_begin(&stretch, io->run);
	err = io->old ? phases[phase].old_pass(pass) : phases[phase].pass(pass);
	close_err = pieces_close(&io->pieces,
				 !err && (phases[phase].writes ? io->write_sync : io->read_sync));
	stretch_end(&stretch, io->run);
	if (err || close_err)
		return refuse(io, phase, err, close_err);
	phase_record(io->run, phase, &stretch, &pass->latency_ns);
	watch_end(&io->watch, io->run, phase, pass->bytes);
	return 0;
}

static int measure_seeks(struct bonnie_io *io)
{
	const union value *value = io->run->value;
	struct seek_job job = {
		.pieces = &io->pieces,
		.chunk_bytes = io->pass.chunk_bytes,
		.seeks = (uint32_t)value[BONNIE_SEEKS].num,
		.seekers = bonnie_seekers(value),
		.own_positions = io->old,
		.sync_updates = value[BONNIE_SYNC].on,
		.sync_close = io->read_sync,
		.seed = io->seed,
		.now_ns = io->run->now_ns,
	};
	struct stretch stretch;
	char words[TRANSFER_ROOM];
	int err = seekers_run(&job, &io->seeks);

	if (err)
		return run_fail(io->run, err, "random seeks in %s%s", io->pieces.path,
				transfer_words(&io->seeks.failed, words));
	stretch.elapsed_s = io->seeks.elapsed_s;
	stretch.cpu_s = io->seeks.cpu_s;
	phase_record(io->run, BONNIE_SEEKS_PHASE, &stretch, &io->seeks.latency_ns);
	return 0;
}

static int measure(struct bonnie_io *io, unsigned phase)
{
	struct sequential *pass = &io->pass;
	bool per_byte = phases[phase].per_byte;
	int err;

	run_activity(io->run, "%s", phases[phase].name);
	io->pieces.flags = io->run->value[BONNIE_DIRECT].on && !per_byte ? O_DIRECT : 0;
	if (phases[phase].files == OWN_FILES)
		return measure_seeks(io);
	pass->bytes = per_byte ? io->per_byte_bytes : io->pieces.bytes;
	pass->expected = pass->bytes / (per_byte ? 1 : pass->chunk_bytes);
	pass->done = 0;
	pass->failed = (struct transfer){ 0 };
	histogram_clear(&pass->latency_ns);
	err = open_for(io, phase);
	if (err)
		return run_fail(io->run, err, "open %s for the %s%s", io->pieces.path,
				phases[phase].name, io->pieces.flags ? " with O_DIRECT" : "");
	return measure_pass(io, phase);
}

int bonnie_io_round(struct bonnie_io *io, uint64_t seed, struct share share)
{
	int err = 0;

	io->seed = seed;
	io->pass.progress_share = share.part / BONNIE_IO_PHASES;
	for (unsigned phase = 0; phase < BONNIE_IO_PHASES && !err; phase++) {
		io->pass.progress_from = share.from + phase * io->pass.progress_share;
		run_progress(io->run, io->pass.progress_from);
		if (io->per_byte_bytes || !phases[phase].per_byte)
			err = measure(io, phase);
	}
	pieces_remove(&io->pieces); /* the many files come next, and have the room for themselves */
	return err;
}

/* Every seeker opens every piece. Said, or made possible, before hours of writing. */
static int allow_descriptors(struct bonnie_io *io)
{
	rlim_t others = 32,
	       needed = (bonnie_seekers(io->run->value) + 1) * io->pieces.count + others;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return 0;
	limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
	if (limit.rlim_cur < needed || setrlimit(RLIMIT_NOFILE, &limit))
		return run_fail(io->run, -EMFILE,
				"%u seekers with %u files each need %llu descriptors",
				bonnie_seekers(io->run->value), io->pieces.count,
				(unsigned long long)needed);
	return 0;
}

static int prepare(struct bonnie_io *io)
{
	const union value *value = io->run->value;
	int err = pieces_begin(&io->pieces, io->run->target, (unsigned long)getpid(),
			       bonnie_file_bytes(value), io->old ? PIECE_BYTES : 0);

	if (err)
		return run_fail(io->run, err, "name test files in %s", io->run->target);
	io->pass = (struct sequential){
		.run = io->run,
		.pieces = &io->pieces,
		.pattern = &io->pattern,
		.chunk_bytes = value[BONNIE_CHUNK].num,
		.stdio_bytes = STDIO_BYTES,
		.chunk = aligned_alloc(PATTERN_PAGE, BONNIE_MIB),
		.stdio = malloc(STDIO_BYTES),
	};
	err = pattern_begin(&io->pattern,
			    value[BONNIE_PATTERN].num ? PATTERN_BONNIE : PATTERN_RANDOM,
			    io->pass.chunk_bytes, value[BONNIE_SEED].num);
	if (err || !io->pass.chunk || !io->pass.stdio)
		return run_fail(io->run, -ENOMEM, "prepare buffers");
	return allow_descriptors(io);
}

int bonnie_io_begin(struct bonnie_io **out, struct run *run)
{
	struct bonnie_io *io = *out = calloc(1, sizeof(*io));

	if (!io)
		return run_fail(run, -ENOMEM, "prepare buffers");
	io->run = run;
	watch_find(&io->watch, run->target);
	io->old = bonnie_is_old(run->value);
	io->per_byte_bytes = bonnie_per_byte_bytes(run->value);
	io->read_sync = bonnie_syncs(run->value, false);
	io->write_sync = bonnie_syncs(run->value, true);
	if (run->value[BONNIE_DIRECT].on)
		run_note(
			run,
			"direct: O_DIRECT in all phases by chunks (the stock tool's -D has it in the "
			"block write alone)%s; the many files never",
			io->per_byte_bytes ? ", not in those by bytes" : "");
	return prepare(io);
}

void bonnie_io_end(struct bonnie_io *io)
{
	int err;

	if (!io)
		return;
	err = pieces_remove(&io->pieces);
	if (err)
		run_warn(io->run, "%s could not be removed: %s", io->pieces.path, strerror(-err));
	pattern_end(&io->pattern);
	free(io->pass.chunk);
	free(io->pass.stdio);
	free(io);
}
