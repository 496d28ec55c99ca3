/* SPDX-License-Identifier: MIT */
/* The asking side of a call: the partner starts this benchmark's client towards us. See call.h. */
#ifndef ASSAY_MEET_ASK_H
#define ASSAY_MEET_ASK_H

#include "bench/bench.h"
#include "bench/net/wire/sockets.h"

struct ask;

/* Asks the partner's meeting service on that port to run this run's benchmark with this run's
 * values, and waits until it says that it has begun. 0, or what run_fail returned. */
int ask_partner(struct run *run, const struct address *peer, uint16_t port, double patience_seconds,
		struct ask **out);
/* Waits for what it measured; its figures become samples of the metrics named prefix + name. Frees.
 * 0, or what run_fail returned. With `only_free` nothing is waited for. */
int ask_finish(struct run *run, struct ask *ask, const char *prefix, bool only_free);

#endif
