/* SPDX-License-Identifier: MIT */
/* What every unit test includes: cmocka with its prerequisites, and the row of a table in a
 * failure's message. */
#ifndef ASSAY_TEST_H
#define ASSAY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/lib.h"

#define CHECK_ROW(index, name, condition)                                                  \
	do {                                                                               \
		if (!(condition))                                                          \
			fail_msg("row %zu (%s): %s", (size_t)(index), (name), #condition); \
	} while (0)

#endif
