/* SPDX-License-Identifier: MIT */
/* The timed loops of bonnie++'s many files: making, looking at, deleting. */
#include "bench/engine/bonnie/catalog_walk.h"
#include "bench/engine/bonnie/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int catalog_failed(struct catalog *catalog, int err, const char *doing)
{
	catalog->doing = doing;
	return err;
}

/* The end of one is the beginning of the next. */
static uint64_t account(struct catalog *catalog, uint64_t before_ns)
{
	uint64_t after_ns = catalog->run->now_ns();

	histogram_add(&catalog->latency_ns, after_ns - before_ns);
	if (!(++catalog->done & 255))
		run_progress(catalog->run,
			     catalog->share.from + catalog->share.part * (double)catalog->done /
							   (double)catalog->files.count);
	return after_ns;
}

static int sync_directory(struct catalog *catalog, unsigned number)
{
	if (!catalog->directory || !fsync(catalog->directory[number]))
		return 0;
	return catalog_failed(catalog, -errno, "flush a directory");
}

/* ---- create ---- */

static const uint8_t *contents(struct catalog *catalog)
{
	return catalog->stock_pattern ? catalog->pattern.pool : pattern_next(&catalog->pattern);
}

static int fill(struct catalog *catalog, int fd, uint64_t bytes)
{
	size_t chunk = catalog->files.chunk_bytes, part;

	for (; bytes; bytes -= part) {
		int err;

		part = bytes < chunk ? bytes : chunk;
		err = transfer_write(&catalog->failed, fd, contents(catalog), part);
		if (err)
			return catalog_failed(catalog, err, "write");
	}
	return 0;
}

static int create_file(struct catalog *catalog, const char *name, uint64_t bytes)
{
	int fd = openat(catalog->top, name, O_WRONLY | O_CREAT | O_EXCL, 0600), err;

	if (fd < 0)
		return catalog_failed(catalog, -errno, "create");
	err = fill(catalog, fd, bytes);
	if (!err && catalog->sync_each)
		err = fsync(fd) ? catalog_failed(catalog, -errno, "flush") :
				  sync_directory(catalog, names_directory(name));
	if (close(fd) && !err)
		err = catalog_failed(catalog, -errno, "close");
	return err;
}

/* To the first file, from its own directory or from another one. */
static int create_symlink(struct catalog *catalog, const char *first, const char *name)
{
	char target[NAMES_ROOM + 3];
	bool across = catalog->files.directories > 1, away = across && names_directory(name);

	snprintf(target, sizeof(target), "%s%s", away ? "../" : "",
		 first + (across && !away ? 6 : 0));
	return symlinkat(target, catalog->top, name) ?
		       catalog_failed(catalog, -errno, "make a symbolic link") :
		       0;
}

static int create_link(struct catalog *catalog, const char *name)
{
	const char *first = names_of(&catalog->names, 0);
	int err = 0;

	if (catalog->files.kind == FILES_SYMLINK)
		err = create_symlink(catalog, first, name);
	else if (linkat(catalog->top, first, catalog->top, name, 0))
		err = catalog_failed(catalog, -errno, "make a hard link");
	return err ? err : sync_directory(catalog, names_directory(name));
}

static uint64_t draw_size(struct catalog *catalog)
{
	uint64_t range = catalog->files.max_bytes - catalog->files.min_bytes;

	return catalog->files.min_bytes + (range ? random_below(&catalog->random, range + 1) : 0);
}

int catalog_create(struct catalog *catalog)
{
	uint64_t before_ns = catalog->run->now_ns();

	for (uint32_t i = 0; i < catalog->files.count; i++) {
		const char *name = names_of(&catalog->names, i);
		int err = i && catalog->files.kind != FILES_PLAIN ?
				  create_link(catalog, name) :
				  create_file(catalog, name, draw_size(catalog));

		if (err)
			return err;
		before_ns = account(catalog, before_ns);
	}
	if (catalog->sync_all)
		sync();
	return 0;
}

/* ---- stat ---- */

static int read_all(struct catalog *catalog, int fd, uint64_t bytes)
{
	size_t chunk = catalog->files.chunk_bytes, part;

	for (; bytes; bytes -= part) {
		int err;

		part = bytes < chunk ? bytes : chunk;
		err = transfer_read(&catalog->failed, fd, catalog->buffer, part);
		if (err)
			return catalog_failed(catalog, err, "read");
	}
	return 0;
}

static int stat_one(struct catalog *catalog, int directory, const char *name)
{
	struct stat facts;
	int fd, err;

	if (fstatat(directory, name, &facts, 0))
		return catalog_failed(catalog, -errno, "stat");
	if (!facts.st_size)
		return 0;
	fd = openat(directory, name, O_RDONLY);
	if (fd < 0)
		return catalog_failed(catalog, -errno, "open");
	err = read_all(catalog, fd, (uint64_t)facts.st_size);
	if (close(fd) && !err)
		err = catalog_failed(catalog, -errno, "close");
	return err;
}

int catalog_stat_named(struct catalog *catalog)
{
	uint64_t before_ns = catalog->run->now_ns();

	for (uint32_t i = 0; i < catalog->names.count; i++) {
		int err = stat_one(catalog, catalog->top, names_of(&catalog->names, i));

		if (err)
			return err;
		before_ns = account(catalog, before_ns);
	}
	return 0;
}

/* ---- in the directory's order ---- */

/* Each entry of one directory; reading the directory is in the time, and in no latency. */
static int each_entry(struct catalog *catalog, const char *directory, unsigned number,
		      int (*one)(struct catalog *, int directory, const char *name,
				 unsigned number))
{
	struct listing listing;
	const char *name;
	int err = listing_open(&listing, catalog->top, directory, catalog->entries), end = 0;

	if (err)
		return catalog_failed(catalog, err, "open a directory");
	while (!err && (name = listing_next(&listing, &end))) {
		uint64_t before_ns = catalog->run->now_ns();

		err = one(catalog, listing.fd, name, number);
		if (!err)
			account(catalog, before_ns);
	}
	listing_close(&listing);
	return err || !end ? err : catalog_failed(catalog, end, "read a directory");
}

/* Its descriptor goes first, as in the original. */
static int remove_directory(struct catalog *catalog, unsigned number, const char *name)
{
	if (catalog->directory) {
		close(catalog->directory[number]);
		catalog->directory[number] = -1;
	}
	return unlinkat(catalog->top, name, AT_REMOVEDIR) ?
		       catalog_failed(catalog, -errno, "remove a directory") :
		       0;
}

static int each_directory(struct catalog *catalog, bool remove,
			  int (*one)(struct catalog *, int directory, const char *name,
				     unsigned number))
{
	char name[CATALOG_DIRECTORY];
	int err = 0;

	if (catalog->files.directories == 1)
		err = each_entry(catalog, ".", 0, one);
	else
		for (unsigned i = 0; i < catalog->files.directories && !err; i++) {
			catalog_directory_name(i, name);
			err = each_entry(catalog, name, i, one);
			if (!err && remove)
				err = remove_directory(catalog, i, name);
		}
	if (err || catalog->done == catalog->files.count)
		return err;
	return catalog_failed(catalog, -ENOENT, "find all of them");
}

static int stat_entry(struct catalog *catalog, int directory, const char *name, unsigned number)
{
	(void)number;
	return stat_one(catalog, directory, name);
}

int catalog_stat_listed(struct catalog *catalog)
{
	return each_directory(catalog, false, stat_entry);
}

/* ---- delete ---- */

static int delete_entry(struct catalog *catalog, int directory, const char *name, unsigned number)
{
	if (unlinkat(directory, name, 0))
		return catalog_failed(catalog, -errno, "delete");
	return sync_directory(catalog, number);
}

/* The last of both orders: the directory itself, and what 2.00 waits for. */
static int leave(struct catalog *catalog)
{
	catalog_close(catalog);
	if (unlinkat(catalog->parent, catalog->name, AT_REMOVEDIR))
		return catalog_failed(catalog, -errno, "remove their directory");
	catalog->made = false;
	if (catalog->sync_all)
		sync();
	return 0;
}

int catalog_delete_listed(struct catalog *catalog)
{
	int err = each_directory(catalog, true, delete_entry);

	return err ? err : leave(catalog);
}

static int remove_directories(struct catalog *catalog)
{
	char name[CATALOG_DIRECTORY];
	int err = 0;

	for (unsigned i = 0;
	     i < catalog->files.directories && catalog->files.directories > 1 && !err; i++) {
		catalog_directory_name(i, name);
		err = remove_directory(catalog, i, name);
	}
	return err ? err : leave(catalog);
}

int catalog_delete_named(struct catalog *catalog)
{
	uint64_t before_ns = catalog->run->now_ns();

	for (uint32_t i = 0; i < catalog->names.count; i++) {
		const char *name = names_of(&catalog->names, i);
		int err = delete_entry(catalog, catalog->top, name, names_directory(name));

		if (err)
			return err;
		before_ns = account(catalog, before_ns);
	}
	return remove_directories(catalog);
}
