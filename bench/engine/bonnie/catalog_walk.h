/* SPDX-License-Identifier: MIT */
/* Between catalog.c and catalog_walk.c. */
#ifndef ASSAY_BONNIE_CATALOG_WALK_H
#define ASSAY_BONNIE_CATALOG_WALK_H

#include "bench/engine/bonnie/catalog.h"

enum { CATALOG_DIRECTORY = 8 };
void catalog_directory_name(unsigned number, char name[CATALOG_DIRECTORY]);
void catalog_close(struct catalog *catalog); /* the descriptors in it */
/* Notes what failed; returns err. */
int catalog_failed(struct catalog *catalog, int err, const char *doing);

#endif
