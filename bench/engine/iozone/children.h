/* SPDX-License-Identifier: MIT */
/*
 * iozone's throughput mode: children that do the same test at the same time, each on its own file.
 * They are threads (-T), since a benchmark never forks, but each has a table of descriptors of its
 * own, as a process has. All begin when all have opened their files; the first that has walked
 * through its file stops the others ("stonewall"), and what they had moved by then counts.
 */
#ifndef ASSAY_ENGINE_IOZONE_CHILDREN_H
#define ASSAY_ENGINE_IOZONE_CHILDREN_H

#include "bench/engine/iozone/records.h"

#include <pthread.h>

struct children;

struct child {
	struct children *of;
	unsigned number;
	struct records records;
	const struct records_test *test;
	pthread_t thread;
	uint64_t elapsed_ns, bytes; /* until it ended, or was stopped */
	int err;
};

struct children {
	struct run *run;
	struct child *child;
	unsigned count, ready;
	bool stonewall; /* else each goes on to its end */
	bool finishes; /* told to stop, a child still writes its file to the end, out of its time */
	bool stop;     /* atomic */
	enum { GATE_SHUT, GATE_OPEN, GATE_GIVEN_UP } gate;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct order order; /* all of them have the same one */
};

/* What iozone says of one test; KiB and seconds. */
struct children_result {
	double sum, parent, min, max, min_xfer_kib;
};

/* Threads, their buffers and their files' names. 0 or -errno; children_end() in any case. */
int children_begin(struct children *children, const struct records *common, unsigned count,
		   uint64_t file_bytes, uint64_t record_bytes);
void children_end(struct children *children);
/* Each does its child->test. What went wrong is said. */
int children_measure(struct children *children, struct children_result *result);

#endif
