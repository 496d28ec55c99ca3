/* SPDX-License-Identifier: MIT */
/* Device bytes of the block phases. */
#include "bench/engine/bonnie/watch.h"

enum { ENOUGH_PERCENT = 90 };

static const struct {
	bool reads, writes;
	unsigned metric;
	const char *name;
} phases[BONNIE_IO_PHASES] = {
	[BONNIE_PUT_BLOCK] = { false, true, BONNIE_PUT_BLOCK_DEVICE, "block write" },
	[BONNIE_REWRITE] = { true, true, BONNIE_REWRITE_DEVICE, "rewrite" },
	[BONNIE_GET_BLOCK] = { true, false, BONNIE_GET_BLOCK_DEVICE, "block read" },
};

void watch_find(struct watch *watch, const char *directory)
{
	*watch = (struct watch){ 0 };
	watch->counts = !device_below(directory, &watch->device);
}

void watch_begin(struct watch *watch)
{
	watch->counts = watch->counts && !device_bytes_read(watch->device, &watch->before);
}

void watch_end(struct watch *watch, struct run *run, unsigned phase, uint64_t asked)
{
	struct device_bytes after;
	double moved = 0, percent;

	if (!watch->counts || !phases[phase].metric || device_bytes_read(watch->device, &after))
		return;
	if (phases[phase].reads)
		moved += (double)(after.read - watch->before.read);
	if (phases[phase].writes)
		moved += (double)(after.written - watch->before.written);
	percent = 100 * moved /
		  ((double)asked * (phases[phase].reads && phases[phase].writes ? 2 : 1));
	run_sample(run, phases[phase].metric, percent);
	if (percent >= ENOUGH_PERCENT || watch->told & 1u << phase)
		return;
	watch->told |= 1u << phase;
	run_warn(
		run,
		"%s: the disk moved %.3g %% of it in the time measured; the rest is the page cache's",
		phases[phase].name, percent);
}
