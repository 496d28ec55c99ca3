/* SPDX-License-Identifier: MIT */
/* What a journal says of its machine, as keys and values, and how it was booted. */
#include "lab/journal/journal.h"

int facts_each(const struct folder *folder,
	       int (*each)(void *context, const char *path, const char *value), void *context)
{
	const char *accel = json_text(folder->collect, "accel");
	int err = facts_walk(records_first(&folder->journal.records, "testRunStart"), false, each,
			     context);

	return err || !accel ? err : each(context, "accel", accel);
}
