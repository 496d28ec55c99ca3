/* SPDX-License-Identifier: MIT */
/*
 * The difference to the previous run: what the machine, its settings and the image were in the last
 * whole run on the same results partition, fact by fact (lib/facts.c).
 */
#ifndef ASSAY_PREVIOUS_H
#define ASSAY_PREVIOUS_H

#include "init/init.h"

#include <stdio.h>

/* The start of a whole run, to be deleted by cJSON_Delete(): its first two lines follow their
 * hashes, its last one is the end of the run. What lies between is not read: it may be long.
 * -EBADMSG; -ENODATA: the run has no end. */
int previous_read(FILE *journal, FILE *chain, struct cJSON **start);
/* The youngest whole run of the results partition, into story->previous. */
void previous_find(struct story *story);
/* Adds what changed to the metadata of this run's start, and puts it into words. */
void previous_compare(struct previous *previous, struct cJSON *start);
void previous_tell(struct story *story); /* the words: to people, and as a record */

#endif
