/* SPDX-License-Identifier: MIT */
/*
 * How much of what a phase asked for the disk below moved in its time: whether the figure is the
 * disk's or the page cache's. Of the whole disk or partition, so that what others do there counts
 * too.
 */
#ifndef ASSAY_BONNIE_WATCH_H
#define ASSAY_BONNIE_WATCH_H

#include "bench/engine/device_bytes.h"
#include "bench/file/bonnie.h"

struct watch {
	bool counts;
	dev_t device;
	struct device_bytes before;
	unsigned told; /* a bit a phase whose remark was made */
};
void watch_find(struct watch *watch, const char *directory);
/* Both outside the clock. asked: bytes of the file; phases other than the block ones are none. */
void watch_begin(struct watch *watch);
void watch_end(struct watch *watch, struct run *run, unsigned phase, uint64_t asked);

#endif
