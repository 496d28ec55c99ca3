/* SPDX-License-Identifier: MIT */
/*
 * bonnie++'s many files in a directory of their own: made, looked at, deleted. The calls and their
 * order are those of 2.00a as strace shows them, with a directory descriptor where the original
 * changes its working directory, and of 1.03, which has no sync() in the time of making and
 * deleting.
 *
 * Symbolic links across directories: the original's point to nothing there, and its own stat fails;
 * these name the first file's directory.
 */
#ifndef ASSAY_BONNIE_CATALOG_H
#define ASSAY_BONNIE_CATALOG_H

#include "bench/engine/bonnie/names.h"
#include "bench/engine/bonnie/phase.h"
#include "bench/engine/pattern.h"
#include "bench/engine/transfer.h"

struct catalog {
	struct run *run;
	struct bonnie_files files;
	unsigned digits; /* of a name */
	bool sync_each;	 /* -b: each file and its directory */
	bool sync_all;	 /* sync(2) in the time of making and of deleting */
	char name[32];	 /* Bonnie.PID */
	int parent, top; /* descriptors of the target and of ours; -1 */
	bool made;	 /* something may be there */
	int *directory;	 /* with sync_each, of each directory; else NULL */
	struct names names;
	struct random random;
	struct pattern pattern;
	bool stock_pattern; /* zeros, none of which is touched */
	uint8_t *buffer;    /* what is read */
	char *entries;	    /* of a directory */
	uint64_t done;	    /* operations of the phase */
	struct share share; /* of the phase in the step */
	const char *doing;  /* when a call failed: which */
	struct transfer failed;
	struct histogram latency_ns;
};

/* Buffers, and the parent directory opened. 0, or run_fail's. */
int catalog_begin(struct catalog *catalog, struct run *run);
void catalog_end(struct catalog *catalog);

/* Outside the clock: new names and empty directories. 0 or -errno. */
int catalog_prepare(struct catalog *catalog, bool random_order);
void catalog_shuffle(struct catalog *catalog);

/* Inside it. 0 or -errno, with `doing`. */
int catalog_create(struct catalog *catalog);
int catalog_stat_listed(struct catalog *catalog); /* in the directory's order, by readdir */
int catalog_stat_named(struct catalog *catalog);  /* in the names' order */
int catalog_delete_listed(struct catalog *catalog);
int catalog_delete_named(struct catalog *catalog);

/* Whatever is there, after a phase that failed. 0 or -errno when something stays. */
int catalog_remove(struct catalog *catalog);

#endif
