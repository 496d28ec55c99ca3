/* SPDX-License-Identifier: MIT */
/* A run in the forms of others. A form is a function in a file of this folder, and a row in
 * lab/export.c. */
#ifndef ASSAY_EXPORT_H
#define ASSAY_EXPORT_H

#include <stdio.h>

#include "lab/journal/journal.h"

struct export_format {
	const char *name, *summary;
	/* 0, or -errno and the reason; what is not verified is for the form to judge. */
	int (*write)(const struct folder *folder, FILE *out, char *why, size_t room);
	bool single; /* two of them behind each other are none: one run at a time */
};

int export_in_toto(const struct folder *folder, FILE *out, char *why, size_t room);
int export_disclosure(const struct folder *folder, FILE *out, char *why, size_t room);
int export_plan(const struct folder *folder, FILE *out, char *why, size_t room);
int export_csv(const struct folder *folder, FILE *out, char *why, size_t room);
int export_openmetrics(const struct folder *folder, FILE *out, char *why, size_t room);
int export_junit(const struct folder *folder, FILE *out, char *why, size_t room);
int export_postgres(const struct folder *folder, FILE *out, char *why, size_t room);
int export_journal(const struct folder *folder, FILE *out, char *why, size_t room);

#endif
