/* SPDX-License-Identifier: MIT */
/*
 * The operator's desk: boots machines, collects what they wrote, judges it. It reads journals and
 * never measures. A verb is a file lab/NAME.c; what verbs share is here and in lab/common/. Only
 * verbs print.
 *
 * As in lib: errors are negative errno values, and `why` receives one line that a person can act on.
 */
#ifndef ASSAY_LAB_H
#define ASSAY_LAB_H

#include "lib/lib.h"

enum { LAB_FILE_MAX = 1 << 30 }; /* of a log or journal read into memory */
enum { PATH_ROOM = 1024, WHY_ROOM = 1400, RUN_ID_ROOM = 64 };

/* ---- args.c: name=value arguments of a verb, struct arg of lib.h ---- */

/* Takes the name=value words out of argv; the others move up to argv[1..]. Returns how many those
 * are, or -EINVAL and a line with the known names. The empty row ends args. */
int args_take(int argc, char **argv, struct arg *args, char *why, size_t room);
/* A word that is one of two; out: whether it is yes. -EINVAL and a line. */
int args_choose(const struct arg *arg, const char *no, const char *yes, bool *out, char *why,
		size_t room);

/* ---- notes.c: lines for people, as many as there are ---- */

struct notes {
	char **line;
	size_t count, room;
};
void notes_add(struct notes *notes, const char *format, ...) PRINTF_LIKE(2, 3);
void notes_free(struct notes *notes);

/* ---- paths.c ---- */

int path_format(char *out, size_t room, const char *format, ...) PRINTF_LIKE(3, 4);
bool path_exists(const char *path);
/* A new file, or the old one replaced. */
int path_write(const char *path, const char *text, size_t len);
int path_make(const char *path);   /* mkdir -p */
int path_remove(const char *path); /* rm -r; a missing one is fine */
int path_make_sparse(const char *path, uint64_t bytes, char *why, size_t room); /* all zeroes */
int path_absolute(const char *path, char *out, size_t room);
int path_copy(const char *from, const char *to); /* contents; holes stay holes */
int path_copy_part(const char *from, uint64_t start, uint64_t bytes, const char *to);
bool path_same(const char *a, const char *b);	   /* same bytes */
int path_bytes(const char *path, uint64_t *bytes); /* of all plain files in a folder and below */
/* config.c: config/KIND/NAME.ini of this clone or of the installed program; a word that ends in
 * .ini is a path itself. */
int config_path(char *out, size_t room, const char *kind, const char *word);
/* "; did you mean NAME?", or "". Returns out. */
const char *config_hint(const char *kind, const char *word, char out[NEAREST_WORDS]);
/* "file-ahci, file-ide, ..." */
void config_names(const char *kind, struct text *out);
/* A name that may become a file of ours: letters, digits, . _ - and no leading dot. */
bool path_name_is_plain(const char *name);

/* ---- process.c: other programs, as children with an end ---- */

enum { COMMAND_WORDS = 160, COMMAND_ROOM = 24576 };
struct command {
	char *argv[COMMAND_WORDS + 1];
	size_t count, used;
	bool full;
	char store[COMMAND_ROOM];
};
void command_begin(struct command *command);
void command_add(struct command *command, const char *format, ...) PRINTF_LIKE(2, 3);
/* As lines a shell runs again. */
void command_text(const struct command *command, struct text *out);
int command_save(const struct command *command, const char *path);

/* Where the program is: PATH, then /usr/sbin and /sbin. -ENOENT and "... apt-get install PACKAGE". */
int process_find(const char *name, const char *package, char *out, size_t room, char *why,
		 size_t why_room);
/* A command whose first word is that program. */
int command_begin_program(struct command *command, const char *name, const char *package, char *why,
			  size_t room);
/* Starts it with standard input from /dev/null and both outputs into the file. The child ends with
 * us. */
pid_t process_start(const struct command *command, const char *folder, const char *output);
pid_t process_start_into(const struct command *command, const char *folder, int out);
/* Runs it to its end; in why what it said when it failed. input may be NULL. */
int process_run(const struct command *command, const char *folder, const char *input, char **output,
		char *why, size_t room);
int process_wait(pid_t pid); /* for its end; the wait status */
/* Asks, waits, insists; returns the wait status. */
int process_end(pid_t pid, double grace_seconds);

/* ---- json.c: reading records without surprises ---- */

/* "testRunStart.metadata.runId"; NULL when a part of the way is not there. */
const struct cJSON *json_path(const struct cJSON *from, const char *path);
const char *json_text(const struct cJSON *from, const char *path); /* NULL: no such text */
const struct cJSON *json_first(const struct cJSON *list);	   /* then ->next */
const char *or_unknown(const char *text);
double json_number(const struct cJSON *from, const char *path, double missing);
struct cJSON *json_load(const char *path, char *why, size_t room);

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

/* ---- journal_read.c: a journal and its chain, as found on the partition ---- */

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

/* ---- password.c ---- */

enum { PASSWORD_ROOM = 1024 };
/* The first line of a file; path NULL: of the terminal, which shows nothing of it. `of` is what it
 * opens. -ENOTTY: nobody can be asked; -ECANCELED, -EINVAL (there is none), -errno; and a line. */
int password_take(const char *path, const char *of, char out[PASSWORD_ROOM], char *why,
		  size_t room);

/* ---- schema.c: OCP Test & Validation Output 2.0 ---- */

/* 0, or -EINVAL and what is wrong with the line: "testRunStart: key 'colour' is not in the schema".
 */
int schema_check(const struct cJSON *line, char *why, size_t room);

/* ---- gpt.c ---- */

struct partition {
	uint64_t start, bytes;
};
/* The one partition of that name, in bytes. -ENOENT: none; -EINVAL: no sound partition table;
 * -EEXIST: two. */
int gpt_find(int fd, const char *name, struct partition *out, char *why, size_t room);

/* ---- gpt_fit.c ---- */

/* On a disk of so many bytes: the table's copy at its end, both headers and the protective MBR
 * saying so; and the last partition, when it has the name `grown` (NULL: none), reaching there. */
int gpt_fit(int fd, uint64_t bytes, const char *grown, char *why, size_t room);
/* Both tables are there, sound, and say the same. */
int gpt_check(int fd, uint64_t bytes);

/* ---- usb_target.c: the disk that an image is to be written on, and what speaks against it ---- */

struct usb_target {				     /* facts; a disk and its partitions together */
	char path[PATH_ROOM], folder[PATH_ROOM];     /* folder: in /sys */
	char serial[64], model[64], signatures[256]; /* "gpt,vfat,ext4" as wipefs names them */
	uint64_t bytes;
	dev_t device;
	size_t alike; /* so many disks have this serial */
	bool whole, complete, read_only, mounted, swapped, held;
};
struct usb_naming {	    /* how a person named it */
	const char *serial; /* "none": it has none */
	const char *over;   /* the signatures that may be lost, or "" */
	uint64_t bytes, image_bytes;
};
int usb_target_read(const char *path, struct usb_target *target, char *why, size_t room);
/* Pure. 0, or -EPERM, -ENOSPC and the first objection. */
int usb_target_check(const struct usb_target *target, const struct usb_naming *naming, char *why,
		     size_t room);

/* ---- results_disk.c: reading a results partition without root and without changing it ---- */

struct results_disk {
	char image[PATH_ROOM], scratch[PATH_ROOM];
	struct partition place; /* in the image */
	bool recovered; /* it had not been unmounted: a private copy was repaired and read instead */
};
enum { DISK_RUNS = 256 };
int results_disk_open(struct results_disk *disk, const char *path, const char *scratch, char *why,
		      size_t room);
/* Oldest first. Returns how many. */
int results_disk_runs(const struct results_disk *disk, char ids[][RUN_ID_ROOM], size_t max,
		      char *why, size_t room);
/* Plain files of runs/<id>/ into an existing folder; what is refused becomes a note. */
int results_disk_extract(const struct results_disk *disk, const char *id, const char *into,
			 struct notes *notes, char *why, size_t room);
/* A new disk image: GPT, one partition named assay-results, ext4. */
int results_disk_format(const char *path, uint64_t bytes, bool force, char *why, size_t room);

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
