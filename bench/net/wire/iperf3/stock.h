/* SPDX-License-Identifier: MIT */
/* What iperf 3 would have written of a test, out of what was kept of it. */
#ifndef ASSAY_IPERF3_STOCK_H
#define ASSAY_IPERF3_STOCK_H

#include "bench/net/wire/iperf3/kept.h"

int iperf3_write_json(const struct run *run, struct text *out);
int iperf3_write_text(const struct run *run, struct text *out);

#endif
