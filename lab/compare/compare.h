/* SPDX-License-Identifier: MIT */
/*
 * Machines beside each other, metric by metric. A subject is one column: a folder of runs (several
 * boots of one machine), one run, or what a stock tool wrote. The first subject is the one that
 * others are compared to. What comes out as JSON is described in docs/compare.md.
 */
#ifndef ASSAY_LAB_COMPARE_H
#define ASSAY_LAB_COMPARE_H

#include "lab/compare/statistics.h"
#include "lab/journal/journal.h"

enum { SUBJECTS_MAX = 8, NAME_ROOM = 64, AT_ROOM = 96, AXES_MAX = 2 };

struct axis_point {
	char axis[24], unit[12];
	double value;
};
/* One figure as it was found. */
struct observation {
	const char *bench, *label, *name, *unit;
	const char *parameters; /* those that define what was measured: "a=1;b=2"; NULL: not known */
	struct axis_point at[AXES_MAX];
	size_t axes;
	enum better better;
	bool detail;
	struct level level;
};

/* One metric at one point for one subject. */
struct cell {
	struct level *levels; /* one for each boot that has it */
	size_t count, room;
	const char *parameters; /* kept by the study */
	const char *unit;
	bool mixed; /* its boots were not measured alike */
};
struct metric {
	char bench[NAME_ROOM], label[NAME_ROOM], name[NAME_ROOM], place[AT_ROOM];
	struct axis_point at[AXES_MAX];
	size_t axes;
	enum better better;
	bool detail;
	struct cell cells[SUBJECTS_MAX];
	struct comparison against[SUBJECTS_MAX]; /* to the first subject; its own is unused */
	bool compared[SUBJECTS_MAX];		 /* both have it, and it can be judged */
};

struct boot_of {
	char run[RUN_ID_ROOM], path[PATH_ROOM], machine[NAME_ROOM], accel[16], plan[NAME_ROOM];
};
/* What the step disk.hostcache said. */
struct cache_word {
	char type[16], message[400];
};
struct subject {
	char name[NAME_ROOM], path[PATH_ROOM];
	const char *kind; /* "runs", or which tool's output */
	struct boot_of *boots;
	size_t count, room;
	struct notes left_out; /* "RUN: why" */
	struct cache_word cache;
	bool emulated;
};

/* One fact of the machines, as each subject's boots have it. */
struct fact {
	char path[160], group[24];
	char *values[SUBJECTS_MAX]; /* NULL: not there; several joined by " / " */
	bool differs, intended;
};

struct study {
	struct subject subjects[SUBJECTS_MAX];
	size_t subject_count;
	struct metric *metrics;
	size_t metric_count, metric_room;
	size_t *buckets; /* of a hash over the key; 0: free, else index + 1 */
	size_t bucket_count;
	struct notes kept; /* texts that metrics point to */
	struct fact *facts;
	size_t fact_count, fact_room;
	struct notes warnings;
	struct notes sentences; /* "question\ttext" */
	struct rules rules;
	char factor[160]; /* the intended differences; "": none named */
	bool keep_noisy, all;
};
void study_free(struct study *study);

/* ---- study.c: figures into metrics ---- */

/* -ENOMEM; the level's boot tells which boot it is of. */
int study_add(struct study *study, size_t subject, const struct observation *observation);
struct boot_of *study_add_boot(struct study *study, size_t subject);
/* A text that lives as long as the study; the same text once. */
const char *study_keep(struct study *study, const char *text);
/* All metrics of all subjects against the first. */
void study_judge(struct study *study);
const struct metric *study_find(const struct study *study, const char *bench, const char *name,
				size_t from);

/* ---- subject.c: from a word of the command line ---- */

int subject_read(struct study *study, const char *word, const char *results, char *why,
		 size_t room);

/* ---- run.c: one run's journal ---- */

/* Adds it as a boot, or names it among those left out. */
int run_add(struct study *study, size_t subject, const struct folder *folder);
/* Why a run is not compared, or NULL. */
const char *run_objection(const struct study *study, const struct folder *folder, char *out,
			  size_t size);

/* ---- facts.c: in what the machines differ ---- */

int facts_add(struct study *study, size_t subject, const struct folder *folder);
/* Marks differences and writes the warnings. */
void facts_judge(struct study *study);

/* ---- sentences.c, questions.c ---- */

void sentences_write(struct study *study);
enum role { ROLE_UNKNOWN, ROLE_METAL, ROLE_FILE, ROLE_LVM };
enum role subject_role(const struct subject *subject);
const char *role_name(enum role role);
void sentences_cost(struct study *study, size_t subject);     /* processor time per amount */
void sentences_together(struct study *study, size_t subject); /* simultaneous use */
/* The figures of a metric of one subject; false: it has none. */
bool metric_levels(const struct metric *metric, size_t subject, struct levels *out);
/* Adds a sentence to the question's answer. */
void sentence_add(struct study *study, const char *question, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* ---- table.c, export.c ---- */

void study_print(const struct study *study, struct text *out);
void differences_print(const struct study *study, struct text *out);
struct cJSON *study_json(const struct study *study); /* docs/compare.md; NULL: out of memory */

#endif
