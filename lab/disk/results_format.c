/* SPDX-License-Identifier: MIT */
/* A new results disk: GPT with one partition named assay-results and ext4 on it, in a regular file,
 * without root. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/disk/disk.h"

/* In sectors: the first partition starts at 1 MiB, the second copy of the table takes the last 33. */
enum { SECTOR = 512, FIRST = 2048, TAIL = 48, ALIGN = 8 };
static const uint64_t least_bytes = 8 << 20;

/* An empty or absent file may be taken; a former results disk as well; anything else only when it
 * is said. */
static int check_target(const char *path, bool force, char *why, size_t room)
{
	struct partition partition;
	struct stat st;
	int fd, err;

	if (stat(path, &st))
		return errno == ENOENT ?
			       0 :
			       text_refuse(-errno, why, room, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return text_refuse(-EINVAL, why, room, "%s: a regular file expected", path);
	if (!st.st_size || force)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return text_refuse(-errno, why, room, "%s: %s", path, strerror(errno));
	err = gpt_find(fd, "assay-results", &partition, NULL, 0);
	close(fd);
	return err ? text_refuse(
			     -EEXIST, why, room,
			     "%s: holds something that is no results disk; force=yes overwrites it",
			     path) :
		     0;
}

static int make_table(struct command *command, const char *path, uint64_t sectors, char *why,
		      size_t room)
{
	char script[160];
	int err = command_begin_program(command, "sfdisk", "fdisk", why, room);

	if (err)
		return err;
	path_format(script, sizeof(script),
		    "label: gpt\nstart=%d, size=%llu, type=linux, name=assay-results\n", FIRST,
		    (unsigned long long)sectors);
	command_add(command, "-q");
	command_add(command, "--no-reread");
	command_add(command, "--no-tell-kernel");
	command_add(command, "%s", path);
	return process_run(command, NULL, script, NULL, why, room);
}

static int make_ext4(struct command *command, const char *path, uint64_t sectors, char *why,
		     size_t room)
{
	int err = command_begin_program(command, "mke2fs", "e2fsprogs", why, room);

	if (err)
		return err;
	command_add(command, "-q");
	command_add(command, "-F");
	command_add(command, "-t");
	command_add(command, "ext4");
	command_add(command, "-L");
	command_add(command, "assay-results");
	/* No lazy initialisation: its kernel thread would write during a measurement.. */
	command_add(command, "-E");
	command_add(command, "offset=%d,lazy_itable_init=0,lazy_journal_init=0,nodiscard",
		    FIRST * SECTOR);
	command_add(command, "%s", path);
	command_add(command, "%lluk", (unsigned long long)(sectors / 2));
	return process_run(command, NULL, NULL, NULL, why, room);
}

int results_disk_format(const char *path, uint64_t bytes, bool force, char *why, size_t room)
{
	uint64_t sectors = bytes / SECTOR;
	struct command *command;
	int err = check_target(path, force, why, room);

	if (!err && bytes < least_bytes)
		err = text_refuse(-ERANGE, why, room, "size: at least 8M expected");
	command = malloc(sizeof(*command));
	if (err || !command) {
		free(command);
		return err ? err : -ENOMEM;
	}
	sectors = (sectors - FIRST - TAIL) / ALIGN * ALIGN;
	err = path_make_sparse(path, bytes, why, room);
	if (!err)
		err = make_table(command, path, sectors, why, room);
	if (!err)
		err = make_ext4(command, path, sectors, why, room);
	free(command);
	return err;
}
