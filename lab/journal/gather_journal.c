/* SPDX-License-Identifier: MIT */
/*
 * One journal from two channels: what the partition holds comes first, as it is; what came over
 * serial after that (the partition was full, or gone, or there was none) is added behind it.
 * Numbers may then be absent, since series go to the partition only; where they are, the chain
 * cannot be recomputed and the frame's own digits stand.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"

/* Text that grows. */
struct growing {
	char *text;
	size_t len, room;
};

static int append(struct growing *out, const char *data, size_t len)
{
	if (out->len + len + 1 > out->room) {
		size_t room = 2 * (out->len + len) + 4096;
		char *text = realloc(out->text, room);

		if (!text)
			return -ENOMEM;
		out->text = text;
		out->room = room;
	}
	memcpy(out->text + out->len, data, len);
	out->len += len;
	out->text[out->len] = '\0';
	return 0;
}

static int append_line(struct growing *out, const char *data, size_t len)
{
	int err = append(out, data, len);

	return err ? err : append(out, "\n", 1);
}

/* Both files as they grow, and where the chain stands. */
struct merge {
	struct growing lines, hashes;
	struct digest head;
	uint64_t next;
	bool chain_known;
};

static int add_record(struct merge *merge, const struct record *record)
{
	char hash[65];
	int err;

	if (record->sequence != merge->next)
		merge->chain_known = false;
	merge->next = (uint64_t)record->sequence + 1;
	digest_chain(&merge->head, record->line, record->len);
	digest_hex(&merge->head, hash, 32);
	/* Where numbers are absent the hash cannot be recomputed: the digits that came stand for
	 * it. */
	if (!merge->chain_known || strncmp(hash, record->head, strlen(record->head)) != 0) {
		memcpy(hash, record->head, sizeof(hash));
		merge->chain_known = false;
	}
	err = append_line(&merge->lines, record->line, record->len);
	return err ? err : append_line(&merge->hashes, hash, strlen(hash));
}

static int add_serial(struct merge *merge, struct gathered *out)
{
	const struct records *serial = &out->console.records;
	uint64_t expected = merge->next;
	int err = 0;

	for (size_t i = 0; i < serial->count && !err; i++) {
		const struct record *record = &serial->at[i];

		if (record->sequence < merge->next)
			continue;
		out->rebuilt |= record->sequence != expected;
		err = add_record(merge, record);
		expected = merge->next;
		out->from_serial++;
	}
	return err;
}

static int add_partition(struct merge *merge, const struct journal_copy *journal)
{
	int err = 0;

	for (size_t i = 0; i < journal->records.count && !err; i++)
		err = add_record(merge, &journal->records.at[i]);
	return err;
}

static int write_both(const struct merge *merge, const char *stage)
{
	char path[PATH_ROOM];
	int err = path_format(path, sizeof(path), "%s/journal.jsonl", stage);

	if (!err)
		err = path_write(path, merge->lines.text ? merge->lines.text : "",
				 merge->lines.len);
	if (!err)
		err = path_format(path, sizeof(path), "%s/journal.sha256", stage);
	return err ? err :
		     path_write(path, merge->hashes.text ? merge->hashes.text : "",
				merge->hashes.len);
}

static int read_stage(struct gathered *out, const char *stage, bool rebuilt)
{
	journal_copy_free(&out->journal);
	return journal_load(stage, "journal", rebuilt, &out->journal);
}

static bool serial_has_more(const struct gathered *out)
{
	const struct records *serial = &out->console.records;

	return serial->count &&
	       serial->at[serial->count - 1].sequence >= out->journal.records.count;
}

/* Evidence that contradicts itself is kept as it is: nothing is added to a journal with problems. */
static int merge_channels(struct gathered *out, const char *stage)
{
	struct merge merge = { .chain_known = true };
	int err = add_partition(&merge, &out->journal);

	if (!err)
		err = add_serial(&merge, out);
	if (!err)
		err = write_both(&merge, stage);
	free(merge.lines.text);
	free(merge.hashes.text);
	return err ? err : read_stage(out, stage, out->rebuilt);
}

static void say_sources(struct gathered *out)
{
	if (out->on_disk && out->from_serial)
		notes_add(&out->notes,
			  "the partition holds %zu records; %zu more come from the serial log",
			  out->from_partition, out->from_serial);
	else if (out->from_serial)
		notes_add(&out->notes, "%zu records, all from the serial log", out->from_serial);
	if (out->rebuilt && out->console.bulk)
		notes_add(&out->notes,
			  "%u series elements went to the partition only and are absent",
			  out->console.bulk);
}

int gather_journal(struct gathered *out, const char *stage, char *why, size_t room)
{
	int err = out->on_disk ? read_stage(out, stage, false) : 0;

	if (err == -ENOENT) {
		notes_add(&out->notes, "the run's folder on the partition has no journal.jsonl");
		err = 0;
	}
	out->from_partition = out->journal.records.count;
	if (!err && serial_has_more(out) && !out->journal.problems.count)
		err = merge_channels(out, stage);
	if (err)
		return text_refuse(err, why, room, "journal: %s", strerror(-err));
	say_sources(out);
	if (out->has_console)
		out->contradictions =
			channels_compare(&out->journal, &out->console, &out->notes, &out->absent);
	return 0;
}
