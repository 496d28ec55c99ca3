/* SPDX-License-Identifier: MIT */
/* The partition named assay-results: a run is a folder of plain files, each record on the disk
 * before the next step. */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char place[] = "/results";
/* A full partition stops the run before it measures what it could not keep. */
enum { FREE_BYTES_NEEDED = 4 << 20 };

static int append_line(struct sink *sink, const char *line, size_t len, unsigned sequence,
		       const struct digest *head)
{
	struct results *results = sink->state;
	char hex[66];
	int err = file_write_all(results->journal_fd, line, len);

	(void)sequence;
	if (err)
		return err;
	digest_hex(head, hex, 32);
	strcat(hex, "\n");
	return file_write_all(results->chain_fd, hex, 65);
}

static int sync_both(struct sink *sink)
{
	struct results *results = sink->state;

	if (fdatasync(results->journal_fd) || fdatasync(results->chain_fd))
		return -errno;
	return 0;
}

static int mount_found(const struct machine *machine, char *why, size_t room)
{
	size_t matches;
	const struct block *block = block_by_partition_name(machine, "assay-results", &matches);
	char path[48];

	if (!matches)
		return text_refuse(-ENODEV, why, room,
				   "no partition named assay-results: results go to serial only");
	if (matches > 1)
		return text_refuse(
			-ENOTUNIQ, why, room,
			"%zu partitions named assay-results: none is taken, results go to serial only",
			matches);
	snprintf(path, sizeof(path), "/dev/%s", block->name);
	mkdir(place, 0755);
	if (mount(path, place, "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID | MS_NOEXEC,
		  "errors=remount-ro"))
		return text_refuse(-errno, why, room,
				   "assay-results (%s) cannot be mounted as ext4: %s", path,
				   strerror(errno));
	return 0;
}

static int open_append(int folder_fd, const char *name)
{
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

static int open_files(struct results *results)
{
	if (mkdir(results->folder, 0755))
		return -errno;
	results->folder_fd = open(results->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (results->folder_fd < 0)
		return -errno;
	results->journal_fd = open_append(results->folder_fd, "journal.jsonl");
	results->chain_fd = open_append(results->folder_fd, "journal.sha256");
	if (results->journal_fd < 0)
		return results->journal_fd;
	return results->chain_fd < 0 ? results->chain_fd : fsync(results->folder_fd) ? -errno : 0;
}

int results_open_folder(struct results *results, const char *folder)
{
	*results = (struct results){ .journal_fd = -1, .chain_fd = -1, .folder_fd = -1 };
	if (strlen(folder) >= sizeof(results->folder))
		return -ENAMETOOLONG;
	strcpy(results->folder, folder);
	int err = open_files(results);
	results->usable = !err;
	results->sink =
		(struct sink){ "results folder", append_line, sync_both, results, false, 0 };
	return err;
}

static int make_folder(struct results *results, const char *run_id)
{
	char runs[32];

	snprintf(runs, sizeof(runs), "%s/runs", place);
	snprintf(results->folder, sizeof(results->folder), "%s/%s", runs, run_id);
	if (mkdir(runs, 0755) && errno != EEXIST)
		return -errno;
	return open_files(results);
}

static int check_room(char *why, size_t room)
{
	struct statvfs space;
	uint64_t free_bytes;

	if (statvfs(place, &space))
		return text_refuse(-errno, why, room,
				   "assay-results: how full it is cannot be read: %s",
				   strerror(errno));
	free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
	if (free_bytes < FREE_BYTES_NEEDED)
		return text_refuse(
			-ENOSPC, why, room,
			"assay-results is full: %llu bytes free, at least %d needed; earlier runs are kept",
			(unsigned long long)free_bytes, FREE_BYTES_NEEDED);
	return 0;
}

int results_mount(struct results *results, const struct machine *machine)
{
	int err = mount_found(machine, results->state, sizeof(results->state));

	results->folder_fd = results->journal_fd = results->chain_fd = -1;
	results->usable = false;
	results->mounted = !err;
	return err;
}

int results_open(struct results *results, const char *run_id)
{
	int err = check_room(results->state, sizeof(results->state));

	if (err)
		return err;
	err = make_folder(results, run_id);
	if (err)
		return text_refuse(err, results->state, sizeof(results->state),
				   "assay-results: make %s: %s", results->folder, strerror(-err));
	results->usable = true;
	results->sink =
		(struct sink){ "results partition", append_line, sync_both, results, false, 0 };
	snprintf(results->state, sizeof(results->state), "results partition: runs/%s", run_id);
	return 0;
}

int results_load(const struct results *results, const char *name, char **text)
{
	enum { LONGEST = 65536 };
	char path[160];
	ssize_t len;

	*text = NULL;
	if (!results->mounted)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", place, name);
	len = file_load(text, LONGEST, path);
	if (len >= 0 && strlen(*text) != (size_t)len) {
		free(*text);
		*text = NULL;
		return -EINVAL;
	}
	return len < 0 && len != -ENOENT ? (int)len : 0;
}

int results_put(struct results *results, const char *name, const char *text, size_t len)
{
	int fd, err;

	if (!results->usable || results->sink.dead)
		return -ENODEV;
	fd = openat(results->folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text, len);
	if (!err && (fsync(fd) || fsync(results->folder_fd)))
		err = -errno;
	close(fd);
	return err;
}

int results_append(struct results *results, const char *name, const char *text, size_t len)
{
	struct statvfs space;
	int fd, err;

	if (!results->usable || results->sink.dead)
		return -ENODEV;
	if (statvfs(place, &space) ||
	    (uint64_t)space.f_bavail * space.f_frsize < FREE_BYTES_NEEDED / 2 + len)
		return -ENOSPC;
	fd = openat(results->folder_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text, len);
	close(fd);
	return err;
}

int results_sync(const struct results *results)
{
	return results->usable && syncfs(results->folder_fd) ? -errno : 0;
}

void results_close(struct results *results)
{
	int *const fds[] = { &results->journal_fd, &results->chain_fd, &results->folder_fd };

	if (!results->mounted)
		return;
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	if (umount(place))
		umount2(place, MNT_DETACH);
	results->mounted = results->usable = false;
}
