/* SPDX-License-Identifier: MIT */
/*
 * What an interrupted run still owes, and how it goes on: the same run, the same journal, behind
 * its last whole record.
 *
 * read.c  a journal as a power cut left it, to what is done and what is owed; pure
 * resume.c       is there such a run on the results partition, and may this boot go on with it?
 * rows.c  the table that people read, from records
 * tell.c  what was recorded, once more over the other ways out; what the cut cost, recorded
 */
#ifndef ASSAY_RESUME_H
#define ASSAY_RESUME_H

#include "init/init.h"

#include <stdio.h>

/* A step that was cut off so often is not tried again: it may be what cuts the run off. */
enum { STEP_ATTEMPTS = 2 };

struct owed_step {
	unsigned attempts; /* it was started so often */
	bool ended;	   /* the last of them has its outcome */
	enum outcome outcome;
	double seconds;
	char reason[WHY_ROOM];
};

struct owed {
	unsigned records;    /* whole ones, each with the hash that follows */
	uint64_t bytes;	     /* of the journal with them */
	uint64_t torn_bytes; /* behind them, in both files */
	struct digest head;
	char run_id[64];
	bool ended;
	unsigned cuts; /* it has been cut off, and gone on, so often before */
	char last_at[TIMESTAMP_ROOM];

	/* The step that stands open where the journal stops. */
	char step[12], series[40]; /* ""; none */
	char step_at[TIMESTAMP_ROOM];
	size_t place;	   /* in the plan, from 0; MAX_STEPS: it is none of the plan's */
	unsigned elements; /* of the series so far */
	unsigned figures;  /* so many measurements of it are recorded */
	bool has_outcome;
	enum outcome outcome;

	struct owed_step steps[MAX_STEPS];
};

/* Both files of a run: the longest prefix in which each line is whole and its hash follows. What is
 * behind it was never confirmed. -EBADMSG: whole lines that contradict their hashes, or are no
 * records; no power cut leaves those. */
int owed_read(FILE *journal, FILE *chain, struct owed *out);
/* "s3" or, when it is tried again, "s3r"; the place from 0. */
void step_id_format(size_t place, unsigned attempt, char *out, size_t room);
bool step_id_parse(const char *id, size_t *place, unsigned *attempt);
/* An element of a series: in the thousands, and not for serial lines. */
bool line_is_element(const char *line, size_t len);
/* From one time stamp of records to another; false: one of them is none. */
bool timestamps_apart(const char *from, const char *to, double *seconds);

/* Who the run belongs to, as kept beside it while it is unfinished: another plan, image or machine
 * does not go on with it. */
enum mark_key { MARK_RUN, MARK_IMAGE, MARK_PLAN, MARK_MACHINE, MARK_KEYS };
struct mark {
	char text[MARK_KEYS][600];
};
void mark_make(struct mark *mark, const struct story *story);
int mark_parse(const char *text, struct mark *out);
void mark_format(const struct mark *mark, struct text *out);
/* NULL: the same. "another plan". */
const char *mark_difference(const struct mark *a, const struct mark *b);

struct resume {
	struct owed owed;
	char not_resumed[WHY_ROOM + 128]; /* a run is unfinished, and stays so; "" otherwise */
	bool goes_on;
};

/* The run's folder: a new one, or that of the run which was cut off, with its name, number and
 * hash. -errno: story->results.state says why not. */
int resume_begin(struct story *story);
/* The first records: of a new run, or of how one goes on. */
void resume_records(struct story *story);
/* A record of an earlier boot, in their order, to the table. */
void resume_row(struct text *summary, const char *line, size_t len);
/* What is recorded already, to the ways out that do not have it; then what the cut cost. */
void resume_tell(struct story *story);
/* Steps that are done are not owed; one that was cut off is tried again under a name of its own. */
void resume_plan(struct story *story);

#endif
