/* SPDX-License-Identifier: MIT */
/* What iperf 2.0.x prints and its -y C rows, made from a run's values and samples: the parts that
 * its TCP and its UDP tests share. */
#ifndef ASSAY_IPERF2_TEXT_H
#define ASSAY_IPERF2_TEXT_H

#include "bench/bench.h"

/* One of the two ways of a test. */
struct iperf2_way {
	bool back;			/* the second to begin: our sending when we serve */
	unsigned rate, bytes, interval; /* its metrics */
};

/* The ports of one stream of several; of their sum, 0 where each has its own. */
struct iperf2_ports {
	unsigned ours, theirs;
};

/* One way's row; UDP's receiving side adds counts. */
struct iperf2_row {
	int id;				  /* -1: the sum of several streams */
	const struct iperf2_ports *ports; /* NULL: those of the connection's note */
	double from, to, bytes, bits_per_second;
	bool has_counts;
	double jitter_ms, lost, datagrams, lost_percent, out_of_order;
};

/* 0 where there is no sample. */
double iperf2_value(const struct run *run, unsigned metric);
bool iperf2_we_serve(const struct run *run);
/* The way as a whole. False: it was not measured. */
bool iperf2_total(const struct run *run, const struct iperf2_way *way, struct iperf2_row *total);

void iperf2_add_banner(const struct run *run, const char *protocol, struct text *out);
/* "local A port P connected with B port Q". */
void iperf2_add_connection(const struct run *run, const struct iperf2_way *way,
			   const struct iperf2_row *row, struct text *out);
/* The names of the columns and the intervals. */
void iperf2_add_intervals(const struct run *run, const struct iperf2_way *way,
			  const struct iperf2_row *total, const char *more_columns,
			  struct text *out);
/* Its connection, the names of the columns and the intervals: all but the total. */
void iperf2_add_way(const struct run *run, const struct iperf2_way *way,
		    const struct iperf2_row *total, const char *more_columns, struct text *out);
void iperf2_add_row(const struct iperf2_row *row, struct text *out);
/* -y C: 9 columns, 14 with UDP's counts; A is the local end; a server's report has the ends
 * swapped. */
void iperf2_add_csv(const struct run *run, const struct iperf2_way *way,
		    const struct iperf2_row *row, bool swapped, struct text *out);

#endif
