/* SPDX-License-Identifier: MIT */
/*
 * Which payload this is. A running image cannot see the file it came from, so its digest is of what
 * came out of it: SHA-256 over lines, sorted by their bytes,
 *
 *	kernel BUILD-ID			the GNU build id of vmlinux with its initramfs linked in
 *	file /init 0755 SHA-256		each file of the first file system, and
 *	slink /bin/sh busybox		each symbolic link
 *
 * image/manifest.sh makes the same from what goes into the image.
 */
#include "init/origin/origin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct list {
	char *line[PAYLOAD_LINES];
	size_t count, skip; /* skip: of each path, so long is the root's own */
	dev_t device;
	struct digest *init;
	int err;
};

static void add_line(struct list *list, char *line)
{
	if (list->count == PAYLOAD_LINES || !line)
		list->err = line ? -E2BIG : -ENOMEM;
	if (list->err)
		free(line);
	else
		list->line[list->count++] = line;
}

static void add_file(struct list *list, const char *path, const struct stat *stat)
{
	struct digest digest;
	char hex[65], *line = NULL;
	int err = digest_of_file(path, &digest);

	digest_hex(&digest, hex, 32);
	if (list->init && !strcmp(path + list->skip, "/init"))
		*list->init = digest;
	if (err)
		list->err = err;
	else if (asprintf(&line, "file %s %04o %s\n", path + list->skip,
			  (unsigned)stat->st_mode & 07777, hex) > 0)
		add_line(list, line);
}

static void add_symlink(struct list *list, const char *path)
{
	char target[256], *line = NULL;
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		list->err = -errno;
	else if (asprintf(&line, "slink %s %.*s\n", path + list->skip, (int)len, target) > 0)
		add_line(list, line);
}

/* What is mounted over it is of another device, and no part of the payload. */
static void add_folder(struct list *list, const char *folder, unsigned depth)
{
	DIR *dir = opendir(folder[0] ? folder : "/");
	struct dirent *entry;
	struct stat stat;
	char path[512];

	if (!dir || depth == PAYLOAD_DEPTH)
		list->err = dir ? -ELOOP : -errno;
	while (dir && !list->err && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			    (int)sizeof(path) ||
		    lstat(path, &stat))
			list->err = -ENAMETOOLONG;
		else if (stat.st_dev != list->device)
			continue;
		else if (S_ISDIR(stat.st_mode))
			add_folder(list, path, depth + 1);
		else if (S_ISREG(stat.st_mode))
			add_file(list, path, &stat);
		else if (S_ISLNK(stat.st_mode))
			add_symlink(list, path);
	}
	if (dir)
		closedir(dir);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int payload_digest(const char *root, const char *build_id, struct digest *out, struct digest *init)
{
	static struct list list;
	struct stat stat;
	char *line = NULL, *all, *end;
	size_t len = 0;

	list = (struct list){ .skip = strlen(root), .init = init };
	if (lstat(root[0] ? root : "/", &stat))
		return -errno;
	list.device = stat.st_dev;
	if (asprintf(&line, "kernel %s\n", build_id) > 0)
		add_line(&list, line);
	add_folder(&list, root, 0);
	qsort(list.line, list.count, sizeof(list.line[0]), by_bytes);
	for (size_t i = 0; i < list.count; i++)
		len += strlen(list.line[i]);
	end = all = malloc(len + 1);
	for (size_t i = 0; i < list.count; i++) {
		if (all)
			end = stpcpy(end, list.line[i]);
		free(list.line[i]);
	}
	if (all && !list.err)
		digest_of(all, len, out);
	free(all);
	return all ? list.err : -ENOMEM;
}
