/* SPDX-License-Identifier: MIT */
/* Whether what a disk says of its flushes is possible. Pure. */
#ifndef ASSAY_ENGINE_FLUSH_TRUTH_H
#define ASSAY_ENGINE_FLUSH_TRUTH_H

#include "bench/engine/disk/medium.h"

/* Power-loss protection (a battery, capacitors) of disk or controller: nobody can measure it. */
enum protection { PROTECTION_UNKNOWN, PROTECTION_YES, PROTECTION_NO };

/* What was measured is the rewriting of one block: medians of the write, of the flush behind it, of
 * a flush with nothing left to write. */
struct flush_times {
	uint64_t cycles;
	double write_us, flush_us, empty_us;
};

struct flush_limits {
	double rpm;	   /* of the fastest disk this might be */
	double program_us; /* what flash needs to program a page, at least */
	double same;	   /* two times are the same when one is at most so many times the other */
};

/*
 * The rules, in this order:
 *  fewer than FLUSH_LEAST_CYCLES: unknown.
 *  protected: possible, whatever the times are.
 *  rotating: a block comes by once a rotation, so a cycle of write and flush cannot be shorter; a
 *	tenth is left for the clock. Shorter: false.
 *  flash: a cycle shorter than programming a page is false when there is no protection, else
 *	unknown; otherwise possible.
 *  virtual, "write back": a flush that takes as long with data as without does nothing for them.
 *	Unknown when it takes longer than the write (others' data?), or when the write carries the
 *	time of a page's programming over the empty flush, which is what any request costs here (it
 *	may be through by itself). Else nothing can have been stored: false. A flush that does
 *	something is possible when it takes that time more than an empty one, else unknown.
 *  virtual, not "write back": Linux sends no flush; nothing to compare with: unknown.
 */
enum { FLUSH_LEAST_CYCLES = 20 };
enum verdict_type flush_judge(const struct medium_facts *facts, enum protection protection,
			      const struct flush_times *times, const struct flush_limits *limits,
			      char *why, size_t room);

#endif
