/* SPDX-License-Identifier: MIT */
/* iozone's tests by their titles, and one cell of a table: what its reports have in common. */
#ifndef ASSAY_LAB_STOCK_IOZONE_H
#define ASSAY_LAB_STOCK_IOZONE_H

#include "lab/stock/stock.h"

enum { IOZONE_TESTS = 21, IOZONE_RECORDS_MOST = 32 };

struct iozone_unit {
	const char *name;
	enum better better;
};
extern const struct iozone_unit iozone_kib, iozone_ops, iozone_us;

/* "Writer report" (-R) and "Writer Report" (-b); IOZONE_TESTS: of none. */
size_t iozone_test_titled(const char *title, size_t len);
/* Sizes in KiB. A cell that was left out (0), or is no number, is none. */
int iozone_take_cell(struct taker *taker, size_t test, const struct iozone_unit *unit, double file,
		     double record, double value);

#endif
