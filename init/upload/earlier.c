/* SPDX-License-Identifier: MIT */
/*
 * Runs that went over HTTP and did not wholly arrive: the machine went down while it sent, or the
 * desk was away until the end. Their names stand on the results partition, in the file `unsent`,
 * from each run's beginning until the desk has its last record; the next boot that knows a desk
 * sends them first. See upload.h.
 */
#include "init/upload/upload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char list_name[] = "unsent";

/* ---- the list ---- */

static bool is_id(const char *in, size_t len)
{
	return len >= 32 && len < 64 && strspn(in, "0123456789abcdef-") >= len;
}

void unsent_parse(const char *text, struct unsent *out)
{
	out->count = 0;
	while (*text) {
		size_t len = strcspn(text, "\n");
		char id[64];

		if (is_id(text, len)) {
			snprintf(id, sizeof(id), "%.*s", (int)len, text);
			unsent_add(out, id);
		}
		text += len + (text[len] == '\n');
	}
}

void unsent_format(const struct unsent *unsent, struct text *out)
{
	for (size_t i = 0; i < unsent->count; i++)
		text_add(out, "%s\n", unsent->id[i]);
}

void unsent_remove(struct unsent *unsent, const char *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < unsent->count; i++)
		if (strcmp(unsent->id[i], id) != 0)
			memmove(unsent->id[kept++], unsent->id[i], sizeof(unsent->id[i]));
	unsent->count = kept;
}

void unsent_add(struct unsent *unsent, const char *id)
{
	unsent_remove(unsent, id);
	if (unsent->count == UNSENT_MOST)
		unsent_remove(unsent, unsent->id[0]);
	snprintf(unsent->id[unsent->count++], sizeof(*unsent->id), "%s", id);
}

static void load_list(const struct story *story, struct unsent *out)
{
	char *text = NULL;

	out->count = 0;
	if (!results_load(&story->results, list_name, &text) && text)
		unsent_parse(text, out);
	free(text);
}

static void store_list(const struct story *story, const struct unsent *list)
{
	char room[UNSENT_MOST * 65 + 1];
	struct text text;
	int err;

	text_begin(&text, room, sizeof(room));
	unsent_format(list, &text);
	err = results_leave(&story->results, list_name, list->count ? room : NULL);
	if (err)
		console_say("assay: which runs the desk does not have cannot be noted: %s",
			    strerror(-err));
}

void upload_note(struct story *story, bool sent)
{
	struct unsent list;

	if (!story->results.usable || !story->results.mounted || story->results.sink.dead)
		return;
	load_list(story, &list);
	if (sent)
		unsent_remove(&list, story->run_id);
	else
		unsent_add(&list, story->run_id);
	store_list(story, &list);
}

/* ---- the runs ---- */

int upload_bring(struct upload *upload, double seconds)
{
	int err = upload_store_open(&upload->store, upload->folder_fd);

	if (!err)
		err = upload_add_folder(upload);
	if (err) {
		snprintf(upload->state, sizeof(upload->state), "it cannot be read: %s",
			 strerror(-err));
		return upload->refused = err;
	}
	upload->first = upload->count = upload_store_count(&upload->store);
	return upload_insist(upload, seconds);
}

static void tell_run(struct story *story, const struct upload *upload, int err)
{
	if (err)
		record_log(story, NULL, SEVERITY_WARNING,
			   "records over HTTP: of the earlier run %s %u of %u are at %s: %s%s",
			   upload->run_id, upload->acked, upload->count, upload->said,
			   upload->state, upload->refused ? "" : "; tried again at the next boot");
	else
		record_log(story, NULL, SEVERITY_INFO,
			   "records over HTTP: all %u of the earlier run %s and %u files are at %s",
			   upload->count, upload->run_id, upload->files_sent, upload->said);
}

/* 0: it need not be thought of any more. */
static int bring(struct story *story, const char *id, double seconds)
{
	struct upload *upload = calloc(1, sizeof(*upload));
	int folder_fd = results_read(&story->results, id, "."), err;

	err = !upload ? -ENOMEM :
			upload_init(upload, story->settings.value[SET_RESULTS].text, id, folder_fd,
				    upload_limit(story));
	if (!err && folder_fd >= 0) {
		err = upload_bring(upload, seconds);
		tell_run(story, upload, err);
		if (upload->refused)
			err = 0;
	}
	if (upload)
		upload_free(upload);
	if (folder_fd >= 0)
		close(folder_fd);
	free(upload);
	return err;
}

void upload_earlier(struct story *story)
{
	uint64_t until_ns =
		clock_raw_ns() + (uint64_t)(story->settings.value[SET_RESULTS_TIMEOUT].real * 1e9);
	struct unsent list, left;
	int err = 0;

	if (!story->upload || !story->results.mounted)
		return;
	load_list(story, &list);
	left = list;
	for (size_t i = 0; i < list.count && !err; i++) {
		uint64_t now = clock_raw_ns();

		if (!strcmp(list.id[i], story->run_id))
			continue;
		console_say("assay: records over HTTP: run %s is owed", list.id[i]);
		err = bring(story, list.id[i], now < until_ns ? (double)(until_ns - now) / 1e9 : 0);
		if (!err)
			unsent_remove(&left, list.id[i]);
	}
	if (left.count != list.count)
		store_list(story, &left);
}
