/* SPDX-License-Identifier: MIT */
/* What a word of the command line stands for: a run, a folder of runs, or what stock tools wrote. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/compare/compare.h"
#include "lab/stock/stock.h"

static bool is_run(const char *path)
{
	char journal[PATH_ROOM];

	return !path_format(journal, sizeof(journal), "%s/journal.jsonl", path) &&
	       path_exists(journal);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int read_run(struct study *study, size_t subject, const char *path, char *why, size_t room)
{
	struct folder folder = { 0 };
	int err = folder_load(&folder, path, why, room);

	if (!err)
		err = run_add(study, subject, &folder);
	folder_free(&folder);
	return err;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "latest") != 0;
}

/* ---- what stock tools wrote: repeats of one boot, as far as anybody knows ---- */

enum { FILE_MOST = 64 << 20 };

struct place {
	struct study *study;
	size_t subject;
};

static int take_figure(void *context, const struct observation *figure)
{
	struct place *place = context;

	return study_add(place->study, place->subject, figure);
}

static int read_stock(struct study *study, size_t at, const char *path, char *why, size_t room)
{
	struct place place = { study, at };
	struct taker taker = { take_figure, &place, 0 };
	struct subject *subject = &study->subjects[at];
	const struct stock *stock;
	struct boot_of *boot;
	char *text = NULL;
	ssize_t len = file_load(&text, FILE_MOST, path);
	int err;

	if (len < 0)
		return text_refuse((int)len, why, room, "%s: %s", path, strerror((int)-len));
	stock = stock_recognise(text, (size_t)len);
	boot = stock && !subject->count ? study_add_boot(study, at) : subject->boots;
	if (!stock || !boot)
		err = text_refuse(
			stock ? -ENOMEM : -EINVAL, why, room,
			"%s: neither a run, nor what iperf, iperf3, bonnie++ (CSV), iozone or ping "
			"writes",
			path);
	else
		err = stock_read(stock, text, (size_t)len, &taker, why, room);
	if (!err)
		subject->kind = stock->kind;
	free(text);
	return err;
}

/* In the order of their names, which is that of time. A run that cannot be read is left out and
 * named. */
static int read_entries(struct study *study, size_t subject, const char *path, struct dirent **list,
			int count)
{
	int found = 0, err = 0;

	for (int i = 0; !err && i < count; i++) {
		char below[PATH_ROOM], why[WHY_ROOM] = "";

		if (path_format(below, sizeof(below), "%s/%s", path, list[i]->d_name) ||
		    !is_run(below))
			continue;
		found++;
		err = read_run(study, subject, below, why, sizeof(why));
		if (err && err != -ENOMEM) {
			notes_add(&study->subjects[subject].left_out, "%s: unreadable: %s",
				  list[i]->d_name, *why ? why : strerror(-err));
			err = 0;
		}
	}
	return err ? err : found;
}

/* A folder without runs may hold files of stock tools: all of one boot. What is none of theirs is
 * passed over. */
static int read_files(struct study *study, size_t subject, const char *path, struct dirent **list,
		      int count)
{
	int found = 0, err = 0;

	for (int i = 0; i < count && err != -ENOMEM; i++) {
		char file[PATH_ROOM];

		if (path_format(file, sizeof(file), "%s/%s", path, list[i]->d_name) ||
		    is_folder(file))
			continue;
		err = read_stock(study, subject, file, NULL, 0);
		found += !err;
	}
	if (found > 1)
		study->subjects[subject].kind = "files of stock tools";
	return err == -ENOMEM ? err : found;
}

static int read_folder(struct study *study, size_t subject, const char *path, char *why,
		       size_t room)
{
	struct dirent **list = NULL;
	int count = scandir(path, &list, visible, alphasort), found;

	if (count < 0)
		return text_refuse(-errno, why, room, "%s: %s", path, strerror(errno));
	found = read_entries(study, subject, path, list, count);
	if (!found)
		found = read_files(study, subject, path, list, count);
	for (int i = 0; i < count; i++)
		free(list[i]);
	free(list);
	if (found > 0)
		return 0;
	return text_refuse(found ? found : -ENOENT, why, room, "%s: no run in this folder", path);
}

/* "results/file-virtio/" and "results/file-virtio" are called file-virtio. */
static void name_subject(struct subject *subject, const char *word)
{
	char plain[PATH_ROOM], *slash;
	size_t len;

	snprintf(plain, sizeof(plain), "%s", word);
	for (len = strlen(plain); len > 1 && plain[len - 1] == '/'; len--)
		plain[len - 1] = '\0';
	slash = strrchr(plain, '/');
	snprintf(subject->name, sizeof(subject->name), "%.63s",
		 slash && slash[1] ? slash + 1 : plain);
}

int subject_read(struct study *study, const char *word, const char *results, char *why, size_t room)
{
	size_t at = study->subject_count;
	struct subject *subject = &study->subjects[at];
	int err;

	if (at == SUBJECTS_MAX)
		return text_refuse(-EINVAL, why, room, "at most %d machines beside each other",
				   SUBJECTS_MAX);
	*subject = (struct subject){ .kind = "runs" };
	err = path_format(subject->path, PATH_ROOM, "%s", word);
	if (!err && !path_exists(word))
		err = path_format(subject->path, PATH_ROOM, "%s/%s", results, word);
	if (err)
		return err;
	name_subject(subject, word);
	study->subject_count++;
	if (!path_exists(subject->path))
		return text_refuse(-ENOENT, why, room, "%s: no such run, folder or file", word);
	if (is_run(subject->path))
		return read_run(study, at, subject->path, why, room);
	if (is_folder(subject->path))
		return read_folder(study, at, subject->path, why, room);
	return read_stock(study, at, subject->path, why, room);
}
