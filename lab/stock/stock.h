/* SPDX-License-Identifier: MIT */
/*
 * What stock tools wrote, as figures with our names and units, so that they stand beside our own.
 * Pure: bytes in, figures out. What a reader cannot make sense of it passes over; a file in which
 * it finds nothing is refused.
 */
#ifndef ASSAY_LAB_STOCK_H
#define ASSAY_LAB_STOCK_H

#include "lab/compare/compare.h"

struct taker {
	int (*take)(void *context,
		    const struct observation *figure); /* non-zero ends the reading */
	void *context;
	size_t taken;
};
struct stock {
	const char *kind; /* "iperf 2 text" */
	bool (*fits)(const char *text, size_t len);
	int (*read)(const char *text, size_t len, struct taker *taker);
};
/* By the look of the contents; NULL: of no tool that is known. */
const struct stock *stock_recognise(const char *text, size_t len);
/* 0; -EINVAL and why: nothing was found; what take() returned. */
int stock_read(const struct stock *stock, const char *text, size_t len, struct taker *taker,
	       char *why, size_t room);

extern const struct stock stock_iperf2_text, stock_iperf2_csv, stock_iperf3, stock_bonnie,
	stock_iozone, stock_iozone_excel, stock_iozone_sheet, stock_iozone_throughput, stock_ping,
	stock_figures;

/* ---- lines.c ---- */

enum { STOCK_LINE = 2048, STOCK_FIELDS = 64 };
/* The next line without its end, cut to STOCK_LINE - 1 bytes, control characters as blanks. */
bool stock_line(const char **cursor, const char *end, char out[STOCK_LINE]);
/* Cuts at commas, in place; returns how many fields. */
size_t stock_fields(char *line, const char *fields[STOCK_FIELDS]);
/* A whole decimal number, nothing behind it, finite; no hexadecimal, no "inf". */
bool stock_number(const char *text, double *out);
bool stock_contains(const char *text, size_t len, const char *word);
/* One figure with its samples' spread unknown. */
int stock_take(struct taker *taker, const char *bench, const char *name, const char *unit,
	       enum better better, double value);

#endif
