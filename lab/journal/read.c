/* SPDX-License-Identifier: MIT */
/*
 * A journal and its chain, as found. A power cut may leave one unfinished line at the end: it is
 * left out and said. Whatever else is not as it was written is a problem that names the record.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/journal/journal.h"
#include "lab/verify/sha256.h"

/* Where the reading stands. */
struct reading {
	struct journal_copy *out;
	const char *hashes; /* the rest of journal.sha256 */
	bool has_hashes, rebuilt, chain_known;
	uint8_t head[32];
	unsigned next; /* expected number */
};

/* The next line of journal.sha256 into out; false: there is no whole one. */
static bool next_hash(struct reading *reading, char out[65])
{
	const char *end = reading->hashes ? strchr(reading->hashes, '\n') : NULL;
	size_t len = end ? (size_t)(end - reading->hashes) : 0;

	out[0] = '\0';
	if (!end)
		return false;
	if (len < 65) {
		memcpy(out, reading->hashes, len);
		out[len] = '\0';
	}
	reading->hashes = end + 1;
	return true;
}

static bool hash_agrees(const struct reading *reading, const char *given, const char *computed)
{
	size_t len = strlen(given);

	return len >= (reading->rebuilt ? 8 : 64) && !strncmp(given, computed, len);
}

/* One altered line is one finding: go on from what was recorded, as the lines after it did. */
static void go_on_from(struct reading *reading, const char *given, bool agrees)
{
	bool whole = strlen(given) == 64;

	for (size_t i = 0; whole && i < 32; i++)
		reading->head[i] = (uint8_t)strtoul(
			(char[]){ given[2 * i], given[2 * i + 1], '\0' }, NULL, 16);
	reading->chain_known = whole || (reading->chain_known && agrees);
}

static void follow_chain(struct reading *reading, struct record *record)
{
	struct notes *problems = &reading->out->problems;
	char computed[65], given[65];

	sha256_chain(reading->head, record->line, record->len);
	sha256_hex(reading->head, computed);
	if (!reading->has_hashes || !next_hash(reading, given)) {
		memcpy(record->head, reading->chain_known ? computed : "",
		       reading->chain_known ? 65 : 1);
		return;
	}
	memcpy(record->head, given, sizeof(given));
	if (!reading->chain_known || hash_agrees(reading, given, computed))
		reading->out->hashes++;
	else
		notes_add(
			problems,
			"record %u: the line or its hash was changed: journal.sha256 says %.16s, the line "
			"gives %.16s",
			record->sequence, *given ? given : "nothing", computed);
	go_on_from(reading, given, hash_agrees(reading, given, computed));
}

/* The number in the line must be the line's own; a rebuilt journal may leave numbers out. */
static void check_sequence(struct reading *reading, struct record *record)
{
	double number = json_number(record->json, "sequenceNumber", -1);

	record->sequence = reading->next;
	if (reading->rebuilt && number > reading->next && number < UINT32_MAX) {
		record->sequence = (unsigned)number;
		reading->chain_known = false;
	} else if (record->json && (number < reading->next || number > reading->next)) {
		notes_add(&reading->out->problems, "record %u: its sequenceNumber is %.15g",
			  reading->next, number);
	}
	reading->next = record->sequence + 1;
}

static int read_line(struct reading *reading, const char *line, size_t len)
{
	struct record record = { .line = line, .len = len, .json = record_parse(line, len) };
	int err;

	check_sequence(reading, &record);
	if (!record.json)
		notes_add(&reading->out->problems, "record %u: not one JSON object on one line",
			  record.sequence);
	follow_chain(reading, &record);
	err = records_add(&reading->out->records, &record);
	if (err)
		cJSON_Delete(record.json);
	return err;
}

/* The record's line reached the disk and its hash did not, in a run that was cut: like a torn line.
 */
static void drop_unhashed_tail(struct journal_copy *copy)
{
	struct records *records = &copy->records;
	const char *kind;

	if (records->count != copy->hashes + 1 || copy->problems.count)
		return;
	kind = record_kind(records->at[records->count - 1].json, NULL);
	if (kind && !strcmp(kind, "testRunEnd"))
		return;
	cJSON_Delete(records->at[--records->count].json);
	copy->torn = true;
}

static void check_hash_count(struct reading *reading)
{
	struct journal_copy *copy = reading->out;
	char extra[65];
	size_t surplus = 0;

	if (!reading->has_hashes) {
		notes_add(&copy->problems,
			  "journal.sha256 is missing: the chain cannot be followed");
		return;
	}
	while (next_hash(reading, extra))
		surplus++;
	/* Beside a torn line its hash may be complete. */
	if (surplus > (copy->torn ? 1 : 0) || (reading->hashes && *reading->hashes && !copy->torn))
		notes_add(&copy->problems, "journal.sha256 has more lines than the journal");
	drop_unhashed_tail(copy);
	if (copy->hashes < copy->records.count && !copy->problems.count)
		notes_add(&copy->problems, "record %zu has no hash in journal.sha256",
			  copy->hashes);
}

int journal_read(char *text, size_t len, const char *hashes, bool rebuilt, struct journal_copy *out)
{
	struct reading reading = {
		.out = out,
		.hashes = hashes,
		.has_hashes = hashes,
		.rebuilt = rebuilt,
		.chain_known = true,
	};
	const char *at = text, *end = text + len;
	int err = 0;

	*out = (struct journal_copy){ .records.text = text };
	while (!err && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop) {
			out->torn = true;
			break;
		}
		err = read_line(&reading, at, (size_t)(stop - at));
		at = stop + 1;
	}
	if (!err)
		check_hash_count(&reading);
	return err;
}

int journal_load(const char *folder, const char *name, bool rebuilt, struct journal_copy *out)
{
	char path[PATH_ROOM], *text = NULL, *hashes = NULL;
	ssize_t len = path_format(path, sizeof(path), "%s/%s.jsonl", folder, name);
	int err;

	if (!len)
		len = file_load(&text, LAB_FILE_MAX, path);
	if (len < 0)
		return (int)len;
	if (path_format(path, sizeof(path), "%s/%s.sha256", folder, name) ||
	    file_load(&hashes, LAB_FILE_MAX, path) < 0)
		hashes = NULL;
	err = journal_read(text, (size_t)len, hashes, rebuilt, out);
	free(hashes);
	return err;
}

void journal_copy_free(struct journal_copy *copy)
{
	records_free(&copy->records);
	notes_free(&copy->problems);
}
