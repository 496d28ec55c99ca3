/* SPDX-License-Identifier: MIT */
/* Many files: the directories they are in, making them, and removing them after a failure. */
#include "bench/engine/bonnie/catalog.h"
#include "bench/engine/bonnie/catalog_walk.h"
#include "bench/engine/bonnie/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int catalog_begin(struct catalog *catalog, struct run *run)
{
	const union value *value = run->value;
	bool old = bonnie_is_old(value);
	int err;

	*catalog = (struct catalog){ .run = run, .parent = -1, .top = -1 };
	err = bonnie_files(value, &catalog->files);
	if (err)
		return run_fail(run, err, "files_max=%s", value[BONNIE_FILES_MAX].text);
	catalog->digits = old ? 7 : 10;
	catalog->sync_each = value[BONNIE_SYNC].on;
	catalog->sync_all = !old;
	catalog->stock_pattern = value[BONNIE_PATTERN].num;
	snprintf(catalog->name, sizeof(catalog->name), "Bonnie.%lu", (unsigned long)getpid());
	err = pattern_begin(&catalog->pattern,
			    catalog->stock_pattern ? PATTERN_BONNIE : PATTERN_RANDOM,
			    catalog->files.chunk_bytes, value[BONNIE_SEED].num);
	catalog->buffer = malloc(catalog->files.chunk_bytes);
	catalog->entries = malloc(LISTING_ROOM);
	if (err || !catalog->buffer || !catalog->entries)
		return run_fail(run, -ENOMEM, "prepare buffers");
	catalog->parent = open(run->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return catalog->parent < 0 ? run_fail(run, -errno, "open %s", run->target) : 0;
}

void catalog_end(struct catalog *catalog)
{
	catalog_close(catalog);
	if (catalog->parent >= 0)
		close(catalog->parent);
	names_free(&catalog->names);
	pattern_end(&catalog->pattern);
	free(catalog->buffer);
	free(catalog->entries);
}

void catalog_directory_name(unsigned number, char name[CATALOG_DIRECTORY])
{
	snprintf(name, CATALOG_DIRECTORY, "%05u", number % (NAMES_DIRECTORIES + 1));
}

/* ---- outside the clock ---- */

static int keep_directory(struct catalog *catalog, unsigned number, const char *name)
{
	if (!catalog->directory)
		return 0;
	catalog->directory[number] = openat(catalog->top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return catalog->directory[number] < 0 ?
		       catalog_failed(catalog, -errno, "open a directory") :
		       0;
}

static int make_below(struct catalog *catalog)
{
	char name[CATALOG_DIRECTORY];
	int err = 0;

	if (catalog->files.directories == 1)
		return keep_directory(catalog, 0, ".");
	for (unsigned i = 0; i < catalog->files.directories && !err; i++) {
		catalog_directory_name(i, name);
		err = mkdirat(catalog->top, name, 0700) ?
			      catalog_failed(catalog, -errno, "make a directory") :
			      keep_directory(catalog, i, name);
	}
	return err;
}

static int make_directories(struct catalog *catalog)
{
	unsigned count = catalog->files.directories;

	if (mkdirat(catalog->parent, catalog->name, 0700))
		return catalog_failed(catalog, -errno, "make their directory");
	catalog->made = true;
	catalog->top = openat(catalog->parent, catalog->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (catalog->top < 0)
		return catalog_failed(catalog, -errno, "open their directory");
	if (catalog->sync_each) {
		catalog->directory = malloc(count * sizeof(*catalog->directory));
		if (!catalog->directory)
			return -ENOMEM;
		memset(catalog->directory, 0xff, count * sizeof(*catalog->directory)); /* -1 */
	}
	return make_below(catalog);
}

int catalog_prepare(struct catalog *catalog, bool random_order)
{
	struct names_form form = {
		.count = catalog->files.count,
		.directories = catalog->files.directories,
		.digits = catalog->digits,
		.letters_first = random_order,
	};
	int err;

	names_free(&catalog->names);
	catalog->doing = "name them";
	err = names_make(&catalog->names, &form, &catalog->random);
	return err ? err : make_directories(catalog);
}

void catalog_shuffle(struct catalog *catalog)
{
	names_shuffle(&catalog->names, &catalog->random);
}

void catalog_close(struct catalog *catalog)
{
	for (unsigned i = 0; catalog->directory && i < catalog->files.directories; i++)
		if (catalog->directory[i] >= 0)
			close(catalog->directory[i]);
	free(catalog->directory);
	catalog->directory = NULL;
	if (catalog->top >= 0)
		close(catalog->top);
	catalog->top = -1;
}

/* ---- after a failure ---- */

/* What is in it; `deeper`: directories too. The first failure is returned, and the rest tried. */
static int empty(struct catalog *catalog, int parent, const char *name, bool deeper)
{
	struct listing listing;
	char *entries = malloc(LISTING_ROOM);
	const char *entry;
	int err = entries ? listing_open(&listing, parent, name, entries) : -ENOMEM, end = 0;

	if (err) {
		free(entries);
		return err;
	}
	while ((entry = listing_next(&listing, &end))) {
		if (!unlinkat(listing.fd, entry, 0))
			continue;
		err = errno == EISDIR && deeper ? empty(catalog, listing.fd, entry, false) : -errno;
		if (!err && unlinkat(listing.fd, entry, AT_REMOVEDIR))
			err = -errno;
		if (err)
			break;
	}
	listing_close(&listing);
	free(entries);
	return err ? err : end;
}

int catalog_remove(struct catalog *catalog)
{
	int err;

	catalog_close(catalog);
	if (!catalog->made)
		return 0;
	err = empty(catalog, catalog->parent, catalog->name, true);
	if (!err && unlinkat(catalog->parent, catalog->name, AT_REMOVEDIR))
		err = -errno;
	catalog->made = err != 0;
	return err;
}
