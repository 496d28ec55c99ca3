/* SPDX-License-Identifier: MIT */
/* A short look at a directory's file system, so that a plan can say how long it will take. */
#ifndef ASSAY_ENGINE_PROBE_H
#define ASSAY_ENGINE_PROBE_H

#include "bench/bench.h"

/*
 * Writes and reads a file of at most 256 MiB (and at most a quarter of the free room) there for
 * about so many seconds, past the page cache by O_DIRECT, or by fsync(2) and POSIX_FADV_DONTNEED
 * where the file system has none. What could not be found stays as in speeds_plain. The file is
 * gone afterwards. 0, or -errno when not even a file could be made.
 */
int speeds_probe(const char *directory, double seconds, struct speeds *out);

#endif
