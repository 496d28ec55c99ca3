/* SPDX-License-Identifier: MIT */
/* What will run, for how long, and what will not and why. */
#ifndef ASSAY_INIT_PLAN_H
#define ASSAY_INIT_PLAN_H

#include "init/machine.h"
#include "init/network/network.h"
#include "init/settings.h"

/* ---- plan.c: benchmark x target x parameters to steps ---- */

enum outcome {
	RUN_OK,
	RUN_FAILED,
	RUN_ERROR,
	RUN_SKIPPED,
	RUN_TIMEOUT,
	RUN_CRASHED,
	RUN_INVALID, /* measured, while something happened that makes it worthless: sentry/sentry.h */
	RUN_INTERRUPTED, /* the machine went down under it */
	OUTCOMES
};
const char *outcome_name(enum outcome outcome);
bool outcome_ended(enum outcome outcome); /* it came to its end, whatever its figures are worth */
bool outcome_parse(const char *word, enum outcome *out);

struct step {
	const struct request *request;
	char id[12];	     /* "s1" */
	char name[64];	     /* "file.iozone small" */
	char target[160];    /* address or directory; "" when none */
	char skip[WHY_ROOM]; /* why it cannot run; "" when it can */
	bool sets_ground;    /* its ground keys hold: not in a directory of somebody's */
	double expected_seconds, deadline_seconds;
};

struct plan {
	struct step step[MAX_STEPS];
	size_t count;
	double expected_seconds;
	const struct block *scratch; /* NULL: none is allowed */
};
bool plan_stands_on_disk(const struct bench *bench); /* it writes to the scratch disk */
bool plan_needs(const struct settings *settings, enum need need);
bool plan_writes(const struct settings *settings); /* a step of it stands on the disk */
void plan_make(struct plan *plan, const struct settings *settings, const struct machine *machine,
	       const struct network *network);
/* -E2BIG, -EINVAL and a line: steps through further links that cannot be. */
int plan_check_room(const struct settings *settings, char *why, size_t room);
/* The network steps again, through each further link that names a partner. */
void plan_add_further(struct plan *plan, const struct settings *settings,
		      const struct network further[WISHES - 1]);
/* A step without a machine around it: as a command. */
void plan_step(struct step *step, const struct request *request, size_t index,
	       double deadline_factor);
void plan_print(const struct settings *settings, const struct plan *plan, struct text *out);

#endif
