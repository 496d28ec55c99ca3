/* SPDX-License-Identifier: MIT */
/*
 * The operator's desk: boots machines, collects what they wrote, judges it. It reads journals and
 * never measures. A verb is a file lab/NAME.c; what verbs share is here and in lab/common/; runs
 * are read in lab/journal/, machines booted by lab/machine/, disks and their images looked at in
 * lab/disk/. Only verbs print.
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

/* ---- password.c ---- */

enum { PASSWORD_ROOM = 1024 };
/* The first line of a file; path NULL: of the terminal, which shows nothing of it. `of` is what it
 * opens. -ENOTTY: nobody can be asked; -ECANCELED, -EINVAL (there is none), -errno; and a line. */
int password_take(const char *path, const char *of, char out[PASSWORD_ROOM], char *why,
		  size_t room);

#endif
