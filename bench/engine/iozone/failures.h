/* SPDX-License-Identifier: MIT */
/*
 * A surface with a hole is worth more than none: a test that fails costs its own figure, and the
 * run goes on where that makes sense. At the end it is an error that counts them and has the first
 * one's words.
 */
#ifndef ASSAY_ENGINE_IOZONE_FAILURES_H
#define ASSAY_ENGINE_IOZONE_FAILURES_H

#include "bench/bench.h"

struct failures {
	unsigned count, in_a_row;
	int err; /* the first one's */
	char first[200];
};

/* Of what run_fail() just said: counted, and a warning if others may follow. True: all that comes
 * after would fail alike (no room, read-only, no device; or eight in a row). */
bool failures_add(struct failures *failures, struct run *run, int err);
void failures_success(struct failures *failures);
/* 0, or what run_fail() returns. */
int failures_end(const struct failures *failures, struct run *run);

#endif
