/* SPDX-License-Identifier: MIT */
/*
 * One run, from its channels into results/<run-id>/. It is put together in a hidden folder beside
 * its place and moved there at the end: a folder in results/ is whole. What is there already is
 * never overwritten.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/disk/disk.h"
#include "lab/journal/journal.h"

static int read_console(const struct gathering *from, struct gathered *out, char *why, size_t room)
{
	char *text;
	ssize_t len;
	int err;

	if (!from->console)
		return 0;
	len = file_load(&text, LAB_FILE_MAX, from->console);
	if (len < 0)
		return text_refuse((int)len, why, room, "%s: %s", from->console,
				   strerror((int)-len));
	out->has_console = true;
	err = console_read(text, (size_t)len, &out->console);
	for (size_t i = 0; i < out->console.notes.count; i++)
		notes_add(&out->notes, "%s", out->console.notes.line[i]);
	return err;
}

/* Without a frame that says it: the newest run of the disk, as that is the one that just ran. */
static int newest_on_disk(const struct results_disk *disk, char *id, char *why, size_t room)
{
	char(*ids)[RUN_ID_ROOM] = calloc(DISK_RUNS, sizeof(*ids));
	int count = ids ? results_disk_runs(disk, ids, DISK_RUNS, why, room) : -ENOMEM;

	if (!count)
		count = text_refuse(-ENOENT, why, room, "no run on the results partition");
	if (count > 0)
		memcpy(id, ids[count - 1], RUN_ID_ROOM);
	free(ids);
	return count < 0 ? count : 0;
}

static int name_run(const struct gathering *from, struct gathered *out,
		    const struct results_disk *disk, char *why, size_t room)
{
	const char *id = from->run_id ? from->run_id : records_run_id(&out->console.records);

	if (id && (!path_name_is_plain(id) || strlen(id) >= sizeof(out->run_id)))
		return text_refuse(-EINVAL, why, room,
				   "the run calls itself by a name that is no run id");
	if (id)
		return path_format(out->run_id, sizeof(out->run_id), "%s", id);
	if (out->has_console && out->console.records.count && !out->has_disk)
		return text_refuse(-ENOENT, why, room,
				   "%s: the record with the run id (1) is lost; disk=FILE helps",
				   from->console);
	if (!out->has_disk)
		return text_refuse(-ENOENT, why, room, "%s: no record in it", from->console);
	notes_add(&out->notes,
		  "the serial log does not name its run: the newest on the partition is taken");
	return newest_on_disk(disk, out->run_id, why, room);
}

/* A disk that cannot be read is no reason to lose the serial log. */
static int open_disk(const struct gathering *from, struct gathered *out, struct results_disk *disk,
		     const char *scratch, char *why, size_t room)
{
	char reason[WHY_ROOM];
	int err;

	if (!from->disk)
		return 0;
	err = results_disk_open(disk, from->disk, scratch, reason, sizeof(reason));
	if (err && !out->has_console)
		return text_refuse(err, why, room, "%s", reason);
	out->has_disk = !err;
	out->recovered = disk->recovered;
	if (err)
		notes_add(&out->notes, "no results partition: %s", reason);
	if (out->recovered)
		notes_add(&out->notes,
			  "the results partition had not been unmounted: a repaired copy was read");
	return 0;
}

static int extract(const struct gathering *from, struct gathered *out,
		   const struct results_disk *disk, const char *stage, char *why, size_t room)
{
	char reason[WHY_ROOM];
	int err;

	if (!out->has_disk)
		return 0;
	err = results_disk_extract(disk, out->run_id, stage, &out->notes, reason, sizeof(reason));
	out->on_disk = !err;
	if (err && !from->console)
		return text_refuse(err, why, room, "%s", reason);
	if (err)
		notes_add(&out->notes, "results partition: %s", reason);
	return 0;
}

static int copy_into(const char *stage, const char *name, const char *from)
{
	char path[PATH_ROOM];
	int err = path_format(path, sizeof(path), "%s/%s", stage, name);

	return err ? err : path_copy(from, path);
}

static int copy_beside(const struct gathering *from, struct gathered *out, const char *stage)
{
	int err = from->console ? copy_into(stage, "console.log", from->console) : 0;

	for (size_t i = 0; !err && from->beside && from->beside[i]; i++) {
		const char *name = strrchr(from->beside[i], '/');

		if (copy_into(stage, name ? name + 1 : from->beside[i], from->beside[i]))
			notes_add(&out->notes, "%s could not be copied", from->beside[i]);
	}
	return err;
}

/* Same contents, as far as the new folder goes; collect.json tells how collecting went, not what
 * the run was. */
static bool is_same_run(const char *stage, const char *place)
{
	DIR *folder = opendir(stage);
	struct dirent *entry;
	bool same = folder;

	while (same && (entry = readdir(folder))) {
		char mine[PATH_ROOM], theirs[PATH_ROOM];

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "collect.json"))
			continue;
		same = !path_format(mine, sizeof(mine), "%s/%s", stage, entry->d_name) &&
		       !path_format(theirs, sizeof(theirs), "%s/%s", place, entry->d_name) &&
		       path_same(mine, theirs);
	}
	if (folder)
		closedir(folder);
	return same;
}

void gather_point_latest(const char *results, const char *id)
{
	char link[PATH_ROOM], fresh[PATH_ROOM];

	if (path_format(link, sizeof(link), "%s/latest", results) ||
	    path_format(fresh, sizeof(fresh), "%s/.latest.%d", results, (int)getpid()))
		return;
	unlink(fresh);
	if (!symlink(id, fresh) && rename(fresh, link))
		unlink(fresh);
}

/* What is there is the beginning of what came now: the run was cut off, collected, and went on. */
static bool is_begun_there(const char *stage, const char *place)
{
	char mine[PATH_ROOM], theirs[PATH_ROOM], *old = NULL, *new = NULL;
	ssize_t old_len = -1, new_len = -1;
	bool begun;

	if (!path_format(mine, sizeof(mine), "%s/journal.jsonl", stage) &&
	    !path_format(theirs, sizeof(theirs), "%s/journal.jsonl", place)) {
		old_len = file_load(&old, LAB_FILE_MAX, theirs);
		new_len = file_load(&new, LAB_FILE_MAX, mine);
	}
	while (old_len > 0 && old[old_len - 1] != '\n') /* a torn line is dropped by the machine */
		old_len--;
	begun = old_len > 0 && new_len > old_len && !memcmp(old, new, (size_t)old_len);
	free(old);
	free(new);
	return begun;
}

/* console.1.log and so on: those of the boots before, console.log being the newest. */
static int keep_consoles(const char *stage, const char *place)
{
	char from[PATH_ROOM], to[PATH_ROOM];
	int err = 0;

	for (int i = 1; !err && i < 1000; i++) {
		bool numbered = !path_format(from, sizeof(from), "%s/console.%d.log", place, i) &&
				path_exists(from);

		if (!numbered)
			err = path_format(from, sizeof(from), "%s/console.log", place);
		if (!err && path_exists(from)) {
			err = path_format(to, sizeof(to), "%s/console.%d.log", stage, i);
			err = err ? err : path_copy(from, to);
		}
		if (!numbered)
			break;
	}
	return err;
}

/* Nothing of the beginning is lost: its journal is in the new one, its serial logs are kept. */
static int replace_begun(const char *stage, const char *place)
{
	char old[PATH_ROOM];
	int err = path_format(old, sizeof(old), "%s.begun", stage);

	if (!err)
		err = keep_consoles(stage, place);
	if (!err && rename(place, old))
		return -errno;
	if (!err && rename(stage, place)) {
		err = -errno;
		rename(old, place);
	}
	return err;
}

static int publish(const struct gathering *from, struct gathered *out, const char *stage, char *why,
		   size_t room)
{
	if (path_exists(out->folder)) {
		bool same = is_same_run(stage, out->folder);

		if (!same && is_begun_there(stage, out->folder)) {
			same = !replace_begun(stage, out->folder);
			if (same)
				notes_add(&out->notes,
					  "the run was collected before it went on: replaced by "
					  "the whole of it");
		}
		path_remove(stage);
		if (!same)
			return text_refuse(-EEXIST, why, room,
					   "%s is there already and differs; it was left as it is",
					   out->folder);
	} else if (rename(stage, out->folder)) {
		return text_refuse(-errno, why, room, "%s: %s", out->folder, strerror(errno));
	}
	gather_point_latest(from->results, out->run_id);
	return 0;
}

static int fill_stage(const struct gathering *from, struct gathered *out,
		      const struct results_disk *disk, const char *stage, char *why, size_t room)
{
	int err = extract(from, out, disk, stage, why, room);

	if (!err)
		err = copy_beside(from, out, stage);
	if (!err)
		err = gather_journal(out, stage, why, room);
	if (err)
		return err;
	gather_payload(from, out, stage);
	return gather_facts(from, out, stage);
}

static int gather_in(const struct gathering *from, struct gathered *out, const char *stage,
		     char *why, size_t room)
{
	struct results_disk disk = { 0 };
	char run_stage[PATH_ROOM];
	int err = read_console(from, out, why, room);

	if (!err)
		err = open_disk(from, out, &disk, stage, why, room);
	if (!err)
		err = name_run(from, out, &disk, why, room);
	if (!err)
		err = path_format(out->folder, sizeof(out->folder), "%s/%s", from->results,
				  out->run_id);
	if (!err)
		err = path_format(run_stage, sizeof(run_stage), "%s/%s", stage, out->run_id);
	if (!err)
		err = path_make(run_stage);
	if (!err)
		err = fill_stage(from, out, &disk, run_stage, why, room);
	return err ? err : publish(from, out, run_stage, why, room);
}

int gather(const struct gathering *from, struct gathered *out, char *why, size_t room)
{
	char stage[PATH_ROOM];
	int err = path_format(stage, sizeof(stage), "%s/.collecting.%d", from->results,
			      (int)getpid());

	*out = (struct gathered){ 0 };
	why[0] = '\0';
	path_remove(stage);
	if (!err)
		err = path_make(stage);
	if (!err)
		err = gather_in(from, out, stage, why, room);
	path_remove(stage);
	return err && !why[0] ?
		       text_refuse(err, why, room, "%s: %s", from->results, strerror(-err)) :
		       err;
}

void gathered_free(struct gathered *gathered)
{
	console_free(&gathered->console);
	journal_copy_free(&gathered->journal);
	notes_free(&gathered->notes);
}
