/* SPDX-License-Identifier: MIT */
/* A journal's way out that a test can look at. */
#ifndef ASSAY_MEMORY_SINK_H
#define ASSAY_MEMORY_SINK_H

#include "tests/unit/test.h"

#include <string.h>

static char lines[1 << 18];
static size_t used;

static int append(struct sink *sink, const char *line, size_t len, unsigned sequence,
		  const struct digest *head)
{
	(void)sink;
	(void)sequence;
	(void)head;
	assert_true(used + len < sizeof(lines));
	memcpy(lines + used, line, len + 1);
	used += len;
	return 0;
}

static int flush(struct sink *sink)
{
	(void)sink;
	return 0;
}

static struct sink sink = { "memory", append, flush, NULL, false, 0 };

#endif
