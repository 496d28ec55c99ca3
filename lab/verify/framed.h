/* SPDX-License-Identifier: MIT */
/* Records on a serial port. */
#ifndef ASSAY_VERIFY_FRAMED_H
#define ASSAY_VERIFY_FRAMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of a serial log that carries a record: "@assay SEQ HEAD {...}", as architecture.md says
 * it; HEAD has 8 to 64 hex digits, or all 64 and 8 more, the frame's own: the beginning of what the
 * chain would come to if the line, and then the frame's number, followed HEAD. */
struct framed {
	unsigned sequence;
	char head[65];
	const char *line;
	size_t len;
	bool proved; /* by its own digits */
};
bool framed_read(const char *console_line, size_t len, struct framed *out);

#endif
