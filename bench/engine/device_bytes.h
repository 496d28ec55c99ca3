/* SPDX-License-Identifier: MIT */
/* What a block device really moved: whether bytes that were asked for came from it, or from a
 * cache. */
#ifndef ASSAY_ENGINE_DEVICE_BYTES_H
#define ASSAY_ENGINE_DEVICE_BYTES_H

#include "lib/lib.h"

/* Since boot; the kernel's counters (Documentation/block/stat.rst) are in units of 512 bytes,
 * whatever the device's sectors are. Flushes since Linux 5.5; 0 before. */
struct device_bytes {
	uint64_t read, written;
	uint64_t reads, writes, flushes; /* requests, after merging */
};

/* The line of /sys/.../stat. 0 or -EINVAL. Pure. */
int device_bytes_parse(const char *text, struct device_bytes *out);

/* The device below a directory or a file, or the block device itself. -ENODEV: none that is seen
 * from here (tmpfs, network, btrfs). */
int device_below(const char *path, dev_t *out);
/* The whole disk, of which that may be a partition: only there the kernel counts flushes. */
int device_whole(const char *path, dev_t *out);
int device_bytes_read(dev_t device, struct device_bytes *out); /* so far; 0 or -errno */

#endif
