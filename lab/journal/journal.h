/* SPDX-License-Identifier: MIT */
/* Runs as they were written down: journals, serial logs, folders of results, and what they say. */
#ifndef ASSAY_LAB_JOURNAL_H
#define ASSAY_LAB_JOURNAL_H

#include "lab/lab.h"

/* ---- records.c: journal lines, wherever they were found ---- */

struct record {
	unsigned sequence;
	const char *line; /* no newline; points into the owner's text */
	size_t len;
	char head[65]; /* the digits of h(sequence) that came with it; "" for none */
	struct cJSON *json;
};
struct records {
	char *text;
	struct record *at;
	size_t count, room;
};
int records_add(struct records *records, const struct record *record);
/* They stand in ascending order. */
const struct record *records_find(const struct records *records, unsigned sequence);
void records_free(struct records *records);
/* One whole JSON object, or NULL. */
struct cJSON *record_parse(const char *line, size_t len);
/* The artifact's key and body: "measurement" and its object. "schemaVersion" too. NULL: neither. */
const char *record_kind(const struct cJSON *json, const struct cJSON **body);
const char *record_step(const struct cJSON *json);	   /* testStepId, or NULL */
const char *records_run_id(const struct records *records); /* NULL: not said */
/* The body of the first artifact of this kind, or NULL. */
const struct cJSON *records_first(const struct records *records, const char *kind);

/* ---- read.c: a journal and its chain, as found on the partition ---- */

struct journal_copy {
	struct records records;
	bool torn;	       /* the last line has no end; it was left out */
	size_t hashes;	       /* lines of journal.sha256 that agree */
	struct notes problems; /* anything else that is wrong */
};
/* Takes the malloc'd text over. hashes is journal.sha256, NULL when there is none. `rebuilt`: from
 * a serial log, where numbers may be absent and a hash may be shortened. */
int journal_read(char *text, size_t len, const char *hashes, bool rebuilt,
		 struct journal_copy *out);
/* Both files of a folder: NAME.jsonl and NAME.sha256. -ENOENT: the first is not there. */
int journal_load(const char *folder, const char *name, bool rebuilt, struct journal_copy *out);
void journal_copy_free(struct journal_copy *copy);

/* ---- console.c: a serial log, as noisy as it came ---- */

struct span {
	unsigned first, last;
};
struct console {
	struct records records;
	struct span *lost; /* numbers that are not there and should be */
	size_t lost_count;
	unsigned bulk; /* numbers absent by design: series elements */
	unsigned damaged, repeated, earlier_runs;
	unsigned unproved;     /* behind a gap: the hash before them is not known */
	unsigned said_records; /* what the last words for people say: how many records ... */
	char said_head[65];    /* ... and their head; "" when it did not come to them */
	char said_status[32], said_result[32];
	bool ended;    /* testRunEnd arrived */
	char **mended; /* frames out of which the kernel's lines were taken */
	size_t mended_count;
	struct notes notes;
};
/* Takes the malloc'd text over. A log without a frame is fine: nothing was found. */
int console_read(char *text, size_t len, struct console *out);
void console_free(struct console *console);
/* Record for record; each difference becomes a note. Returns how many contradict; *absent counts
 * those that only the journal has. */
size_t channels_compare(const struct journal_copy *journal, const struct console *console,
			struct notes *differences, size_t *absent);

/* Digits of the same hash, one of them perhaps shortened. */
bool heads_agree(const char *a, const char *b);

/* ---- schema.c: OCP Test & Validation Output 2.0 ---- */

/* 0, or -EINVAL and what is wrong with the line: "testRunStart: key 'colour' is not in the schema".
 */
int schema_check(const struct cJSON *line, char *why, size_t room);

/* ---- gather.c: one run, from its channels into results/<run-id>/ ---- */

struct gathering {
	const char *console, *disk, *payload, *results; /* console and disk may be NULL */
	const char *run_id;	     /* which one on the disk; NULL: the console's */
	const char *machine, *accel; /* how it was booted, if we did that */
	const char *const *beside;   /* further files to keep; NULL ends */
};
enum payload_match {
	PAYLOAD_UNKNOWN,
	PAYLOAD_SAME,
	PAYLOAD_OTHER_INIT,
	PAYLOAD_OTHER_FILES,
	PAYLOAD_OTHER
};
struct gathered {
	char run_id[RUN_ID_ROOM], folder[PATH_ROOM];
	struct console console;
	struct journal_copy journal;
	bool has_console, has_disk, on_disk, recovered;
	bool rebuilt; /* numbers are absent, as only the serial log has this part */
	size_t from_partition, from_serial;
	size_t contradictions, absent; /* between the channels */
	enum payload_match payload;
	struct notes notes; /* for people */
};
int gather(const struct gathering *from, struct gathered *out, char *why, size_t room);
void gathered_free(struct gathered *gathered);
void gather_point_latest(const char *results, const char *id); /* results/latest */
/* Its steps: the journal from both channels into `stage`; the image's identity; collect.json. */
int gather_journal(struct gathered *out, const char *stage, char *why, size_t room);
void gather_payload(const struct gathering *from, struct gathered *out, const char *stage);
int gather_facts(const struct gathering *from, const struct gathered *out, const char *stage);

/* ---- folder.c: results/<run-id>/ read back ---- */

struct folder {
	char path[PATH_ROOM];
	struct journal_copy journal;
	struct console console;
	bool has_console;
	struct cJSON *collect, *payload, *partner; /* NULL: not there */
	struct journal_copy partner_journal;	   /* what the partner of a pair told */
	bool has_partner_journal;
};
int folder_load(struct folder *folder, const char *path, char *why, size_t room);
void folder_free(struct folder *folder);
/* results/<id> from an id, a folder or "" for the latest. */
int folder_locate(const char *results, const char *word, char *out, size_t room, char *why,
		  size_t why_room);
/* visit.c: each run that is named (none: the latest). Returns the verb's exit code. */
int folders_each(const char *results, char **words, size_t count,
		 int (*each)(const struct folder *folder),
		 int (*refuse)(int code, const char *why));

/* ---- facts.c: what a journal says of its machine ---- */

/* The fingerprint, flattened: "links.0.driver" and its value, what it booted and its plan. Left out
 * is what differs between any two boards and changes no figure: serials, MAC addresses. A non-zero
 * return of `each` ends it and is returned. */
int facts_each(const struct folder *folder,
	       int (*each)(void *context, const char *path, const char *value), void *context);

/* ---- checks.c: what verify asks ---- */

struct finding {
	enum { FINDING_OK, FINDING_SKIPPED, FINDING_BAD } how;
	const char *check;
	struct notes notes;
};
enum { CHECKS_MAX = 12 };
/* Fills one finding a check. Returns how many there are. */
size_t checks_run(const struct folder *folder, struct finding *findings);
/* check_partner.c: what the partner of a pair told, against what our journal says of it. */
void check_partner(const struct folder *folder, struct finding *finding);
/* Only what is broken, a line each. Returns how many lines. */
size_t checks_broken(const struct folder *folder, struct notes *out);

/* ---- account.c: the readable report of a run ---- */

void account_write(const struct folder *folder, struct text *out);
char *account_make(const struct folder *folder); /* to be freed; NULL: out of memory */

/* figures.c: the measurements of one step. */
struct step_view {
	const char *id, *name;
	const struct records *records;
};
void figures_write(const struct step_view *step, struct text *out);
void figures_place(const struct cJSON *at, char *label, size_t room); /* "64 KiB x 4 KiB" */
/* tables.c: those that the stock tools made known, of all steps. */
void tables_write(const struct step_view *steps, size_t count, struct text *out);

#endif
