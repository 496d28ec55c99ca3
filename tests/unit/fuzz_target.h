/* SPDX-License-Identifier: MIT */
/* The targets of tests/fuzz, each under a name of its own; the table is made from the file names. */
#ifndef ASSAY_FUZZ_TARGET_H
#define ASSAY_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
	const char *name;
	int (*run)(const uint8_t *data, size_t len);
};
extern const struct fuzz_target fuzz_targets[]; /* the empty row ends it */

#endif
