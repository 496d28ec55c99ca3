/* SPDX-License-Identifier: MIT */
/*
 * The results partition of a disk image, read without root, without mounting and without changing a
 * byte of it: debugfs reads ext4 in place. A file system that was not unmounted owes a journal
 * replay; that happens on a private copy. What comes from a disk is not trusted: names are checked
 * before they become files of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/disk/disk.h"

static const char partition_name[] = "assay-results";
enum { SUPERBLOCK = 1024, MAGIC_AT = 0x38, INCOMPAT_AT = 0x60, NEEDS_RECOVERY = 4 };
enum { FILE_MAX = 1 << 30 };

/* One line of debugfs' "ls -p": /inode/mode/uid/gid/name/size/ */
struct entry {
	unsigned long inode, mode;
	char name[NAME_MAX + 1];
	uint64_t size;
};

static int debugfs(const struct results_disk *disk, const char *folder, const char *script,
		   char **output, char *why, size_t room)
{
	struct command *command = malloc(sizeof(*command));
	int err;

	if (!command)
		return -ENOMEM;
	err = command_begin_program(command, "debugfs", "e2fsprogs", why, room);
	command_add(command, "-f");
	command_add(command, "-");
	command_add(command, "%s?offset=%llu", disk->image, (unsigned long long)disk->place.start);
	if (!err)
		err = process_run(command, folder, script, output, why, room);
	free(command);
	return err;
}

static bool parse_entry(const char *line, struct entry *entry)
{
	unsigned long long size = 0;
	int taken = 0;

	/* A directory has an empty size. */
	if (sscanf(line, "/%lu/%lo/%*u/%*u/%255[^/\n]/%n", &entry->inode, &entry->mode, entry->name,
		   &taken) != 3 ||
	    !taken)
		return false;
	if (sscanf(line + taken, "%llu/", &size) != 1)
		size = 0;
	entry->size = size;
	return true;
}

/* Calls `each` for every entry of a folder but "." and "..". */
static int list(const struct results_disk *disk, const char *folder,
		int (*each)(void *context, const struct entry *), void *context, char *why,
		size_t room)
{
	char script[PATH_ROOM], *output = NULL, *rest, *line;
	int err = path_format(script, sizeof(script), "ls -p %s\n", folder);

	if (!err)
		err = debugfs(disk, NULL, script, &output, why, room);
	rest = output;
	while (!err && (line = strsep(&rest, "\n"))) {
		struct entry entry;

		if (parse_entry(line, &entry) && entry.inode && strcmp(entry.name, ".") != 0 &&
		    strcmp(entry.name, "..") != 0)
			err = each(context, &entry);
	}
	free(output);
	return err;
}

static int read_superblock(int fd, uint64_t offset, bool *needs_recovery, char *why, size_t room)
{
	uint8_t block[SUPERBLOCK];

	if (pread(fd, block, sizeof(block), (off_t)(offset + SUPERBLOCK)) !=
		    (ssize_t)sizeof(block) ||
	    block[MAGIC_AT] != 0x53 || block[MAGIC_AT + 1] != 0xef)
		return text_refuse(-EINVAL, why, room, "partition %s holds no ext4 file system",
				   partition_name);
	*needs_recovery = block[INCOMPAT_AT] & NEEDS_RECOVERY;
	return 0;
}

static int repair(const char *image, char *why, size_t room)
{
	struct command *command = malloc(sizeof(*command));
	char said[WHY_ROOM] = "";
	int err;

	if (!command)
		return -ENOMEM;
	err = command_begin_program(command, "e2fsck", "e2fsprogs", why, room);
	command_add(command, "-fy");
	command_add(command, "%s", image);
	/* Its exit code is not 0 when it repaired something, which is what it is for: debugfs will
	 * judge. */
	if (!err)
		process_run(command, NULL, NULL, NULL, said, sizeof(said));
	free(command);
	return err;
}

/* The partition by itself: e2fsck 1.47 forgets an offset when it opens the file system a second
 * time. */
static int recover(struct results_disk *disk, char *why, size_t room)
{
	char copy[PATH_ROOM];
	int err = path_format(copy, sizeof(copy), "%s/results-recovered.raw", disk->scratch);

	if (!err)
		err = path_copy_part(disk->image, disk->place.start, disk->place.bytes, copy);
	if (err)
		return text_refuse(err, why, room, "copy %s to recover it: %s", disk->image,
				   strerror(-err));
	disk->recovered = true;
	disk->place.start = 0;
	memcpy(disk->image, copy, sizeof(copy));
	return repair(copy, why, room);
}

static int find_partition(struct results_disk *disk, int fd, bool *needs_recovery, char *why,
			  size_t room)
{
	char reason[WHY_ROOM];
	int err = gpt_find(fd, partition_name, &disk->place, reason, sizeof(reason));

	if (!err)
		err = read_superblock(fd, disk->place.start, needs_recovery, reason,
				      sizeof(reason));
	return err ? text_refuse(err, why, room, "%s: %s", disk->image, reason) : 0;
}

int results_disk_open(struct results_disk *disk, const char *path, const char *scratch, char *why,
		      size_t room)
{
	bool needs_recovery = false;
	int fd, err;

	*disk = (struct results_disk){ 0 };
	/* Absolute, since debugfs runs in the folder that it fills. */
	err = path_absolute(path, disk->image, sizeof(disk->image));
	if (!err)
		err = path_absolute(scratch, disk->scratch, sizeof(disk->scratch));
	if (err)
		return text_refuse(err, why, room, "%s: %s", path, strerror(-err));
	/* debugfs takes what follows for options */
	if (strchr(disk->image, '?') || strchr(disk->scratch, '?'))
		return text_refuse(-EINVAL, why, room, "%s: a path without '?' expected", path);
	fd = open(disk->image, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return text_refuse(-errno, why, room, "%s: %s", path, strerror(errno));
	err = find_partition(disk, fd, &needs_recovery, why, room);
	close(fd);
	return !err && needs_recovery ? recover(disk, why, room) : err;
}

struct run_list {
	char (*ids)[RUN_ID_ROOM];
	size_t count, max;
};

static int add_run(void *context, const struct entry *entry)
{
	struct run_list *runs = context;

	if (!S_ISDIR(entry->mode) || !path_name_is_plain(entry->name) ||
	    strlen(entry->name) >= RUN_ID_ROOM)
		return 0;
	if (runs->count == runs->max)
		return -E2BIG;
	snprintf(runs->ids[runs->count++], RUN_ID_ROOM, "%.63s", entry->name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int results_disk_runs(const struct results_disk *disk, char ids[][RUN_ID_ROOM], size_t max,
		      char *why, size_t room)
{
	struct run_list runs = { ids, 0, max };
	int err = list(disk, "/runs", add_run, &runs, why, room);

	if (err == -E2BIG)
		return text_refuse(err, why, room, "more than %zu runs on one partition", max);
	if (err)
		return err;
	if (runs.count)
		qsort(ids, runs.count, RUN_ID_ROOM, by_name);
	return (int)runs.count;
}

struct extraction {
	struct text script;
	struct notes *notes, names;
};

static int plan_file(void *context, const struct entry *entry)
{
	struct extraction *extraction = context;

	if (!path_name_is_plain(entry->name))
		notes_add(extraction->notes,
			  "a file on the results partition was left there: its name is not plain");
	else if (!S_ISREG(entry->mode))
		notes_add(extraction->notes,
			  "%s on the results partition was left there: not a regular file",
			  entry->name);
	else if (entry->size > FILE_MAX)
		notes_add(extraction->notes,
			  "%s on the results partition was left there: larger than 1 GiB",
			  entry->name);
	else {
		/* By inode: the name on the disk is not used again. */
		text_add(&extraction->script, "dump <%lu> %s\n", entry->inode, entry->name);
		notes_add(&extraction->names, "%s", entry->name);
	}
	return extraction->script.cut ? -E2BIG : 0;
}

/* debugfs ends well even when a command of its script did not. */
static int check_arrival(const struct notes *names, const char *into, char *why, size_t room)
{
	for (size_t i = 0; i < names->count; i++) {
		char path[PATH_ROOM];

		if (path_format(path, sizeof(path), "%s/%s", into, names->line[i]) ||
		    !path_exists(path))
			return text_refuse(-EIO, why, room, "%s could not be read", names->line[i]);
	}
	return 0;
}

int results_disk_extract(const struct results_disk *disk, const char *id, const char *into,
			 struct notes *notes, char *why, size_t room)
{
	enum { SCRIPT = 65536 };
	struct extraction extraction = { .notes = notes };
	char folder[PATH_ROOM], *script = malloc(SCRIPT);
	int err = path_format(folder, sizeof(folder), "/runs/%s", id);

	if (!script)
		return -ENOMEM;
	text_begin(&extraction.script, script, SCRIPT);
	if (!err)
		err = list(disk, folder, plan_file, &extraction, why, room);
	if (!err && !extraction.script.len)
		err = text_refuse(-ENOENT, why, room, "no run %s on the results partition", id);
	if (!err)
		err = debugfs(disk, into, script, NULL, why, room);
	if (!err)
		err = check_arrival(&extraction.names, into, why, room);
	notes_free(&extraction.names);
	free(script);
	return err;
}
