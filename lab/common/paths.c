/* SPDX-License-Identifier: MIT */
/* Files and folders of the desk. */
#include "lab/lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

int path_format(char *out, size_t room, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out, room, format, args);
	va_end(args);
	return len < 0 || (size_t)len >= room ? -ENAMETOOLONG : 0;
}

bool path_exists(const char *path)
{
	return !access(path, F_OK);
}

int path_write(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), err;

	if (fd < 0)
		return -errno;
	err = file_write_all(fd, text, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int path_make(const char *path)
{
	char part[PATH_ROOM];
	int err = path_format(part, sizeof(part), "%s", path);

	for (char *at = part + 1; !err && *part; at++) {
		char kept = *at;

		if (kept && kept != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			err = -errno;
		*at = kept;
		if (!kept)
			break;
	}
	return err;
}

static int remove_inside(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!folder)
		return -errno;
	while (!err && (entry = readdir(folder))) {
		char child[PATH_ROOM];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		err = path_format(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (!err)
			err = path_remove(child);
	}
	closedir(folder);
	return err;
}

int path_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return unlink(path) ? -errno : 0;
	int err = remove_inside(path);
	return err ? err : rmdir(path) ? -errno : 0;
}

static bool is_zero(const char *data, size_t len)
{
	return !len || (!data[0] && !memcmp(data, data + 1, len - 1));
}

int path_bytes(const char *path, uint64_t *bytes)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int err = folder ? 0 : -errno;

	while (folder && !err && (entry = readdir(folder))) {
		char child[PATH_ROOM];
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		err = path_format(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (err || lstat(child, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			err = path_bytes(child, bytes);
		else if (S_ISREG(st.st_mode))
			*bytes += (uint64_t)st.st_size;
	}
	if (folder)
		closedir(folder);
	return err;
}

/* Zeroes are not written: the file that grows around them has holes there. */
static int copy_chunks(int in, int out, uint64_t start, uint64_t bytes)
{
	static char chunk[CHUNK];
	uint64_t at = 0;
	ssize_t got = 0;

	while (at < bytes) {
		size_t want = bytes - at < CHUNK ? (size_t)(bytes - at) : CHUNK;
		int err = 0;

		got = pread(in, chunk, want, (off_t)(start + at));
		if (got <= 0)
			break;
		if (!is_zero(chunk, (size_t)got)) {
			if (lseek(out, (off_t)at, SEEK_SET) < 0)
				return -errno;
			err = file_write_all(out, chunk, (size_t)got);
		}
		if (err)
			return err;
		at += (uint64_t)got;
	}
	return got < 0 || ftruncate(out, (off_t)at) ? -errno : 0;
}

int path_copy_part(const char *from, uint64_t start, uint64_t bytes, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, err;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	err = out < 0 ? -errno : copy_chunks(in, out, start, bytes);
	if (out >= 0 && close(out) && !err)
		err = -errno;
	close(in);
	return err;
}

int path_copy(const char *from, const char *to)
{
	return path_copy_part(from, 0, INT64_MAX, to);
}

int path_make_sparse(const char *path, uint64_t bytes, char *why, size_t room)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int err = fd < 0 || ftruncate(fd, (off_t)bytes) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err ? text_refuse(err, why, room, "%s: %s", path, strerror(-err)) : 0;
}

int path_absolute(const char *path, char *out, size_t room)
{
	char *real = realpath(path, NULL);
	int err = real ? path_format(out, room, "%s", real) : -errno;

	free(real);
	return err;
}

bool path_same(const char *a, const char *b)
{
	FILE *first = fopen(a, "re"), *second = fopen(b, "re");
	bool same = first && second;

	while (same) {
		char mine[16384], theirs[sizeof(mine)];
		size_t len = fread(mine, 1, sizeof(mine), first);

		same = fread(theirs, 1, sizeof(theirs), second) == len &&
		       !memcmp(mine, theirs, len) && !ferror(first) && !ferror(second);
		if (len < sizeof(mine))
			break;
	}
	if (first)
		fclose(first);
	if (second)
		fclose(second);
	return same;
}

bool path_name_is_plain(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return len && len < RUN_ID_ROOM * 2 && !name[len] && name[0] != '.' && name[0] != '-';
}
