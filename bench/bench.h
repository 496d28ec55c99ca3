/* SPDX-License-Identifier: MIT */
/*
 * The contract of a benchmark. One file is one benchmark: bench/net/tcp.c is "net.tcp" and defines
 * `const struct bench bench_net_tcp`. From it follow the line in `assay list`, help, plan keys and
 * kernel words (assay.net.tcp.seconds=10), planning, the records with unit and direction, and a
 * contract test.
 *
 * A benchmark sees the world only through struct run: its values, its target, a clock and the
 * functions below. It never forks, prints, or writes records. It runs as a child of process 1, as
 * an ordinary command and as a unit test under a fake clock.
 */
#ifndef ASSAY_BENCH_H
#define ASSAY_BENCH_H

#include "lib/lib.h"

enum direction { MORE_IS_BETTER, LESS_IS_BETTER, NEITHER_IS_BETTER };
/* How the samples of one metric (at one point of the axes) become its one value. The spread is kept
 * beside it. */
enum summary { BY_MEDIAN, BY_MEAN, BY_SUM, BY_MAX, BY_MIN, BY_LAST };

/* last: the sample that was taken last; stats has them sorted. */
double summary_of(enum summary by, const struct stats *stats, double last);

struct axis;
struct metric {
	const char *name, *unit, *help;
	enum direction better;
	enum summary summary;
	bool series;		 /* keep every sample as a series in the journal on the partition */
	bool detail;		 /* in the journal; left out of the table that people read */
	const struct axis *axes; /* of this metric; NULL: the benchmark's */
};

/* A sample may stand at a point: file and record size, CPU number, datagram size ... */
enum { AXES = 2 };
struct axis {
	const char *name, *unit;
};

enum need {
	NEEDS_NOTHING,
	NEEDS_PEER,	 /* target is an address; the machine has a network */
	NEEDS_DIRECTORY, /* target is a directory on the file system under test */
	NEEDS_DISK,	 /* target is a block device, or a plain file, whose contents are lost */
};

struct run;

/* What the original tool would have written, made from the run's values and samples after the step.
 */
struct stock_file {
	const char *name; /* "bonnie.csv" */
	int (*write)(const struct run *run, struct text *out);
	const char *media; /* its media type; NULL: text/plain. What is not text may hold zeros */
};

/* What a plan counts with: a plain disk and a plain machine, or what a short probe of this one
 * found. */
struct speeds {
	bool probed;
	double disk_write, disk_read; /* bytes/s from first to last, past the caches */
	double disk_random_read, disk_random_write; /* 4 KiB requests/s, one at a time */
	double cache_write, cache_read;		    /* bytes/s of large records in the page cache */
	double call_s;				    /* one small read or write in the page cache */
	double flush_s;				    /* fsync(2) of a little */
	double create_s;			    /* an empty file made */
	double memory_bytes;			    /* that the page cache can fill */
	double disk_bytes;			    /* of the disk under test; 0: not known */
};
extern const struct speeds speeds_plain;

struct bench {
	const char *name;	/* "net.tcp" */
	const char *summary;	/* one line */
	const char *definition; /* where the numbers' meaning comes from: tool and version, RFC,
				   kernel document */
	enum need need;
	/* It times single events, one after the other, in one thread: where there are two CPUs or
	 * more it runs on the one that is kept quiet. All else keeps every CPU, as the stock tools
	 * do. */
	bool one_by_one;
	const struct param *params;   /* ends with an empty row */
	const struct metric *metrics; /* ends with an empty row; at least one */
	const struct axis *axes;      /* up to AXES rows; NULL: none */
	/* Refuses values that are each legal but not together. May be NULL. */
	int (*check)(const union value *values, char *why, size_t room);
	/* Expected duration in seconds for these values: for the plan, the bar and the deadline. */
	double (*seconds)(const union value *values, const struct speeds *speeds);
	/* Measures. 0, or the negative errno that run_fail() returned. */
	int (*run)(struct run *run);
	const struct stock_file *stock; /* ends with an empty row; may be NULL */
};
extern const struct bench *const bench_table[]; /* generated from the file names; NULL ends it */
const struct bench *bench_find(const char *name);

struct sample {
	uint64_t at_ns; /* on the run's clock */
	double value;
	uint64_t point[AXES];
	uint32_t metric;
	uint32_t reserved;
};

struct run_note {
	enum { NOTE_INFO, NOTE_WARNING, NOTE_PASS, NOTE_FAIL, NOTE_UNKNOWN } kind;
	char verdict[48]; /* of the last three kinds: a diagnosis */
	char text[240];
};

/* Shared between the child that measures and the supervisor, mapped before the fork: a crash loses
 * nothing. */
enum { RUN_NOTES = 32, RUN_KEEP = 512 * 1024 };
struct run_shared {
	uint32_t room, count; /* of samples; count is published with release order */
	uint32_t dropped;     /* samples that found no room */
	uint32_t note_count;
	struct run_note notes[RUN_NOTES];
	char failure[240]; /* run_fail's words */
	int err;
	/* Live: the supervisor shows these to people; not records. */
	double progress; /* 0..1 */
	double live;	 /* the latest figure */
	uint32_t live_metric;
	char activity[64]; /* "rewrite", "4 KiB random read" */
	/* What a benchmark's stock files need beside its samples, in its own layout: zeros until it
	 * writes there. */
	uint64_t keep[RUN_KEEP / sizeof(uint64_t)];
	struct sample samples[];
};

struct run {
	const struct bench *bench;
	const union value *value; /* by the index of the parameter */
	const char *target;	  /* address or directory; NULL when nothing is needed */
	uint64_t (*now_ns)(void); /* CLOCK_MONOTONIC_RAW, or a fake */
	void (*sleep_ns)(uint64_t ns);
	struct run_shared *shared;
	uint64_t start_ns, until_ns;
	uint64_t point[AXES];
};

/* Starts the clock for a measurement of so many seconds; run_more() is true until they are over. */
void run_begin(struct run *run, double seconds);
bool run_more(struct run *run);
/* Where the next samples stand on the axes. */
void run_at(struct run *run, uint64_t first, uint64_t second);
/* One reading of the clock and one store; self.null measures what that costs here. Like run_note
 * and run_diagnose it is for one thread: a benchmark with several lets one of them report. */
void run_sample(struct run *run, unsigned metric, double value);
/* For people only. */
void run_activity(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
void run_progress(struct run *run, double fraction);
/* A remark that becomes a log record; a judgement that becomes a diagnosis. */
void run_note(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
void run_warn(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
void run_diagnose(struct run *run, enum verdict_type type, const char *verdict, const char *format,
		  ...) PRINTF_LIKE(4, 5);
/* Says what was attempted, once; the system's reason is added. Returns err. */
int run_fail(struct run *run, int err, const char *format, ...) PRINTF_LIKE(3, 4);

/* Up to AXES rows on which a metric's samples stand, or NULL. */
const struct axis *bench_axes(const struct bench *bench, unsigned metric);
/* The value of a metric at a point, summarised; NAN when there is no sample. For stock files and
 * tests. */
double run_value(const struct run *run, unsigned metric, const uint64_t *point,
		 struct stats *stats);
struct run_shared *run_shared_map(uint32_t samples); /* NULL: out of memory */
void run_shared_unmap(struct run_shared *shared);

uint64_t clock_raw_ns(void);
void clock_sleep_ns(uint64_t ns);

#endif
