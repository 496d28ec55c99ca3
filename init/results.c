/* SPDX-License-Identifier: MIT */
/* The partition named assay-results: a run is a folder of plain files, each record on the disk
 * before the next step. */
#include "init/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char place[] = "/results", runs[] = "/results/runs";
const char results_mark_name[] = "unfinished";
/* A full partition stops the run before it measures what it could not keep. */
enum { FREE_BYTES_NEEDED = 4 << 20, HASH_LINE = 65 };

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
	return file_write_all(results->chain_fd, hex, HASH_LINE);
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
	if (block->read_only)
		return text_refuse(-EROFS, why, room,
				   "assay-results (%s) cannot be written: it is read-only", path);
	mkdir(place, 0755);
	if (mount(path, place, "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID | MS_NOEXEC,
		  "errors=remount-ro"))
		return text_refuse(-errno, why, room,
				   "assay-results (%s) cannot be mounted as ext4: %s", path,
				   strerror(errno));
	return 0;
}

static int open_append(int folder_fd, const char *name, int flags)
{
	int fd =
		openat(folder_fd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0644);

	return fd < 0 ? -errno : fd;
}

static int open_both(struct results *results, int flags)
{
	results->folder_fd = open(results->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (results->folder_fd < 0)
		return -errno;
	results->journal_fd = open_append(results->folder_fd, "journal.jsonl", flags);
	results->chain_fd = open_append(results->folder_fd, "journal.sha256", flags);
	if (results->journal_fd < 0)
		return results->journal_fd;
	return results->chain_fd < 0 ? results->chain_fd : 0;
}

/* A file is on the disk when its folder is, too, and the folder's folder. */
static int sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static int open_files(struct results *results)
{
	int err = mkdir(results->folder, 0755) ? -errno : open_both(results, O_CREAT | O_EXCL);

	return !err && fsync(results->folder_fd) ? -errno : err;
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

static void name_folder(struct results *results, const char *run_id)
{
	snprintf(results->folder, sizeof(results->folder), "%s/%s", runs, run_id);
}

static int make_folder(struct results *results, const char *run_id)
{
	int err;

	if (!mkdir(runs, 0755))
		err = sync_folder(place);
	else
		err = errno == EEXIST ? 0 : -errno;
	name_folder(results, run_id);
	if (!err)
		err = open_files(results);
	return err ? err : sync_folder(runs);
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

int results_check_room(struct results *results)
{
	return check_room(results->state, sizeof(results->state));
}

static int take_folder(struct results *results, const char *run_id, const char *what, int err)
{
	if (err)
		return text_refuse(err, results->state, sizeof(results->state),
				   "assay-results: %s %s: %s", what, results->folder,
				   strerror(-err));
	results->usable = true;
	results->sink =
		(struct sink){ "results partition", append_line, sync_both, results, false, 0 };
	snprintf(results->state, sizeof(results->state), "results partition: runs/%s", run_id);
	return 0;
}

int results_begin(struct results *results, const char *run_id)
{
	return take_folder(results, run_id, "make", make_folder(results, run_id));
}

static int cut(int fd, off_t bytes)
{
	return ftruncate(fd, bytes) || fsync(fd) ? -errno : 0;
}

int results_continue(struct results *results, const char *run_id, uint64_t journal_bytes,
		     unsigned records)
{
	int err;

	name_folder(results, run_id);
	err = open_both(results, 0);
	if (!err)
		err = cut(results->journal_fd, (off_t)journal_bytes);
	if (!err)
		err = cut(results->chain_fd, (off_t)records * HASH_LINE);
	results->marked = true;
	return take_folder(results, run_id, "go on in", err);
}

int results_read(const struct results *results, const char *run_id, const char *name)
{
	char path[200];
	int fd;

	if (!results->mounted)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/%s/%s", runs, run_id, name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool is_run_id(const char *name)
{
	size_t len = strlen(name);

	return len >= 32 && len < 64 && strspn(name, "0123456789abcdef-") == len;
}

bool results_run_before(const struct results *results, const char *bound, char out[64])
{
	char best[64] = "";
	struct dirent *entry;
	DIR *dir = results->mounted ? opendir(runs) : NULL;

	while (dir && (entry = readdir(dir)))
		if (is_run_id(entry->d_name) && strcmp(entry->d_name, best) > 0 &&
		    (!bound[0] || strcmp(entry->d_name, bound) < 0))
			strcpy(best, entry->d_name);
	if (dir)
		closedir(dir);
	strcpy(out, best);
	return best[0];
}

static int write_synced(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int err = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));

	if (!err && fsync(fd))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

int results_leave(const struct results *results, const char *name, const char *text)
{
	char path[80], fresh[96];
	int err;

	if (!results->mounted)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/%s", place, name);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if (!text)
		err = unlink(path) && errno != ENOENT ? -errno : 0;
	else
		err = write_synced(fresh, text);
	if (!err && text && rename(fresh, path))
		err = -errno;
	return err ? err : sync_folder(place);
}

int results_mark(struct results *results, const char *mark)
{
	int err = results_leave(results, results_mark_name, mark);

	if (results->mounted)
		results->marked = mark && !err;
	return err;
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
