/* SPDX-License-Identifier: MIT */
/* bonnie++'s six phases on many small files: made, read and deleted, in sequential order and in
 * random order. */
#include "bench/engine/bonnie/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum before { NOTHING, SEQUENTIAL_NAMES, RANDOM_NAMES, SHUFFLE } before;
	int (*pass)(struct catalog *catalog);
} phases[BONNIE_PHASES - BONNIE_IO_PHASES] = {
	{ "create files in sequential order", SEQUENTIAL_NAMES, catalog_create },
	{ "stat files in sequential order", NOTHING, catalog_stat_listed },
	{ "delete files in sequential order", NOTHING, catalog_delete_listed },
	{ "create files in random order", RANDOM_NAMES, catalog_create },
	{ "stat files in random order", SHUFFLE, catalog_stat_named },
	{ "delete files in random order", SHUFFLE, catalog_delete_named },
};

static int prepare(struct catalog *catalog, enum before before)
{
	if (before == SHUFFLE)
		catalog_shuffle(catalog);
	if (before == SEQUENTIAL_NAMES || before == RANDOM_NAMES)
		return catalog_prepare(catalog, before == RANDOM_NAMES);
	return 0;
}

static int measure(struct catalog *catalog, unsigned phase)
{
	struct run *run = catalog->run;
	struct stretch stretch;
	int err;

	run_activity(run, "%s", phases[phase].name);
	run_progress(run, catalog->share.from);
	catalog->done = 0;
	histogram_clear(&catalog->latency_ns);
	err = prepare(catalog, phases[phase].before);
	if (!err) {
		stretch_begin(&stretch, run);
		err = phases[phase].pass(catalog);
		stretch_end(&stretch, run);
	}
	if (err)
		return run_fail(run, err, "%s in %s/%s: %s, number %llu of %u", phases[phase].name,
				run->target, catalog->name, catalog->doing,
				(unsigned long long)catalog->done, catalog->files.count);
	phase_record(run, BONNIE_SEQ_CREATE + phase, &stretch, &catalog->latency_ns);
	return 0;
}

int bonnie_many_round(struct catalog *many, uint64_t seed, struct share share)
{
	int err = 0;

	random_seed(&many->random, seed);
	many->share.part = share.part / COUNT_OF(phases);
	for (unsigned phase = 0; phase < COUNT_OF(phases) && !err; phase++) {
		many->share.from = share.from + phase * many->share.part;
		err = measure(many, phase);
	}
	return err;
}

int bonnie_many_begin(struct catalog **out, struct run *run)
{
	struct catalog *many = *out = calloc(1, sizeof(*many));

	return many ? catalog_begin(many, run) : run_fail(run, -ENOMEM, "prepare buffers");
}

void bonnie_many_end(struct catalog *many)
{
	int err;

	if (!many)
		return;
	err = catalog_remove(many);
	if (err)
		run_warn(many->run, "%s/%s could not be removed: %s", many->run->target, many->name,
			 strerror(-err));
	catalog_end(many);
	free(many);
}
