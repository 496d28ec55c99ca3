/* SPDX-License-Identifier: MIT */
/* The partition named assay-results: a run is a folder of plain files. */
#ifndef ASSAY_INIT_RESULTS_H
#define ASSAY_INIT_RESULTS_H

#include "init/machine.h"
#include "init/network/network.h"
#include "lib/lib.h"

/* ---- results.c: the partition named assay-results ---- */

struct results {
	bool mounted, usable, marked; /* marked: as unfinished */
	char folder[160];	      /* "/results/runs/ID" */
	char state[WHY_ROOM];	      /* what to tell people */
	int journal_fd, chain_fd, folder_fd;
	struct sink sink;
};
/* Mounts it, so that what somebody left there can be read; -ENODEV: there is none. */
int results_mount(struct results *results, const struct machine *machine);
int results_check_room(struct results *results); /* of what was mounted; -ENOSPC */
/* A new run's folder on it. -errno, and its state says why. */
int results_begin(struct results *results, const char *run_id);
/* The folder of a run that goes on, both files cut to what is whole. */
int results_continue(struct results *results, const char *run_id, uint64_t journal_bytes,
		     unsigned records);
/* A file of an earlier run, to read; -errno. */
int results_read(const struct results *results, const char *run_id, const char *name);
/* The id of the youngest run that is older than `bound` ("": than none), by their names, which
 * begin with their times. False: there is none. out may be bound. */
bool results_run_before(const struct results *results, const char *bound, char out[64]);
/* Which run is unfinished, and whose it is: on the disk when its folder is (results_begin()). NULL:
 * none any more; on the disk when it returns. */
int results_mark(struct results *results, const char *mark);
extern const char results_mark_name[];
/* A small text file beside the runs, in place of what was there; NULL: none any more. On the disk
 * when it returns. */
int results_leave(const struct results *results, const char *name, const char *text);
/* A run's folder anywhere, which must be new: the same files. -errno. */
int results_open_folder(struct results *results, const char *folder);
/* A small text file that somebody left there, to be freed; NULL: none. -errno: it cannot be read. */
int results_load(const struct results *results, const char *name, char **text);
int results_put(struct results *results, const char *name, const char *text, size_t len);
/* Behind what the file holds. -ENOSPC: what is left is kept for the run's own records. */
int results_append(struct results *results, const char *name, const char *text, size_t len);
int results_sync(const struct results *results); /* what was appended is on the disk */
void results_close(struct results *results);

#endif
