/* SPDX-License-Identifier: MIT */
/* A machine that is at a meeting: shared by attend.c and attend_load.c and nobody else. */
#ifndef ASSAY_MEET_VISIT_H
#define ASSAY_MEET_VISIT_H

#include "bench/net/simultaneous.h"
#include "bench/net/wire/meet/client.h"

struct visit {
	struct run *run;
	struct attendance *seen;
	struct meet_client *client;
	struct meet_message *says; /* what we say */
	struct address peer, local;
	bool ended;	/* the partner's last word came */
	char text[241]; /* why, if it was too early */
};

/* When this machine's counter is read: at every interval's end, and where all run. */
struct schedule {
	uint64_t begin_ns, start_ns, end_ns; /* our clock: the grid, our start, the grid's end */
	uint64_t window_ns, window_end_ns;
};

/* Waits for that time, hearing what is said; -ECANCELED when it is all over, -ENODATA when the
 * partner is gone. */
int visit_hear_until(struct visit *visit, uint64_t until_ns);
void visit_keep_share(struct visit *visit, const struct meet_share *share);
struct schedule visit_schedule(const struct visit *visit, const struct meet_message *start,
			       uint64_t own_ns);
/* Runs our load by the schedule. A load that fails says so in the share; -errno: the meeting is
 * over, and the share has what was counted until then. */
int visit_load(struct visit *visit, const struct schedule *schedule, struct meet_share *share);

#endif
