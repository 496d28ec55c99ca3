/* SPDX-License-Identifier: MIT */
/* Bytes taken one after another; once there are too few, everything is bad. */
#ifndef ASSAY_VERIFY_CURSOR_H
#define ASSAY_VERIFY_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

static inline const uint8_t *cursor_take(struct cursor *cursor, size_t bytes)
{
	const uint8_t *at = cursor->at;

	if (cursor->bad || bytes > cursor->left) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at += bytes;
	cursor->left -= bytes;
	return at;
}

#endif
