/* SPDX-License-Identifier: MIT */
/* Fields of PostgreSQL's COPY in text format: tabs between them, \N for none. */
#ifndef ASSAY_EXPORT_COPY_H
#define ASSAY_EXPORT_COPY_H

#include <stdio.h>

/* The first of a row, or behind a tab. What is not UTF-8 becomes '?': the server takes nothing
 * else. */
void copy_text(FILE *out, const char *text);
/* A further one; NULL: none. */
void copy_next(FILE *out, const char *text);
void copy_next_number(FILE *out, double value);

#endif
