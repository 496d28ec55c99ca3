/* SPDX-License-Identifier: MIT */
/* A prober in a thread of its own, for so long at a time: what net.load_latency runs beside its
 * load. */
#ifndef ASSAY_PROBING_H
#define ASSAY_PROBING_H

#include "bench/net/wire/prober.h"
#include "lib/lib.h"

#include <pthread.h>

struct probing {
	struct prober *prober;
	struct histogram rtt, response; /* ns, of this time: from sending, from when it was due */
	uint64_t sent, received;	/* of this time */
	uint64_t first;			/* the number before this time's first */
	uint64_t duration_ns;
	pthread_t thread;
	atomic_bool done;
};

/* As prober_open; the probing is all zeros before. */
int probing_open(struct probing *probing, const struct address *peer, size_t data_bytes,
		 uint64_t interval_ns);
/* Probes for so long, then takes late replies for two seconds at most. 0 or -EAGAIN. */
int probing_start(struct probing *probing, uint64_t duration_ns);
bool probing_done(const struct probing *probing);
void probing_join(struct probing *probing); /* then the results may be read */
void probing_close(struct probing *probing);

#endif
