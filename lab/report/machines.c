/* SPDX-License-Identifier: MIT */
/*
 * Which runs are boots of one machine, and what `assay compare` says of the machines. A folder of
 * runs is one machine, called like the folder; a run that is named by itself belongs to the machine
 * it says it ran on.
 */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/compare.h"
#include "lab/report/report.h"

/* ---- runs ---- */

static void name_run(const struct folder *folder, char *out, size_t room)
{
	const cJSON *start = records_first(&folder->journal.records, "testRunStart");
	const char *name = json_text(folder->collect, "machine");

	name = name ? name : json_text(start, "dutInfo.name");
	snprintf(out, room, "%s", name ? name : "unnamed machine");
}

static int add_run(struct reported *reported, const char *path, const char *machine, char *why,
		   size_t room)
{
	struct folder *folder = &reported->folders[reported->count];
	int err;

	if (reported->count == REPORTED_MAX)
		return text_refuse(-E2BIG, why, room, "at most %d runs fit one report",
				   REPORTED_MAX);
	err = folder_load(folder, path, why, room);
	if (err)
		return err;
	if (machine)
		snprintf(reported->machine[reported->count], MACHINE_ROOM, "%s", machine);
	else
		name_run(folder, reported->machine[reported->count], MACHINE_ROOM);
	reported->count++;
	return 0;
}

/* The last part of a path. */
static void name_folder(const char *path, char *out, size_t room)
{
	char plain[PATH_ROOM], *slash;

	snprintf(plain, sizeof(plain), "%s", path);
	for (size_t len = strlen(plain); len > 1 && plain[len - 1] == '/'; len--)
		plain[len - 1] = '\0';
	slash = strrchr(plain, '/');
	snprintf(out, room, "%.63s", slash && slash[1] ? slash + 1 : plain);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "latest") != 0;
}

/* Returns how many runs it has, or -errno. */
static int add_folder(struct reported *reported, const char *path, char *why, size_t room)
{
	char name[MACHINE_ROOM], below[PATH_ROOM], journal[PATH_ROOM];
	struct dirent **list = NULL;
	int count = scandir(path, &list, is_visible, alphasort), found = 0, err = 0;

	name_folder(path, name, sizeof(name));
	for (int i = 0; i < count; i++) {
		if (!err && !path_format(below, sizeof(below), "%s/%s", path, list[i]->d_name) &&
		    !path_format(journal, sizeof(journal), "%s/journal.jsonl", below) &&
		    path_exists(journal)) {
			err = add_run(reported, below, name, why, room);
			found++;
		}
		free(list[i]);
	}
	free(list);
	return err ? err : found;
}

int reported_add(struct reported *reported, const char *results, const char *word, char *why,
		 size_t room)
{
	char path[PATH_ROOM];
	int err = folder_locate(results, word, path, sizeof(path), why, room);

	if (!err)
		return add_run(reported, path, NULL, why, room);
	if (err != -ENOENT || !*word)
		return err;
	if (path_exists(word)) {
		err = add_folder(reported, word, why, room);
		if (err)
			return err < 0 ? err : 0;
	}
	return text_refuse(-ENOENT, why, room,
			   "%s: neither a run (journal.jsonl is missing) nor a folder of runs",
			   word);
}

void reported_free(struct reported *reported)
{
	for (size_t i = 0; i < reported->count; i++)
		folder_free(&reported->folders[i]);
	free(reported);
}

/* ---- machines beside each other ---- */

static size_t subject_of(struct study *study, const char *machine)
{
	size_t at = 0;

	while (at < study->subject_count && strcmp(study->subjects[at].name, machine) != 0)
		at++;
	if (at == study->subject_count && at < SUBJECTS_MAX) {
		study->subjects[at] = (struct subject){ .kind = "runs" };
		snprintf(study->subjects[at].name, NAME_ROOM, "%s", machine);
		study->subject_count++;
	}
	return at;
}

static int add_all(struct study *study, const struct reported *reported)
{
	int err = 0;

	for (size_t i = 0; !err && i < reported->count; i++) {
		size_t subject = subject_of(study, reported->machine[i]);

		err = subject < SUBJECTS_MAX ? run_add(study, subject, &reported->folders[i]) :
					       -E2BIG;
	}
	return err;
}

/* With the settings that `assay compare` has when no others are given. */
cJSON *reported_compare(const struct reported *reported, bool keep_noisy)
{
	struct study *study = calloc(1, sizeof(*study));
	cJSON *json = NULL;

	if (!study)
		return NULL;
	study->keep_noisy = keep_noisy;
	study->rules = (struct rules){
		.draws = { .seed = 1, .count = 5000 },
		.alpha = 0.05,
		.floor = 0.05,
		.limit = 0.25,
	};
	if (!add_all(study, reported) && study->subject_count > 1) {
		facts_judge(study);
		study_judge(study);
		sentences_write(study);
		json = study_json(study);
	}
	study_free(study);
	free(study);
	return json;
}
