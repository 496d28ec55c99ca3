/* SPDX-License-Identifier: MIT */
/*
 * What everybody may use: pure helpers; no devices, no printing, no exit.
 *
 * Errors are negative errno values. A function that can refuse an input for a reason a person
 * should read takes `why` and `room` and leaves one line there (no newline): what was wrong and
 * what was expected.
 */
#ifndef ASSAY_LIB_H
#define ASSAY_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cJSON;

#define COUNT_OF(array)		   (sizeof(array) / sizeof((array)[0]))
#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))

/* Exit codes of every verb. */
enum { CODE_OK = 0, CODE_FAILED = 1, CODE_USAGE = 2, CODE_INCOMPLETE = 3, CODE_NOTHING = 77 };

/* A NAME=VALUE word of a verb. */
struct arg {
	const char *name;
	const char *value; /* the default; afterwards what was given. NULL: none */
	/* What stands for a value: choices ("text|json"), or FILE, DIR, RUN, PLAN, MACHINE, SIZE
	 * ... Shells complete by it. */
	const char *form;
	const char *help;
};
struct param;
/* Words, or keys of a file, that a table of parameters describes: all begin with the prefix. */
struct key_group {
	const char *prefix, *title;
	const struct param *params;
};
/* One verb of `assay`: file lab/collect.c defines `const struct verb verb_collect`. Help, the
 * manual pages and the shells' completion are made from it. */
struct verb {
	const char *name;
	const char *usage; /* begins with the name: "boot MACHINE [NAME=VALUE ...]" */
	const char *summary;
	int (*main)(int argc, char **argv); /* argv[0] is the verb; returns an exit code */
	const char *operand;		/* what its other words are: RUN, MACHINE ...; NULL: none */
	const struct arg *args;		/* an empty row ends them; NULL: none */
	const struct param *params;	/* words of another such table; NULL: none */
	const struct key_group *groups; /* further words; an empty row ends them; NULL: none */
	const struct key_group *files;	/* keys of the file it takes, likewise */
	const struct arg *options;	/* "-o": words of another form; value is unused */
	const char *notes;		/* sentences that belong to it; NULL: none */
	const char *examples;		/* commands, a line each */
};
extern const struct verb *const lab_verbs[]; /* generated; NULL ends it; empty in the image */

/* ---- text.c: bounded text, words, numbers with units ---- */

/* Text that grows in the caller's buffer, always terminated; `cut` tells that something did not
 * fit. */
struct text {
	char *start;
	size_t len, room;
	bool cut;
};
void text_begin(struct text *text, char *buffer, size_t room);
void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* Writes one line into why (may be NULL); returns err, so that refusing is one statement. */
int text_refuse(int err, char *why, size_t room, const char *format, ...) PRINTF_LIKE(4, 5);

/* A word of a command line: key=value, or a bare key with value NULL. Points into the line. */
struct word {
	char *key, *value;
};
/* Of a stranger's text: white space becomes a blank, what else is no printable ASCII a question
 * mark, blanks at the ends go. In place. */
void text_make_plain(char *text);

/* Next blank-separated word at *cursor, honouring double quotes as the kernel does; cuts it in
 * place. */
bool text_next_word(char **cursor, struct word *word);

/* Whole-string parsers: 0, -EINVAL (not of the form), -ERANGE (does not fit). */
int text_u64(const char *in, uint64_t *out);
int text_real(const char *in, double *out);
int text_bytes(const char *in,
	       uint64_t *out); /* suffixes k m g t = 2^10.., either case, optional "iB"/"B" */
int text_rate(const char *in, uint64_t *out);  /* bit/s as iperf: k m g = 10^3.., K M G = 2^10.. */
int text_seconds(const char *in, double *out); /* "5", "0.5", suffixes us ms s min h */
int text_bool(const char *in, bool *out);      /* yes no true false on off 1 0 */

/* People's forms: 3 significant digits or so. */
void text_add_bytes(struct text *text,
		    uint64_t bytes); /* 512, 4k, 1M, 1.5G: parses back when exact */
void text_add_value(struct text *text, double value); /* 0.0123, 12.3, 12345 */
void text_add_duration(struct text *text,
		       double seconds); /* 0.25 s, 42 s, 3 min 05 s, 2 h 05 min */

/* ---- nearest.c: what somebody may have meant ---- */

enum { NEAREST_ROOM = 64, NEAREST_WORDS = NEAREST_ROOM + 24 };
struct nearest {
	const char *word;
	char best[NEAREST_ROOM];
	unsigned distance;
};
/* Slips of a typist between two words; NEAREST_ROOM when one is longer. */
unsigned text_distance(const char *a, const char *b);
void nearest_begin(struct nearest *nearest, const char *word);
/* like: what the word is compared to, which may be a part of the candidate. */
void nearest_offer(struct nearest *nearest, const char *like, const char *candidate);
/* The names in a folder that end so, without that end. */
void nearest_offer_files(struct nearest *nearest, const char *folder, const char *suffix);
/* "; did you mean CANDIDATE?", or "" when none is close. Returns out. */
const char *nearest_words(const struct nearest *nearest, char out[NEAREST_WORDS]);

/* ---- shipped.c: what comes with the program ---- */

/* "config/plans/quick.ini": here, or where `make install` put it; where neither has it, here.
 * False: too long. */
bool shipped_path(char *out, size_t room, const char *format, ...) PRINTF_LIKE(3, 4);

/* ---- file.c: small text files (/proc, /sys, configuration) ---- */

/* Reads at most room-1 bytes, terminates, strips trailing white space. Returns the length or
 * -errno. */
ssize_t file_read(char *out, size_t room, const char *path_format, ...) PRINTF_LIKE(3, 4);
/* Reads a whole file into malloc'd, terminated memory; refuses more than `limit` bytes with -EFBIG.
 */
ssize_t file_load(char **out, size_t limit, const char *path);
/* The first bytes of a file that is no text. How many there were, at most room, or -errno. */
ssize_t file_bytes(const char *path, void *out, size_t room);
int file_write(const char *path, const char *text);
int file_write_all(int fd, const void *data,
		   size_t len); /* all of it or -errno; -EIO when it cannot go on */

/* ---- identity.c: who a disk says it is ---- */

/* Only printable ASCII may travel on; blanks at the ends are padding of fixed-width SCSI and ATA
 * fields. In place. */
void identity_tidy(char *text);
/* Of the disk whose folder this is, /sys/block/sda; "" when it tells none. */
void disk_serial(const char *directory, char *out, size_t room);

/* ---- param.c: settings described once ---- */

enum param_type {
	PARAM_COUNT,   /* num */
	PARAM_BYTES,   /* num, bytes */
	PARAM_RATE,    /* num, bit/s */
	PARAM_SECONDS, /* real */
	PARAM_REAL,    /* real */
	PARAM_BOOL,    /* on */
	PARAM_CHOICE,  /* num = index into choices */
	PARAM_TEXT,    /* text */
};

/* One row. The empty row ends a table. min and max bound numbers (in the parsed unit) and text
 * lengths. */
struct param {
	const char *name, *dflt, *help;
	enum param_type type;
	double min, max;
	/* "client|server"; of a text what stands for it, as of a struct arg, or NULL */
	const char *choices;
};

union value {
	uint64_t num;
	double real;
	bool on;
	char text[160];
};

size_t params_count(const struct param *params);
const struct param *params_find(const struct param *params, const char *name);
int param_set(const struct param *param, union value *value, const char *in, char *why,
	      size_t room);
int params_defaults(const struct param *params, union value *values, char *why, size_t room);
/* name=value into one of the values; -ENOENT and a line with the known names when there is no such
 * row. */
int params_set(const struct param *params, union value *values, const char *name, const char *in,
	       char *why, size_t room);
/* The word NAME=VALUE, where the table has that name; else -ENOENT, and why is as it was. */
int params_take(const struct param *params, union value *values, const char *word, char *why,
		size_t room);
void param_format(const struct param *param, const union value *value,
		  struct text *out);				  /* parses back */
void param_expected(const struct param *param, struct text *out); /* "a size from 4k to 16M" */

/* ---- ini.c: INI files, by inih ---- */

struct ini_line {
	const char *section, *name, *value; /* name is NULL on the line that opens a section */
	int line;
};
/* Calls `each` for every section and key in order; a non-zero return stops with that value.
 * Syntax errors: -EINVAL and "PATH:LINE: ..." in why. */
int ini_read(const char *text, const char *path,
	     int (*each)(void *context, const struct ini_line *line), void *context, char *why,
	     size_t room);

/* ---- stats.c ---- */

/* Of n samples. Percentiles interpolate linearly between closest ranks (Hyndman and Fan type 7); sd
 * divides by n-1 and is 0 for n < 2. */
struct stats {
	size_t n;
	double min, max, sum, mean, sd, median, p95, p99;
};
void stats_of(double *values, size_t n, struct stats *out); /* sorts values */
double stats_percentile(const double *sorted, size_t n, double percent);

/* ---- histogram.c: fixed memory, 64 sub-buckets per power of two: at most 1.6 % wide ---- */

enum { HISTOGRAM_BUCKETS = 64 * 59 };
struct histogram {
	uint64_t count, min, max, sum;
	uint32_t bucket[HISTOGRAM_BUCKETS];
};
void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_add_many(struct histogram *histogram, uint64_t value, uint32_t times);
void histogram_merge(struct histogram *into, const struct histogram *from);
uint64_t histogram_edge(unsigned bucket); /* the largest value that is counted there */
uint64_t histogram_percentile(const struct histogram *histogram,
			      double percent); /* upper edge, at most max */
/* The share of the values, 0..1, in buckets that end at this value or before. */
double histogram_share(const struct histogram *histogram, uint64_t value);

/* ---- random.c ---- */

/* xoshiro256**, seeded through splitmix64: data and positions of our own choosing. */
struct random {
	uint64_t state[4];
};
void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound); /* unbiased; bound > 0 */
void random_fill(struct random *random, void *out, size_t len);

/* MT19937-64 (Matsumoto and Nishimura 2004), the generator of iozone 3.489's random order. */
struct mersenne {
	uint64_t state[312];
	unsigned at;
};
void mersenne_seed_array(struct mersenne *mersenne, const uint64_t *key, size_t len);
uint64_t mersenne_next(struct mersenne *mersenne);

/* ---- digest.c: SHA-256 by libsodium ---- */

struct digest {
	uint8_t bytes[32];
};
void digest_of(const void *data, size_t len, struct digest *out);
int digest_of_file(const char *path, struct digest *out); /* -errno */
/* h(n) = SHA-256(h(n-1) || line n without its newline); h(-1) is 32 zero bytes. */
void digest_chain(struct digest *head, const char *line, size_t len);
void digest_hex(const struct digest *digest, char *out,
		size_t bytes);				/* 2*bytes digits and the end */
void digest_parse(const char *hex, struct digest *out); /* 64 digits */

/* ---- artifact.c: OCP Test & Validation Output 2.0 (the schema's names) ---- */

enum severity { SEVERITY_DEBUG, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_FATAL };
enum verdict_type { VERDICT_PASS, VERDICT_FAIL, VERDICT_UNKNOWN };
enum run_status { STATUS_COMPLETE, STATUS_ERROR, STATUS_SKIP };
enum run_result { RESULT_PASS, RESULT_FAIL, RESULT_NOT_APPLICABLE };
const char *run_status_name(enum run_status status);
const char *run_result_name(enum run_result result);

/* Each makes one artifact without sequence number and time stamp; the journal adds those. NULL: out
 * of memory. step is the testStepId; NULL means the record belongs to the run. cJSON arguments are
 * taken over. */
struct cJSON *artifact_schema_version(void);
struct cJSON *artifact_run_start(const char *name, const char *version, const char *command_line,
				 struct cJSON *parameters, struct cJSON *dut_info,
				 struct cJSON *metadata);
struct cJSON *artifact_run_end(enum run_status status, enum run_result result);
struct cJSON *artifact_log(const char *step, enum severity severity, const char *message);
struct cJSON *artifact_error(const char *step, const char *symptom, const char *message);
struct cJSON *artifact_step_start(const char *step, const char *name);
struct cJSON *artifact_step_end(const char *step, enum run_status status);
struct cJSON *artifact_measurement(const char *step, const char *name, double value,
				   const char *unit, struct cJSON *metadata);
struct cJSON *artifact_diagnosis(const char *step, const char *verdict, enum verdict_type type,
				 const char *message);
struct cJSON *artifact_series_start(const char *step, const char *series, const char *name,
				    const char *unit, struct cJSON *metadata);
struct cJSON *artifact_series_element(const char *step, const char *series, unsigned index,
				      double value, const char *timestamp, struct cJSON *metadata);
struct cJSON *artifact_series_end(const char *step, const char *series, unsigned count);
struct cJSON *artifact_extension(const char *step, const char *name, struct cJSON *content);
struct cJSON *artifact_file(const char *step, const char *name, const char *uri,
			    const char *content_type);

enum { TIMESTAMP_ROOM = 40 };
void timestamp_format(int64_t unix_ms, char out[TIMESTAMP_ROOM]); /* RFC 3339, UTC, milliseconds */

/* ---- facts.c: what a run says of its machine and image, as keys and values ---- */

/* Calls `each` for every fact of a testRunStart that can change a figure: "blocks.0.scheduler" and
 * its value; stops with what it returns unless that is 0. With `pieces` also for what tells one
 * piece from another of its kind (serial numbers, addresses) and for each word of the kernel's
 * command line. What only this boot is (times, run id), and the results' disk, are left out. */
int facts_walk(const struct cJSON *run_start, bool pieces,
	       int (*each)(void *context, const char *key, const char *value), void *context);
/* Calls `each` for every fact, pieces too, in which two differ; NULL: one has none. Returns how
 * many, or -ENOMEM. */
ssize_t facts_compare(const struct cJSON *before, const struct cJSON *now,
		      void (*each)(void *context, const char *key, const char *before,
				   const char *now),
		      void *context);

/* ---- journal.c: the records' order, chain and ways out ---- */

/* One way out. append gets a line with its newline already on it; 0 or -errno. A sink that failed
 * is dead. */
struct sink {
	const char *name;
	int (*append)(struct sink *sink, const char *line, size_t len, unsigned sequence,
		      const struct digest *head);
	int (*flush)(struct sink *sink);
	void *state;
	bool skip_bulk; /* series elements do not go here */
	int dead;	/* -errno that killed it */
	bool told;	/* the others have a record of its death */
};

enum { JOURNAL_SINKS = 8, JOURNAL_LINE = 65536 };
struct journal {
	struct sink *sinks[JOURNAL_SINKS];
	size_t sink_count;
	unsigned sequence; /* of the next line */
	struct digest head;
	int64_t (*wall_ms)(void); /* labels only */
};
int journal_add_sink(struct journal *journal, struct sink *sink);
/* Numbers, stamps, chains and writes one artifact (which it frees). 0 when at least one sink took
 * and flushed it. A bulk line is not flushed: the next line that is not bulk flushes it. */
int journal_write(struct journal *journal, struct cJSON *artifact);
int journal_write_bulk(struct journal *journal, struct cJSON *artifact);

/* The line that carries journal line `line` over a serial port: "@assay SEQ HEAD LINE\n". HEAD is
 * the whole chained hash: where lines before this one are absent, a part of it could not be
 * followed on. Eight digits more are the frame's own: behind a gap nothing else would tell that a
 * byte of it turned. Returns its length or -ENOSPC. */
enum { FRAME_CHECK = 8 };
int frame_format(char *out, size_t room, unsigned sequence, const struct digest *head,
		 const char *line, size_t len);

struct frame {
	unsigned sequence;
	char head[65]; /* 8 or more hex digits */
	const char *line;
	size_t len;
};
/* Finds a frame in one console line (carriage returns stripped). False: there is none, it is
 * malformed, or its own digits say that it was changed on its way. */
bool frame_parse(const char *console_line, size_t len, struct frame *out);

/* ---- table.c: the summary that people read; the same at the machine and at the desk ---- */

struct summary_row {
	const char *step, *metric, *unit, *at; /* at: "64 KiB x 4 KiB", or "" */
	double value, min, max;
	size_t n;
};
void table_heading(struct text *out);
void table_row(struct text *out, const struct summary_row *row);

#endif
