/* SPDX-License-Identifier: MIT */
/*
 * The independent reader: is a run what it says, requirement by requirement (docs/audit.md has
 * their words)? It shares nothing with what wrote the run: neither the journal, nor the hash, nor
 * the statistics; tests/unit links it without lib/journal.c, lib/digest.c, lib/stats.c and
 * lib/artifact.c. What both use is the JSON parser, a library of others.
 */
#ifndef ASSAY_VERIFY_H
#define ASSAY_VERIFY_H

#include "lab/journal/journal.h"

#include <stdio.h>

/* In ascending order of what prevails when a requirement has several. */
enum claim_word {
	CLAIM_NOT_APPLICABLE, /* the run holds nothing that it could be asked of */
	CLAIM_PASS,
	CLAIM_INFORMATIVE, /* true, and too little for a claim */
	CLAIM_MISSING,	   /* the run does not say */
	CLAIM_FAIL,	   /* what it says is not so */
	CLAIM_WORDS
};
const char *claim_word_name(enum claim_word word);

/* One requirement, judged. */
struct claim {
	enum claim_word word;
	struct notes notes; /* why it is not a plain pass; remarks */
	struct notes facts; /* what the run says about it, for the full disclosure */
};
/* Each raises the word to at least what its name says and adds the line. */
void claim_fail(struct claim *claim, const char *format, ...) PRINTF_LIKE(2, 3);
void claim_missing(struct claim *claim, const char *format, ...) PRINTF_LIKE(2, 3);
void claim_informative(struct claim *claim, const char *format, ...) PRINTF_LIKE(2, 3);
void claim_remark(struct claim *claim, const char *format, ...) PRINTF_LIKE(2, 3); /* no raise */
void claim_fact(struct claim *claim, const char *format, ...) PRINTF_LIKE(2, 3); /* at least pass */

/* ---- steps.c: the steps of a run, as the records tell them ---- */

struct step_told {
	const char *id, *name, *bench, *label, *target;
	const struct cJSON *parameters; /* NULL: not said */
	const struct cJSON *told;	/* content of its extension "step"; NULL: none */
	const char *outcome, *status;	/* NULL: not there */
	double seconds, deadline_seconds;
	size_t first, last; /* places of its records in the journal */
};
struct inquest;
struct steps_told {
	struct step_told *at;
	size_t count;
};
int steps_read(const struct records *records, struct steps_told *out);
void steps_free(struct steps_told *steps);
/* The artifact of this kind in a record of this step; NULL: another step or kind. */
const struct cJSON *step_part(const struct record *record, const struct step_told *step,
			      const char *kind);
/* The content of the step's extension of this name, or NULL. */
const struct cJSON *step_extension(const struct records *records, const struct step_told *step,
				   const char *name);
bool step_is_of(const struct step_told *step, const char *prefix); /* "disk.": by its benchmark */
/* Of the plan itself: not a repetition through a further link or after a cut, nor what a partner
 * told. */
bool step_is_planned(const struct records *records, const struct step_told *step);
/* The machine went down under "s3", and the run went on with it as "s3r". NULL: it did not. */
const struct step_told *step_second_try(const struct steps_told *steps,
					const struct step_told *step);
/* The digest over the planned steps and all their values, as the run states it in stepsSha256. */
void steps_digest(const struct inquest *inquest, char out[65]);
bool step_ran(const struct step_told *step); /* ended, and neither skipped nor cut */
double time_of(const char *timestamp);	     /* seconds since 1970; below 0: none */

/* ---- requirements ---- */

/* What every judge looks at. */
struct inquest {
	const struct folder *folder;
	const struct records *records;
	const struct cJSON *start, *dut; /* testRunStart and its dutInfo.metadata */
	struct steps_told steps;
	struct finding findings[CHECKS_MAX]; /* checks.c */
	size_t finding_count;
};
int inquest_begin(struct inquest *inquest, const struct folder *folder);
void inquest_end(struct inquest *inquest);

struct requirement {
	const char *id, *title;
	void (*judge)(const struct inquest *inquest, struct claim *claim);
};
extern const struct requirement requirements[];
extern const size_t requirement_count;
void requirement_judge(const struct requirement *requirement, const struct inquest *inquest,
		       struct claim *claim);
/* Only printable ASCII stays. In place. */
void line_make_plain(char *line);
void claim_free(struct claim *claim);
/* What a check of checks.c found, taken over. */
void claim_take(const struct inquest *inquest, const char *check, struct claim *claim);

/* evidence.c, states.c */
void judge_order(const struct inquest *inquest, struct claim *claim);	  /* E1 */
void judge_cut(const struct inquest *inquest, struct claim *claim);	  /* E2 */
void judge_channels(const struct inquest *inquest, struct claim *claim);  /* E3 */
void judge_states(const struct inquest *inquest, struct claim *claim);	  /* E4 */
void judge_chain(const struct inquest *inquest, struct claim *claim);	  /* E5 */
void judge_signature(const struct inquest *inquest, struct claim *claim); /* E6 */
void judge_tpm(const struct inquest *inquest, struct claim *claim);	  /* E8 */
void judge_retention(const struct inquest *inquest, struct claim *claim); /* E9 */
void judge_format(const struct inquest *inquest, struct claim *claim);	  /* V1 */
/* identity.c */
void judge_run_id(const struct inquest *inquest, struct claim *claim);	   /* R1 */
void judge_statement(const struct inquest *inquest, struct claim *claim);  /* R2 */
void judge_image(const struct inquest *inquest, struct claim *claim);	   /* R3 */
void judge_hardware(const struct inquest *inquest, struct claim *claim);   /* R4 */
void judge_tunables(const struct inquest *inquest, struct claim *claim);   /* R5 */
void judge_hypervisor(const struct inquest *inquest, struct claim *claim); /* R6 */
/* method.c, noise.c, storage.c, steady.c, repeats.c, clocks.c */
void judge_plan(const struct inquest *inquest, struct claim *claim);	     /* M1 */
void judge_purge(const struct inquest *inquest, struct claim *claim);	     /* M2 */
void judge_precondition(const struct inquest *inquest, struct claim *claim); /* M3 */
void judge_steady(const struct inquest *inquest, struct claim *claim);	     /* M4 */
void judge_pattern(const struct inquest *inquest, struct claim *claim);	     /* M5 */
void judge_written(const struct inquest *inquest, struct claim *claim);	     /* M6 */
void judge_caches(const struct inquest *inquest, struct claim *claim);	     /* M7 */
void judge_durations(const struct inquest *inquest, struct claim *claim);    /* M8 */
void judge_network(const struct inquest *inquest, struct claim *claim);	     /* M9 */
void judge_repeats(const struct inquest *inquest, struct claim *claim);	     /* M10 */
void judge_boots(const struct inquest *inquest, struct claim *claim);	     /* M11 */
void judge_noise(const struct inquest *inquest, struct claim *claim);	     /* M12 */
void judge_invalid(const struct inquest *inquest, struct claim *claim);	     /* M13 */
void judge_integrity(const struct inquest *inquest, struct claim *claim);    /* M14 */
void judge_clocks(const struct inquest *inquest, struct claim *claim);	     /* M15 */
void judge_target(const struct inquest *inquest, struct claim *claim);	     /* S2, S3 */

/* verdict.c: in words. A claim as assay verify prints it, with so many of its reasons at most. */
void claim_print(const struct requirement *requirement, const struct claim *claim, size_t most,
		 FILE *out);
/* How many requirements have which word, the gravest first: "1 fail, 20 pass". */
void tally_print(const size_t tally[CLAIM_WORDS], FILE *out);
const char *tally_conclusion(const size_t tally[CLAIM_WORDS]); /* "not to be trusted" */

/* recompute.c: are the figures those of the samples that were kept? Fails the claim where not.
 * Returns how many series were recomputed. */
size_t figures_recompute(const struct inquest *inquest, struct claim *claim);

#endif
