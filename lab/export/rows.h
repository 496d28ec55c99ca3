/* SPDX-License-Identifier: MIT */
/* A run's measurements and steps, one after the other, for the forms that are made of them. */
#ifndef ASSAY_EXPORT_ROWS_H
#define ASSAY_EXPORT_ROWS_H

#include "lab/journal/journal.h"

struct export_run {
	const char *id, *machine, *plan, *version, *when; /* "" where a journal does not say */
	bool ended;
	const char *status, *result;
};
struct export_step {
	const char *id, *name, *bench, *label, *target; /* as the records have them, or "" */
	const char *outcome, *reason;
	double seconds;
	const struct cJSON *body; /* of a measurement; NULL while only steps are asked for */
	const char *timestamp;
	unsigned sequence; /* of the measurement's record */
};

void export_run_read(const struct folder *folder, struct export_run *out);
/* Each step in order; a non-zero return of `each` ends it. */
int export_steps(const struct folder *folder,
		 int (*each)(void *context, const struct export_step *step), void *context);
/* Each measurement in order, with its step. */
int export_measurements(const struct folder *folder,
			int (*each)(void *context, const struct export_step *row), void *context);
/* "64 KiB x 4 KiB" as the journal has it: file=64 KiB;record=4 KiB. */
void export_place(const struct cJSON *measurement, struct text *out);

#endif
