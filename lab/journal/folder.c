/* SPDX-License-Identifier: MIT */
/* results/<run-id>/ read back. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

static cJSON *load_beside(const char *folder, const char *name)
{
	char path[PATH_ROOM];

	return path_format(path, sizeof(path), "%s/%s", folder, name) ? NULL :
									json_load(path, NULL, 0);
}

static int load_journal(struct folder *folder, char *why, size_t room)
{
	bool rebuilt = cJSON_IsTrue(json_path(folder->collect, "journal.rebuilt"));
	int err = journal_load(folder->path, "journal", rebuilt, &folder->journal);

	return err ? text_refuse(err, why, room, "%s/journal.jsonl: %s", folder->path,
				 strerror(-err)) :
		     0;
}

/* One channel is enough to read a run; verify says that the other is missing. */
static int load_console(struct folder *folder)
{
	char path[PATH_ROOM], *text;
	ssize_t len = path_format(path, sizeof(path), "%s/console.log", folder->path);

	if (!len)
		len = file_load(&text, LAB_FILE_MAX, path);
	if (len < 0)
		return 0;
	folder->has_console = true;
	return console_read(text, (size_t)len, &folder->console);
}

int folder_load(struct folder *folder, const char *path, char *why, size_t room)
{
	int err;

	*folder = (struct folder){ 0 };
	err = path_format(folder->path, sizeof(folder->path), "%s", path);
	if (err)
		return err;
	folder->collect = load_beside(path, "collect.json");
	folder->payload = load_beside(path, "payload.json");
	folder->partner = load_beside(path, "partner.json");
	/* As from a serial log: the raw series stayed with the partner. */
	folder->has_partner_journal =
		!journal_load(path, "partner-journal", true, &folder->partner_journal);
	err = load_journal(folder, why, room);
	return err ? err : load_console(folder);
}

void folder_free(struct folder *folder)
{
	journal_copy_free(&folder->journal);
	console_free(&folder->console);
	cJSON_Delete(folder->collect);
	cJSON_Delete(folder->payload);
	cJSON_Delete(folder->partner);
	journal_copy_free(&folder->partner_journal);
	*folder = (struct folder){ 0 };
}

int folder_locate(const char *results, const char *word, char *out, size_t room, char *why,
		  size_t why_room)
{
	int err = path_format(out, room, "%s", word);
	char journal[PATH_ROOM];

	if (!err && (!*word || !path_exists(word)))
		err = path_format(out, room, "%s/%s", results, *word ? word : "latest");
	if (!err)
		err = path_format(journal, sizeof(journal), "%s/journal.jsonl", out);
	if (err || path_exists(journal))
		return err;
	return text_refuse(-ENOENT, why, why_room, "%s: no run there (journal.jsonl is missing)%s",
			   out,
			   *word ? "" :
				   "; `assay boot` and `assay collect` leave one, results=DIR "
				   "names another folder");
}
