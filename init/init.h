/* SPDX-License-Identifier: MIT */
/*
 * The story on the machine, in the order in which it happens: configure, discover, plan, measure,
 * summarise, finish. What one phase made is const for all that follow. main.c is the table of
 * contents.
 */
#ifndef ASSAY_INIT_H
#define ASSAY_INIT_H

#include "bench/bench.h"
#include "init/console.h"
#include "init/machine.h"
#include "init/network/network.h"
#include "init/plan.h"
#include "init/results.h"
#include "init/sentry/quiet.h"
#include "init/settings.h"
#include "lib/lib.h"

extern const char assay_version[]; /* generated from git describe */

/* ---- ground.c: what a storage step stands on ---- */

struct story;
struct step;
struct result;
/* The file system as the step asks for it, made anew unless an earlier step had the same, mounted
 * cold; or the disk itself. -errno and the reason. What it is goes to the records. */
int ground_enter(struct story *story, const struct step *step, char *why, size_t room);
/* The disk's settings are what they were. */
void ground_leave(struct story *story, const struct step *step, const struct result *result);
/* For a command: the device that was named, or what the directory stands on, only looked at. */
int ground_enter_here(struct story *story, const struct step *step, char *why, size_t room);
void ground_leave_here(struct story *story, const struct step *step);
void scratch_remove(const char *directory); /* with all that is in it; ground/scratch.c */

/* ---- the story ---- */

struct result { /* of one step */
	enum outcome outcome;
	char reason[WHY_ROOM];
	double seconds;
	uint64_t peak_bytes; /* of its child's resident memory (VmHWM); 0: unknown */
};

/* What only process 1 does around a step; an ordinary command has none of it. */
struct duties {
	void (*quiet)(bool quiet); /* the kernel's own lines on the console */
	void (*reap)(void);	   /* orphans */
};

struct previous {	     /* run on the same results partition: init/resume/previous.h */
	char run_id[64];     /* ""; none */
	struct cJSON *start; /* its testRunStart; NULL: none, or compared already */
	char why_not[120];
	char words[1200]; /* what the comparison says to people; "" before it */
};

struct pair;
struct upload;
struct resume;
struct story {
	char run_id[64];
	struct resume *resume; /* NULL: nothing is owed from before */
	struct pair *pair;     /* NULL: no partner was to be found */
	struct upload *upload; /* NULL: no records over HTTP */
	struct previous previous;
	struct quiet quiet;
	const struct duties *duties;	     /* NULL: not process 1 */
	bool journal_open, has_results_file; /* the latter: assay.ini on the results partition */
	char refusal[WHY_ROOM]; /* configure's, or a partner's that cannot serve; "" when it is fine
				 */
	char command_line[2048];
	struct settings settings;
	struct machine machine;
	struct network network;		    /* of the link measured through */
	struct network further[WISHES - 1]; /* of those beside it; nic "": none was wanted */
	struct plan plan;
	struct results results;
	struct journal journal;
	struct result result[MAX_STEPS];
	bool done[MAX_STEPS]; /* by an earlier boot of this run */
	unsigned served;      /* as a partner: so many tests of others */
	struct text summary;  /* the table that people read */
};

/* tpm.c: PCRs and event log of this boot, or that there is no TPM. */
struct cJSON *tpm_facts(void);
void tpm_keep_log(struct story *story);	 /* beside the journal */
int tpm_digest_pcrs(struct digest *out); /* SHA-256 over all 24, as a quote has it; -errno */

/* tpm/quote.c: the journal's end, signed by a TPM 2.0; only for process 1. */
void tpm_prepare(void);			   /* before the first record, which names the key */
void tpm_quote_facts(struct cJSON *facts); /* the key, or why there is none */
void tpm_tell_boot(struct story *story);   /* in a run that goes on: this boot's PCRs */
void tpm_quote_end(struct story *story);   /* behind the last record, beside the journal */

/* sign.c: a run signed by the machine, where its owner left a key on the results partition. */
void sign_prepare(const struct story *story);
struct cJSON *sign_facts(void);
void sign_end(struct story *story, const char *head);

/* screen.c: the QR code of the end on screens, and as long as linger= says. */
void screen_end(const struct story *story, const char *head);

/* measure.c: one step, one child, one deadline. record.c, samples.c: what it left behind, to
 * records. */
void measure_step(struct story *story, const struct step *step, struct result *result);
void measure_all(struct story *story);
/* A signal handler: ends the step that runs now, in good order. */
void measure_interrupt(int signal);
void record_start(struct story *story);
void record_step_start(struct story *story, const struct step *step);
void record_step_end(struct story *story, const struct step *step, const struct run *run,
		     const struct result *result);
void record_samples(struct story *story, const struct step *step, const struct run *run);
/* A step that did not start: skipped, as planned, or an error in what it was to stand on. */
void record_not_run(struct story *story, const struct step *step, const struct result *result);
void record_outcome(struct story *story, const struct step *step, const struct result *result);
void record_step_closed(struct story *story, const char *step, enum outcome outcome);
void record_log(struct story *story, const char *step, enum severity severity, const char *format,
		...) PRINTF_LIKE(4, 5);
void record_end(struct story *story, enum run_status status, enum run_result result);

/* pair/: with peer=find another machine of the same plan is the partner; see init/pair/pair.h */
void pair_prepare(struct story *story);				  /* before the first record */
void pair_find(struct story *story);				  /* network.partner, or why not */
void pair_announce(struct story *story, const struct step *next); /* how long until its barrier */
void pair_measure(struct story *story, const struct step *step, struct result *result);
void pair_finish(struct story *story);

/* upload.c: the records to a desk over HTTP, when results= names one; harmless otherwise. */
void upload_prepare(struct story *story); /* before the first record */
/* upload/earlier.c: runs of earlier boots that the desk has not wholly. As long as results_timeout=
 * says, before anything is measured. */
void upload_earlier(struct story *story);
/* In a run that goes on: the files of its earlier boots once more, as nobody knows which arrived. */
void upload_again(struct story *story);
void upload_between(struct story *story);  /* no step is timed now: some seconds at most */
void upload_conclude(struct story *story); /* before the last record, which cannot tell of itself */
void upload_end(struct story *story);
/* A file on its way there: -ENODEV, -ENOBUFS when more waits already than may be held. */
int upload_keep(struct story *story, const char *name, const char *data, size_t len);
/* A file beside the journal, to each place that takes files. 0 when one did. */
int story_put(struct story *story, const char *name, const char *text, size_t len);

/* summarise.c */
void summarise(const struct story *story, enum run_status *status, enum run_result *result);
/* In one word: "aborted" (it did not come to the end of its plan), "failed" (a step did), "invalid"
 * (none did, but one is worthless), "partial" (what ran is sound, not all of it ran), "passed",
 * "nothing" (no step ran). To be told with it: how many steps were what, "2 ok, 1 skipped". */
const char *summarise_state(const struct story *story, enum run_status status, struct text *counts);

/* boot.c: duties of process 1 only */
extern const struct duties boot_duties;
void boot_prepare(void);
void boot_leave(enum after after) __attribute__((noreturn));

/* start.c: what both lives share */
void run_id_make(char *out, size_t room);
int64_t wall_ms(void);

/* Verbs. */
/* "; did you mean net.tcp?", or ";". Returns out. */
const char *bench_hint(const char *name, char out[NEAREST_WORDS]);
const char *need_name(enum need need); /* the word that gives a benchmark its target */
int list_main(int argc, char **argv);
int plan_main(int argc, char **argv);
int run_main(int argc, char **argv);
int peer_main(int argc, char **argv);

#endif
