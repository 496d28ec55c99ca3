/* SPDX-License-Identifier: MIT */
/* Who writes which of bonnie++'s reports. */
#ifndef ASSAY_BONNIE_STOCK_H
#define ASSAY_BONNIE_STOCK_H

#include "bench/bench.h"

/* 0, -ENODATA (nothing was measured, or this one is not for this definition) or -ENOSPC. */
int stock_csv(const struct run *run, struct text *out); /* the definition's own layout */
int stock_csv_1_98(const struct run *run,
		   struct text *out); /* what 1.03 measured, for readers of 2.00a */
int stock_csv_1_03(const struct run *run, struct text *out); /* what 2.00 measured, in 27 fields */
int stock_text(const struct run *run, struct text *out);
int stock_page(const struct run *run, struct text *out);

#endif
