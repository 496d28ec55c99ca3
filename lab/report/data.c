/* SPDX-License-Identifier: MIT */
/*
 * What the page shows, as one JSON value:
 *   { version, runs: [{ folder, machine, collect, payload, partner, verify: [{id,
 * requirement, verdict, notes}],
 * torn, records: [artifact lines without series elements], series: { ID: { values, from, total } },
 * texts: { NAME: TEXT } }], compare } How it is laid out is the page's own business (journal.js
 * reads this).
 */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/report/report.h"
#include "lab/verify/verify.h"
#include "version.h"

/* A page is to be opened on a phone, too: what is longer stays in the run's folder, and the page
 * says so. */
enum { SERIES_MAX = 5000, TEXT_MAX = 256 << 10, TEXTS_MAX = 4 << 20 };

/* ---- records and series ---- */

static void add_element(cJSON *series, const cJSON *element, cJSON **last)
{
	const char *id = json_text(element, "measurementSeriesId"),
		   *time = json_text(element, "timestamp");
	cJSON *values;

	if (!id)
		return;
	if (!*last || strcmp((*last)->string, id) != 0)
		*last = cJSON_GetObjectItemCaseSensitive(series, id);
	if (!*last) {
		*last = cJSON_AddObjectToObject(series, id);
		cJSON_AddArrayToObject(*last, "values");
		cJSON_AddNumberToObject(*last, "total", 0);
		cJSON_AddStringToObject(*last, "from", time ? time : "");
	}
	values = cJSON_GetObjectItemCaseSensitive(*last, "values");
	cJSON *total = cJSON_GetObjectItemCaseSensitive(*last, "total");
	if (!values || !total)
		return;
	if (total->valuedouble < SERIES_MAX)
		cJSON_AddItemToArray(values, cJSON_CreateNumber(json_number(element, "value", 0)));
	cJSON_SetNumberValue(total, total->valuedouble + 1);
}

static void add_records(const struct records *records, cJSON *run)
{
	cJSON *list = cJSON_AddArrayToObject(run, "records");
	cJSON *series = cJSON_AddObjectToObject(run, "series"), *last = NULL;

	for (size_t i = 0; i < records->count; i++) {
		cJSON *json = records->at[i].json;
		const cJSON *element = json_path(json, "testStepArtifact.measurementSeriesElement");

		if (element)
			add_element(series, element, &last);
		else if (json)
			cJSON_AddItemReferenceToArray(list, json);
	}
}

/* ---- the other files of the run ---- */

static int is_text(const struct dirent *entry)
{
	static const char *const not_shown[] = { ".jsonl", ".sha256", ".json", ".log" };
	const char *end = strrchr(entry->d_name, '.');

	if (!path_name_is_plain(entry->d_name) || !end)
		return 0;
	for (size_t i = 0; i < COUNT_OF(not_shown); i++)
		if (!strcmp(end, not_shown[i]))
			return 0;
	return 1;
}

static size_t add_text(cJSON *texts, const char *folder, const char *name, size_t room)
{
	char path[PATH_ROOM], *text = NULL;
	struct stat status;
	ssize_t len = 0;

	if (path_format(path, sizeof(path), "%s/%s", folder, name) || stat(path, &status) ||
	    !S_ISREG(status.st_mode))
		return 0;
	len = file_load(&text, room < TEXT_MAX ? room : TEXT_MAX, path);
	cJSON_AddStringToObject(texts, name,
				len < 0 ? "(too long for this page: see the run's folder)" : text);
	free(text);
	return len < 0 ? 0 : (size_t)len;
}

static void add_texts(const char *folder, cJSON *run)
{
	cJSON *texts = cJSON_AddObjectToObject(run, "texts");
	struct dirent **entries;
	int count = scandir(folder, &entries, is_text, alphasort);
	size_t room = TEXTS_MAX;

	for (int i = 0; i < count; i++) {
		room -= add_text(texts, folder, entries[i]->d_name, room);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* ---- a run ---- */

static void add_notes(cJSON *object, const char *name, const struct notes *notes)
{
	cJSON *list = cJSON_AddArrayToObject(object, name);

	for (size_t i = 0; i < notes->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(notes->line[i]));
}

/* What `assay verify` says, a row for each requirement. */
static void add_verify(const struct folder *folder, cJSON *run)
{
	cJSON *list = cJSON_AddArrayToObject(run, "verify");
	struct inquest inquest;
	int err = inquest_begin(&inquest, folder);

	for (size_t i = 0; !err && i < requirement_count; i++) {
		cJSON *one = cJSON_CreateObject();
		struct claim claim;

		requirement_judge(&requirements[i], &inquest, &claim);
		cJSON_AddStringToObject(one, "id", requirements[i].id);
		cJSON_AddStringToObject(one, "requirement", requirements[i].title);
		cJSON_AddStringToObject(one, "verdict", claim_word_name(claim.word));
		add_notes(one, "notes", &claim.notes);
		claim_free(&claim);
		cJSON_AddItemToArray(list, one);
	}
	inquest_end(&inquest);
}

static void add_reference(cJSON *run, const char *name, cJSON *json)
{
	if (json)
		cJSON_AddItemReferenceToObject(run, name, json);
}

static cJSON *make_run(const struct folder *folder, const char *machine)
{
	cJSON *run = cJSON_CreateObject();

	cJSON_AddStringToObject(run, "folder", folder->path);
	cJSON_AddStringToObject(run, "machine", machine);
	cJSON_AddBoolToObject(run, "torn", folder->journal.torn);
	add_reference(run, "collect", folder->collect);
	add_reference(run, "payload", folder->payload);
	add_reference(run, "partner", folder->partner);
	add_verify(folder, run);
	add_records(&folder->journal.records, run);
	add_texts(folder->path, run);
	return run;
}

cJSON *page_data(const struct reported *reported, cJSON *compare)
{
	cJSON *data = cJSON_CreateObject(), *runs;

	cJSON_AddStringToObject(data, "version", ASSAY_VERSION);
	runs = cJSON_AddArrayToObject(data, "runs");
	for (size_t i = 0; i < reported->count; i++)
		cJSON_AddItemToArray(runs, make_run(&reported->folders[i], reported->machine[i]));
	add_reference(data, "compare", compare);
	return data;
}
